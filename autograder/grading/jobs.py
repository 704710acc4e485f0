"""A submission as plain values and a session come in; its report goes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from autograder.grading.session import Session
from autograder.model.report import Report
from autograder.sandbox.lockdown import Grading, required


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


def graded(session: Session, job: Job) -> Report:
    """Grade a job in a session."""
    report = session.grade_files(job.files, seed=job.seed, fresh=job.fresh)
    return replace(report, submission=job.id)
