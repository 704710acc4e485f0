"""Right answers, graded again and again at each level of the sandbox: none may lose a point.

    honest.py [--repeats N] [--sessions N] [--submissions N]

The solution of homework 4 and its right answers spelled differently, with other random inputs in
each round; all of a round share them, so that equal trainings are run once. Prints, for each level,
the gradings, the points lost by mistake and the seconds.
"""

from __future__ import annotations

import argparse
import itertools
import secrets
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from autograder.grading.policies import CachePolicy, IsolationPolicy
from autograder.grading.session import Session
from autograder.model import manifest
from autograder.sandbox.lockdown import NAMES, Grading, required
from release.markup.templates import solution_files, solved, templates
from release.proof.mistakes import mistakes

ROOT = Path(__file__).parents[2]
HW4 = manifest.load(ROOT / "solutions" / "hw4")
#: With other descriptors left open a worker could give the clean process orders; and honest code
#: needs a place to write.
ALWAYS = {"descriptors", "scratch", "session", "parent"}
LEVELS = {
    "all": frozenset[str](),
    "without Landlock": frozenset({"landlock"}),
    "minimum": frozenset(NAMES) - required(Grading.ROOT) - ALWAYS,
}


def submissions(count: int) -> Iterator[tuple[str, dict[str, bytes]]]:
    """The solution and the first so many right answers, by name."""
    solution = solved(HW4) | solution_files(HW4)
    yield "solution", solution
    right = [mistake for mistake in mistakes(HW4) if not mistake.loses]
    # Spread over all parts of the assignment, which stand in the order of their files.
    for mistake in right[:: max(1, len(right) // count)][:count]:
        yield mistake.name, mistake.submission(solution)


def main() -> None:
    """Grade, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--sessions", type=int, default=2)
    parser.add_argument("--submissions", type=int, default=12, help="beside the solution")
    options = parser.parse_args()
    own = threading.local()
    sessions: list[Session] = []
    lost: dict[str, Counter[str]] = {level: Counter() for level in LEVELS}
    seconds: Counter[str] = Counter()
    active: dict[str, set[str]] = {}
    blank = templates(HW4)
    with tempfile.TemporaryDirectory(prefix="honest-") as name, Progress() as progress:
        folder = Path(name)
        folder.chmod(0o711)
        known = dict(submissions(options.submissions))
        for submission, files in known.items():
            for file, data in files.items():
                path = folder / submission.replace("/", " ") / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
        jobs = list(itertools.product(range(options.repeats), LEVELS, known))
        seeds = [secrets.randbits(48) for _ in range(options.repeats)]
        bar = progress.add_task("grading", total=len(jobs))

        def grade(job: tuple[int, str, str]) -> None:
            repeat, level, submission = job
            if not hasattr(own, "session"):
                own.session = Session(HW4, blank, cache=CachePolicy(folder / "cache")).__enter__()
                sessions.append(own.session)
            started = time.perf_counter()
            path = folder / submission.replace("/", " ")
            policy = IsolationPolicy(leave_out=LEVELS[level])
            report = own.session.grade(path, seed=seeds[repeat], isolation=policy)
            seconds[level] += time.perf_counter() - started
            active[level] = set(report.layers)
            for fault in report.all_faults:
                lost[level][f"{submission}: {fault.splitlines()[-1]}"] += 1
            for check in report.checks:
                if check.score < check.max_score:
                    lost[level][f"{submission}, {check.number}: {check.message}"] += 1
            progress.advance(bar)

        grade(jobs[0])  # what it trains, the others find
        with ThreadPoolExecutor(options.sessions) as pool:
            list(pool.map(grade, jobs[1:]))
        for session in sessions:
            session.close()
    table = Table("Level", "Active", "Gradings", "False failures", "Seconds each")
    for level in LEVELS:
        count = options.repeats * len(known)
        words = ", ".join(sorted(active[level]))
        each = f"{seconds[level] / count:.2f}"
        table.add_row(level, words, str(count), str(lost[level].total()), each)
    console = Console()
    console.print(table)
    for level, found in lost.items():
        for what, times in found.items():
            console.print(f"{level}: {times} x {what}")


if __name__ == "__main__":
    main()
