"""An answer that is mended in a cell further below counts, and takes nothing from a right one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import TWO_FUNCTIONS, Graded, Notebook, code_cell, needs_root

from autograder.grading.session import Session
from autograder.model import manifest
from autograder.slicing.alignment import align
from autograder.slicing.corrections import corrected_at
from autograder.slicing.notebook import parse
from release.markup.templates import solved, templates

RIGHT = "def row_sums(matrix):\n    return np.asarray(matrix).sum(axis=1)"
WRONG = "def row_sums(matrix):\n    return np.asarray(matrix).sum(axis=0)"
ASSIGNMENT = manifest.load(TWO_FUNCTIONS / "staff")

Grade = Callable[[Notebook], Graded]


@pytest.fixture
def notebook() -> Notebook:
    return Notebook(solved(ASSIGNMENT)["two.ipynb"])


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with Session(ASSIGNMENT, templates(ASSIGNMENT)) as made:
        yield made


@pytest.fixture
def grade(session: Session, tmp_path: Path) -> Grade:
    def run(notebook: Notebook) -> Graded:
        return Graded(session.grade(notebook.save(tmp_path / "two.ipynb"), seed=1))

    return run


def wrong_at_first(notebook: Notebook, below: str) -> Notebook:
    """The answer to the first question is wrong, and a cell stands behind the second one's."""
    notebook.edit("row-sums", ("axis=1", "axis=0"))
    notebook.cells.append(code_cell(below))
    return notebook


@needs_root
def test_a_correction_below_the_next_answer_counts(notebook: Notebook, grade: Grade) -> None:
    graded = grade(wrong_at_first(notebook, RIGHT))
    assert graded.lost() == {}
    assert any("Q1 was corrected in a cell further below" in flag for flag in graded.report.flags)


@needs_root
def test_an_answer_of_no_python_can_be_corrected_too(notebook: Notebook, grade: Grade) -> None:
    notebook.edit("row-sums", ("def row_sums(", "def row_sums(("))
    notebook.cells.append(code_cell(RIGHT))
    assert grade(notebook).lost() == {}


@needs_root
def test_an_experiment_below_takes_nothing_from_a_right_answer(
    notebook: Notebook, grade: Grade
) -> None:
    notebook.cells.append(code_cell(WRONG))
    graded = grade(notebook)
    assert graded.lost() == {}
    assert graded.report.flags == ()


@needs_root
def test_what_only_uses_the_answer_is_no_correction(notebook: Notebook, grade: Grade) -> None:
    graded = grade(wrong_at_first(notebook, "row_sums(np.eye(3))"))
    assert graded.lost() == {"1.1": 1, "1.2": 1}
    assert not any("corrected" in flag for flag in graded.report.flags)


@pytest.mark.parametrize(
    ("source", "counts"),
    [
        ("row_sums = lambda m: m.sum(1)", True),
        ("if True:\n    def row_sums(m): return m.sum(1)", True),
        ("row_sums.cache = {}", True),
        ("box_blur = None", False),
        ("print(row_sums)", False),
        ("row_sums = (", False),
        ("# row_sums = None", False),
    ],
)
def test_which_cells_correct(notebook: Notebook, source: str, counts: bool, tmp_path: Path) -> None:
    notebook.cells.append(code_cell(source))
    student = parse(notebook.save(tmp_path / "two.ipynb").read_bytes(), "two.ipynb")
    template = parse(templates(ASSIGNMENT)["two.ipynb"], "two.ipynb")
    found = corrected_at(align(student, template), "row-sums", ["row_sums"])
    assert found == (len(student.cells) if counts else None)


def test_a_later_question_of_the_same_name_ends_it(
    hw4_solved: dict[str, bytes], hw4_templates: dict[str, bytes], tmp_path: Path
) -> None:
    """E2, E4a, E5b and E6b all fill `train_loader_dict`."""
    name = "edge_detection.ipynb"
    notebook = Notebook(hw4_solved[name])
    for before in ("e3-note", "e5-note"):
        notebook.insert(before, "train_loader_dict = {}")
    cells = notebook.cells
    student = parse(notebook.save(tmp_path / name).read_bytes(), name)
    template = parse(hw4_templates[name], name)
    alignment = align(student, template)
    names = ["train_loader_dict", "valid_loader"]
    ends = {anchor: corrected_at(alignment, anchor, names) for anchor in ("e2", "e4a", "e5b")}
    at = {cell["id"]: place for place, cell in enumerate(cells) if "id" in cell}
    assert ends == {"e2": at["e3-note"], "e4a": at["e5-note"], "e5b": None}
