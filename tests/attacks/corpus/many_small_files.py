# ruff: noqa
"""Files without number use up the disk's inodes.

defence: the number of files in the scratch folder is watched
control: naive
wins: trophy
"""

import os


def trophy():
    made = 0
    try:
        for number in range(30_000):
            os.close(os.open(f"file-{number}", os.O_CREAT | os.O_WRONLY))
            made += 1
    except OSError:
        pass
    return made >= 30_000
