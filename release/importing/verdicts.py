"""What checks and their originals make of the two known submissions comes in; what stays goes out.

A check stays as it is translated where it judges both as the original does. Else the original's
test is run as it was. What the original's own solution fails is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from release.importing.model import Check, NotImported, PlannedCheck, Question, RoundTrip
from release.importing.mutants import Change
from release.importing.trial import Outcome, Trial
from release.importing.words import DESCRIBER, REWRITE
from release.proof.odd import Tried, listed

#: What the number of a check's original ends in, while both are tried.
_TWIN = "-original"
_AGAIN = "see why; where it is the course's own mistake, mend the test and import again"


def with_originals(questions: Sequence[Question]) -> tuple[Question, ...]:
    """The questions with the original of each translated check beside it, worth nothing."""
    return tuple(
        replace(
            q, checks=(*q.checks, *(_twin(c) for c in q.checks if c.originals and not c.shared))
        )
        for q in questions
    )


def _twin(check: Check) -> Check:
    planned = replace(check.planned, weight=0.0)
    function, number = f"{check.function}_original", check.number + _TWIN
    return replace(check, function=function, number=number, planned=planned, shared=True)


def decided(
    questions: Sequence[Question], outcomes: Mapping[str, Outcome], missing: Sequence[str]
) -> tuple[tuple[Question, ...], tuple[NotImported, ...]]:
    """The questions with the checks that hold, and what is said of the others.

    Args:
        outcomes: by number, of all checks and of the originals beside them.
        missing: modules that are not installed, so that what needs them could not be tried.
    """
    kept: list[Question] = []
    left: list[NotImported] = []
    for question in questions:
        checks = []
        for check in question.checks:
            made = _decide(check, outcomes, missing)
            if made is not None:
                checks.append(made)
                left += _about_blank(question, made)
            elif not _is_said(check, question):
                left.append(_about_lost(question, check, outcomes))
        if checks:
            kept.append(replace(question, checks=tuple(checks)))
    return tuple(kept), tuple(dict.fromkeys(left))


def _decide(check: Check, outcomes: Mapping[str, Outcome], missing: Sequence[str]) -> Check | None:
    ours = outcomes.get(check.number, Outcome())
    there = outcomes.get(check.number + _TWIN)
    failed = there.why if there is not None else ours.why
    tops = {module.partition(".")[0] for module in missing}
    if check.originals and any(
        f"No module named '{top}{end}" in failed for top in tops for end in ("'", ".")
    ):
        why = "not tried, as a module is missing here"
        return replace(check, shared=True, why_shared=check.why_shared or why)
    if there is None or there.why:  # there is nothing to compare with
        return None if ours.why or ours.stops else _free(check, ours)
    if not ours.why and not ours.stops and ours.blank == there.blank:
        return _free(replace(check, compared=True), ours)
    why = ours.why or (
        "as translated, the starter notebook passes it, and in the original it does not"
        if ours.blank
        else "as translated, the starter notebook fails it, and in the original it passes"
    )
    return _free(replace(check, shared=True, why_shared=why, compared=True), there)


def _free(check: Check, outcome: Outcome) -> Check:
    return replace(check, blank_passes=outcome.blank and check.planned.hidden)


def _is_said(check: Check, question: Question) -> bool:
    """A public check without points says the same as the hidden one."""
    planned: PlannedCheck = check.planned
    others = any(c.planned.hidden for c in question.checks)
    return others and not (planned.hidden or planned.weight)


def _about_lost(question: Question, check: Check, outcomes: Mapping[str, Outcome]) -> NotImported:
    outcome = outcomes.get(check.number + _TWIN) or outcomes[check.number]
    why = outcome.why or "it stops by itself on the starter notebook"
    if check.shared or outcome.why:
        remedy = _AGAIN
    else:
        remedy = DESCRIBER if "cannot be checked" in why else REWRITE
    what = f"{check.number}: {check.title}, {check.planned.worth}"
    return NotImported(question.notebook, check.planned.tests[0].cell, 0, what, why, remedy)


def _about_blank(question: Question, check: Check) -> Iterator[NotImported]:
    if check.blank_passes and check.planned.weight:
        what = f"{check.number}: {check.title}, {check.planned.worth}"
        why = "the starter notebook passes it, as in the original"
        remedy = "ask for more, or take its points; then take it from `blank_passes`"
        yield NotImported(question.notebook, check.planned.tests[0].cell, 0, what, why, remedy)


def hardened(
    questions: Sequence[Question], tried: Sequence[Tried]
) -> tuple[tuple[Question, ...], tuple[Tried, ...]]:
    """The questions without translations that trip over odd answers, and what the others pass on.

    Args:
        tried: what checks made of odd answers that they should have refused.
    """
    tripping = {each.check for each in tried if not each.passed}
    why = "as translated, it trips over odd answers"
    made = tuple(
        replace(
            question,
            checks=tuple(
                replace(check, shared=True, why_shared=why)
                if check.number in tripping and check.originals and not check.shared
                else check
                for check in question.checks
            ),
        )
        for question in questions
    )
    return made, tuple(each for each in tried if each.check not in tripping)


def round_trip(questions: Sequence[Question], trial: Trial) -> RoundTrip:
    """Compare the checks that stay with the tests that they were made of.

    Args:
        trial: the one with the originals beside the checks.
    """
    compared = shared = 0
    differing: list[NotImported] = []
    for question in questions:
        for check in question.checks:
            ours = trial.outcomes.get(check.number, Outcome()).on_mutants
            twin = trial.outcomes.get(check.number + _TWIN, Outcome())
            there = twin.on_mutants
            if twin.why and not check.shared:  # the solution fails it, too: it tells nothing
                continue
            if check.shared or not there:
                there = ours = there or ours
            for mutant, found, original in zip(trial.mutants, ours, there, strict=False):
                changes = [each for each in mutant.changes if each.names & set(check.asked)]
                if found and original and not changes:
                    continue
                compared += 1
                shared += check.shared
                if found != original:
                    differing.append(
                        _about_mutant(question, check, changes or mutant.changes, found)
                    )
    return RoundTrip(compared, shared, tuple(differing))


def _about_mutant(
    question: Question, check: Check, changes: Sequence[Change], found: bool
) -> NotImported:
    what = f"{check.number}: {check.title}, {check.planned.worth}"
    ours, there = ("passes", "fails") if found else ("fails", "passes")
    why = f"it {ours} and the original {there} where {' and '.join(map(str, changes[:2]))}"
    remedy = "see which of them is right; the check is stricter or weaker than the test there"
    return NotImported(question.notebook, check.planned.tests[0].cell, 0, what, why, remedy)


def about_odd(questions: Sequence[Question], passed: Sequence[Tried]) -> Iterator[NotImported]:
    """What is said of checks that pass on odd answers."""
    for question in questions:
        for check in question.checks:
            answers = [each.answer for each in passed if each.check == check.number]
            if answers:
                what = f"{check.number}: {check.title}, {check.planned.worth}"
                why = f"it passes on {listed(answers)}, as the test that it was made of"
                remedy = "compare type and shape, too; then take the entries from mistakes/"
                yield NotImported(
                    question.notebook, check.planned.tests[0].cell, 0, what, why, remedy
                )


def about_all(name: str, trial: Trial, kept: Sequence[Question]) -> Iterator[NotImported]:
    """What is said of the assignment as a whole, and of the answers that no check judges.

    Args:
        name: of the assignment.
        kept: the questions with the checks that hold.
    """
    if trial.fault:
        why = f"nothing could be graded: {trial.fault}"
        yield NotImported(name, 0, 0, "the checks were not tried", why, "mend it by hand")
    if not kept:
        why = "nothing is graded automatically; one check for no points says that it has arrived"
        remedy = "write checks, and their questions in the manifest, if it is to be graded"
        yield NotImported(name, 0, 0, "no test could be carried over", why, remedy)
    for blanked in trial.unnoticed if kept else ():
        what = f"the answer in cell '{blanked.cell}'"
        why = "no check misses it when it alone is blank"
        remedy = "write a check, and take the cell from `unchecked` in the manifest"
        yield NotImported(blanked.notebook, 0, 0, what, why, remedy)
