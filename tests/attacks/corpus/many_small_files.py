# ruff: noqa
"""Files without number use up the disk's inodes.

defence: the number of files in the scratch folder is watched
control: naive
wins: trophy
"""

import os, time

#: A few more than may lie there: to make many more, the time of a check is too short here and there.
COUNT = 10_100


def trophy():
    try:
        for number in range(COUNT):
            os.close(os.open(f"file-{number}", os.O_CREAT | os.O_WRONLY))
        time.sleep(0.3)  # for who looks now and then
        return len(os.listdir(".")) >= COUNT
    except OSError:
        return False
