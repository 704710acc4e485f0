"""A batch's folder comes in; all of it that is kept, with what people decided, goes out.

Nothing of the assignment's or the students' own folders is needed: what is listed, graded, kept and
decided stands in the folder of results.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.batch.answers import read_index
from autograder.batch.attendance import Attendance, Notice
from autograder.batch.entries import Entry, Person
from autograder.batch.keys import FILES
from autograder.batch.outcome import Batch, GradedSubmission
from autograder.batch.store import LISTED, Record, Store, StoreError
from autograder.model.manifest import Assignment, Limits, Question, Runtime
from autograder.model.manual import ManualPart, RubricItem
from autograder.review.rescoring import AnswerKey, Grades, read_grades


@dataclass(frozen=True)
class Kept:
    """What a folder of results holds.

    Attributes:
        ignored: what was no part of any submission, and why.
        records: by id, of those that are graded.
        answers: by id and question, what is known of the answers that people grade.
        problems: lines of the journal that are left out, in words.
    """

    folder: Path
    assignment: Assignment
    attendance: Attendance
    ignored: tuple[tuple[str, str], ...]
    records: Mapping[str, Record]
    answers: Mapping[str, Mapping[str, AnswerKey]]
    grades: Grades
    problems: tuple[str, ...]

    @property
    def batch(self) -> Batch:
        """The graded ones, each with what people decided."""
        entries = self.attendance.entries
        graded = tuple(self.graded(entry) for entry in entries if entry.id in self.records)
        return Batch(self.assignment, graded, attendance=self.attendance)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All submissions that count for anybody."""
        return self.attendance.entries

    def graded(self, entry: Entry) -> GradedSubmission:
        """One submission's report, with what people decided."""
        record = self.records[entry.id]
        return with_decisions(entry, record, self.grades, self.answers.get(entry.id, {}))


def with_decisions(
    entry: Entry, record: Record, grades: Grades, answers: Mapping[str, AnswerKey]
) -> GradedSubmission:
    """A submission's report, with what people decided."""
    digest = str(record.key.get(FILES, ""))
    report = grades.applied(entry.id, record.told, answers, digest)
    return GradedSubmission(entry, report, record.hashes, record.fault)


def read_kept(folder: Path) -> Kept:
    """Read a folder of results.

    Raises:
        StoreError: no batch was graded into it.
        JournalError, AnswersError: what is kept there cannot be read.
    """
    with _listed(folder) as listed:
        assignment = _assignment(folder, listed)
        attendance = _attendance(listed)
        entries = attendance.entries
        ignored = tuple((str(name), str(why)) for name, why in listed.get("ignored", ()))
    store = Store(folder, 0)
    found = ((entry.id, store.record(entry.id)) for entry in entries)
    records = {name: record for name, record in found if record is not None}
    grades, problems = read_grades(folder, assignment.questions)
    answers = read_index(folder)
    return Kept(folder, assignment, attendance, ignored, records, answers, grades, tuple(problems))


def read_name(folder: Path) -> str:
    """The name of the assignment that a folder of results is of; the results are not read.

    Raises:
        StoreError: no batch was graded into it.
    """
    with _listed(folder) as listed:
        return str(listed.get("name", ""))


@contextmanager
def _listed(folder: Path) -> Iterator[Mapping[str, Any]]:
    """What a batch has listed; where that is not what it writes, no batch was graded there."""
    try:
        yield json.loads((folder / LISTED).read_bytes())
    except (OSError, AttributeError, LookupError, TypeError, ValueError):
        raise StoreError(
            f"{folder}: no batch was graded into this folder; give the one that was named by --out."
        ) from None


def _assignment(folder: Path, listed: Mapping[str, Any]) -> Assignment:
    """As much of the assignment as grades need; its checks and notebooks are elsewhere."""
    return Assignment(
        folder=folder,
        name=str(listed.get("name", "")),
        title=str(listed["title"]),
        public=folder,
        runtime=Runtime(),
        limits=Limits(),
        files=(),
        notebooks=(),
        questions=tuple(_question(row) for row in listed.get("questions", ())),
    )


def _question(row: Mapping[str, Any]) -> Question:
    part = row["manual"]
    manual = None
    if part is not None:
        rubric = tuple(RubricItem(**item) for item in part["rubric"])
        manual = ManualPart(**{**part, "rubric": rubric})
    lists = {name: tuple(row[name]) for name in ("names", "blank_passes")}
    return Question(**{**row, **lists, "manual": manual})


def _attendance(listed: Mapping[str, Any]) -> Attendance:
    """Who submitted what, as it was when the batch was graded."""
    return Attendance(
        entries=tuple(_entry(**row) for row in listed["submissions"]),
        notices=tuple(
            Notice(**{**row, "ids": tuple(row["ids"])}) for row in listed.get("notices", ())
        ),
        absent=tuple(Person(*row) for row in listed.get("absent", ())),
        unsettled=frozenset(Person(*row) for row in listed.get("unsettled", ())),
    )


def _entry(
    id: str,
    label: str,
    people: list[list[str]],
    created: str = "",
    late: bool = False,
    platform: str = "",
    origin: str = "",
) -> Entry:
    persons = tuple(Person(*person) for person in people)
    return Entry(id, label, (), persons, created, late, platform, origin)
