"""One submission's pages depend on no other's, and on no shape of what its notebook holds."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from busy import WorksWhenDeleted, work
from conftest import TWO_FUNCTIONS, Notebook, examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.batch.attendance import Attendance
from autograder.batch.bounded import Limits
from autograder.batch.entries import Entry, OnDisk
from autograder.batch.outcome import Batch, GradedSubmission
from autograder.batch.pages import PROBLEMS, write_feedback, write_report
from autograder.batch.store import Record, opened_store
from autograder.model import manifest
from autograder.model.manifest import Assignment
from autograder.model.report import CheckResult, Report
from autograder.model.submission import collect
from autograder.pages import cells, feedback, markup
from autograder.pages.effort import Effort, Exceeded
from autograder.pages.feedback import feedback_page
from autograder.pages.questions import STAFF
from autograder.slicing.notebook import parse
from release.markup.templates import solved, templates

CHECK = CheckResult(
    id="test_two.py::test_a",
    question="Q1",
    title="what is asked",
    number="1.1",
    hidden=False,
    score=1.0,
    max_score=1.0,
    status="passed",
    message="THE MESSAGE",
)
REPORT = Report(submission="x", assignment="two-functions", max_score=4, checks=(CHECK,), seed=1)

HOSTILE_TEXT = st.sampled_from(
    [
        "\x1b[38m cut off",
        "\x1b[38;5m",
        "\x1b[38;2;1m",
        f"\x1b[{'9' * 5000}m",
        "\x1b[38;5;999999999m x",
        "\x1b[",
        "\ud800 \udfff",
        "<p " + "a b " * 2000 + ">",
        "<b><table><a href=x>" * 50,
        "$$\\begin{a}" * 50,
        "[" * 500 + "](" * 500,
        "data:image/png;base64,AAAA",
        "\x00\r\n\u202e",
        "",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | HOSTILE_TEXT | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
MIMES = st.sampled_from(
    ["text/plain", "text/html", "text/markdown", "image/png", "image/svg+xml", "x", ""]
)
OUTPUTS = JSON | st.fixed_dictionaries(
    {},
    optional={
        "output_type": JSON | st.sampled_from(["stream", "error", "pyerr", "display_data"]),
        "name": JSON,
        "text": JSON,
        "traceback": JSON,
        "data": JSON | st.dictionaries(MIMES, JSON, max_size=3),
        "metadata": JSON,
        "execution_count": JSON,
    },
)
CELLS = JSON | st.fixed_dictionaries(
    {},
    optional={
        "cell_type": JSON | st.sampled_from(["code", "markdown", "raw", "heading"]),
        "source": JSON,
        "id": JSON,
        "metadata": JSON | st.dictionaries(st.sampled_from(["id", "tags", "name"]), JSON),
        "outputs": JSON | st.lists(OUTPUTS, max_size=3),
        "attachments": JSON | st.dictionaries(st.text(max_size=3), JSON, max_size=2),
        "input": JSON,
    },
)


@pytest.fixture(scope="module")
def two() -> Assignment:
    return manifest.load(TWO_FUNCTIONS / "staff")


@pytest.fixture(scope="module")
def blank(two: Assignment) -> dict[str, bytes]:
    return templates(two)


def page_of(tree: object, two: Assignment, blank: dict[str, bytes], folder: Path) -> str:
    (folder / "in").mkdir(exist_ok=True, parents=True)
    (folder / "in" / "two.ipynb").write_text(json.dumps(tree))
    copy = folder / f"copy{len(list(folder.iterdir()))}"
    copy.mkdir()
    parsed = {name: parse(data, name) for name, data in blank.items()}
    return feedback_page(REPORT, collect(folder / "in", copy), two, parsed, STAFF)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(150))
@given(st.lists(CELLS, max_size=3), JSON)
def test_a_notebook_of_any_shape_has_its_page(
    two: Assignment,
    blank: dict[str, bytes],
    tmp_path_factory: pytest.TempPathFactory,
    inserted: list[Any],
    metadata: Any,
) -> None:
    """What is well formed in it is shown, and so are the results."""
    tree = json.loads(solved(two)["two.ipynb"])
    tree["cells"] += inserted
    tree["metadata"] = metadata
    page = page_of(tree, two, blank, tmp_path_factory.mktemp("page"))
    assert "THE MESSAGE" in page
    assert "cannot be shown here" not in page
    assert "row_sums" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ({"output_type": "stream", "text": "\x1b[38m cut off"}, "cut off"),
        ({"output_type": "stream", "text": "\x1b[31;38;5mred <b>"}, "red &lt;b&gt;"),
        ({"output_type": []}, "THE MESSAGE"),
        ({"output_type": {"a": 1}, "data": []}, "THE MESSAGE"),
    ],
)
def test_what_took_the_pages_of_all(
    two: Assignment, blank: dict[str, bytes], tmp_path: Path, output: object, words: str
) -> None:
    tree = json.loads(solved(two)["two.ipynb"])
    tree["cells"][-1] |= {"cell_type": "code", "outputs": [output]}
    assert words in page_of(tree, two, blank, tmp_path)


@pytest.mark.parametrize("broken", ["_output", "_shown"])
def test_what_fails_is_named_in_its_place(
    two: Assignment,
    blank: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    broken: str,
) -> None:
    original = getattr(cells, broken)

    def failing(first: Any, *rest: Any) -> Any:
        if first == {"output_type": "x"} or getattr(first, "number", 0) == 1:
            raise ZeroDivisionError
        return original(first, *rest)

    monkeypatch.setattr(cells, broken, failing)
    tree = json.loads(solved(two)["two.ipynb"])
    tree["cells"][-1] |= {"cell_type": "code", "outputs": [{"output_type": "x"}]}
    page = page_of(tree, two, blank, tmp_path)
    assert "showing it raised ZeroDivisionError" in page
    assert "row_sums" in page
    monkeypatch.setattr(feedback, "shown_cells", lambda *_: 1 / 0)
    page = page_of(tree, two, blank, tmp_path / "again")
    assert "This notebook cannot be shown here (showing it raised ZeroDivisionError)" in page
    assert "THE MESSAGE" in page


# --- time -----------------------------------------------------------------------------------------

SLOW = {
    "attributes": "<p " + " ".join(f"a{n}" for n in range(25_000)) + ">x",
    "depth": "<div>" * 19_000,
}


@pytest.mark.parametrize("kind", SLOW)
def test_one_output_takes_two_seconds_at_most(kind: str) -> None:
    """One line of attributes took 16 seconds."""
    budget = markup.Budget()
    began = time.process_time()
    shown = markup.html(SLOW[kind], budget)
    spent = time.process_time() - began
    assert "takes too long to read" in shown
    assert spent < 3.5 * markup.EFFORT_AT_ONCE
    assert budget.effort.left < markup.EFFORT


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_python_drops_is_raised_again() -> None:
    def make() -> None:
        WorksWhenDeleted()
        work(5.0)

    began = time.process_time()
    with pytest.raises(Exceeded):
        Effort(1.0, 0.1).spend(make)
    assert time.process_time() - began < 2.0
    work(0.2)  # and no longer


def test_all_outputs_of_a_page_share_their_time() -> None:
    budget = markup.Budget()
    budget.effort = Effort(0.3, 0.2)
    shown = [markup.html(SLOW["attributes"], budget) for _ in range(5)]
    assert all("takes too long to read" in each for each in shown)
    assert budget.effort.left <= 0
    with pytest.raises(Exceeded):
        budget.effort.spend(lambda: 1)
    assert "x = 1" in markup.code("x = 1", budget)  # without its colours
    assert "hello" in markup.markdown("hello", budget, {})
    assert "red" in markup.text("\x1b[31mred", budget)


# --- a batch --------------------------------------------------------------------------------------


def test_one_submission_does_not_take_the_pages_of_others(
    two: Assignment, blank: dict[str, bytes], tmp_path: Path
) -> None:
    """One that needs more memory than allowed: its results have a page, and it is named."""
    answer = Notebook(solved(two)["two.ipynb"])
    names = ("ada", "bomb", "cleo")
    for name in names:
        answer.save(tmp_path / "in" / name / "two.ipynb")
    bomb = tmp_path / "in" / "bomb" / "two.ipynb"
    bomb.write_bytes(bomb.read_bytes() + b" " * 60_000_000)
    graded = []
    with opened_store(tmp_path / "out", "two-functions", 1) as store:
        for name in names:
            entry = Entry(name, name, (OnDisk(tmp_path / "in" / name, "", folder=True),))
            report = replace(REPORT, submission=name)
            graded.append(GradedSubmission(entry, report, {}))
            store.keep(Record(name, {}, report, {}), entry)
        store.write_list(Attendance(tuple(item.entry for item in graded)), two)
    batch = Batch(two, tuple(graded))
    limits = Limits(seconds=120, memory_mb=60)
    problems = write_feedback(batch, blank, tmp_path / "out", 2, limits=limits)
    assert set(problems) == {"bomb"}
    assert "memory" in problems["bomb"]
    for name in names:
        for folder in ("feedback", "pages"):
            page = (tmp_path / "out" / folder / f"{name}.html").read_text()
            assert "THE MESSAGE" in page
            assert (f"cannot be shown here ({problems['bomb']})" in page) is (name == "bomb")
    report_file, _waiting = write_report(tmp_path / "out")
    words = f"its notebooks are not shown on its pages: {problems['bomb']}"
    assert words in report_file.read_text()
    # Nothing is due any more, and it is still named.
    assert write_feedback(batch, blank, tmp_path / "out", 2, limits=limits) == problems
    assert json.loads((tmp_path / "out" / PROBLEMS).read_text()) == problems
