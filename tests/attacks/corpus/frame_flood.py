# ruff: noqa
"""Replies without end.

defence: a reply is of one form
control: own
wins: harm
"""

import os, socket, struct, time

FRAME = b"DLW2" + struct.pack("<QQ", 1, 0) + b"N"


def trophy():
    end = time.monotonic() + 5
    while time.monotonic() < end:
        os.write(3, FRAME * 1000)


total = label = lambda _value: trophy()


def control(arena):
    """Who reads on as long as there is something has no end of it."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        got = 0
        for _ in range(100):
            theirs.sendall(FRAME * 1000)
            got += len(ours.recv(len(FRAME) * 1000, socket.MSG_WAITALL))
    return got == 100_000 * len(FRAME)
