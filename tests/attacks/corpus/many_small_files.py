# ruff: noqa
"""Files without number use up the disk's inodes.

defence: the number of files in the scratch folder is watched
control: naive
wins: trophy
seconds: 30
"""

import os, time


def trophy():
    for number in range(10_500):
        os.close(os.open(f"file-{number}", os.O_CREAT | os.O_WRONLY))
    time.sleep(0.7)  # all of them at once, and not for a moment only
    return "10500 files, 10000 are allowed"
