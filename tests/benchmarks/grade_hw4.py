"""Times the grading of homework 4's whole solution, and its memory; prints a table.

.venv/bin/python tests/benchmarks/grade_hw4.py [--runs N]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from measure import peak_memory, run_quietly, seconds
from rich.console import Console
from rich.table import Table

from autograder.grading.session import Session
from autograder.model import manifest
from release.bundles.bundle import write_gradescope
from release.markup.templates import solution_files, solved, templates

ROOT = Path(__file__).parents[2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    assignment = manifest.load(ROOT / "solutions" / "hw4")
    blank = templates(assignment)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        handed_in = folder / "submission"
        for file, data in (solved(assignment) | solution_files(assignment)).items():
            (handed_in / file).parent.mkdir(parents=True, exist_ok=True)
            (handed_in / file).write_bytes(data)
        bundle = write_gradescope(assignment, blank, folder / "gradescope")
        command = [Path(sys.executable).with_name("autograder"), "grade", handed_in]
        command += ["--assignment", bundle, "--out", folder / "results.json", "--cache"]
        first = seconds(lambda: run_quietly([*command, folder / "cache"]))
        again = [seconds(lambda: run_quietly([*command, folder / "cache"])) for _ in range(3)]
        with Session(assignment, blank, cache=folder / "cache") as session:
            report = session.grade(handed_in)
            assert report.score == report.max_score, report.all_faults
            further = [seconds(lambda: session.grade(handed_in)) for _ in range(runs)]
        trained = peak_memory([*command, folder / "empty"])
        cached = peak_memory([*command, folder / "cache"])
    table = Table(title="homework 4, the whole solution")
    for heading in ("", "measured", "target"):
        table.add_column(heading, justify="right" if heading else "left")
    table.add_row("cold command, nothing remembered", f"{first:.1f} s", "30 s")
    table.add_row("cold command, trainings remembered", f"{statistics.median(again):.1f} s", "")
    table.add_row("each further one, remembered", f"{statistics.median(further):.2f} s", "1.5 s")
    table.add_row("peak memory with training", f"{trained / 1e6:.0f} MB", "1100 MB")
    table.add_row("peak memory, remembered", f"{cached / 1e6:.0f} MB", "")
    Console().print(table)


if __name__ == "__main__":
    main()
