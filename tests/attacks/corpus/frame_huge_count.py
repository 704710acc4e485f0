# ruff: noqa
"""A list of four billion items, of which none is there.

defence: counts are checked against the header + a header's end is looked for
control: own
wins: harm
"""

import os, struct

HEADER = b"L" + struct.pack("<I", 0xFFFFFFFF)
FRAME = b"DLW2" + struct.pack("<QQ", len(HEADER), 0) + HEADER


def trophy():
    os.write(3, FRAME)
    os._exit(0)


total = label = lambda _value: trophy()


def control(arena):
    """A reader that believes what it reads comes to harm."""
    return arena.trusting(FRAME)
