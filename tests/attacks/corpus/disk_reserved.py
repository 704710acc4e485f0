# ruff: noqa
"""The disk's space is reserved for a file beyond its end, where its size is not limited.

defence: seccomp: requests to devices and files
control: naive
wins: trophy
"""

import fcntl, os, struct

RESERVE = (0x40305828, 0x4030582A, 0x40305839)


def trophy():
    with open("reserved", "wb") as file:
        for request in RESERVE:
            try:
                fcntl.ioctl(
                    file, request, struct.pack("=hhxxxxqqiI4i", *[0] * 3, 300 << 20, *[0] * 6)
                )
            except OSError:
                continue
            taken = os.fstat(file.fileno()).st_blocks * 512
            if taken >= 300 << 20:
                os.ftruncate(file.fileno(), 0)
                return f"{taken / 1e6:.0f} MB by {request:#x}, 4 MB are allowed"
