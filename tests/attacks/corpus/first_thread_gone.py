# ruff: noqa
"""The first thread of each process ends, and with it what /proc tells of the process's memory.

defence: a process lives as long as one of its threads + the memory of all of a worker's processes is watched
control: naive
wins: trophy
seconds: 30
"""

import ctypes, mmap, os, threading, time

EXIT = 60 if os.uname().machine == "x86_64" else 93


def trophy():
    out, into = os.pipe()
    for _ in range(5):
        if os.fork() == 0:
            libc = ctypes.CDLL(None)

            def hold():
                try:
                    area = mmap.mmap(-1, 110 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
                    area.madvise(mmap.MADV_HUGEPAGE)  # faster
                    for _ in range(110):
                        area.write(bytes([1]) * (1 << 20))
                    os.write(into, b"x")
                    time.sleep(20)
                finally:
                    os._exit(0)

            threading.Thread(target=hold).start()
            libc.syscall(EXIT, 0)
    os.close(into)
    seen = b""
    while len(seen) < 5:
        more = os.read(out, 5)
        if not more:
            return None
        seen += more
    time.sleep(0.7)
    return "550 MB are held in all, the limit is 400 MB"
