"""What a check reads of a figure, however it was drawn, and what is said of one without it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import TWO_FUNCTIONS, Graded, Notebook, needs_installed, needs_root

from autograder.checks.figures import Axes, figures_of
from autograder.grading.session import Session
from autograder.model import manifest
from autograder.model.findings import CheckFailed
from autograder.sandbox import shown
from autograder.wire import copied
from release.markup.templates import solved, templates

NAMES, LENGTHS = ("tea", "mate", "milk"), [3.0, -1.0, 2.5]


@pytest.fixture
def plt() -> Iterator[Any]:
    pytest.importorskip("matplotlib").use("Agg")
    from matplotlib import pyplot

    yield pyplot
    pyplot.close("all")


def seen(draw: Callable[[], object]) -> Axes:
    """The plot that a check gets of what was drawn."""
    return figures_of(copied(shown.drawn(draw)))[-1].plot


def side_by_side(plt: Any, bar: str, how: str) -> None:
    draw, places = getattr(plt, bar), np.arange(3)
    size = {"height" if bar == "barh" else "width": 0.4}
    for number, label in enumerate(("a", "b")):
        heights = np.array(LENGTHS) + number
        if how == "grouped":
            draw(places + 0.4 * number - 0.2, heights, label=label, **size)
        else:
            start = {"left" if bar == "barh" else "bottom": 9.0 * number}
            draw(places, heights, label=label, **start)
    (plt.xticks if bar == "bar" else plt.yticks)(places, NAMES)


@pytest.mark.parametrize("bar", ["bar", "barh"])
def test_bars_stand_or_lie(plt: Any, bar: str) -> None:
    names, lengths = seen(lambda: getattr(plt, bar)(NAMES, LENGTHS)).bar_values()
    assert (names, lengths.tolist()) == (NAMES, LENGTHS)


@pytest.mark.parametrize("bar", ["bar", "barh"])
@pytest.mark.parametrize("how", ["grouped", "stacked"])
def test_bars_side_by_side_and_stacked(plt: Any, bar: str, how: str) -> None:
    plot = seen(lambda: side_by_side(plt, bar, how))
    names, lengths = plot.bar_values()
    assert names == NAMES * 2
    assert lengths.tolist() == [*LENGTHS, *(length + 1 for length in LENGTHS)]
    names, lengths = plot.bar_values("b")
    assert (names, lengths[0]) == (NAMES, LENGTHS[0] + 1)
    starts = plot.bars[1].x if bar == "barh" else plot.bars[1].y
    assert starts[0] == (9 if how == "stacked" else 0)
    assert plot.bars[0].horizontal == (bar == "barh")
    assert (plot.yticks if bar == "barh" else plot.xticks) == NAMES


@pytest.mark.parametrize(
    ("places", "names"),
    [
        ([2019, 2020, 2021], ("2019", "2020", "2021")),
        ([0.1, 0.2, 0.7], ("0.1", "0.2", "0.7")),
        ([date(2024, 2, d) for d in (28, 29)] + [date(2024, 3, 1)],
         ("2024-02-28", "2024-02-29", "2024-03-01")),
        ([datetime(2024, 2, 29, h, 30) for h in (0, 12, 23)],
         ("2024-02-29T00:30:00", "2024-02-29T12:30:00", "2024-02-29T23:30:00")),
        (["b", "a", "b"], ("b", "a", "b")),
    ],
)  # fmt: skip
def test_names_of_bars(plt: Any, places: list[Any], names: tuple[str, ...]) -> None:
    for bar in (plt.bar, plt.barh):
        plt.close("all")
        assert seen(partial(bar, places, [1, 2, 3])).bar_values()[0] == names


def test_ticks_that_name_some_bars_name_no_others(plt: Any) -> None:
    def draw() -> None:
        plt.bar(range(6), range(6))
        plt.xticks([0, 3], ["first", "fourth"])

    names = ("first", "1", "2", "fourth", "4", "5")
    assert seen(draw).bar_values()[0] == names


@needs_installed("pandas")
@pytest.mark.parametrize("kind", ["bar", "barh"])
def test_bars_by_pandas(plt: Any, kind: str) -> None:
    import pandas as pd

    frame = pd.DataFrame({"u": LENGTHS, "v": [1, 2, 3]}, index=NAMES)
    for stacked in (False, True):
        plt.close("all")
        plot = seen(partial(frame.plot, kind=kind, stacked=stacked))
        assert plot.bar_values("u")[0] == NAMES
        assert plot.bar_values("u")[1].tolist() == LENGTHS
        assert plot.bar_values()[0] == NAMES * 2
    assert seen(lambda: frame["u"].plot(kind=kind)).bar_values()[1].tolist() == LENGTHS


def test_histograms(plt: Any) -> None:
    for how in ("vertical", "horizontal"):
        plt.close("all")
        draw = partial(plt.hist, [1, 1, 2, 5], bins=[0, 2, 4, 6], orientation=how)
        plot = seen(draw)
        names, lengths = plot.bar_values()
        assert (names, lengths.tolist()) == (("1", "3", "5"), [2, 1, 1])


def test_lines_and_points(plt: Any) -> None:
    def draw() -> None:
        plt.plot([1, 2], [3, 4], label="a")
        plt.plot([5], [6], "o")
        plt.scatter([7, 8], [9, 10], label="b")
        plt.fill_between([0, 1], [0, 1])

    plot = seen(draw)
    assert [part.tolist() for part in plot.line_values("a")] == [[1, 2], [3, 4]]
    assert [part.tolist() for part in plot.point_values()] == [[7, 8, 5], [9, 10, 6]]
    assert [part.tolist() for part in plot.point_values("b")] == [[7, 8], [9, 10]]
    assert len(plot.points) == 1
    with pytest.raises(CheckFailed, match="a plot of 2 lines, where one is asked for"):
        plot.line_values()
    plt.close("all")
    assert seen(lambda: plt.plot([1, 2])).line_values()[1].tolist() == [1, 2]


PARTS: dict[str, tuple[Callable[[Axes], object], str]] = {
    "bars": (lambda plot: plot.bar_values(), "a figure without bars"),
    "bars of a label": (lambda plot: plot.bar_values("u"), "a figure without bars"),
    "line": (lambda plot: plot.line_values(), "a figure without a line"),
    "line of a label": (lambda plot: plot.line("u"), "a figure without a line"),
    "points": (lambda plot: plot.point_values(), "a figure without points"),
}


@pytest.mark.parametrize("name", PARTS)
def test_a_figure_without(plt: Any, name: str) -> None:
    read, said = PARTS[name]
    with pytest.raises(CheckFailed) as caught:
        read(seen(lambda: plt.pie([1, 2])))
    finding = caught.value.finding
    assert finding.public.startswith(said)
    assert "plt." in finding.hint


def test_none_of_that_label(plt: Any) -> None:
    plot = seen(lambda: plt.bar(NAMES, LENGTHS, label="v"))
    with pytest.raises(CheckFailed) as caught:
        plot.bar_values("u")
    finding = caught.value.finding
    assert finding.public == "a plot without bars that are labelled 'u'; there is 'v'."
    assert finding.hidden == "a plot without bars that are labelled 'u'."


def figure_of(**changes: Any) -> Any:
    """A description as a worker may make it up."""
    bars = {"label": "", "names": ["a"], "horizontal": False}
    bars |= {side: np.ones(1) for side in ("x", "y", "width", "height")}
    axes: dict[str, Any] = dict.fromkeys(["title", "xlabel", "ylabel", "xscale", "yscale"], "")
    axes |= {"xlim": (0.0, 1.0), "ylim": (0.0, 1.0), "legend": None, "bars": [bars | changes]}
    axes |= {part: [] for part in ("xticks", "yticks", "texts", "lines", "points", "images")}
    return [{"title": "", "size": (1.0, 1.0), "axes": [axes]}]


@pytest.mark.parametrize(
    "changes",
    [
        {"names": []},
        {"names": ["a", "b"]},
        {"names": "a"},
        {"names": [1]},
        {"names": None},
        {"horizontal": 1},
        {"horizontal": "yes"},
        {"y": np.ones(2)},
        {"y": np.ones((1, 1))},
        {"y": [1.0]},
        {"label": 3},
    ],
    ids=repr,
)
def test_bars_that_are_made_up(changes: dict[str, Any]) -> None:
    assert figures_of(figure_of())[0].plot.bar_values()[0] == ("a",)
    with pytest.raises(CheckFailed, match="a figure that no plotting draws"):
        figures_of(figure_of(**changes))


# --- through a worker ---------------------------------------------------------------------------

ANSWER = """import matplotlib.pyplot as plt
    names, lengths = ["tea", "mate"], [2.0, 1.0]
    kind = matrix
    if kind == "axes":
        return plt.subplots()[1].bar(names, lengths) and plt.gca()
    if kind == "nothing":
        return None
    drawn = {"bar": plt.bar, "barh": plt.barh, "line": plt.plot}.get(kind)
    if kind == "pie":
        plt.pie(lengths, labels=names)
    else:
        drawn(names, lengths)"""
HEAD = """
import numpy as np
import pytest
from autograder.checks import *
from gradescope_utils.autograder_utils.decorators import *

