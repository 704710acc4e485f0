# ruff: noqa
"""A frame nested a hundred thousand deep.

defence: depth is bounded on arrival
control: own
wins: harm
"""

import os, struct

HEADER = (b"L" + struct.pack("<I", 1)) * 100_000 + b"N"
FRAME = b"DLW2" + struct.pack("<QQ", len(HEADER), 0) + HEADER


def trophy():
    os.write(3, FRAME)
    os._exit(0)


total = label = lambda _value: trophy()


def control(arena):
    """A reader that believes what it reads comes to harm."""
    return arena.trusting(FRAME)
