"""Bytes of a format that is read in a process of its own come in; what it found goes out."""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64decode
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from autograder.model.errors import UserError

_CHILD = Path(__file__).with_name("child.py")
#: Beyond it, in seconds, a file counts as one that cannot be read.
_SECONDS = 120
_PDF_HEAD = 1_024
# Half of a compiled file's magic number is the version, the other half a line's end.
_COMPILED_END = b"\r\n"


class ReaderError(UserError):
    """A reader that the release tool needs is not installed."""


@dataclass(frozen=True)
class Reading:
    """What was read in a file.

    Attributes:
        texts: texts with their place in the file.
        files: files in it, with their place.
        unread: what nobody looked at.
        used: of compiled Python, names, values and operators in the order of their use.
        names: of another version's compiled Python, all strings and names.
        problem: why nothing could be read; empty if something was.
    """

    texts: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, bytes], ...] = ()
    unread: tuple[str, ...] = ()
    used: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    problem: str = ""


def format_of(data: bytes) -> str | None:
    """The name of the reader for these bytes; None if there is none."""
    if b"%PDF-" in data[:_PDF_HEAD]:
        return "pdf"
    if data.startswith(b"SQLite format 3\0"):
        return "database"
    # Flags, then a time and a size or a hash; and the code, with or without a mark of a reference.
    if data[2:4] == _COMPILED_END and data[16:17] in (b"\xe3", b"c") and len(data) > 40:
        return "compiled"
    return None


def read(kind: str, data: bytes) -> Reading:
    """Read the bytes by the reader of that name.

    Raises:
        ReaderError: what reads a PDF is not installed.
    """
    if kind == "pdf" and find_spec("pypdf") is None:
        raise ReaderError(
            "The public folder holds a PDF, and what reads one is not installed; install the "
            "release tool with its extra: dl-autograder[release]."
        )
    command = [sys.executable, "-I", str(_CHILD), kind]
    try:
        done = subprocess.run(
            command, input=data, capture_output=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return Reading(problem=f"it takes more than {_SECONDS} s")
    if done.returncode:
        return Reading(problem=f"its reader ended with code {done.returncode}")
    found = json.loads(done.stdout)
    return Reading(
        texts=tuple((location, text) for location, text in found.get("texts", ())),
        files=tuple((location, b64decode(content)) for location, content in found.get("files", ())),
        unread=tuple(found.get("unread", ())),
        used=tuple(found.get("used", ())),
        names=tuple(found.get("names", ())),
        problem=found.get("problem", ""),
    )
