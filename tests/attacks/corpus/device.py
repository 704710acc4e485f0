# ruff: noqa
"""A submitted file is a device that never ends.

defence: what is no plain file has nothing to read
control: own
wins: size
"""

import os, stat


def build(folder, arena):
    (folder / "attacked.ipynb").write_text(arena.notebook(None))
    os.mknod(folder / "weights.json", 0o666 | stat.S_IFCHR, os.makedev(1, 5))
    os.mknod(folder / "log.csv", 0o666 | stat.S_IFCHR, os.makedev(1, 8))
    return folder


def control(arena):
    """Who opens it gets as much as they can take."""
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        path = os.path.join(name, "weights.json")
        os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 5))
        with open(path, "rb") as file:
            return len(file.read(50_000_000)) == 50_000_000
