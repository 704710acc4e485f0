# ruff: noqa
"""An answer that runs a command when it is unpickled.

defence: nothing is unpickled
control: own
wins: tripwire
"""

import os, pickle


class Payload:
    def __reduce__(self):
        return os.mkdir, (os.environ.get("MADE", "/nothing/here"),)


def cell(arena):
    return f"""
import os

class Payload:
    def __reduce__(self):
        return os.system, ("echo here > {arena.tripwire}",)

def total(matrix):
    return Payload()

label = total
"""


def build(folder, arena):
    (folder / "attacked.ipynb").write_text(arena.notebook(cell(arena)))
    return folder


def control(arena):
    """multiprocessing, whose answers are pickles, runs it in the process that asks."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        os.environ["MADE"] = f"{folder}/made"
        try:
            pickle.loads(pickle.dumps(Payload()))
            return os.path.isdir(f"{folder}/made")
        finally:
            del os.environ["MADE"]
