"""Hidden checks whose contents, inputs and expected values are what attacks are after."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from gradescope_utils.autograder_utils.decorators import number, weight

from autograder.checks import (
    Cache,
    Files,
    RemoteObject,
    Student,
    expect,
    expect_array,
    expect_shape,
    probe,
    question,
    time_limit,
)

CANARY = "canary-@CANARY@"
WEIGHTS = (0.125, 0.25, 0.375, 0.25)


@question("Q1")
@weight(4)
@number("1.1")
@pytest.mark.parametrize("kind", ["array", "other array", "list", "tensor"])
def test_total(student: Student, rng: np.random.Generator, kind: str) -> None:
    """total sums each row"""
    canary, matrix = CANARY, rng.random((4, 3))
    expected = matrix.sum(axis=1)
    if kind == "list":
        got = student.call("total", matrix[0].tolist())
        expect(type(got) is float, f"a value of type {type(got).__name__}", hidden="no float")
        expect_array(np.asarray(got), expected[0].reshape(()))
    elif kind == "tensor":
        got = student.call("total", torch.from_numpy(matrix))
        expect(
            type(got) is torch.Tensor, f"a value of type {type(got).__name__}", hidden="no tensor"
        )
        expect_array(got, expected)
    else:
        expect_array(student.call("total", matrix), expected)
    assert canary


@question("Q1")
@weight(1)
@number("1.2")
@time_limit(1)
def test_label(student: Student) -> None:
    """label turns a text round"""
    got = student.call("label", CANARY)
    expect(type(got) is str, f"a value of type {type(got).__name__}", hidden="no text")
    expect(got == CANARY[::-1], f"{got} for {CANARY}", hidden="another text")


@question("Q2")
@weight(0)
@number("2.1")
@time_limit(1)
def test_trophy(student: Student, flag: Callable[[str], None]) -> None:
    """trophy shows what the attack has got"""
    canary, got = CANARY, student.call("trophy")
    if got and not isinstance(got, RemoteObject):  # of which nothing has come
        flag(f"trophy: {got!r}"[:900])
    assert canary


@question("Q3")
@weight(2)
@number("3.1")
def test_weights(files: Files) -> None:
    """weights.json holds the trained weights"""
    weights: Any = files.json("weights.json")
    fine = type(weights) is list and all(type(value) is float for value in weights)
    expect(fine, "no list of numbers.", hidden="no list of numbers.")
    array = expect_shape(np.array(weights), (4,))
    error = float(np.abs(array - WEIGHTS).max())
    # As checks are often written, so that it is not this line that refuses NaN.
    expect(not error > 1e-6, f"{weights} for {WEIGHTS}", hidden="other weights.")


@question("Q3")
@weight(1)
@number("3.2")
def test_log(files: Files) -> None:
    """log.csv holds three steps"""
    head, *rows = files.text("*.csv").split() or [""]
    expect(head == "step,loss" and len(rows) == 3, "another table.", hidden="another table.")


@question("Q4")
@weight(2)
@number("4.1")
def test_accuracy(student: Student, cache: Cache) -> None:
    """rate reaches an accuracy of 90 %"""
    rate = student.value("rate")
    expect(type(rate) is float and 0 < rate < 1, "no number between 0 and 1.")
    accuracy = cache.remember(["accuracy", rate], lambda: 1.0 - abs(rate - 0.125))
    expect(accuracy >= 0.9, f"an accuracy of {accuracy}", hidden="a lower accuracy.")


@probe
def held(stack: Any) -> int:
    return len(list(stack))


@question("Q5")
@weight(1)
@number("5.1")
@time_limit(1)
def test_stack(student: Student) -> None:
    """Stack keeps what it is given"""
    stack, expected = student.make("Stack"), [CANARY, "other"]
    for item in expected:
        stack.call("push", item)
    got = list(stack)  # before its length is known: Python reserves memory for what it says
    expect(got == expected, f"{got} instead of {expected}", hidden="other items")
    expect(len(stack) == 2, f"{len(stack)} items", hidden="another number of items")
    count = student.probe(held, stack)
    expect(type(count) is int and count == 2, "another number", hidden="another number")
