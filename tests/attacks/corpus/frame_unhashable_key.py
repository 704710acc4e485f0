# ruff: noqa
"""A dict whose key is a list.

defence: keys are hashable
control: own
wins: harm
"""

import os, struct

HEADER = b"M" + struct.pack("<I", 1) + b"L" + struct.pack("<I", 0) + b"N"
FRAME = b"DLW2" + struct.pack("<QQ", len(HEADER), 0) + HEADER


def trophy():
    os.write(3, FRAME)
    os._exit(0)


total = label = lambda _value: trophy()


def control(arena):
    """A reader that believes what it reads comes to harm."""
    return arena.trusting(FRAME)
