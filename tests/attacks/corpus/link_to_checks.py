# ruff: noqa
"""A submitted file is a symbolic link to the hidden checks.

defence: links are not followed + contents of a file that is no JSON are not shown
control: naive
wins: canary
"""


def build(folder, arena):
    (folder / "attacked.ipynb").write_text(arena.notebook(None))
    (folder / "weights.json").symlink_to(arena.assignment.folder / "checks" / "test_attacked.py")
    (folder / "log.csv").symlink_to(arena.assignment.folder / "assignment.toml")
    (folder / "notes").symlink_to("/")
    return folder
