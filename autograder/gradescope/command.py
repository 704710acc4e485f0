"""Gradescope's folder of one submission comes in; results.json is in it whatever happens.

A first file is there before anything can fail, so that a process that is killed leaves one too.
"""

from __future__ import annotations

import hashlib
import signal
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType

from autograder.gradescope.decide import (
    Standing,
    excuses,
    own_faults,
    presented,
    repetition,
    standing,
    unapplied,
)
from autograder.gradescope.metadata import FILE_NAME, read
from autograder.gradescope.output import write_data, write_failure, write_results
from autograder.grading.policies import CachePolicy
from autograder.grading.session import Session
from autograder.model.errors import HarnessFault, SubmissionError, UserError
from autograder.model.manifest import Assignment, load
from autograder.model.report import Report
from autograder.model.submission import collect_for
from autograder.model.text import bounded
from autograder.model.validation import ManifestError

GRADED, FAULT, USER_ERROR = 0, 1, 2

UNFINISHED = (
    "Grading was begun and did not end: the process was killed. Mostly that is for want of memory "
    "or time; give the autograder more of either in the assignment's settings and run it again."
)
#: Of the time, what is kept for the end, in seconds; a tenth where that is less.
RESERVE = 20.0
MAX_HASHES = 500


class Stopped(BaseException):
    """The time is over, or somebody ended this process; no handler on the way may swallow it."""


@dataclass(frozen=True)
class Clock:
    """The time of one run; readings of ``time.monotonic()``."""

    started: float
    timeout: float

    @property
    def for_checks(self) -> float:
        """The seconds left for checks."""
        return self.started + self.timeout - self._reserve - time.monotonic()

    @property
    def for_all(self) -> float:
        """The seconds left to begin writing, should the grader itself hang."""
        return self.started + self.timeout - self._reserve / 2 - time.monotonic()

    @property
    def _reserve(self) -> float:
        return min(RESERVE, self.timeout / 10)


def run(
    assignment: Path,
    root: Path = Path("/autograder"),
    *,
    cache: Path | None = None,
    tell: Callable[[str], None] = lambda _line: None,
) -> int:
    """Grade ``root/submission`` and write ``root/results/results.json``. Raises nothing.

    Args:
        assignment: the assignment's folder in a Gradescope bundle, with its templates.
        root: where Gradescope puts submission and metadata.
        cache: below it checks cache costly results; by default in a folder of this run's own.
        tell: takes lines for staff; Gradescope keeps a run's output for them.

    Returns:
        0 graded, whatever the score; 1 the harness failed; 2 the manifest or the machine is wrong.
    """
    this = _Run(root, tell)
    code, fault = FAULT, ""
    try:
        this.begin()
        this.grade(assignment, cache)
    except UserError as error:
        code, fault = USER_ERROR, str(error)
    except BaseException:
        fault = traceback.format_exc()
    if fault:
        this.tell(fault)
    if this.code is not None:  # what failed then, failed after the results were written
        return this.code
    try:
        this.write_failure(fault)
    except OSError as error:
        this.tell(f"{this.out} cannot be written: {error}")
    return code


