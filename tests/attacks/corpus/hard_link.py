# ruff: noqa
"""A submitted file is a hard link to the hidden checks.

defence: contents of a file that is no JSON are not shown
control: naive
wins: canary
"""

import os


def build(folder, arena):
    (folder / "attacked.ipynb").write_text(arena.notebook(None))
    os.link(arena.assignment.folder / "checks" / "test_attacked.py", folder / "weights.json")
    return folder
