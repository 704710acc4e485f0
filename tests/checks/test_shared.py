"""Tests that the student's process judges itself: they run, and all results say so."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from conftest import TWO_FUNCTIONS

from autograder.checks.shared_tests import ORIGINAL
from autograder.gradescope.output import results
from autograder.grading.session import Session
from autograder.model import manifest
from autograder.model.report import CheckResult, Report
from release.markup.templates import solved, templates

CHECKS = '''
from autograder.checks import question, shared
from gradescope_utils.autograder_utils.decorators import number, weight

@question("Q1")
@weight(2)
@number("1")
@shared()
def test_rows(student):
    """row_sums"""
    student.shared({source!r}, "row_sums"{more})

@question("Q2")
@weight(2)
@number("2")
def test_blur(student):
    """box_blur"""
    assert student.value("np") is not None
'''
RIGHT = "import numpy as np\nassert row_sums(np.ones((2, 3))).tolist() == [3, 3]"


def graded(
    tmp_path: Path,
    source: str,
    more: str = "",
    *,
    trust: str = 'trust = "shared"',
    blank: bool = False,
) -> Report:
    """The report on a solution, or the template, whose first question has such a test."""
    root = tmp_path / "assignment"
    shutil.copytree(TWO_FUNCTIONS, root)
    staff = root / "staff"
    text = (staff / "assignment.toml").read_text(encoding="utf-8")
    text = text.replace('id = "Q1"', f'id = "Q1"\n{trust}', 1)
    (staff / "assignment.toml").write_text(text, encoding="utf-8")
    (staff / "checks" / "test_two.py").write_text(CHECKS.format(source=source, more=more))
    assignment = manifest.load(staff)
    files = templates(assignment) if blank else solved(assignment)
    with Session(assignment, templates(assignment), allow_unsafe=True) as session:
        return session.grade_files(files, seed=1)


def first(report: Report) -> CheckResult:
    assert not report.faults, report.faults
    return next(check for check in report.checks if check.number == "1")


def test_a_shared_test_gives_its_points_and_all_results_say_so(tmp_path: Path) -> None:
    report = graded(tmp_path, RIGHT)
    check = first(report)
    assert (check.score, check.shared, report.shared_points) == (2, True, 2)
    data = results(report)
    entry = next(test for test in data["tests"] if test.get("number") == "1")
    assert entry["extra_data"]["trust"] == "shared"
    assert data["extra_data"]["shared_points"] == 2
    assert Report.from_dict(report.to_dict()).checks == report.checks


@pytest.mark.parametrize(
    ("source", "more"),
    [
        (RIGHT.replace("[3, 3]", "[3, 4]"), ""),
        ("raise ValueError('the secret 4711')", ""),
        ("row_sums", ", shows='4711'"),
        ("import sys\nsys.exit()", ""),
        ("this is no Python", ""),
    ],
)
def test_a_hidden_one_that_fails_tells_nothing_of_itself(
    tmp_path: Path, source: str, more: str
) -> None:
    check = first(graded(tmp_path, source, more))
    assert (check.score, check.status) == (0, "failed")
    assert "The test fails." in check.message
    assert "4711" not in check.message and "[3, 4]" not in check.message
    assert check.staff


@pytest.mark.parametrize(
    ("source", "shown", "score"),
    [
        ("np.float64(2.5)", "2.5", 2),
        ("np.float64(2.5)", "np.float64(2.5)", 2),
        ("print('a')\n1 + 1", "a\n2", 2),
        ("print('a')\n1 + 1", "2", 0),
        ("x = 1", "", 2),
    ],
)
def test_what_a_test_shows_is_compared(
    tmp_path: Path, source: str, shown: str, score: float
) -> None:
    text = f"import numpy as np\nrow_sums\n{source}"
    assert first(graded(tmp_path, text, f", shows={shown!r}")).score == score


@pytest.mark.parametrize(
    ("last", "score"),
    [("1.5", 1.5), ("np.int64(1)", 1), ("7", 2), ("-1", 0), ("'1'", 2), ("True", 2), ("None", 2)],
)
def test_a_last_number_is_the_score(last: str, score: float) -> None:
    sent: dict[str, Any] = {}
    exec(compile(ORIGINAL.source, "<probe>", "exec"), sent)
    found = sent["original_test"](f"import numpy as np\n{last}", "scores", "")
    assert (2 if found is True else min(max(found, 0), 2)) == score


def test_a_missing_name_is_told_as_for_any_check(tmp_path: Path) -> None:
    check = first(graded(tmp_path, "absent(1)\n" + RIGHT, blank=True))
    assert check.score == 0
    assert check.message


def test_the_manifest_has_to_say_so(tmp_path: Path) -> None:
    report = graded(tmp_path, RIGHT, trust="")
    assert 'say trust = "shared" for question Q1' in report.faults[0]
