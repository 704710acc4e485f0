"""Times the grading of two small functions with two hidden checks each; prints tables.

    .venv/bin/python tests/benchmarks/grade_two_functions.py [--runs N] [--baselines]

The stated baselines were timed on an assignment of the same kind, on another machine. With
--baselines nbgrader and otter-grader are installed by uv into a folder that is deleted afterwards,
and timed in the same run, on the same two functions and checks.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

sys.path += [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "helpers")]
from conftest import part_of
from measure import median_seconds, peak_memory, run_quietly, seconds
from rich.console import Console
from rich.table import Table

from autograder.grading.session import Session
from autograder.model import manifest
from autograder.model.manifest import Assignment
from release.bundles.bundle import write_gradescope
from release.markup.templates import solved, templates

ROOT = Path(__file__).parents[2]
SMALL = ROOT / "tests" / "assignments" / "two_functions" / "staff"
WITH_TORCH = ROOT / "solutions" / "hw4"
OTHERS = Path(__file__).with_name("others.py")

#: Seconds that others need, as the project's issue states them: one submission, each further one.
STATED = {
    "nbgrader 0.9 (stated)": (5.8, 1.77),
    "otter-grader 6, command line (stated)": (5.5, 5.5),
    "otter-grader 6, API (stated)": (3.3, 3.3),
}


@dataclass(frozen=True)
class Figures:
    """Seconds, and bytes of proportional set size."""

    cold_source: float
    cold_bundle: float
    start: float
    further: float
    memory: int


def part_h(folder: Path) -> Assignment:
    """Homework 4's part H alone: two functions too, but with torch imported."""
    whole = manifest.load(WITH_TORCH)
    name = "HandDesignFilters.ipynb"
    return part_of(whole, name, folder, checks="test_part_h.py", check_seconds=10)


def measure(assignment: Assignment, folder: Path, runs: int) -> Figures:
    """All figures of one assignment, for its own solution."""
    staff = assignment.folder
    handed_in = folder / "submission"
    handed_in.mkdir()
    for name, data in solved(assignment).items():
        (handed_in / name).write_bytes(data)
    blank = templates(assignment)
    bundle = write_gradescope(assignment, blank, folder / "gradescope")
    command = [Path(sys.executable).with_name("autograder"), "grade", handed_in]
    command += ["--out", folder / "results.json", "--assignment"]
    start, further = in_one_session(assignment, blank, handed_in, runs)
    return Figures(
        cold_source=median_seconds(lambda: run_quietly([*command, staff]), max(runs // 3, 3)),
        cold_bundle=median_seconds(lambda: run_quietly([*command, bundle]), max(runs // 3, 3)),
        start=start,
        further=further,
        memory=peak_memory([*command, bundle]),
    )


def in_one_session(
    assignment: Assignment, blank: dict[str, bytes], handed_in: Path, runs: int
) -> tuple[float, float]:
    """Seconds to start a session, and the median of submissions in it."""
    session = Session(assignment, blank)
    start = seconds(session.__enter__)
    with session:
        report = session.grade(handed_in)
        assert report.score == report.max_score, report.all_faults
        times = [seconds(lambda: session.grade(handed_in)) for _ in range(runs)]
    return start, statistics.median(times)


def timed_here(folder: Path) -> dict[str, tuple[float, float]]:
    """nbgrader and otter-grader on this machine, now."""
    uv = shutil.which("uv") or str(ROOT / ".uv" / "bin" / "uv")
    environment = folder / "others"
    python = environment / "bin" / "python"
    run_quietly([uv, "venv", "--python", sys.executable, environment])
    packages = ["nbgrader>=0.9,<0.10", "otter-grader>=6,<7", "numpy", "scipy", "ipykernel"]
    run_quietly([uv, "pip", "install", "--python", python, *packages])
    lines = run_quietly([python, OTHERS]).splitlines()
    rows = [line.split() for line in lines]
    return {f"{name} (here, now)": (float(first), float(more)) for name, first, more in rows}


def show(console: Console, small: Figures, torch: Figures) -> None:
    """The harness's own figures against their targets."""
    table = Table(title="autograder grade: medians")
    for heading in ("", "two functions", "target", "part H, with torch", "target"):
        table.add_column(heading, justify="right" if heading else "left")
    table.add_row(
        "cold, from a bundle",
        f"{small.cold_bundle:.2f} s",
        "1.5 s",
        f"{torch.cold_bundle:.2f} s",
        "4 s",
    )
    table.add_row(
        "cold, from solved sources",
        f"{small.cold_source:.2f} s",
        "1.5 s",
        f"{torch.cold_source:.2f} s",
        "4 s",
    )
    table.add_row("start of a session", f"{small.start:.2f} s", "", f"{torch.start:.2f} s", "")
    table.add_row(
        "each further submission", f"{small.further:.3f} s", "0.1 s", f"{torch.further:.3f} s", ""
    )
    table.add_row(
        "peak memory, all processes",
        f"{small.memory / 1e6:.0f} MB",
        "",
        f"{torch.memory / 1e6:.0f} MB",
        "",
    )
    console.print(table)


def show_others(console: Console, small: Figures, others: dict[str, tuple[float, float]]) -> None:
    """How many times faster, on the two functions."""
    table = Table(title="two functions, two checks each: others, and how many times faster we are")
    for heading in ("", "one submission", "ratio", "each further one", "ratio"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, (first, more) in others.items():
        ratios = f"{first / small.cold_source:.1f}x", f"{more / small.further:.1f}x"
        table.add_row(name, f"{first:.2f} s", ratios[0], f"{more:.2f} s", ratios[1])
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--baselines", action="store_true", help="time the others here too")
    options = parser.parse_args()
    console = Console(width=110)
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name) / part for part in ("small", "torch")]
        for folder in folders:
            folder.mkdir()
        with console.status("Measuring ..."):
            small = measure(manifest.load(SMALL), folders[0], options.runs)
            torch = measure(part_h(folders[1] / "assignment"), folders[1], options.runs)
        show(console, small, torch)
        others = dict(STATED)
        if options.baselines:
            with console.status("Timing the others, about a minute ..."):
                others |= timed_here(Path(name))
        show_others(console, small, others)


if __name__ == "__main__":
    main()
