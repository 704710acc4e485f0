"""Notebooks that a session is told of beforehand: equal ones are sliced once, no points change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import TWO_FUNCTIONS, Notebook, needs_root

from autograder.grading.session import Session
from autograder.model import manifest
from autograder.slicing import slicer
from autograder.slicing.alignment import align
from autograder.slicing.notebook import parse
from autograder.slicing.packages import Packages
from release.markup.templates import solved, templates

TWO = manifest.load(TWO_FUNCTIONS / "staff")
NAME = "two.ipynb"
TEMPLATES, SOLVED = templates(TWO), solved(TWO)


def solution() -> Notebook:
    return Notebook(SOLVED[NAME])


def written(notebook: Notebook) -> bytes:
    return json.dumps(notebook.tree).encode()


USUAL = {
    "the solution": SOLVED,
    "no notebook": {NAME: b"{"},
    "no Python": {NAME: written(solution().set("row-sums", "def ("))},
    "another name": {"three.ipynb": SOLVED[NAME]},
}


@needs_root
@pytest.mark.parametrize("usual", USUAL)
def test_it_costs_and_gives_no_points(usual: str, tmp_path: Path) -> None:
    wrong = solution().set("row-sums", "def row_sums(matrix):\n    return matrix.sum(axis=0)")
    expected = {"right": 4.0, "wrong": 2.0}
    with Session(TWO, TEMPLATES, usual=USUAL[usual]) as session:
        for name, notebook in (("right", solution()), ("wrong", wrong), ("right", solution())):
            report = session.grade(notebook.save(tmp_path / name / NAME), seed=1)
            assert (report.score, report.all_faults) == (expected[name], ())


def test_equal_notebooks_are_sliced_once() -> None:
    packages = Packages()
    template = parse(TEMPLATES[NAME], NAME)

    def sliced(notebook: Notebook) -> tuple[slicer.Slice, int]:
        before = slicer._sliced.cache_info().misses
        alignment = align(parse(written(notebook), NAME), template)
        found = slicer.slice_question(alignment, "row-sums", ("row_sums",), packages)
        return found, slicer._sliced.cache_info().misses - before

    first, missed = sliced(solution())
    assert missed == 1
    assert sliced(solution()) == (first, 0)
    for cell in ("imports", "row-sums"):  # one above it, and its own
        edited = solution()
        edited.set(cell, edited.source(cell) + "\n# edited")
        assert sliced(edited)[1] == 1
