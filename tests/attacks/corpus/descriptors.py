# ruff: noqa
"""Inherited descriptors are looked for, and read.

defence: descriptors
control: naive
wins: trophy
"""

import os, stat


def trophy():
    found = []
    for number in range(1024):
        try:
            facts = os.fstat(number)
            target = os.readlink(f"/proc/self/fd/{number}")
        except OSError:
            continue
        if number > 3 or stat.S_ISREG(facts.st_mode) or (number < 3 and target != "/dev/null"):
            found.append([number, target])
    return found
