# ruff: noqa
"""A frame with tags that there are none of, pickles among them.

defence: tags are a closed list
control: own
wins: harm
"""

import os, struct

HEADER = b"P" + struct.pack("<I", 20) + b"cos\nsystem\n(S'id'\ntR."
FRAME = b"DLW2" + struct.pack("<QQ", len(HEADER), 0) + HEADER


def trophy():
    os.write(3, FRAME)
    os._exit(0)


total = label = lambda _value: trophy()


def control(arena):
    """A reader that believes what it reads comes to harm."""
    return arena.trusting(FRAME)
