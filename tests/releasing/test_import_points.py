"""An import carries the points of tests that say little, and says how little."""

from __future__ import annotations

from pathlib import Path

from test_importing import code, nb, raw, save, words

from autograder.model import manifest
from release.build import build
from release.importing import import_assignment, nbgrader
from release.importing.checks import translate
from release.proof.mistakes import FOLDER

IDLE = [
    code("import matplotlib.pyplot as plt"),
    raw("# BEGIN QUESTION\nname: q1\npoints: 4"),
    words("**Question 1.** A small prime."),
    raw("# BEGIN SOLUTION"),
    code("x = 2  # SOLUTION"),
    raw("# END SOLUTION"),
    raw("# BEGIN TESTS"),
    code("isinstance(x, int)", "True"),
    code("None"),
    code("plt.close('all')"),
    code("# HIDDEN\nNone"),
    raw("# END TESTS"),
    raw("# END QUESTION"),
]


def test_tests_that_name_no_answer_keep_their_points_and_it_is_said(tmp_path: Path) -> None:
    imported = import_assignment("otter", save(tmp_path / "n.ipynb", IDLE), tmp_path / "out")
    assert (imported.points, imported.original_points, imported.shared_points) == (4, 4, 3)
    shared = [check for check in imported.checks if check.shared]
    assert [check.planned.weight for check in shared] == [1, 1, 1]
    assert all("names no answer" in check.why_shared for check in shared)
    text = (imported.staff / "IMPORT.md").read_text()
    assert "all who hand in a notebook that runs get its points" in text
    assert "the blank template passes it, as in the original" in text
    release = build(manifest.load(imported.staff), tmp_path / "dist")
    assert release.proof.solution.score == 4
    assert not (imported.staff / FOLDER).exists()


def test_a_test_without_points_that_names_no_answer_is_left_out(tmp_path: Path) -> None:
    cells = [
        nb(code("def f(x):\n    return x"), "answer", solution=True),
        nb(code("assert 1 == 1"), "test", grade=True, points=0),
    ]
    questions, left = translate(nbgrader.read(save(tmp_path / "n.ipynb", cells)), set())
    assert not questions
    assert [each.why for each in left] == ["nothing that judges an answer is left of it"]
