# ruff: noqa
"""One file larger than allowed.

defence: RLIMIT_FSIZE + the size of the scratch folder is watched
control: naive
wins: trophy
"""

import os


def trophy():
    with open("large-@MARK@", "wb") as file:
        for _ in range(64):
            file.write(bytes(1 << 20))
    size = os.path.getsize("large-@MARK@")
    os.unlink("large-@MARK@")
    return size >= 64 << 20
