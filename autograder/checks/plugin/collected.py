"""The checks, collected once, and the submission that a fork of the process runs them on.

What the hooks share stands here: which checks there are, what is wrong with them, and the
submission that they are run on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from autograder.checks.cache import Cache
from autograder.checks.own_time import OwnTime
from autograder.checks.plugin import cached
from autograder.checks.plugin.locations import Locations
from autograder.checks.plugin.model import Case, Check
from autograder.checks.plugin.ordering import costly_names, of_trial
from autograder.checks.process import StartWorker
from autograder.checks.reads import Reads
from autograder.checks.second_look import SecondLooks
from autograder.checks.student import Student
from autograder.checks.verdicts import Verdicts
from autograder.model.manifest import Assignment, Question
from autograder.model.report import CheckResult
from autograder.model.submission import Submission
from autograder.model.trial import Trial

#: The check that an item is a case of.
CHECK = pytest.StashKey[Check]()

StudentMaker = Callable[[Question, float, bool], Student]
Emit = Callable[[CheckResult], None]
Begin = Callable[[str, bool], None]


@dataclass(frozen=True)
class SubmissionContext:
    """One submission, as the checks get at it.

    Attributes:
        seed: what random inputs are drawn from.
        emit: takes each check's result, once before it has run and once when it has.
        make_student: of a question, the seconds of a check, and whether the whole notebook is run.
        start_worker: for a file that is read where student code would run.
        verdicts: outcomes that are cached; None to run everything.
        second_looks: at checks that do not pass; None for none.
        own_time: of each check, in this process; None for no limit.
        begin: takes the id of each check before it is run, and whether another comes behind it.
        ended: by id, whether they passed: checks that another process has run.
        trial: what is to be run of the checks, of a trial submission of the staff's.
    """

    seed: int
    make_student: StudentMaker
    start_worker: StartWorker
    submission: Submission
    cache: Cache
    emit: Emit
    verdicts: Verdicts | None = None
    second_looks: SecondLooks | None = None
    own_time: OwnTime | None = None
    begin: Begin = lambda _check, _more: None
    ended: Mapping[str, bool] = field(default_factory=dict)
    trial: Trial | None = None


class CollectedChecks:
    """The checks of an assignment.

    Attributes:
        errors: what keeps all of them from being run, a sentence each.
    """

    def __init__(self, assignment: Assignment) -> None:
        self.assignment = assignment
        self.where = Locations.of(assignment)
        self.errors: list[str] = []
        self._items: dict[str, Sequence[pytest.Item]] = {}
        self._checks: dict[str, Check] = {}
        self._context: SubmissionContext | None = None

    def __iter__(self) -> Iterator[Check]:
        return iter(self._checks.values())

    def __len__(self) -> int:
        return len(self._checks)

    def add(self, check: Check, items: Sequence[pytest.Item]) -> None:
        """Have another check; they are run in this order."""
        self._checks[check.id] = check
        self._items[check.id] = items

    def items(self, check: Check) -> Sequence[pytest.Item]:
        """The cases of a check."""
        return self._items[check.id]

    @property
    def context(self) -> SubmissionContext:
        """The submission that this process grades."""
        assert self._context is not None
        return self._context

    @property
    def faults(self) -> list[str]:
        """Why nothing can be graded by these checks; empty if it can."""
        return list(self.errors) if self.errors or self._checks else [NO_CHECKS]

    @property
    def flags(self) -> list[str]:
        """What the checks told staff."""
        return [flag for check in self for flag in self.flags_of(check.id)]

    def flags_of(self, check: str) -> list[str]:
        """What one check told staff."""
        return [f"{check}: {text}" for text in self._checks[check].flags]

    def sandbox_of(self, check: str) -> list[str] | None:
        """What the sandbox held while a check ran; None where no worker was needed."""
        held = self._checks[check].sandbox
        return None if held is None else sorted(held)

    def student(self, check: Check, *, whole: bool) -> Student:
        """The student's answer to a check's question, with the whole notebook run or a slice."""
        seconds = check.spec.seconds
        if seconds is None:
            seconds = self.assignment.limits.check_seconds
        trial = self.context.trial
        made = self.context.make_student(check.question, seconds, whole)
        if trial is not None and trial.reads:
            made.received.reads = Reads()
        return made

    @property
    def use_cache(self) -> bool:
        """Whether any check caches what it computes."""
        return any({"cache", "training"}.intersection(check.spec.fixtures) for check in self)

    def all_cached(self, context: SubmissionContext) -> bool:
        """Whether every check's outcome is cached for a submission; then they all have it."""
        self._context = context
        for check in self:
            check.forget()
        found = cached.with_cached_outcome(self, context.verdicts, all_or_none=True)
        return bool(self) and len(found) == len(self)

    def run(self, context: SubmissionContext) -> None:
        """Run the checks on a submission, those whose outcome is not cached.

        A process can do it once: what checks and libraries leave behind stays in it.
        """
        self._context = context
        if self.errors:
            return
        # All of them are in the order of `in_order`, but for a trial's.
        chosen = list(self) if context.trial is None else of_trial(self, context.trial)
        for check in chosen:
            if check.id in context.ended:
                share = float(context.ended[check.id])
                check.outcomes = [Case(share)] * len(check.spec.cases)
            else:  # should this process be stopped, every check has an entry
                context.emit(check.result())
        left = [check for check in chosen if check.id not in context.ended]
        known = cached.with_cached_outcome(left, context.verdicts)
        for check in known:
            context.emit(check.result())
        sparing = context.trial is not None and context.trial.costly == "if passed"
        spared = costly_names(chosen) if sparing else set()
        items = [item for check in left if check not in known for item in self.items(check)]
        for item, following in zip(items, [*items[1:], None], strict=False):
            check = item.stash[CHECK]
            if check.spec.name in spared and _has_failed(chosen):
                return  # these are the last
            if not check.outcomes:
                context.begin(check.id, following is not None)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)


def _has_failed(checks: Iterable[Check]) -> bool:
    return any(check.done and not check.passed for check in checks)


NO_CHECKS = "there is no check; write one, as a function test_... in a file checks/test_....py"
