# ruff: noqa
"""A submitted file is a socket.

defence: what is no plain file has nothing to read
control: own
wins: fault
"""

import socket


def build(folder, arena):
    (folder / "attacked.ipynb").write_text(arena.notebook(None))
    bound = socket.socket(socket.AF_UNIX)
    import os

    here = os.open(folder, os.O_RDONLY)
    bound.bind(f"/proc/self/fd/{here}/weights.json")
    os.close(here)
    bound.close()
    return folder


def control(arena):
    """Who opens it gets an error that is not one of JSON's."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as name:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(f"{name}/s")
        try:
            Path(name, "s").read_text()
        except OSError:
            return True
    return False
