# ruff: noqa
"""An array whose lengths multiply to more than there are numbers.

defence: bytes of arrays are bounded on arrival + a body is as large as its header says
control: own
wins: harm
"""

import os, struct

HEADER = b"A" + bytes([11, 3]) + struct.pack("<QQQ", 1 << 32, 1 << 32, 1 << 32)
FRAME = b"DLW2" + struct.pack("<QQ", len(HEADER), 0) + HEADER


def trophy():
    os.write(3, FRAME)
    os._exit(0)


total = label = lambda _value: trophy()


def control(arena):
    """A reader that believes what it reads comes to harm."""
    return arena.trusting(FRAME)
