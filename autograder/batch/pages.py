"""A batch's folder comes in; the staff's report, and pages of feedback where asked for, go out.

The report is made of what is kept in the folder, so that it can be made while others wait.
"""

from __future__ import annotations

import json
import multiprocessing
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from autograder.batch.contents import read
from autograder.batch.entries import shown
from autograder.batch.outcome import Batch, Match
from autograder.batch.store import LISTED, REPORT, SIMILAR, Store, StoreError
from autograder.model.manifest import Assignment, load
from autograder.model.report import Report
from autograder.model.submission import Submission, write_files
from autograder.pages.feedback import STAFF, STUDENT, feedback_page
from autograder.pages.page import write_page
from autograder.pages.report import Alike, Reported, ReportedBatch, batch_page
from autograder.slicing.notebook import Notebook, parse

#: For students, and for staff, who see every check.
FEEDBACK, STAFF_PAGES = "feedback", "pages"
#: In words, what `Match.kind` says.
KINDS = {
    "file": "Identical file",
    "answer": "Identical answer",
    "code": "Similar code",
    "unread": "Could not be compared",
}


def write_report(out: Path) -> tuple[Path, int]:
    """Write the staff's report on what is kept in a batch's folder.

    Returns:
        Where it is, and how many submissions are not graded yet.

    Raises:
        StoreError: the folder holds no batch.
        PagesError: the libraries for pages are not installed, or it cannot be written.
    """
    try:
        listed = json.loads((out / LISTED).read_bytes())
        title, people = str(listed["title"]), list(listed["submissions"])
    except (OSError, LookupError, TypeError, ValueError):
        raise StoreError(
            f"{out}: no batch was graded into this folder; give the one that was named by --out."
        ) from None
    store = Store(out, 0)
    found = [_reported(out, store, **entry) for entry in people]
    graded = tuple(item for item in found if item is not None)
    now = datetime.now().astimezone()
    told = ReportedBatch(title, graded, _alike(out), f"{now:%d %B %Y, %H:%M}")
    write_page(out / REPORT, batch_page(told))
    return out / REPORT, len(found) - len(graded)


def _reported(
    out: Path, store: Store, id: str, label: str, people: list[list[str]]
) -> Reported | None:
    record = store.record(id)
    if record is None:
        return None
    names = [name or email for name, _sid, email in people]
    page = f"{STAFF_PAGES}/{id}.html"
    name = shown(", ".join(name for name in names if name) or label)
    return Reported(id, name, record.report, page if (out / page).is_file() else "")


def _alike(out: Path) -> tuple[Alike, ...]:
    try:
        matches = [Match(**found) for found in json.loads((out / SIMILAR).read_bytes())]
    except (OSError, TypeError, ValueError):  # nothing is compared before all are graded
        return ()
    return tuple(
        Alike(KINDS[m.kind], tuple(m.ids), m.share if m.kind == "code" else None, m.what)
        for m in matches
    )


# --- pages of feedback ---------------------------------------------------------------------------


@dataclass(frozen=True)
class _Task:
    """One submission's pages, in plain values for another process."""

    id: str
    report: dict[str, Any]
    files: Mapping[str, bytes]
    assignment: str
    templates: tuple[tuple[str, bytes], ...]
    out: str


def write_feedback(
    batch: Batch,
    templates: Mapping[str, bytes],
    out: Path,
    slots: int,
    ended: Callable[[], None] = lambda: None,
) -> None:
    """Write two pages for each submission, for its student and for staff, by ``slots`` processes.

    Pages that are newer than the result that they show are left as they are.

    Raises:
        PagesError: one cannot be written.
    """
    for name in (FEEDBACK, STAFF_PAGES):
        (out / name).mkdir(exist_ok=True)
    # Started, not forked: this process may have threads of a cluster's client.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(slots, context) as pool:
        for _ in pool.map(_write_pages, _tasks(batch, templates, out)):
            ended()


def _tasks(batch: Batch, templates: Mapping[str, bytes], out: Path) -> Iterator[_Task]:
    store = Store(out, 0)
    folder, pairs = str(batch.assignment.folder), tuple(templates.items())
    for item in batch.graded:
        identifier = item.entry.id
        pages = [out / name / f"{identifier}.html" for name in (FEEDBACK, STAFF_PAGES)]
        if not all(_is_newer(page, store.results(identifier)) for page in pages):
            files = read(item.entry, batch.assignment).files
            yield _Task(identifier, item.report.to_dict(), files, folder, pairs, str(out))


def _is_newer(page: Path, result: Path) -> bool:
    try:
        return page.stat().st_mtime_ns > result.stat().st_mtime_ns
    except OSError:
        return False


@cache
def _assignment(folder: str) -> Assignment:
    return load(Path(folder))


@cache
def _templates(pairs: tuple[tuple[str, bytes], ...]) -> dict[str, Notebook]:
    return {name: parse(data, name) for name, data in pairs}


def _write_pages(task: _Task) -> None:
    """Runs in a process of its own, for one submission after the other."""
    report = Report.from_dict(task.report)
    with tempfile.TemporaryDirectory(prefix="pages-") as name:
        write_files(task.files, Path(name))
        files = tuple(PurePosixPath(file) for file in task.files)
        copy = Submission(task.id, Path(name), files, ())
        assignment, templates = _assignment(task.assignment), _templates(task.templates)
        for folder, audience in ((FEEDBACK, STUDENT), (STAFF_PAGES, STAFF)):
            text = feedback_page(report, copy, assignment, templates, audience)
            write_page(Path(task.out) / folder / f"{task.id}.html", text)
