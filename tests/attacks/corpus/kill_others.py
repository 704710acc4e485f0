# ruff: noqa
"""Other processes are killed, stopped and slowed down.

defence: uid + landlock
control: naive
wins: tripwire
"""

import os, signal


def trophy():
    won = []
    for pid in {int("@VICTIM@"), int("@SIBLING@"), int("@GRADER@"), int("@ZYGOTE@")}:
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.kill(pid, number)
                won.append(pid)
            except OSError:
                pass
    return won
