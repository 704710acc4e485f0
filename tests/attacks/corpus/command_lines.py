# ruff: noqa
"""The command lines of other users' processes are read.

defence: landlock
control: naive
wins: trophy
"""

import re


def trophy():
    return re.findall(rb"canary-[0-9a-f]{16}", open("/proc/@VICTIM@/cmdline", "rb").read())
