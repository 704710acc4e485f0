"""A release's record (`RELEASE.json`) comes in; how good each check was proved to be goes out.

The record lies with the bundles of a release and is staff's alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from autograder.model.errors import UserError
from autograder.model.manifest import Assignment

RECORD = "RELEASE.json"
MAX_BYTES = 50_000_000


class RecordError(UserError):
    """A file is no release's record; the text says which, and what to do."""


@dataclass(frozen=True)
class Cause:
    """What is known to make a check say something.

    Attributes:
        message: what it says, without numbers and quoted names.
        mutants: changes of the solution after which it says so, in a few words.
        mistakes: names of known-wrong submissions to which it does.
    """

    message: str
    mutants: tuple[str, ...] = ()
    mistakes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ProvenCheck:
    """What the proof of a release says of a check.

    Attributes:
        id: as in reports.
        caught: how many known-wrong submissions lose points on it.
        caught_alone: those of them that lose points nowhere else.
        asked: how many wrong mutants of its question it was run on; None where none were made.
        seen: how many of those lost points on it.
    """

    id: str
    caught: int = 0
    caught_alone: tuple[str, ...] = ()
    asked: int | None = None
    seen: int = 0
    causes: tuple[Cause, ...] = ()

    def cause(self, message: str) -> Cause | None:
        """What is known to make it say this, which has no numbers and quoted names any more."""
        return next((cause for cause in self.causes if cause.message == message), None)


@dataclass(frozen=True)
class Proven:
    """What the last release says of all checks.

    Attributes:
        checks: by id.
        changed: files of the assignment that are no longer as they were released.
    """

    checks: Mapping[str, ProvenCheck] = field(default_factory=dict)
    changed: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values; checks as a release's record has them."""
        return {"changed": self.changed, "checks": [_row(c) for c in self.checks.values()]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Proven:
        """The inverse of ``to_dict``.

        Raises:
            LookupError, TypeError, ValueError: it is of another form.
        """
        checks = [_read(row) for row in data["checks"]]
        return cls({check.id: check for check in checks}, tuple(data["changed"]))


def _row(check: ProvenCheck) -> dict[str, Any]:
    """The inverse of ``_read``."""
    row = asdict(check)
    asked, seen = row.pop("asked"), row.pop("seen")
    return {**row, "mutants": None if asked is None else {"asked": asked, "seen": seen}}


def _cause(row: Mapping[str, Any]) -> Cause:
    return Cause(str(row["message"]), tuple(row["mutants"]), tuple(row["mistakes"]))


def read_record(path: Path, assignment: str, folder: Path | None = None) -> Proven:
    """What a release's record says of the checks.

    Args:
        path: the record, or the folder in which it lies.
        assignment: the name of the assignment that it should be of.
        folder: the assignment's, to tell what has changed in it since; None not to tell.

    Raises:
        RecordError: there is none, or it is of another assignment.
    """
    file = path / RECORD if path.is_dir() else path
    try:
        with file.open("rb") as stream:
            record = json.loads(stream.read(MAX_BYTES))
        name, sources = str(record["assignment"]), dict(record["sources"])
        checks = {str(row["id"]): _read(row) for row in record["proof"]["checks"]}
    except (OSError, LookupError, TypeError, ValueError, RecursionError):
        raise RecordError(
            f"{file}: not the record of a release; give the {RECORD} that `autograder release` "
            "wrote beside the bundles."
        ) from None
    if name != assignment:
        raise RecordError(f"{file}: the record of {name}, but this is {assignment}.")
    return Proven(checks, () if folder is None else tuple(_changed(folder, sources)))


def _read(row: Mapping[str, Any]) -> ProvenCheck:
    mutants = row.get("mutants")
    return ProvenCheck(
        id=str(row["id"]),
        caught=int(row["caught"]),
        caught_alone=tuple(row.get("caught_alone", ())),
        asked=None if mutants is None else int(mutants["asked"]),
        seen=0 if mutants is None else int(mutants["seen"]),
        causes=tuple(_cause(each) for each in row.get("causes", ())),
    )


def _changed(folder: Path, sources: Mapping[str, str]) -> Iterable[str]:
    for name, digest in sources.items():
        try:
            now = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        except OSError:
            now = ""
        if now != digest:
            yield name


def proven(assignment: Assignment, released: Path) -> Proven | None:
    """What the last release says of the checks; None where there is none to be found.

    Args:
        released: the folder that releases of the assignment are built into.
    """
    try:
        return read_record(released, assignment.name, assignment.folder)
    except RecordError:
        return None
