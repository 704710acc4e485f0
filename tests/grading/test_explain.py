"""``autograder explain``: what is run of a notebook for one question, and why; as staff see it."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from browser import DESKTOP, PHONE, chromium, visited
from command_line import run
from conftest import TWO_FUNCTIONS, Notebook, needs_root
from playwright.sync_api import Browser
from rich.console import Console

from autograder.grading.session import ExplainError, Session
from autograder.model import manifest
from autograder.model.explained import (
    FAILED,
    KEPT,
    LEFT_OUT,
    NOTHING,
    OPTIONAL,
    STOPPED,
    UNREAD,
    Explained,
    ExplainedCell,
    ExplainedName,
    Piece,
)
from autograder.pages.explain import explained_page
from autograder.pages.explain_terminal import print_explained
from release.markup.templates import solved, templates

pytestmark = needs_root

HOSTILE = "</pre><script>document.title = 'ran'</script>"
SETTING = """%matplotlib inline
import matplotlib.pyplot as plt
table = np.arange(6).reshape(2, 3)
# a comment

getattr(table, 'sort')()
plt.plot(table); plt.show()"""
LOOPS = """for n in [1, 2]:
    scale = n
    print(n)
    table = table * n; print(n)
    print(n); print(n)
    last = n
while True:
    getattr(table, 'sort')()
getattr(table, 'sort')()"""
USES = "* later + scale + len(label) + table + other + last"


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The assignment, with little time for what only may matter."""
    folder = tmp_path_factory.mktemp("two")
    shutil.copytree(TWO_FUNCTIONS, folder, dirs_exist_ok=True)
    path = folder / "staff" / manifest.FILE_NAME
    text = path.read_text(encoding="utf-8")
    limits = "[limits]\nreplay_seconds = 0.5\nwhole_seconds = 0.6\n"
    path.write_text(text.replace("[limits]\n", limits), encoding="utf-8")
    return path.parent


@pytest.fixture(scope="module")
def session(staff: Path) -> Iterator[Session]:
    described = manifest.load(staff)
    with Session(described, templates(described)) as started:
        yield started


@pytest.fixture
def answer() -> Notebook:
    return Notebook(solved(manifest.load(TWO_FUNCTIONS / "staff"))["two.ipynb"])


@pytest.fixture
def odd(answer: Notebook, tmp_path: Path) -> Path:
    """A submission with something of everything before its first answer."""
    answer.insert("row-sums", SETTING)
    answer.insert("row-sums", f'label = "{HOSTILE}"\nprint(label)')
    answer.insert("row-sums", LOOPS)
    answer.insert("row-sums", "offset = 1 / 0\nother = offset + 1")
    answer.insert("row-sums", "def broken(:\n    pass")
    answer.edit("row-sums", (".sum(axis=1)", f".sum(axis=1) {USES}"))
    answer.insert("box-blur", "")
    answer.cells.append({**answer.cell("row-sums"), "id": "x", "source": "later = 1\nprint(later)"})
    answer.save(tmp_path / "in" / "two.ipynb")
    (tmp_path / "in" / "movie.mp4").write_bytes(b"x")
    return tmp_path / "in"


def marks(found: Explained, cell: int) -> list[tuple[int, str]]:
    shown = next(each for each in found.cells if each.number == cell)
    return [(piece.line, piece.mark) for piece in shown.pieces]


def reasons(found: Explained, cell: int) -> dict[int, str]:
    shown = next(each for each in found.cells if each.number == cell)
    return {piece.line: piece.reason for piece in shown.pieces if piece.reason}


def text_of(found: Explained, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width)
    print_explained(console, found)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


# --- what is found -------------------------------------------------------------------------------


