# ruff: noqa
"""An array of Python objects, by its code.

defence: element types are a closed list
control: own
wins: harm
"""

import os, struct

HEADER = b"A" + bytes([77, 1]) + struct.pack("<Q", 8)
FRAME = b"DLW2" + struct.pack("<QQ", len(HEADER), 64) + HEADER + bytes(64)


def trophy():
    os.write(3, FRAME)
    os._exit(0)


total = label = lambda _value: trophy()


def control(arena):
    """A reader that believes what it reads comes to harm."""
    return arena.trusting(FRAME)
