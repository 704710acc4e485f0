# ruff: noqa
"""Names in a zip that climb out of the folder.

defence: names that climb are refused
control: naive
wins: tripwire
"""

import os, zipfile


def build(folder, arena):
    with zipfile.ZipFile(folder / "hand-in.zip", "w") as archive:
        archive.writestr("attacked.ipynb", arena.notebook(None))
        for up in range(1, 9):
            archive.writestr(
                "../" * up + str(arena.tripwire.with_name("log.csv")).lstrip("/"), "here"
            )
            archive.writestr("..\\" * up + "log.csv", "here")
        archive.writestr(f"../tripwire/{arena.mark}.csv", "here")
        archive.writestr(f"a/../../tripwire/{arena.mark}.csv", "here")
    return folder / "hand-in.zip"
