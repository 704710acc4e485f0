"""A written assignment comes in; the checks that do not hold on it go out, with the reasons.

A translation may be valid Python and wrong all the same: an object that cannot leave the student's
process, a function that changes its argument. So each check is tried on the solution, which has to
pass it, and on the blank template, which has to fail it if it is hidden. `release.proof` asks for
the same, and for a list of the answers that no check judges.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.model.manifest import Assignment
from autograder.model.report import CheckResult, Report
from autograder.session import Session
from release.templates import Blanked, blanked, solved, templates

_SHOWN = 200


@dataclass(frozen=True)
class Trial:
    """What became of the checks.

    Attributes:
        failing: by number, why a check cannot stay.
        free: numbers of public checks that give points to a blank template.
        unnoticed: answers that no check misses where they alone are blank.
        fault: why nothing could be graded; empty if it could.
    """

    failing: dict[str, str]
    free: tuple[str, ...] = ()
    unnoticed: tuple[Blanked, ...] = ()
    fault: str = ""


def try_checks(assignment: Assignment) -> Trial:
    """Grade the solution, the blank template, and the solution with one answer blank at a time.

    Raises:
        MarkerError, StripError: a notebook cannot be stripped.
    """
    solution, blank = solved(assignment), templates(assignment)
    with Session(assignment, blank, allow_unsafe=True) as session:
        on_solution = _graded(session, solution)
        on_blank = _graded(session, blank)
        if faults := [*on_solution.faults, *on_blank.faults]:
            return Trial({}, fault=faults[0].strip().split("\n")[-1])
        found = {check.number: _on_blank(check) for check in on_blank.checks}
        found |= {c.number: why for c in on_solution.checks if (why := _on_solution(c))}
        failing = {number: why for number, why in found.items() if why}
        kept = [check for check in on_solution.checks if check.number not in failing]
        unnoticed = tuple(
            each
            for each in blanked(assignment)
            if not _misses(_graded(session, {**solution, **each.files}), kept)
        )
    free = (c.number for c in on_blank.checks if not c.hidden and c.score > 0)
    return Trial(failing, tuple(number for number in free if number not in failing), unnoticed)


def _misses(report: Report, kept: Sequence[CheckResult]) -> bool:
    """Whether a check fails; one without points counts where its question has none (as a proof)."""
    worth = {check.question for check in kept if check.max_score > 0}
    counted = {c.number for c in kept if c.max_score > 0 or c.question not in worth}
    return any(c.number in counted and c.status not in ("passed", "fault") for c in report.checks)


def _on_solution(check: CheckResult) -> str:
    if check.status == "passed":
        return ""
    why = (check.staff if check.status == "fault" else check.staff or check.message).strip()
    return f"the solution fails it here: {why.split(chr(10))[-1][:_SHOWN] or 'not fulfilled'}"


def _on_blank(check: CheckResult) -> str:
    if check.status == "fault":
        return "it stops by itself on the blank template"
    if check.status == "passed" and (check.hidden or not check.max_score):
        return "the blank template passes it, so that it asks for no answer"
    return ""


def _graded(session: Session, files: Mapping[str, bytes]) -> Report:
    with tempfile.TemporaryDirectory(prefix="trial-") as folder:
        for name, data in files.items():
            (Path(folder) / name).write_bytes(data)
        return session.grade(Path(folder))
