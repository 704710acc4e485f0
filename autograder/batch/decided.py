"""What people decided comes in; results, tables of grades and the report are made anew.

The decisions themselves are safe in their journal before; what is made here follows from it.
"""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from pathlib import Path

from autograder.batch import grades
from autograder.batch.kept import Kept, read_kept, read_name
from autograder.batch.keys import FILES
from autograder.batch.store import opened_store
from autograder.model.errors import UserError
from autograder.model.files import write_atomically
from autograder.pages.page import PagesError, require_pages
from autograder.review.events import Overriding, checked
from autograder.review.journal import Journal


class OverrideError(UserError):
    """There is nothing to override; the text says what there is."""


@dataclass(frozen=True)
class Wish:
    """What a person wants of a check of one submission.

    Attributes:
        check: its id, or its number.
        points: None to have the check's own points back.
    """

    submission: str
    check: str
    points: float | None
    reason: str = ""
    by: str = ""


def user_name() -> str:
    """What the system calls the person at the keyboard."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "staff"


def override(folder: Path, wish: Wish) -> str:
    """Note the points that a person gives in place of a check's; what was noted, in words.

    Raises:
        StoreError: the folder holds no batch.
        OverrideError: there is no such submission or check, or a reason is missing.
    """
    kept = read_kept(folder)
    record = kept.records.get(wish.submission)
    if record is None:
        known = ", ".join(list(kept.records)[:5])
        raise OverrideError(
            f"'{wish.submission}' is no graded submission here; ids are {known}, ..."
        )
    checks = [c for c in record.report.checks if wish.check in (c.id, c.number)]
    override = kept.grades.override(wish.submission, wish.check)
    if not checks and (by_people := _by_people(kept, wish.check)):
        raise OverrideError(
            f"{by_people}, and their points are changed where they are given: "
            f"autograder review {folder}"
        )
    if len(checks) != 1 and not (override and wish.points is None):
        known = ", ".join(f"{c.number} {c.id}".strip() for c in record.report.checks)
        raise OverrideError(f"'{wish.check}' names no check, or several; there are {known}.")
    check = checks[0].id if checks else wish.check
    if wish.points is not None and not wish.reason.strip():
        raise OverrideError("Points are changed for a reason; say it by --reason.")
    if wish.points is None and kept.grades.override(wish.submission, check) is None:
        raise OverrideError(f"Nobody has changed the points of {check} in {wish.submission}.")
    event = Overriding(
        by=wish.by or user_name(),
        submission=wish.submission,
        check=check,
        points=wish.points,
        reason=wish.reason.strip(),
        digest=str(record.key.get(FILES, "")),
    )
    checked(event)
    Journal(folder, kept.grades.take).append(lambda: event)
    if wish.points is None:
        return f"{wish.submission}: {check} has its own points back."
    own = next(c.score for c in record.report.checks if c.id == check)
    return f"{wish.submission}: {check} has {wish.points:g} points instead of {own:g}."


def _by_people(kept: Kept, name: str) -> str:
    """That a name is no check's but that of a question that people grade, in words."""
    found = [q.id for q in kept.assignment.manual_questions if q.id.casefold() == name.casefold()]
    return f"{found[0]} is graded by people" if found else ""


def publish(folder: Path) -> Kept:
    """Write results, tables and the report anew, by what is decided now.

    Raises:
        StoreError: another command is writing there, which takes the decisions in at its end; or
            it cannot be written.
    """
    with opened_store(folder, read_name(folder), None) as store, store.writing():
        kept = read_kept(folder)
        batch = kept.batch
        for item in batch.graded:
            store.write_results(item)
        if len(batch.graded) == len(kept.entries):  # a part of the class is no table of grades
            for name, text in grades.tables(batch).items():
                write_atomically(folder / name, text)
        try:
            require_pages()
        except PagesError:  # nobody asked for them
            return kept
        from autograder.batch.pages import write_report_on

        write_report_on(kept)
    return kept
