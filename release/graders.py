"""Submissions in memory come in, their reports go out; several sessions work side by side."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

from autograder.checks.cache import Store
from autograder.checks.verdicts import basis_of
from autograder.grading.session import Session
from autograder.model.manifest import Assignment
from autograder.model.report import Report
from autograder.model.trial import Trial

#: Drawn once: equal input then gives equal verdicts, which are remembered from proof to proof.
SEED = 1
#: A session starts in the time of several submissions; fewer than these are not worth another.
WORTH_A_SESSION = 12


_Item = TypeVar("_Item")
_Done = TypeVar("_Done")


def side_by_side(work: Callable[[_Item], _Done], items: Sequence[_Item]) -> list[_Done]:
    """What becomes of each item, in order; on all cores, where there are enough for a session."""
    most = len(os.sched_getaffinity(0))
    count = max(1, min(most, len(items) // WORTH_A_SESSION))
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, items))


def _checks_of(assignment: Assignment) -> list[Path]:
    folders = (assignment.public_checks, assignment.hidden_checks)
    return [path for folder in folders for path in sorted(folder.rglob("test_*.py"))]


class Graders(ExitStack):
    """Grades the staff's own submissions of one assignment. Use it in a ``with`` statement.

    Args:
        memory: where verdicts are remembered.
        seed: what the checks' random inputs are drawn from.
    """

    def __init__(
        self, assignment: Assignment, templates: Mapping[str, bytes], memory: Path, seed: int
    ) -> None:
        super().__init__()
        self._assignment = assignment
        self._templates = templates
        self._folder = memory
        self._memory = Store(memory)
        # All that a report follows from but for the submission: the checks themselves too.
        checks = [path.read_bytes() for path in _checks_of(assignment)]
        self._basis = [basis_of(assignment, ()), checks, dict(sorted(templates.items()))]
        self.seed = seed
        self._lock = threading.Lock()
        self._free: list[Session] = []

    def grade(self, files: Mapping[str, bytes]) -> Report:
        """Run every check on a submission, given by its files' paths and bytes."""
        return self._graded(files, fresh=True)

    def tried(
        self,
        files: Mapping[str, bytes],
        trial: Trial,
        *,
        seed: int | None = None,
        fresh: bool = False,
    ) -> Report:
        """What the checks of a trial make of a submission; those that note reads are run anew.

        Args:
            seed: another one than that of all else.
            fresh: run all anew.
        """
        session = self._taken()
        try:
            return session.grade_files(
                files,
                seed=self.seed if seed is None else seed,
                fresh=fresh or trial.reads,
                second_look=False,
                trial=trial,
            )
        finally:
            with self._lock:
                self._free.append(session)

    def recall(self, files: Mapping[str, bytes], expected: Callable[[Report], bool]) -> Report:
        """The report that is remembered for a submission, else a new one.

        Only an expected one is remembered: another may come of a busy machine, by a time limit.
        A loss that is expected needs no second look at the whole notebook, which takes long; one
        that is not gets it, as any student's.
        """
        key = ["report", self._basis, self.seed, dict(sorted(files.items()))]
        found = self._memory.recall(key)
        if found is not None:
            return Report.from_dict(found)
        report = self._graded(files, fresh=False, second_look=False)
        if not expected(report):
            report = self._graded(files, fresh=False)
        if not report.faulty and expected(report):
            self._memory.keep(key, report.to_dict())
        return report

    def _graded(
        self, files: Mapping[str, bytes], *, fresh: bool, second_look: bool = True
    ) -> Report:
        session = self._taken()
        try:
            return session.grade_files(files, seed=self.seed, fresh=fresh, second_look=second_look)
        finally:
            with self._lock:
                self._free.append(session)

    def grade_all(
        self,
        submissions: Sequence[tuple[Mapping[str, bytes], Callable[[Report], bool]]],
        each: Callable[[], None] = lambda: None,
    ) -> list[Report]:
        """Recall or grade many; their reports in order. ``each`` is called after every one.

        Args:
            submissions: the files of each, and whether a report on it is as expected.
        """

        def grade(submission: tuple[Mapping[str, bytes], Callable[[Report], bool]]) -> Report:
            report = self.recall(*submission)
            each()
            return report

        return side_by_side(grade, submissions)

    @staticmethod
    def graded(
        session: Session, files: Mapping[str, bytes], seed: int, *, fresh: bool = True
    ) -> Report:
        """Write a submission to a folder and grade that."""
        return session.grade_files(files, seed=seed, fresh=fresh)

    def _taken(self) -> Session:
        with self._lock:
            if self._free:
                return self._free.pop()
        session = Session(
            self._assignment,
            self._templates,
            allow_unsafe=True,
            cache=self._folder,
            remember=True,
            trusted=True,
        )
        session.__enter__()  # takes seconds, in which others should not wait for the lock
        with self._lock:
            self.push(session)
        return session
