# ruff: noqa
"""The whole memory of the process is searched for secrets.

defence: checks are in another process
control: naive
wins: trophy
"""

import ctypes, re


def trophy():
    found = set()
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # PR_SET_DUMPABLE, else /proc/self is root's
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps:
            area, rights, *_rest = line.split()
            if "rw" not in rights or ".so" in line:
                continue
            start, end = (int(number, 16) for number in area.split("-"))
            try:
                memory.seek(start)
                data = memory.read(min(end - start, 64 << 20))
            except (OSError, ValueError, OverflowError, MemoryError):
                continue
            found.update(re.findall(rb"canary-[0-9a-f]{16}", data))
    return sorted(found)
