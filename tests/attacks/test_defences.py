"""What no attack would miss: defences whose absence only a look at them shows.

Each is a row of ``tests/attacks/defence_table``, where it is taken out so that its test fails.
"""

from __future__ import annotations

import io
import json
import os
import stat
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from conftest import TWO_FUNCTIONS, needs_installed
from rich.console import Console

from autograder.batch.grades import safe
from autograder.checks import files
from autograder.checks.cache import Store, digest
from autograder.checks.expect import expect_array, expect_shape
from autograder.checks.expect.tolerance import Tolerance
from autograder.checks.remote import MAX_ITEMS, RemoteObject
from autograder.checks.verdicts import Verdicts, machine_parts
from autograder.checks.wording import MAX_CAUSES, Wording
from autograder.model import manifest, submission
from autograder.model.findings import CheckFailed
from autograder.model.report import CheckResult, Report
from autograder.model.submission import SafeCopy, Submission
from autograder.pages import markup, page, terminal
from autograder.sandbox import reaper, users
from autograder.sandbox.landlock import Handled, Right
from autograder.sandbox.requests import StudentException
from autograder.sandbox.worker import Worker
from autograder.slicing import alignment
from autograder.slicing.magics import parse_python
from autograder.slicing.notebook import MAX_CELL_CHARACTERS, MAX_CELLS, Cell, Notebook, parse
from autograder.wire import Limits, UnsupportedValue, WireError
from autograder.wire.codec import Plan, copied, encode
from autograder.wire.references import NO_REFERENCES, Reference, References

#: What waits where a defence is broken waits for ever.
soon_over = pytest.mark.timeout(30)

# --- the wire -------------------------------------------------------------------------------------


class LyingList(list[Any]):
    def __iter__(self) -> Iterator[Any]:
        return iter(["a lie"])

    def __getitem__(self, _index: Any) -> Any:
        return ["a lie"]


class LyingDict(dict[Any, Any]):
    def items(self) -> Any:
        return {"a": "lie"}.items()

    def keys(self) -> Any:
        return {"a": "lie"}.keys()


class LyingText(str):
    def __str__(self) -> str:
        return "a lie"


class LyingNumber(float):
    def __float__(self) -> float:
        return 13.0


class LyingArray(np.ndarray[Any, Any]):
    def tolist(self) -> Any:
        return [13.0]

    def view(self, *_how: Any) -> Any:
        return np.array([13.0])


