# ruff: noqa
"""A zip whose table says that a large file is small.

defence: a zip's entry ends where the table says
control: own
wins: disk
"""

import struct, zipfile


def build(folder, arena):
    path = folder / "hand-in.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("attacked.ipynb", arena.notebook(None))
        archive.writestr("log.csv", bytes(30_000_000))
    data = path.read_bytes().replace(struct.pack("<I", 30_000_000), struct.pack("<I", 100))
    path.write_bytes(data)
    return path


def control(arena):
    """Who asks the table is told a hundred bytes."""
    import tempfile
    from pathlib import Path

    with (
        tempfile.TemporaryDirectory() as name,
        zipfile.ZipFile(build(Path(name), arena)) as archive,
    ):
        return archive.getinfo("log.csv").file_size == 100
