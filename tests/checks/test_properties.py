"""Properties of a student's function: functions that have them, that lack them, and odd ones."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from autograder.checks import (
    expect_causal,
    expect_deterministic,
    expect_gradient,
    expect_growth,
    expect_vectorised,
)
from autograder.model.findings import CheckFailed, Finding

ODD = [None, "0.5", [0.5], {}, np.nan, np.empty(0), object()]


def refused(check: Callable[[], object]) -> Finding:
    with pytest.raises(CheckFailed) as caught:
        check()
    finding = caught.value.finding
    assert not re.search(r"\d", finding.text(hidden=True))
    return finding


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


# --- gradients ------------------------------------------------------------------------------------


def loss(w: np.ndarray) -> float:
    return float((np.tanh(w) ** 2).sum() + 0.1 * (w**3).sum())


def right(w: np.ndarray) -> np.ndarray:
    return 2 * np.tanh(w) * (1 - np.tanh(w) ** 2) + 0.3 * w**2


@given(st.integers(0, 2**32 - 1), st.sampled_from([1e-3, 1.0, 1e3]))
def test_right_gradients_pass_and_others_do_not(seed: int, size: float) -> None:
    rng = np.random.default_rng(seed)
    w = size * rng.standard_normal((4, 3))
    expect_gradient(loss, w, right(w), rng=rng, samples=12)
    wrong = right(w)
    wrong[2, 1] += 1e-2 * np.abs(wrong).max()
    finding = refused(lambda: expect_gradient(loss, w, wrong, rng=rng, samples=12))
    assert "at [2, 1], where finite differences give" in finding.public


def test_gradients_that_are_wrong_by_a_factor(rng: np.random.Generator) -> None:
    w = rng.standard_normal((4, 3))
    for factor, hint in [(-1, "wrong way round"), (12, "times a constant"), (0, "Mine.")]:
        wrong = factor * right(w)
        finding = refused(
            lambda wrong=wrong: expect_gradient(loss, w, wrong, rng=rng, hint="Mine.")
        )
        assert hint in finding.hint


def test_gradients_at_kinks(rng: np.random.Generator) -> None:
    w = np.array([-1.0, 0.0, 1e-6, 2.0])

    def relu(x: np.ndarray) -> float:
        return float(np.maximum(x, 0).sum())

    for at_zero in (0.0, 0.5, 1.0):
        expect_gradient(relu, w, np.array([0, at_zero, 1.0, 1]), rng=rng)
    refused(lambda: expect_gradient(relu, w, np.array([0, 2.0, 1, 1]), rng=rng))
    refused(lambda: expect_gradient(relu, w, np.array([0.5, 0, 1.0, 1]), rng=rng))


def test_gradients_in_float32(rng: np.random.Generator) -> None:
    w = torch.tensor(rng.standard_normal(20), dtype=torch.float32, requires_grad=True)

    def single(x: torch.Tensor) -> Any:
        assert x.dtype is torch.float32
        return (torch.tanh(x) ** 2).sum()

    single(w).backward()
    assert w.grad is not None
    expect_gradient(single, w, w.grad, rng=rng)
    expect_gradient(lambda x: single(x).item(), w, w.grad, rng=rng)
    refused(lambda: expect_gradient(single, w, 1.5 * w.grad, rng=rng))
    refused(lambda: expect_gradient(single, w, torch.zeros(20), rng=rng))
    # Computed in float32 inside, whatever comes in.
    double = w.detach().double().numpy()
    expect_gradient(lambda x: single(torch.tensor(x).float()).item(), double, w.grad, rng=rng)


def test_odd_gradients(rng: np.random.Generator) -> None:
    w = rng.standard_normal((4, 3))
    for odd in (*ODD, right(w)[0], right(w) * np.nan, right(w).astype(int)):
        refused(lambda odd=odd: expect_gradient(loss, w, odd, rng=rng))
    for odd in (*ODD, np.inf, True, 1j):
        refused(lambda odd=odd: expect_gradient(lambda _: odd, w, right(w), rng=rng))
    with pytest.raises(TypeError, match="no floats"):
        expect_gradient(loss, np.arange(3), np.zeros(3), rng=rng)
    expect_gradient(lambda x: float(x**2), np.array(3.0), np.array(6.0), rng=rng)
    expect_gradient(lambda _: 7.0, w, np.zeros_like(w), rng=rng)


# --- what may not matter --------------------------------------------------------------------------


def test_deterministic() -> None:
    assert expect_deterministic(lambda: {"w": np.array([1.0, np.nan])}).keys() == {"w"}
    for odd in ODD[:-1]:
        expect_deterministic(lambda odd=odd: odd)
    numbers = iter(np.linspace(0, 1e-12, 9))
    finding = refused(lambda: expect_deterministic(lambda: {"w": np.full(3, next(numbers))}))
    assert "another result for the same call: at ['w']" in finding.public
    refused(lambda: expect_deterministic(lambda: np.array([object()])))
    kinds = iter([1, "1", None])
    refused(lambda: expect_deterministic(lambda: next(kinds)))


def mixing(mask: bool, dtype: torch.dtype = torch.float32) -> Callable[[Any], Any]:
    def attend(x: Any) -> torch.Tensor:
        values = torch.as_tensor(np.asarray(x)).to(dtype)
        values = values[..., None] if values.ndim == 2 else values
        scores = values @ values.transpose(1, 2)
        if mask:
            ahead = torch.ones(scores.shape[-2:]).triu(1).bool()
            scores = scores.masked_fill(ahead, -torch.inf)
        return scores.softmax(-1) @ values

    return attend


def test_causal(rng: np.random.Generator) -> None:
    floats, tokens = rng.standard_normal((2, 7, 4)), rng.integers(0, 3, (2, 9))
    for inputs in (floats, torch.tensor(floats), tokens, torch.tensor(tokens)):
        expect_causal(mixing(mask=True), inputs, rng=rng)
        finding = refused(lambda x=inputs: expect_causal(mixing(mask=False), x, rng=rng))
        assert "that change with the inputs behind it" in finding.public
    # One position too many: only the next one leaks.
    refused(lambda: expect_causal(lambda x: np.roll(x, -1, axis=1), floats, rng=rng, samples=2))


def test_causal_along_other_axes(rng: np.random.Generator) -> None:
    expect_causal(np.cumsum, rng.random(6), rng=rng, axis=0)
    expect_causal(lambda x: np.cumsum(x, axis=-1), rng.random((2, 3, 6)), rng=rng, axis=-1)
    expect_causal(lambda x: np.cumsum(x, 0).T, rng.random((6, 2)), rng=rng, axis=0, out_axis=1)
    refused(lambda: expect_causal(lambda x: np.cumsum(x[::-1]), rng.random(6), rng=rng, axis=0))


def test_odd_causal(rng: np.random.Generator) -> None:
    floats = rng.standard_normal((2, 7))
    shapes = [floats[:, :1], floats[0, :3], floats.T, np.array(0.5), floats > 0, floats * np.nan]
    for odd in (*ODD, *shapes):
        refused(lambda odd=odd: expect_causal(lambda _: odd, floats, rng=rng))
    refused(lambda: expect_causal(lambda _: torch.tensor(floats).to_sparse(), floats, rng=rng))
    for inputs in (floats[:, :1], np.ones((2, 7), int)):
        with pytest.raises(ValueError, match="cannot be changed"):
            expect_causal(lambda x: x, inputs, rng=rng)


# --- time -----------------------------------------------------------------------------------------


def spin(seconds: float) -> None:
    """Work that takes so long, of this process's own time: others on the machine do not count."""
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def test_growth() -> None:
    expect_growth(lambda n: spin(n * 1e-3), 5, 40)
    expect_growth(lambda n: spin(n * n * 1e-4), 4, 20, order=2)
    finding = refused(lambda: expect_growth(lambda n: spin(n * n * 1e-4), 4, 32))
    assert "an input 8 times as large took" in finding.public
    expect_growth(lambda _: None, 10, 100)
    with pytest.raises(ValueError, match="tell nothing"):
        expect_growth(spin, 10, 20)


def test_vectorised() -> None:
    expect_vectorised(lambda: spin(0.03), lambda: spin(0.25))
    expect_vectorised(lambda: None, lambda: spin(0.001))
    finding = refused(lambda: expect_vectorised(lambda: spin(0.1), lambda: spin(0.12)))
    assert "where a loop over the elements takes" in finding.public
