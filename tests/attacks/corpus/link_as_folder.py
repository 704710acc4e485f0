# ruff: noqa
"""A zip makes a link to a folder, and writes through it.

defence: links in a zip stay closed
control: naive
wins: tripwire
"""

import stat, zipfile


def build(folder, arena):
    with zipfile.ZipFile(folder / "hand-in.zip", "w") as archive:
        archive.writestr("attacked.ipynb", arena.notebook(None))
        link = zipfile.ZipInfo("data")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, str(arena.tripwire.parent))
        archive.writestr("data/log.csv", "step,loss")
    return folder / "hand-in.zip"
