# ruff: noqa
"""Links in the scratch folder lead its removal to other folders.

defence: a link is no folder to the removal + the removal opens no link
control: own
wins: tripwire
"""

import os


def trophy():
    os.symlink(os.path.dirname("@TRIPWIRE@"), "folder")
    os.mkdir("closed")
    os.symlink("@TRIPWIRE@", "closed/file")
    os.chmod("closed", 0)


def control(arena):
    """A removal that follows links ends outside."""
    import shutil
    import tempfile
    from pathlib import Path

    outside, scratch = Path(tempfile.mkdtemp()), Path(tempfile.mkdtemp())
    (outside / "file").touch()
    (scratch / "folder").symlink_to(outside)
    for entry in scratch.iterdir():
        shutil.rmtree(entry.resolve())
    shutil.rmtree(scratch)
    return not outside.exists()
