"""Times `autograder batch` on generated submissions of homework 4's part H; prints tables.

    .venv/bin/python tests/benchmarks/batch_grading.py [--count N]

The submissions are the solution, the known-wrong and differently spelled answers of part H, some
attacks, the starter notebook and broken notebooks, each in four variants that no verdict remembered
of another serves for, repeated up to the count; no two files have the same bytes. Attacks that run
into the time limit are left out: they would measure the limit.

*Plain* is one session that grades them one after the other, without a batch and without memory;
*checks* is what of that its checks take, by the reports. Overhead is what a batch with one slot and
without memory takes beyond the two. Processor time is that of all processes.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

sys.path += [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "helpers")]
from conftest import Notebook, part_of
from measure import peak_memory
from rich.console import Console
from rich.table import Table

from autograder.grading.session import Session
from autograder.model import manifest
from autograder.model.manifest import Assignment
from release.bundles.bundle import write_gradescope
from release.markup.templates import solved, templates
from release.proof.mistakes import mistakes

ROOT = Path(__file__).parents[2]
NAME = "HandDesignFilters.ipynb"
CORPUS = ROOT / "tests" / "attacks" / "corpus"
ATTACKS = (
    "abort always_equal array_protocol array_subclass class_that_lies container_subclass "
    "conftest_in_submission command_lines daemon deep_recursion descriptors empty_answer"
).split()
VARIANTS = 4
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Course:
    """The assignment as a bundle holds it, and its submissions."""

    assignment: Assignment
    submissions: Path
    folder: Path
    distinct: int


def make_course(folder: Path, count: int) -> Course:
    part = part_of(
        manifest.load(ROOT / "solutions" / "hw4"),
        NAME,
        folder / "part",
        checks="test_part_h.py",
        check_seconds=10,
    )
    bundle = write_gradescope(part, templates(part), folder / "bundle")
    answers = list(_answers(part))
    target = folder / "submissions"
    for number, data in enumerate(islice(cycle(answers), count)):
        path = target / f"s{number:05}" / NAME
        path.parent.mkdir(parents=True)
        path.write_bytes(_signed(data, number))
    return Course(manifest.load(bundle), target, folder, min(len(answers), count))


def _answers(part: Assignment) -> Iterator[bytes]:
    """Every kind of answer in every variant, in an order of no meaning."""
    whole = manifest.load(ROOT / "solutions" / "hw4")
    right = solved(part)[NAME]
    kinds = [right, templates(part)[NAME]]
    for mistake in mistakes(whole):
        if all(edit.get("notebook") == NAME for edit in mistake.edits):
            kinds.append(mistake.submission({NAME: right})[NAME])
    for name in ATTACKS:
        attack = (CORPUS / f"{name}.py").read_text(encoding="utf-8")
        call = "\n\ndef averaging_filtering(image, filter_size=3):\n    return total(image)\n"
        tree = Notebook(right).set("averaging", attack + call).tree
        kinds.append(json.dumps(tree).encode())
    found = [_variant(kind, n) for kind in kinds for n in range(VARIANTS)]
    found += [right[: len(right) // (n + 2)] for n in range(VARIANTS)]
    random.Random(0).shuffle(found)
    yield from found


def _variant(data: bytes, number: int) -> bytes:
    """Another statement in each function of both answers, so that no verdict is remembered."""
    notebook = Notebook(data)
    for cell in notebook.cells:
        lines = "".join(cell["source"]).split("\n")
        for place in reversed(range(len(lines))):
            if lines[place].startswith("def ") and lines[place].endswith(":"):
                lines.insert(place + 1, f"    _variant = {number}")
        cell["source"] = "\n".join(lines)
    return json.dumps(notebook.tree).encode()


def _signed(data: bytes, number: int) -> bytes:
    """Bytes of one student's own; of a notebook that can be read, in a further cell."""
    try:
        notebook = Notebook(data)
    except ValueError:
        return data + b" " * number
    text = f"Student number {number}"
    notebook.cells.append({"cell_type": "markdown", "source": text, "metadata": {}})
    return json.dumps(notebook.tree).encode()


@dataclass(frozen=True)
class Run:
    """Seconds of wall clock, and of processor time of all processes."""

    wall: float
    cpu: float


def batch_command(course: Course, out: Path, *options: object) -> list[str]:
    words = [BIN / "autograder", "batch", course.submissions, "--out", out, "--seed", 1]
    words += ["--assignment", course.assignment.folder, *options]
    return [str(word) for word in words]


def timed(command: list[str]) -> Run:
    started, before = time.perf_counter(), cpu_seconds()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wall = time.perf_counter() - started
    if done.returncode:
        said = f"{done.stdout}{done.stderr}"
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{said}")
    return Run(wall, cpu_seconds() - before)


def cpu_seconds() -> float:
    """Of this process, and of all below it that have ended."""
    own, children = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def plain(course: Course) -> tuple[Run, float]:
    """All submissions in one session, its start included; and the seconds that the checks take."""
    blank = {NAME: (course.assignment.templates / NAME).read_bytes()}
    checks = 0.0
    started, before = time.perf_counter(), cpu_seconds()
    with Session(course.assignment, blank) as session:
        for folder in sorted(course.submissions.iterdir()):
            report = session.grade(folder, seed=1)
            checks += sum(check.seconds for check in report.checks)
            assert not report.faulty, report.all_faults
    return Run(time.perf_counter() - started, cpu_seconds() - before), checks


