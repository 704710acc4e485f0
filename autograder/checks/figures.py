"""What the student's process says of a figure comes in; what a check looks at goes out.

What comes is taken apart here and nothing of it is believed: each part is of the type that it has
to be, or the answer is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from autograder.model.findings import fail

Array = np.ndarray[Any, Any]
T = TypeVar("T")


@dataclass(frozen=True)
class Line:
    """A line of a plot, by its points.

    Attributes:
        x, y: of shape (points,); texts where an axis is one of categories.
        style, marker: as matplotlib writes them, "-" and "o" say, "None" for none.
    """

    label: str
    x: Array
    y: Array
    style: str
    marker: str


@dataclass(frozen=True)
class Points:
    """What one call of ``scatter`` has drawn; x and y of shape (points,)."""

    label: str
    x: Array
    y: Array


@dataclass(frozen=True)
class Bars:
    """What one call of ``bar`` or ``hist`` has drawn: left edges, widths, heights, (bars,) each."""

    label: str
    x: Array
    width: Array
    height: Array


@dataclass(frozen=True)
class Axes:
    """One plot of a figure.

    Attributes:
        legend: the texts of its legend; None if it has none.
        xticks: the texts at the ticks, as far as they were set or drawn.
        images: what ``imshow`` was given: (height, width) or (height, width, channels).
    """

    title: str
    xlabel: str
    ylabel: str
    xscale: str
    yscale: str
    xlim: tuple[float, float]
    ylim: tuple[float, float]
    legend: tuple[str, ...] | None
    xticks: tuple[str, ...]
    texts: tuple[str, ...]
    lines: tuple[Line, ...] = field(repr=False)
    points: tuple[Points, ...] = field(repr=False)
    bars: tuple[Bars, ...] = field(repr=False)
    images: tuple[Array, ...] = field(repr=False)

    def line(self, label: str) -> Line:
        """The line of that label.

        Raises:
            CheckFailed: there is none.
        """
        for line in self.lines:
            if line.label == label:
                return line
        labels = ", ".join(repr(line.label) for line in self.lines if line.label)
        raise fail(
            f"a plot without a line that is labelled {label!r}; there is "
            f"{labels or 'none with a label'}.",
            hint=f'Draw it with `label="{label}"`.',
            hidden=f"a plot without a line that is labelled {label!r}.",
        )


@dataclass(frozen=True)
class Figure:
    """A figure as it was when it was shown; its size is in inches."""

    title: str
    size: tuple[float, float]
    axes: tuple[Axes, ...]

    @property
    def plot(self) -> Axes:
        """Its one plot.

        Raises:
            CheckFailed: there is none, or there are several.
        """
        if len(self.axes) != 1:
            raise fail(
                f"a figure of {len(self.axes)} plots, where one is asked for.",
                hint="Draw everything on the same axes.",
            )
        return self.axes[0]


def figures_of(described: object) -> tuple[Figure, ...]:
    """The figures that a worker describes.

    Raises:
        CheckFailed: it is no description of figures.
    """
    try:
        return _several(described, _figure)
    except (TypeError, ValueError, KeyError):
        raise fail("a figure that no plotting draws.") from None


def _figure(given: Any) -> Figure:
    return Figure(_text(given["title"]), _pair(given["size"]), _several(given["axes"], _axes))


def _axes(given: Any) -> Axes:
    texts = {name: _text(given[name]) for name in "title xlabel ylabel xscale yscale".split()}
    legend = given["legend"]
    return Axes(
        **texts,
        xlim=_pair(given["xlim"]),
        ylim=_pair(given["ylim"]),
        legend=None if legend is None else _several(legend, _text),
        xticks=_several(given["xticks"], _text),
        texts=_several(given["texts"], _text),
        lines=_several(given["lines"], _line),
        points=_several(given["points"], lambda part: Points(_label(part), *_arrays(part, "x y"))),
        bars=_several(
            given["bars"], lambda part: Bars(_label(part), *_arrays(part, "x width height"))
        ),
        images=_several(given["images"], _array),
    )


def _line(given: Any) -> Line:
    x, y = _arrays(given, "x y")
    return Line(_label(given), x, y, _text(given["style"]), _text(given["marker"]))


def _label(given: Any) -> str:
    return _text(given["label"])


def _text(given: object) -> str:
    if not isinstance(given, str):
        raise TypeError
    return str(given)


def _pair(given: Any) -> tuple[float, float]:
    one, other = map(float, given)
    return one, other


def _array(given: object) -> Array:
    if not isinstance(given, np.ndarray):
        raise TypeError
    return given


def _arrays(given: Any, names: str) -> list[Array]:
    """Arrays of one dimension and the same length."""
    arrays = [_array(given[name]) for name in names.split()]
    if len({array.shape for array in arrays}) != 1 or arrays[0].ndim != 1:
        raise ValueError
    return arrays


def _several(given: object, take: Callable[[Any], T]) -> tuple[T, ...]:
    if type(given) is not list:
        raise TypeError
    return tuple(take(part) for part in given)
