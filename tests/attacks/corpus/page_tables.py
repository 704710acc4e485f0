# ruff: noqa
"""Page tables without pages: each of many processes reads single pages, far from each other.

defence: page tables are watched + the memory of all of a worker's processes is watched
control: naive
wins: trophy
seconds: 30
"""

import ctypes, os, time

FAR, FIXED = 1 << 30, 0x100000 | 0x20 | 0x02  # MAP_FIXED_NOREPLACE, anonymous, private


def spread(count):
    libc, made = ctypes.CDLL(None, use_errno=True), 0
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
    for number in range(count):
        at = (1 << 40) + number * FAR
        if libc.mmap(at, 4096, 1, FIXED, -1, 0) == at:
            ctypes.string_at(at, 1)
            made += 1
    return made


def trophy():
    parent = os.getpid()
    out, into = os.pipe()
    for _ in range(3):
        if os.fork() == 0:
            try:
                os.write(into, f"{spread(20_000)}\n".encode())
                while os.getppid() == parent:
                    time.sleep(0.05)
            finally:
                os._exit(0)
    os.close(into)
    seen = b""
    while seen.count(b"\n") < 3:
        more = os.read(out, 1000)
        if not more:
            return None
        seen += more
    total = sum(map(int, seen.split())) * 8192
    time.sleep(0.7)
    return f"{total / 1e6:.0f} MB of page tables, the limit is 400 MB" if total > 450e6 else None
