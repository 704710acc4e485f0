"""Functions in groups, callees first; what is known of them holds for other slices of the same."""

from __future__ import annotations

import ast
import textwrap

import pytest

from autograder.slicing.astnodes import Function
from autograder.slicing.effects.call_graph import grouped
from autograder.slicing.effects.callees import Callees
from autograder.slicing.effects.interprocedural import FunctionSummaries
from autograder.slicing.notebook import Cell
from autograder.slicing.packages import Packages
from autograder.slicing.slicer import slice_cells


def names(source: str) -> list[tuple[set[str], bool]]:
    callees = Callees.of(ast.parse(textwrap.dedent(source)).body)
    found = grouped(callees)
    return [({name for name, _function in group.pairs}, group.circular) for group in found]


@pytest.mark.parametrize(
    ("source", "groups"),
    [
        ("def f(): g()\ndef g(): pass", [({"g"}, False), ({"f"}, False)]),
        ("def f(): return f", [({"f"}, True)]),
        (
            "def a(): b()\ndef b(): c()\ndef c(): a()\ndef d(): a()",
            [({"a", "b", "c"}, True), ({"d"}, False)],
        ),
        ("def f(x): alias(x)\ndef last(): pass\nalias = last", [({"last"}, False), ({"f"}, False)]),
        (
            "class A:\n  def run(self): pass\nclass B(A):\n  def go(self): self.run()",
            [({"run"}, False), ({"go"}, False)],
        ),
        (
            "def f(model): model(1)\nclass Net:\n  def forward(self): pass",
            [({"forward"}, False), ({"f"}, False)],
        ),
    ],
)
def test_callees_come_first_and_circles_are_one(
    source: str, groups: list[tuple[set[str], bool]]
) -> None:
    assert names(source) == groups


def test_a_chain_of_calls_may_be_as_long_as_a_notebook() -> None:
    source = "\n".join(f"def f{n}(): f{n + 1}()" for n in range(3000))
    assert [group for group, _circular in names(source)] == [{f"f{n}"} for n in range(2999, -1, -1)]


CELLS = (
    "values = [1]\ntable = [2]",
    "def put(x):\n    return x",
    "def work(x):\n    return put(x)",
    "work(values)",
    "def put(x):\n    x.append(1)",
    "work(values)",
    "class Box:\n    def take(self, x):\n        return work(x)",
    "Box().take(table)",
    "def even(x):\n    return odd(x)\ndef odd(x):\n    table.append(x)\n    return even(x)",
    "even(3)",
    "import copy as put",
    "work(values)",
)


def test_what_a_slice_keeps_does_not_depend_on_the_slices_before() -> None:
    cells = [Cell(n, None, "code", text) for n, text in enumerate(CELLS, start=1)]
    known = Packages()
    for _again in range(2):
        for end in range(1, len(cells) + 1):
            for wanted in (["values"], ["table"], ["values", "table"]):
                found = slice_cells(cells[:end], wanted, known)
                assert found == slice_cells(cells[:end], wanted, Packages()), (end, wanted)


def test_a_function_that_means_something_else_below_is_read_again() -> None:
    cells = [Cell(n, None, "code", text) for n, text in enumerate(CELLS, start=1)]
    known = Packages()
    kept = [
        [step.cell for step in slice_cells(cells[:end], ["values"], known).steps] for end in (4, 6)
    ]
    assert 4 not in kept[0]
    assert {5, 6} <= set(kept[1])


def test_a_function_is_read_once_for_all_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    summarise = FunctionSummaries._summarise

    def counted(self: FunctionSummaries, name: str, function: Function) -> object:
        read.append(name)
        return summarise(self, name, function)

    monkeypatch.setattr(FunctionSummaries, "_summarise", counted)
    texts = [f"def f{n}(x):\n    return [x, {n}]" for n in range(20)]
    cells = [Cell(n, None, "code", text) for n, text in enumerate(texts, start=1)]
    known = Packages()
    for end in range(1, 21):
        slice_cells(cells[:end], [f"f{end - 1}"], known)
    assert sorted(read) == sorted(f"f{n}" for n in range(20))
