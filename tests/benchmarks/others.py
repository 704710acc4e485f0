"""Two functions with two checks each, as nbgrader and otter-grader want them; their times go out.

Run as a script inside an environment that has the two installed: prints lines `NAME SECONDS_FIRST
SECONDS_FURTHER`. `grade_two_functions.py --baselines` makes that environment and reads the lines.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

FURTHER = 4
SETUP = "import numpy as np\nfrom scipy import ndimage"
ROW_SUMS = "def row_sums(matrix):\n    return np.asarray(matrix).sum(axis=1)"
BOX_BLUR = (
    "def box_blur(image, size):\n"
    "    return ndimage.convolve(image, np.full((size, size), 1 / size**2))"
)
CHECKS = {
    "rows_square": "m = np.random.rand(5, 5)\nassert np.allclose(row_sums(m), m.sum(axis=1))",
    "rows_oblong": "m = np.random.rand(3, 8)\nassert np.allclose(row_sums(m), m.sum(axis=1))",
    "blur_odd": "i = np.random.rand(12, 9)\n"
    "assert np.allclose(box_blur(i, 3), ndimage.uniform_filter(i, 3))",
    "blur_even": "i = np.random.rand(12, 9)\n"
    "assert np.allclose(box_blur(i, 4), ndimage.convolve(i, np.full((4, 4), 1 / 16)))",
}


def timed(command: list[str], folder: Path) -> float:
    """Seconds of a command that has to succeed."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # they call tools by bare name
    environment = {**os.environ, "PATH": path}
    started = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env=environment
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return time.perf_counter() - started


def tool(name: str) -> str:
    """A command of this environment."""
    return str(Path(sys.executable).with_name(name))


def nbgrader(folder: Path) -> tuple[float, float]:
    """One submission by `nbgrader autograde`, and each further one in the same command."""
    (folder / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.course_id = 'c'\n"
    )

    def cell(name: str, source: str, **marks: object) -> nbformat.NotebookNode:
        described = {"schema_version": 3, "grade_id": name, "locked": False, "task": False, **marks}
        return new_code_cell(source, metadata={"nbgrader": described})

    def answer(name: str, source: str) -> nbformat.NotebookNode:
        head, body = source.split("\n", 1)
        marked = f"{head}\n    ### BEGIN SOLUTION\n{body}\n    ### END SOLUTION"
        return cell(name, marked, solution=True, grade=False)

    checks = [
        cell(name, source, solution=False, grade=True, points=1, locked=True)
        for name, source in CHECKS.items()
    ]
    cells = [new_code_cell(SETUP), answer("rows", ROW_SUMS), answer("blur", BOX_BLUR), *checks]
    notebook = new_notebook(cells=cells, metadata={"kernelspec": KERNEL})
    source = folder / "source" / "two" / "two.ipynb"
    source.parent.mkdir(parents=True)
    nbformat.write(notebook, source)
    timed([tool("nbgrader"), "generate_assignment", "two"], folder)

    def hand_in(students: int) -> None:
        for number in range(students):
            target = folder / "submitted" / f"s{number}" / "two" / "two.ipynb"
            target.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(notebook, target)

    command = [tool("nbgrader"), "autograde", "two", "--force"]
    hand_in(1)
    first = timed(command, folder)
    hand_in(1 + FURTHER)
    return first, (timed(command, folder) - first) / FURTHER


def otter(folder: Path) -> tuple[float, tuple[float, float]]:
    """One submission by `otter run`; the first and each further one by otter's API."""
    tests = folder / "tests"
    tests.mkdir()
    for name, source in CHECKS.items():
        lines = source.split("\n")
        code = "\n".join(f">>> {line}" for line in [*SETUP.split("\n"), *lines])
        case = {"code": code, "hidden": False, "locked": False}
        suite = {"cases": [case], "scored": True, "setup": "", "teardown": "", "type": "doctest"}
        test = {"name": name, "points": 1, "suites": [suite]}
        (tests / f"{name}.py").write_text(f"OK_FORMAT = True\ntest = {test!r}\n")
    timed(
        [tool("otter"), "generate", "-t", "tests", "-o", "autograder.zip", "--no-environment"],
        folder,
    )
    cells = [new_code_cell(text) for text in (SETUP, ROW_SUMS, BOX_BLUR)]
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": KERNEL}), folder / "two.ipynb")
    command = timed([tool("otter"), "run", "-a", "autograder.zip", "two.ipynb"], folder)
    script = (
        "import time\nfrom otter.api import grade_submission\n"
        "for _ in range(3):\n    t = time.perf_counter()\n"
        "    r = grade_submission('two.ipynb', 'autograder.zip', quiet=True)\n"
        "    assert r.total == 4, r\n    print('SECONDS', time.perf_counter() - t)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=True
    )
    times = [float(line.split()[1]) for line in done.stdout.splitlines() if "SECONDS" in line]
    return command, (times[0], sum(times[1:]) / len(times[1:]))


KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        first, further = nbgrader(Path(name))
        print("nbgrader", first, further, flush=True)
    with tempfile.TemporaryDirectory() as name:
        command, (first, further) = otter(Path(name))
        print("otter-run", command, command)
        print("otter-API", first, further)


if __name__ == "__main__":
    main()
