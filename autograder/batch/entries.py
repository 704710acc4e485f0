"""The model of a submission among many: whose it is, and where its files lie."""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from autograder.model.errors import UserError
from autograder.model.findings import shown

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
        login: the name that they log in by, on the platform or on GitHub.
    """

    name: str = ""
    sid: str = ""
    email: str = ""
    number: str = ""
    login: str = ""


@dataclass(frozen=True)
class OnDisk:
    """A file, to be taken as ``name``; or a folder, all of which is taken, below ``name``."""

    path: Path
    name: str
    folder: bool = False


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
        created: when it was submitted, as the platform writes it, where that is known.
        late: the platform says that it is.
        platform: the key of the platform that it comes from; empty for a plain folder or archive.
        origin: where it lies in what was given: the path of its folder, or of its first file.
    """

    id: str
    label: str
    parts: tuple[OnDisk | InZip, ...]
    people: tuple[Person, ...] = ()
    created: str = ""
    late: bool = False
    platform: str = ""
    origin: str = ""

    @property
    def called(self) -> str:
        """Whose it is, in words."""
        names = [person.name or person.email for person in self.people]
        return shown(", ".join(name for name in names if name) or self.label)


@dataclass(frozen=True)
class Ignored:
    """A file or folder that is part of no submission, and why.

    Attributes:
        expected: nobody misses it: a platform's own list, or what a system leaves behind.
    """

    name: str
    reason: str
    expected: bool = False


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
