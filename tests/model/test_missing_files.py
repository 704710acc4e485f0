"""A notebook that is not there is told of once, wherever a report is shown."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.console import Console

from autograder.home.table import ReportView
from autograder.model.manual import Override
from autograder.model.missing_files import said_once
from autograder.model.report import CheckResult, Report
from autograder.pages.terminal import print_report

NOT_THERE = "lab.ipynb is not in the submission, which holds x.pdf."
MESSAGE = f"Came back: {NOT_THERE}\nHint: Submit lab.ipynb under that name."
CHECK = CheckResult(
    id="0",
    question="Q",
    title="what is asked",
    number="1",
    hidden=False,
    score=0.0,
    max_score=1.0,
    status="failed",
    message=MESSAGE,
)


def report_of(*checks: CheckResult) -> Report:
    numbered = tuple(replace(check, id=str(n)) for n, check in enumerate(checks))
    return Report("ada.zip", "hw", 20.0, checks=numbered, notes=("A note.",))


def test_it_is_a_note_and_each_check_points_to_it() -> None:
    cases = replace(CHECK, message=f"0 of 2 cases passed.\n3-4: {MESSAGE}\n5-6: {MESSAGE}")
    shown = said_once(report_of(CHECK, cases, replace(CHECK, message="Came back: 3")))
    short = "lab.ipynb could not be graded: the top of this page says why."
    assert [check.message for check in shown.checks] == [short, short, "Came back: 3"]
    assert shown.notes == (f"{NOT_THERE} Submit lab.ipynb under that name.", "A note.")
    assert said_once(shown) == shown


@pytest.mark.parametrize(
    "other",
    [
        replace(CHECK, message="Came back: other.ipynb is not in the submission, which holds x."),
        replace(CHECK, message="Came back: 'lab.ipynb is not in the submission, which holds x.'"),
        replace(CHECK, status="passed"),
        replace(CHECK, override=Override(0.0, "late", "ada")),
    ],
    ids=["another file", "a value that was returned", "passed", "points by a person"],
)
def test_one_alone_says_it_itself(other: CheckResult) -> None:
    report = report_of(CHECK, other)
    assert said_once(report) == report


def test_in_a_terminal_and_in_a_notebook_it_stands_once_too() -> None:
    report = report_of(*[CHECK] * 20)
    console = Console(width=200)
    with console.capture() as capture:
        print_report(console, report)
    for text in (capture.get(), ReportView(report, 4.0)._repr_html_(), repr(ReportView(report, 4))):
        words = " ".join(text.split())
        assert words.count("is not in the submission") == 1
        assert words.count("could not be graded: it is said below the table why") == 20
