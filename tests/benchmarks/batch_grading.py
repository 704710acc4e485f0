"""Times `autograder batch` on generated submissions of homework 4's part H; prints tables.

    .venv/bin/python tests/benchmarks/batch_grading.py [--count N]

The submissions are the solution, the known-wrong and differently spelled answers of part H, some
attacks, the blank template and broken notebooks, each in four variants that no verdict remembered of
another serves for, repeated up to the count; no two files have the same bytes. Attacks that run into
the time limit are left out: they would measure the limit.

*Plain* is the sum of what `Session.grade` takes for each of them in one session, one after the other,
without a batch and without memory; *checks* is what of that the checks take. Overhead is what a
batch with one slot takes beyond *plain*.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
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

sys.path.append(str(Path(__file__).parents[1]))
from conftest import Notebook, part_of
from measure import peak_memory
from rich.console import Console
from rich.table import Table

from autograder import manifest
from autograder.manifest import Assignment
from autograder.session import Session
from release.bundle import write_gradescope
from release.mistakes import mistakes
from release.templates import solved, templates

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
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wall = time.perf_counter() - started
    if done.returncode:
        raise SystemExit(
            f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(wall, cpu)


def plain(course: Course) -> tuple[float, float]:
    """Seconds that all submissions take in one session, and what of them the checks take."""
    blank = {NAME: (course.assignment.templates / NAME).read_bytes()}
    total = checks = 0.0
    with Session(course.assignment, blank) as session:
        for folder in sorted(course.submissions.iterdir()):
            started = time.perf_counter()
            report = session.grade(folder, seed=1)
            total += time.perf_counter() - started
            checks += sum(check.seconds for check in report.checks)
            assert not report.faulty, report.all_faults
    return total, checks


def killed_and_resumed(
    course: Course, out: Path, count: int, *options: object
) -> tuple[float, float]:
    """Seconds until a kill -9 at half of the submissions, and of the same command afterwards."""
    started = time.perf_counter()
    command = batch_command(course, out, *options)
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


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--no-plain", action="store_true", help="leave out the runs without memory")
    options = parser.parse_args()
    count = options.count
    console = Console(width=100)
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="batch-grading-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        course = make_course(folder, count)
        table = Table(title=f"{count} submissions of part H, {course.distinct} distinct answers")
        for heading in ("", "wall", "processor", "submissions/s", "per slot"):
            table.add_column(heading, justify="right" if heading else "left")

        def row(what: str, run: Run, slots: int, graded: int = count) -> Run:
            rate = graded / run.wall
            cpu = f"{run.cpu:.1f} s" if run.cpu else ""
            table.add_row(what, f"{run.wall:.1f} s", cpu, f"{rate:.1f}", f"{rate / slots:.1f}")
            console.print(f"{what}: {run.wall:.1f} s", style="dim")
            return run

        lines = []
        if not options.no_plain:
            total, checks = plain(course)
            row("plain: one session, no memory", Run(total, 0), 1)
            row("  of that the checks", Run(checks, 0), 1)
            one = row("batch, no memory, 1 slot", _fresh(course, folder / "f1", 1), 1)
            two = row("batch, no memory, 2 slots", _fresh(course, folder / "f2", 2), 2)
            lines.append(f"overhead over plain: {one.wall / total - 1:+.0%} (target 30 %)")
            lines.append(f"overhead over the checks alone: {one.wall / checks - 1:+.0%}")
            lines.append(f"1 -> 2 slots, no memory: {one.wall / two.wall:.2f}x (target 1.8x)")
        memory = [folder / f"memory{n}" for n in range(5)]
        one = timed(batch_command(course, folder / "m1", "--jobs", 1, "--cache", memory[0]))
        row("batch, memory cold, 1 slot", one, 1)
        second = batch_command(course, folder / "m2", "--jobs", 2, "--cache", memory[1])
        two = row("batch, memory cold, 2 slots", timed(second), 2)
        lines.append(f"1 -> 2 slots, memory cold: {one.wall / two.wall:.2f}x (target 1.8x)")
        lines.append(f"rate on two slots, everything on: {count / two.wall:.1f}/s (target 20/s)")
        row("the same again, nothing changed", timed(second), 2)
        parts = killed_and_resumed(course, folder / "k", count, "--jobs", 2, "--cache", memory[2])
        lines.append(f"kill -9 at half: {parts[0]:.1f} s before it, {parts[1]:.1f} s after it")
        with cluster(folder, 2) as address:
            words = ("--scheduler", address, "--cache", memory[3])
            there = timed(batch_command(course, folder / "d", *words))
            row("two dask workers, memory cold", there, 2)
        same = results(folder / "m2") == results(folder / "d") == results(folder / "k")
        lines.append(f"results here, after kill -9 and on the cluster are equal: {same}")
        third = batch_command(course, folder / "p", "--jobs", 2, "--cache", memory[4])
        peak = peak_memory(third, every=0.2)
        lines.append(f"peak memory of all processes, 2 slots: {peak / 1e6:.0f} MB")
        edit_one_check(course)
        row("one check edited", timed(second), 2)
        console.print(table)
        for line in lines:
            console.print(line)
        shutil.rmtree(folder, ignore_errors=True)


def _fresh(course: Course, out: Path, slots: int) -> Run:
    words = ("--fresh", "--jobs", slots, "--cache", out.with_suffix(".memory"))
    return timed(batch_command(course, out, *words))


if __name__ == "__main__":
    main()
