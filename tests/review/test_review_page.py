"""The page for grading in a real browser: the keyboard, two at once, a kill, hostile answers."""

from __future__ import annotations

import http.server
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from browser import CONTRASTS, DESKTOP, PHONE, STRUCTURE, chromium
from markupsafe import Markup
from playwright.sync_api import Browser, Page, expect
from reviewed import results, served

from autograder.batch.kept import read_kept
from autograder.pages import cells
from autograder.review.journal import FILE

WORDS: dict[str, dict[str, str | None]] = {
    f"s{n:02}": {"Q1": f"def row_sums(m):\n    return m.sum({n})", "Q2": f"Answer **{n}**."}
    for n in range(8)
} | {"t0": {"Q2": None}, "t1": {"Q2": None}}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def out(tmp_path: Path) -> Path:
    results(tmp_path / "out", WORDS)
    return tmp_path / "out"


@contextmanager
def opened(
    browser: Browser,
    address: str,
    size: tuple[int, int] = DESKTOP,
    *,
    intact: bool = True,
    **options: Any,
) -> Iterator[Page]:
    """The page in a window of its own, with the second question chosen.

    Args:
        intact: no answer has put anything of its own in place of the page's points.
    """
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
    context.set_default_timeout(20_000)
    try:
        page = context.new_page()
        page.goto(address)
        page.wait_for_selector("#answer article, #answer p")
        page.select_option("#question", "Q2")
        expect(page.locator("#rubric button")).to_have_count(4)
        if intact:
            expect(page.locator("#points")).to_contain_text("of 4")
        yield page
    finally:
        context.close()


def scores(out: Path) -> dict[str, float | None]:
    return {i.entry.id: i.report.manual[1].score for i in read_kept(out).batch.graded}


def title(page: Page) -> str:
    return page.locator("#answer-title").inner_text()


def test_a_whole_question_by_keyboard_alone(browser: Browser, out: Path) -> None:
    with served(out, grader="Ada") as (_sitting, settings):
        with opened(browser, settings.address) as page:
            keys = page.keyboard
            assert title(page) == "Answer 1 of 9"
            keys.press("q")
            expect(page.locator("#asked-text")).to_have_text(re.compile("Say in a sentence why"))
            expect(page.locator("#asked-text")).to_be_visible()
            keys.press("q")
            expect(page.locator("#asked-text")).to_be_hidden()
            keys.press("1")
            keys.press("2")
            expect(page.locator("#points")).to_contain_text("4 of 4 points")
            keys.press("2")
            keys.press("c")
            keys.type("Why? jkz1")  # keys of the page are letters in a comment
            keys.press("Control+Enter")
            expect(page.locator("#answer-title")).to_have_text("Answer 2 of 9")
            keys.press("3")
            keys.press("Enter")
            expect(page.locator("#answer-title")).to_have_text("Answer 3 of 9")
            keys.press("k")
            expect(page.locator("#answer-title")).to_have_text("Answer 2 of 9")
            expect(page.locator("#rubric button").nth(2)).to_have_attribute("aria-pressed", "true")
            keys.press("ArrowRight")
            expect(page.locator("#answer-title")).to_have_text("Answer 3 of 9")
            keys.press("p")
            keys.type("1.5")
            keys.press("Escape")
            keys.press("Enter")
            expect(page.locator("#answer-title")).to_have_text("Answer 4 of 9")
            for number in range(4, 10):
                expect(page.locator("#answer-title")).to_have_text(f"Answer {number} of 9")
                keys.press("4")
                keys.press("Enter")
            expect(page.locator("#said")).to_contain_text("All answers to this question")
            expect(page.locator("#progress")).to_contain_text("Q2: 10 of 10")
            keys.press("z")
            expect(page.locator("#progress")).to_contain_text("Q2: 8 of 10")
        found = scores(out)
        assert sorted(s for s in found.values() if s is not None) == [0] * 5 + [1, 1.5, 2]
        assert found["t0"] is found["t1"] is None
    comments = [i.report.manual[1].comment for i in read_kept(out).batch.graded]
    assert comments.count("Why? jkz1") == 1


