"""Gradescope's submission_metadata.json comes in; what policies need of it, and notes, go out.

The file may change without notice. Whatever it holds, reading it ends well: what is missing or of
another kind is left out, and a note tells staff so. Notes hold no value of the file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from autograder.model.times import between, parse_time

FILE_NAME = "submission_metadata.json"
#: The last results are part of it; results.json of this harness stays below a megabyte.
MAX_BYTES = 32 << 20
MAX_NOTES = 20

_T = TypeVar("_T")


@dataclass(frozen=True)
class User:
    """A student of the group that submitted.

    Attributes:
        due: this student's own due date, where Gradescope has one.
    """

    id: str
    email: str
    due: datetime | None = None


@dataclass(frozen=True)
class Previous:
    """An earlier submission.

    Attributes:
        failed: it has no results through a fault of the autograder.
        results: what results.json held; Gradescope hands over that of the latest alone.
    """

    time: datetime
    failed: bool = False
    results: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Metadata:
    """What is known of a submission beside its files.

    Attributes:
        created: when it was submitted.
        due: the due date that holds for all.
        previous: earlier submissions of the same students, oldest first.
        notes: what could not be read, for staff.
    """

    created: datetime | None = None
    due: datetime | None = None
    users: tuple[User, ...] = ()
    previous: tuple[Previous, ...] = ()
    notes: tuple[str, ...] = ()


def read(path: Path) -> Metadata:
    """The metadata in a file; of one that is missing or broken there are only notes."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return Metadata(notes=(f"{FILE_NAME} is larger than {MAX_BYTES >> 20} MB; not read",))
        data = json.loads(path.read_bytes())
    # RecursionError: brackets in brackets. ValueError: no JSON, no text, or endless numbers.
    except (OSError, ValueError, RecursionError) as error:
        return Metadata(notes=(f"{FILE_NAME} cannot be read ({type(error).__name__})",))
    return parse(data)


def parse(data: object) -> Metadata:
    """The metadata in a value of JSON, whatever that is."""
    look = _Look()
    top = look.as_kind(data, dict, "the whole") or {}
    created = look.time(top, "created_at", "")
    assignment = look.field(top, "assignment", dict, "")
    users = []
    for number, item in enumerate(look.field(top, "users", list, "") or ()):
        user = look.user(item, f"users[{number}]")
        users += [user] if user is not None else []
    previous = []
    for number, item in enumerate(look.field(top, "previous_submissions", list, "") or ()):
        entry = look.previous(item, f"previous_submissions[{number}]")
        previous += [entry] if entry is not None else []
    if created is not None:
        # Rerun, a submission may be shown later ones; it does not come after them.
        previous = [entry for entry in previous if between(entry.time, created).total_seconds() > 0]
    return Metadata(
        created=created,
        due=None if assignment is None else look.time(assignment, "due_date", "assignment."),
        users=tuple(users),
        previous=tuple(sorted(previous, key=lambda entry: entry.time)),
        notes=tuple(look.notes[:MAX_NOTES]),
    )


class _Look:
    """Reads fields, and notes what is not as it should be."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def as_kind(self, value: object, kind: type[_T], where: str) -> _T | None:
        if isinstance(value, kind):
            return value
        self.notes.append(
            f"{FILE_NAME}, {where}: found {type(value).__name__}, expected {kind.__name__}"
        )
        return None

    def field(
        self, table: dict[str, Any], key: str, kind: type[_T], where: str, *, needed: bool = True
    ) -> _T | None:
        if table.get(key) is None:
            if needed:
                self.notes.append(f"{FILE_NAME}, {where}{key}: missing")
            return None
        return self.as_kind(table[key], kind, where + key)

    def time(
        self, table: dict[str, Any], key: str, where: str, *, needed: bool = True
    ) -> datetime | None:
        text = self.field(table, key, str, where, needed=needed)
        try:
            return None if text is None else parse_time(text)
        except ValueError as error:
            self.notes.append(f"{FILE_NAME}, {where}{key}: {error}")
            return None

    def user(self, item: object, where: str) -> User | None:
        table = self.as_kind(item, dict, where)
        if table is None:
            return None
        identifier = table.get("id")
        if isinstance(identifier, bool) or not isinstance(identifier, int | str):
            identifier = ""
        email = self.field(table, "email", str, f"{where}.", needed=False) or ""
        own = self.field(table, "assignment", dict, f"{where}.", needed=False) or {}
        due = self.time(own, "due_date", f"{where}.assignment.", needed=False)
        return User(str(identifier), email, due)

    def previous(self, item: object, where: str) -> Previous | None:
        table = self.as_kind(item, dict, where)
        if table is None:
            return None
        time = self.time(table, "submission_time", f"{where}.")
        if time is None:
            return None
        failed = table.get("autograder_error") is True
        results = self.field(table, "results", dict, f"{where}.", needed=False)
        return Previous(time, failed, results)
