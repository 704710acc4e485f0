"""Pages of feedback in a real browser: what they show to whom, that they are inert, and legible."""

from __future__ import annotations

import base64
import io
import json
import random
import re
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from browser import DESKTOP, PHONE, chromium, visited
from command_line import run
from conftest import TWO_FUNCTIONS, Notebook, code_cell, needs_root
from PIL import Image
from playwright.sync_api import Browser

from autograder.model import manifest
from autograder.model.manifest import Assignment
from autograder.model.pictures import Picture
from autograder.model.report import HARNESS_FAULT, CheckResult, Report
from autograder.model.submission import collect
from autograder.pages import markup
from autograder.pages import page as pages
from autograder.pages.feedback import feedback_page, write_feedback
from autograder.pages.questions import STAFF, STUDENT, Audience
from autograder.slicing.notebook import parse
from release.markup.templates import solved, templates


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def two() -> Assignment:
    return manifest.load(TWO_FUNCTIONS / "staff")


@pytest.fixture(scope="module")
def blank(two: Assignment) -> dict[str, bytes]:
    return templates(two)


@pytest.fixture
def answer(two: Assignment) -> Notebook:
    return Notebook(solved(two)["two.ipynb"])


def png(side: int = 8) -> str:
    file = io.BytesIO()
    Image.new("RGB", (side, side), (200, 30, 30)).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def result(number: str, status: str, **values: Any) -> CheckResult:
    score = {"passed": 1.0, "partial": 0.5}.get(status, 0.0)
    basic: dict[str, Any] = {
        "id": f"test_two.py::test_{number.replace('.', '_')}",
        "question": f"Q{number[0]}",
        "title": f"what check {number} asks",
        "number": number,
        "hidden": False,
        "score": score,
        "max_score": 1.0,
        "status": status,
    }
    return CheckResult(**{**basic, **values})


CHECKS = (
    result("1.1", "passed"),
    result("1.2", "partial", message="Came back: an array of shape (3,)", passed=1, cases=2),
    result("2.1", "failed", message="Came back: <b>nothing</b>\nHint: look again."),
    result("2.2", "failed", message="SECRET MESSAGE", visibility="hidden", hidden=True),
    result("2.3", "skipped", message="Not run: another check failed.", max_score=0.0),
    result("2.4", "fault", message=HARNESS_FAULT, staff="Traceback: SECRET STAFF", max_score=0.0),
)
REPORT = Report(
    submission="jane doe",
    assignment="two-functions",
    max_score=4,
    checks=CHECKS,
    notes=("A note on the whole.",),
    flags=("SECRET FLAG",),
    seed=77,
    layers=("uid",),
    version="0",
    skipped=(("movie.mp4", "files of this kind are not part of the assignment"),),
)


def illustrated(pictures: dict[str, tuple[Picture, ...]]) -> Report:
    """The report with pictures beside the messages of these checks."""
    checks = (replace(check, pictures=pictures.get(check.id, ())) for check in REPORT.checks)
    return replace(REPORT, checks=tuple(checks))


def made(
    notebook: Notebook,
    two: Assignment,
    blank: dict[str, bytes],
    folder: Path,
    audience: Audience = STUDENT,
    report: Report = REPORT,
) -> Path:
    """The page of one submission, on disk."""
    notebook.save(folder / "in" / "two.ipynb")
    (folder / "copy").mkdir(exist_ok=True)
    submission = collect(folder / "in", folder / "copy")
    parsed = {name: parse(data, name) for name, data in blank.items()}
    file = folder / "page.html"
    html = feedback_page(report, submission, two, parsed, audience)
    file.write_text(html, encoding="utf-8")
    return file