def test_two_at_once_lose_nothing(browser: Browser, out: Path) -> None:
    with (
        served(out, grader="Ada") as (_sitting, settings),
        opened(browser, settings.address) as ada,
        opened(browser, settings.address) as bo,
    ):
        bo.fill("#grader", "Bo")
        # Both have the same answer open; Ada is faster.
        bo.locator("#all button").first.click()
        expect(bo.locator("#answer-title")).to_have_text("Answer 1 of 9")
        bo.keyboard.press("4")
        expect(bo.locator("#rubric button").nth(3)).to_have_attribute("aria-pressed", "true")
        ada.locator("#all button").first.click()
        expect(ada.locator("#answer-title")).to_have_text("Answer 1 of 9")
        ada.keyboard.press("1")
        ada.keyboard.press("Enter")
        expect(ada.locator("#all button").first).to_have_class("done")
        bo.locator("#answer-title").focus()
        bo.keyboard.press("Enter")
        expect(bo.locator("#said")).to_contain_text("Ada has graded this one meanwhile")
        assert sorted(s for s in scores(out).values() if s is not None) == [2]
        # What Bo decided is still there, and replaces it when he says so once more.
        expect(bo.locator("#rubric button").nth(3)).to_have_attribute("aria-pressed", "true")
        bo.keyboard.press("Enter")
        expect(bo.locator("#answer-title")).not_to_have_text("Answer 1 of 9")
        assert sorted(s for s in scores(out).values() if s is not None) == [0]
        # Each goes on; they are led to different answers, and see each other's work.
        for _ in range(3):
            for page in (ada, bo):
                before = title(page)
                page.keyboard.press("1")
                page.keyboard.press("Enter")
                expect(page.locator("#answer-title")).not_to_have_text(before)
        expect(ada.locator("#graders")).to_contain_text("Bo")
        expect(bo.locator("#graders")).to_contain_text("Ada")
        assert len([s for s in scores(out).values() if s is not None]) >= 6


def test_a_change_of_the_rubric_reaches_everybody(browser: Browser, out: Path) -> None:
    with (
        served(out, grader="Ada") as (_sitting, settings),
        opened(browser, settings.address) as ada,
        opened(browser, settings.address) as bo,
    ):
        ada.keyboard.press("1")
        ada.keyboard.press("Enter")
        expect(ada.locator("#answer-title")).not_to_have_text("Answer 1 of 9")
        bo.locator("#edit summary").click()
        bo.select_option("#item", "speed")
        bo.fill("#item-points", "3.5")
        bo.fill("#item-text", "Says so")
        bo.click("#item-save")
        expect(ada.locator("#rubric button").first).to_contain_text("Says so")
        assert [s for s in scores(out).values() if s is not None] == [3.5]


SERVER = """
import sys
from pathlib import Path
from autograder.batch.reviewing import review
from autograder.pages.console import PlainConsole
review(Path(sys.argv[1]), PlainConsole(force_terminal=False), grader="Ada")
"""


def start(out: Path) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(out)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"http://127\.0\.0\.1:\d+/\S+/", line):
            return process, found[0]
    raise AssertionError("the server named no address")


def test_a_kill_in_between_loses_nothing(browser: Browser, out: Path) -> None:
    process, address = start(out)
    try:
        with opened(browser, address) as page:
            for number in (2, 3, 4):
                page.keyboard.press("1")
                page.keyboard.press("Enter")
                expect(page.locator("#answer-title")).to_have_text(f"Answer {number} of 9")
            os.kill(process.pid, signal.SIGKILL)
            process.wait(timeout=60)
            page.keyboard.press("2")
            page.keyboard.press("Enter")
            expect(page.locator("#said")).to_be_visible()
            expect(page.locator("#points")).to_contain_text("not saved")
    finally:
        process.kill()
        process.wait(timeout=60)
    with (out / FILE).open("ab") as file:  # what a kill in the middle of a line leaves
        file.write(b'{"kind":"decision","by":"Ada"')
    process, address = start(out)
    try:
        with opened(browser, address) as page:
            expect(page.locator("#progress")).to_contain_text("Q2: 3 of 10")
            expect(page.locator("#said")).to_contain_text("only half of a decision")
            page.keyboard.press("1")
            page.keyboard.press("Enter")
            expect(page.locator("#progress")).to_contain_text("Q2: 4 of 10")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=120) == 0
    finally:
        process.kill()
        process.wait(timeout=60)
    assert [s for s in scores(out).values() if s is not None] == [2] * 4
    assert "Points out" in (out / "grades.csv").read_text()


# --- a hostile answer ----------------------------------------------------------------------------


