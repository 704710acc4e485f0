# ruff: noqa
"""A zip holds a symbolic link to the hidden checks.

defence: links in a zip stay closed + contents of a file that is no JSON are not shown
control: naive
wins: canary
"""

import stat, zipfile


def build(folder, arena):
    with zipfile.ZipFile(folder / "hand-in.zip", "w") as archive:
        archive.writestr("attacked.ipynb", arena.notebook(None))
        link = zipfile.ZipInfo("weights.json")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, str(arena.assignment.folder / "checks" / "test_attacked.py"))
    return folder / "hand-in.zip"
