"""An assignment and what staff know of it come in, the proof that it grades right goes out.

Known are the solution, the starter notebook, the mistakes, and the solution with one answer left
blank or an odd one. All of them are the staff's own files, so that this runs as any user: what the
sandbox lacks here matters where submissions are graded, and is refused there.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from autograder.grading.policies import IsolationPolicy
from autograder.grading.session import Session
from autograder.grading.staff import SEED, StaffPool
from autograder.home.folder import load
from autograder.model.errors import UserError
from autograder.model.findings import clean
from autograder.model.manifest import Assignment, Question
from autograder.model.report import CheckResult, Report, name_of, staff_words
from release.markup.templates import AblatedSolution
from release.mutants.command import Measured
from release.mutants.stage import mutants_proven, score_problems
from release.proof.mistakes import Mistake
from release.proof.odd import Accepted, OddAnswers, OddSubmission, Tried, submissions
from release.steps import SILENT, Steps

#: Characters of what staff read of one failure.
MAX_STAFF = 1000


class ProofFailed(UserError):
    """The bundle grades wrong; the text names each check and what happened."""


@dataclass(frozen=True)
class KnownSubmissions:
    """The submissions whose outcome is known.

    Attributes:
        solution: the files of the solved submission, by path.
        blank: those of a submission in which nothing was done.
        blanked: the solution with one answer left blank, for each answer.
        accepted: odd answers that checks may pass on.
    """

    solution: Mapping[str, bytes]
    blank: Mapping[str, bytes]
    mistakes: Sequence[Mistake] = ()
    blanked: Sequence[AblatedSolution] = ()
    accepted: Sequence[Accepted] = ()


@dataclass(frozen=True)
class Ablation:
    """An answer, and the numbers of the checks that fail where it alone is blank."""

    blanked: AblatedSolution
    checks: tuple[str, ...]


@dataclass(frozen=True)
class Proof:
    """The reports of the solution and the starter notebook, and what the other submissions lost.

    Attributes:
        mistakes: each with its report.
        ablations: for each answer, who misses it.
        odd: what each check made of each odd answer.
        public: what the public checks, run from the student bundle, give the solution; None where
            there are none.
        mutants: what became of mutants of the solution; None where the manifest asks for none.
    """

    solution: Report
    blank: Report
    mistakes: tuple[tuple[Mistake, Report], ...] = ()
    ablations: tuple[Ablation, ...] = ()
    odd: tuple[Tried, ...] = ()
    public: Report | None = None
    mutants: Measured | None = None

    @property
    def for_nothing(self) -> tuple[CheckResult, ...]:
        """The checks that give points to the starter notebook; public ones may."""
        return tuple(check for check in self.blank.checks if check.score > 0)

    def caught_by(self, check: CheckResult) -> int:
        """How many of the known-wrong submissions lose points on a check."""
        name = name_of(check)
        return sum(name in lost_by(report) for _mistake, report in self.mistakes)

    def caught_alone(self, check: CheckResult) -> list[str]:
        """The known-wrong submissions that lose points on no other check."""
        only = frozenset({name_of(check)})
        return [mistake.name for mistake, report in self.mistakes if lost_by(report) == only]


def lost_by(report: Report) -> frozenset[str]:
    """The checks that gave less than all their points."""
    return frozenset(name_of(c) for c in report.checks if c.score < c.max_score)


def prove(
    assignment: Assignment,
    templates: Mapping[str, bytes],
    known: KnownSubmissions,
    *,
    sources: Assignment | None = None,
    student_zip: Path | None = None,
    cache: Path | None = None,
    steps: Steps = SILENT,
) -> Proof:
    """Grade what is known, and compare.

    Args:
        templates: the stripped notebooks.
        sources: the staff's folder, whose answers are made wrong if the manifest asks for it.
        student_zip: what students get; its public checks are run from there.
        cache: where verdicts and costly results are cached by content.

    Raises:
        ProofFailed: a check does not give what it must.
    """
    with tempfile.TemporaryDirectory(prefix="proof-") as name:
        cache_dir = cache or Path(name) / "memory"
        with (
            ThreadPoolExecutor(1) as beside,
            StaffPool(assignment, templates, known.solution, cache_dir, SEED) as pool,
        ):
            public = beside.submit(_public_report, assignment, templates, known, student_zip, name)
            steps.start("grading the solution and the starter notebook")
            solution, blank = pool.grade(known.solution), pool.grade(known.blank)
            # Where these are wrong already, the others would only repeat it, at length.
            wrong = _lost_by_solution(solution)
            _stop_at(wrong or _won_by_blank(blank, assignment.questions), assignment)
            mistakes = _grade_mistakes(pool, known, steps)
            ablations = _grade_blanked(pool, known, solution, steps)
            answers = OddAnswers(solution, blank, known.accepted)
            odd = _grade_odd(pool, assignment, known, answers, steps)
            mutants = mutants_proven(sources, known.solution, pool, solution, cache_dir, steps)
            proof = Proof(solution, blank, mistakes, ablations, odd, public.result(), mutants)
    _stop_at(
        [
            *_wrong_losses(mistakes),
            *_unnoticed(ablations, assignment),
            *answers.problems(odd),
            *_lost_in_public(proof.public),
            *score_problems(proof.mutants),
        ],
        assignment,
    )
    return proof


def _stop_at(problems: Sequence[str], assignment: Assignment) -> None:
    if problems:
        raise ProofFailed(
            f"{assignment.name} was not released, because its checks grade wrong:\n"
            + "\n".join(f"  - {problem}" for problem in problems)
        )


# --- grading -------------------------------------------------------------------------------------


def _grade_mistakes(
    pool: StaffPool, known: KnownSubmissions, steps: Steps
) -> tuple[tuple[Mistake, Report], ...]:
    if not known.mistakes:
        return ()
    steps.start("grading known mistakes and right answers", len(known.mistakes))
    submissions = [
        (mistake.submission(known.solution), partial(_as_it_should, mistake))
        for mistake in known.mistakes
    ]
    reports = pool.grade_all(submissions, steps.advance)
    return tuple(zip(known.mistakes, reports, strict=True))


def _grade_blanked(
    pool: StaffPool, known: KnownSubmissions, solution: Report, steps: Steps
) -> tuple[Ablation, ...]:
    if not known.blanked:
        return ()
    steps.start("leaving one answer blank at a time", len(known.blanked))
    submissions = [
        ({**known.solution, **blanked.files}, lambda report: bool(_failed(report, solution)))
        for blanked in known.blanked
    ]
    reports = pool.grade_all(submissions, steps.advance)
    return tuple(
        Ablation(blanked, _failed(report, solution))
        for blanked, report in zip(known.blanked, reports, strict=True)
    )


def _grade_odd(
    pool: StaffPool,
    assignment: Assignment,
    known: KnownSubmissions,
    answers: OddAnswers,
    steps: Steps,
) -> tuple[Tried, ...]:
    odd = list(submissions(assignment, known.solution, answers.solution))
    if not odd:
        return ()
    steps.start("grading odd answers", len(odd))
    reports = pool.grade_all(
        [(each.files, partial(_is_refused, answers, each)) for each in odd], steps.advance
    )
    return tuple(
        tried
        for each, report in zip(odd, reports, strict=True)
        for tried in answers.judge(each, report)
    )


def _is_refused(answers: OddAnswers, submission: OddSubmission, report: Report) -> bool:
    return not any(tried.problem for tried in answers.judge(submission, report))


def _as_it_should(mistake: Mistake, report: Report) -> bool:
    return lost_by(report) == mistake.loses


def _failed(report: Report, solution: Report) -> tuple[str, ...]:
    """The checks that fail; of those without points only where the question has none."""
    worth = {c.question for c in solution.checks if c.max_score > 0}
    return tuple(
        name_of(check)
        for check in report.checks
        if check.status not in ("passed", "fault")
        and (check.max_score > 0 or check.question not in worth)
    )


def _public_report(
    assignment: Assignment,
    templates: Mapping[str, bytes],
    known: KnownSubmissions,
    student_zip: Path | None,
    scratch: str,
) -> Report | None:
    """What the public checks give the solution at home: nothing hidden is near."""
    if student_zip is None or not any(assignment.public_checks.rglob("test_*.py")):
        return None
    with zipfile.ZipFile(student_zip) as archive:
        archive.extractall(scratch)
    there = load(Path(scratch) / assignment.name)
    weaker = IsolationPolicy(accept_weaker=True)
    with Session(there, templates, isolation=weaker, public_only=True) as session:
        return session.grade_files(known.solution, seed=SEED, no_cache=True)


# --- judging -------------------------------------------------------------------------------------


def _lost_by_solution(report: Report) -> list[str]:
    if report.faults:  # each check would only repeat those
        return [f"grading the solution: {fault}" for fault in report.faults]
    lost = [c for c in report.checks if c.status != "passed" or c.score != c.max_score]
    # A check that was not run waits for another one, which is the cause.
    causes = [check for check in lost if check.status != "skipped"] or lost
    alike: dict[tuple[str, str], list[CheckResult]] = {}
    for check in causes:
        why = _sentence(check) if check.tripped or check.status == "fault" else _both(check)
        # What breaks several checks of a file in one way is one cause.
        own = "" if check.status == "fault" else check.id
        alike.setdefault((why, own), []).append(check)
    return [_lost_in_one_way(why, checks) for (why, _own), checks in alike.items()]


def _both(check: CheckResult) -> str:
    """A check's message, and what only staff read: of their own solution they may know it."""
    told = clean(staff_words(check), MAX_STAFF)
    return f"{check.message}\nFor staff: {told}" if told else check.message


