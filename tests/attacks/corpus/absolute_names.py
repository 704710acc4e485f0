# ruff: noqa
"""Names in a zip that begin at the root.

defence: absolute names are refused
control: naive
wins: tripwire
"""

import zipfile


def build(folder, arena):
    with zipfile.ZipFile(folder / "hand-in.zip", "w") as archive:
        archive.writestr("attacked.ipynb", arena.notebook(None))
        archive.writestr(str(arena.tripwire.with_name("log.csv")), "here")
        archive.writestr("/" + str(arena.tripwire.with_name("log2.csv")), "here")
    return folder / "hand-in.zip"
