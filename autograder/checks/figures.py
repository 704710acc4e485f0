"""What the student's process says of a figure comes in; what a check looks at goes out.

What comes is taken apart here and nothing of it is believed: each part is of the type that it has
to be, or the answer is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import numpy as np

from autograder.model.findings import CheckFailed, Finding, fail

Array = np.ndarray[Any, Any]
T = TypeVar("T")


class _Labelled(Protocol):
    @property
    def label(self) -> str: ...


L = TypeVar("L", bound=_Labelled)


class Parts(tuple[T, ...]):
    """What a plot has of one kind; it remembers that a check went through it."""

    def __iter__(self) -> Iterator[T]:
        vars(self)["used"] = True
        return super().__iter__()

    def __getitem__(self, key: Any) -> Any:
        vars(self)["used"] = True
        return super().__getitem__(key)


@dataclass(frozen=True)
class Line:
    """A line of a plot, by its points.

    Attributes:
        label: its text in the legend; empty if it has none of its own.
        x: of shape (points,), in the units of the axis; texts where that is one of categories.
        y: likewise.
        style: as matplotlib writes it, "-" say; "None" for points that no line joins.
        marker: likewise, "o" say; "None" for none.
    """

    label: str
    x: Array
    y: Array
    style: str
    marker: str


@dataclass(frozen=True)
class Points:
    """What one call of ``scatter`` has drawn.

    Attributes:
        label: its text in the legend; empty if it has none of its own.
        x: of shape (points,), in the units of the axis; categories are counted from 0.
        y: likewise.
    """

    label: str
    x: Array
    y: Array


@dataclass(frozen=True)
class Bars:
    """What one call of ``bar``, ``barh`` or ``hist`` has drawn, in the order of drawing.

    Attributes:
        label: its text in the legend; empty if it has none of its own.
        names: what stands on the axis at each bar: a category, the text of a tick, a date as
            "2024-05-01"; where there is none, the number at its middle, "2" or "0.5".
        x: left edges, of shape (bars,), in the units of the axis; categories are counted from 0.
        y: lower edges, likewise: 0, or where the bar below ends if they are stacked.
        width: of shape (bars,), likewise.
        height: likewise; negative for a bar that hangs down.
        horizontal: they lie, as those of ``barh`` do.
    """

    label: str
    names: tuple[str, ...]
    x: Array
    y: Array
    width: Array
    height: Array
    horizontal: bool

    @property
    def lengths(self) -> Array:
        """What the bars show, of shape (bars,): heights, or widths if they lie."""
        return self.width if self.horizontal else self.height


@dataclass(frozen=True)
class Axes:
    """One plot of a figure.

    Attributes:
        title: empty if it has none, as are ``xlabel`` and ``ylabel``, the names of its axes.
        xscale: "linear", "log" and so on, as is ``yscale``.
        xlim: the ends of the axis, in its units, as is ``ylim``.
        legend: the texts of its legend; None if it has none.
        xticks: the texts at the ticks, as is ``yticks``.
        texts: what ``text`` and ``annotate`` have written into it.
        lines: each line, in the order of drawing, as are the following.
        points: the points of each ``scatter``.
        bars: the bars of each ``bar``, ``barh`` or ``hist``.
        images: what each ``imshow`` was given: an array of shape (height, width) or (height, width,
            channels).
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
    yticks: tuple[str, ...]
    texts: tuple[str, ...]
    lines: tuple[Line, ...] = field(repr=False)
    points: tuple[Points, ...] = field(repr=False)
    bars: tuple[Bars, ...] = field(repr=False)
    images: tuple[Array, ...] = field(repr=False)

    def bar_values(self, label: str | None = None) -> tuple[tuple[str, ...], Array]:
        """The names of all bars and their lengths, in the order of drawing, standing or lying.

        Of bars side by side or stacked, first all of one color, then all of the next.

        Args:
            label: only the bars that the legend calls so.

        Returns:
            names as in ``Bars.names``, and lengths of shape (bars,).

        Raises:
            CheckFailed: there are no bars, or none of that label.
        """
        groups = _chosen(self.bars, label, "bars")
        names = tuple(name for group in groups for name in group.names)
        return names, np.concatenate([group.lengths for group in groups])

    def line(self, label: str) -> Line:
        """The line of that label.

        Raises:
            CheckFailed: there is none.
        """
        return _chosen(self.lines, label, "line")[0]

    def line_values(self, label: str | None = None) -> tuple[Array, Array]:
        """The one line's ``x`` and ``y``, of shape (points,) each.

        Args:
            label: of several lines, the one that the legend calls so.

        Raises:
            CheckFailed: there is no line, or none of that label; without one, there are several.
        """
        found = _chosen(self.lines, label, "line")
        if label is None and len(found) > 1:
            raise fail(
                f"a plot of {len(found)} lines, where one is asked for.",
                hint="Draw one line.",
            )
        return found[0].x, found[0].y

    def point_values(self, label: str | None = None) -> tuple[Array, Array]:
        """The ``x`` and ``y`` of all points, (points,) each: by ``scatter``, or ``plot`` with "o".

        Args:
            label: only the points that the legend calls so.

        Raises:
            CheckFailed: there are no points, or none of that label.
        """
        unjoined = [line for line in self.lines if line.style == "None"]
        every: list[Points | Line] = [*self.points, *unjoined]
        groups = _chosen(every, label, "points")
        return np.concatenate([g.x for g in groups]), np.concatenate([g.y for g in groups])


