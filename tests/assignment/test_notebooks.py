"""The solution notebooks of homework 4, their templates as students meet them, and the form."""

import copy
import json
import re
import shutil
import sys
import tempfile
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jupytext
import matplotlib as mpl
import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from jsonschema import Draft202012Validator
from matplotlib import pyplot as plt

from release.markup.regions import Location, find_regions
from release.markup.source import read_source
from release.markup.strip import strip_notebook

ROOT = Path(__file__).resolve().parents[2]
ASSIGNMENT = ROOT / "assignment" / "hw4"
SOLUTIONS = ROOT / "solutions" / "hw4"
BLANK_FORM = ASSIGNMENT / "written.json"
SOLVED_FORM = SOLUTIONS / "submission" / "written.json"

#: The cells that hold a box, in order, by notebook.
BOXES = {
    "HandDesignFilters": ["averaging", "edges"],
    "edge_detection": "e1a e1b e2 e3 e4a e4b e5a e5b e6a e6b e7".split(),
    "GPUMemory": ["m1", "m2"],
}
#: Of each box, the cell that stops when it is left empty; E7 is voluntary and stops nothing.
STOPS = {
    "averaging": "averaging-show",
    "edges": "edges-show",
    "e1a": "e1a-show",
    "e1b": "e1b-train",
    "e2": "e2-show",
    "e3": "e3-train",
    "e4a": "e4a-show",
    "e4b": "e4b-train",
    "e5a": "e5a-show",
    "e5b": "e5b-train",
    "e6a": "e6a-show",
    "e6b": "e6b-train",
    "e7": None,
    "m1": "m1-run",
    "m2": "m2-plot",
}
#: What gives an answer away, wherever students may read it.
TELL_TALES = {
    "HandDesignFilters": [r"np\.ones\(", r"filter_size\s*\*\*", r"ndimage\.convolve\("],
    "edge_detection": [
        r"\bDataLoader\(",
        r"\bEdgeDetectionDataset\([^d]",  # its signature, (domain_config, ..., is no answer
        r"\bToTensor\b",
        r"random\.permutation",
        r"argsort",
        r"shuffle\s*=\s*True",
        r"batch_size\s*=",
        r"data_per_class",
        r"ratio\W+0\.5",
        r"use_permutation",
        r"\b300\b",
        r"\b1000\b",
        r"num_epochs\s*=\s*\d",
        r"kernel_size\s*=\s*[35]\b",
        r"five_classes|permuted_config",
    ],
    "GPUMemory": [
        r"optim\.(SGD|Adam)\b",
        r"momentum\s*=",
        r"\bmin\(",
        r"batch_size\s*/",
        r"58[,.\s]?164",
        r"\b23[23]\b",
    ],
}
HANDOUT_TELL_TALES = [
    *(pattern for name in BOXES for pattern in TELL_TALES[name] if "shuffle" not in pattern),
    r"\b910\b",
    r"\b1473\b",
    r"[FWL]\s*\*\s*[CK(]",
    r"W\s*-\s*K",
]

Cell = nbformat.NotebookNode


@pytest.fixture(autouse=True)
def hw4_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ASSIGNMENT))


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For what the notebooks write in miniature, here and in a kernel."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))


@pytest.fixture(autouse=True)
def agg() -> Iterator[None]:
    before = mpl.get_backend()
    plt.switch_backend("Agg")
    yield
    plt.close("all")
    plt.switch_backend(before)


def solved(name: str) -> nbformat.NotebookNode:
    return read_source(SOLUTIONS / f"{name}.py")


def template(name: str) -> nbformat.NotebookNode:
    return strip_notebook(solved(name), file=f"{name}.ipynb").notebook


def code_cells(notebook: nbformat.NotebookNode) -> list[Cell]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def id_of(cell: Cell) -> str:
    return str(cell.metadata["id"])


