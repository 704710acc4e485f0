# ruff: noqa
"""A zip that holds itself, wrapped in zips.

defence: an archive in a submission is not opened
control: own
wins: size
"""

import io, zipfile


def build(folder, arena):
    inner = b""
    for depth in range(20):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("attacked.ipynb", arena.notebook(None))
            for number in range(4):
                archive.writestr(f"{number}.zip", inner)
        inner = buffer.getvalue()
    (folder / "hand-in.zip").write_bytes(inner)
    return folder / "hand-in.zip"


def control(arena):
    """Opened level by level, it has four times as many archives in each."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as name:
        archives = [build(Path(name), arena).read_bytes()]
    for _ in range(3):
        opened = [zipfile.ZipFile(io.BytesIO(data)) for data in archives]
        archives = [z.read(n) for z in opened for n in z.namelist() if n.endswith(".zip")]
    return len(archives) == 4**3
