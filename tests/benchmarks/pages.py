"""How long pages take to make, how large they are, and how soon a browser shows a thousand.

    pages.py [--runs N] [--submissions N]

Prints medians. "feedback" is the page of homework 4's solution with every question passed; "report"
is the staff's page on generated submissions. Loading is from disk in headless Chromium, up to the
end of its load event.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from measure import median_seconds
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests" / name) for name in (".", "helpers", "pages")]

from browser import DESKTOP, PHONE, chromium, visited  # noqa: E402
from test_staff_report import generated  # noqa: E402

from autograder.model import manifest  # noqa: E402
from autograder.model.report import CheckResult, Report  # noqa: E402
from autograder.pages.feedback import write_feedback  # noqa: E402
from autograder.pages.questions import STUDENT  # noqa: E402
from autograder.pages.report import batch_page  # noqa: E402
from release.markup.templates import solved, templates  # noqa: E402

LOADED = "performance.getEntriesByType('navigation')[0].loadEventEnd"
OPEN_ONE = """async () => {
  const started = performance.now();
  location.hash = document.querySelector("#submissions-table a").hash;
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  return performance.now() - started;
}"""


def feedback(folder: Path, runs: int) -> tuple[Path, float]:
    """The page of homework 4's solution, and the seconds it takes to make."""
    assignment = manifest.load(ROOT / "solutions" / "hw4")
    (folder / "in").mkdir()
    for name, data in solved(assignment).items():
        (folder / "in" / name).write_bytes(data)
    checks = tuple(
        CheckResult(
            id=question.id,
            question=question.id,
            title=question.title,
            number="",
            hidden=False,
            score=question.points,
            max_score=question.points,
            status="passed",
        )
        for question in assignment.questions
    )
    report = Report("solution", assignment.name, assignment.points, checks)
    given, out = templates(assignment), folder / "feedback.html"

    def make() -> None:
        write_feedback(report, folder / "in", assignment, given, out, STUDENT)

    return out, median_seconds(make, runs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--submissions", type=int, default=1000)
    options = parser.parse_args()
    table = Table("page", "made in", "size", "loads on a phone", "on a desktop", "opens one")
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        folder = Path(name)
        batch = generated(options.submissions)
        report = folder / "report.html"
        report.write_text(batch_page(batch), encoding="utf-8")
        making = median_seconds(lambda: batch_page(batch), options.runs)
        for label, file, seconds in (
            ("feedback", *feedback(folder, options.runs)),
            (f"report on {options.submissions}", report, making),
        ):
            times, opening = [], "-"
            for size in (PHONE, DESKTOP):
                loads = []
                for _ in range(options.runs):
                    with visited(browser, file, size) as visit:
                        loads.append(visit.page.evaluate(LOADED))
                        if file == report:
                            opening = f"{visit.page.evaluate(OPEN_ONE):.0f} ms"
                times.append(f"{statistics.median(loads):.0f} ms")
            made = f"{seconds:.2f} s"
            table.add_row(label, made, f"{file.stat().st_size / 1e6:.2f} MB", *times, opening)
    Console().print(table)


if __name__ == "__main__":
    main()
