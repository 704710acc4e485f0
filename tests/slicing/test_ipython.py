"""Magics come to the same as in IPython, in a time that grows with the length of the cell."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager

from autograder.slicing import ipython

PIECES = (
    "%x y\n|!ls 'a\n|x = !ls\n|if a:\n|    %time f(\n|    x = 1\n|  y = %env\n|foo?\n|'''a\n|"
    "f(1,\n|2)\n|\n|# c\n|!ls \\\n -l\n|/f a\n|,f a b\n|x = \\\n %foo\n|    for i in x:\n|"
    "        !pip\n|        i?\n|else:\n|def f():\n|\tx = %y\n|x = [\n|]\n|?x\n|%%x\n|a = '\n|"
    "z = f'{!ls}'\n|//f a\n|x?? ; y\n|print('''\n%no\n''')\n|@d\n|        x = 1\n|    while a:\n|"
    '    """A text\n    of some\n\n\n  lines."""\n'
).split("|")


def _by_ipython(cell: str) -> str:
    """IPython's own pass, with the lines of its results filled up as ours are."""
    manager = TransformerManager()
    manager.token_transformers = [ipython._keeping_lines(t) for t in manager.token_transformers]
    return str(manager.transform_cell(cell))


def _as_python(transform: Callable[[str], str], cell: str) -> str:
    """What is run of a cell; nothing if it is no Python."""
    try:
        text = transform(cell)
        ast.parse(text)
    except (SyntaxError, ValueError):
        return ""
    return text


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_it_is_what_ipython_makes_of_it(cell: str) -> None:
    assert _as_python(ipython.transformed, cell) == _as_python(_by_ipython, cell)


BLOCKS = """def f(n):
    '''a
    b
    '''
    while n:
        if n:
            n = 1
"""


@pytest.mark.parametrize(
    "cell",
    [
        f"{BLOCKS}        n = 2\n    return n\n%time f(1)\n",
        f"{BLOCKS}        %x\n        n = 3\n        !ls\n    %y\n",
        "\n".join(["%x y"] * 40),
        "if a:\n" + "    x = 1\n" * 30 + "    %x\n" + "    y = !ls\n" * 30 + "z = %env\n",
        "x = [\n" + "1,\n" * 50 + "]\n%y\n",
    ],
)
def test_blocks_go_on_from_part_to_part(cell: str) -> None:
    assert _as_python(_by_ipython, cell) != ""
    assert ipython.transformed(cell) == _by_ipython(cell)


def _lines_read(monkeypatch: pytest.MonkeyPatch, cell: str, transform: Callable[[str], str]) -> int:
    """How many lines are read as tokens, again and again."""
    count = 0
    original = ipython.make_tokens_by_line

    def counted(lines: list[str]) -> object:
        nonlocal count
        count += len(lines)
        return original(lines)

    for module in ("autograder.slicing.ipython", "IPython.core.inputtransformer2"):
        monkeypatch.setattr(f"{module}.make_tokens_by_line", counted)
    transform(cell)
    return count


CELLS = ["%x a b c\n", "if a:\n    %x\n    y = 1\n", "y = !ls\n\n# c\n", "'''a\n'''\n!ls \\\n -l\n"]


@pytest.mark.parametrize("piece", CELLS)
def test_the_work_grows_with_the_length(monkeypatch: pytest.MonkeyPatch, piece: str) -> None:
    """A cell of 490 lines with magics took IPython 14 seconds on a busy machine."""
    few, many = (_lines_read(monkeypatch, piece * n, ipython.transformed) for n in (100, 400))
    assert many < 6 * few


def test_control_ipython_reads_the_whole_cell_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = (_lines_read(monkeypatch, CELLS[0] * n, _by_ipython) for n in (100, 400))
    assert many > 10 * few


def test_a_line_that_goes_on_changing_is_no_python() -> None:
    with pytest.raises(SyntaxError, match="each time that it is read"):
        ipython.transformed("," * 50 + "f a\n")


def test_more_magics_than_ipython_takes_are_read() -> None:
    """It gives up after five hundred."""
    assert ipython.transformed("%x\n" * 600).count("run_line_magic") == 600
