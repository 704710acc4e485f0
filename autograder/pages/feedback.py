"""A report and the submission that it is about come in; one page for its student, or for staff.

Messages stand beside the cells that they concern. The student's page shows what Gradescope would:
checks that are visible, with the message of results.json, and how many points the others judge.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from markupsafe import Markup

from autograder.gradescope.decide import isolation
from autograder.gradescope.output import student_notes
from autograder.model.errors import UserError
from autograder.model.findings import Finding
from autograder.model.manifest import Assignment, NotebookEntry, Question
from autograder.model.manual import ManualResult
from autograder.model.report import CheckResult, Report
from autograder.model.statuses import STATUSES
from autograder.model.submission import Submission, SubmissionError, collect_for
from autograder.model.text import bounded
from autograder.pages.cells import ShownCell, shown_cells
from autograder.pages.images import ShownImage, image
from autograder.pages.markup import Budget
from autograder.pages.page import render, require_pages, write_page
from autograder.slicing.answers import Answers
from autograder.slicing.notebook import Notebook, NotebookError, parse, raw_cells

NOT_SHOWN = (
    "This notebook cannot be shown here ({}). It was graded all the same; the results are above."
)


@dataclass(frozen=True)
class Audience:
    """Who reads the page.

    Attributes:
        staff: show all checks, staff's texts, flags and how student code was held.
        shown: else the visibilities of the checks that are shown; for a page that is given out
            when grades are published, add ``after_due_date`` and ``after_published``.
    """

    staff: bool = False
    shown: frozenset[str] = frozenset({"visible"})

    def sees(self, check: CheckResult) -> bool:
        """Whether a check is on the page."""
        return self.staff or check.visibility in self.shown


STUDENT = Audience()
STAFF = Audience(staff=True)


@dataclass(frozen=True)
class ShownCheck:
    """A check's outcome, ready to be shown."""

    title: str
    status: str
    word: str
    mark: str
    score: float
    max_score: float
    message: str
    pictures: tuple[ShownImage, ...] = ()
    staff: str = ""
    id: str = ""
    visibility: str = ""
    hidden: bool = False
    seconds: float = 0.0
    cases: str = ""
    override: str = ""


@dataclass(frozen=True)
class ShownManual:
    """What people gave, ready to be shown; ``score`` is None while it is out."""

    score: float | None
    max_score: float
    bonus: float = 0.0
    items: tuple[tuple[str, float], ...] = ()
    comment: str = ""
    by: str = ""
    again: str = ""


@dataclass(frozen=True)
class ShownQuestion:
    """A question with the checks that are shown; ``unseen`` points are judged by others.

    Attributes:
        slug: what links on the page call it.
        out: the points that people have still to give.
    """

    title: str
    slug: str
    checks: tuple[ShownCheck, ...]
    score: float
    max_score: float
    unseen: float
    manual: tuple[ShownManual, ...] = ()
    out: float = 0.0


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
class _Places:
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
    questions = _questions(report, assignment, audience)
    answers = Answers(assignment, templates, submission)
    places = _places(assignment, answers, questions, problem)
    seen = [check for check in report.checks if audience.sees(check)]
    by_people = [part.score or 0.0 for part in report.manual]
    return render(
        "feedback.html.j2",
        title=assignment.title,
        submission=bounded(report.submission, 200),
        staff=audience.staff,
        score=_sum([*(check.score for check in seen), *by_people]),
        max_score=_sum([*(c.max_score for c in seen), *(p.max_score for p in report.manual)]),
        out=report.points_out,
        all_points=report.max_score,
        unseen=_sum(check.max_score for check in report.checks if not audience.sees(check)),
        notes=[bounded(note) for note in student_notes(report)],
        questions=list(questions.values()),
        elsewhere=[q for key, q in questions.items() if key not in places.placed],
        notebooks=places.notebooks,
        written=places.written,
        report=report,
        isolation=isolation(report),
        faults=[bounded(fault) for fault in report.all_faults] if audience.staff else [],
        flags=[bounded(flag, 1000) for flag in report.flags] if audience.staff else [],
    )


