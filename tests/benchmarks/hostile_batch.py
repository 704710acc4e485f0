"""Grades ten honest submissions alone, then among fifty attacks, and says what has changed.

    hostile_batch.py [--attacks N] [--honest N]

Run as root. Both are ``autograder batch`` with pages, each with a cache of its own. What must not
change are the scores, the messages and the pages of the honest ones; what must not stay behind are
processes, files in the machine's shared folders and System V objects. Prints a table with wall
clock, processor time and peak memory of all processes, and ends with 1 if anything has changed.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import pwd
import re
import resource
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

TESTS = Path(__file__).parent.parent
sys.path[:0] = [str(TESTS.parent), str(TESTS / "attacks"), str(TESTS / "helpers")]

from arena import CORPUS, SHARED_FOLDERS, Arena, Attack, load  # noqa: E402
from measure import peak_memory  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.progress import track  # noqa: E402
from rich.table import Table  # noqa: E402

BIN = Path(sys.executable).parent
#: What a page says of the machine's time, which differs from run to run.
TIMES = re.compile(r"\b\d+(\.\d+)?( |&nbsp;)?(ms|s|seconds)\b|\d\d:\d\d(:\d\d)?")

#: The column of the table of grades that differs from run to run.
SECONDS = "Seconds"


@dataclass(frozen=True)
class Graded:
    """What a batch has made of the honest submissions, and what it took."""

    scores: dict[str, str]
    pages: dict[str, str]
    wall: float
    cpu: float


def submissions(arena: Arena, folder: Path, hostile: int, honest: int) -> tuple[Path, Path]:
    """Two folders of submissions: the honest ones alone, and among attacks, which are cells."""
    alone, together = folder / "alone", folder / "together"
    for number, (name, text) in enumerate(islice(cycle(arena.spellings.items()), honest)):
        for target in (alone, together):
            target.mkdir(exist_ok=True)
            # They stand between the attacks, in the order in which all are graded.
            arena.submit(target / f"s{number * hostile // honest:03}-{name}-{number}", text)
    attacks = [attack for attack in map(load, sorted(CORPUS.glob("*.py"))) if attack.is_code]
    for number, attack in enumerate(spread(attacks, hostile)):
        arena.mark = f"mark{secrets.randbits(30):08x}"
        target = together / f"s{number:03}-x-{attack.name}"
        arena.submit(target, arena.notebook(arena.fill(attack.text, naive=True)))
    return alone, together


def spread(attacks: list[Attack], count: int) -> list[Attack]:
    """So many of them, evenly from the whole list."""
    return [attacks[number * len(attacks) // count] for number in range(min(count, len(attacks)))]


def graded(arena: Arena, source: Path, out: Path) -> Graded:
    words = [BIN / "autograder", "batch", source, "--out", out, "--seed", 1, "--feedback"]
    words += ["--assignment", arena.assignment.folder, "--cache", f"{out}-cache", "--fresh"]
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, check=False
    )
    wall, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"the batch ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    with (out / "grades.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    key = next(iter(rows[0]))
    scores = {
        row[key]: json.dumps({name: cell for name, cell in row.items() if name != SECONDS})
        for row in rows
        if "-x-" not in row[key]
    }
    return Graded(scores, dict(pages(out, scores)), wall, cpu)


def pages(out: Path, names: dict[str, str]) -> Iterator[tuple[str, str]]:
    for path in sorted(out.rglob("*.html")):
        if any(path.name.startswith(name) for name in names):
            yield str(path.relative_to(out)), TIMES.sub("", path.read_text(encoding="utf-8"))


def machine() -> dict[str, set[str]]:
    """What is here of users that are none of the system's, as workers are: their processes, their
    entries of the shared folders, and System V objects of anybody."""
    known = {entry.pw_uid for entry in pwd.getpwall()}

    def strange(path: Path) -> bool:
        try:
            return path.lstat().st_uid not in known
        except OSError:  # it has just gone
            return False

    shared = (path for name in SHARED_FOLDERS for path in Path(name).glob("*"))
    objects = {
        f"{kind} {line.split()[1]}"
        for kind in ("shm", "sem", "msg")
        for line in Path(f"/proc/sysvipc/{kind}").read_text("ascii").splitlines()[1:]
    }
    return {
        "processes": {path.name for path in Path("/proc").glob("[0-9]*") if strange(path)},
        "files": {str(path) for path in shared if strange(path)},
        "System V objects": objects,
    }


def main() -> None:
    """Grade both, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--attacks", type=int, default=50)
    parser.add_argument("--honest", type=int, default=10)
    options = parser.parse_args()
    canary = secrets.token_hex(8)
    os.environ["STAFF_TOKEN"] = f"canary-{canary}"
    with tempfile.TemporaryDirectory(prefix="hostile-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        arena = Arena(folder / "arena", canary)
        try:
            sources = submissions(arena, folder, options.attacks, options.honest)
            arena.bystander("sibling", 59_998)
            before = machine()
            runs = [
                graded(arena, source, folder / f"results-{source.name}")
                for source in track(sources, "grading", transient=True)
            ]
            left = {kind: found - before[kind] for kind, found in machine().items()}
            memory = [peak(arena, source, folder) for source in sources]
        finally:
            arena.close()
    show(runs, memory, left, options)
    alone, together = runs
    changed = alone.scores != together.scores or alone.pages != together.pages
    raise SystemExit(changed or any(left.values()))


def peak(arena: Arena, source: Path, folder: Path) -> int:
    words = [BIN / "autograder", "batch", source, "--out", folder / f"memory-{source.name}"]
    words += ["--assignment", arena.assignment.folder, "--seed", 1, "--feedback"]
    return peak_memory([*words, "--cache", folder / f"memory-{source.name}-cache"], every=0.05)


def show(
    runs: list[Graded], memory: list[int], left: dict[str, set[str]], options: argparse.Namespace
) -> None:
    table = Table("", "wall s", "processor s", "peak MB")
    names = (f"{options.honest} honest", f"the same among {options.attacks} attacks")
    for name, run, peaked in zip(names, runs, memory, strict=True):
        table.add_row(name, f"{run.wall:.1f}", f"{run.cpu:.1f}", f"{peaked / 1e6:.0f}")
    console = Console()
    console.print(table)
    alone, together = runs
    for what, one, two in (
        ("scores", alone.scores, together.scores),
        ("pages", alone.pages, together.pages),
    ):
        other = [key for key in one.keys() | two.keys() if one.get(key) != two.get(key)]
        console.print(f"{what} of {len(one)}: {len(other)} changed", *other[:5])
    for kind, found in left.items():
        console.print(f"left behind, {kind}: {len(found)}", *sorted(found)[:5])


if __name__ == "__main__":
    main()
