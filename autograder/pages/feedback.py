"""A report and the submission that it is about come in; one page for its student, or for staff.

Messages stand beside the cells that they concern. The student's page shows what Gradescope would:
checks that are visible, with the message of results.json, and how many points the others judge.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from markupsafe import Markup

from autograder.model.errors import SubmissionError, UserError
from autograder.model.findings import Finding
from autograder.model.manifest import Assignment, NotebookEntry
from autograder.model.missing_files import said_once
from autograder.model.report import Report, student_notes
from autograder.model.submission import Submission, collect_for
from autograder.model.text import bounded
from autograder.pages.cells import ShownCell, shown_cells
from autograder.pages.markup import Budget
from autograder.pages.page import render, require_pages, write_page
from autograder.pages.questions import STUDENT, Audience, ShownQuestion, shown_questions, total
from autograder.sandbox.lockdown import isolation
from autograder.slicing.answers import Answers
from autograder.slicing.notebook import Notebook, NotebookError, parse, raw_cells

NOT_SHOWN = (
    "This notebook cannot be shown here ({}). It was graded all the same; the results are above."
)


@dataclass(frozen=True)
class Row:
    """A cell and the questions that it answers."""

    cell: ShownCell
    questions: tuple[ShownQuestion, ...] = ()


@dataclass(frozen=True)
class ShownNotebook:
    """One notebook: its rows, or in words why there are none."""

    file: str
    slug: str
    rows: tuple[Row, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class WrittenAnswer:
    """A text cell of the student's own, for manual grading; ``blank`` if it was left as given."""

    file: str
    number: int
    slug: str
    prompt: str
    body: Markup
    blank: bool


@dataclass
class _ByNotebook:
    """Which questions stand beside a cell, and what else the notebooks hold."""

    notebooks: list[ShownNotebook] = field(default_factory=list)
    written: list[WrittenAnswer] = field(default_factory=list)
    placed: set[str] = field(default_factory=set)


def write_feedback(
    report: Report,
    source: Path,
    assignment: Assignment,
    templates: Mapping[str, bytes],
    out: Path,
    audience: Audience = STUDENT,
) -> None:
    """Write the page of the submission that lies at ``source`` (folder, zip or one file).

    Raises:
        PagesError: the libraries for pages are not installed, or the file cannot be written.
    """
    require_pages()
    with tempfile.TemporaryDirectory(prefix="feedback-") as name:
        try:
            submission = collect_for(assignment, source, Path(name))
        except SubmissionError:  # the report says so
            submission = Submission(source.name, Path(name), (), ())
        parsed = {file: parse(data, file) for file, data in templates.items()}
        page = feedback_page(report, submission, assignment, parsed, audience)
    write_page(out, page)


def feedback_page(
    report: Report,
    submission: Submission,
    assignment: Assignment,
    templates: dict[str, Notebook],
    audience: Audience = STUDENT,
    problem: str = "",
) -> str:
    """The page's HTML.

    Args:
        submission: a safe copy of what was graded.
        templates: the stripped notebooks, by file name.
        problem: why its notebooks are not to be shown; part of a sentence.
    """
    report = said_once(report)
    questions = shown_questions(report, assignment, audience)
    answers = Answers(assignment, templates, submission)
    by_notebook = _by_notebook(assignment, answers, questions, problem)
    seen = [check for check in report.checks if audience.sees(check)]
    by_people = [part.score or 0.0 for part in report.manual]
    return render(
        "feedback.html.j2",
        title=assignment.title,
        submission=bounded(report.submission, 200),
        staff=audience.staff,
        score=total([*(check.score for check in seen), *by_people]),
        max_score=total([*(c.max_score for c in seen), *(p.max_score for p in report.manual)]),
        out=report.points_out,
        all_points=report.max_score,
        unseen=total(check.max_score for check in report.checks if not audience.sees(check)),
        notes=[bounded(note) for note in student_notes(report)],
        questions=list(questions.values()),
        elsewhere=[q for key, q in questions.items() if key not in by_notebook.placed],
        notebooks=by_notebook.notebooks,
        written=by_notebook.written,
        report=report,
        isolation=isolation(report.layers, unsafe=report.unsafe),
        faults=[bounded(fault) for fault in report.all_faults] if audience.staff else [],
        flags=[bounded(flag, 1000) for flag in report.flags] if audience.staff else [],
    )


def _by_notebook(
    assignment: Assignment, answers: Answers, questions: dict[str, ShownQuestion], problem: str
) -> _ByNotebook:
    budget = Budget()
    by_notebook = _ByNotebook()
    for number, entry in enumerate(assignment.notebooks, start=1):
        slug = f"notebook-{number}"
        why = problem
        if not why:
            try:
                _sort_in(by_notebook, entry, slug, assignment, answers, questions, budget)
                continue
            except UserError:
                raise
            except Exception as error:  # what there is beside it is shown
                why = f"showing it raised {type(error).__name__}"
        words = bounded(NOT_SHOWN.format(why), 1000)
        by_notebook.notebooks.append(ShownNotebook(entry.file, slug, problem=words))
    return by_notebook


def _sort_in(
    by_notebook: _ByNotebook,
    entry: NotebookEntry,
    slug: str,
    assignment: Assignment,
    answers: Answers,
    questions: dict[str, ShownQuestion],
    budget: Budget,
) -> None:
    """Add one notebook."""
    alignment = answers.aligned(entry.file)
    if isinstance(alignment, Finding):
        problem = bounded(alignment.public, 1000)
        by_notebook.notebooks.append(ShownNotebook(entry.file, slug, problem=problem))
        return
    asked: dict[int, list[ShownQuestion]] = {}
    found: set[str] = set()
    for question in assignment.questions:
        cell = alignment.cell_at(question.anchor) if question.notebook == entry.file else None
        if cell is not None and question.id in questions:
            found.add(question.id)
            asked.setdefault(cell.number, []).append(questions[question.id])
    cells = list(shown_cells(alignment, _raw(answers, entry), budget))
    rows = tuple(Row(cell, tuple(asked.get(cell.number, ()))) for cell in cells)
    by_notebook.notebooks.append(ShownNotebook(entry.file, slug, rows))
    by_notebook.written += _written(entry, slug, cells)
    by_notebook.placed |= found


def _raw(answers: Answers, entry: NotebookEntry) -> list[object]:
    """The cells of an aligned notebook as its JSON has them; none of a module."""
    file = answers.file(entry.file)
    if file is None or entry.is_module:
        return []
    try:
        return raw_cells(answers.submission.read(file), str(file))
    except NotebookError:  # it was read before, when it was aligned
        return []


def _written(entry: NotebookEntry, slug: str, cells: list[ShownCell]) -> Iterator[WrittenAnswer]:
    """The text cells that are not the template's, and answers left blank; each with its heading."""
    prompt = ""
    for cell in cells:
        if cell.kind != "markdown":
            continue
        prompt = cell.heading or prompt
        blank = cell.boilerplate and (cell.blank or cell.origin in entry.stubs)
        if blank or not (cell.boilerplate or cell.blank):
            where = f"{slug}-cell-{cell.number}"
            yield WrittenAnswer(entry.file, cell.number, where, prompt, cell.body, blank)