def killed_and_resumed(command: list[str], out: Path, count: int) -> tuple[float, float]:
    """Seconds until a kill -9 at half of the submissions, and of the same command afterwards."""
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while len(list((out / "records").glob("[!.]*"))) < count // 2:
            time.sleep(0.02)
            assert process.poll() is None
        os.kill(process.pid, signal.SIGKILL)
    first = time.perf_counter() - started
    assert len(list((out / "records").glob("[!.]*"))) < count
    return first, timed(command).wall


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[str]:
    """A scheduler and workers of one thread each."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    commands = [
        [BIN / "dask", "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-show"]
    ]
    commands += [[BIN / "dask", "worker", address, "--nthreads", "1"]] * workers
    with (folder / "dask.log").open("wb") as log:
        started = [subprocess.Popen(c, cwd=folder, stdout=log, stderr=log) for c in commands]
        try:
            time.sleep(3)
            yield address
        finally:
            for process in started:
                process.terminate()
            for process in started:
                process.wait()


def edit_one_check(course: Course) -> None:
    path = course.assignment.hidden_checks / "test_part_h.py"
    text = path.read_text(encoding="utf-8")
    assert text.count("[3, 6, 9]") == 1
    path.write_text(text.replace("[3, 6, 9]", "[3, 6, 7]"), encoding="utf-8")


def results(out: Path) -> dict[str, object]:
    """Scores and messages, by submission."""
    found = {}
    for path in sorted((out / "results").glob("*.json")):
        data = json.loads(path.read_text())
        found[path.stem] = [data["score"], [test["output"] for test in data["tests"]]]
    return found


class Figures:
    """A table that grows while it is measured, and sentences below it."""

    def __init__(self, console: Console, course: Course, count: int) -> None:
        self.console = console
        self.course = course
        self.count = count
        self.lines: list[str] = []
        title = f"{count} submissions of part H, {course.distinct} distinct answers"
        self.table = Table(title=title)
        for heading in ("", "wall", "processor", "submissions/s", "per slot"):
            self.table.add_column(heading, justify="right" if heading else "left")

    def row(self, what: str, run: Run, slots: int) -> Run:
        rate = self.count / run.wall
        cpu = f"{run.cpu:.1f} s" if run.cpu else ""
        self.table.add_row(what, f"{run.wall:.1f} s", cpu, f"{rate:.1f}", f"{rate / slots:.1f}")
        self.console.print(f"{what}: {run.wall:.1f} s", style="dim")
        return run

    def without_memory(self) -> None:
        """What the batch adds to plain grading, and how it scales where every check is run."""
        alone, checks = plain(self.course)
        self.row("plain: one session, no memory", alone, 1)
        self.row("  of that the checks", Run(checks, 0), 1)
        one = self.row("batch, no memory, 1 slot", self._fresh(1), 1)
        two = self.row("batch, no memory, 2 slots", self._fresh(2), 2)
        processor = f"processor time {one.cpu / alone.cpu - 1:+.0%}"
        self.lines += [
            f"overhead over plain: {one.wall / alone.wall - 1:+.0%}, {processor} (target 30 %)",
            f"overhead over the checks alone: {one.wall / checks - 1:+.0%} (target 30 %)",
            f"1 -> 2 slots, no memory: {one.wall / two.wall:.2f}x (target 1.8x)",
        ]

    def _fresh(self, slots: int) -> Run:
        out = self.course.folder / f"fresh{slots}"
        words = ("--fresh", "--jobs", slots, "--cache", out.with_suffix(".memory"))
        return timed(batch_command(self.course, out, *words))

    def with_memory(self) -> None:
        """The batch as it is used: each time with an empty memory."""
        folder = self.course.folder
        command = self._command("m1", 1)
        one = self.row("batch, memory cold, 1 slot", timed(command), 1)
        command = self._command("m2", 2)
        two = self.row("batch, memory cold, 2 slots", timed(command), 2)
        self.row("the same again, nothing changed", timed(command), 2)
        before, after = killed_and_resumed(self._command("k", 2), folder / "k", self.count)
        with cluster(folder, 2) as address:
            words = ("--scheduler", address, "--cache", folder / "d.memory")
            there = timed(batch_command(self.course, folder / "d", *words))
            self.row("two dask workers, memory cold", Run(there.wall, 0), 2)
        same = results(folder / "m2") == results(folder / "d") == results(folder / "k")
        peak = peak_memory(self._command("p", 2), every=0.2)
        edit_one_check(self.course)
        self.row("one check edited, 2 slots", timed(command), 2)
        self.lines += [
            f"1 -> 2 slots, memory cold: {one.wall / two.wall:.2f}x (target 1.8x)",
            f"rate on two slots, everything on: {self.count / two.wall:.1f}/s (target 20/s)",
            f"kill -9 at half: {before:.1f} s before it, {after:.1f} s after it",
            f"results here, after kill -9 and on the cluster are equal: {same}",
            f"peak memory of all processes, 2 slots: {peak / 1e6:.0f} MB",
        ]

    def _command(self, name: str, slots: int) -> list[str]:
        out = self.course.folder / name
        memory = out.with_suffix(".memory")
        return batch_command(self.course, out, "--jobs", slots, "--cache", memory)


def main() -> None:
    form = argparse.RawTextHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--no-plain", action="store_true", help="leave out runs without memory")
    options = parser.parse_args()
    console = Console(width=100)
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="batch-grading-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        figures = Figures(console, make_course(folder, options.count), options.count)
        if not options.no_plain:
            figures.without_memory()
        figures.with_memory()
        console.print(figures.table)
        for line in figures.lines:
            console.print(line)


if __name__ == "__main__":
    main()
