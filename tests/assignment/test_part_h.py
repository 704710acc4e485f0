"""Part H: the package's pictures, plots and describers, and the solution notebook."""

import importlib
import re
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jupytext
import matplotlib as mpl
import nbformat
import numpy as np
import pytest
from IPython.core.inputtransformer2 import TransformerManager

ROOT = Path(__file__).resolve().parents[2]
ASSIGNMENT = ROOT / "assignment" / "hw4"
SOLVED = ROOT / "solutions" / "hw4" / "HandDesignFilters.py"
BOX = re.compile(
    r"^ *(#{57,92})\n(?: *# .*#\n)+ *\1\n"
    r"(?P<answer>(?:.*\n)*?)"
    r" *\1\n *# +END OF YOUR CODE +#\n *\1\n",
    re.MULTILINE,
)


@pytest.fixture(autouse=True)
def hw4_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ASSIGNMENT))


@pytest.fixture
def hw4() -> types.ModuleType:
    return importlib.import_module("hw4")


@pytest.fixture
def describe() -> types.ModuleType:
    return importlib.import_module("hw4.describe")


@pytest.fixture(autouse=True)
def agg() -> Iterator[None]:
    plt = importlib.import_module("matplotlib.pyplot")
    before = mpl.get_backend()
    plt.switch_backend("Agg")
    yield
    plt.close("all")
    plt.switch_backend(before)


@pytest.fixture(scope="module")
def notebook() -> nbformat.NotebookNode:
    return jupytext.read(SOLVED)


