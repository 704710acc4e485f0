# ruff: noqa
"""The hidden checks are linked into the scratch folder and made readable there.

defence: uid + landlock
control: naive
wins: trophy
"""

import os


def trophy():
    got = []
    for make in (os.symlink, os.link):
        try:
            make("@CHECKS@", "checks-@MARK@")
            os.chmod("checks-@MARK@", 0o644)
            got.append(open("checks-@MARK@").read()[-500:])
        except OSError:
            pass
        try:
            os.unlink("checks-@MARK@")
        except OSError:
            pass
    return got