@dataclass(frozen=True)
class Figure:
    """A figure as it was when it was shown.

    Attributes:
        title: that of the whole figure, by ``suptitle``; empty if it has none.
        size: width and height in inches.
        axes: its plots, in the order in which they were made.
    """

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


#: By kind of part, how a student draws one.
_DRAW = {
    "line": "Draw it with `plt.plot`.",
    "bars": "Draw them with `plt.bar` or `plt.barh`.",
    "points": "Draw them with `plt.scatter`.",
    "images": "Draw it with `plt.imshow`.",
}


def without(kind: str) -> Finding:
    """What is said of a figure that has nothing of a kind, which is a key of ``_DRAW``."""
    has = {"line": "a line", "images": "a picture"}.get(kind, kind)
    return Finding(f"a figure without {has}.", _DRAW[kind])


def looked_for(figure: Figure) -> str:
    """The kind of part that a check has gone through though there is none; else empty.

    A check that has found parts of another kind may take either.
    """
    parts = (
        (kind, part)
        for axes in figure.axes
        for kind, part in (
            ("line", axes.lines),
            ("bars", axes.bars),
            ("points", axes.points),
            ("images", axes.images),
        )
    )
    used = [(kind, len(part)) for kind, part in parts if vars(part).get("used")]
    return "" if any(count for _kind, count in used) or not used else used[0][0]


def _chosen(parts: Iterable[L], label: str | None, kind: str) -> tuple[L, ...]:
    """The parts of a label, or all; at least one."""
    every = tuple(parts)
    if not every:
        raise CheckFailed(without(kind))
    found = tuple(part for part in every if label in (None, part.label))
    if not found:
        what = "a line that is" if kind == "line" else f"{kind} that are"
        labels = ", ".join(repr(part.label) for part in every if part.label)
        raise fail(
            f"a plot without {what} labelled {label!r}; there is {labels or 'none with a label'}.",
            hint=f'Draw it with `label="{label}"`.',
            hidden=f"a plot without {what} labelled {label!r}.",
        )
    return found


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
        legend=None if legend is None else _texts(legend),
        xticks=_texts(given["xticks"]),
        yticks=_texts(given["yticks"]),
        texts=_texts(given["texts"]),
        lines=_several(given["lines"], _line),
        points=_several(given["points"], lambda part: Points(_label(part), *_arrays(part, "x y"))),
        bars=_several(given["bars"], _bars),
        images=_several(given["images"], _array),
    )


def _line(given: Any) -> Line:
    x, y = _arrays(given, "x y")
    return Line(_label(given), x, y, _text(given["style"]), _text(given["marker"]))


def _bars(given: Any) -> Bars:
    x, y, width, height = _arrays(given, "x y width height")
    names, horizontal = _texts(given["names"]), given["horizontal"]
    if len(names) != len(x) or type(horizontal) is not bool:
        raise ValueError
    return Bars(_label(given), names, x, y, width, height, horizontal)


def _label(given: Any) -> str:
    return _text(given["label"])


def _text(given: object) -> str:
    if not isinstance(given, str):
        raise TypeError
    return str(given)


def _texts(given: object) -> tuple[str, ...]:
    return tuple(_several(given, _text))


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


def _several(given: object, take: Callable[[Any], T]) -> Parts[T]:
    if type(given) is not list:
        raise TypeError
    return Parts(take(part) for part in given)
