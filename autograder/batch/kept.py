"""A batch's folder comes in; all of it that is kept, with what people decided, goes out.

Nothing of the assignment's or the students' own folders is needed: what is listed, graded, kept and
decided stands in the folder of results.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.batch.answers import read_index
from autograder.batch.attendance import Notice
from autograder.batch.entries import Entry, Person
from autograder.batch.jobs import FILES
from autograder.batch.outcome import Batch, Graded
from autograder.batch.store import LISTED, Record, Store, StoreError
from autograder.model.manifest import Assignment, Limits, Question, Runtime
from autograder.model.manual import ManualPart, RubricItem
from autograder.review.rescoring import AnswerKey, Grades, read_grades


@dataclass(frozen=True)
class Kept:
    """What a folder of results holds.

    Attributes:
        ignored: what was no part of any submission, and why.
        notices: what staff should know of who handed in what.
        records: by id, of those that are graded.
        answers: by id and question, what is known of the answers that people grade.
        problems: lines of the journal that are left out, in words.
    """

    folder: Path
    assignment: Assignment
    entries: tuple[Entry, ...]
    ignored: tuple[tuple[str, str], ...]
    notices: tuple[Notice, ...]
    records: Mapping[str, Record]
    answers: Mapping[str, Mapping[str, AnswerKey]]
    grades: Grades
    problems: tuple[str, ...]

    @property
    def batch(self) -> Batch:
        """The graded ones, each with what people decided."""
        graded = (e for e in self.entries if e.id in self.records)
        return Batch(self.assignment, tuple(self.graded(entry) for entry in graded))

    def graded(self, entry: Entry) -> Graded:
        """One submission's report, with what people decided."""
        record = self.records[entry.id]
        return with_decisions(entry, record, self.grades, self.answers.get(entry.id, {}))


def with_decisions(
    entry: Entry, record: Record, grades: Grades, answers: Mapping[str, AnswerKey]
) -> Graded:
    """A submission's report, with what people decided."""
    digest = str(record.key.get(FILES, ""))
    report = grades.applied(entry.id, record.told, answers, digest)
    return Graded(entry, report, record.hashes, record.fault)


def read_kept(folder: Path) -> Kept:
    """Read a folder of results.

    Raises:
        StoreError: no batch was graded into it.
        JournalError, AnswersError: what is kept there cannot be read.
    """
    try:
        listed = json.loads((folder / LISTED).read_bytes())
        assignment = _assignment(folder, listed)
        entries = tuple(_entry(**row) for row in listed["submissions"])
        ignored = tuple((str(name), str(why)) for name, why in listed.get("ignored", ()))
        notices = tuple(_notice(**row) for row in listed.get("notices", ()))
    except (OSError, LookupError, TypeError, ValueError):
        raise StoreError(
            f"{folder}: no batch was graded into this folder; give the one that was named by --out."
        ) from None
    store = Store(folder, 0)
    found = ((entry.id, store.record(entry.id)) for entry in entries)
    records = {name: record for name, record in found if record is not None}
    grades, problems = read_grades(folder, assignment.questions)
    answers = read_index(folder)
    return Kept(
        folder, assignment, entries, ignored, notices, records, answers, grades, tuple(problems)
    )


def _notice(kind: str, who: str, text: str, ids: list[str]) -> Notice:
    return Notice(kind, who, text, tuple(ids))


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


def _entry(
    id: str,
    label: str,
    people: list[list[str]],
    created: str = "",
    late: bool = False,
    platform: str = "",
) -> Entry:
    return Entry(id, label, (), tuple(Person(*p) for p in people), created, late, platform)
