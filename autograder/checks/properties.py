"""A student's function, as something to call, comes in; whether it has a property goes out.

Properties that need no reference: a gradient agrees with finite differences, an output does not
depend on what comes later, the same call gives the same. What is passed in runs the student's code,
as ``lambda x: student.call("loss", x)``; all else happens here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.checks.expect.arrays import expect_array, expect_shape, read_array
from autograder.checks.expect.numbers import real_number
from autograder.checks.expect.tolerance import EXACT, narrowed
from autograder.checks.expect.values import Comparison, difference
from autograder.checks.expect.words import is_of, library, shown
from autograder.model.findings import CheckFailed, fail

Array = np.ndarray[Any, Any]
Function = Callable[[Any], object]


# --- gradients ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Exactness:
    """How finite differences are taken, and how well a gradient can agree with them.

    Attributes:
        step: relative to a coordinate, or to 1.
        rtol: of the larger of the two.
        scale: relative to the largest derivative that was found.
        epsilon: the relative error of a value of the function.
    """

    step: float
    rtol: float
    scale: float
    epsilon: float


_DOUBLE = _Exactness(1e-5, 1e-4, 1e-6, 2.3e-16)
_SINGLE = _Exactness(1e-2, 5e-2, 1e-2, 1.2e-7)


def expect_gradient(
    function: Function,
    at: Any,
    gradient: object,
    *,
    rng: np.random.Generator,
    samples: int = 16,
    hint: str = "",
) -> None:
    """Fail unless ``gradient`` is that of ``function``, by central differences.

    Where the function has a kink, as at the zero of a ReLU, what lies between the slopes of the two
    sides is right. A function in float32 is asked for less exactly, with larger steps.

    Args:
        function: gives a number for an array like ``at``; called twice for each sample.
        at: where; an array or tensor of floats, float64 if that can be.
        gradient: what the student's code says, of the same shape.
        samples: so many coordinates are looked at, one of them the largest of ``gradient``.
        hint: what to say of a wrong one.

    Raises:
        CheckFailed: it does not agree; or one of the two is not of the kind asked for.
        TypeError: ``at`` holds no floats.
    """
    point = _input_array(at)
    if point.dtype.kind != "f" or not point.size:
        raise TypeError("a gradient is asked for where there are no floats")
    got = expect_shape(gradient, point.shape).reshape(-1).astype(np.float64)
    positions = rng.permutation(point.size)[:samples]
    positions = np.unique([*positions, int(np.abs(got).argmax())])
    middle = _value(function, point, at)
    exactness = _exactness(function, point, at, middle, rng)
    slopes = np.array([_slopes(function, point, at, int(n), exactness, middle) for n in positions])
    central, got = slopes[:, 0], got[positions]
    wide = exactness.rtol * np.maximum(np.abs(central), np.abs(got)) + slopes[:, 3]
    wide = wide + exactness.scale * np.abs(central).max()
    low, high = slopes[:, :3].min(axis=1), slopes[:, :3].max(axis=1)
    wrong = (got < low - wide) | (got > high + wide)
    if wrong.any():
        worst = int(np.where(wrong, np.abs(got - central) / wide, -1.0).argmax())
        index = np.unravel_index(int(positions[worst]), point.shape)
        where = f" at [{', '.join(map(str, map(int, index)))}]" if point.ndim else ""
        raise fail(
            f"a gradient that is {shown(float(got[worst]))}{where}, where finite differences give "
            f"{shown(float(central[worst]))}.",
            hint=_constant_factor(got, central) or hint,
            hidden="a gradient that does not agree with finite differences.",
        )


def _exactness(
    function: Function, point: Array, like: Any, middle: float, rng: np.random.Generator
) -> _Exactness:
    """Whether the function is computed in float32, by two of its values."""
    aside = np.asarray(point + 1e-3 * rng.standard_normal(point.shape), dtype=point.dtype)
    values = (middle, _value(function, aside, like))
    single = all(narrowed(np.asarray(value)) is not EXACT for value in values)
    return _SINGLE if point.dtype.itemsize < 8 or single else _DOUBLE


def _slopes(
    function: Function, point: Array, like: Any, position: int, how: _Exactness, middle: float
) -> tuple[float, float, float, float]:
    """By one coordinate: the central slope, those to both sides, and their error by rounding."""
    step = how.step * max(1.0, abs(float(point.reshape(-1)[position])))
    moved = [point.copy(), point.copy()]
    for array, sign in zip(moved, (1, -1), strict=True):
        array.reshape(-1)[position] += sign * step
    ahead, behind = (_value(function, array, like) for array in moved)
    here = float(point.reshape(-1)[position])
    right, left = (float(array.reshape(-1)[position]) for array in moved)
    noise = 20 * how.epsilon * max(abs(middle), abs(ahead), abs(behind)) / step
    return (
        (ahead - behind) / (right - left),
        (ahead - middle) / (right - here),
        (middle - behind) / (here - left),
        noise,
    )


def _value(function: Function, point: Array, like: Any) -> float:
    value = float(real_number(function(_like(point, like))))
    if not np.isfinite(value):
        raise fail(
            f"{shown(value)} as a value of the function.",
            hint="Look for a division by zero, or a logarithm of zero.",
            hidden="a value of the function that is NaN or infinite.",
        )
    return value


def _constant_factor(got: Array, right: Array) -> str:
    """What to say of a gradient that is wrong by one factor everywhere."""
    large = np.abs(right) > 1e-2 * np.abs(right).max()
    ratios = got[large] / right[large]
    if ratios.size < 2 or not np.allclose(ratios, ratios[0], rtol=0.05) or abs(ratios[0]) < 1e-6:
        return ""
    if np.isclose(ratios[0], -1, rtol=0.05):
        return "The sign is the wrong way round."
    return "It is the right one times a constant: is a sum taken for a mean, or the reverse?"


# --- what may not matter --------------------------------------------------------------------------


def expect_deterministic(call: Callable[[], Any], *, times: int = 2, hint: str = "") -> Any:
    """Fail unless ``call`` gives exactly the same each time; what it gave.

    Raises:
        CheckFailed: it does not, or gives what cannot be compared.
    """
    first = call()
    for _ in range(times - 1):
        try:
            found = difference(call(), first, Comparison(atol=0.0, rtol=0.0))
        except (TypeError, ValueError):
            raise fail("a value that cannot be compared with itself.") from None
        if found is not None:
            where = f"at {found.path}: " if found.path else ""
            raise fail(
                f"another result for the same call: {where}{found.public}",
                hint=hint or "Is something kept between calls, or drawn at random without a seed?",
                hidden="another result when the same is called again.",
            )
    return first


def expect_causal(
    function: Function,
    inputs: Any,
    *,
    rng: np.random.Generator,
    axis: int = 1,
    out_axis: int | None = None,
    samples: int = 4,
    hint: str = "",
) -> None:
    """Fail unless outputs up to a position stay the same when later inputs change.

    Args:
        function: gives an array or tensor with as many positions as ``inputs``.
        inputs: floats, or whole numbers (as of tokens), that others in their range replace.
        axis: that of the positions, of the inputs; ``out_axis`` of the outputs, if it differs.
        samples: so many positions are looked at, the first among them.
        hint: what to say of a function that looks ahead.

    Raises:
        CheckFailed: an output changes; or what came back is no such array.
        ValueError: the inputs cannot be changed.
    """
    array = _input_array(inputs)
    length = array.shape[axis]
    if length < 2 or (array.dtype.kind in "biu" and array.min() == array.max()):
        raise ValueError("inputs of one position or one value cannot be changed behind another")
    out = axis if out_axis is None else out_axis
    before = _outputs(function, array, inputs, out, length)
    positions = np.unique([0, *(rng.permutation(length - 1)[: samples - 1])])
    for position in map(int, positions):
        changed = np.moveaxis(array.copy(), axis, 0)
        changed[position + 1 :] = _others(changed[position + 1 :], array, rng)
        after = _outputs(function, np.moveaxis(changed, 0, axis), inputs, out, length)
        try:
            expect_array(after[: position + 1], before[: position + 1])
        except CheckFailed:
            raise fail(
                f"outputs up to position {position} that change with the inputs behind it.",
                hint=hint or "What comes later has to be masked, before the softmax.",
                hidden="outputs that depend on later inputs.",
            ) from None


def _outputs(function: Function, values: Array, like: Any, axis: int, length: int) -> Array:
    """What the function gives, positions first."""
    array = read_array(function(_like(values, like)))
    dimensions = -axis if axis < 0 else axis + 1
    if array.ndim < dimensions or array.shape[axis] != length or array.dtype.kind not in "fc":
        raise fail(
            f"an array of {array.dtype} and shape {array.shape}, where floats with {length} "
            f"positions along axis {axis} are expected.",
            hint="There is one output for each position.",
            hidden="an array that does not have one output for each position.",
        )
    return np.moveaxis(expect_shape(array, array.shape, array.dtype.kind), axis, 0)


def _others(part: Array, array: Array, rng: np.random.Generator) -> Array:
    """Other inputs of the same kind, each of them changed."""
    if array.dtype.kind == "f":
        scale = float(array.std()) or 1.0
        return np.asarray(part + scale * (1 + rng.random(part.shape)), dtype=array.dtype)
    low, span = int(array.min()), int(array.max()) - int(array.min()) + 1
    other = (part.astype(np.int64) - low + rng.integers(1, span, part.shape)) % span + low
    return np.asarray(other, dtype=array.dtype)


# --- inputs ---------------------------------------------------------------------------------------


def _input_array(value: Any) -> Array:
    """The check's own input, as an array that may be changed."""
    if is_of(value, "torch", "Tensor"):
        value = value.detach().cpu().numpy()
    return np.array(value)


def _like(array: Array, like: Any) -> Any:
    """An array in the form in which the check gave its input."""
    if is_of(like, "torch", "Tensor"):
        return library("torch").from_numpy(np.ascontiguousarray(array))
    return array
