"""Rules on how an answer is written: what counts, what does not, and where a student is sent."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from autograder.checks import (
    Source,
    expect_call,
    expect_comprehension,
    expect_no_call,
    expect_no_import,
    expect_no_loop,
)
from autograder.checks.source import read_source
from autograder.model.errors import HarnessFault
from autograder.model.findings import CheckFailed
from autograder.slicing.notebook import Cell
from autograder.slicing.slicer import slice_cells

Rule = Callable[[Source], object]


def source_of(*cells: str, name: str = "f") -> Source:
    numbered = [Cell(n, None, "code", text) for n, text in enumerate(cells, start=1)]

    def quote(cell: int, line: int) -> str:
        return f"`{cells[cell - 1].splitlines()[line - 1].strip()}`"

    found = read_source(name, slice_cells(numbered, [name]), quote)
    assert found is not None
    return found


def broken(rule: Rule, source: Source) -> str:
    with pytest.raises(CheckFailed) as caught:
        rule(source)
    finding = caught.value.finding
    assert finding.text(hidden=True) == finding.text(hidden=False)  # the student's own code
    return finding.public


def no_inverse(source: Source) -> None:
    expect_no_call(source, "np.linalg.inv")


@pytest.mark.parametrize(
    "cells",
    [
        ["import numpy as np", "def f(a):\n    return np.linalg.inv(a)"],
        ["import numpy", "def f(a):\n    return numpy.linalg.inv(a)"],
        ["from numpy import linalg as la", "def f(a):\n    return la.inv(a)"],
        ["import numpy.linalg as la", "def f(a):\n    return la.inv(a)"],
        ["from numpy.linalg import inv", "def f(a):\n    return inv(a)"],
        ["from numpy.linalg import inv as solve", "f = lambda a: solve(a)"],
        ["from numpy.linalg import *", "def f(a):\n    return inv(a)"],
        ["def f(a):\n    from numpy.linalg import inv\n    return inv(a)"],
        ["def f(a):\n    import numpy as n\n    return n.linalg.inv(a)"],
        ["import numpy as np\nla = np.linalg", "def f(a):\n    return la.inv(a)"],
        ["import numpy as np\ninvert = np.linalg.inv", "def f(a):\n    return invert(a)"],
        ["import numpy as np", "def f(a):\n    la = np.linalg\n    return la.inv(a)"],
        ["import numpy as np", "def f(a):\n    return list(map(np.linalg.inv, a))"],
        ["import numpy as np", "def f(a):\n    return getattr(np.linalg, 'inv')(a)"],
        ["def f(a):\n    return __import__('numpy').linalg.inv(a)"],
        ["import importlib as i", "def f(a):\n    return i.import_module('numpy').linalg.inv(a)"],
        ["import numpy as np", "def f(a, how=np.linalg.inv):\n    return how(a)"],
        ["import numpy as np", "def h(a):\n    return np.linalg.inv(a)", "f = lambda a: h(a)"],
        ["import numpy as np\nh = lambda a: np.linalg.inv(a)\nf = lambda a: h(a)"],
        ["import numpy as np\nh = np.vectorize(np.linalg.inv)\ndef f(a):\n    return h(a)"],
        ["import numpy as np\nclass H:\n    def g(self, a):\n        return np.linalg.inv(a)\n"
         "def f(a):\n    return H().g(a)"],
        ["import numpy as np\ndef f(a):\n    return np.linalg.inv(a)\nf = np.vectorize(f)"],
        ["import numpy as np\nif True:\n    def f(a):\n        return np.linalg.inv(a)"],
    ],
)  # fmt: skip
def test_a_call_is_found_by_whatever_name(cells: list[str]) -> None:
    assert "`f` uses np.linalg.inv, which is not allowed here" in broken(
        no_inverse, source_of(*cells)
    )
    assert broken(lambda s: expect_no_import(s, "numpy"), source_of(*cells))
    expect_call(source_of(*cells), "np.linalg.solve", "numpy.linalg.inv")


@pytest.mark.parametrize(
    "cells",
    [
        ["import numpy as np", "def f(a):\n    return np.linalg.solve(a, a)"],
        # Not used by f, or not any more.
        ["import numpy as np", "def g(a):\n    return np.linalg.inv(a)", "def f(a):\n    return a"],
        ["import numpy as np", "def f(a):\n    return np.linalg.inv(a)", "def f(a):\n    return a"],
        ["import numpy as np", "W = np.linalg.inv(np.eye(2))", "def f(a):\n    return W @ a"],
        # Other things of that name.
        ["def inv(a):\n    return a", "def f(a):\n    return inv(a)"],
        ["from numpy.linalg import inv\ndef inv(a):\n    return a\ndef f(a):\n    return inv(a)"],
        ["def f(a, inv):\n    return inv(a)"],
        ["from scipy import linalg", "def f(a):\n    return linalg.inv(a)"],
        ["def f(a):\n    'np.linalg.inv'\n    return a  # np.linalg.inv(a)"],
        ["def f(a):\n    a.linalg.inv = 1\n    return a.np.linalg.inv(a)"],
    ],
)
def test_what_is_no_call_of_it(cells: list[str]) -> None:
    no_inverse(source_of(*cells))
    assert "`f` never uses np.linalg.inv" in broken(
        lambda s: expect_call(s, "np.linalg.inv"), source_of(*cells)
    )


def test_how_rules_name_functions() -> None:
    source = source_of(
        "import torch\nfrom torch.nn import functional as F\nfrom hw import conv",
        "def f(x):\n    x.sort()\n    return F.softmax(conv(sorted(x)), -1)",
    )
    for name in (".sort", "sorted", "F.softmax", "torch.nn.functional.softmax", "conv", "hw.conv",
                 "hw.*", "softmax"):  # fmt: skip
        assert name in broken(lambda s, name=name: expect_no_call(s, name), source)
    expect_no_call(
        source, "sort", "max", ".sorted", "torch.softmax", "np.*", ".softmax", "list.sort"
    )
    shadowed = source_of("def f(sorted):\n    return sorted([1])")
    expect_no_call(shadowed, "sorted")
    with pytest.raises(HarnessFault):
        expect_call(source)


def test_messages_name_the_students_cell_and_line() -> None:
    source = source_of(
        "import numpy as np",
        "# Mine\n@staticmethod\ndef helper(a):\n    return np.linalg.inv(\n        a)",
        "def f(a):\n    return helper(a)",
    )
    assert broken(no_inverse, source) == (
        "`f` uses np.linalg.inv, which is not allowed here in `helper`: cell 2, line 4, "
        "`return np.linalg.inv(`."
    )
    assert source.text == "def f(a):\n    return helper(a)"
    assert isinstance(source.tree, ast.FunctionDef)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("def f(a):\n    for x in a:\n        pass", "(for): cell 1, line 2, `for x in a:`"),
        ("def f(a):\n    while a:\n        a -= 1", "(while): cell 1, line 2"),
        ("def f(a):\n    return [x for x in a]", "(in a comprehension): cell 1, line 2"),
        ("def g(a):\n    for x in a: pass\nf = lambda a: g(a)", "(for) in `g`: cell 1, line 2"),
        ("f = 0\nfor x in range(3):\n    f += x", "(for): cell 1, line 2"),
    ],
)
def test_loops(text: str, kind: str) -> None:
    assert f"`f` loops {kind}" in broken(expect_no_loop, source_of(text))


def test_no_loops_and_comprehensions() -> None:
    whole = source_of("for i in range(3): print(i)\ndef f(a):\n    return a.sum(axis=1)")
    expect_no_loop(whole)
    assert "has no comprehension" in broken(expect_comprehension, whole)
    listed = source_of("def f(a):\n    return sum(x for x in a)")
    expect_comprehension(listed)
    expect_no_loop(listed, comprehensions=False)


def test_imports_that_are_not_used_do_not_count() -> None:
    source = source_of("import numpy as np, scipy", "def f(a):\n    return np.mean(a)")
    expect_no_import(source, "scipy", "num", "np.linalg")
    assert "uses np" in broken(lambda s: expect_no_import(s, "np"), source)
    inside = source_of("def f(a):\n    import scipy.stats\n    return a")
    assert "uses scipy" in broken(lambda s: expect_no_import(s, "scipy"), inside)


NET = """
class Net:
    def __init__(self):
        for i in range(3): pass
    def forward(self, x):
        return self.inner(x)
    def inner(self, x):
        return help(x) + Net.size
    def slow(self, x):
        while x: x -= 1
