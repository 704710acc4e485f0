"""Submissions of two small functions for the tests of batches, and what came of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from conftest import TWO_FUNCTIONS, Notebook
from rich.console import Console

from autograder.batch.command import BatchOptions, run
from autograder.model import manifest
from autograder.model.manifest import Assignment
from release.markup.templates import solved, templates

SEED = 7
#: Put in front of a check, so that a submission with this word in it does something to the grader.
ACTS = """import os, signal, time
from pathlib import Path

def act(files):
    text = files.text("*.ipynb")
    if "SLOWLY" in text:
        time.sleep(0.4)
    if "KILL-THE-SESSION" in text:
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(5)
    pid = os.getpid()
    while "KILL-THE-WORKER" in text and pid > 1:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        status = Path(f"/proc/{pid}/status").read_text()
        if b"dask" in command or b"multiprocessing" in command:
            os.kill(pid, signal.SIGKILL)
            time.sleep(5)
        pid = int(status.split("PPid:")[1].split()[0])


"""


def acting_assignment(folder: Path) -> Assignment:
    """The two functions, with a first check that does what submissions tell it."""
    shutil.copytree(TWO_FUNCTIONS, folder)
    path = folder / "staff" / "checks" / "test_two.py"
    text = path.read_text()
    text = text.replace(
        "def test_square(student: Student,", "def test_square(files, student: Student,"
    )
    text = text.replace(
        "    matrix = rng.random((5, 5))", "    act(files)\n    matrix = rng.random((5, 5))"
    )
    assert text.count("files") == 2
    path.write_text(ACTS + text)
    return manifest.load(folder / "staff")


class Course:
    """An assignment, its submissions, and a folder of results."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.assignment = acting_assignment(folder / "two")
        self.templates = templates(self.assignment)
        self.solution = solved(self.assignment)["two.ipynb"]
        self.source = folder / "submissions"
        self.source.mkdir()
        self.out = folder / "out"
        self.said = Console(record=True, width=100, file=(folder / "said.txt").open("w"))

    def hand_in(self, name: str, *edits: tuple[str, str], word: str = "") -> None:
        """A submission: the solution, edited in its first answer, with a word in a further cell."""
        notebook = Notebook(self.solution).edit("row-sums", *edits)
        cell = {"cell_type": "code", "source": f"'{name} {word}'", "metadata": {}, "outputs": []}
        notebook.cells.append(cell)
        notebook.save(self.source / name / "two.ipynb")

    def options(self, **changes: Any) -> BatchOptions:
        values = {"source": self.source, "out": self.out, "slots": 2, "scheduler": None}
        values |= {"seed": SEED, "cache_dir": self.folder / "memory", "own_cache": True}
        return BatchOptions(**{**values, **changes})

    def run(self, **changes: Any) -> int:
        assignment = manifest.load(self.assignment.folder)
        return run(self.options(**changes), assignment, self.templates, self.said)

    def record(self, name: str, out: Path | None = None) -> dict[str, Any]:
        path = (out or self.out) / "records" / f"{name}.json"
        return dict(json.loads(path.read_text()))

    def ran(self, name: str) -> set[str]:
        """The checks that were run, rather than remembered, for a submission's result."""
        checks = self.record(name)["report"]["checks"]
        return {check["number"] for check in checks if check["seconds"] > 0}

    def scores(self, out: Path | None = None) -> dict[str, float]:
        paths = sorted(((out or self.out) / "results").glob("*.json"))
        return {path.stem: json.loads(path.read_text())["score"] for path in paths}


def without_times(folder: Path) -> dict[str, str]:
    """The text of each result, but for the times in it."""
    found = {}
    for path in sorted((folder / "results").glob("*.json")):
        data = json.loads(path.read_text())
        data["execution_time"] = 0
        data["extra_data"]["seconds"] = dict.fromkeys(data["extra_data"]["seconds"], 0)
        found[path.name] = json.dumps(data, indent=1)
    return found
