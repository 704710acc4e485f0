# ruff: noqa
"""A text that is not UTF-8.

defence: texts are UTF-8
control: own
wins: harm
"""

import os, struct

HEADER = b"S" + struct.pack("<I", 4) + b"\xff\xfe\xed\xa0"
FRAME = b"DLW2" + struct.pack("<QQ", len(HEADER), 0) + HEADER


def trophy():
    os.write(3, FRAME)
    os._exit(0)


total = label = lambda _value: trophy()


def control(arena):
    """A reader that believes what it reads comes to harm."""
    return arena.trusting(FRAME)
