# ruff: noqa
"""Where every user may write there is a folder in memory; files in it are in nobody's memory.

defence: landlock + what lies in shared folders is watched
control: naive
wins: trophy
seconds: 30
"""

import os, time


def trophy():
    block, made = bytes(3_900_000), []
    try:
        for number in range(15):
            made.append(f"/dev/shm/@MARK@-{number}")
            with open(made[-1], "wb") as file:
                file.write(block)
    except OSError:
        return None
    time.sleep(0.7)  # all of it at once, and not for a moment only
    for path in made:
        os.unlink(path)
    return "58 MB in files, 16 MB are allowed"
