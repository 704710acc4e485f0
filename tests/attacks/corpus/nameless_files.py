# ruff: noqa
"""The disk is filled by files that have no name any more; whoever looks at names sees nothing.

defence: files that are held open are watched
control: naive
wins: trophy
seconds: 30
"""

import os, time


def trophy():
    block, held = bytes(3_900_000), []
    while len(held) < 15:
        held.append(os.open("f", os.O_CREAT | os.O_RDWR))
        os.unlink("f")
        os.write(held[-1], block)
    time.sleep(0.7)
    total = sum(os.fstat(each).st_blocks * 512 for each in held)
    return f"{total / 1e6:.0f} MB in nameless files, 16 MB are allowed" if total > 40e6 else None