@question("Q2")
@weight(2)
@number("2")
def test_blur(student):
    student.call("box_blur", np.ones((3, 3)), 3)
"""
CHECK = """
@question("Q1")
@weight({weight})
@number("{number}")
def test_{number}(student):
    plot = student.figure({of}).plot
    {line}
"""
VALUES = "expect_equal(dict(zip(*plot.bar_values())), {'tea': 2.0, 'mate': 1.0})"
BY_HAND = "expect_array(np.concatenate([b.height for b in plot.bars]), np.array([2.0, 1.0]))"
NO_BARS = "`row_sums` draws a figure without bars."
CASES = [
    ("bar", VALUES, ""),
    ("barh", VALUES, ""),
    ("axes", VALUES, ""),
    ("pie", VALUES, "a figure without bars."),
    ("line", VALUES, "a figure without bars."),
    ("nothing", VALUES, "`row_sums` draws no figure."),
    ("bar", BY_HAND, ""),
    ("pie", BY_HAND, NO_BARS),
    ("pie", "plot.bars[0].height", NO_BARS),
    ("pie", "min(b.height.sum() for b in plot.bars)", NO_BARS),
    ("pie", "plot.lines[0]", "`row_sums` draws a figure without a line."),
    ("pie", "plot.images[0]", "`row_sums` draws a figure without a picture."),
    ("line", "[*plot.lines, *plot.bars][1]", "`row_sums` draws a figure, which this check"),
    ("line", "plot.lines[1]", "`row_sums` draws a figure, which this check cannot work with"),
    ("line", "not plot.bars and plot.lines[1]", "`row_sums` draws a figure, which this check"),
]


CELL = """return matrix.sum(axis=1)
import matplotlib.pyplot as plt
plt.pie([2.0, 1.0])
print("drawn")"""
OF_CELL = [
    ("plot.bars[0]", "the answer's cell draws a figure without bars."),
    ("plot.bar_values()", "a figure without bars."),
    ("float(plot.title)", "the answer's cell draws a figure, which this check cannot work with"),
    ("float(student.output())", "the answer's cell prints"),
]


def graded(folder: Path, checks: list[str], answer: str, *, public: bool, run: str = "") -> Graded:
    """What comes of an answer to Q1 whose checks are given."""
    root = folder / "assignment"
    shutil.copytree(TWO_FUNCTIONS, root)
    shutil.rmtree(root / "staff" / "checks")
    (root / "staff" / "checks").mkdir()
    place = (root / "public" if public else root / "staff") / "checks"
    place.mkdir(exist_ok=True)
    (place / "test_figures.py").write_text(HEAD + "".join(checks), encoding="utf-8")
    toml = root / "staff" / manifest.FILE_NAME
    toml.write_text(toml.read_text().replace('id = "Q1"\n', f'id = "Q1"\n{run}\n'))
    assignment = manifest.load(root / "staff")
    notebook = Notebook(solved(assignment)["two.ipynb"])
    notebook.edit("row-sums", ("return np.asarray(matrix).sum(axis=1)", answer))
    path = notebook.save(folder / "two.ipynb")
    with Session(assignment, templates(assignment)) as session:
        return Graded(session.grade(path))


@needs_root
@needs_installed("matplotlib")
@pytest.mark.parametrize("public", [True, False])
def test_figures_of_a_worker(tmp_path: Path, public: bool) -> None:
    checks = [
        CHECK.format(number=100 + n, of=f"'row_sums', {kind!r}", line=line, weight=2 / len(CASES))
        for n, (kind, line, _said) in enumerate(CASES)
    ]
    result = graded(tmp_path, checks, ANSWER, public=public)
    for number, (_kind, line, said) in enumerate(CASES):
        check = result.check(str(100 + number))
        assert check.status == ("failed" if said else "passed"), (line, check.staff)
        assert said in check.message
        assert "a list" not in check.message
        assert "dictionary" not in check.message


@needs_root
@needs_installed("matplotlib")
@pytest.mark.parametrize("public", [True, False])
def test_figures_of_a_cell(tmp_path: Path, public: bool) -> None:
    checks = [
        CHECK.format(number=100 + n, of="", line=line, weight=2 / len(OF_CELL))
        for n, (line, _said) in enumerate(OF_CELL)
    ]
    result = graded(tmp_path, checks, CELL, public=public, run='run = "cell"')
    for number, (_line, said) in enumerate(OF_CELL):
        check = result.check(str(100 + number))
        assert check.status == "failed", check.staff
        assert f"Came back: {said}" in check.message
