# ruff: noqa
"""sitecustomize.py and usercustomize.py are run by every Python that starts there.

defence: the submission is on no import path
control: own
wins: tripwire
"""

import os, subprocess, sys

TEXT = "open({!r}, 'w').write('here')\n"


def build(folder, arena):
    (folder / "attacked.ipynb").write_text(arena.notebook(None))
    for name in ("sitecustomize.py", "usercustomize.py"):
        (folder / name).write_text(TEXT.format(str(arena.tripwire)))
    return folder


def control(arena):
    """A plain interpreter that has the submission on its path runs it."""
    return runs(arena, "sitecustomize.py", "pass")


def runs(arena, name, command):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        done = Path(folder, "done")
        Path(folder, name).write_text(TEXT.format(str(done)))
        environment = {"PYTHONPATH": folder, "PATH": os.defpath}
        subprocess.run([sys.executable, "-c", command], env=environment, cwd=folder, check=True)
        return done.exists()
