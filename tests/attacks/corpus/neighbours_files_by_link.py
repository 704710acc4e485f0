# ruff: noqa
"""Submitted files are symbolic links to those that another student has handed in.

defence: links are not followed
control: naive
wins: points
"""


def build(folder, arena):
    (folder / "attacked.ipynb").write_text(arena.notebook(None))
    for name in ("weights.json", "log.csv"):
        (folder / name).symlink_to(arena.neighbour / name)
    return folder