class _Listener(http.server.BaseHTTPRequestHandler):
    """Notes what it is asked for."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def listener() -> Iterator[tuple[int, list[str]]]:
    asked: list[str] = []
    handler = type("Handler", (_Listener,), {"asked": asked})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1], asked
    finally:
        server.shutdown()
        thread.join(timeout=30)


def hostile(port: int) -> str:
    """An answer that tries to run, to restyle, to submit and to send."""
    here = f"http://127.0.0.1:{port}"
    script = (
        f"document.title='ran'; fetch('{here}/fetch');"
        "fetch(location.pathname+'undo',{method:'POST',headers:{'Content-Type':'application/json'},"
        "body:JSON.stringify({grader:'Ada'})})"
    )
    return (
        "Well **answered**.\n\n"
        f'<img src="x" onerror="{script}">'
        f"<script>{script}</script>"
        "<style>#rubric { display: none !important }</style>"
        f'<img src="{here}/picture"><iframe src="{here}/frame"></iframe>'
        f'<form action="{here}/form" method="post"><button id="save">Save and next</button></form>'
        f'<a href="javascript:{script}">a link</a>'
        '<p style="position:fixed;inset:0" class="main" id="points">4 of 4 points</p>'
    )


def attack(page: Page, asked: list[str]) -> dict[str, Any]:
    """What has come of it: clicks whatever the answer has brought, and waits."""
    for clickable in (
        "#answer a",
        "#answer form button",
    ):  # a form that is sent takes the page away
        page.evaluate(f"document.querySelectorAll('{clickable}').forEach(e => e.click())")
        time.sleep(1.5)
    return {
        "title": page.title(),
        "asked": {path.strip("/") for path in asked},
        "rubric": page.locator("#rubric button").first.is_visible(),
        "ids": page.locator("#answer [id=points], #answer [id=save]").count(),
    }


def hostile_results(out: Path, port: int) -> None:
    results(out, {"s00": {"Q2": hostile(port)}, "s01": {"Q2": "An honest one."}})


def at_hostile(page: Page) -> None:
    expect(page.locator("#all button")).to_have_count(2)
    for place in range(2):
        # No click of the mouse: without the defences the answer lies over the page.
        page.locator("#all button").nth(place).dispatch_event("click")
        expect(page.locator("#answer-title")).to_contain_text(f"Answer {place + 1}")
        if "answered" in page.locator("#answer").inner_text():
            return
    raise AssertionError("the hostile answer is not there")


def test_a_hostile_answer_does_nothing(browser: Browser, tmp_path: Path) -> None:
    with listener() as (port, asked):
        hostile_results(tmp_path / "out", port)
        with (
            served(tmp_path / "out", grader="Ada") as (_sitting, settings),
            opened(browser, settings.address) as page,
        ):
            at_hostile(page)
            assert page.locator("#answer strong").inner_text() == "answered"
            found = attack(page, asked)
            assert found["asked"] == set()
            assert "ran" not in found["title"]
            assert found["rubric"] is True
            assert found["ids"] == 0
    assert not (tmp_path / "out" / FILE).exists()


@pytest.mark.parametrize("without", ["both", "sanitiser"])
def test_without_the_defences_it_does(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without: str
) -> None:
    """The control: without the sanitiser and the policy it runs; the policy alone holds, too."""
    monkeypatch.setattr(cells, "markdown", lambda source, _budget, _attached: Markup(source))
    with listener() as (port, asked):
        hostile_results(tmp_path / "out", port)
        with (
            served(tmp_path / "out", grader="Ada") as (_sitting, settings),
            opened(browser, settings.address, intact=False, bypass_csp=without == "both") as page,
        ):
            at_hostile(page)
            found = attack(page, asked)
            if without == "both":
                assert {"fetch", "picture"} <= found["asked"]
            else:
                assert found["asked"] == set()
                assert "ran" not in found["title"]


# --- looks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_legible_on_phone_and_desktop(
    browser: Browser, out: Path, size: tuple[int, int], scheme: str
) -> None:
    with (
        served(out, grader="Ada") as (_sitting, settings),
        opened(browser, settings.address, size, color_scheme=scheme) as page,
    ):
        page.locator("#edit summary").click()
        page.keyboard.press("Escape")
        texts = page.evaluate(CONTRASTS)
        assert len(texts) > 15
        assert texts[0][1] >= 4.5, texts[0]
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert page.evaluate(STRUCTURE) == []
        small = page.evaluate(
            "[...document.querySelectorAll('.decide button, .steps button')].filter("
            "b => b.checkVisibility() && b.getBoundingClientRect().height < 40).map(b => b.id)"
        )
        assert small == []
