"""What became of the checks in a trial comes in; what a person has to look at goes out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from release.importing.model import Left, Question
from release.importing.trial import Trial
from release.importing.words import DESCRIBER, REWRITE


def left_by_trial(
    name: str, trial: Trial, questions: Sequence[Question], kept: Sequence[Question]
) -> tuple[Left, ...]:
    """One entry for each check that does not hold and each answer that none judges.

    Args:
        name: of the assignment.
        kept: the questions with the checks that hold.
    """
    left = [*_about_all(name, trial, kept)]
    for question in questions:
        left += _about_checks(question, trial)
    return tuple(dict.fromkeys([*left, *_about_answers(trial)]))


def _about_all(name: str, trial: Trial, kept: Sequence[Question]) -> Iterator[Left]:
    if trial.fault:
        why = f"nothing could be graded: {trial.fault}"
        yield Left(name, 0, 0, "the checks were not tried", why, "mend it by hand")
    if not kept:
        why = "nothing is graded automatically, and a release needs a check"
        remedy = "write one, and its question in the manifest"
        yield Left(name, 0, 0, "no test could be translated", why, remedy)


def _about_checks(question: Question, trial: Trial) -> Iterator[Left]:
    hidden_fails = any(c.planned.hidden and c.number in trial.failing for c in question.checks)
    for check in question.checks:
        what = f"{check.number}: {check.title}, {check.planned.worth}"
        cell = check.planned.tests[0].cell
        # A public check without points says the same as the hidden one.
        idle = hidden_fails and not (check.planned.hidden or check.planned.weight)
        if check.number in trial.failing and not idle:
            why = trial.failing[check.number]
            remedy = DESCRIBER if "cannot be checked" in why else REWRITE
            yield Left(question.notebook, cell, 0, what, why, remedy)
        elif check.number in trial.free:
            why = "it gives its points to a blank template, too"
            remedy = "ask for more, or take its points"
            yield Left(question.notebook, cell, 0, what, why, remedy)


def _about_answers(trial: Trial) -> Iterator[Left]:
    for blanked in trial.unnoticed:
        what = f"the answer in cell '{blanked.cell}'"
        why = "no check misses it when it alone is blank"
        remedy = "write a check, and take the cell from `unchecked` in the manifest"
        yield Left(blanked.notebook, 0, 0, what, why, remedy)
