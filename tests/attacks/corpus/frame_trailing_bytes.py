# ruff: noqa
"""Bytes behind the value, in the header and behind the frame.

defence: a header holds one value + a reply is of one form
control: own
wins: harm
"""

import os, struct

HEADER = b"NNNN"
FRAME = b"DLW2" + struct.pack("<QQ", len(HEADER), 0) + HEADER + b"DLW2" * 10


def trophy():
    os.write(3, FRAME)
    os._exit(0)


total = label = lambda _value: trophy()


def control(arena):
    """A reader that believes what it reads comes to harm."""
    return arena.trusting(FRAME)