def code_of(notebook: nbformat.NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


# The package


def test_importing_the_package_stays_light() -> None:
    script = (
        "import sys\n"
        f"sys.path.insert(0, {str(ASSIGNMENT)!r})\n"
        "import hw4, hw4.describe\n"
        "heavy = {'matplotlib', 'torch', 'torchvision', 'scipy', 'PIL', 'pandas', 'IPython'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_public_names_exist(hw4: types.ModuleType) -> None:
    assert {"load_picture", "show_filtered"} <= set(hw4.__all__)
    assert all(callable(getattr(hw4, name)) for name in hw4.__all__)


def test_picture_is_grey_float_and_in_range(hw4: types.ModuleType) -> None:
    picture = hw4.load_picture()
    assert picture.shape == (256, 218)
    assert picture.dtype == np.float64
    assert picture.min() >= 0.0
    assert picture.max() <= 1.0
    assert np.ptp(picture) > 0.8


def test_picture_is_the_same_each_time(hw4: types.ModuleType) -> None:
    first = hw4.load_picture(64)
    first_copy = first.copy()
    first[:] = 0.0
    assert np.array_equal(hw4.load_picture(64), first_copy)


@pytest.mark.parametrize(("height", "width"), [(600, 512), (300, 256), (1, 1)])
def test_picture_keeps_the_ratio_of_its_sides(
    hw4: types.ModuleType, height: int, width: int
) -> None:
    assert hw4.load_picture(height).shape == (height, width)


@pytest.mark.parametrize("height", [0, -1, 601])
def test_picture_refuses_impossible_heights(hw4: types.ModuleType, height: int) -> None:
    with pytest.raises(ValueError, match="height must be 1 to 600"):
        hw4.load_picture(height)


def test_grey_pictures_get_one_axes_each(hw4: types.ModuleType) -> None:
    picture = np.full((6, 8), 0.5)
    figure = hw4.show_filtered(picture, picture)
    assert isinstance(figure, importlib.import_module("matplotlib.figure").Figure)
    assert [axes.get_title() for axes in figure.axes] == ["original", "filtered"]
    assert len(hw4.show_filtered(picture, [picture] * 3).axes) == 4


def test_negative_values_get_a_colour_bar_and_symmetric_colours(hw4: types.ModuleType) -> None:
    picture = np.linspace(0.0, 1.0, 48).reshape(6, 8)
    figure = hw4.show_filtered(picture, picture - 0.8, titles=["before", "after"])
    figure.canvas.draw()
    assert len(figure.axes) == 3
    grey, signed = (axes.images[0] for axes in figure.axes[:2])
    assert grey.get_clim() == (0.0, 1.0)
    low, high = signed.get_clim()
    assert low == -high
    assert high == pytest.approx(0.8, abs=0.05)


def test_a_single_negative_pixel_still_gets_a_scale(hw4: types.ModuleType) -> None:
    spot = np.zeros((30, 30))
    spot[3, 3] = -2.0
    assert hw4.show_filtered(np.zeros((30, 30)), spot).axes[1].images[0].get_clim() == (-2.0, 2.0)


def test_show_filtered_explains_what_it_cannot_draw(hw4: types.ModuleType) -> None:
    picture = np.zeros((4, 4))
    with pytest.raises(TypeError, match=r"NoneType.*return its result"):
        hw4.show_filtered(picture, None)
    with pytest.raises(ValueError, match=r"filtered picture 2 has shape \(4, 4, 3\)"):
        hw4.show_filtered(picture, [picture, np.zeros((4, 4, 3))])
    with pytest.raises(ValueError, match="2 pictures need as many titles, but got 1"):
        hw4.show_filtered(picture, picture, titles=["one"])


def test_signature_describes_parameters_and_defaults(describe: types.ModuleType) -> None:
    def example(a, b=3, *rest, c="reflect", d=0.5, e=True, f=None, **more):
        raise AssertionError(f"it was called: {a, b, c, d, e, f, rest, more}")

    assert describe.signature(example) == {
        "parameters": ["a", "b", "*rest", "c", "d", "e", "f", "**more"],
        "defaults": {"b": 3, "c": "reflect", "d": 0.5, "e": True, "f": None},
    }


class Sly(int):
    """Passes for an int, but is not exactly one."""


SLY = Sly(3)
SCALAR = np.float64(1.0)


def test_signature_replaces_other_defaults_by_their_type(describe: types.ModuleType) -> None:
    def example(a=(), b=SLY, c=SCALAR):
        return a, b, c

    assert describe.signature(example)["defaults"] == {"a": "tuple", "b": "Sly", "c": "float64"}


def test_signature_refuses_what_cannot_be_called(describe: types.ModuleType) -> None:
    with pytest.raises(TypeError):
        describe.signature(3)


# The solution notebook


def test_script_becomes_a_valid_notebook_with_unique_ids(notebook: nbformat.NotebookNode) -> None:
    again = nbformat.reads(nbformat.writes(notebook), as_version=4)
    nbformat.validate(again)
    ids = [cell.metadata.get("id", "") for cell in again.cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in ids)
    assert {"setup", "averaging", "edges"} <= set(ids)
    assert again.metadata.kernelspec.name == "python3"


def test_script_survives_the_round_trip(notebook: nbformat.NotebookNode) -> None:
    def body(text: str) -> str:
        return text.split("# ---\n", 2)[2]

    assert body(jupytext.writes(notebook, fmt="py:percent")) == body(SOLVED.read_text())


def test_each_answer_stands_in_one_box(notebook: nbformat.NotebookNode) -> None:
    sources = {cell.metadata["id"]: cell.source + "\n" for cell in notebook.cells}
    assert {name for name, source in sources.items() if BOX.search(source)} == {
        "averaging",
        "edges",
    }
    for name in ("averaging", "edges"):
        (box,) = BOX.finditer(sources[name])
        assert "ndimage.convolve(" in box["answer"]
        lines = box[0].replace(box["answer"], "").splitlines()
        assert len({len(line) for line in lines}) == 1, "the right border is ragged"


def test_nothing_a_student_sees_holds_an_answer(notebook: nbformat.NotebookNode) -> None:
    visible = [BOX.sub("", cell.source + "\n") for cell in notebook.cells]
    public = ("README.md", "hw4/pictures.py", "hw4/plots.py", "hw4/describe.py")
    visible += [(ASSIGNMENT / name).read_text() for name in public]
    matrix = r"\[\s*0\.?0?\s*,\s*1\.?0?\s*,|\[\s*1\.?0?\s*,\s*-\s*4|0\s*&\s*1\s*&\s*0|1\s*&\s*-4"
    kernel = r"np\.ones\(|filter_size\s*\*\*|ndimage\.convolve\("
    for text in visible:
        assert not re.search(f"{matrix}|{kernel}", text)


def run_all(notebook: nbformat.NotebookNode) -> tuple[dict[str, Any], list[str]]:
    """Run the code cells from the top; give back the namespace and the magics asked for."""
    asked: list[str] = []
    shell = types.SimpleNamespace(
        run_line_magic=lambda name, rest, *_: asked.append(f"%{name} {rest}"),
        system=lambda command: asked.append(f"!{command}"),
    )
    namespace: dict[str, Any] = {"__name__": "__main__", "get_ipython": lambda: shell}
    manager = TransformerManager()
    for number, source in enumerate(code_of(notebook)):
        exec(compile(manager.transform_cell(source), f"<cell {number}>", "exec"), namespace)
    return namespace, asked


def test_notebook_runs_from_top_to_bottom(
    notebook: nbformat.NotebookNode, capsys: pytest.CaptureFixture[str]
) -> None:
    namespace, asked = run_all(notebook)
    assert asked == ["%matplotlib inline"]
    assert namespace["IN_COLAB"] is False
    assert len(namespace["figure"].axes) == 3
    assert "no slip found" in capsys.readouterr().out


def test_notebook_runs_on_colab(
    notebook: nbformat.NotebookNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted: list[str] = []
    colab = types.ModuleType("google.colab")
    colab.drive = types.SimpleNamespace(mount=mounted.append)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "google", types.ModuleType("google"))
    monkeypatch.setitem(sys.modules, "google.colab", colab)
    namespace, asked = run_all(notebook)
    assert namespace["IN_COLAB"] is True
    assert mounted == ["/content/gdrive"]
    assert [line.split()[0] for line in asked] == ["%matplotlib", "%mkdir", "!ln", "%cd"]


# The answers, against loops that know nothing of scipy


def convolved_by_hand(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Convolve with the borders mirrored (d c b a | a b c d | d c b a)."""
    height, width = image.shape
    size = len(kernel)
    middle = size // 2

    def mirrored(index: int, length: int) -> int:
        index %= 2 * length
        return index if index < length else 2 * length - 1 - index

    result = np.zeros(image.shape)
    for row in range(height):
        for column in range(width):
            for i in range(size):
                for j in range(size):
                    r = mirrored(row - (i - middle), height)
                    c = mirrored(column - (j - middle), width)
                    result[row, column] += kernel[i, j] * image[r, c]
    return result


@pytest.fixture(scope="module")
def answers(notebook: nbformat.NotebookNode) -> dict[str, Any]:
    namespace: dict[str, Any] = {"np": np, "ndimage": importlib.import_module("scipy.ndimage")}
    for cell in notebook.cells:
        if cell.metadata["id"] in ("averaging", "edges"):
            exec(cell.source, namespace)
    return namespace


SHAPES = [(12, 12), (11, 14), (5, 7)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", [1, 2, 3, 6, 9])
def test_averaging_agrees_with_loops(
    answers: dict[str, Any], size: int, shape: tuple[int, int]
) -> None:
    image = np.random.default_rng(size).random(shape)
    before = image.copy()
    result = answers["averaging_filtering"](image, filter_size=size)
    expected = convolved_by_hand(image, np.full((size, size), 1 / size**2))
    assert result.shape == shape
    assert result.dtype == np.float64
    np.testing.assert_allclose(result, expected, rtol=0, atol=1e-12)
    assert np.array_equal(image, before)


def test_averaging_has_size_three_by_default(answers: dict[str, Any]) -> None:
    image = np.random.default_rng(0).random((8, 9))
    average = answers["averaging_filtering"]
    assert np.array_equal(average(image), average(image, 3))


def test_even_window_lies_as_the_handout_says(answers: dict[str, Any]) -> None:
    rows = np.repeat(np.random.default_rng(1).random((20, 1)), 20, axis=1)
    assert answers["averaging_filtering"](rows, 6)[10, 10] == pytest.approx(rows[8:14, 0].mean())


@pytest.mark.parametrize("shape", SHAPES)
def test_edges_agree_with_loops(answers: dict[str, Any], shape: tuple[int, int]) -> None:
    image = np.random.default_rng(2).random(shape)
    padded = np.pad(image, 1, mode="symmetric")
    expected = np.zeros(shape)
    for row in range(shape[0]):
        for column in range(shape[1]):
            here = padded[row + 1, column + 1]
            above, below = padded[row, column + 1], padded[row + 2, column + 1]
            left, right = padded[row + 1, column], padded[row + 1, column + 2]
            expected[row, column] = (above - 2 * here + below) + (left - 2 * here + right)
    result = answers["edge_detecting"](image)
    assert result.shape == shape
    assert result.dtype == np.float64
    np.testing.assert_allclose(result, expected, rtol=0, atol=1e-12)
    assert result.min() < 0 < result.max()


# The notebook's self-checks find the slips they are meant for

SLIPS = {
    "nine for every size": ("filter_size**2", "9"),
    "an integer kernel": ("dtype=float) / filter_size**2", "dtype=int) // filter_size**2"),
    "signs turned around": (
        "[[0, 1, 0], [1, -4, 1], [0, 1, 0]]",
        "[[0, -1, 0], [-1, 4, -1], [0, -1, 0]]",
    ),
    "eight neighbours": (
        "[[0, 1, 0], [1, -4, 1], [0, 1, 0]]",
        "[[1, 1, 1], [1, -8, 1], [1, 1, 1]]",
    ),
    "weights that don't cancel": ("[1, -4, 1]", "[1, -3, 1]"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_self_checks_find_common_slips(notebook: nbformat.NotebookNode, slip: str) -> None:
    right, wrong = SLIPS[slip]
    changed = nbformat.from_dict(notebook)
    for cell in changed.cells:
        if cell.cell_type == "code":
            cell.source = cell.source.replace(right, wrong)
    with pytest.raises(AssertionError):
        run_all(changed)


def test_an_empty_box_fails_with_a_hint(notebook: nbformat.NotebookNode) -> None:
    empty = nbformat.from_dict(notebook)
    for cell in empty.cells:
        cell.source = BOX.sub("", cell.source + "\n")
    with pytest.raises(TypeError, match="filtered picture 1 is of type NoneType"):
        run_all(empty)