def full(answer: Notebook) -> Notebook:
    """A notebook with every kind of honest content."""
    answer.cells.append(
        {"cell_type": "markdown", "metadata": {}, "source": "# Thoughts\n\nBlur $k$."}
    )
    table = "<table><tr><th>loss</th></tr>" + "<tr><td>0.123456789</td></tr>" * 3 + "</table>"
    wide = "<table><tr>" + "<td>0.123456789</td>" * 30 + "</tr></table>"
    cell = code_cell("# a comment\nx = 'text' + str(1.5)\nprint(x)  " + "long " * 60)
    cell["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": "10%\r100%\n\x1b[31mred\x1b[0m\n"},
        {"output_type": "display_data", "data": {"image/png": png()}},
        {"output_type": "execute_result", "data": {"text/html": table + wide}},
        {"output_type": "error", "traceback": ["\x1b[1;32mNameError\x1b[0m: x"]},
        {"output_type": "display_data", "data": {"application/x-thing": "?"}},
    ]
    answer.cells.append(cell)
    return answer


def test_messages_stand_beside_their_cells(
    browser: Browser, answer: Notebook, two: Assignment, blank: dict[str, bytes], tmp_path: Path
) -> None:
    shown = Picture("Got", "what came back, as a picture", png())
    report = illustrated({CHECKS[2].id: (shown,), CHECKS[3].id: (shown, shown)})
    # An attachment of a written answer, as large as a photograph.
    noise = Image.frombytes("RGB", (500, 500), random.Random(1).randbytes(750_000))
    photo = io.BytesIO()
    noise.save(photo, "PNG")
    attached = {"my photo.png": {"image/png": base64.b64encode(photo.getvalue()).decode()}}
    source = "My own **words** ![a photo](attachment:my%20photo.png)"
    answer.cells.append({"cell_type": "markdown", "source": source, "attachments": attached})
    file = made(answer, two, blank, tmp_path, report=report)
    with visited(browser, file) as visit:
        page = visit.page
        row = page.locator(".row", has_text="def box_blur")
        assert row.count() == 1
        text = row.locator("aside").inner_text()
        assert "Q2 · Box blur" in text
        assert "Came back: <b>nothing</b>\nHint: look again." in text
        assert "another check failed" in text
        assert HARNESS_FAULT in text
        assert "what check 1.2 asks" not in text
        other = page.locator(".row", has_text="def row_sums").locator("aside").inner_text()
        assert "Partly passed" in other
        assert "1 of 2 cases" in other
        # side by side, not one below the other
        cell, aside = row.locator("article").bounding_box(), row.locator("aside").bounding_box()
        assert cell is not None and aside is not None
        assert cell["x"] + cell["width"] <= aside["x"]
        figures = row.locator("aside figure")
        assert figures.count() == 1
        assert figures.inner_text() == "Got"
        assert figures.locator("img").evaluate("i => i.naturalWidth") == 8
        written = page.locator("section", has=page.locator("#written"))
        assert written.locator("article").count() == 1
        assert written.locator("strong").inner_text() == "words"
        assert written.get_by_alt_text("a photo").evaluate("i => i.naturalWidth") == 500
        assert "A note on the whole." in page.locator(".notes").inner_text()
        assert "movie.mp4 was left out" in page.locator(".notes").inner_text()


def test_written_answers_are_collected_with_their_headings(
    two: Assignment, blank: dict[str, bytes], tmp_path: Path
) -> None:
    def text(identifier: str, source: str) -> dict[str, Any]:
        return {"cell_type": "markdown", "id": identifier, "metadata": {}, "source": source}

    given = Notebook(blank["two.ipynb"])
    given.tree["cells"] += [
        text("p1", "## Why blur?"),
        text("a1", "*Your answer here.*"),
        text("p2", "### And now?"),
        text("a2", "*Your answer here.*"),
        text("a3", "Write three lines."),
        text("p3", "A text that is given."),
    ]
    template = json.dumps(given.tree).encode()
    given.set("a1", "Because of the noise.")
    given.cells.append({"cell_type": "markdown", "metadata": {}, "source": "An added thought."})
    entry = replace(two.notebooks[0], stubs={"a3": "Write three lines."})
    asked = replace(two, notebooks=(entry,))
    html = made(given, asked, {"two.ipynb": template}, tmp_path).read_text(encoding="utf-8")
    section = html[html.index('id="written"') : html.index('<h2 id="notebook-1"')]
    answers = [re.sub(r"<[^>]+>|\s+", " ", part).split() for part in section.split("<article")[1:]]
    assert [" ".join(answer[answer.index("·") :]) for answer in answers] == [
        "· Why blur? Because of the noise.",
        "· And now? Left blank.",
        "· And now? Left blank.",
        "· And now? An added thought.",
    ]