def in_a_hurry(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The same notebook with QUICK = True, where it has that."""
    hurried = copy.deepcopy(notebook)
    for cell in hurried.cells:
        if id_of(cell) == "speed":
            assert cell.source.count("QUICK = False") == 1
            cell.source = cell.source.replace("QUICK = False", "QUICK = True")
    return hurried


class Kernel:
    """Runs cells in one namespace, in this process; magics and shell lines do nothing."""

    def __init__(self, namespace: dict[str, Any] | None = None) -> None:
        shell = types.SimpleNamespace(
            run_line_magic=lambda *_: None, system=lambda *_: None, getoutput=lambda *_: []
        )
        # Dataclasses look up the module of their class.
        self.namespace = dict(namespace or {"__name__": "__main__"})
        self.namespace["get_ipython"] = lambda: shell
        self.manager = TransformerManager()

    def run(self, cell: Cell) -> None:
        code = self.manager.transform_cell(cell.source)
        exec(compile(code, f"<cell {id_of(cell)}>", "exec"), self.namespace)
        plt.close("all")

    def run_until_failure(self, cells: list[Cell]) -> tuple[str, Exception] | None:
        """Run the cells in order; the id of the first that fails, and its error."""
        for cell in cells:
            try:
                self.run(cell)
            except Exception as error:
                return id_of(cell), error
        return None


def assert_kind(error: Exception) -> None:
    """A sentence of ours that says what is missing, not an accident somewhere below."""
    assert type(error) in (TypeError, ValueError)
    assert re.search(r"\bNone\b|\bNoneType\b|\bempty\b|no batch size is measured", str(error))
    assert len(str(error)) > 40


# The scripts


@pytest.mark.parametrize("name", BOXES)
def test_script_becomes_a_valid_notebook_with_unique_ids(name: str) -> None:
    notebook = solved(name)
    nbformat.validate(nbformat.reads(nbformat.writes(notebook), as_version=4))
    ids = [id_of(cell) for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", each) for each in ids)
    assert {"intro", "setup", "imports"} <= set(ids)
    assert notebook.metadata.kernelspec.name == "python3"


@pytest.mark.parametrize("name", BOXES)
def test_script_survives_the_round_trip(name: str) -> None:
    text = (SOLUTIONS / f"{name}.py").read_text(encoding="utf-8")
    again = jupytext.writes(jupytext.reads(text, fmt="py:percent"), fmt="py:percent")
    assert again.split("# ---\n", 2)[2] == text.split("# ---\n", 2)[2]


@pytest.mark.parametrize("name", BOXES)
def test_each_answer_stands_in_one_box_of_its_own_cell(name: str) -> None:
    regions = {
        id_of(cell): find_regions(cell.source, Location(name, 0))
        for cell in code_cells(solved(name))
    }
    assert [cell for cell, found in regions.items() if found] == BOXES[name]
    assert all(len(found) <= 1 for found in regions.values())


@pytest.mark.parametrize("name", BOXES)
def test_the_right_borders_of_the_boxes_are_straight(name: str) -> None:
    for cell in code_cells(solved(name)):
        lines = [line for line in cell.source.split("\n") if re.match(r" *#.*#$", line)]
        assert len({len(line.strip()) for line in lines}) <= 1, id_of(cell)


@pytest.mark.parametrize("name", ["edge_detection", "GPUMemory"])
def test_the_switch_for_a_quick_look_is_off_and_outside_any_box(name: str) -> None:
    (speed,) = [cell for cell in solved(name).cells if id_of(cell) == "speed"]
    assert speed.source == "QUICK = False"


# What students see


@pytest.mark.parametrize("name", BOXES)
def test_template_holds_no_answer(name: str) -> None:
    for cell in template(name).cells:
        for pattern in TELL_TALES[name]:
            found = re.search(pattern, cell.source)
            assert not found, f"{id_of(cell)}: {found[0] if found else ''}"


@pytest.mark.parametrize("name", BOXES)
def test_the_tell_tales_are_those_of_the_answers(name: str) -> None:
    answers = "\n".join(
        "\n".join(cell.source.split("\n")[region.start : region.end])
        for cell in code_cells(solved(name))
        for region in find_regions(cell.source, Location(name, 0))
    )
    numbers_of_the_form = (r"58[,.\s]?164", r"\b23[23]\b")
    for pattern in TELL_TALES[name]:
        assert pattern in numbers_of_the_form or re.search(pattern, answers), pattern


def test_handout_holds_no_answer() -> None:
    text = (ASSIGNMENT / "README.md").read_text(encoding="utf-8")
    for pattern in HANDOUT_TELL_TALES:
        assert not re.search(pattern, text.replace("`shuffle=True`", "")), pattern


def test_handout_gives_a_hundred_points() -> None:
    text = (ASSIGNMENT / "README.md").read_text(encoding="utf-8")
    tasks = re.findall(r"^\| ([HEMW]\d[ab]?) \|.*?\| (\d+) \|", text, re.MULTILINE)
    assert sum(int(points) for _, points in tasks) == 100
    parts = dict(re.findall(r"^\| ([HEMW]): .*\| (\d+) \|$", text, re.MULTILINE))
    for part, points in parts.items():
        assert int(points) == sum(int(each) for task, each in tasks if task[0] == part)
    assert len(parts) == 4


def test_each_question_in_words_has_its_place_in_the_form() -> None:
    text = "\n".join(cell.source for name in BOXES for cell in solved(name).cells)
    form = load(BLANK_FORM)
    asked = re.findall(r'`"([em]\d_\w+)"`', text)
    assert asked == list(form["answers"])


@pytest.mark.parametrize("name", BOXES)
def test_template_runs_to_its_first_question(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    failure = Kernel().run_until_failure(code_cells(in_a_hurry(template(name))))
    assert failure is not None
    cell, error = failure
    assert cell == STOPS[BOXES[name][0]]
    assert_kind(error)


# The whole notebooks


@pytest.mark.slow
@pytest.mark.parametrize("name", BOXES)
def test_each_empty_box_stops_the_run_kindly(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    full, empty = (code_cells(in_a_hurry(each)) for each in (solved(name), template(name)))
    kernel = Kernel()
    for position, cell in enumerate(full):
        if id_of(cell) in STOPS:
            # What ran so far, and from here on a student who left this box empty. A later box may
            # stop the run where this one is voluntary, so look no further than there.
            rest = [empty[position], *full[position + 1 :]]
            failure = Kernel(kernel.namespace).run_until_failure(rest)
            assert (failure and failure[0]) == STOPS[id_of(cell)]
            if failure:
                assert_kind(failure[1])
        kernel.run(cell)


@pytest.mark.slow
@pytest.mark.parametrize("name", BOXES)
def test_solved_notebook_runs_in_a_real_kernel(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")  # the miniature everywhere, and no download
    shutil.copytree(
        ASSIGNMENT / "hw4", tmp_path / "hw4", ignore=shutil.ignore_patterns("__pycache__")
    )
    notebook = in_a_hurry(solved(name))
    for cell in notebook.cells:
        cell.id = id_of(cell)
    # The interpreter of the tests, whatever kernels the machine has beside it.
    manager = pytest.importorskip("jupyter_client").AsyncKernelManager(kernel_name="python3")
    manager.kernel_spec.argv[0] = sys.executable
    client = nbclient.NotebookClient(
        notebook, km=manager, timeout=300, resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    if name == "GPUMemory":
        text = "".join(output.get("text", "") for output in outputs)
        logs = {Path(path) for path in re.findall(r"(\S+\.csv) is written", text)}
        optimizers = {f"resnet152__{each}.csv" for each in ("SGD", "SGD_WITH_MOMENTUM", "ADAM")}
        batches = {f"resnet18__{4**power}.csv" for power in range(1, 6)}
        assert {path.name for path in logs} == optimizers | batches
        assert not (tmp_path / "logs").exists()  # a miniature must not replace the real ones
        for path in logs:
            header, *rows = path.read_text(encoding="utf-8").splitlines()
            if path.name in optimizers:
                assert header == "timestamp,memUsage"
                assert rows
            else:
                assert header == "timestamp,epoch,memUsage,loss,accuracy"
                assert [row.split(",")[1] for row in rows] == [str(n) for n in range(1, 11)]


# The form


def load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture
def validator() -> Draft202012Validator:
    schema = load(ASSIGNMENT / "written.schema.json")
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("form", [BLANK_FORM, SOLVED_FORM], ids=["blank", "solved"])
def test_forms_are_valid(validator: Draft202012Validator, form: Path) -> None:
    assert [error.message for error in validator.iter_errors(load(form))] == []


def leaves(node: Any) -> Iterator[Any]:
    if isinstance(node, dict):
        for value in node.values():
            yield from leaves(value)
    else:
        yield node


def test_blank_form_has_the_solved_one_s_places_and_nothing_in_them() -> None:
    blank, filled = load(BLANK_FORM), load(SOLVED_FORM)

    def locations(node: Any) -> Any:
        return {k: locations(v) for k, v in node.items()} if isinstance(node, dict) else None

    assert locations(blank) == locations(filled)
    assert all(value in (None, "") for value in leaves(blank))
    assert all(filled["answers"].values())


def test_every_value_of_the_form_is_described(validator: Draft202012Validator) -> None:
    def undescribed(name: str, node: dict[str, Any]) -> Iterator[str]:
        if not node.get("description"):
            yield name
        for key, value in node.get("properties", {}).items():
            yield from undescribed(f"{name}.{key}", value)

    assert list(undescribed("form", validator.schema)) == []


WRONG = [
    ("a missing part", lambda form: form.pop("layers")),
    ("an unknown part", lambda form: form.update(layer={})),
    ("a shape as a text", lambda form: form["layers"]["fc"].update(output="3")),
    ("a shape of texts", lambda form: form["layers"]["fc"].update(output=["3"])),
    ("half a parameter", lambda form: form["layers"]["fc"].update(parameters=0.5)),
    ("a formula as a number", lambda form: form["formulas"].update(conv_biases=3)),
    ("a memory below zero", lambda form: form["gpu"].update(memory_mb=-1)),
    ("an unknown optimizer", lambda form: form["optimizer_memory_mb"].update(RMSPROP=1)),
    ("a batch that was not asked for", lambda form: form.update(largest_batch=32)),
    ("an answer that is no text", lambda form: form["answers"].update(e4_shift=None)),
]


@pytest.mark.parametrize(("what", "spoil"), WRONG, ids=[what for what, _ in WRONG])
def test_schema_refuses(validator: Draft202012Validator, what: str, spoil: Any) -> None:
    form = load(SOLVED_FORM)
    spoil(form)
    assert not validator.is_valid(form), what


def test_solved_layers_follow_from_the_network() -> None:
    from torch import nn, zeros

    network = nn.Sequential(
        nn.Conv2d(1, 10, 3, padding=1),
        nn.MaxPool2d(2, 2),
        nn.Conv2d(10, 10, 3, padding=1),
        nn.MaxPool2d(2, 2),
        nn.Flatten(),
        nn.Linear(490, 3),
    )
    layers = load(SOLVED_FORM)["layers"]
    x = zeros(1, 1, 28, 28)
    for layer, (name, written) in zip(network, layers.items(), strict=True):
        x = layer(x)
        shape = list(x.shape[1:])
        assert written["output"] == (shape[1:] + shape[:1]), name
        assert written["parameters"] == sum(p.numel() for p in layer.parameters()), name
