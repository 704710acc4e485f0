# ruff: noqa
"""Python's start-up files are left in the home folder.

defence: uid + landlock
control: naive
wins: tripwire
"""

import os


def trophy():
    for folder in (os.path.dirname("@TRIPWIRE@"), os.path.expanduser("~root")):
        if folder.startswith("/root"):
            try:
                open(f"{folder}/.@MARK@", "w").close()
                os.unlink(f"{folder}/.@MARK@")
                return True
            except OSError:
                continue
        try:
            open(f"{folder}/sitecustomize.py", "w").write("raise SystemExit")
        except OSError:
            pass
