# ruff: noqa
"""A frame that announces an exabyte.

defence: a frame's sizes are bounded
control: own
wins: harm
"""

import os, struct

FRAME = b"DLW2" + struct.pack("<QQ", 1 << 60, 1 << 60)


def trophy():
    os.write(3, FRAME)
    os._exit(0)


total = label = lambda _value: trophy()


def control(arena):
    """A reader that believes what it reads comes to harm."""
    return arena.trusting(FRAME)
