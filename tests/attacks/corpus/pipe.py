# ruff: noqa
"""A submitted file is a named pipe, which nobody writes to.

defence: only plain files are read + the time limit of a submission
control: naive
wins: time
"""

import os


def build(folder, arena):
    (folder / "attacked.ipynb").write_text(arena.notebook(None))
    os.mkfifo(folder / "weights.json")
    os.mkfifo(folder / "log.csv")
    return folder
