"""The language model: its checks tell right answers from wrong ones.

`make release ASSIGNMENT=solutions/charlm` proves all known mistakes; here some are, by name.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import ROOT, Graded, needs_installed

from autograder.grading.staff import StaffPool
from autograder.model import manifest
from autograder.model.report import Report
from release.markup.templates import blank_files, solution_files, solved, templates
from release.proof.mistakes import Mistake, mistakes
from release.proof.proof import SEED

pytestmark = needs_installed("pandas", "sklearn")

NAME = "charlm"
CHARLM = manifest.load(ROOT / "solutions" / NAME)
MISTAKES = {mistake.name: mistake for mistake in mistakes(CHARLM)}
#: A few that are graded in a second or two each; the last two are right answers.
CHOSEN = (
    "y is not shifted",
    "values detached",
    "names written after the figure was shown",
    "the frame that was given loses its rows",
    "attention that torch has",
    "best runs in a loop over learning rates",
)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Graded]:
    """The solution, the starter notebook and the chosen ones, by name."""
    stripped = templates(CHARLM)
    solution = solved(CHARLM) | solution_files(CHARLM)
    chosen = [(MISTAKES[name].submission(solution), _accepted) for name in CHOSEN]
    with StaffPool(CHARLM, stripped, solution, tmp_path_factory.mktemp("cache"), SEED) as pool:
        reports = {
            "solution": pool.grade(solution),
            "blank": pool.grade(stripped | blank_files(CHARLM)),
            **dict(zip(CHOSEN, pool.grade_all(chosen, lambda: None), strict=True)),
        }
    return {name: Graded(report) for name, report in reports.items()}


def _accepted(_report: Report) -> bool:
    return True


def test_the_solution_gets_all_points_and_the_template_none(graded: dict[str, Graded]) -> None:
    assert not graded["solution"].lost()
    assert graded["solution"].report.score == CHARLM.points == 100
    assert graded["blank"].report.score == 0


@pytest.mark.parametrize("name", CHOSEN)
def test_a_mistake_loses_its_checks_and_no_others(graded: dict[str, Graded], name: str) -> None:
    assert set(graded[name].lost()) == MISTAKES[name].loses


def test_each_question_has_mistakes_and_right_answers() -> None:
    for question in CHARLM.questions:
        if question.points:
            cells = {question.anchor, question.notebook}
            touching = [m for m in MISTAKES.values() if cells & _touched(m)]
            assert sum(bool(m.loses) for m in touching) >= 2, question.id
            assert sum(not m.loses for m in touching) >= 2, question.id


def test_the_harness_does_not_know_it() -> None:
    word = re.compile(rf"\b{NAME}\b", re.IGNORECASE)
    for folder in ("autograder", "release"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert not word.search(path.read_bytes().decode("utf-8", "replace")), path


def test_the_hidden_text_has_the_handouts_characters() -> None:
    held_out = CHARLM.hidden_checks / "held_out.txt"
    assert _characters(held_out) <= _characters(CHARLM.public / "harbour.txt")


def _touched(mistake: Mistake) -> set[str]:
    """The cells, and the files that are no notebooks."""
    return {str(edit.get("cell") or edit.get("file")) for edit in mistake.edits}


def _characters(path: Path) -> set[str]:
    return set(path.read_text(encoding="utf-8"))
