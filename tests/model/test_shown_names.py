"""Names of files and people steer nothing where they are shown: terminal, tables, pages."""

from __future__ import annotations

import csv
import io
import re
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import TWO_FUNCTIONS
from hypothesis import example, given
from hypothesis import strategies as st
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from autograder import cli
from autograder.batch.attendance import Notice
from autograder.batch.entries import Entry, Ignored, Person
from autograder.batch.grades import safe, tables
from autograder.batch.outcome import Batch, GradedSubmission
from autograder.batch.sources import Source
from autograder.batch.terminal import print_batch, print_notices, print_reasons, print_source
from autograder.home.table import ReportView
from autograder.model import manifest
from autograder.model.errors import UserError
from autograder.model.report import CheckResult, Report
from autograder.pages.console import PlainConsole
from autograder.pages.report import batch_page
from autograder.pages.reported import ReportedBatch, ReportedNotice, ReportedSubmission
from autograder.pages.terminal import print_public, print_report

HOSTILE = [
    "[red]x[/red].ipynb",
    "[link=https://example.org]x[/link]",
    "[/]",
    "\x1b]8;;https://example.org\x1b\\x\x1b]8;;\x1b\\",
    "\x1b[2J\x1b[1;1Hgone",
    "\x9b31mred",
    "a\u202egpj.exe",
    "one\nScore 100\r\nof 100",
    "\x07\x08\x0b\x0c\x00",
    ":smile: :warning:",
    "<script>alert(1)</script>",
    "\u2028\u2029\u200b\ufeff",
]
#: What rich itself writes to colour a text.
_STYLE = re.compile(r"\x1b\[[0-9;]*m")


def report_on(name: str) -> Report:
    check = CheckResult(
        id=name,
        question="Q",
        title=name,
        number=name,
        hidden=False,
        score=0.0,
        max_score=1.0,
        status="failed",
        message=name,
    )
    return Report(
        submission=name,
        assignment=name,
        max_score=1,
        checks=(check,),
        notes=(name,),
        flags=(name,),
        faults=(name,),
        skipped=((name, name),),
        missing=((name, name),),
        seed=1,
    )


def batch_of(name: str) -> Batch:
    entry = Entry("x", name, (), (Person(name, name, name),))
    return Batch(
        manifest.load(TWO_FUNCTIONS / "staff"), (GradedSubmission(entry, report_on(name), {}),)
    )


def said(show: Callable[[Console], object], kind: type[Console] = PlainConsole) -> str:
    """What is written on a terminal that knows colours and links."""
    out = io.StringIO()
    console = kind(file=out, force_terminal=True, width=150, color_system="truecolor")
    show(console)
    return _STYLE.sub("", out.getvalue())


def steers(text: str) -> set[str]:
    return {c for c in text if c != "\n" and unicodedata.category(c)[0] == "C"}


SHOWN: dict[str, Callable[[Console, str], object]] = {
    "report": lambda console, name: print_report(console, report_on(name)),
    "public": lambda console, name: print_public(console, report_on(name), 4),
    "batch": lambda console, name: print_batch(console, batch_of(name), 1, 1.0, Path(name), name),
    "reasons": lambda console, name: print_reasons(console, name, [name]),
    "source": lambda console, name: print_source(console, Source((), name)),
    "notices": lambda console, name: print_notices(
        console, (Notice("Left out", name, name, (name,)),), (Ignored(name, name, expected=True),)
    ),
    "text": lambda console, name: console.print(name, Text(name)),
    "table": lambda console, name: console.print(_table(name)),
}


def _table(name: str) -> Table:
    table = Table(name, title=name, caption=name)
    table.add_row(name)
    return table


def _progress(console: Console, name: str) -> None:
    with Progress("x", console=console, auto_refresh=False) as progress:
        progress.console.print(name)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("where", SHOWN)
def test_a_terminal_shows_names_as_they_are(where: str, name: str) -> None:
    text = said(lambda console: SHOWN[where](console, name))
    assert steers(text) == set()
    if name.isprintable():
        assert name in text or "\n" in text  # long ones are folded
        assert name[:4] in text


