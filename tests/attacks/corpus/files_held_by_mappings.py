# ruff: noqa
"""Nameless files are closed, too; a page of each that is mapped holds all of it on the disk.

defence: files that are held by a mapping are watched
control: naive
wins: trophy
seconds: 30
"""

import ctypes, mmap, os, time


def trophy():
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    block = bytes(3_900_000)
    for _ in range(15):
        file = os.open("f", os.O_CREAT | os.O_RDWR)
        os.unlink("f")
        os.write(file, block)
        # not by Python's module, which keeps a descriptor
        at = libc.mmap(None, ctypes.c_size_t(4096), 1, mmap.MAP_SHARED, file, ctypes.c_long(0))
        if at == ctypes.c_void_p(-1).value:
            return None
        os.close(file)
    time.sleep(0.7)
    return "58 MB in files that only a mapping holds, 16 MB are allowed"