def _lost_in_one_way(why: str, checks: Sequence[CheckResult]) -> str:
    first, more = checks[0], len(checks) - 1
    likewise = f" (and {more} more {'checks' if more > 1 else 'check'} likewise)" if more else ""
    return (
        f"{_named(first)}{likewise}: the solution gets {first.score:g} of {first.max_score:g} "
        f"points ({first.status}): {why}"
    )


def _won_by_blank(report: Report, questions: Iterable[Question]) -> list[str]:
    problems = [f"grading the template: {fault}" for fault in report.faults]
    allowed = {number for question in questions for number in question.blank_passes}
    passing = {
        c.number for c in report.checks if c.hidden and (c.score > 0 or c.status == "passed")
    }
    for question in questions:
        problems += [
            f"question {question.id}: `blank_passes` lists '{number}', but no hidden check of that "
            "number is passed by the starter notebook; take it out"
            for number in question.blank_passes
            if number not in passing
        ]
    for check in report.checks:
        if check.status == "fault":
            problems.append(f"{_named(check)}: fails on the template by itself: {_sentence(check)}")
        elif (
            check.hidden
            and check.number not in allowed
            and (check.score > 0 or check.status == "passed")
        ):
            problems.append(
                f"{_named(check)}: the starter notebook gets {check.score:g} of "
                f"{check.max_score:g} points; a hidden check must ask for an answer"
            )
    return problems


