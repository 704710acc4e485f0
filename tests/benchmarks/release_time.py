"""How long stripping and releasing take; what nbgrader and otter need stands in `others.py`.

    release_time.py [--runs N] [--hw4]

Prints the median of several runs. "cold": nothing is remembered. "warm": the verdicts of a release
before are.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

import nbformat
from measure import median_seconds, run_quietly, seconds
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from rich.console import Console
from rich.table import Table

from release.markup.strip import strip_notebook

ROOT = Path(__file__).parents[2]
TWO_FUNCTIONS = ROOT / "tests" / "assignments" / "two_functions" / "staff"
HW4 = ROOT / "solutions" / "hw4"
COMMAND = (sys.executable, "-m", "autograder.cli")
RULE = "#" * 60


def hundred_cells() -> nbformat.NotebookNode:
    """A third is text, a third has a box, and a third has magics."""
    box = (
        f"def f{{n}}(x, y):\n    {RULE}\n    # TODO: part {{n}} #\n    {RULE}\n"
        f"    z = x + y\n    z += sum(range(9))\n    {RULE}\n    # END OF YOUR CODE #\n    {RULE}\n"
        "    return z\n"
    )
    given = "%matplotlib inline\nimport numpy as np\nx{n} = np.arange({n})\n!ls\n"
    text = "## Part {n}\nSome text about what to do.\n"
    cells = []
    for n in range(100):
        if n % 3 == 0:
            cells.append(new_markdown_cell(text.format(n=n), id=f"c{n}"))
        else:
            cells.append(new_code_cell((box, given)[n % 3 - 1].format(n=n), id=f"c{n}"))
    return new_notebook(cells=cells)


def releasing(assignment: Path, runs: int) -> tuple[float, float]:
    """Median seconds of the command, proof included: cold, warm."""

    def release(cache: Path, out: Path) -> None:
        run_quietly([*COMMAND, "release", assignment, "--out", out, "--cache", cache])

    cold, warm = [], []
    with tempfile.TemporaryDirectory() as name:
        cache, out = Path(name) / "cache", Path(name) / "out"
        for _ in range(runs):
            shutil.rmtree(cache, ignore_errors=True)
            cold.append(seconds(lambda: release(cache, out)))
            warm.append(seconds(lambda: release(cache, out)))
    return statistics.median(cold), statistics.median(warm)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--hw4", action="store_true", help="also release homework 4 (minutes)")
    options = parser.parse_args()
    table = Table("What", "Seconds", title="Stripping and releasing")
    solved = hundred_cells()
    stripping = median_seconds(lambda: strip_notebook(solved, file="x"), options.runs)
    table.add_row("strip a notebook of 100 cells, in process", f"{stripping:.3f}")
    source = TWO_FUNCTIONS / "two.py"
    command = median_seconds(lambda: run_quietly([*COMMAND, "strip", source]), options.runs)
    table.add_row("strip two functions, as a command", f"{command:.2f}")
    cold, warm = releasing(TWO_FUNCTIONS, options.runs)
    table.add_row("release two functions with proof, cold", f"{cold:.2f}")
    table.add_row("release two functions with proof, warm", f"{warm:.2f}")
    if options.hw4:
        cold, warm = releasing(HW4, 1)
        table.add_row("release homework 4 with proof, cold", f"{cold:.1f}")
        table.add_row("release homework 4 with proof, warm", f"{warm:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
