# ruff: noqa
"""An array whose sides are as long as none can be, and which has no bytes: one side is zero.

defence: bytes of arrays are bounded on arrival
control: own
wins: fault
"""

import os, struct

LENGTHS = (0, 1 << 40, 1 << 40)
HEADER = b"A" + bytes([11, 3]) + struct.pack("<QQQ", *LENGTHS)
FRAME = b"DLW2" + struct.pack("<QQ", len(HEADER), 0) + HEADER


def trophy():
    os.write(3, FRAME)
    os._exit(0)


total = label = lambda _value: trophy()


def control(arena):
    """NumPy has no such array, and says so to who makes it."""
    import numpy as np

    try:
        np.frombuffer(b"", np.uint8).view(np.float64).reshape(LENGTHS)
    except ValueError:
        return True
    return False
