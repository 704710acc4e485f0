# ruff: noqa
"""A new program has none of the libraries, but the whole of the limit that was made for them.

defence: RLIMIT_DATA + the memory of all of a worker's processes is watched
control: naive
wins: trophy
seconds: 30
"""

import os, subprocess, sys, time

CODE = """
import mmap
area = mmap.mmap(-1, 2000 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
area.madvise(mmap.MADV_HUGEPAGE)
for at in range(0, 600 << 20, 1 << 20):
    area[at : at + (1 << 20)] = bytes([1]) * (1 << 20)
print("has it", flush=True)
input()
"""


def trophy():
    for python in (sys.executable, "/usr/bin/python3"):
        try:
            started = subprocess.Popen(
                [python, "-I", "-S", "-c", CODE], stdin=-1, stdout=-1, stderr=-3
            )
        except OSError:
            continue
        if started.stdout.readline():
            time.sleep(0.7)
            started.kill()
            started.wait()
            return "600 MB are held by a program of one's own, the limit is 400 MB"
        started.wait()
