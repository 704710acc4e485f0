# ruff: noqa
"""Groups that root's processes belong to are looked for: what they may read could be read.

defence: groups are given up
control: own
wins: trophy
"""

import os, subprocess, sys

CHANGED = """
import os
os.setgroups([0, 4])
os.setresgid(59998, 59998, 59998)
os.setresuid(59998, 59998, 59998)
print(os.getgroups())
"""


def trophy():
    return [group for group in os.getgroups() if group != os.getgid()]


def control(arena):
    """Who changes the user alone keeps them."""
    command = [sys.executable, "-c", CHANGED]
    return subprocess.run(command, capture_output=True, text=True).stdout == "[0, 4]\n"
