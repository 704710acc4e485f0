# ruff: noqa
"""Nameless files are closed and lie, as descriptors on their way, in a socket that nobody reads.

defence: seccomp: descriptors on their way
control: naive
wins: trophy
seconds: 30
"""

import os, socket, time


def trophy():
    block, pair = bytes(3_900_000), socket.socketpair()
    try:
        for _ in range(15):
            file = os.open("f", os.O_CREAT | os.O_RDWR)
            os.unlink("f")
            os.write(file, block)
            socket.send_fds(pair[0], [b"x"], [file])
            os.close(file)
    except OSError:
        return None
    time.sleep(0.7)
    return "58 MB in files on their way, 16 MB are allowed"
