"""Student code runs here; what it prints and what it draws goes out, as texts and numbers.

It runs in the worker, beside student code. matplotlib is imported by that code or not at all.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import sys
from collections.abc import Callable, Iterable, Iterator
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
        "legend": texts,
        "texts": _texts(axes.texts),
        "lines": [_line(line) for line in axes.lines[:MAX_PARTS]],
        "points": [_points(group) for group in _having(axes.collections, "get_offsets")],
        "bars": [
            _bars(group) for group in axes.containers[:MAX_PARTS] if hasattr(group, "patches")
        ],
        "images": [np.asarray(image.get_array()) for image in axes.images[:MAX_PARTS]],
    }


def _texts(texts: Iterable[Any]) -> list[str]:
    return [text.get_text() for text in list(texts)[:MAX_PARTS]]


def _having(parts: Iterable[Any], method: str) -> list[Any]:
    return [part for part in list(parts)[:MAX_PARTS] if hasattr(part, method)]


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


def _bars(group: Any) -> Described:
    boxes = [(bar.get_x(), bar.get_width(), bar.get_height()) for bar in group.patches]
    x, width, height = np.array(boxes, dtype=float).reshape(-1, 3).T
    return {"label": _label(group), "x": x, "width": width, "height": height}


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
