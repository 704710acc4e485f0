# ruff: noqa
"""Files lie deeper than a path is long, where whoever adds up their sizes cannot look.

defence: folders are watched however long their path is
control: naive
wins: trophy
"""

import os, time


def trophy():
    for _ in range(25):
        os.mkdir("d" * 200)
        os.chdir("d" * 200)
    block, written = b"x" * (1 << 20), 0
    for number in range(12):
        with open(f"part-{number}", "wb") as file:
            for _ in range(3):
                file.write(block)
                written += len(block)
        time.sleep(0.06)
    for number in range(12):
        os.unlink(f"part-{number}")
    for _ in range(25):
        os.chdir("..")
        os.rmdir("d" * 200)
    return f"{written} bytes"
