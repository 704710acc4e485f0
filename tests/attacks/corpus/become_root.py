# ruff: noqa
"""The user is changed back.

defence: uid
control: without uid seccomp landlock
wins: trophy
"""

import os


def trophy():
    won = []
    for name, args in [
        ("setuid", (0,)),
        ("setgid", (0,)),
        ("setgroups", ([0],)),
        ("setresuid", (0, 0, 0)),
        ("seteuid", (0,)),
        ("chroot", ("/",)),
        ("setpriority", (0, 0, -5)),
    ]:
        try:
            getattr(os, name)(*args)
            won.append(name)
        except OSError:
            pass
    return won
