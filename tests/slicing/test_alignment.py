"""Homework 4's notebooks, spoilt as students spoil them: each question finds its own cell."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from conftest import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.model.manifest import Assignment
from autograder.slicing.alignment import Alignment, align
from autograder.slicing.notebook import Cell, Notebook, parse

NOTEBOOKS = ["edge_detection.ipynb", "HandDesignFilters.ipynb"]
RULE = re.compile(r"\s*#{8,}\s*")
STUB = re.compile(r"^\w+ = (None|\{\})\n", re.MULTILINE)
END = "END OF YOUR CODE"
Cells = list[Cell]


@pytest.fixture(params=NOTEBOOKS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def solution(name: str, hw4_solved: dict[str, bytes]) -> Cells:
    return list(parse(hw4_solved[name], name).cells)


@pytest.fixture
def template(name: str, hw4_templates: dict[str, bytes]) -> Notebook:
    return parse(hw4_templates[name], name)


@pytest.fixture
def anchors(name: str, hw4: Assignment) -> list[str]:
    return [question.anchor for question in hw4.questions if question.notebook == name]


def numbered(cells: Cells) -> Notebook:
    cells = [replace(cell, number=number) for number, cell in enumerate(cells, start=1)]
    return Notebook("n.ipynb", tuple(cells))


def without_ids(cells: Cells) -> Cells:
    return [replace(cell, id=None) for cell in cells]


# --- what students do to the boxes ----------------------------------------------------------------


def without_box(cell: Cell, *, keep: str = "no comment") -> Cell:
    """The answer without the rules and the text of its box, but for lines that hold ``keep``."""
    lines, inside = [], False
    for line in cell.source.split("\n"):
        if RULE.fullmatch(line):
            inside = not inside
        elif not (inside and line.lstrip().startswith("#") and keep not in line):
            lines.append(line)
    return replace(cell, source="\n".join(lines))


def boxes(change: Callable[[Cell], Cell]) -> Callable[[Cells], Cells]:
    return lambda cells: [change(cell) if END in cell.source else cell for cell in cells]


def without_stubs(cell: Cell) -> Cell:
    return replace(cell, source=STUB.sub("", cell.source))


BOXES: dict[str, Callable[[Cell], Cell]] = {
    "boxes kept": lambda cell: cell,
    "boxes deleted": without_box,
    "only END left": lambda cell: without_box(cell, keep=END),
    "stubs deleted": without_stubs,
    "boxes and stubs deleted": lambda cell: without_box(without_stubs(cell)),
}

# --- what students do to the cells ----------------------------------------------------------------


def code(cells: Cells) -> Cells:
    return [cell for cell in cells if cell.kind == "code"]


def answers(cells: Cells) -> Cells:
    return [cell for cell in cells if END in cell.source]


def halved(cells: Cells) -> Cells:
    """Each answer in two cells; both keep the id here, so that either is known to be its."""
    result: Cells = []
    for cell in cells:
        lines = cell.source.split("\n")
        half = len(lines) // 2
        parts = [lines[:half], lines[half:]] if END in cell.source else [lines]
        result += [replace(cell, source="\n".join(part)) for part in parts]
    return result


def merged(which: Callable[[Cell, Cell], bool]) -> Callable[[Cells], Cells]:
    """Code cells side by side made one; it has the ids of both, with a plus between them."""

    def edit(cells: Cells) -> Cells:
        result: Cells = []
        for cell in cells:
            last = result[-1] if result else cell
            if last.kind == cell.kind == "code" and last is not cell and which(last, cell):
                source = f"{last.source}\n{cell.source}"
                result[-1] = replace(last, source=source, id=f"{last.id}+{cell.id}")
            else:
                result.append(cell)
        return result

    return edit


def moved(first: int, last: int, to: int) -> Callable[[Cells], Cells]:
    """The cells from ``first`` to before ``last`` cut out and put in again at ``to``."""

    def edit(cells: Cells) -> Cells:
        rest = cells[:first] + cells[last:]
        return rest[:to] + cells[first:last] + rest[to:]

    return edit


JUNK = [
    "print('x')", "# notes of my own", "x = 3\nprint(x)", "set_seed(7)", "", f"# {END}",
    "print(train_loader_dict)", "figure = show_images(visual_dataset)", "!nvidia-smi",
    "import numpy as np", "require(train_loader_dict=train_loader_dict)",
]  # fmt: skip


def with_junk(cells: Cells) -> Cells:
    rng = random.Random(0)
    junk = (Cell(0, None, "code", rng.choice(JUNK)) for _ in cells)
    return [cell for pair in zip(cells, junk, strict=True) for cell in pair]


EDITS: dict[str, Callable[[Cells], Cells]] = {
    "as they are": lambda cells: cells,
    "no text cells": code,
    "answers alone": answers,
    "split": halved,
    "split, junk": lambda cells: with_junk(halved(cells)),
    "junk": with_junk,
    "junk, no text cells": lambda cells: code(with_junk(cells)),
    "copied": lambda cells: [cell for each in cells for cell in (each, each)],
    "merged with the next": merged(lambda last, _cell: END in last.source),
    "merged with the one before": merged(lambda _last, cell: END in cell.source),
    "part moved up": moved(36, 46, 12),
    "part moved down": moved(14, 22, 50),
    "code of a part moved": lambda cells: moved(12, 17, 3)(code(cells)),
}


def ours(student: Cells, alignment: Alignment, anchor: str) -> bool:
    """Whether the anchor's cell is one that the solution has there."""
    cell = alignment.cell_at(anchor)
    return cell is not None and anchor in (student[cell.number - 1].id or "").split("+")


