# ruff: noqa
"""File names with terminal codes, line breaks and half characters.

defence: names are shown cleaned + feedback is cleaned
control: own
wins: characters
"""

import os, zipfile

NAMES = ["\x1b[2J.csv", "a\nb.csv", "\u202egpj.csv", "x" * 250 + ".csv", "\x00.csv", "a\rb.csv"]


def build(folder, arena):
    (folder / "attacked.ipynb").write_text(arena.notebook(None))
    for name in (
        b"\x1b[2J.csv",
        b"a\nb.csv",
        b"\xff\xfe.csv",
        b"\xe2\x80\xaegpj.csv",
        b"\xc2\x9b1m.csv",
    ):
        with open(os.fsencode(folder) + b"/" + name, "w") as file:
            file.write("step,loss")
    return folder


def control(arena):
    """A list of left-out files as it stands would steer a terminal."""
    from arena import _steers

    return any(map(_steers, NAMES))
