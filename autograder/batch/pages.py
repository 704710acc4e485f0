"""A batch's folder comes in; the staff's report, and pages of feedback where asked for, go out.

The report is made of what is kept in the folder, so that it can be made while others wait.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from autograder.batch.bounded import Failed, Limits, Processes
from autograder.batch.contents import known_assignment, known_templates, on_disk, read
from autograder.batch.failures import failures
from autograder.batch.grades import written
from autograder.batch.kept import Kept, read_kept
from autograder.batch.outcome import Batch, GradedSubmission, Match
from autograder.batch.store import FAILURES, REPORT, SIMILAR, Store
from autograder.model.files import write_atomically
from autograder.model.proven import read_record
from autograder.model.report import Report
from autograder.pages.feedback import feedback_page
from autograder.pages.page import write_page
from autograder.pages.questions import STAFF, STUDENT
from autograder.pages.report import batch_page
from autograder.pages.reported import (
    ReportedBatch,
    ReportedNotice,
    ReportedSubmission,
    SimilarGroup,
)

#: For students, and for staff, who see every check.
FEEDBACK, STAFF_PAGES = "feedback", "pages"
AUDIENCES = {FEEDBACK: STUDENT, STAFF_PAGES: STAFF}
#: What one submission's pages may take; a page bounds what it does by itself, far below.
MAKING = Limits(seconds=120.0, memory_mb=2000)
#: The file that says of which submissions no pages could be made.
PROBLEMS = "no-pages.json"
#: In words, what `Match.kind` says.
KINDS = {
    "file": "Identical file",
    "answer": "Identical answer",
    "code": "Similar code",
    "unread": "Could not be compared",
}


def write_report(out: Path, released: Path | None = None) -> tuple[Path, int]:
    """Write the staff's report on what is kept in a batch's folder.

    Args:
        released: the record of a release, or its folder, for what it says of the checks; None for
            what the batch has found.

    Returns:
        Where it is, and how many submissions are not graded yet.

    Raises:
        StoreError: the folder holds no batch.
        RecordError: there is no such record, or it is another assignment's.
        PagesError: the libraries for pages are not installed, or it cannot be written.
    """
    kept = read_kept(out)
    if released is not None:
        Store(out, 0).write_proven(read_record(released, kept.assignment.name))
    return write_report_on(kept)


def write_report_on(kept: Kept) -> tuple[Path, int]:
    """As `write_report`, of a folder that has been read."""
    out = kept.folder
    problems = _problems(out)
    graded = tuple(_reported(out, item, problems) for item in kept.batch.graded)
    now = datetime.now().astimezone()
    notices = tuple(
        ReportedNotice(notice.kind, f"{notice.who}: {notice.text}", notice.ids)
        for notice in kept.batch.attendance.notices
    )
    ignored = (*kept.ignored, *(("a decision", problem) for problem in kept.problems))
    made = f"{now:%d %B %Y, %H:%M}"
    proof = Store(out, 0).proven()
    told = ReportedBatch(kept.assignment.title, graded, _alike(out), made, ignored, notices, proof)
    write_page(out / REPORT, batch_page(told))
    write_atomically(out / FAILURES, written(failures(told)))
    return out / REPORT, len(kept.entries) - len(graded)


def _reported(out: Path, item: GradedSubmission, problems: Mapping[str, str]) -> ReportedSubmission:
    entry = item.entry
    page = f"{STAFF_PAGES}/{entry.id}.html"
    shown_page = page if (out / page).is_file() else ""
    return ReportedSubmission(
        entry.id, entry.called, item.report, shown_page, problems.get(entry.id, "")
    )


def _alike(out: Path) -> tuple[SimilarGroup, ...]:
    try:
        matches = [Match(**found) for found in json.loads((out / SIMILAR).read_bytes())]
    except (OSError, TypeError, ValueError):  # nothing is compared before all are graded
        return ()
    return tuple(
        SimilarGroup(KINDS[m.kind], tuple(m.ids), m.share if m.kind == "code" else None, m.what)
        for m in matches
    )


# --- pages of feedback ---------------------------------------------------------------------------


@dataclass(frozen=True)
class _Task:
    """One submission's pages, in plain values for another process.

    Attributes:
        problem: why its notebooks are not shown; empty to show them.
    """

    id: str
    report: Mapping[str, Any]
    files: Mapping[str, bytes]
    problem: str = ""


@dataclass(frozen=True)
class _Pages:
    """Makes the pages of one submission, for its student and for staff; runs in other processes.

    The assignment is read, and the templates are, once in each.
    """

    folder: Path
    templates: tuple[tuple[str, bytes], ...]

    def __call__(self, task: _Task) -> tuple[str, ...]:
        report = Report.from_dict(dict(task.report))
        assignment, templates = known_assignment(self.folder), known_templates(self.templates)
        with on_disk(task.id, task.files) as copy:
            return tuple(
                feedback_page(report, copy, assignment, templates, audience, task.problem)
                for audience in AUDIENCES.values()
            )


def write_feedback(
    batch: Batch,
    templates: Mapping[str, bytes],
    out: Path,
    slots: int,
    ended: Callable[[], None] = lambda: None,
    limits: Limits = MAKING,
) -> dict[str, str]:
    """Write two pages for each submission, for its student and for staff, by ``slots`` processes.

    Pages that are newer than the result that they show are left as they are. Where a submission's
    notebooks cannot be shown, its pages hold the results alone, and the report says so.

    Returns:
        By the submission's id, why its notebooks are not shown.

    Raises:
        PagesError: one cannot be written.
    """
    for name in AUDIENCES:
        (out / name).mkdir(exist_ok=True)
    problems = {id: why for id, why in _problems(out).items() if not _is_due(out, id)}
    make = _Pages(batch.assignment.folder, tuple(templates.items()))
    with Processes(make, slots, limits) as processes:
        again: list[_Task] = []
        for task, made in processes.map(_tasks(batch, out)):
            if isinstance(made, Failed):
                problems[task.id] = made.reason
                again.append(replace(task, files={}, problem=made.reason))
            else:
                _write(out, task.id, made)
            ended()
        for task, made in processes.map(again):
            if isinstance(made, Failed):
                problems[task.id] += f"; and no page of the results alone: {made.reason}"
            else:
                _write(out, task.id, made)
    write_atomically(out / PROBLEMS, json.dumps(problems, indent=1))
    return problems


def _write(out: Path, identifier: str, pages: tuple[str, ...]) -> None:
    for name, text in zip(AUDIENCES, pages, strict=True):
        write_page(out / name / f"{identifier}.html", text)


def _tasks(batch: Batch, out: Path) -> Iterator[_Task]:
    for item in batch.graded:
        if _is_due(out, item.entry.id):
            files = read(item.entry, batch.assignment).files
            yield _Task(item.entry.id, item.report.to_dict(), files)


def _is_due(out: Path, identifier: str) -> bool:
    """Whether a submission has no pages that are newer than its result."""
    pages = [out / name / f"{identifier}.html" for name in AUDIENCES]
    result = Store(out, 0).results(identifier)
    return not all(_is_newer(page, result) for page in pages)


def _is_newer(page: Path, result: Path) -> bool:
    try:
        return page.stat().st_mtime_ns > result.stat().st_mtime_ns
    except OSError:
        return False


def _problems(out: Path) -> dict[str, str]:
    """Why there are no pages of some submissions, from the last run that made pages."""
    try:
        found = json.loads((out / PROBLEMS).read_bytes())
    except (OSError, ValueError):
        return {}
    return {str(id): str(why) for id, why in found.items()} if isinstance(found, dict) else {}