def test_a_student_sees_what_is_visible_and_staff_see_all(
    answer: Notebook, two: Assignment, blank: dict[str, bytes], tmp_path: Path
) -> None:
    report = illustrated({CHECKS[3].id: (Picture("", "picture of a hidden check", png()),)})

    def page_for(audience: Audience) -> str:
        return made(answer, two, blank, tmp_path, audience, report).read_text("utf-8")

    student = page_for(STUDENT)
    for secret in ("SECRET", "2.2", "picture of a hidden", "test_two.py", "77", "uid", "minimum"):
        assert secret not in re.sub(
            r"<style>.*?</style>|base64,\S+|sha256-\S+", "", student, flags=re.S
        )
    assert "1 of 4 points are judged by checks that are not shown here" in student
    assert "<strong>1.5</strong> of 3 points in the checks shown here" in student
    staff = page_for(STAFF)
    for known in (
        "SECRET MESSAGE",
        "SECRET STAFF",
        "SECRET FLAG",
        "picture of a hidden",
        "77",
        "uid",
    ):
        assert known in staff
    assert "<strong>1.5</strong> of 4 points" in staff
    assert "not shown here" not in staff
    published = page_for(Audience(shown=frozenset({"visible", "hidden"})))
    assert "SECRET MESSAGE" in published
    assert "SECRET STAFF" not in published
    assert "picture of a hidden" not in published


@pytest.mark.parametrize("audience", [STUDENT, STAFF], ids=["student", "staff"])
def test_legible_on_phone_and_desktop_in_both_schemes(
    browser: Browser,
    answer: Notebook,
    two: Assignment,
    blank: dict[str, bytes],
    tmp_path: Path,
    audience: Audience,
) -> None:
    file = made(full(answer), two, blank, tmp_path, audience)
    for size in (PHONE, DESKTOP):
        for scheme in ("light", "dark"):
            with visited(browser, file, size, color_scheme=scheme) as visit:
                texts = visit.contrasts()
                assert len(texts) > 15
                assert texts[0][1] >= 4.5, (size, scheme, texts[0])
                assert visit.overflow() <= 0
                assert visit.structure() == []
                assert visit.requests == []
                assert visit.console == []
    with visited(browser, file, color_scheme="dark") as dark, visited(browser, file) as light:
        style = "getComputedStyle(document.body).backgroundColor"
        assert dark.page.evaluate(style) != light.page.evaluate(style)


def test_statuses_are_words_and_the_keyboard_is_enough(
    browser: Browser, answer: Notebook, two: Assignment, blank: dict[str, bytes], tmp_path: Path
) -> None:
    file = made(answer, two, blank, tmp_path)
    with visited(browser, file, PHONE) as visit:
        table = visit.page.locator("table.summary")
        words = table.locator(".status").all_text_contents()
        assert [" ".join(word.split()[1:]) for word in words] == [
            "Passed", "Partly passed", "Failed", "Not run", "Grader failed"
        ]  # fmt: skip
        visit.page.keyboard.press("Tab")
        assert visit.page.evaluate("document.activeElement.className") == "skip"
        outline = "e => getComputedStyle(e).outlineStyle + getComputedStyle(e).outlineWidth"
        assert visit.page.locator(":focus").evaluate(outline) == "solid3px"
        visit.page.keyboard.press("Enter")
        assert visit.page.evaluate("document.activeElement.id") == "main"
        visit.page.keyboard.press("Tab")
        visit.page.keyboard.press("Enter")
        top = visit.page.locator("#question-1").bounding_box()
        assert top is not None
        assert 0 <= top["y"] < PHONE[1]


