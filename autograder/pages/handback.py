"""A report and the answers that people read come in; what goes back to the student goes out.

As a page, as the same on paper, or as a sheet for each question, of a fixed number of pages if
asked for: what a platform needs whose people grade on paper, every question at the same pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from autograder.model.manifest import Assignment
from autograder.model.missing_files import said_once
from autograder.model.report import Report, student_notes
from autograder.model.text import bounded
from autograder.pages.cells import ShownCell, kept_cells
from autograder.pages.markup import Budget
from autograder.pages.page import PagesError, render
from autograder.pages.questions import Audience, shown_questions, total
from autograder.slicing.by_hand import ManualAnswer

if TYPE_CHECKING:
    from weasyprint import Document

#: Grades are out, and the due date has passed.
PUBLISHED = Audience(shown=frozenset({"visible", "after_due_date", "after_published"}))
_EMPTY = "<!doctype html><title>.</title><p></p>"


@dataclass(frozen=True)
class ShownAnswer:
    """An answer that people read, made inert."""

    where: str
    blank: bool
    cells: tuple[ShownCell, ...]


def shown_answer(answer: ManualAnswer, budget: Budget) -> ShownAnswer:
    """An answer, made inert."""
    cells = () if answer.state == "missing" else tuple(kept_cells(answer.cells, budget))
    return ShownAnswer(bounded(answer.where, 300), answer.state == "blank", cells)


def handback_page(
    name: str, report: Report, assignment: Assignment, answers: Mapping[str, ManualAnswer]
) -> str:
    """The page of one submission: its points, by whom they are given, and comments.

    Args:
        name: whose it is.
        answers: those that people read, by question.
    """
    budget = Budget()
    shown = {key: shown_answer(answer, budget) for key, answer in answers.items()}
    report = said_once(report)
    questions = shown_questions(report, assignment, PUBLISHED)
    return render(
        "handback.html.j2",
        title=assignment.title,
        submission=bounded(name, 200),
        score=total(question.score for question in questions.values()),
        max_score=total(question.max_score for question in questions.values()),
        unseen=total(question.unseen for question in questions.values()),
        out=report.points_out,
        notes=[bounded(note) for note in student_notes(report)],
        questions=[(question, shown.get(key)) for key, question in questions.items()],
    )


# --- on paper ------------------------------------------------------------------------------------


def require_pdf() -> None:
    """See to it that what makes PDFs is there.

    Raises:
        PagesError: it is not installed.
    """
    if find_spec("weasyprint") is None:
        raise PagesError(
            "PDFs need the Python package weasyprint, which is not installed here; install the "
            "harness with its extra, as in pip install 'dl-autograder[pdf]'."
        )


def printed(html: str) -> bytes:
    """A page as a PDF."""
    return bytes(_document(html).write_pdf())


@dataclass(frozen=True)
class Sheets:
    """The answers of one submission on paper, and how many pages of each question were left out."""

    pdf: bytes
    left_out: tuple[tuple[str, int], ...] = ()


def sheets(
    name: str, assignment: Assignment, answers: Mapping[str, ManualAnswer], pages: int | None = None
) -> Sheets:
    """Each question that people read begins on a page of its own; no points are on it.

    Args:
        pages: so many for each question: what is shorter is filled up, what is longer is cut.
    """
    budget = Budget()
    made: list[Any] = []
    left_out: list[tuple[str, int]] = []
    for question in assignment.manual_questions:
        answer = answers.get(question.id) or ManualAnswer(question.id, "missing", "not found")
        html = render(
            "sheet.html.j2",
            title=assignment.title,
            submission=bounded(name, 200),
            question=question,
            answer=shown_answer(answer, budget),
        )
        found = list(_document(html).pages)
        if pages is not None:
            if len(found) > pages:
                left_out.append((question.id, len(found) - pages))
            found = [*found[:pages], *_blank_pages(pages - len(found))]
        made += found
    document = _document(_EMPTY)
    return Sheets(bytes(document.copy(made).write_pdf()), tuple(left_out))


def _blank_pages(count: int) -> Iterable[Any]:
    return [_document(_EMPTY).pages[0] for _ in range(count)]


def _document(html: str) -> Document:
    """Lay a page out. Nothing is fetched: pictures stand in the page."""
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    fetcher = URLFetcher(allowed_protocols={"data"}, allow_redirects=False)
    return HTML(string=html, url_fetcher=fetcher).render()
