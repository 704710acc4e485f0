"""How the time of an import grows with the questions of an assignment.

    import_time.py [QUESTIONS ...] [--profile FILE]

Each question is a function of five lines, a visible and a hidden assert. Prints CPU seconds of the
import, with and without those of the processes that run the student's code, and CPU seconds a
question: where the import is linear, these stay as they are.
"""

from __future__ import annotations

import argparse
import cProfile
import resource
import subprocess
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from release.importing import import_assignment

ANSWER = '''def f{n}(x, k=2):
    """What it is worth."""
    ### BEGIN SOLUTION
    y = np.asarray(x) * k + {n}
    if y.sum() > 10:
        y = y - 1
    return y
    ### END SOLUTION'''
TESTS = """assert f{n}([1, 2]).shape == (2,)
### BEGIN HIDDEN TESTS
assert np.allclose(f{n}([0, 0]), [{expected}] * 2)
### END HIDDEN TESTS"""


def assignment(questions: int) -> nbformat.NotebookNode:
    """A notebook of nbgrader's."""
    cells = [new_code_cell("import numpy as np")]
    for n in range(questions):
        cells.append(_cell(ANSWER.format(n=n), f"f{n}", solution=True))
        text = TESTS.format(n=n, expected=n - (2 * n > 10))
        cells.append(_cell(text, f"t{n}", grade=True, points=1))
    return new_notebook(cells=cells)


def _cell(source: str, name: str, **settings: Any) -> nbformat.NotebookNode:
    plain = {"schema_version": 3, "grade": False, "solution": False, "locked": False, "task": False}
    return new_code_cell(source, metadata={"nbgrader": {**plain, "grade_id": name, **settings}})


def importing(questions: int, profile: Path | None) -> None:
    """Import one and print what it cost."""
    with tempfile.TemporaryDirectory() as name:
        source = Path(name) / "work.ipynb"
        nbformat.write(assignment(questions), source)
        with cProfile.Profile() if profile else nullcontext() as profiled:
            made = import_assignment("nbgrader", source, Path(name) / "out")
        if profiled is not None:
            profiled.dump_stats(profile)
    own, below = (
        sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    each = (own + below) / questions
    print(
        f"{questions:4} questions: CPU {own + below:6.1f} s ({own:5.1f} without its processes), "
        f"{each:.2f} s a question; {made.points:g} points, {made.trip.compared} compared",
        flush=True,
    )


def main() -> None:
    """Print one line for each number; each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("questions", nargs="*", type=int, default=[10, 20, 40, 80])
    parser.add_argument("--profile", type=Path, help="of the first number, for pstats")
    args = parser.parse_args()
    if len(args.questions) == 1:
        importing(args.questions[0], args.profile)
        return
    for number in args.questions:
        subprocess.run([sys.executable, __file__, str(number)], check=True)


if __name__ == "__main__":
    main()
