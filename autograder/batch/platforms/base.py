"""What a platform is to a batch, and what the modules of platforms share.

A platform is a module that has the members of `Platform`; ``autograder.batch.platforms`` has the
table of all of them. A new one is a module, a row there and a row in the driver test.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Collection, Container, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Protocol

from autograder.batch.entries import Entry, Ignored, OnDisk, Person, identifier
from autograder.batch.shelves import Part, Shelf
from autograder.model.archives import ARCHIVES, opened_member
from autograder.model.manifest import Assignment
from autograder.model.names import EXTRA, owners
from autograder.model.submission import MAX_NAME

Cell = str | float
Row = list[Cell]

OWN_FILE = "it is a file of the platform's own"
OLDER = "it is an older attempt; the newest counts"


@dataclass(frozen=True)
class Export:
    """The submissions of an export, and what is part of none."""

    entries: tuple[Entry, ...]
    ignored: tuple[Ignored, ...] = ()


@dataclass(frozen=True)
class Score:
    """What one person has earned by a submission, of so many points."""

    entry: Entry
    person: Person
    points: float
    of: float


class Platform(Protocol):
    """Where submissions come from, and where grades go.

    Attributes:
        KEY: as in names of files, ``canvas``.
        TITLE: as people call it; empty for a plain folder or archive.
    """

    KEY: str
    TITLE: str

    def recognise(self, shelf: Shelf, assignment: Assignment, /) -> bool:
        """Whether a folder or archive is an export of this platform.

        Of an export every name follows the platform's rules. In a folder of files whose names
        students have chosen, some may by chance, or on purpose: then all others would be lost. So
        all that could be a submission has to be of the platform's form.
        """

    def entries(self, shelf: Shelf, assignment: Assignment, /) -> Export:
        """The submissions in an export that was recognised.

        Raises:
            SourceError: a file of the platform's own cannot be read.
        """

    def grades(self, scores: Sequence[Score], assignment: Assignment, /) -> list[Row]:
        """The table that the platform takes grades from; empty if it takes none."""

    def feedback(self, entry: Entry, page: str, /) -> str:
        """The path of a student's page in the zip that the platform takes feedback from.

        Empty if it takes none, or if the page could not be told whose it is.

        Args:
            page: what the file is called, as ``feedback.html``.
        """


class Gathered:
    """Entries with ids of their own, in the order in which they were first seen."""

    def __init__(self) -> None:
        self._found: dict[str, Entry] = {}
        self._taken: set[str] = set()

    def add(self, key: str, entry: Entry) -> None:
        """Add a submission, or further parts to the one of the same key."""
        known = self._found.get(key)
        if known is None:
            name = identifier(entry.id, self._taken)
            self._taken.add(name.lower())
            self._found[key] = replace(entry, id=name)
        else:
            parts, late = (*known.parts, *entry.parts), known.late or entry.late
            self._found[key] = replace(known, parts=parts, late=late)

    def all(self) -> tuple[Entry, ...]:
        """The entries so far."""
        return tuple(self._found.values())


@dataclass(frozen=True)
class Piece:
    """A file or folder of one attempt.

    Attributes:
        key: whose it is.
        when: the time of the attempt, which sorts as a text.
        entry: the submission as far as it is known, with the parts of this piece.
        name: what it is called, to say that it was left out.
    """

    key: str
    when: str
    entry: Entry
    name: Ignored


def newest_attempts(pieces: Iterable[Piece]) -> Export:
    """A submission for each key, of its newest attempt; older ones are part of none."""
    by_key: dict[str, list[Piece]] = {}
    for piece in pieces:
        by_key.setdefault(piece.key, []).append(piece)
    gathered = Gathered()
    older: list[Ignored] = []
    for key, found in by_key.items():
        newest = max(piece.when for piece in found)
        for piece in found:
            if piece.when == newest:
                gathered.add(key, piece.entry)
            else:
                older.append(piece.name)
    return Export(gathered.all(), tuple(older))


def may_be_one(name: str, assignment: Assignment) -> bool:
    """Whether a file would be a submission by itself in a plain folder."""
    low = as_taken(name).lower()
    modules = [entry.file for entry in assignment.notebooks if entry.is_module]
    if low.endswith((*ARCHIVES, ".ipynb")):
        return True
    return len(name) <= MAX_NAME and bool(owners(PurePosixPath(name), modules))


def as_taken(name: str) -> str:
    """The name of a notebook without an extension that a browser or a system has added."""
    for extra in EXTRA:
        if name.lower().endswith(f".ipynb{extra}"):
            return name[: -len(extra)]
    return name


def names_of_users(matches: Iterable[re.Match[str]]) -> dict[str, str] | None:
    """The ``name`` of each ``user``; None if one has several, as in no export."""
    names: dict[str, str] = {}
    for match in matches:
        if names.setdefault(match["user"], match["name"]) != match["name"]:
            return None
    return names


def alone(shelf: Shelf, taken: Container[str], assignment: Assignment) -> bool:
    """Whether nothing else that could be a submission lies beside an export."""
    others = [name for name in shelf.tops if name not in taken]
    return not any(name in shelf.folders or may_be_one(name, assignment) for name in others)


def beside(
    shelf: Shelf, taken: Container[str], title: str, own: Container[str] = ()
) -> list[Ignored]:
    """What lies beside the submissions of an export.

    Args:
        own: names of the platform's own files, in lower case.
    """
    found = list(shelf.left.values())
    for name in shelf.tops:
        if name.lower() in own:
            found.append(shelf.ignored(name, OWN_FILE, expected=True))
        elif name not in taken:
            found.append(shelf.ignored(name, f"it is no part of an export of {title}"))
    return found


def below(parts: Iterable[Part], name: str) -> tuple[Part, ...]:
    """The same parts, to be taken as lying in a folder of that name; one file as being that."""
    return tuple(
        replace(part, name=name if not part.name else f"{name}/{part.name}") for part in parts
    )


def renamed(part: Part, name: str) -> Part:
    """The same file, to be taken as ``name``."""
    return replace(part, name=name)


def small_file(part: Part, limit: int) -> bytes | None:
    """The bytes of a file of the platform's own; None if it is larger, or cannot be read."""
    try:
        if isinstance(part, OnDisk):
            if part.path.is_symlink() or not part.path.is_file():
                return None
            with part.path.open("rb") as file:
                data = file.read(limit + 1)
        else:
            with opened_member(part.archive, part.member) as member:
                data = member.read(limit + 1)
    except Exception:  # a damaged entry raises one of many
        return None
    return data if len(data) <= limit else None


def text_of(part: Part, limit: int) -> str:
    """The text of a small file of the platform's own; empty if it says nothing that can be read."""
    return (small_file(part, limit) or b"").decode("utf-8-sig", "replace")


def common_beginning(names: Collection[str], sign: str) -> str:
    """What all names begin with, up to the last sign in it; empty if there is none."""
    first, last = min(names, default=""), max(names, default="")
    same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    head, found, _ = "".join(a for a, _ in same).rpartition(sign)
    return head + found


def in_zip(path: str) -> str:
    """A path for a zip that staff upload; empty for one that is no plain relative path."""
    parts = path.split("/")
    plain = all(part not in ("", ".", "..") for part in parts)
    printable = all(c.isprintable() or unicodedata.category(c) == "Zs" for c in path)
    is_plain = plain and printable and "\\" not in path and not re.match("[A-Za-z]:", path)
    return path if is_plain else ""


def name_parts(name: str) -> tuple[str, str]:
    """First and last name, of ``Doe, Jane`` or ``Jane Doe``; of more words the last is the last."""
    if "," in name:
        last, _, first = name.partition(",")
        return first.strip(), last.strip()
    first, _, last = name.strip().rpartition(" ")
    return first, last
