# ruff: noqa
"""Many files, each as large as allowed, fill the disk.

defence: the size of the scratch folder is watched
control: naive
wins: trophy
seconds: 30
"""

import time


def trophy():
    block = b"x" * 3_900_000
    for number in range(15):
        with open(f"part-{number}", "wb") as file:
            file.write(block)
    time.sleep(0.7)  # all of it at once, and not for a moment only
    return "58 MB in files, 16 MB are allowed"
