"""The handout's folder comes in; the current folder holds what a student finds beside a notebook.

It runs in a locked-down worker, as the worker's own user: what is written there stays there.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

#: Left by runs of Python; no part of a handout.
IGNORED = ("__pycache__",)
#: Larger files are not copied for each check: they are linked to, and can be read only.
MAX_COPIED_BYTES = 8 << 20


def fill(source: str) -> None:
    """Copy the files below ``source`` to the same places below the current folder."""
    for parent, folders, names in os.walk(source):
        folders[:] = [name for name in folders if name not in IGNORED]
        here = os.path.relpath(parent, source)
        for name in folders:
            os.makedirs(os.path.join(here, name), exist_ok=True)  # noqa: PTH103, PTH118
        for name in names:
            original, target = Path(parent, name), Path(here, name)
            if original.stat().st_size > MAX_COPIED_BYTES:
                target.symlink_to(original)
            else:
                shutil.copyfile(original, target)
