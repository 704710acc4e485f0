"""A batch's submissions come in; the answers that people grade are kept beside the results.

Each submission is read in a process that is ended when it takes too long. What is kept is looked
at again only where it is shown; the index alone says what has changed, and what reads the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autograder.batch.bounded import Failed, Limits, Processes
from autograder.batch.contents import known_assignment, known_templates, on_disk, read
from autograder.batch.entries import Entry
from autograder.batch.keys import FILES
from autograder.batch.store import Record
from autograder.checks.cache import digest
from autograder.model.errors import UserError
from autograder.model.files import write_atomically
from autograder.model.manifest import Assignment
from autograder.review.rescoring import AnswerKey
from autograder.slicing.answers import Answers
from autograder.slicing.by_hand import ManualAnswer, asked_in, manual_answers

ANSWERS, INDEX, ASKED = "answers", "answers.json", "asked.json"
#: What reading one submission's answers may take.
READING = Limits(seconds=60.0, memory_mb=2000)
#: Of a file of answers: more is not read.
MAX_FILE = 60_000_000

#: By submission, then by question.
Index = Mapping[str, Mapping[str, AnswerKey]]


@dataclass(frozen=True)
class _Task:
    """One submission, in plain values for another process."""

    id: str
    key: str
    files: Mapping[str, bytes]


@dataclass(frozen=True)
class _Collect:
    """Finds the answers of one submission; runs in other processes."""

    folder: Path
    templates: tuple[tuple[str, bytes], ...]

    def __call__(self, task: _Task) -> tuple[ManualAnswer, ...]:
        assignment, templates = known_assignment(self.folder), known_templates(self.templates)
        with on_disk(task.id, task.files) as copy:
            found = Answers(assignment, templates, copy)
            return tuple(manual_answers(assignment, found))


def collect(
    entries: Iterable[Entry],
    records: Mapping[str, Record],
    assignment: Assignment,
    templates: Mapping[str, bytes],
    out: Path,
    slots: int,
    ended: Callable[[], None] = lambda: None,
) -> None:
    """Keep the answers of all submissions of which those kept are not of the same files."""
    if not assignment.manual_questions:
        return
    asked = [
        (q.id, q.notebook, q.anchor, q.manual.shows, q.manual.file, q.manual.field)
        for q in assignment.questions
        if q.manual is not None
    ]
    common = digest([asked, sorted(templates.items())])
    kept = _read_index(out)
    rows: dict[str, dict[str, Any]] = {}

    def due() -> Iterator[_Task]:
        for entry in entries:
            key = digest([common, str(records[entry.id].key.get(FILES))])
            before = kept.get(entry.id)
            if before is not None and before.get("key") == key:
                rows[entry.id] = before
                ended()
            else:
                yield _Task(entry.id, key, read(entry, assignment).files)

    with Processes(_Collect(assignment.folder, tuple(templates.items())), slots, READING) as many:
        for task, found in many.map(due()):
            why = found.reason if isinstance(found, Failed) else ""
            answers = () if isinstance(found, Failed) else found
            if why:
                answers = tuple(
                    ManualAnswer(q.id, "missing", f"it could not be read: {why}", (), "", "missing")
                    for q in assignment.manual_questions
                )
            rows[task.id] = keep(out, task.id, "" if why else task.key, answers)
            ended()
    keep_asked(out, assignment, templates)
    write_index(out, rows)


def keep_asked(out: Path, assignment: Assignment, templates: Mapping[str, bytes]) -> None:
    """Keep what each question says, for those who grade it."""
    notebooks = known_templates(tuple(templates.items()))
    found = {
        question.id: asked_in(question, notebooks[question.notebook])
        for question in assignment.manual_questions
        if question.notebook in notebooks
    }
    write_atomically(out / ASKED, json.dumps(found))


def read_asked(out: Path, question: str) -> list[dict[str, Any]]:
    """What a question says, as cells; empty where it is not known."""
    try:
        return [dict(cell) for cell in json.loads((out / ASKED).read_bytes())[question]]
    except (OSError, LookupError, TypeError, ValueError):
        return []


def keep(out: Path, submission: str, key: str, answers: Iterable[ManualAnswer]) -> dict[str, Any]:
    """Keep the answers of one submission; its row of the index.

    Args:
        key: what they follow from; empty to have them collected again.
    """
    answers = tuple(answers)
    (out / ANSWERS).mkdir(exist_ok=True)
    text = json.dumps({a.question: asdict(a) for a in answers})
    write_atomically(out / ANSWERS / f"{submission}.json", text)
    rows = {a.question: asdict(AnswerKey(a.digest, a.same, a.state, a.where)) for a in answers}
    return {"key": key, "answers": rows}


def write_index(out: Path, rows: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the index of all submissions; answers are new from here on."""
    write_atomically(out / INDEX, json.dumps(rows))


def read_index(out: Path) -> dict[str, dict[str, AnswerKey]]:
    """What is known of the answers that are kept; empty if none are."""
    try:
        return {
            str(id): {name: AnswerKey(**row) for name, row in entry["answers"].items()}
            for id, entry in _read_index(out).items()
        }
    except (LookupError, TypeError, AttributeError):
        raise _damaged(out / INDEX) from None


def read_answer(out: Path, submission: str, question: str) -> ManualAnswer:
    """One answer, to be shown.

    Raises:
        AnswersError: it is not kept, or damaged.
    """
    path = out / ANSWERS / f"{submission}.json"
    try:
        if path.stat().st_size > MAX_FILE:
            raise _damaged(path)
        found = json.loads(path.read_bytes())[question]
        return ManualAnswer(**{**found, "cells": tuple(found["cells"])})
    except (OSError, LookupError, TypeError, ValueError, RecursionError):
        raise _damaged(path) from None


class AnswersError(UserError):
    """Answers that were kept cannot be read."""


def _damaged(path: Path) -> AnswersError:
    return AnswersError(
        f"{path}: the answers that were kept there cannot be read; delete {INDEX} beside the "
        "results and grade the batch once more, what was decided stays."
    )


def _read_index(out: Path) -> dict[str, dict[str, Any]]:
    try:
        found = json.loads((out / INDEX).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
