# ruff: noqa
"""A zip holds symbolic links to the files that another student has handed in.

defence: links in a zip stay closed
control: naive
wins: points
"""

import stat, zipfile


def build(folder, arena):
    with zipfile.ZipFile(folder / "hand-in.zip", "w") as archive:
        archive.writestr("attacked.ipynb", arena.notebook(None))
        for name in ("weights.json", "log.csv"):
            link = zipfile.ZipInfo(name)
            link.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(link, str(arena.neighbour / name))
    return folder / "hand-in.zip"
