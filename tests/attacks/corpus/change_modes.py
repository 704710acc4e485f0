# ruff: noqa
"""Files of others are given away, taken and made writable.

defence: uid
control: naive
wins: tripwire
"""

import os


def trophy():
    won = []
    for what in (
        lambda: os.chmod("@TRIPWIRE@", 0o666),
        lambda: os.chown("@TRIPWIRE@", os.getuid() or 12345, -1),
        lambda: os.chmod("@STAFF@", 0o755),
        lambda: os.utime("@TRIPWIRE@", (0, 0)),
        lambda: os.setxattr("@TRIPWIRE@", "user.mark", b"1"),
    ):
        try:
            what()
            won.append(1)
        except OSError:
            pass
    return won
