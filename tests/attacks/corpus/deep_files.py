# ruff: noqa
"""Large files lie deeper than a path is long.

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
    block = bytes(3_900_000)
    for number in range(15):
        with open(f"f{number}", "wb") as file:
            file.write(block)
    time.sleep(0.7)  # all of them at once, and not for a moment only
    for name in os.listdir("."):
        os.unlink(name)
    for _ in range(25):
        os.chdir("..")
        os.rmdir("d" * 200)
    return "58 MB in files, 16 MB are allowed"
