"""A trial runs less than all checks, and tells submissions apart by what checks read of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.checks.plugin.model import Check, CheckSpec
from autograder.checks.plugin.ordering import of_trial
from autograder.checks.reads import PARTIAL, Reads, variants
from autograder.model.manifest import Question
from autograder.model.trial import Trial


def check(name: str, *fixtures: str, depends_on: tuple[str, ...] = ()) -> Check:
    question = Question("Q", "title", 1.0)
    spec = CheckSpec(name, name, print, Path(), 1, question, True, "title")
    return Check(replace(spec, fixtures=fixtures, depends_on=depends_on))


CHECKS = [
    check("trains", "student", "cache"),
    check("asks", "student", depends_on=("trains",)),
    check("first", "student"),
    check("second", "student", depends_on=("first",)),
]


@pytest.mark.parametrize(
    ("trial", "names"),
    [
        (Trial(), ["first", "second", "trains", "asks"]),
        (Trial(checks=("second",)), ["first", "second"]),
        (Trial(checks=("asks",)), ["trains", "asks"]),
        (Trial(costly="never"), ["first", "second"]),
    ],
)
def test_which_checks_run_and_in_which_order(trial: Trial, names: list[str]) -> None:
    assert [each.id for each in of_trial(CHECKS, trial)] == names


def test_a_trial_crosses_the_wire() -> None:
    trial = Trial(("a", "b"), costly="if passed", reads=True)
    assert Trial.from_dict({**trial.to_dict(), "checks": ["a", "b"]}) == trial


def digest(*values: object) -> str:
    reads = Reads()
    for value in values:
        reads.note("name", value)
    return reads.digest


def test_what_is_read_is_told_apart_to_the_bit() -> None:
    array = np.arange(6.0).reshape(2, 3)
    values: list[object] = [
        *(0, 0.0, -0.0, False, None, "0", [], [0], [[0]]),
        *(array, array.T, array.astype(np.float32), array.ravel(), array + 1e-16 * array.max()),
        {"a": array, "b": 1},
    ]
    found = [digest(value) for value in values]
    same = found[9] == found[13]  # the smallest change there is, lost in rounding
    assert len(set(found)) == len(found) - same
    assert [digest(value) for value in values] == found
    assert digest(1, 2) != digest(2, 1)


def test_nothing_is_said_of_what_does_not_cross() -> None:
    reads = Reads()
    reads.note("name", 1)
    reads.note("name", [object()])
    reads.note("name", 2)
    assert reads.digest == PARTIAL


def test_functions_are_told_apart_on_variants_of_their_inputs() -> None:
    def digest_of(function: Any) -> str:
        reads = Reads()
        reads.note_call("f", (np.ones((3, 3)), 2), {})
        reads.note_call("f", (np.ones((3, 3)), 2), {})

        def ask(_name: str, *args: Any) -> Any:
            return function(*args)

        reads.vary(ask, ValueError)
        return reads.digest

    def refuses(array: Any, number: int) -> Any:
        if number != 2:
            raise ValueError
        return array.sum(axis=0)

    # On the one input that there was they agree.
    ways = [lambda a, _n: a.sum(axis=0), lambda a, _n: a.sum(axis=1), lambda a, n: a.sum(0) + n - 2]
    assert len({digest_of(way) for way in [*ways, refuses]}) == 4
    assert digest_of(ways[0]) == digest_of(lambda a, _n: np.add.reduce(a))


def test_variants_keep_types_and_stay_small() -> None:
    arrays = np.arange(6).reshape(2, 3), np.arange(2)
    found = list(variants((*arrays, 3, True, "ab", 0.5)))
    assert {len(each) for each in found} == {6}
    for each in found:
        types = [type(value) for value in each]
        assert types == [np.ndarray, np.ndarray, int, bool, str, float]
        assert 0 < each[0].size <= 6
        assert each[0].dtype == arrays[0].dtype
    assert any(np.array_equal(e[0], arrays[0][::-1]) and e[1][0] == 1 for e in found)
    assert list(variants(())) == []
