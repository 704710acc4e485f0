"""Internal errors come in; entries of one log file, and a sentence that names it, go out.

The file is its user's alone: a traceback may show a hidden check or a student's values.
"""

from __future__ import annotations

import os
import platform
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich.console import Console
from rich.text import Text

from autograder.model.findings import clean
from autograder.model.versions import own_version

LOG = "internal-errors.log"
#: A longer one is put aside as the one before, so that it cannot fill a disk.
MOST_BYTES = 2_000_000
#: Of one entry; a traceback of an endless recursion is long.
MOST_TEXT = 100_000
LIBRARIES = ("numpy", "torch", "pytest", "ipython", "nbformat", "jupytext")


def log_path() -> Path:
    """Where internal errors are written."""
    # Not by Path.home: that raises for a user who has none.
    base = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")  # noqa: PTH111
    folder = Path(base)
    return folder / "dl-autograder" / LOG


def write_log(faults: Sequence[str], assignment: str = "") -> Path | None:
    """Add an entry for each fault; the file, or None where it cannot be written.

    Args:
        faults: tracebacks, or what else is known.
        assignment: its name, or where it was looked for; empty if it is not known.
    """
    try:
        path = log_path()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.is_file() and path.stat().st_size > MOST_BYTES:
            path.replace(path.with_suffix(".old.log"))
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        with open(os.open(path, flags, 0o600), "a", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
            file.write("".join(_entry(fault, assignment) for fault in faults))
    except OSError:
        return None
    return path


def logged(faults: Sequence[str], assignment: str = "") -> str:
    """Write internal errors to the log; the sentence that says where it is.

    Args:
        assignment: as for `write_log`.
    """
    return sentence(len(faults), write_log(faults, assignment))


def sentence(count: int, path: Path | None) -> str:
    """What is said of so many internal errors; ``path`` is the log, None if it has none of them."""
    what = "An internal error" if count == 1 else f"{count} internal errors"
    where = (
        f"Please report this, with what stands above; {log_path()} cannot be written."
        if path is None
        else f"Please report this, with the file {path}: command, versions and traceback."
    )
    return f"{what} of the harness, and no mistake of the submission. {where}"


def print_faults(console: Console, faults: Sequence[str], assignment: str = "") -> None:
    """Write internal errors to the log, and say where it is; nothing where there are none."""
    if faults:
        console.print(Text(logged(faults, assignment), "magenta"), soft_wrap=True)


def _entry(fault: str, assignment: str) -> str:
    lines = [
        f"==== {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} ====",
        f"command: {clean(shlex.join(sys.argv), 2000)}",
        f"assignment: {clean(assignment, 500) or 'not known'}",
        f"versions: {', '.join(_versions())}",
        clean(fault, MOST_TEXT).rstrip(),
    ]
    return "\n".join(lines) + "\n\n"


def _versions() -> Iterator[str]:
    yield f"dl-autograder {own_version()}"
    yield f"Python {platform.python_version()}"
    yield platform.platform()
    for name in LIBRARIES:
        with suppress(PackageNotFoundError):
            yield f"{name} {version(name)}"
