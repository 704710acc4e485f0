# ruff: noqa
"""Weights that are NaN and infinite, which JSON has not but Python reads.

defence: checks refuse what is not finite
control: naive
wins: points
"""


def build(folder, arena):
    (folder / "attacked.ipynb").write_text(arena.notebook(None))
    (folder / "weights.json").write_text("[NaN, NaN, NaN, NaN]")
    return folder