def test_each_statement_has_its_mark_and_reason(session: Session, odd: Path) -> None:
    found = session.explain(odd, "Q1")
    assert found.file == "two.ipynb"
    assert found.names == (ExplainedName("row_sums", "function"),)
    assert (found.whole, found.problem, found.cut) == ("", "", 0)
    assert 0.4 < found.seconds < 5
    assert any(note.startswith("movie.mp4 was left out") for note in found.notes)
    assert [cell.number for cell in found.cells] == [1, 2, 3, 4, 5, 6, 7, 10]
    assert [cell.below for cell in found.cells] == [False] * 7 + [True]
    assert marks(found, 1) == [(1, KEPT), (2, LEFT_OUT)]
    assert marks(found, 2) == [
        *((1, LEFT_OUT), (2, LEFT_OUT), (3, KEPT), (4, NOTHING)),
        *((6, OPTIONAL), (7, LEFT_OUT)),
    ]
    assert marks(found, 4) == [
        # In line 4 something is kept; line 5 is left out as a whole.
        *((1, KEPT), (3, LEFT_OUT), (4, KEPT), (5, LEFT_OUT), (6, KEPT)),
        *((7, STOPPED), (9, STOPPED)),
    ]
    assert found.stopped == ((4, 7), (4, 9))
    assert "0.5 s" in reasons(found, 4)[7]
    assert marks(found, 5) == [(1, FAILED), (2, FAILED)]
    assert reasons(found, 5)[1] == "ZeroDivisionError: division by zero (line 1)"
    assert "uses `offset`" in reasons(found, 5)[2]
    assert marks(found, 6) == [(1, UNREAD)]
    assert "line 1" in reasons(found, 6)[1]
    assert (1, KEPT) in marks(found, 7)
    assert marks(found, 10) == [(1, KEPT), (2, LEFT_OUT)]
    assert reasons(found, 10) == {1: "binds later"}


def test_of_the_plain_solution_all_is_said(
    session: Session, answer: Notebook, tmp_path: Path
) -> None:
    found = session.explain(answer.save(tmp_path / "two.ipynb"), "q2")
    assert found.question == "Q2"
    assert found.names == (ExplainedName("box_blur", "function"),)
    assert marks(found, 1) == [(1, KEPT), (2, KEPT)]
    assert marks(found, 2) == [(1, LEFT_OUT), (7, NOTHING)]
    assert found.counts == {KEPT: 3, LEFT_OUT: 1}


def test_the_whole_is_run_when_asked_for(session: Session, odd: Path) -> None:
    found = session.explain(odd, "Q1", whole=True)
    assert "--whole" in found.whole
    assert found.budget == 0.6
    assert (7, STOPPED) in marks(found, 4)
    # As a kernel does, all is tried.
    assert reasons(found, 5)[2] == "NameError: name 'offset' is not defined (line 2)"


def test_names_that_come_and_go_are_a_reason_for_the_whole(
    session: Session, answer: Notebook, tmp_path: Path
) -> None:
    answer.insert("row-sums", "x = 1\nexec('y = 2')\n")
    found = session.explain(answer.save(tmp_path / "two.ipynb"), "Q1")
    assert "`exec` in cell 2, line 2" in found.whole
    assert (2, OPTIONAL) in marks(found, 2)


def test_names_that_are_missing_say_why(session: Session, answer: Notebook, tmp_path: Path) -> None:
    answer.set("row-sums", "row_sums = 1 / 0").set("box-blur", "blur = 1")
    path = answer.save(tmp_path / "two.ipynb")
    (name,) = session.explain(path, "Q1").names
    assert (name.kind, "ZeroDivisionError" in name.missing) == ("", True)
    (name,) = session.explain(path, "Q2").names
    assert "not defined in two.ipynb" in name.missing


def test_types_are_told_with_their_modules(
    session: Session, answer: Notebook, tmp_path: Path
) -> None:
    answer.set("row-sums", "row_sums = np.zeros(3)")
    (name,) = session.explain(answer.save(tmp_path / "two.ipynb"), "Q1").names
    assert name.kind == "numpy.ndarray"


