# ruff: noqa
"""The handout's files in the working folder are changed for the next check, and submission.

defence: uid + landlock
control: naive
wins: trophy
"""

import os

FILES = ["handout.csv", "large.bin", "README.md", "log.csv", "helper.py"]


def spoil(what):
    for name in FILES:
        for make in (
            lambda: os.chmod(name, 0o666),
            lambda: os.chmod(os.path.realpath(name), 0o666),
            lambda: os.link(os.path.realpath(name), f"{name}-linked"),
            lambda: open(f"{name}-linked", "a").write("@MARK@"),
            lambda: os.truncate(os.path.realpath(name), 0),
            lambda: os.rename(os.path.realpath(name), os.path.realpath(name) + "-moved"),
            lambda: open(name, "a").write("@MARK@"),
            lambda: os.unlink(os.path.realpath(name)),
        ):
            try:
                make()
            except OSError:
                pass
        try:
            open(name, "a").write(f"@MARK@ {what!r}")
        except OSError:
            pass


def total(matrix):
    spoil("total")


def label(text):
    spoil(text)


def trophy():
    seen = []
    for name in FILES:
        if os.path.exists(name):
            data = open(name, "rb").read()
            if b"@MARK@" in data:
                seen.append(data[-60:])
    if not os.path.exists("handout.csv"):
        return seen
    fine = open("handout.csv").read() == "a,b\n1,2\n" and os.path.getsize("large.bin") == 9 << 20
    return seen or not fine
