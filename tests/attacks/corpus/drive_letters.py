# ruff: noqa
"""Names in a zip with drive letters and backslashes.

defence: drive letters are refused, backslashes separate
control: own
wins: tripwire
"""

import zipfile

NAMES = ["C:\\log.csv", "c:log.csv", "\\\\server\\share\\log.csv", "..\\..\\log.csv", "C:/log.csv"]


def build(folder, arena):
    with zipfile.ZipFile(folder / "hand-in.zip", "w") as archive:
        archive.writestr("attacked.ipynb", arena.notebook(None))
        for name in NAMES:
            archive.writestr(name, "step,loss\n1,1\n2,2\n3,3\n")
    return folder / "hand-in.zip"


def control(arena):
    """On Windows, a plain join leaves the folder."""
    import ntpath

    return all(not ntpath.normpath(ntpath.join("D:\\in", n)).startswith("D:\\in\\") for n in NAMES)
