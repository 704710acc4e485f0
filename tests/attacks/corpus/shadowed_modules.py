# ruff: noqa
"""numpy.py, torch.py, random.py and a package autograder stand in the submission.

defence: the submission is on no import path
control: own
wins: tripwire
"""

import os, subprocess, sys

TEXT = "open({!r}, 'w').write('here')\n"


def build(folder, arena):
    (folder / "attacked.ipynb").write_text(arena.solved_without_files())
    for name in ("numpy", "torch", "random", "json", "hashlib", "colorsys"):
        (folder / f"{name}.py").write_text(TEXT.format(str(arena.tripwire)))
    (folder / "autograder").mkdir()
    (folder / "autograder" / "__init__.py").write_text(TEXT.format(str(arena.tripwire)))
    return folder


def control(arena):
    """A plain interpreter that is started there imports it."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        done = Path(folder, "done")
        Path(folder, "numpy.py").write_text(TEXT.format(str(done)))
        subprocess.run([sys.executable, "-c", "import numpy"], cwd=folder, check=True)
        return done.exists()
