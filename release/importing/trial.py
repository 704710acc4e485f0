"""A written assignment comes in; what its checks make of solution and starter notebook goes out.

A translation may be valid Python and wrong all the same: an object that cannot leave the student's
process, a function that changes its argument. So each check is tried on the solution and on the
starter notebook, and beside it the original's test as it was, also on the solution with answers
altered; and each answer is left blank alone.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.grading.staff import SEED, StaffPool
from autograder.model.manifest import Assignment
from autograder.model.report import CheckResult, Report
from release.importing.blanks import Needs, together
from release.importing.mutants import Mutant, mutants
from release.markup.templates import AblatedSolution, blanked, solved, templates
from release.proof.odd import OddAnswers, Tried, submissions

_SHOWN = 200


@dataclass(frozen=True)
class Outcome:
    """What one check makes of the two.

    Attributes:
        why: it fails on the solution; empty if it passes.
        blank: the starter notebook passes it, too.
        stops: it ends in a fault of its own on the starter notebook.
        on_mutants: whether it passes each altered solution, in their order.
    """

    why: str = ""
    blank: bool = False
    stops: bool = False
    on_mutants: tuple[bool, ...] = ()


@dataclass(frozen=True)
class Trial:
    """What became of the checks.

    Attributes:
        outcomes: by the number of the check.
        unnoticed: answers that no check misses where they alone are blank.
        odd: what checks made of odd answers that they should have refused.
        mutants: the altered solutions that they were tried on.
        fault: why nothing could be graded; empty if it could.
    """

    outcomes: dict[str, Outcome]
    unnoticed: tuple[AblatedSolution, ...] = ()
    odd: tuple[Tried, ...] = ()
    fault: str = ""
    mutants: tuple[Mutant, ...] = ()


def try_checks(assignment: Assignment, *, each_answer: bool = False) -> Trial:
    """Grade the solution and the starter notebook.

    Args:
        each_answer: and the solution with one answer blank, or an odd one, at a time; else with
            answers altered.

    Raises:
        MarkerError, StripError: a notebook cannot be stripped.
    """
    solution, blank = solved(assignment), templates(assignment)
    with (
        tempfile.TemporaryDirectory(prefix="trial-") as cache_dir,
        StaffPool(assignment, blank, solution, Path(cache_dir), SEED) as pool,
    ):
        # A second look at the whole notebook is worth its time where the solution fails alone.
        on_solution = pool.cached(solution, _passes)
        on_blank = pool.cached(blank, _any)
        if faults := [*on_solution.faults, *on_blank.faults]:
            return Trial({}, fault=faults[0].strip().split("\n")[-1])
        of_blank = {check.number: check for check in on_blank.checks}
        outcomes = {c.number: _outcome(c, of_blank[c.number]) for c in on_solution.checks}
        if not each_answer:
            made = tuple(mutants(assignment))
            on_mutants = pool.grade_all([(each.files, _any) for each in made])
            return Trial(_with_mutants(outcomes, on_mutants), mutants=made)
        known = [c for c in on_solution.checks if not outcomes[c.number].why]
        answers, needs = list(blanked(assignment)), Needs(solution)
        blanks = together(assignment, solution, answers, needs)
        reports = pool.grade_all([(each.files, _any) for each in blanks])
        odd = list(submissions(assignment, solution, on_solution))
        of_odd = pool.grade_all([(each.files, _any) for each in odd])
    judge = OddAnswers(on_solution, on_blank).judge
    questions = {question.id: question for question in assignment.questions}
    missed = {
        id(answer)
        for each, report in zip(blanks, reports, strict=True)
        for answer in each.missed((questions[q] for q in _lost(report, known)), needs)
    }
    tried = [t for each, report in zip(odd, of_odd, strict=True) for t in judge(each, report)]
    return Trial(
        outcomes,
        tuple(answer for answer in answers if id(answer) not in missed),
        tuple(each for each in tried if each.check and each.problem),
    )


def _with_mutants(outcomes: Mapping[str, Outcome], reports: Sequence[Report]) -> dict[str, Outcome]:
    passed = [{c.number for c in report.checks if c.status == "passed"} for report in reports]
    return {
        number: replace(outcome, on_mutants=tuple(number in each for each in passed))
        for number, outcome in outcomes.items()
    }


def _passes(report: Report) -> bool:
    return not report.faults and all(check.status == "passed" for check in report.checks)


def _any(_report: Report) -> bool:
    return True


def _lost(report: Report, kept: Sequence[CheckResult]) -> set[str]:
    """Questions with a failing check; one without points counts where none has any (as a proof)."""
    worth = {check.question for check in kept if check.max_score > 0}
    counted = {c.number for c in kept if c.max_score > 0 or c.question not in worth}
    return {
        c.question
        for c in report.checks
        if c.number in counted and c.status not in ("passed", "fault")
    }


def _outcome(check: CheckResult, blank: CheckResult) -> Outcome:
    passes = blank.status == "passed" or blank.score > 0
    return Outcome(_on_solution(check), passes, blank.status == "fault")


def _on_solution(check: CheckResult) -> str:
    if check.status == "passed":
        return ""
    why = (check.staff if check.status == "fault" else check.staff or check.message).strip()
    return f"the solution fails it here: {why.split(chr(10))[-1][:_SHOWN] or 'not fulfilled'}"