def test_what_does_not_end_is_said(session: Session, answer: Notebook, tmp_path: Path) -> None:
    answer.insert("row-sums", "import os\nos._exit(3)\nbase = os.getpid()")
    answer.edit("row-sums", (".sum(axis=1)", ".sum(axis=1) + base"))
    answer.set("box-blur", "import os\nbox_blur = os._exit(3)")
    path = answer.save(tmp_path / "two.ipynb")
    found = session.explain(path, "Q2")
    assert "ended the Python process" in found.problem
    assert found.names == (ExplainedName("box_blur"),)
    assert {KEPT} <= found.counts.keys()
    # And the session goes on.
    assert session.explain(path, "Q1").names[0].name == "row_sums"
    assert not session.grade(path).faulty


def test_a_submission_that_cannot_be_read_is_explained_all_the_same(
    session: Session, tmp_path: Path
) -> None:
    broken = tmp_path / "two.ipynb"
    broken.write_text("{", encoding="utf-8")
    found = session.explain(broken, "Q1")
    assert "not a notebook" in found.problem
    assert found.cells == ()
    assert "not a notebook" in text_of(found, 200)
    assert "There is nothing to show" in explained_page(found)


def test_a_question_without_names_runs_nothing(
    staff: Path, answer: Notebook, tmp_path: Path
) -> None:
    shutil.copytree(staff.parent, tmp_path / "two")
    path = tmp_path / "two" / "staff" / manifest.FILE_NAME
    files = '\n[[question]]\nid = "F"\ntitle = "Files"\npoints = 1\n'
    path.write_text(path.read_text(encoding="utf-8") + files, encoding="utf-8")
    described = manifest.load(path.parent)
    with Session(described, templates(described)) as session:
        found = session.explain(answer.save(tmp_path / "two.ipynb"), "F")
    assert (found.names, found.cells, found.problem, found.file) == ((), (), "", "")
    assert "nothing is run for it" in text_of(found)
    assert "is about no notebook" in explained_page(found)


def test_a_question_about_a_cell_needs_no_names(
    staff: Path, answer: Notebook, tmp_path: Path
) -> None:
    shutil.copytree(staff.parent, tmp_path / "two")
    path = tmp_path / "two" / "staff" / manifest.FILE_NAME
    cell = 'id = "S"\ntitle = "Seen"\npoints = 0\nnotebook = "two.ipynb"\nanchor = "box-blur"\n'
    text = path.read_text(encoding="utf-8") + f'\n[[question]]\n{cell}run = "cell"\n'
    path.write_text(text, encoding="utf-8")
    described = manifest.load(path.parent)
    with Session(described, templates(described)) as session:
        found = session.explain(answer.save(tmp_path / "two.ipynb"), "S")
    assert (found.names, found.problem, found.file) == ((), "", "two.ipynb")
    pieces = [piece for cell in found.cells for piece in cell.pieces]
    assert any(piece.mark == KEPT and "box_blur" in piece.text for piece in pieces)
    assert "What its cell depends on is run" in text_of(found)
    assert "what its cell depends on" in explained_page(found)


def test_what_is_not_there_is_one_sentence(session: Session, odd: Path, tmp_path: Path) -> None:
    with pytest.raises(ExplainError, match=r"no question 'Q7'; choose from Q1, Q2\.$"):
        session.explain(odd, "Q7")
    with pytest.raises(ExplainError, match="nothing is there"):
        session.explain(tmp_path / "gone", "Q1")


# --- the command ---------------------------------------------------------------------------------


