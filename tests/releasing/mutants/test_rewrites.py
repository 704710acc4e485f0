"""A right answer in other words does what it did before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, TWO_FUNCTIONS

from autograder.model import manifest
from release.markup.model import Region
from release.markup.templates import solution_files, solved
from release.mutants.code import Code, Vocabulary
from release.mutants.equivalents import equivalents
from release.mutants.layouts import LAYOUTS, laid_out, renamed
from release.mutants.regions import answer_cells
from release.mutants.respelled import RESPELLED, with_blank_lines
from release.mutants.rewrites import (
    REWRITES,
    in_function,
    in_try,
    local_names,
    loops_for_comprehensions,
    only_in_functions,
)

WORDS = {**REWRITES, **RESPELLED}
GIVEN = "import math\nimport statistics as st\nfactor = 3"
#: The answer stands between the rules; what is asked for are `result` and `f`.
CELLS = {
    "statements": """\
result = None
# ------
squares = [side * side for side in range(6) if side % 2]
doubled = []
for n in squares:
    doubled.append(2 * n)
result = {"mean": st.mean(doubled), "half": 0.5, 'root': math.sqrt(factor)}
result["text"] = "{} é".format(len(squares))
# ------
f = len""",
    "function": """\
def f(values, power=2):
    total = 0
    # ------
    # the sum of powers
    for index, value in enumerate(values):
        if value is None:
            continue
        elif index > 10:
            break
        total += math.pow(value, power)
    kept = [value for value in values if value]
    return round(number=total, ndigits=3) + len(kept)
    # ------
result = f([1, 2, None, 4])""",
    "class": """\
class Counter:
    def __init__(self, start):
        # ------
        self.count = start
        self.steps = [start for _ in range(2)]
        # ------

    def add(self, number=1):
        # ------
        before = self.count
        self.count = before + number
        self.steps.append(self.count)
        return self.steps[-1]
        # ------

def f(n):
    counter = Counter(n)
    counter.add()
    return counter.add(number=5)
result = f(3)""",
    "shared": """\
total = 1
def f(n):
    # ------
    global total
    total = total + n
    double = lambda value: value * 2
    return double(total)
    # ------
result = f(4)""",
}


def code_of(text: str) -> Code:
    lines = text.split("\n")
    rules = [number for number, line in enumerate(lines) if line.strip() == "# ------"]
    pairs = zip(rules[::2], rules[1::2], strict=True)
    indent = lines[rules[0]][: len(lines[rules[0]]) - len(lines[rules[0]].lstrip())]
    regions = tuple(Region(a + 1, b, indent, a + 1) for a, b in pairs)
    return Code(text, text, regions, Vocabulary.of([GIVEN, text]))


def outcome(text: str) -> Any:
    names: dict[str, Any] = {}
    exec(f"{GIVEN}\n{text}", names)
    again = [] if names["f"] is len else [names["f"](n) for n in _inputs(names["f"])]
    return names["result"], again


def _inputs(function: Any) -> list[Any]:
    try:
        function([])
    except TypeError:
        return [1, 7]
    return [[], [0, 3, None], list(range(20))]


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("name", WORDS)
def test_the_same_in_other_words(name: str, cell: str) -> None:
    text = WORDS[name](code_of(CELLS[cell]))
    if text is not None:
        assert text != CELLS[cell]
        assert outcome(text) == outcome(CELLS[cell])


@pytest.mark.parametrize("name", WORDS)
def test_each_way_is_taken_somewhere(name: str) -> None:
    assert any(WORDS[name](code_of(text)) is not None for text in CELLS.values())


def test_what_could_change_what_a_cell_does_is_left() -> None:
    outlives = "# ------\nn = 5\nx = [n for n in range(3)]\nresult = n\n# ------\nf = len"
    assert loops_for_comprehensions(code_of(outlives)) is None
    dynamic = (
        "def f(a):\n    # ------\n    b = a\n    return locals()['b']\n    # ------\nresult = 1"
    )
    assert local_names(code_of(dynamic)) is None
    long = '# ------\nresult = """a\n  b"""\n# ------\nf = len'
    assert in_try(code_of(long)) is None
    assert with_blank_lines(code_of(long)) is None
    assert in_function(code_of(CELLS["function"])) is None
    assert only_in_functions(code_of(CELLS["function"]))
    assert not only_in_functions(code_of(CELLS["statements"]))


# --- whole notebooks -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_notebook_in_another_layout_keeps_its_code(name: str) -> None:
    staff = TWO_FUNCTIONS / "staff"
    assignment = manifest.load(staff)
    answers = list(answer_cells(assignment))
    before = solved(assignment)["two.ipynb"]
    data = laid_out(before, LAYOUTS[name], answers)
    if data is None:
        # There is one statement in each cell, and nothing but answers below one.
        assert name in ("split over two cells", "merged with the cell below")
        return
    tree = json.loads(data)
    assert data != before
    code = "\n".join("".join(c["source"]) for c in tree["cells"] if c["cell_type"] == "code")
    for line in ("np.asarray(matrix).sum(axis=1)", "import numpy as np", "def box_blur(image"):
        assert code.count(line) == 1


def test_files_under_other_names() -> None:
    found = dict(renamed({"a.ipynb": b"1", "log.csv": b"2"}, ["a.ipynb"]))
    assert set(found["downloaded twice"]) == {"a (1).ipynb", "log.csv"}
    assert set(found["in a folder"]) == {"my homework/a.ipynb", "my homework/log.csv"}
    assert set(found["copied in Drive"]) == {"Copy of a.ipynb", "log.csv"}


@pytest.mark.parametrize("name", ["hw4", "charlm"])
def test_each_question_is_spelled_in_many_ways(name: str) -> None:
    folder: Path = ROOT / "solutions" / name
    assignment = manifest.load(folder)
    solution = solved(assignment) | solution_files(assignment)
    made = list(equivalents(assignment, solution))
    answers = {q.id for cell in answer_cells(assignment) for q in cell.questions}
    for question in answers:
        assert sum(question in each.questions for each in made) >= 15, question
