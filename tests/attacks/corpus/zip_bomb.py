# ruff: noqa
"""A small zip that becomes very large; right weights are in it, and count if all is read.

defence: sizes are compared before a file is copied + sizes are counted while a file is copied
control: naive
wins: points
"""

import io, zipfile


def build(folder, arena):
    with zipfile.ZipFile(
        folder / "hand-in.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9
    ) as archive:
        archive.writestr("attacked.ipynb", arena.notebook(None))
        archive.writestr("weights.json", "[0.125, 0.25, 0.375, 0.25]" + " " * 10_000_000)
        for number in range(2):
            archive.writestr(f"log{number}.csv", bytes(40_000_000))
    return folder / "hand-in.zip"