def _questions(
    report: Report,
    assignment: Assignment,
    audience: Audience,
) -> dict[str, ShownQuestion]:
    titles = {question.id: question for question in assignment.questions}
    judged = [*(c.question for c in report.checks), *(p.question for p in report.manual)]
    named = dict.fromkeys([*titles, *judged])
    shown = {}
    for number, name in enumerate(named, start=1):
        checks = [check for check in report.checks if check.question == name]
        seen = [check for check in checks if audience.sees(check)]
        by_people = [part for part in report.manual if part.question == name]
        if not (checks or by_people):
            continue
        shown[name] = ShownQuestion(
            title=_question_title(titles.get(name), name),
            slug=f"question-{number}",
            checks=tuple(_shown(c, audience) for c in seen),
            score=_sum([*(c.score for c in seen), *(p.score or 0.0 for p in by_people)]),
            max_score=_sum([*(c.max_score for c in seen), *(p.max_score for p in by_people)]),
            unseen=_sum(check.max_score for check in checks if not audience.sees(check)),
            manual=tuple(_shown_manual(part, audience) for part in by_people),
            out=_sum(part.max_score for part in by_people if part.score is None),
        )
    return shown


def _question_title(question: Question | None, name: str) -> str:
    return f"{question.id} · {question.title}" if question else name


def _shown_manual(part: ManualResult, audience: Audience) -> ShownManual:
    beside = [("Beside the rubric", part.adjustment)] if part.adjustment else []
    basic = ShownManual(
        score=part.score,
        max_score=part.max_score,
        bonus=part.bonus,
        items=tuple((bounded(text, 600), points) for text, points in [*part.items, *beside]),
        comment=bounded(part.comment),
    )
    if not audience.staff:
        return basic
    return replace(basic, by=bounded(part.by, 200), again=bounded(part.again, 300))


def _shown(check: CheckResult, audience: Audience) -> ShownCheck:
    word, mark = STATUSES[check.status]
    basic = ShownCheck(
        title=bounded(f"{check.number} {check.title}".strip(), 300),
        status=check.status,
        word=word,
        mark=mark,
        score=check.score,
        max_score=check.max_score,
        message=bounded(check.message),
        pictures=_images(check, audience),
        cases=f"{check.passed} of {check.cases} cases" if check.cases > 1 else "",
        override="" if check.override is None else "The staff gave these points, not the check.",
    )
    if not audience.staff:
        return basic
    return replace(
        basic,
        staff=bounded(check.staff),
        override=_override_words(check),
        id=check.id,
        visibility=check.visibility,
        hidden=check.hidden,
        seconds=check.seconds,
    )


def _override_words(check: CheckResult) -> str:
    if check.override is None:
        return ""
    given = check.override
    by = f"by {given.by}" if given.by else "by hand"
    again = f"; {given.again}" if given.again else ""
    words = f"{check.score:g} points {by} instead of the check's {given.automatic:g}"
    return bounded(f"{words}: {given.reason}{again}", 1000)


def _images(check: CheckResult, audience: Audience) -> tuple[ShownImage, ...]:
    """What came back beside what was expected; of a hidden check for staff alone."""
    if check.hidden and not audience.staff:
        return ()
    shown = (image(p.png, p.alt, title=p.title) for p in check.pictures)
    return tuple(found for found in shown if found is not None)


def _places(
    assignment: Assignment, answers: Answers, questions: dict[str, ShownQuestion], problem: str
) -> _Places:
    budget = Budget()
    places = _Places()
    for number, entry in enumerate(assignment.notebooks, start=1):
        slug = f"notebook-{number}"
        why = problem
        if not why:
            try:
                _place(places, entry, slug, assignment, answers, questions, budget)
                continue
            except UserError:
                raise
            except Exception as error:  # what there is beside it is shown
                why = f"showing it raised {type(error).__name__}"
        words = bounded(NOT_SHOWN.format(why), 1000)
        places.notebooks.append(ShownNotebook(entry.file, slug, problem=words))
    return places


def _place(
    places: _Places,
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
        places.notebooks.append(ShownNotebook(entry.file, slug, problem=problem))
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
    places.notebooks.append(ShownNotebook(entry.file, slug, rows))
    places.written += _written(entry, slug, cells)
    places.placed |= found


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
        blank = cell.given and (cell.blank or cell.origin in entry.stubs)
        if blank or not (cell.given or cell.blank):
            where = f"{slug}-cell-{cell.number}"
            yield WrittenAnswer(entry.file, cell.number, where, prompt, cell.body, blank)


def _sum(points: Iterable[float]) -> float:
    """Exact, so that tenths do not show what a float makes of them."""
    return float(round(sum((Fraction(str(point)) for point in points), Fraction(0)), 6))
