"""A folder of results comes in; what goes back to each student goes out, also as one upload.

Pages are made in processes that are ended when one takes too long: students' texts are laid out in
them.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from autograder.batch.answers import read_answer
from autograder.batch.bounded import Failed, Limits, Processes
from autograder.batch.command import cores
from autograder.batch.entries import Entry
from autograder.batch.kept import Kept, read_kept
from autograder.batch.platforms import BY_KEY
from autograder.model.errors import UserError
from autograder.pages.handback import handback_page, printed, require_pdf, sheets
from autograder.pages.page import require_pages
from autograder.slicing.by_hand import ManualAnswer

HANDBACK = "handback"
#: What one submission may take.
MAKING = Limits(seconds=180.0, memory_mb=3000)
_TIME = (1980, 1, 1, 0, 0, 0)


class Form(StrEnum):
    """What is made of each submission."""

    html = "html"
    pdf = "pdf"
    sheets = "sheets"


class Target(StrEnum):
    """Whose names the files in a zip have."""

    moodle = "moodle"
    gradescope = "gradescope"
    canvas = "canvas"
    brightspace = "brightspace"
    sakai = "sakai"
    nbgrader = "nbgrader"


class HandbackError(UserError):
    """Feedback cannot be made so; the text says what to do."""


@dataclass(frozen=True)
class Wish:
    """What is to be made.

    Attributes:
        pages: for each question on sheets; None for as many as it takes.
    """

    form: Form = Form.html
    pages: int | None = None
    target: Target | None = None


@dataclass(frozen=True)
class Done:
    """What was made.

    Attributes:
        problems: what is missing, a sentence each.
    """

    folder: Path
    count: int
    archive: Path | None
    problems: tuple[str, ...]


@dataclass(frozen=True)
class _Make:
    """Makes one submission's file; runs in other processes, each of which reads the folder once."""

    folder: Path
    form: Form
    pages: int | None

    def __call__(self, submission: str) -> tuple[bytes, tuple[tuple[str, int], ...]]:
        kept = _kept(self.folder)
        entry = next(entry for entry in kept.entries if entry.id == submission)
        report, name = kept.graded(entry).report, entry.called
        answers = dict(_answers(kept, submission))
        if self.form is Form.sheets:
            made = sheets(name, kept.assignment, answers, self.pages)
            return made.pdf, made.left_out
        page = handback_page(name, report, kept.assignment, answers)
        return (printed(page) if self.form is Form.pdf else page.encode()), ()


@cache
def _kept(folder: Path) -> Kept:
    return read_kept(folder)


def _answers(kept: Kept, submission: str) -> Iterator[tuple[str, ManualAnswer]]:
    for question in kept.answers.get(submission, {}):
        if question in kept.grades.questions:
            yield question, read_answer(kept.folder, submission, question)


def hand_back(folder: Path, wish: Wish) -> Done:
    """Write a file for each submission that is graded, and a zip to upload if asked for.

    Raises:
        StoreError: the folder holds no batch.
        PagesError: what pages or PDFs are made with is not installed.
        HandbackError: the platform knows none of the students, or takes no such files.
    """
    require_pages()
    if wish.form is not Form.html:
        require_pdf()
    if wish.pages is not None and wish.form is not Form.sheets:
        raise HandbackError("--pages is about a sheet for each question; say --sheets too.")
    if wish.target is Target.gradescope and wish.form is Form.html:
        raise HandbackError("Gradescope takes PDFs; say --pdf or --sheets too.")
    kept = read_kept(folder)
    if wish.target not in (None, Target.gradescope):
        _require_own_download(kept, wish.target)
    if wish.form is Form.sheets and not kept.assignment.manual_questions:
        raise HandbackError(f"{folder}: people read nothing of '{kept.assignment.name}'.")
    out = folder / HANDBACK / wish.form
    out.mkdir(parents=True, exist_ok=True)
    suffix = "html" if wish.form is Form.html else "pdf"
    ids = [entry.id for entry in kept.entries if entry.id in kept.records]
    problems: list[str] = []
    written: dict[str, Path] = {}
    slots = min(cores(), max(len(ids), 1))
    make = _Make(folder.resolve(), wish.form, wish.pages)
    with Processes(make, slots, MAKING) as processes:
        for submission, made in processes.map(ids):
            if isinstance(made, Failed):
                problems.append(f"{submission}: nothing could be made of it: {made.reason}.")
                continue
            data, left_out = made
            path = out / f"{submission}.{suffix}"
            path.write_bytes(data)
            written[submission] = path
            problems += [
                f"{submission}: {question} goes on for {count} more pages, which are left out; "
                "give more by --pages."
                for question, count in left_out
            ]
    archive = None
    if wish.target is not None:
        archive, missing = _packed(kept, written, folder, wish)
        problems += missing
    return Done(out, len(written), archive, tuple(problems))


def _require_own_download(kept: Kept, target: Target) -> None:
    if not any(entry.platform == target for entry in kept.entries):
        raise HandbackError(
            f"{BY_KEY[target].TITLE} tells students by the names in its own download; grade that "
            "one as a batch."
        )


def _packed(
    kept: Kept, written: dict[str, Path], folder: Path, wish: Wish
) -> tuple[Path, list[str]]:
    assert wish.target is not None
    archive = folder / HANDBACK / f"{wish.target}-{wish.form}.zip"
    missing: list[str] = []
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        for entry in kept.entries:
            path = written.get(entry.id)
            if path is None:
                continue
            names = list(_names(entry, path, wish.target))
            if not names:
                missing.append(f"{entry.id}: {wish.target} does not know whose it is.")
            for name in names:
                zipped.writestr(zipfile.ZipInfo(name, _TIME), path.read_bytes())
    return archive, missing


def _names(entry: Entry, path: Path, target: Target) -> Iterator[str]:
    """What the platform calls the file, as in its own download.

    On Gradescope staff upload PDFs and tell whose each is, by the name of its file.
    """
    if target is Target.gradescope:
        yield f"{_plain(entry.called)}-{entry.id}{path.suffix}"
        return
    name = BY_KEY[target].feedback(entry, f"feedback{path.suffix}")
    if name and entry.platform == target:
        yield name


def _plain(name: str) -> str:
    """A name, fit for a file's."""
    return re.sub(r"[^\w .'-]+", "-", name).strip(" .")[:120] or "student"