@pytest.mark.parametrize("box", BOXES.values(), ids=BOXES.keys())
@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_each_anchor_is_found_without_ids(
    solution: Cells,
    template: Notebook,
    anchors: list[str],
    edit: Callable[[Cells], Cells],
    box: Callable[[Cell], Cell],
) -> None:
    student = [box(cell) if END in cell.source else cell for cell in edit(solution)]
    alignment = align(numbered(without_ids(student)), template)
    assert [anchor for anchor in anchors if not ours(student, alignment, anchor)] == []


@pytest.mark.parametrize("box", BOXES.values(), ids=BOXES.keys())
@pytest.mark.parametrize("edit", ["as they are", "junk", "part moved up", "no text cells"])
def test_without_ids_the_same_cells_run_as_with_ids(
    solution: Cells, template: Notebook, anchors: list[str], edit: str, box: Callable[[Cell], Cell]
) -> None:
    student = [box(cell) if END in cell.source else cell for cell in EDITS[edit](solution)]
    known = align(numbered(student), template)
    found = align(numbered(without_ids(student)), template)
    for anchor in anchors:
        assert len(found.up_to(anchor)) == len(known.up_to(anchor)), anchor
    assert found.quality == known.quality == 1


def test_an_answer_deleted_with_its_box_is_not_another_ones(
    solution: Cells, template: Notebook, anchors: list[str]
) -> None:
    """The loaders of E2, E4 and E6 have one stub; without one of them, the others keep theirs."""
    for gone in anchors:
        student = [without_box(cell) for cell in solution if cell.id != gone]
        alignment = align(numbered(without_ids(student)), template)
        wrong = [a for a in anchors if a != gone and not ours(student, alignment, a)]
        assert (wrong, alignment.cell_at(gone)) == ([], None), gone


@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_whatever_is_lost_each_anchor_is_found(
    solution: Cells, template: Notebook, anchors: list[str], data: st.DataObject
) -> None:
    student: Cells = []
    for cell in solution:
        if END in cell.source:
            change = BOXES[data.draw(st.sampled_from(sorted(BOXES)))]
            student.append(change(cell))
        else:
            student.append(cell)
        added = data.draw(st.lists(st.sampled_from(JUNK), max_size=2))
        student += [Cell(0, None, "code", source) for source in added]
    lost = data.draw(st.sets(st.sampled_from([c.id for c in solution])) | st.none())
    handed_in = [replace(c, id=None) if lost is None or c.id in lost else c for c in student]
    alignment = align(numbered(handed_in), template)
    assert [anchor for anchor in anchors if not ours(student, alignment, anchor)] == []