@pytest.mark.parametrize("name", HOSTILE)
def test_beside_a_bar_too(name: str) -> None:
    """The bar moves the cursor by itself: nothing else does."""
    text = said(lambda console: _progress(console, name))
    assert "\x1b]8" not in text
    assert "\x1b[2J" not in text
    assert steers(text) <= {"\x1b", "\r"}


def test_control_rich_alone_takes_them_for_commands() -> None:
    plain = "".join(
        said(lambda console, name=name: console.print(Text(name)), Console) for name in HOSTILE
    )
    assert {"\x1b", "\u202e"} <= steers(plain)
    assert "[red]x[/red]" not in said(lambda c: c.print("[red]x[/red]"), Console)


def test_a_name_of_several_lines_is_one_line_of_a_title() -> None:
    text = said(lambda console: print_report(console, report_on("one\nScore 100")))
    assert "one Score 100 · one Score 100" in text


@pytest.mark.parametrize("name", HOSTILE)
def test_an_error_that_quotes_a_name_steers_nothing(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse() -> None:
        raise UserError(f"{name}: it cannot be read.")

    monkeypatch.setattr(cli, "app", refuse)
    monkeypatch.setattr(sys, "argv", ["autograder"])
    monkeypatch.setenv("FORCE_COLOR", "1")
    with pytest.raises(SystemExit):
        cli.main()
    text = _STYLE.sub("", capsys.readouterr().err)
    assert steers(text) == set()
    assert "cannot be read" in text


@pytest.mark.parametrize("name", HOSTILE)
def test_a_table_in_a_notebook_holds_no_markup(name: str) -> None:
    shown = ReportView(report_on(name), 4.0)
    assert steers(repr(shown)) == set()
    assert steers(shown._repr_html_()) == set()
    assert "<script" not in shown._repr_html_()


@pytest.mark.parametrize("name", HOSTILE)
def test_the_report_of_a_batch_holds_no_markup(name: str) -> None:
    batch = ReportedBatch(
        name,
        (ReportedSubmission(name, name, report_on(name), "", name),),
        made=name,
        ignored=((name, name),),
        notices=(ReportedNotice(name, name, (name,)),),
    )
    page = batch_page(batch)
    assert "<script>alert" not in page
    assert steers(page) == set()


# --- tables of grades -----------------------------------------------------------------------------

SIGNS = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
SEPARATORS = ",;\t|"
TEXTS = st.lists(
    st.sampled_from([*"=+-@,;|\t\r\n\"' ax1", "=cmd|' /C calc'!A0", "\uff1d", "Jane Doe"]),
    max_size=8,
).map("".join)


def _cells(text: str) -> set[str]:
    """What spreadsheets of any country take for cells, also such that know no quotes."""
    found: set[str] = set()
    for separator in SEPARATORS:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            found |= set(row)
        for line in re.split(r"[\r\n]", text):
            found |= {each.strip('"') for each in line.split(separator)}
    return found


def _is_number(cell: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", cell) is not None


@given(TEXTS)
@example("x;=cmd|' /C calc'!A0;y")
@example('x;"=1+1"')
@example("a\t=1")
@example("=1")
@example("  @SUM(1)")
@example("\r=1")
def test_no_cell_is_a_formula_however_it_is_split(text: str) -> None:
    for table in tables(batch_of(text)).values():
        for cell in _cells(table):
            bare = cell.lstrip(' "\t\r\n')  # an apostrophe makes it a text
            assert not bare.startswith(SIGNS) or _is_number(bare), cell


def test_every_text_of_a_table_is_quoted() -> None:
    name = "x;=cmd|' /C calc'!A0;y"
    for table in tables(batch_of(name)).values():
        for row in csv.reader(io.StringIO(table)):
            assert row
        outside = re.sub(r'"(?:[^"]|"")*"', "", table)
        assert re.fullmatch(r"[0-9.,\n-]*", outside)
    assert safe(name) == "x;'=cmd|' /C calc'!A0;y"
    assert safe("Jane O'Neil-Doe; Max") == "Jane O'Neil-Doe; Max"
    assert safe(-1.5) == -1.5


def test_control_without_it_a_spreadsheet_that_splits_at_semicolons_sees_a_formula() -> None:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(["1", "x;=cmd|' /C calc'!A0;y"])
    assert any(cell.startswith("=cmd") for cell in _cells(buffer.getvalue()))
