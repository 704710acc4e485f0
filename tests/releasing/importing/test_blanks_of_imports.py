"""An import leaves answers blank together where no question needs two of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from nbformat import NotebookNode
from test_importing import code, nb, save

from autograder.model import manifest
from autograder.model.manifest import Assignment
from release.importing import import_assignment
from release.importing.blanks import Needs, sources_of, together
from release.importing.trial import try_checks
from release.markup.templates import blanked, solved


def imported(tmp_path: Path, cells: Sequence[NotebookNode]) -> Assignment:
    path = save(tmp_path / "n.ipynb", cells)
    return manifest.load(import_assignment("nbgrader", path, tmp_path / "out").staff)


def question(n: int, answer: str, test: str) -> list[NotebookNode]:
    return [
        nb(code(answer), f"a{n}", solution=True),
        nb(code(test), f"t{n}", grade=True, points=1),
    ]


def groups(assignment: Assignment) -> list[list[str]]:
    files = solved(assignment)
    made = together(assignment, files, list(blanked(assignment)), Needs(files))
    return [[answer.cell for answer, _cells in each.answers] for each in made]


def test_answers_of_questions_apart_are_blank_together(tmp_path: Path) -> None:
    cells = [
        *question(1, "a = 1", "assert a == 1"),
        *question(2, "b = 2", "assert b == 2"),
        *question(3, "c = a + 2", "assert c == 3"),
        *question(4, "unused = 4", "assert a + 1 == 2"),
    ]
    assignment = imported(tmp_path, cells)
    assert groups(assignment) == [["a1", "a2", "a4"], ["a3"]]
    # The one that no check needs is found among those that are missed.
    assert [each.cell for each in try_checks(assignment, each_answer=True).unnoticed] == ["a4"]
    assert [entry.unchecked for entry in assignment.notebooks] == [("a4",)]


def test_a_group_has_all_of_its_blanks_and_no_other(tmp_path: Path) -> None:
    cells = [
        *question(1, "a = 1", "assert a == 1"),
        *question(2, "b = 2", "assert b == 2"),
        *question(3, "c = a + 2", "assert c == 3"),
    ]
    assignment = imported(tmp_path, cells)
    files = solved(assignment)
    first, _second = together(assignment, files, list(blanked(assignment)), Needs(files))
    before, after = (sources_of("n.ipynb", each["n.ipynb"]) for each in (files, first.files))
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert len(changed) == 2
    assert not any("= 1" in text or "= 2" in text for text in changed)
    assert any("c = a + 2" in text for text in after)


@pytest.mark.parametrize("given", ["x = !ls \\\n  )(", "%%bash\nif then"])
def test_where_names_cannot_be_read_each_is_blank_alone(tmp_path: Path, given: str) -> None:
    cells = [
        code(given),
        *question(1, "a = 1", "assert a == 1"),
        *question(2, "b = 2", "assert b == 2"),
    ]
    assert groups(imported(tmp_path, cells)) == [["a1"], ["a2"]]
