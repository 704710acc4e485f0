# ruff: noqa
"""Memory, environment, folders and descriptors of the parent are read in /proc.

defence: uid + landlock
control: naive
wins: trophy
"""

import os


def trophy():
    got = []
    for pid in {os.getppid(), int("@ZYGOTE@"), int("@GRADER@"), int("@VICTIM@")}:
        for name in ("environ", "auxv", "stack", "syscall", "io"):
            try:
                if open(f"/proc/{pid}/{name}", "rb").read(64):
                    got.append(name)
            except OSError:
                pass
        for name in ("mem", "maps"):
            try:
                open(f"/proc/{pid}/{name}", "rb").read(0 if name == "mem" else 64)
                got.append(name)
            except OSError:
                pass
        for name in ("cwd", "root", "exe", "fd", "task", "map_files"):
            try:
                os.listdir(f"/proc/{pid}/{name}") if name in ("fd", "map_files") else None
                os.readlink(f"/proc/{pid}/{name}") if name in ("cwd", "root", "exe") else None
                got.append(name if name != "task" else "")
            except OSError:
                pass
    return sorted(set(got) - {""})