def test_prints_in_whole(
    browser: Browser, answer: Notebook, two: Assignment, blank: dict[str, bytes], tmp_path: Path
) -> None:
    file = made(full(answer), two, blank, tmp_path)
    # The width of A4 without the page's margins of 16 mm, at 96 dots an inch.
    with visited(browser, file, (672, 900), color_scheme="dark") as visit:
        pdf = visit.page.pdf(format="A4", print_background=True)
        assert pdf.startswith(b"%PDF")
        assert len(re.findall(rb"/Type\s*/Page\b", pdf)) >= 2
        visit.page.emulate_media(media="print", color_scheme="dark")
        assert visit.page.evaluate("getComputedStyle(document.body).backgroundColor") == (
            "rgb(255, 255, 255)"
        )
        cut = visit.page.evaluate(
            """[...document.querySelectorAll('body *')].filter(e => e.checkVisibility()
              && !e.matches('.skip, .unseen') && !e.closest('.cell-number')
              && (e.getBoundingClientRect().right > innerWidth + 1
                  || (e.scrollWidth > e.clientWidth + 1
                      && getComputedStyle(e).display === 'block')))
              .map(e => e.outerHTML.slice(0, 80))"""
        )
        assert cut == []
        assert visit.contrasts()[0][1] >= 4.5


HOSTILE = (
    "<script>document.title = 'ran'</script>"
    "<img src=x onerror=\"document.title = 'ran'\">"
    "<svg onload=\"document.title = 'ran'\"><script>document.title = 'ran'</script></svg>"
    "<style>body { display: none !important } .passed { color: red }</style>"
    '<link rel="stylesheet" href="http://127.0.0.1:9/style.css">'
    '<img src="http://127.0.0.1:9/pixel.png"><iframe src="http://127.0.0.1:9/frame"></iframe>'
    '<div style="position:fixed;inset:0;background:url(http://127.0.0.1:9/back.png)">over</div>'
    '<form action="http://127.0.0.1:9/"><input name="password" autofocus><button>Go</button></form>'
    '<a id="summary" class="status passed" href="javascript:document.title = \'ran\'">click</a>'
    '<meta http-equiv="refresh" content="0;url=http://127.0.0.1:9/gone"><base href="http://127.0.0.1:9/">'
    '<table background="http://127.0.0.1:9/t.png"><tr><td>cell</table></div></div></main></body>'
    "<h1>Full marks</h1><video src='http://127.0.0.1:9/v' poster='http://127.0.0.1:9/p'></video>"
)


@pytest.fixture
def hits() -> Iterator[list[str]]:
    """What reaches a server that the hostile content calls, its address first."""
    found: list[str] = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.append(self.path)
            self.send_error(404)

        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Listener) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found.append(f"127.0.0.1:{server.server_port}")
        yield found
        server.shutdown()


def hostile(answer: Notebook) -> Notebook:
    """The same content wherever a notebook can hold any."""
    source = HOSTILE + "\n\n[link](javascript:alert(1)) ![far](http://127.0.0.1:9/m.png)\n\n# Big\n"
    svg = base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>").decode()
    attachment = {"a.png": {"image/svg+xml": svg}, "b.png": {"image/png": "%%%"}, "c.png": "no"}
    pictures = "![a](attachment:a.png) ![b](attachment:b.png) ![gone](attachment:z.png)"
    cell = code_cell(f"'''{HOSTILE}'''\n")
    cell["outputs"] = [
        {"output_type": "display_data", "data": {"text/html": HOSTILE}},
        {"output_type": "display_data", "data": {"text/html": [HOSTILE, HOSTILE]}},
        {"output_type": "display_data", "data": {"text/markdown": source}},
        {"output_type": "display_data", "data": {"application/javascript": "document.title='ran'"}},
        {"output_type": "display_data", "data": {"image/svg+xml": HOSTILE}},
        {"output_type": "display_data", "data": {"image/png": f'"><script>{HOSTILE}'}},
        {"output_type": "stream", "name": "stdout", "text": f"\x1b[38;2;1;2;3m{HOSTILE}\x1b[0m"},
        {"output_type": "error", "traceback": [HOSTILE, 3, None], "ename": HOSTILE},
        {"output_type": HOSTILE, "data": {HOSTILE: HOSTILE}},
        "no output",
        None,
        {"output_type": "stream", "text": {"a": 1}},
    ]
    answer.cells.append(
        {"cell_type": "markdown", "source": source + pictures, "attachments": attachment}
    )
    answer.cells.append(cell)
    answer.cells.append(
        {"cell_type": "raw", "source": HOSTILE, "metadata": {"format": "text/html"}}
    )
    return answer


