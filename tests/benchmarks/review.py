"""How long people who grade in the browser wait, with a thousand submissions.

    review.py [--submissions N] [--decisions N]

Prints medians of wall-clock time, and for what needs no browser the processor's time too. The page
is open in headless Chromium when the first answer is shown; "next answer" is from the key to the
answer, the decision before it on the disk.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests" / name) for name in (".", "helpers")]

from browser import DESKTOP, chromium  # noqa: E402
from playwright.sync_api import Page, expect  # noqa: E402
from reviewed import results, served  # noqa: E402

from autograder.batch.kept import read_kept  # noqa: E402
from autograder.batch.reviewing import sitting_of  # noqa: E402
from autograder.review.events import Decision  # noqa: E402
from autograder.review.journal import FILE  # noqa: E402
from autograder.review.rescoring import read_grades  # noqa: E402

WORDS = "A sentence **in words** about `x`, with a formula $y = x^2$.\n\n" * 4
NEXT = """() => new Promise((resolve) => {
  const title = document.getElementById('answer-title'), before = title.textContent;
  const started = performance.now();
  new MutationObserver((_all, observer) => {
    if (title.textContent === before) return;
    observer.disconnect();
    requestAnimationFrame(() => resolve(performance.now() - started));
  }).observe(title, { childList: true, characterData: true, subtree: true });
  document.body.dispatchEvent(new KeyboardEvent('keydown', { key: '1', bubbles: true }));
  document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
})"""
CHANGE = """async () => {
  const started = performance.now();
  await changeItem(false);
  return performance.now() - started;
}"""


def timed(work: Callable[[], object], runs: int = 5) -> tuple[float, float]:
    """Median milliseconds by the wall clock and of the processor."""
    walls, own = [], []
    for _ in range(runs):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        walls.append(1000 * (time.perf_counter() - wall))
        own.append(1000 * (time.process_time() - cpu))
    return statistics.median(walls), statistics.median(own)


def opens(page: Page, address: str) -> float:
    """Milliseconds up to the first answer."""
    started = time.perf_counter()
    page.goto(address)
    page.wait_for_selector("#answer article")
    return 1000 * (time.perf_counter() - started)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--submissions", type=int, default=1000)
    parser.add_argument("--decisions", type=int, default=10_000)
    options = parser.parse_args()
    table = Table("what", "ms", "ms of the processor", "allowed")

    def row(what: str, wall: float, own: float | None, allowed: int) -> None:
        table.add_row(what, f"{wall:.1f}", "" if own is None else f"{own:.1f}", str(allowed))

    with tempfile.TemporaryDirectory() as name:
        out = Path(name) / "out"
        questions = ("Q1", "Q2", "Q4")
        words: dict[str, dict[str, str | None]] = {
            f"s{n:04}": dict.fromkeys(questions, f"{WORDS} {n}") for n in range(options.submissions)
        }
        with patch("os.fsync"):  # of what is only made to be measured
            assignment = results(out, words)
        lines = [
            Decision(
                by="Ada",
                question="Q4",
                answers={f"s{n % options.submissions:04}": "d"},
                comment="Some words. " * 5,
            ).to_line()
            for n in range(options.decisions)
        ]
        (out / FILE).write_text("\n".join(lines) + "\n")
        wall, own = timed(lambda: read_grades(out, assignment.questions))
        row(f"{options.decisions:,} decisions read", wall, own, 1000)
        wall, own = timed(lambda: sitting_of(out), 3)
        row("folder of results read", wall, own, 1000)
        with served(out, grader="Ada") as (sitting, settings), chromium() as browser:
            page = browser.new_page(viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
            opened = statistics.median(opens(page, settings.address) for _ in range(5))
            row("page opens", opened, None, 1000)
            page.select_option("#question", "Q2")
            expect(page.locator("#rubric button")).to_have_count(4)
            expect(page.locator("#points")).to_contain_text("of 4 points")
            times = [float(page.evaluate(NEXT)) for _ in range(30)]
            row("next answer, decision saved", statistics.median(times), None, 100)
            row("next answer, the slowest of 30", max(times), None, 100)
            keys = sitting.source.keys()
            for submission in keys:
                event = Decision(
                    by="Ada",
                    question="Q2",
                    answers={submission: keys[submission]["Q2"].digest},
                    items=("speed",),
                )
                sitting.grades.take(event)
            page.evaluate("find('item').value = 'speed'; fillItem();")
            page.evaluate("find('item-points').value = '1.25'")
            changes = statistics.median(float(page.evaluate(CHANGE)) for _ in range(5))
            row(f"rubric changed, {len(keys):,} scored anew, shown", changes, None, 1000)
            wall, own = timed(lambda: [sitting.grades.result("Q2", s, keys[s]["Q2"]) for s in keys])
            row("of that the points alone", wall, own, 1000)
            found = {sitting.grades.result("Q2", s, keys[s]["Q2"]).score for s in keys}
            assert found == {1.25}, found
        wall, own = timed(lambda: read_kept(out).batch, 3)
        row("all reports with decisions", wall, own, 1000)
    Console().print(table)


if __name__ == "__main__":
    main()
