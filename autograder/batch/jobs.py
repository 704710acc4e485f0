"""A submission and a session come in; its report, and the key of all it follows from, go out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from autograder.batch.contents import Content
from autograder.checks.cache import digest
from autograder.checks.verdicts import basis_parts, check_codes
from autograder.model.manifest import Assignment
from autograder.model.report import Report
from autograder.sandbox.lockdown import Grading, required
from autograder.session import Session

#: A key: by the name of each part of it, its digest; those of checks in a table of their own.
Key = Mapping[str, Any]
FILES, CHECKS, SEED = "files", "checks", "seed"
#: Of digests that no student can choose.
_SHORT = 16


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


def common_key(
    assignment: Assignment, templates: Mapping[str, bytes], seed: int, user: int
) -> dict[str, Any]:
    """The parts of a key that are the same for all submissions of a batch."""
    parts = basis_parts(assignment, floor_of(user))
    parts["templates"] = digest(dict(sorted(templates.items())))
    short = {name: value[:_SHORT] for name, value in parts.items()}
    checks = {name: code[:_SHORT] for name, code in check_codes(assignment).items()}
    return {**short, SEED: seed, CHECKS: checks}


def key_of(common: Key, content: Content) -> dict[str, Any]:
    """All that a submission's result follows from."""
    return {**common, FILES: content.digest}


def graded(session: Session, job: Job) -> Report:
    """Grade a job in a session."""
    report = session.grade_files(job.files, seed=job.seed, fresh=job.fresh)
    return replace(report, submission=job.id)


def completed(report: Report, content: Content) -> Report:
    """The report with what was found when the submission was read."""
    notes = (content.problem, *report.notes) if content.problem else report.notes
    return replace(report, notes=notes, skipped=(*content.skipped, *report.skipped))
