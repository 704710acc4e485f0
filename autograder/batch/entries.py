"""The model of a submission among many: whose it is, and where its files lie."""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from autograder.model.errors import UserError

#: Of an id, as part of a file's name; the digest that may follow included.
MAX_ID = 80


class SourceError(UserError):
    """No submissions can be found in what was given."""


@dataclass(frozen=True)
class Person:
    """A student, as the platform calls them; all are free texts of others' making.

    Attributes:
        sid: the student number.
        number: the platform's own number of the user, or of the participant.
    """

    name: str = ""
    sid: str = ""
    email: str = ""
    number: str = ""


@dataclass(frozen=True)
class OnDisk:
    """A file, or a folder with all that is in it, to be taken as ``name``."""

    path: Path
    name: str


@dataclass(frozen=True)
class InZip:
    """One file in an open archive, to be taken as ``name``."""

    archive: zipfile.ZipFile
    member: zipfile.ZipInfo
    name: str


@dataclass(frozen=True)
class Entry:
    """One submission.

    Attributes:
        id: what its results are called; fit for a file's name.
        label: how it was called where it comes from.
        created: when it was handed in, in ISO 8601, where that is known.
        late: the platform says that it is.
        platform: ``gradescope``, ``canvas`` or ``moodle``; empty for a plain folder or archive.
    """

    id: str
    label: str
    parts: tuple[OnDisk | InZip, ...]
    people: tuple[Person, ...] = ()
    created: str = ""
    late: bool = False
    platform: str = ""


def identifier(name: str, taken: Collection[str]) -> str:
    """An id for a submission of any name, other than those that are ``taken`` in lower case."""
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:MAX_ID]
    if safe and safe == name and safe.lower() not in taken:
        return safe
    mark = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    length = 6
    while (found := f"{safe[: MAX_ID - 20]}-{mark[:length]}".lstrip("-")).lower() in taken:
        length += 1
    return found
