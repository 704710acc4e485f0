"""Student code runs here; what it prints and what it draws goes out, as texts and numbers.

It runs in the worker, beside student code. matplotlib is imported by that code or not at all.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any
from unittest import mock

import numpy as np

from autograder.wire import UnsupportedValue

#: Characters that one call, or the cells of one answer, may print.
MAX_PRINTED = 1_000_000
#: More than anybody draws into one picture.
MAX_PARTS = 1_000
#: A picture of 50 megapixels is larger than any camera's.
MAX_PIXELS = 50_000_000

Described = dict[str, Any]


class Shown:
    """What some cells print and draw while a notebook is replayed.

    As in a notebook, a figure ends with the cell that draws it, or where `show` is called.
    """

    def __init__(self, cells: Iterable[int]) -> None:
        self._cells = frozenset(cells)
        self._cell = 0
        self._printed = _Printed()
        self.figures: list[Described] = []

    @property
    def text(self) -> str:
        """What was printed."""
        return self._printed.getvalue()

    def enter(self, cell: int) -> None:
        """The next statement is one of that cell."""
        if cell != self._cell:
            if self._cell in self._cells:
                self.figures += _ended()
            elif _open_figures():
                _pyplot().close("all")
            self._cell = cell

    @contextlib.contextmanager
    def printing(self) -> Iterator[None]:
        """While a statement of the cell runs."""
        if self._cell not in self._cells:
            yield
            return
        with contextlib.redirect_stdout(self._printed), _showing(self.figures):
            yield


def printed(function: Callable[[], object], given: str) -> str:
    """What a function prints while ``input`` reads the lines given.

    Raises:
        UnsupportedValue: it is more than an answer may print.
        EOFError: by ``input``, when all lines have been read.
    """
    output, lines = _Printed(), io.StringIO(given)

    def ask(prompt: object = "", /) -> str:
        output.write(str(prompt))
        line = lines.readline()
        if not line:
            raise EOFError("input() is called more often than there are lines")
        return line.removesuffix("\n")

    # A notebook's ``input`` does not read ``sys.stdin``.
    patched = (mock.patch.object(builtins, "input", ask), mock.patch.object(sys, "stdin", lines))
    with contextlib.redirect_stdout(output), patched[0], patched[1]:
        function()
    return output.getvalue()


class _Printed(io.StringIO):
    """Text of a bounded length."""

    def write(self, text: str) -> int:
        if self.tell() + len(text) > MAX_PRINTED:
            raise UnsupportedValue(f"printed text of more than {MAX_PRINTED} characters")
        return super().write(text)


# --- figures --------------------------------------------------------------------------------------


def drawn(function: Callable[[], Any]) -> list[Described]:
    """The figures that a function returns, or else those that it draws."""
    before = set(map(id, _open_figures()))
    ended: list[Described] = []
    with _showing(ended):
        found = function()
    figures = [figure for figure in _open_figures() if id(figure) not in before]
    own = getattr(found, "figure", None)  # an axes' one, or a figure's own
    chosen = [own] if own is not None and hasattr(own, "axes") else figures
    described = [_described(figure) for figure in chosen]
    for figure in figures:
        _pyplot().close(figure)
    return ended + described


@contextlib.contextmanager
def _showing(figures: list[Described]) -> Iterator[None]:
    """Meanwhile ``plt.show()`` ends the open figures, as in a notebook: what comes is a new one."""
    pyplot = _pyplot()
    if pyplot is None:
        yield
        return
    with mock.patch.object(pyplot, "show", lambda *_args, **_kwargs: figures.extend(_ended())):
        yield


def _ended() -> list[Described]:
    """The open figures as plain values; they are closed."""
    described = [_described(figure) for figure in _open_figures()]
    if described:
        _pyplot().close("all")
    return described


def _pyplot() -> Any:
    return sys.modules.get("matplotlib.pyplot")


def _open_figures() -> list[Any]:
    """The figures that pyplot knows, if it is used at all."""
    pyplot = _pyplot()
    return [] if pyplot is None else [pyplot.figure(number) for number in pyplot.get_fignums()]


def _described(figure: Any) -> Described:
    """A figure as plain values."""
    title = getattr(figure, "_suptitle", None)
    return {
        "title": title.get_text() if title is not None else "",
        "size": tuple(map(float, figure.get_size_inches())),
        "axes": [_axes(axes) for axes in figure.axes[:MAX_PARTS]],
    }


def _axes(axes: Any) -> Described:
    legend = axes.get_legend()
    texts = [text.get_text() for text in legend.get_texts()] if legend is not None else None
    return {
        "title": axes.get_title(),
        "xlabel": axes.get_xlabel(),
        "ylabel": axes.get_ylabel(),
        "xscale": axes.get_xscale(),
        "yscale": axes.get_yscale(),
        "xlim": tuple(map(float, axes.get_xlim())),
        "ylim": tuple(map(float, axes.get_ylim())),
        "xticks": _texts(axes.get_xticklabels()),
        "yticks": _texts(axes.get_yticklabels()),
        "legend": texts,
        "texts": _texts(axes.texts),
        "lines": [_line(line) for line in axes.lines[:MAX_PARTS]],
        "points": [_points(group) for group in axes.collections[:MAX_PARTS] if _is_scatter(group)],
        "bars": [
            _bars(group, axes) for group in axes.containers[:MAX_PARTS] if hasattr(group, "patches")
        ],
        "images": [np.asarray(image.get_array()) for image in axes.images[:MAX_PARTS]],
    }


def _texts(texts: Iterable[Any]) -> list[str]:
    return [text.get_text() for text in list(texts)[:MAX_PARTS]]


def _is_scatter(group: Any) -> bool:
    """Whether ``scatter`` has drawn it: areas and contours are collections, too."""
    return any(kind.__name__ == "PathCollection" for kind in type(group).__mro__)


def _label(part: Any) -> str:
    label = str(part.get_label())
    return "" if label.startswith("_") else label  # a name that matplotlib has given


def _line(line: Any) -> Described:
    return {
        "label": _label(line),
        "x": _numbers(line.get_xdata()),
        "y": _numbers(line.get_ydata()),
        "style": str(line.get_linestyle()),
        "marker": str(line.get_marker()),
    }


def _points(group: Any) -> Described:
    offsets = np.ma.getdata(group.get_offsets())
    return {"label": _label(group), "x": _numbers(offsets[:, 0]), "y": _numbers(offsets[:, 1])}


def _bars(group: Any, axes: Any) -> Described:
    boxes = [(b.get_x(), b.get_y(), b.get_width(), b.get_height()) for b in group.patches]
    x, y, width, height = np.array(boxes, dtype=float).reshape(-1, 4).T
    lying = getattr(group, "orientation", None) == "horizontal"
    names = _names(axes.yaxis, y + height / 2) if lying else _names(axes.xaxis, x + width / 2)
    sides = {"x": x, "y": y, "width": width, "height": height}
    return {"label": _label(group), "horizontal": lying, "names": names, **sides}


#: Formatters by which a place on an axis has a name of its own.
_NAMING = frozenset(("StrCategoryFormatter", "FixedFormatter", "FuncFormatter"))


def _names(axis: Any, places: np.ndarray[Any, Any]) -> list[str]:
    """What stands on the axis at each place: a category, a tick's text, a date; else the number.

    Bars side by side have the name of the tick that is next to them, if each has one of its own.
    """
    formatter = axis.get_major_formatter()
    kind, dates = type(formatter).__name__, sys.modules.get("matplotlib.dates")
    if "Date" in kind and dates is not None:
        return [_date(dates, place) for place in places]
    numbers = [f"{round(float(place), 9):.15g}" for place in places]
    ticks = np.asarray(axis.get_majorticklocs(), dtype=float)[:MAX_PARTS]
    if kind not in _NAMING or not ticks.size or len(places) > MAX_PARTS:
        return numbers
    texts = list(map(str, formatter.format_ticks(ticks)))
    distances = np.abs(places[:, None] - ticks)
    nearest, away = distances.argmin(axis=1), distances.min(axis=1)
    spacing = np.diff(np.sort(ticks)).min() if ticks.size > 1 else np.inf
    own = len(set(nearest.tolist())) == len(places)
    close = (away < 1e-6) | (own & (away < spacing / 2))
    return [
        texts[tick] if named and texts[tick] else number
        for tick, named, number in zip(nearest, close, numbers, strict=True)
    ]


def _date(dates: Any, place: float) -> str:
    """The date at a place that is a number of days, which a bar's width may have shifted a bit."""
    epoch = dates.num2date(0.0).replace(tzinfo=None)
    moment = epoch + timedelta(seconds=round(float(place) * 86_400))
    return str(moment.isoformat() if any(moment.timetuple()[3:6]) else moment.date())


def _numbers(values: Any) -> np.ndarray[Any, Any]:
    """Data as they are, where they are numbers or dates; categories by their names."""
    array = np.asarray(values)
    return array if array.dtype.kind in "biufcM" else np.asarray([str(value) for value in array])


# --- pictures -------------------------------------------------------------------------------------


def pixels(data: bytes) -> np.ndarray[Any, Any]:
    """The pixels of a picture in a file's bytes.

    Raises:
        ValueError: there are too many.
        OSError: it is no such picture.
    """
    from PIL import Image

    with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "GIF", "BMP")) as image:
        if image.width * image.height > MAX_PIXELS:
            raise ValueError("a picture of too many pixels")
        return np.asarray(image.convert("RGBA") if image.mode == "P" else image)
