"""Submissions as plain values come in from several threads; the report of each goes out so, too."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograder.grading.bundle import Bundle, unpack
from autograder.grading.pool import SessionPool
from autograder.grading.session import Nursery, Session
from autograder.model.errors import UserError
from autograder.model.report import Report
from autograder.sandbox.lockdown import Grading, required

#: A session that died under a submission is replaced, and the submission graded so often in all.
ATTEMPTS = 2


@dataclass(frozen=True)
class Job:
    """One submission to grade; plain values, which may go to another machine.

    Attributes:
        fresh: run every check, whatever verdicts are remembered.
    """

    id: str
    files: Mapping[str, bytes]
    seed: int
    fresh: bool = False


@dataclass(frozen=True)
class Finished:
    """What came of a job: a report in plain values, or why there is none."""

    id: str
    report: Mapping[str, Any] | None
    fault: str = ""


def floor_of(user: int) -> frozenset[str]:
    """The primitives of the sandbox without which nothing is graded."""
    return required(Grading.ROOT if user == 0 else Grading.PLAIN)


class JobPool(SessionPool):
    """Grades jobs of one assignment, in sessions that fork from one process.

    Args:
        folder: an empty one, which nobody else may enter; the assignment is unpacked there.
        memory: where verdicts and costly results are remembered.
    """

    def __init__(self, bundle: Bundle, folder: Path, memory: Path) -> None:
        super().__init__(
            lambda: Session(
                self.assignment, templates, cache=memory, remember=True, nursery=nursery
            )
        )
        self.assignment, templates = unpack(bundle, folder)
        nursery = self.enter_context(Nursery(self.assignment))

    def grade(self, job: Job) -> Finished:
        """Grade a job.

        Raises:
            UserError: nothing can be graded here; the text says why.
        """
        try:
            with self.session() as session:
                return Finished(job.id, self._graded(session, job).to_dict())
        except UserError:
            raise
        except Exception:
            return Finished(job.id, None, traceback.format_exc())

    def _graded(self, session: Session, job: Job) -> Report:
        report = graded(session, job)
        for _ in range(ATTEMPTS - 1):
            if not report.checks and not self.stopped:
                report = graded(session, job)
        return report


def graded(session: Session, job: Job) -> Report:
    """Grade a job in a session."""
    report = session.grade_files(job.files, seed=job.seed, fresh=job.fresh)
    return replace(report, submission=job.id)
