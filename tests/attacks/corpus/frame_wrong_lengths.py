# ruff: noqa
"""A frame that promises more than it holds, in header and body.

defence: counts are checked against the header + pieces are checked against the header + a header holds one value + a reply is of one form
control: own
wins: harm
"""

import os, struct

HEADER = b"S" + struct.pack("<I", 1 << 31) + b"short"
FRAME = b"DLW2" + struct.pack("<QQ", len(HEADER), 0) + HEADER


def trophy():
    os.write(3, FRAME)
    os._exit(0)


total = label = lambda _value: trophy()


def control(arena):
    """A reader that believes what it reads comes to harm."""
    return arena.trusting(FRAME)
