"""Homework 4's readers of written answers and logs: odd ones end soon, and in little memory."""

from __future__ import annotations

import sys
import time
import tracemalloc
from collections.abc import Iterator
from fractions import Fraction
from types import ModuleType

import pytest
from conftest import ROOT

from autograder.model.findings import CheckFailed

CHECKS = ROOT / "solutions" / "hw4" / "checks"
SYMBOLS = {"W": 9, "K": 3}


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, ModuleType]]:
    monkeypatch.syspath_prepend(str(CHECKS))
    # Their own mark is known where they are run.
    monkeypatch.setattr("autograder.checks.question", lambda _id: lambda check: check)
    names = ("formulas", "logs", "test_written")
    before = {name: sys.modules.pop(name, None) for name in names}
    yield {name: __import__(name) for name in names}
    for name, module in before.items():
        sys.modules.pop(name, None)
        if module is not None:
            sys.modules[name] = module


class Handed:
    """A submission of one file."""

    def __init__(self, text: str = "", value: object = None) -> None:
        self._text = text
        self._value = value

    def text(self, _name: str) -> str:
        return self._text

    def json(self, _name: str) -> object:
        return self._value


def test_formulas_of_ordinary_size(checks: dict[str, ModuleType]) -> None:
    value = checks["formulas"].value
    assert value("(W-K)/2+1", SYMBOLS) == 4
    assert value("W^2^3", SYMBOLS) == Fraction(9**8)
    assert value("9^8^1 * 9^8 / 9^8", SYMBOLS) == Fraction(9**8)


@pytest.mark.parametrize(
    "text",
    [
        "(((((((((((9^8)^8)^8)^8)^8)^8)^8)^8)^8)^8)^8)",
        "1/" * 50 + "(((9^8)^8)^8)^8",
        "*".join(["(9^8)^8"] * 25),
        "+".join(f"1/({n}^8)^8" for n in range(11, 28)),
        "9" * 150 + "^8",
    ],
    ids="powers quotients products sums digits".split(),
)
def test_formulas_whose_numbers_grow(checks: dict[str, ModuleType], text: str) -> None:
    started = time.process_time()
    formulas = checks["formulas"]
    with pytest.raises(formulas.FormulaError, match="grow too large"):
        formulas.value(text, SYMBOLS)
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("\n" * 7_000_000, "no measurement"),
        ("\n" * 30_000_000, "larger than any log"),
        ("timestamp,memUsage\n1," + "9" * 140_000 + "\n", "no table"),
        ("timestamp,memUsage\n1," + "9" * 100_000 + "\n", "no number"),
        ("timestamp,memUsage\n\0,1\n", "no number"),
    ],
    ids="lines many field long NUL".split(),
)
def test_odd_logs(checks: dict[str, ModuleType], text: str, told: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(CheckFailed, match=told):
            checks["logs"].read(Handed(text), "a.csv", "timestamp", "memUsage")
        assert tracemalloc.get_traced_memory()[1] < 100e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "number", [10**400, -(10**4000), float("inf"), float("nan"), True, "9" * 500]
)
def test_odd_numbers(checks: dict[str, ModuleType], number: object) -> None:
    with pytest.raises(CheckFailed, match="no number"):
        checks["test_written"].as_number(number, "it")


def test_odd_shapes(checks: dict[str, ModuleType]) -> None:
    shape = checks["test_written"].as_shape
    assert shape("28x28x10", "it") == (28, 28, 10)
    assert len(shape("9" * 5000, "it")) == 1