def help(x):
    return [y for y in x]
"""


def test_methods() -> None:
    net = source_of(NET, name="Net")
    assert "(for): cell 1, line 4" in broken(expect_no_loop, net)
    forward = net.method("forward")
    assert forward.text == "def forward(self, x):\n    return self.inner(x)"
    expect_no_loop(forward, comprehensions=False)
    assert "`Net.forward` loops (in a comprehension) in `help`: cell 1, line 12" in broken(
        expect_no_loop, forward
    )
    assert "(while)" in broken(expect_no_loop, net.method("slow"))
    assert "`Net` has no method `backward`" in broken(lambda s: s.method("backward"), net)
    assert "`help` has no method" in broken(
        lambda s: s.method("x"), source_of("def help(): pass", name="help")
    )


def test_what_cannot_be_read() -> None:
    with pytest.raises(CheckFailed, match="`f` is imported, where its definition is asked for"):
        source_of("from helpers import f")
    cells = [Cell(1, None, "code", "exec('f = 1')")]
    assert read_source("f", slice_cells(cells, ["f"]), lambda *_: "") is None
    deep = "f = " + "-" * 3000 + "1"
    plan = slice_cells([Cell(1, None, "code", deep)], ["f"])
    if plan.steps:
        with pytest.raises(CheckFailed, match="nested too deeply"):
            read_source("f", plan, lambda *_: "")


def test_recursion_and_rings_end() -> None:
    source = source_of("def g(n):\n    return f(n)\ndef f(n):\n    return g(n) if n else f(0)")
    assert [part.name for part in source.parts] == ["f", "g"]
    expect_no_loop(source)
