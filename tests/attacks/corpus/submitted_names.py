# ruff: noqa
"""Names of submitted files lead through the handout's files, folders and links.

defence: the worker itself writes what was submitted
control: own
wins: tripwire
"""

CELL = """
import helper
table = open("handout.csv").read() + open("large.bin").read(3)
def total(matrix): return table
def label(text): return table
rate = table
def trophy(): return None
"""


def build(folder, arena):
    (folder / "attacked.ipynb").write_text(arena.notebook(CELL))
    (folder / "helper.py").write_text("x = 1")
    for name in ("large.bin", "handout.csv", "README.md"):
        (folder / name).mkdir()
        (folder / name / "log.csv").write_text(str(arena.tripwire))
        (folder / name / "inner").mkdir()
        (folder / name / "inner" / "code.py").write_text("x = 1")
    return folder


def control(arena):
    """A plain write goes through a link."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as name:
        public, scratch = Path(name, "public.csv"), Path(name, "log.csv")
        public.write_text("the handout's")
        scratch.symlink_to(public)
        scratch.write_bytes(b"submitted")
        return public.read_text() == "submitted"