def test_the_command_prints_and_writes(staff: Path, odd: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    done = run("explain", odd, "Q1", "-a", staff, "--html", page)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    lines = done.stdout.splitlines()
    assert "row_sums: function" in lines
    assert "Stopped: cell 4, line 7; cell 4, line 9." in lines
    assert re.search(r"^kept +3  table = np.arange.* ← binds table$", done.stdout, re.MULTILINE)
    for word, line in (
        ("may matter", "getattr(table, 'sort')()"),
        ("left out", "plt.plot(table); plt.show()"),
        ("stopped", "while True:"),
        ("failed", "offset = 1 / 0"),
        ("not Python", "def broken(:"),
    ):
        assert any(x.startswith(word) and line in x for x in lines), word
    assert HOSTILE in done.stdout
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_mistakes_of_the_caller_exit_with_2(staff: Path, odd: Path, tmp_path: Path) -> None:
    unknown = run("explain", odd, "Q7", "-a", staff)
    assert unknown.returncode == 2
    assert "choose from Q1, Q2." in unknown.stderr
    gone = run("explain", tmp_path / "gone", "Q1", "-a", staff)
    assert gone.returncode == 2
    assert "there is no such file or folder" in gone.stderr
    for done in (unknown, gone):
        assert "Traceback" not in done.stdout + done.stderr
        assert done.stdout == ""
        assert len(done.stderr.splitlines()) == 1


# --- how it looks --------------------------------------------------------------------------------

EVIL = "\x1b[31m\x1b]0;title\x07\u202e [bold]x[/bold] " + HOSTILE


def made_up() -> Explained:
    """Every mark, and texts that try to be more than texts."""
    pieces = tuple(
        Piece(n, f"if x:\n    {EVIL}", mark, f"{EVIL} " * 4)
        for n, mark in enumerate((KEPT, OPTIONAL, LEFT_OUT, STOPPED, FAILED, UNREAD, NOTHING))
    )
    names = (ExplainedName("good", EVIL), ExplainedName("bad", "", EVIL), ExplainedName("open"))
    cells = (ExplainedCell(0, pieces[:1]), ExplainedCell(3, pieces), ExplainedCell(4, pieces, True))
    return Explained(
        *(EVIL, "Two", "Q1", "Row sums", "two.ipynb", EVIL, (EVIL,), EVIL, EVIL),
        names=names,
        cells=cells,
        seconds=1.25,
        budget=10.0,
        cut=3,
    )


@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_terminal_shows_text_and_nothing_else(width: int) -> None:
    shown = text_of(made_up(), width)
    assert not set("\x1b\x07\u202e") & set(shown)
    assert "[bold]x[/bold]" in shown
    for word in ("kept", "may matter", "left out", "stopped", "failed", "not Python"):
        assert re.search(rf"^{word}", shown, re.MULTILINE), word
    assert "From the template" in shown
    assert "Cell 4, below the answer" in shown


class Tags(HTMLParser):
    """The tags of a page and their attributes, and the policy that it declares."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.policy = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        values = dict(attrs)
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = values["content"] or ""


def test_the_page_is_inert() -> None:
    page = explained_page(made_up())
    parsed = Tags(page)
    assert not {"script", "form", "iframe", "img", "b"} & set(parsed.tags)
    assert not {name for name in parsed.attributes if name.startswith("on")}
    assert "style" not in parsed.attributes
    assert parsed.policy.startswith("default-src 'none'")
    assert "script-src 'none'" in parsed.policy
    assert "&lt;script&gt;" in page
    assert not set("\x1b\x07\u202e") & set(page)


def test_a_huge_notebook_is_bounded(session: Session, answer: Notebook, tmp_path: Path) -> None:
    for number in range(4):
        answer.insert("row-sums", f"x{number} = 1\n" + "print(1); print(2)\n" * 1000)
        answer.insert("row-sums", "# " + "x" * 600_000)
    found = session.explain(answer.save(tmp_path / "two.ipynb"), "Q1")
    assert found.names[0].kind == "function"
    assert found.cut
    assert len(explained_page(found)) < 8_000_000
    assert f"The first {found.cut} cells are not shown" in text_of(found)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_the_page_is_legible(
    browser: Browser, tmp_path: Path, scheme: str, size: tuple[int, int]
) -> None:
    file = tmp_path / "page.html"
    file.write_text(explained_page(made_up()), encoding="utf-8")
    with visited(browser, file, size, color_scheme=scheme) as visit:
        assert visit.requests == visit.console == visit.dialogs == []
        assert visit.page.title().startswith("What is run for Q1")
        assert visit.contrasts()[0][1] >= 4.5
        assert visit.structure() == []
        assert visit.overflow() <= 0
