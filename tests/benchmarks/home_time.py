"""Time of checking at home: in a notebook's kernel, and as a command. Prints a table.

``python tests/benchmarks/home_time.py [--runs 5]`` writes homework 4's student bundle with the
solved notebooks in it, and checks parts H and E there. In the notebook the answers' own cells have
run before, so that NumPy, and in part E PyTorch, are imported already. Targets: the first result in
a notebook within 3 s, later ones within 0.3 s.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbclient
import nbformat
from rich.console import Console
from rich.table import Table

from autograder.model import manifest
from release.bundles.bundle import write_student
from release.markup.templates import solved, templates

ROOT = Path(__file__).parents[2]
TIMED = """
import time
started = time.perf_counter()
from autograder.notebook import check
check({question!r})
print("seconds", time.perf_counter() - started)
"""
#: By question: the notebook, and the cells that its answer needs.
QUESTIONS = {
    "H1": ("HandDesignFilters.ipynb", ("imports", "averaging")),
    "E1a": ("edge_detection.ipynb", ("imports", "e1a")),
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    assignment = manifest.load(ROOT / "solutions" / "hw4")
    table = Table(title=f"checking at home, median of {runs}")
    for column in ("what", "first s", "later s"):
        table.add_column(column, justify="left" if column == "what" else "right")
    with tempfile.TemporaryDirectory() as name:
        desk = Path(name) / "hw4"
        write_student(assignment, templates(assignment), desk)
        for file, data in solved(assignment).items():
            (desk / file).write_bytes(data)
        for question, (file, cells) in QUESTIONS.items():
            taken = [in_notebook(desk, file, cells, question) for _ in range(runs)]
            first, later = (statistics.median(times) for times in zip(*taken, strict=True))
            table.add_row(f"check({question!r}) in a notebook", f"{first:.2f}", f"{later:.2f}")
        for arguments in ([], ["H1"]):
            seconds = statistics.median(as_command(desk, arguments) for _ in range(runs))
            table.add_row(
                " ".join(["python -m autograder check", *arguments]), f"{seconds:.2f}", ""
            )
    Console().print(table)


def in_notebook(
    desk: Path, file: str, wanted: tuple[str, ...], question: str
) -> tuple[float, float]:
    """Seconds of the first and of a later check in a fresh kernel."""
    notebook = nbformat.read(desk / file, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.get("id") in wanted]
    timed = nbformat.v4.new_code_cell(TIMED.format(question=question))
    notebook.cells += [timed, nbformat.v4.new_code_cell(timed.source)]
    resources = {"metadata": {"path": str(desk)}}
    nbclient.NotebookClient(notebook, timeout=120, resources=resources).execute()
    texts = ["".join(o.get("text", "") for o in cell.outputs) for cell in notebook.cells[-2:]]
    first, later = (float(text.split()[-1]) for text in texts)
    return first, later


def as_command(desk: Path, arguments: list[str]) -> float:
    """Seconds of the whole command."""
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "autograder", "check", *arguments],
        cwd=desk,
        check=True,
        capture_output=True,
    )
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
