"""A Gradescope folder comes in, the proof that it grades right goes out, or why it does not."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import UserError
from autograder.manifest import Assignment
from autograder.results import CheckResult, Report
from autograder.session import Session


class ProofFailed(UserError):
    """The bundle grades wrong; the text names each check and what happened."""


@dataclass(frozen=True)
class Proof:
    """The reports of the solved notebooks and of the blank templates."""

    solution: Report
    blank: Report


def prove(
    assignment: Assignment,
    templates: Mapping[str, bytes],
    solution: Mapping[str, bytes],
    blank: Mapping[str, bytes],
    cache: Path | None = None,
) -> Proof:
    """Grade the solution, which must get every point, and the template, which must get none hidden.

    Both are the staff's own files, so that this runs as any user: what the sandbox lacks here
    matters where submissions are graded, and is refused there.

    Args:
        templates: the stripped notebooks.
        solution: the files of the solved submission, by path.
        blank: the files of a submission in which nothing was done.
        cache: where checks remember costly results by content.

    Raises:
        ProofFailed: a check does not give what it must.
    """
    with Session(assignment, templates, allow_unsafe=True, cache=cache) as session:
        proof = Proof(_graded(session, solution), _graded(session, blank))
    problems = [*_lost_by_solution(proof.solution), *_won_by_blank(proof.blank)]
    if problems:
        raise ProofFailed(
            f"{assignment.name} was not released, because its checks grade wrong:\n"
            + "\n".join(f"  - {problem}" for problem in problems)
        )
    return proof


def _graded(session: Session, files: Mapping[str, bytes]) -> Report:
    with tempfile.TemporaryDirectory(prefix="proof-") as folder:
        for name, data in files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return session.grade(Path(folder))


def _lost_by_solution(report: Report) -> list[str]:
    problems = [f"grading the solution: {fault}" for fault in report.faults]
    for check in report.checks:
        if check.status != "passed" or check.score != check.max_score:
            why = check.staff if check.status == "fault" else check.message
            problems.append(
                f"{_name(check)}: the solution gets {check.score:g} of {check.max_score:g} points "
                f"({check.status}): {why}"
            )
    return problems


def _won_by_blank(report: Report) -> list[str]:
    problems = [f"grading the template: {fault}" for fault in report.faults]
    for check in report.checks:
        if check.status == "fault":
            problems.append(f"{_name(check)}: fails on the template by itself: {check.staff}")
        elif check.hidden and (check.score > 0 or check.status == "passed"):
            problems.append(
                f"{_name(check)}: the blank template gets {check.score:g} of "
                f"{check.max_score:g} points; a hidden check must ask for an answer"
            )
    return problems


def _name(check: CheckResult) -> str:
    return f"{check.number or check.question} {check.id}"
