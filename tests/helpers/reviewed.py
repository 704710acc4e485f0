"""Folders of results with answers to be graded by people, made without grading; and their page."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from conftest import TWO_FUNCTIONS

from autograder.batch.answers import keep, keep_asked, write_index
from autograder.batch.attendance import Attendance
from autograder.batch.entries import Entry, Person
from autograder.batch.reviewing import server_of, settings_of, sitting_of
from autograder.batch.store import Record, opened_store
from autograder.model import manifest
from autograder.model.manifest import Assignment, Question
from autograder.model.report import CheckResult, Report
from autograder.review.server import Settings, listening
from autograder.review.sitting import Sitting
from autograder.slicing.by_hand import ManualAnswer, _made
from release.markup.templates import templates

READING = TWO_FUNCTIONS.parent / "reading" / "staff"
CHECK = CheckResult("test_reading.py::test_row_sums", "Q1", "sums", "1", True, 2.0, 2.0, "passed")


def answer(question: Question, source: str | None) -> ManualAnswer:
    """An answer in words, in code for the first question; None for one that is blank."""
    kind = "code" if question.id == "Q1" else "markdown"
    cell = {"cell_type": kind, "source": source or ""}
    return _made(question, "blank" if source is None else "given", "reading.ipynb, cell 4", [cell])


def results(
    out: Path, words: Mapping[str, Mapping[str, str | None]], files: str = "f"
) -> Assignment:
    """Write a folder of results: by submission and question what was answered.

    Args:
        files: what the submissions' files are told by.
    """
    assignment = manifest.load(READING)
    entries = [Entry(name, name, (), (Person(f"Student {name}"),)) for name in words]
    report = Report("", "reading", 10, (CHECK,), manual=assignment.ungraded)
    rows = {}
    with opened_store(out, assignment.name, 1) as store:
        store.write_list(Attendance(tuple(entries)), assignment)
        for entry in entries:
            store.keep(
                Record(entry.id, {"files": files}, replace(report, submission=entry.id), {}), entry
            )
            found = [
                answer(question, words[entry.id].get(question.id))
                for question in assignment.manual_questions
            ]
            rows[entry.id] = keep(out, entry.id, files, found)
        keep_asked(out, assignment, templates(assignment))
        write_index(out, rows)
    return assignment


@contextmanager
def served(out: Path, **more: Any) -> Iterator[tuple[Sitting, Settings]]:
    """The page of a folder of results, served by this process."""
    sitting, listener = sitting_of(out), listening()
    settings = settings_of(out, listener, **more)
    server = server_of(sitting, settings)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + 30
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        yield sitting, settings
    finally:
        server.should_exit = True
        thread.join(timeout=30)
