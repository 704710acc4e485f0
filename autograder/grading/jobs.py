"""Submissions as plain values come in from several threads; the report of each goes out so, too."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograder.grading.bundle import Bundle, unpack
from autograder.grading.policies import CachePolicy
from autograder.grading.pool import SessionPool
from autograder.grading.session import Session
from autograder.model.errors import UserError
from autograder.model.report import Report
from autograder.sandbox.lockdown import Grading, required

#: A session that died under a submission is replaced, and the submission graded so often in all.
ATTEMPTS = 2


@dataclass(frozen=True)
class GradeJob:
    """One submission to grade; plain values, which may go to another machine.

    Attributes:
        no_cache: run every check, whatever verdicts are kept.
    """

    id: str
    files: Mapping[str, bytes]
    seed: int
    no_cache: bool = False


@dataclass(frozen=True)
class Finished:
    """What came of a job: a report in plain values, or why there is none."""

    id: str
    report: Mapping[str, Any] | None
    fault: str = ""


def required_of(user: int) -> frozenset[str]:
    """The isolation layers without which nothing is graded."""
    return required(Grading.ROOT if user == 0 else Grading.PLAIN)


class JobPool(SessionPool):
    """Grades jobs of one assignment, in sessions that fork from one process.

    Args:
        folder: an empty one, which nobody else may enter; the assignment is unpacked there.
        cache_dir: where verdicts and costly results are kept.
    """

    def __init__(self, bundle: Bundle, folder: Path, cache_dir: Path) -> None:
        self.assignment, templates = unpack(bundle, folder)
        super().__init__(self.assignment, templates, cache=CachePolicy(cache_dir, verdicts=True))

    def grade(self, job: GradeJob) -> Finished:
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

    def _graded(self, session: Session, job: GradeJob) -> Report:
        report = graded(session, job)
        for _ in range(ATTEMPTS - 1):
            if not report.checks and not self.stopped:
                report = graded(session, job)
        return report


def graded(session: Session, job: GradeJob) -> Report:
    """Grade a job in a session."""
    report = session.grade_files(job.files, seed=job.seed, no_cache=job.no_cache)
    return replace(report, submission=job.id)
