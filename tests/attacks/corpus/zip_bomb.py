# ruff: noqa
"""A small zip that becomes very large.

defence: sizes are counted while a file is unpacked
control: naive
wins: disk
"""

import io, zipfile


def build(folder, arena):
    with zipfile.ZipFile(
        folder / "hand-in.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9
    ) as archive:
        archive.writestr("attacked.ipynb", arena.notebook(None))
        for number in range(3):
            archive.writestr(f"log{number}.csv", bytes(40_000_000))
    return folder / "hand-in.zip"
