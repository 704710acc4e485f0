"""The staff's report on a thousand submissions in a real browser: figures, tables, hostility."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import DESKTOP, PHONE, Visit, chromium, visited
from playwright.sync_api import Browser, expect
from scipy import stats

from autograder.model.findings import normalised
from autograder.model.report import CheckResult, Report
from autograder.pages.clusters import clusters
from autograder.pages.items import items
from autograder.pages.report import batch_page
from autograder.pages.reported import ReportedBatch, ReportedSubmission, SimilarGroup

HOSTILE = (
    "</script><script>document.title='ran'</script><img src=x onerror=\"document.title='ran'\">"
)


def check(number: int, status: str, /, **values: Any) -> CheckResult:
    basic: dict[str, Any] = {
        "id": f"test_a.py::test_{number}",
        "question": "Q1",
        "title": f"check {number}",
        "number": f"1.{number}",
        "hidden": number % 2 == 1,
        "score": {"passed": 2.0, "partial": 1.0}.get(status, 0.0),
        "max_score": 2.0,
        "status": status,
        "seconds": 0.1 * number,
    }
    return CheckResult(**{**basic, **values})


def report(*checks: CheckResult, **values: Any) -> Report:
    return Report("s", "a", sum(c.max_score for c in checks), checks, **values)


def generated(count: int, checks: int = 20) -> ReportedBatch:
    """A batch as an honest class makes it, a few of everything odd in it."""
    draw = random.Random(5)
    submissions = []
    for place in range(count):
        skill = draw.gauss(0.7, 0.25)
        results = []
        for number in range(checks):
            luck = skill + draw.gauss(0, 0.25)
            status = "passed" if luck > 0.5 else "partial" if luck > 0.4 else "failed"
            words = f"Came back: {draw.randrange(99)} of 320 values differ in `name_{place}`"
            results.append(check(number, status, message="" if status == "passed" else words))
        if place % 100 == 7:
            results[3] = check(3, "fault", staff=f"Traceback\nRuntimeError: broken {place}")
        flags = ("an odd log",) if place % 250 == 3 else ()
        made = report(*results, flags=flags, unsafe=place % 500 == 11, seconds=draw.random())
        submissions.append(
            ReportedSubmission(f"id-{place:04}", f"Student {place}", made, f"pages/{place}.html")
        )
    pair = SimilarGroup("similar code", ("id-0000", "id-0002"), 0.934, "two.ipynb")
    return ReportedBatch("A homework", tuple(submissions), (pair,), "on Monday")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def thousand() -> ReportedBatch:
    return generated(1000)


@pytest.fixture(scope="module")
def file(thousand: ReportedBatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(batch_page(thousand), encoding="utf-8")
    return path


def column(visit: Visit, table: str, place: int) -> list[str]:
    """The texts of a column, of the rows that are shown, from the top."""
    script = """([table, place]) => [...document.getElementById(table).tBodies[0].rows]
        .filter(r => r.checkVisibility()).map(r => r.cells[place].innerText)"""
    return list(visit.page.evaluate(script, [table, place]))


def follow(visit: Visit, fragment: str) -> None:
    """Go to another part of the page, and wait until its script has seen to it."""
    visit.page.evaluate(
        """fragment => new Promise(resolve => {
            if (location.hash === fragment) return resolve();
            addEventListener('hashchange', () => setTimeout(resolve), { once: true });
            location.hash = fragment;
        })""",
        fragment,
    )


# --- figures --------------------------------------------------------------------------------------


def test_pass_rate_difficulty_and_discrimination_are_those_of_the_literature() -> None:
    draw = np.random.default_rng(2)
    skills = draw.random(60)
    passed = draw.random((60, 3)) < skills[:, None]
    reports = [
        report(*(check(n, "passed" if p else "failed") for n, p in enumerate(row)))
        for row in passed
    ]
    for number, item in enumerate(items(reports)):
        others = np.delete(passed, number, axis=1).sum(axis=1) * 2
        expected = stats.pointbiserialr(passed[:, number], others)
        assert item.discrimination == pytest.approx(expected.statistic)
        assert item.pass_rate == pytest.approx(passed[:, number].mean())
        assert item.difficulty == pytest.approx(passed[:, number].mean())


def test_partial_credit_faults_and_constants() -> None:
    rows = [("passed", "partial"), ("passed", "fault"), ("passed", "failed"), ("passed", "partial")]
    first, second = items([report(check(0, a), check(1, b)) for a, b in rows])
    assert (first.pass_rate, first.difficulty, first.discrimination) == (1.0, 1.0, None)
    assert (second.judged, second.pass_rate, second.statuses["fault"]) == (3, 0.0, 1)
    assert second.difficulty == pytest.approx(1 / 3)
    (only,) = items([report(check(0, "fault"))])
    assert (only.judged, only.pass_rate, only.difficulty) == (0, None, None)
    (free,) = items([report(check(0, "passed", score=0.0, max_score=0.0))])
    assert free.difficulty == 1.0
    assert items([]) == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("shape (3, 4), 12 of 320 differ", "shape (5, 6, 7), 1 of 9 differ", True),
        ("`foo` is not defined", "`bar_2` is not defined", True),
        ("loss 1.5e-3 at 0x1f", "loss -2 at 7", True),
        ("key 'a' is missing\n  here", 'key "b" is missing here', True),
        ("float32 came back", "float64 came back", False),
        ("no value came back", "a list came back", False),
    ],
)
def test_messages_are_alike_but_for_numbers_and_names(one: str, other: str, same: bool) -> None:
    assert (normalised(one) == normalised(other)) is same


def test_clusters_group_by_check_and_message() -> None:
    said = ["got 1 of 9", "got 2 of 9", "nothing", "got 3 of 9"]
    reports = [report(check(0, "failed", message=m), check(1, "passed", message=m)) for m in said]
    (cluster,) = clusters(reports)
    (saying,) = cluster.sayings
    assert (saying.example, cluster.indices) == ("got 1 of 9", (0, 1, 3))
    assert [len(c.indices) for c in clusters(reports, at_least=1)] == [3, 1]


# --- the page -------------------------------------------------------------------------------------


def test_what_the_overview_says(browser: Browser, file: Path, thousand: ReportedBatch) -> None:
    with visited(browser, file) as visit:
        page = visit.page
        scores = [graded.report.score for graded in thousand.submissions]
        facts = page.locator("#overview .facts").inner_text()
        assert f"{np.median(scores):.4g}" in facts
        assert "1,000" in facts
        bars = page.locator(".histogram title").all_text_contents()
        counts, _edges = np.histogram(scores, bins=20, range=(0, 40))
        assert [int(bar.rpartition(" ")[2]) for bar in bars] == counts.tolist()
        kinds = column(visit, "flags-table", 0)
        assert [kinds.count(kind) for kind in dict.fromkeys(kinds)] == [10, 2, 1, 4]
        assert kinds[0] == "Internal error"
        row = page.locator("#flags-table tr", has_text="similar code").inner_text()
        assert re.split(r"\s*\t\s*", row) == [
            "similar code", "Student 0 and Student 2", "two.ipynb", "93 %"
        ]  # fmt: skip
        expected = items([graded.report for graded in thousand.submissions])
        shown = column(visit, "checks-table", 4)
        assert shown == [f"{item.discrimination:.2f}" for item in expected]
        assert page.locator(".clusters li").count() == 20
        first = page.locator(".clusters li").first
        assert first.locator("strong").inner_text() == str(
            max(len(c.indices) for c in clusters(g.report for g in thousand.submissions))
        )


def test_tables_are_sorted_and_filtered_without_a_server(browser: Browser, file: Path) -> None:
    with visited(browser, file) as visit:
        page = visit.page
        table = page.locator("#submissions-table")
        score = table.get_by_role("button", name="Score")
        head = score.locator("xpath=..")
        score.click()
        numbers = [float(text) for text in column(visit, "submissions-table", 2)]
        assert len(numbers) == 1000
        assert numbers == sorted(numbers, reverse=True) != sorted(numbers)
        assert head.get_attribute("aria-sort") == "descending"
        score.press("Enter")  # by the keyboard
        assert [float(text) for text in column(visit, "submissions-table", 2)] == sorted(numbers)
        assert head.get_attribute("aria-sort") == "ascending"
        table.get_by_role("button", name="Name").click()
        assert column(visit, "submissions-table", 0)[:3] == ["Student 0", "Student 1", "Student 2"]
        assert table.locator("[aria-sort]").count() == 1

        page.get_by_label("Find").nth(1).fill("student 99")
        assert len(column(visit, "submissions-table", 0)) == 19  # 99, 199, ..., 990, ..., 999
        assert page.locator("#count-submissions-table").inner_text() == "19 shown"
        page.get_by_label("Find").nth(1).fill("no such name")
        assert column(visit, "submissions-table", 0) == []
        page.get_by_label("Find").nth(1).fill("")
        page.get_by_label("Show").select_option("faults")
        assert column(visit, "submissions-table", 1)[:2] == ["id-0007", "id-0107"]
        assert page.locator("#count-submissions-table").inner_text() == "10 shown"
        page.get_by_label("Show").select_option("unsafe")
        assert column(visit, "submissions-table", 6) == ["unsafe", "unsafe"]

        page.locator("#flags-table").get_by_role("button", name="Similar").click()
        assert column(visit, "flags-table", 3)[:2] == ["93 %", ""]  # no value: last
        page.locator("#flags-table").get_by_role("button", name="Similar").click()
        assert column(visit, "flags-table", 3)[:2] == ["93 %", ""]
        assert visit.requests == visit.console == []


def test_each_submission_has_its_part_of_the_page(browser: Browser, file: Path) -> None:
    with visited(browser, file) as visit:
        page = visit.page
        assert not page.locator("#one").is_visible()
        page.get_by_label("Show").select_option("faults")
        page.locator("#submissions-table").get_by_role("link", name="Student 107").click()
        one = page.locator("#one")
        expect(page.locator(":focus")).to_have_text("Student 107")
        assert page.title() == "Student 107 · A homework: report for staff"
        assert not page.locator("#overview").is_visible()
        assert "RuntimeError: broken 107" in one.inner_text()
        assert one.locator("tbody tr").count() == 20
        assert "Grader failed" in one.locator("tbody tr").nth(3).inner_text()
        assert one.get_by_role("link", name="page of feedback").get_attribute("href") == (
            "pages/107.html"
        )
        assert visit.structure() == []
        one.get_by_role("link", name="Next").click()  # among those that the table shows
        expect(one.locator("h2")).to_have_text("Student 207")
        one.get_by_role("link", name="Previous").click()
        expect(one.locator("h2")).to_have_text("Student 107")
        page.go_back()
        expect(one.locator("h2")).to_have_text("Student 207")
        one.get_by_role("link", name="All submissions").click()
        expect(page.locator("#overview")).to_be_visible()
        expect(one).to_be_hidden()
        for wrong in ("#submission/none", "#submission/%E0%A4%A", "#submission/__proto__"):
            follow(visit, "#submission/id-0001")
            assert not page.locator("#overview").is_visible()
            follow(visit, wrong)
            assert page.locator("#overview").is_visible()
        page.goto(f"{file.as_uri()}#submission/id-0042")
        page.reload()
        expect(one.locator("h2")).to_have_text("Student 42")
        assert visit.console == []


def test_legible_on_phone_and_desktop_in_both_schemes(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(batch_page(generated(30)), encoding="utf-8")
    for size in (PHONE, DESKTOP):
        for scheme in ("light", "dark"):
            with visited(browser, file, size, color_scheme=scheme) as visit:
                for fragment in ("", "#submission/id-0007"):
                    follow(visit, fragment)
                    assert visit.page.locator("#one").is_visible() is bool(fragment)
                    texts = visit.contrasts()
                    assert len(texts) > 10
                    assert texts[0][1] >= 4.5, (size, scheme, texts[0])
                    assert visit.overflow() <= 0
                    assert visit.structure() == []
                assert visit.requests == visit.console == []


def test_hostile_names_and_messages_are_inert(browser: Browser, tmp_path: Path) -> None:
    bad = check(1, "failed", message=HOSTILE, title=HOSTILE, id=HOSTILE, number=HOSTILE)
    made = report(
        bad,
        check(2, "fault", staff=HOSTILE),
        notes=(HOSTILE,),
        flags=(HOSTILE,),
        faults=(HOSTILE,),
        version=HOSTILE,
        layers=(HOSTILE,),
        skipped=((HOSTILE, HOSTILE),),
    )
    names = [HOSTILE, "__proto__", "\u202eevil", "a'b\"c&d/e#f?g%", "  ", "\udcff"]
    submissions = [
        ReportedSubmission(f"{name} {place}", name, made, "javascript:document.title='ran'")
        for place, name in enumerate(names)
    ]
    submissions.append(ReportedSubmission("__proto__", "", replace(made, max_score=0.0)))
    pairs = (SimilarGroup(HOSTILE, (HOSTILE, submissions[0].id), 1.0, HOSTILE),)
    file = tmp_path / "report.html"
    html = batch_page(ReportedBatch(HOSTILE, tuple(submissions), pairs, HOSTILE))
    file.write_text(html, encoding="utf-8")
    with visited(browser, file) as visit:
        page = visit.page
        title = page.title()
        assert title.startswith("</script>")
        for place in range(len(submissions)):
            follow(visit, "")
            page.locator("#submissions-table tbody a").nth(place).click()
            expect(page.locator("#one h2")).to_be_visible()
            assert page.locator("#one tbody tr").count() == 2
            assert "<img src=x" in page.locator("#one").inner_text()
            assert page.locator("#one").get_by_role("link", name="page of feedback").count() == 0
        page.wait_for_timeout(100)
        assert page.title().endswith(title)
        assert page.locator("img, iframe, [onerror]").count() == 0
        assert page.locator("script").count() == 2
        assert "\u202e" not in html
        assert visit.requests == visit.console == visit.dialogs == []

    # The control: without the escapes the same names do run.
    control = html.replace("&lt;", "<").replace("&gt;", ">").replace("&#34;", '"')
    control = re.sub(r"<meta http-equiv[^\n]*", "", control.replace("&#39;", "'"))
    file.write_text(control, encoding="utf-8")
    with visited(browser, file) as visit:
        visit.page.wait_for_timeout(100)
        assert visit.page.title() == "ran"


def test_an_empty_batch_has_its_page_too(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(batch_page(ReportedBatch("Nothing", ())), encoding="utf-8")
    with visited(browser, file) as visit:
        assert visit.structure() == visit.console == []
        assert "Submissions" in visit.page.inner_text("main")
