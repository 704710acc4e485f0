# ruff: noqa
"""A .pth file with an import line.

defence: the submission is on no import path
control: own
wins: tripwire
"""

import os, subprocess, sys

LINE = "import os; open({!r}, 'w').write('here')\n"


def build(folder, arena):
    (folder / "attacked.ipynb").write_text(arena.notebook(None))
    (folder / "log.pth").write_text(LINE.format(str(arena.tripwire)))
    (folder / "site-packages").mkdir()
    (folder / "site-packages" / "log.pth").write_text(LINE.format(str(arena.tripwire)))
    return folder


def control(arena):
    """A folder that becomes a site folder has it run."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        done = Path(folder, "done")
        Path(folder, "log.pth").write_text(LINE.format(str(done)))
        command = f"import site; site.addsitedir({folder!r})"
        subprocess.run([sys.executable, "-c", command], check=True)
        return done.exists()
