# ruff: noqa
"""Twice forked, in a session of its own, deaf to signals.

defence: orphans are adopted
control: naive
wins: running
"""

import os, signal, time


def trophy():
    pid = os.fork()
    if pid:
        os.waitpid(pid, 0)
        return False
    os.setsid()
    if os.fork():
        os._exit(0)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    os.closerange(0, 256)
    time.sleep(30)
    os._exit(0)