@pytest.mark.parametrize(
    ("value", "held"),
    [
        (LyingList([1, 2]), "[1, 2]"),
        (LyingDict(x=1), "{'x': 1}"),
        (LyingText("text"), "'text'"),
        (LyingNumber(1.5), "1.5"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_subclass_is_not_asked(value: Any, held: str) -> None:
    assert repr(copied(value)) == held


@needs_installed("pandas")
@pytest.mark.parametrize("storage", [None, "object", "string", "category"])
def test_a_subclass_in_a_frame_is_not_asked(storage: str | None) -> None:
    import pandas as pd

    series = pd.Series([LyingText("b"), LyingText("a")], dtype=storage)
    crossed: Any = copied(pd.DataFrame({LyingText("c"): series.array}, index=series.array))
    assert [repr(cell) for cell in crossed["c"]] == ["'b'", "'a'"]
    assert [repr(cell) for cell in crossed.index] == ["'b'", "'a'"]
    assert repr(crossed.columns[0]) == "'c'"


def test_a_subclass_of_an_array_is_not_asked() -> None:
    crossed: Any = copied(np.array([1.0, 2.0]).view(LyingArray))
    assert crossed.shape == (2,)
    assert list(np.asarray(crossed)) == [1.0, 2.0]


def test_depth_is_bounded_on_departure() -> None:
    value: Any = None
    for _ in range(6):
        value = [value]
    with pytest.raises(UnsupportedValue, match="nested"):
        encode(value, Limits(depth=5))


def test_items_are_bounded_on_arrival() -> None:
    header = b"L" + (20).to_bytes(4, "little") + b"N" * 20
    assert Plan(header, 0).value([]) == [None] * 20
    with pytest.raises(WireError, match="too many items"):
        Plan(header, 0, Limits(items=10))


def test_counts_are_checked_against_the_header() -> None:
    for tag in (b"L", b"S", b"I", b"M"):
        with pytest.raises(WireError, match="a count larger than its header"):
            Plan(tag + (3).to_bytes(4, "little") + b"NN", 0)


@pytest.mark.parametrize("header", [b"", b"L\1\0\0\0", b"D\0\0\0", b"G\x0b\0\0", b"B\0"])
def test_a_cut_header_is_a_lie(header: bytes) -> None:
    with pytest.raises(WireError):
        Plan(header, 0)


def test_keys_are_short() -> None:
    def header(length: int) -> bytes:
        one = (1).to_bytes(4, "little")
        number = bytes(length - 1) + b"\1"
        return b"M" + one + b"I" + length.to_bytes(4, "little") + number + b"N"

    assert Plan(header(8), 0).value([]) == {1 << 56: None}
    with pytest.raises(WireError, match="too many digits"):
        Plan(header(9), 0)


def test_a_header_holds_one_value() -> None:
    with pytest.raises(WireError, match="behind"):
        Plan(b"NN", 0)


def test_bytes_of_arrays_are_bounded_on_departure() -> None:
    arrays = [np.zeros(100), np.zeros(100)]
    encode(arrays, Limits(body=1600))
    with pytest.raises(UnsupportedValue, match="more than 1599 bytes"):
        encode(arrays, Limits(body=1599))


@pytest.mark.parametrize(
    ("number", "tag"), [(0, b"S"), (1 << 60, b"S"), (-(1 << 60), b"S"), (1, b"L")]
)
def test_a_reference_has_a_number_and_a_text(number: int, tag: bytes) -> None:
    def header(number: int, tag: bytes) -> bytes:
        text = (1).to_bytes(4, "little") + b"N"
        return b"@" + number.to_bytes(8, "little", signed=True) + tag + text

    assert Plan(header(-1, b"S"), 0).value([]) == Reference(-1, "N")
    with pytest.raises(WireError):
        Plan(header(number, tag), 0)


def test_references_are_few() -> None:
    one = b"@" + (1).to_bytes(8, "little") + b"S" + (0).to_bytes(4, "little")
    Plan(b"L" + (3).to_bytes(4, "little") + one * 3, 0, Limits(references=3))
    with pytest.raises(WireError, match="too many objects"):
        Plan(b"L" + (4).to_bytes(4, "little") + one * 4, 0, Limits(references=3))


def test_objects_that_stay_are_few() -> None:
    staying = References(lambda _value: Reference(1, "thing"), NO_REFERENCES.resolve)
    encode([object()] * 3, Limits(references=3), staying)
    with pytest.raises(UnsupportedValue, match="more than 3 objects"):
        encode([object()] * 4, Limits(references=3), staying)


@soon_over
def test_items_of_an_object_are_few() -> None:
    class Endless(RemoteObject):
        def __init__(self) -> None:
            self.label = "thing"

        def _iterate(self, count: int, *, keep: bool) -> Iterator[Any]:
            assert not keep
            yield from range(min(count, 2 * MAX_ITEMS))

    with pytest.raises(CheckFailed, match="does not end"):
        for _ in Endless():
            pass


# --- comparing ------------------------------------------------------------------------------------


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused(odd: float) -> None:
    array = np.array([1.0, odd])
    expect_shape(np.array([1.0, 2.0]), (2,))
    with pytest.raises(CheckFailed, match="NaN or infinite"):
        expect_shape(array, (2,))
    with pytest.raises(CheckFailed, match="NaN or infinite"):
        expect_array(array, np.array([1.0, 2.0]))


def test_nan_is_close_to_nothing() -> None:
    got, right = np.array([np.nan, 1.0]), np.array([1.0, 1.0])
    assert list(Tolerance(1e-6, 1e-6).close(got, right)) == [False, True]


# --- what is told ---------------------------------------------------------------------------------


def _told(ends: dict[str, str]) -> str:
    """What is said of the first name, where each is not there because of another one."""
    failures = {
        name: StudentException("raised", "NameError", f"name '{cause}' is not defined", line=n)
        for n, (name, cause) in enumerate(ends.items(), start=1)
    }
    answers: Any = SimpleNamespace(line=lambda *_: "", unreadable=lambda *_: "", lines=lambda *_: 1)
    plan: Any = SimpleNamespace(broken=())
    name = next(iter(ends))
    wording = Wording(answers, None, plan, failures, secret=False)  # type: ignore[arg-type]
    return wording.replay_failed(name, failures[name]).public


def test_no_cause_is_told_twice() -> None:
    assert _told({"a": "b", "b": "a"}).count("was not there because") == 1


@soon_over
def test_causes_that_are_told_are_few() -> None:
    chain = {f"n{number}": f"n{number + 1}" for number in range(3 * MAX_CAUSES)}
    assert _told(chain).count("was not there because") == MAX_CAUSES


def _result(message: str) -> CheckResult:
    words: dict[str, Any] = {
        "number": "1",
        "score": 0.0,
        "max_score": 1.0,
        "status": "failed",
        "hidden": True,
    }
    return CheckResult(id="a", question="Q", title="title", message=message, **words)


def test_a_message_is_no_markup() -> None:
    written = io.StringIO()
    message = "[bold]loud[/bold] [link=https://example.org]here[/link]"
    report = Report("name", "assignment", 1.0, (_result(message),))
    terminal.print_report(Console(file=written, width=250), report)
    assert message in written.getvalue()


HOSTILE = (
    '<form action="https://example.org/"><input name="password"></form><meta http-equiv="refresh">'
    '<iframe src="https://example.org/f"></iframe><video src="https://example.org/v"></video>'
    '<p id="summary" class="status passed" style="position:fixed" onclick="alert(1)">words</p>'
    '<img src="https://example.org/p.png" onerror="alert(2)" alt="a picture">'
)


def test_html_of_a_page_is_inert() -> None:
    """As it is seen in a browser by the tests of pages, which need one."""
    for shown in (
        markup.html(HOSTILE, markup.Budget()),
        markup.markdown(HOSTILE, markup.Budget(), {}),
        markup.html(HOSTILE * 3, markup.Budget(tags=10)),
    ):
        for hostile in ("<form", "<input", "<meta", "<iframe", "<video", "<img", "example.org"):
            assert hostile not in shown
        for hostile in (" id=", 'class="status', " style=", "onclick", "onerror"):
            assert hostile not in shown
    assert "words" in markup.html(HOSTILE, markup.Budget())


def test_templates_of_pages_escape() -> None:
    template = page._environment().from_string("<b>{{ words }}</b>")
    assert template.render(words="<script>") == "<b>&lt;script&gt;</b>"


def test_links_of_a_page() -> None:
    """Only to the web and to a mailbox, and neither tells whence one comes."""
    led = ["https://example.org/a", "mailto:a@example.org"]
    not_led = ["data:text/html,<script>1</script>", "../../staff.html", "//example.org/b"]
    not_led += ["javascript:alert(1)", "attachment:a.png", "#summary", "http:x", "page.html?q=1"]
    for source in (f'<a href="{address}">x</a>' for address in not_led):
        assert "href" not in markup.html(source, markup.Budget())
    for source in (f"[x]({address})" for address in not_led):
        assert "href" not in markup.markdown(source, markup.Budget(), {})
    for address in led:
        shown = markup.html(f'<a href="{address}">x</a>', markup.Budget())
        assert address in shown
        assert 'rel="noopener noreferrer nofollow"' in shown


@pytest.mark.parametrize("begin", ["=1+1", "+1", "-1+2", "@A1", "\t=1", "\n=1", "\uff1d1"])
def test_a_table_of_grades_holds_no_formula(begin: str) -> None:
    assert str(safe(begin)).startswith("'")


# --- what is remembered ---------------------------------------------------------------------------


def test_types_are_part_of_a_digest() -> None:
    values = [1, "1", 1.0, True, None, "None", b"1", "b'1'", [1], ["1"], [[1], 2], [[1, 2]], {1: 2}]
    values += [{"1": 2}, [1, 2], np.zeros(2, np.float32), np.zeros(2, np.int32)]
    values += [np.zeros((1, 2), np.float32), np.zeros((2, 1), np.float32), np.float32(0), "", []]
    assert len({digest(value) for value in values}) == len(values)


def test_the_memory_is_the_graders_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        Store(tmp_path / "memory").put("key", 1)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "memory").stat().st_mode) == 0o700


def test_the_sandboxs_conditions_are_part_of_a_verdicts_key() -> None:
    parts = [machine_parts(found) for found in (("uid",), ("uid", "unsafe"), ("landlock",))]
    assert len({digest(part) for part in parts}) == 3


def test_submitted_files_are_part_of_a_verdicts_key(tmp_path: Path) -> None:
    assignment = manifest.load(TWO_FUNCTIONS / "staff")
    path = TWO_FUNCTIONS / "staff" / "checks" / "test_two.py"
    keys = set()
    for text in ("1", "2"):
        (tmp_path / "log.csv").write_text(text)
        submitted = Submission("name", tmp_path, (PurePosixPath("log.csv"),), ())
        answers: Any = SimpleNamespace(assignment=assignment)
        verdicts = Verdicts(Store(None), "basis", answers, submitted, 1)
        keys.add(verdicts.key(path, "test_square", assignment.questions[0], ["files"]))
    assert len(keys) == 2


# --- reading --------------------------------------------------------------------------------------


@soon_over
def test_a_file_that_has_become_a_link_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at it and its opening; and one that has become a pipe is not waited for."""
    plain, link, pipe = (tmp_path / name for name in ("plain", "link", "pipe"))
    plain.write_text("text")
    link.symlink_to(plain)
    os.mkfifo(pipe)
    looked_at = plain.lstat()
    monkeypatch.setattr(Path, "lstat", lambda _self: looked_at)
    for path in (link, pipe):
        with submission.opened(path) as file:
            assert file is None
    with submission.opened(plain) as file:
        assert file is not None


def test_a_large_file_is_not_begun(tmp_path: Path) -> None:
    source = io.BytesIO(b"x" * 5)
    copy = SafeCopy(tmp_path, ("*.csv",), 10, 100)
    copy.add("log.csv", 11, source)  # what it says may be a lie; it is believed all the same
    assert [item.reason for item in copy.skipped] == ["it is larger than allowed"]
    assert source.tell() == 0


def test_a_file_that_is_larger_than_it_says_is_cut_off(tmp_path: Path) -> None:
    copy = SafeCopy(tmp_path, ("*.csv",), 10, 100)
    copy.add("log.csv", 1, io.BytesIO(b"x" * 11))
    assert [item.reason for item in copy.skipped] == ["it is larger than allowed"]
    assert list(tmp_path.iterdir()) == []


def test_a_bounded_number_of_a_zips_entries_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for number in range(20):
            archive.writestr(f"{number}.csv", "")
    monkeypatch.setattr(submission, "MAX_ENTRIES", 10)
    (tmp_path / "root").mkdir()
    copy = SafeCopy(tmp_path / "root", ("*.csv",), 10, 100)
    submission.copy_zip(tmp_path / "a.zip", copy, 10**6)
    assert len(copy.files) == 10


def _notebook(sources: list[object]) -> bytes:
    cells = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": s} for s in sources]
    return json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}).encode()


def test_a_bounded_number_of_cells_is_read() -> None:
    assert len(parse(_notebook(["x = 1"] * (MAX_CELLS + 3)), "a.ipynb").cells) == MAX_CELLS


def test_a_bounded_part_of_a_cell_is_read() -> None:
    [cell] = parse(_notebook(["#" * (MAX_CELL_CHARACTERS + 3)]), "a.ipynb").cells
    assert len(cell.source) == MAX_CELL_CHARACTERS


@pytest.mark.parametrize("odd", [1, None, {"a": "x"}, True])
def test_a_cell_without_a_text_is_empty(odd: object) -> None:
    [cell] = parse(_notebook([odd]), "a.ipynb").cells
    assert cell.source == ""


def test_lone_surrogates_in_a_notebook_are_replaced() -> None:
    [cell] = parse(_notebook(["x = '\ud800'"]), "a.ipynb").cells
    assert cell.source == "x = '?'"


@pytest.mark.parametrize(("most", "compared"), [(5 * 5, True), (5 * 5 - 1, False)])
def test_a_bounded_number_of_cells_is_compared(
    monkeypatch: pytest.MonkeyPatch, most: int, compared: bool
) -> None:
    monkeypatch.setattr(alignment, "MAX_PAIRS", most)
    cells = tuple(Cell(n, None, "code", f"value_{n} = {n}") for n in range(5))
    notebook = Notebook("a.ipynb", cells)
    assert bool(alignment._Likeness(notebook, notebook, {}).of) == compared


@pytest.mark.parametrize("source", ["-" * 20_000 + "1", "1" + " + 1" * 20_000, "x = '\0'"])
def test_what_python_cannot_parse_is_a_syntax_error(source: str) -> None:
    """MemoryError, RecursionError and ValueError it may be too."""
    with pytest.raises(SyntaxError):
        parse_python(source)


def test_shell_lines_never_run() -> None:
    for source in ("!echo here", "x = !echo here", "%%bash\necho here", "if True:\n    !echo here"):
        python = Cell(1, None, "code", source).python
        assert "echo" not in python
        assert "system" not in python


def test_submitted_files_are_not_written_through_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside, folder = tmp_path / "outside.csv", tmp_path / "folder"
    outside.write_text("the handout's")
    folder.mkdir()
    (folder / "log.csv").symlink_to(outside)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", list(sys.path))
    Worker({}, ())._settle_in({"log.csv": b"submitted"}, [])
    assert outside.read_text() == "the handout's"
    assert (folder / "log.csv").read_bytes() == b"submitted"


def test_arrays_of_a_file_are_unpacked_up_to_a_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.savez_compressed(tmp_path / "a.npz", one=np.zeros(100), other=np.zeros(100))
    size = len((tmp_path / "a.npz").read_bytes())
    submitted = Submission("name", tmp_path, (PurePosixPath("a.npz"),), ())
    read = files.Files(submitted, lambda _seconds: pytest.fail("nothing is run"))
    assert set(read.arrays("*.npz")) == {"one", "other"}
    monkeypatch.setattr(files, "MAX_UNPACKED", 1000)
    assert size < 1000
    with pytest.raises(CheckFailed, match="no file of arrays"):
        read.arrays("*.npz")


# --- removing, users ------------------------------------------------------------------------------


@pytest.fixture
def linked(tmp_path: Path) -> tuple[Path, Path]:
    """A folder with a link to another one, which holds a file."""
    outside, folder = tmp_path / "outside", tmp_path / "folder"
    outside.mkdir()
    (outside / "file").touch()
    folder.mkdir()
    (folder / "link").symlink_to(outside)
    return outside, folder


def test_the_removal_takes_a_link_for_a_file(linked: tuple[Path, Path]) -> None:
    outside, folder = linked
    reaper.remove_folder(folder)
    assert not folder.exists()
    assert (outside / "file").exists()


def test_the_removal_opens_no_link(linked: tuple[Path, Path]) -> None:
    """As one that was a folder when it was listed."""
    here = os.open(linked[1], os.O_RDONLY | os.O_DIRECTORY)
    try:
        with pytest.raises(NotADirectoryError):
            reaper._stepped(here, "link")
    finally:
        os.close(here)


@pytest.mark.parametrize(
    ("right", "since"), [(Right.REFER, 2), (Right.TRUNCATE, 3), (Right.IOCTL_DEV, 5)]
)
def test_newer_rights_are_handled_where_the_kernel_knows_them(right: Right, since: int) -> None:
    assert right in Handled.by(since).rights
    assert right not in Handled.by(since - 1).rights


def test_a_workers_number_is_no_accounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor that of the process that kills its processes."""
    monkeypatch.setattr(users, "LAST_UID", users.FIRST_UID + 5)
    first = users.FIRST_UID
    accounts = [SimpleNamespace(pw_uid=uid) for uid in (0, first + 1, first + 2)]
    monkeypatch.setattr(users.pwd, "getpwall", lambda: accounts)
    for number in range(10):
        assert users.Users(tmp_path / f"locks{number}").take() == first + 4