class _Run:
    """One run; ``code`` is set once its results are written."""

    def __init__(self, root: Path, tell: Callable[[str], None]) -> None:
        self.started = time.monotonic()
        self.submission = root / "submission"
        self.out = root / "results" / "results.json"
        self._tell = tell
        self.code: int | None = None
        self.metadata = read(root / FILE_NAME)

    def tell(self, line: str) -> None:
        """Tell staff; what keeps them from hearing it costs no grade."""
        with suppress(Exception):
            self._tell(bounded(line))

    def begin(self) -> None:
        """Leave a file for the case that this process is killed."""
        for note in self.metadata.notes:
            self.tell(note)
        self.write_failure(UNFINISHED)

    def write_failure(self, fault: str) -> None:
        """Write a file that says that the harness failed, for the next run too."""
        notes = list(self.metadata.notes)
        staff = {
            "excused": excuses(self.metadata),
            "own_faults": own_faults(self.metadata, another=False),
            "metadata_notes": notes,
        }
        write_failure(self.out, fault, staff)

    def grade(self, folder: Path, cache: Path | None) -> None:
        """Grade, or repeat the last results where the limit says so, and write."""
        assignment = load(folder)
        here = standing(self.metadata, assignment.gradescope)
        again = repetition(here, assignment.points)
        if again is not None:
            self.tell("the submission limit is reached: the last results are handed over again")
            write_data(again, self.out)
            self.code = GRADED
            return
        for line in unapplied(here):
            self.tell(line)
        templates = _templates(assignment)
        clock = Clock(self.started, assignment.gradescope.timeout_seconds)
        with ExitStack() as stack:
            if cache is None:
                cache = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cache-")))
            with _stopped_after(clock.for_all):
                session = Session(assignment, templates, cache=CachePolicy(cache / assignment.name))
                stack.enter_context(session)
                report, own_fault = _graded(session, self.submission, clock)
                hashes = hashes_of(assignment, self.submission)
            # Before the processes are ended: that may take seconds.
            self._write(report, here, hashes, own_fault)

    def _write(
        self, report: Report, here: Standing, hashes: dict[str, str], own_fault: bool
    ) -> None:
        try:
            shown, additions = presented(report, here, own_fault=own_fault)
            staff = {**additions.staff, "sha256": hashes}
            write_results(shown, self.out, replace(additions, staff=staff))
        except HarnessFault:  # the file says so
            self.code = FAULT
            raise
        self.code = FAULT if report.faulty else GRADED
        self.tell(f"{shown.score:g} of {shown.max_score:g} points earned in {shown.seconds:g} s")
        for line in (*shown.flags, *shown.all_faults):
            self.tell(line)


def _graded(session: Session, submission: Path, clock: Clock) -> tuple[Report, bool]:
    """The report on a submission, and whether what failed follows from its own content.

    After a fault it is graded once more: what does not happen again was the machine's. Else the
    starter notebook is graded, on which nothing fails but what fails on all. Where there is no time
    left to tell, it counts as the submission's own: that is what takes the time.
    """
    report = session.grade(submission, seconds=clock.for_checks)
    if not report.faulty:
        return report, False
    if clock.for_checks > 2 * report.seconds:
        again = session.grade(submission, seed=report.seed, seconds=clock.for_checks)
        if not again.faulty:
            flag = "a first run ended in an internal error, which did not happen again"
            return replace(again, flags=(*again.flags, flag)), False
    if clock.for_checks <= 0:
        return report, True
    blank = session.grade_files(session.templates, seconds=clock.for_checks)
    return report, not blank.faulty


@contextmanager
def _stopped_after(seconds: float) -> Iterator[None]:
    """Raise `Stopped` in what is inside when the time is over, or when this process is ended."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, _frame: FrameType | None) -> None:
        raise Stopped(f"stopped by {signal.Signals(number).name} before grading had ended")

    before = {number: signal.signal(number, stop) for number in (signal.SIGALRM, signal.SIGTERM)}
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)


def _templates(assignment: Assignment) -> dict[str, bytes]:
    """The stripped notebooks of the bundle."""
    paths = {entry.file: assignment.templates / entry.file for entry in assignment.notebooks}
    for path in paths.values():
        if not path.is_file():
            raise ManifestError(
                f"{path}: there is no template; give the assignment's folder in an unpacked "
                "gradescope.zip, which `autograder release` makes."
            )
    return {name: path.read_bytes() for name, path in paths.items()}


def hashes_of(assignment: Assignment, submission: Path) -> dict[str, str]:
    """SHA-256 of the files that are graded, by name; none where they cannot be read."""
    try:
        with tempfile.TemporaryDirectory(prefix="hashes-") as name:
            found = collect_for(assignment, submission, Path(name))
            files = found.files[:MAX_HASHES]
            return {str(file): hashlib.sha256(found.read(file)).hexdigest() for file in files}
    except (SubmissionError, OSError):
        return {}
