# ruff: noqa
"""Many small files lie deeper than a path is long.

defence: folders are watched however long their path is
control: naive
wins: trophy
seconds: 30
"""

import os, time


def trophy():
    for _ in range(25):
        os.mkdir("d" * 200)
        os.chdir("d" * 200)
    for number in range(10_500):
        os.close(os.open(f"s{number}", os.O_CREAT))
    time.sleep(0.7)  # all of them at once, and not for a moment only
    for name in os.listdir("."):
        os.unlink(name)
    for _ in range(25):
        os.chdir("..")
        os.rmdir("d" * 200)
    return "10500 files, 10000 are allowed"