def test_a_hostile_notebook_is_inert(
    browser: Browser,
    answer: Notebook,
    two: Assignment,
    blank: dict[str, bytes],
    tmp_path: Path,
    hits: list[str],
) -> None:
    checks = (
        *CHECKS[:2],
        result("2.1", "failed", message=HOSTILE, title=HOSTILE, question=HOSTILE),
    )
    report = Report(
        HOSTILE, "two", 4, checks, notes=(HOSTILE,), flags=(HOSTILE,), faults=(HOSTILE,)
    )
    file = made(hostile(answer), two, blank, tmp_path, STAFF, report)
    with visited(browser, file) as visit:
        visit.page.wait_for_timeout(300)
        title = visit.page.title()
        assert title.startswith("Feedback on <script>")
        assert visit.requests == visit.console == visit.dialogs == []
        assert visit.page.locator("h1").count() == 1
        assert visit.page.locator("#summary").inner_text() == "Summary"
        assert (
            visit.page.locator(
                "form, input, iframe, svg, script, video, link:not([rel=icon])"
            ).count()
            == 0
        )
        assert visit.page.locator("[style], [onerror], [onload], .student [id]").count() == 0
        assert visit.page.locator(".student .status, .student .passed").count() == 0
        assert visit.page.evaluate("getComputedStyle(document.body).display") == "block"
        visit.page.get_by_text("click", exact=True).first.click()
        assert visit.page.title() == title
        assert visit.structure() == []
        assert "Picture that is not in the notebook" in visit.page.inner_text("main")
        assert visit.page.locator("main footer, main main").count() == 0

    # The same content without either wall does all that.
    address = hits.pop()
    content = HOSTILE.replace('<meta http-equiv="refresh"', "<meta").replace("127.0.0.1:9", address)
    naive = tmp_path / "naive.html"
    naive.write_text(f"<!doctype html><body>{content}", encoding="utf-8")
    with visited(browser, naive) as visit:
        visit.page.wait_for_timeout(300)
        assert visit.page.title() == "ran"
        assert visit.page.evaluate("getComputedStyle(document.body).display") == "none"
        assert {"/style.css", "/pixel.png", "/frame"} <= set(hits)

    # And should the first wall have a hole, the page's own policy is the second.
    hits.clear()
    html = file.read_text(encoding="utf-8").replace("</main>", content + "</main>")
    holed = tmp_path / "holed.html"
    holed.write_text(html, encoding="utf-8")
    with visited(browser, holed) as visit:
        visit.page.wait_for_timeout(300)
        assert visit.page.locator("svg[onload]").count() == 1  # it is there
        assert visit.page.title() == title
        assert visit.page.evaluate("getComputedStyle(document.body).display") == "block"
        assert hits == []


def test_huge_and_pathological_contents_are_bounded(
    answer: Notebook, two: Assignment, blank: dict[str, bytes], tmp_path: Path
) -> None:
    texts = ["x" * 900_000, "\n" * 900_000, "<div>" * 100_000, "[" * 11_000, "> " * 5_000]
    texts += ["\\\\[ " * 2_900, "\x1b[31m\x1b[32mx" * 9_000, "a\r" * 400_000, "&amp" * 50_000]
    for text in texts:
        answer.cells.append({"cell_type": "markdown", "source": text})
        cell = code_cell(text)
        cell["outputs"] = [
            {"output_type": "stream", "text": text},
            {"output_type": "display_data", "data": {"text/html": text[:190_000]}},
        ]
        answer.cells.append(cell)
    # The highlighter makes 1.2 MB of each.
    answer.cells.extend(code_cell("f'{" * 16_000) for _ in range(6))
    large = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\x00" * 2_000_000).decode()
    answer.cells[-1]["outputs"] = [
        *[{"output_type": "display_data", "data": {"image/png": large}}] * 3,
        *[{"output_type": "stream", "text": "many"}] * 1000,
    ]
    file = made(answer, two, blank, tmp_path)
    html = file.read_text(encoding="utf-8")
    assert len(html) < 8_000_000
    assert "953 more outputs are left out here" in html
    assert "A picture is left out here" in html
    assert "characters were left out here" in html
    assert "An output in HTML is left out here: it is too large." in html
    plain = [cell for cell in html.split("<article ")[-6:] if 'class=" highlight' not in cell]
    assert 0 < len(plain) < 6


