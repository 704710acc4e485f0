# ruff: noqa
"""A reference whose type has a name that is none.

defence: values cross, objects and verdicts do not
control: own
wins: harm
"""

import os, struct

HEADER = b"@" + struct.pack("<q", 1) + b"L" + struct.pack("<I", 0xFFFFFFFF)
FRAME = b"DLW2" + struct.pack("<QQ", len(HEADER), 0) + HEADER


def trophy():
    os.write(3, FRAME)
    os._exit(0)


total = label = Stack = lambda *_values: trophy()


def control(arena):
    """A reader that believes what it reads comes to harm."""
    return arena.trusting(FRAME)