def _wrong_losses(mistakes: Iterable[tuple[Mistake, Report]]) -> list[str]:
    problems = []
    for mistake, report in mistakes:
        where = f"{mistake.origin}, '{mistake.name}'"
        if report.faulty:
            problems.append(f"{where}: the harness failed: {_first_fault(report)}")
            continue
        lost = lost_by(report)
        if lost != mistake.loses:
            messages = "; ".join(
                f"{_named(c)}: {c.message}" for c in report.checks if name_of(c) in lost
            )
            problems.append(
                f"{where}: it loses points on {_listed(lost)}, but should on "
                f"{_listed(mistake.loses)}; mend the check or the entry. {messages}".rstrip()
            )
        mute = [_named(c) for c in report.checks if c.score < c.max_score and not c.message]
        problems += [f"{where}: {check} takes points without a word" for check in mute]
    return problems


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _unnoticed(ablations: Iterable[Ablation], assignment: Assignment) -> list[str]:
    problems = []
    unchecked = {e.file: set(e.unchecked) for e in assignment.notebooks}
    missed = {name: set[str]() for name in unchecked}
    for each in ablations:
        blanked, answer = each.blanked, each.blanked.answer
        cell = f", cell {answer.cell}" if answer.cell else ""
        where = f"{answer.file}{cell}, line {answer.line}"
        if each.checks:
            continue
        missed[blanked.notebook].add(blanked.cell)
        if blanked.cell not in unchecked[blanked.notebook]:
            problems.append(
                f"{where}: no check misses the answer there when it alone is blank; add a check, "
                f"or list the cell's id ('{blanked.cell}') under `unchecked` of the notebook"
            )
    for name, cells in unchecked.items():
        problems += [
            f"{name}: `unchecked` lists '{cell}', but no answer there goes unnoticed; take it out"
            for cell in sorted(cells - missed[name])
        ]
    return problems


def _lost_in_public(report: Report | None) -> list[str]:
    if report is None:
        return []
    problems = [f"public checks, run from student.zip: {fault}" for fault in report.faults]
    problems += [
        f"{_named(check)}: run from student.zip, the solution does not pass it ({check.status}): "
        f"{_sentence(check) if check.status == 'fault' else check.message}"
        for check in report.checks
        if check.status != "passed"
    ]
    return problems


def _sentence(check: CheckResult) -> str:
    """Where a check broke and on what; the traceback stands behind that line."""
    return check.staff.partition("\n")[0]


def _first_fault(report: Report) -> str:
    broken = (f"{c.id}: {_sentence(c)}" for c in report.checks if c.status == "fault")
    return next(iter((*report.faults, *broken)))


def _named(check: CheckResult) -> str:
    return f"{check.number or check.question} {check.id}"