def test_what_is_costly_to_parse_is_parsed_within_a_budget() -> None:
    for make, budget in (
        (markup.code, markup.Budget(code=1000)),
        (markup.html, markup.Budget(html=1000)),
        (lambda text, left: markup.markdown(text, left, {}), markup.Budget(markdown=1000)),
    ):
        first, second = (str(make("<b>x</b> = 1\n" * 50, budget)) for _ in range(2))
        assert "<b>" in first or "<span" in first
        assert "<b>" not in second
        assert "<span" not in second
    colours = "\x1b[31mred\x1b[0m" * 20
    assert "ansi-red-fg" in markup.text(colours, markup.Budget())
    plain = f'<pre class="printed">{"red" * 20}</pre>'
    assert markup.text(colours, markup.Budget(html=100)) == plain
    assert markup.text(colours, markup.Budget(tags=10)) == plain


def test_a_submission_without_notebook_or_cells_still_has_its_page(
    two: Assignment, blank: dict[str, bytes], answer: Notebook, tmp_path: Path
) -> None:
    out = tmp_path / "out" / "page.html"
    (tmp_path / "empty").mkdir()
    for source in (tmp_path / "empty", tmp_path / "no such thing"):
        write_feedback(REPORT, source, two, blank, out)
        html = out.read_text(encoding="utf-8")
        assert "two.ipynb is not in the submission" in html
        assert "Hint: look again." in html
    broken = tmp_path / "broken" / "two.ipynb"
    broken.parent.mkdir()
    broken.write_text('{"cells": [1, null, {"cell_type": 7, "outputs": 3}, {"source": {}}]}')
    write_feedback(REPORT, broken.parent, two, blank, out)
    assert "Questions without a cell" in out.read_text(encoding="utf-8")
    broken.write_text("no notebook")
    write_feedback(REPORT, broken.parent, two, blank, out)
    assert "this is not a notebook" in out.read_text(encoding="utf-8")
    with pytest.raises(pages.PagesError, match="cannot be written"):
        write_feedback(REPORT, broken.parent, two, blank, broken / "page.html")
    # The pages of an answer under another name are found as the grader finds them.
    answer.save(tmp_path / "renamed" / "mine.ipynb")
    write_feedback(REPORT, tmp_path / "renamed", two, blank, out)
    assert "Questions without a cell" not in out.read_text(encoding="utf-8")


def test_without_the_extra_one_sentence_says_so(
    monkeypatch: pytest.MonkeyPatch, two: Assignment, tmp_path: Path
) -> None:
    monkeypatch.setattr(pages, "find_spec", lambda name: None if name == "nbconvert" else sys)
    with pytest.raises(pages.PagesError, match=r"nbconvert.*dl-autograder\[pages\]"):
        write_feedback(REPORT, tmp_path, two, {}, tmp_path / "page.html")


@needs_root
def test_grade_writes_both_pages(answer: Notebook, tmp_path: Path) -> None:
    answer.edit("row-sums", ("sum(axis=1)", "sum(axis=0)"))
    answer.save(tmp_path / "in" / "two.ipynb")
    student, staff = tmp_path / "student.html", tmp_path / "staff.html"
    done = run(
        "grade", tmp_path / "in", "-a", TWO_FUNCTIONS / "staff",
        "--html", student, "--staff-html", staff, "--out", tmp_path / "results.json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "results.json").read_text())
    failed = [test["output"] for test in results["tests"] if test.get("status") == "failed"]
    assert failed
    for page in (student, staff):
        html = page.read_text(encoding="utf-8")
        assert all(
            line in html for output in failed for line in output.split("\n") if "'" not in line
        )
        assert "<strong>3</strong> of 4 points" in html or "<strong>2</strong> of 4 points" in html
    assert "no_new_privs" in staff.read_text()
    assert "no_new_privs" not in student.read_text()
