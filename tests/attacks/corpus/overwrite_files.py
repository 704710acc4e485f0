# ruff: noqa
"""A file outside the scratch folder is overwritten, moved and removed.

defence: uid + landlock
control: naive
wins: tripwire
"""

import os, shutil


def trophy():
    won = []
    for what in (
        lambda: open("@TRIPWIRE@", "w").write("changed"),
        lambda: os.rename("@TRIPWIRE@", "@TRIPWIRE@-moved"),
        lambda: os.truncate("@TRIPWIRE@", 0),
        lambda: os.unlink("@TRIPWIRE@"),
        lambda: shutil.rmtree(os.path.dirname("@TRIPWIRE@")),
    ):
        try:
            what()
            won.append(1)
        except OSError:
            pass
    return won
