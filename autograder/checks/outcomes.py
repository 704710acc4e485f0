"""The runs of a check come in; its points, and what is read of it, go out."""

from __future__ import annotations

import traceback
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest

from autograder.checks.student import Student
from autograder.checks.verdicts import Verdicts
from autograder.model.findings import CheckFailed, clean
from autograder.model.manifest import Question
from autograder.model.pictures import Picture, compare
from autograder.model.report import HARNESS_FAULT, CheckResult, Leaderboard, Status


@dataclass
class Case:
    """One run of a check: the share of its points earned, and what a student reads if not all."""

    share: float
    message: str = ""
    staff: str = ""
    status: Status = "passed"
    pictures: tuple[Picture, ...] = ()

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Case:
        """The inverse of ``dataclasses.asdict``."""
        pictures = tuple(Picture(**picture) for picture in data["pictures"])
        return cls(**{**data, "pictures": pictures})


@dataclass(frozen=True)
class Taken:
    """What has come of one run of a check; ``share`` of its points, as a mean over its cases."""

    outcomes: tuple[Case, ...]
    flags: tuple[str, ...]
    leaderboard: dict[str, Leaderboard]
    student: Student | None
    seconds: float
    share: float


@dataclass
class Check:
    """One check: a function, with a case for each set of parameters."""

    id: str
    function: Any
    question: Question
    hidden: bool
    items: list[pytest.Item] = field(default_factory=list)
    outcomes: list[Case] = field(default_factory=list)
    student: Student | None = None
    seconds: float = 0.0
    flags: list[str] = field(default_factory=list)
    leaderboard: dict[str, Leaderboard] = field(default_factory=dict)
    #: What an outcome is remembered by: one of what its question needs, one of the whole notebook.
    keys: dict[bool, str] = field(default_factory=dict)
    #: Whether the outcome follows from the whole notebook.
    whole: bool = False
    #: Whether a run that does not count would have ended otherwise on a machine that is less busy.
    by_chance: bool = False
    #: What the sandbox held when a remembered outcome came about.
    remembered: frozenset[str] | None = None

    @property
    def name(self) -> str:
        """The function's name."""
        return self.id.split("::")[-1]

    @property
    def weight(self) -> float:
        """The points of the check."""
        return float(getattr(self.function, "__weight__", 0.0))

    @property
    def title(self) -> str:
        """What is asked: the first line of the docstring, else the name in words."""
        lines = (self.function.__doc__ or "").strip().splitlines()
        return lines[0] if lines else self.name.removeprefix("test_").replace("_", " ")

    @property
    def sandbox(self) -> frozenset[str] | None:
        """What the sandbox held when the outcome came about; None where no worker was needed."""
        return self.remembered if self.student is None else self.student.active

    @property
    def hurried(self) -> bool:
        """Whether the time ran out on something."""
        return self.student is not None and (self.student.late or bool(self.student.stopped))

    @property
    def done(self) -> bool:
        """Whether every case has run."""
        return len(self.outcomes) == len(self.items)

    @property
    def passed(self) -> bool:
        """Whether every case has run and earned all."""
        return self.done and all(case.share == 1 for case in self.outcomes)

    @property
    def depends_on(self) -> tuple[str, ...]:
        """The names of the checks that have to pass first."""
        marks = (mark for item in self.items for mark in item.iter_markers("depends"))
        return tuple(dict.fromkeys(str(name) for mark in marks for name in mark.args))

    def forget(self) -> None:
        """Be as before any submission."""
        self.begin_again()
        self.keys, self.whole, self.by_chance = {}, False, False

    def begin_again(self) -> None:
        """Have no outcome yet."""
        self.outcomes, self.flags, self.leaderboard = [], [], {}
        self.remembered = self.student = None
        self.seconds = 0.0

    def taken(self) -> Taken:
        """All that has come of a run."""
        share = sum(case.share for case in self.outcomes) / max(len(self.outcomes), 1)
        return Taken(
            tuple(self.outcomes),
            tuple(self.flags),
            dict(self.leaderboard),
            self.student,
            self.seconds,
            share,
        )

    def restore(self, run: Taken, *, seconds: float) -> None:
        """Have what has come of a run count."""
        self.outcomes, self.flags = list(run.outcomes), list(run.flags)
        self.leaderboard, self.student = dict(run.leaderboard), run.student
        self.seconds = seconds

    def recall(self, verdicts: Verdicts) -> bool:
        """Take over the outcome that is remembered for the same input, if there is one."""
        keys = (self._key(verdicts, whole=whole) for whole in (False, True))
        found = next((kept for key in keys if (kept := verdicts.recall(key)) is not None), None)
        if found is None or len(found["cases"]) != len(self.items):
            return False
        self.outcomes = [Case.from_dict(case) for case in found["cases"]]
        self.flags = list(found["flags"])
        self.leaderboard = {entry["name"]: Leaderboard(**entry) for entry in found["leaderboard"]}
        self.remembered = None if found["sandbox"] is None else frozenset(found["sandbox"])
        return True

    def keep(self, verdicts: Verdicts) -> None:
        """Remember the outcome, unless it may be another one the next time."""
        if any(case.status in ("fault", "skipped") for case in self.outcomes):
            return
        if self.by_chance or self.hurried:
            return
        outcome = {
            "cases": [asdict(case) for case in self.outcomes],
            "flags": self.flags,
            "leaderboard": [asdict(entry) for entry in self.leaderboard.values()],
            "sandbox": None if self.sandbox is None else sorted(self.sandbox),
        }
        verdicts.keep(self._key(verdicts, whole=self.whole), outcome)

    def note_stopped(self) -> None:
        """Tell of a statement that there was no time left for: staff always, students if it failed.

        It had been kept because it may matter, so that the outcome may follow from its end.
        """
        stopped = self.student.stopped if self.student is not None else ""
        if not stopped:
            return
        self.flags.append(f"{stopped}; what it had done by then counts")
        for case in self.outcomes:
            if case.share < 1 and case.message:
                case.message += (
                    f"\nNote: {stopped}, because it may matter for this; what it had done by then "
                    "counts. Make it shorter if your answer needs its end."
                )

    def _key(self, verdicts: Verdicts, *, whole: bool) -> str:
        """Made once, for recalling and for keeping: it may take reading all files.

        Args:
            whole: of an outcome that may follow from all of the notebook, not from the slice alone.
        """
        if whole not in self.keys:
            path, fixtures = Path(self.items[0].path), getattr(self.items[0], "fixturenames", ())
            looked = verdicts.key(path, self.name, self.question, fixtures, whole=whole)
            self.keys[whole] = looked
        return self.keys[whole]

    def result(self) -> CheckResult:
        """The outcome so far; cases that have not run count as faults."""
        missing = len(self.items) - len(self.outcomes)
        cases = [*self.outcomes, *[Case(0.0, HARNESS_FAULT, "did not run", "fault")] * missing]
        share = sum(case.share for case in cases) / len(cases)
        if share < 1 and self._marked("all_or_nothing"):
            share = 0.0
        return CheckResult(
            id=self.id,
            question=self.question.id,
            title=self.title,
            number=getattr(self.function, "__number__", ""),
            hidden=self.hidden,
            score=round(share * self.weight, 6),
            max_score=self.weight,
            status=self._status(cases, share),
            message=self._message(cases),
            staff="\n".join(dict.fromkeys(case.staff for case in cases if case.staff)),
            visibility=getattr(self.function, "__visibility__", "visible"),
            tags=tuple(str(tag) for tag in getattr(self.function, "__tags__", ())),
            seconds=round(self.seconds, 4),
            passed=sum(case.share == 1 for case in cases),
            cases=len(cases),
            leaderboard=tuple(self.leaderboard.values()),
            # Those of the first case that has any: more would bury the message.
            pictures=next((case.pictures for case in cases if case.pictures), ()),
        )

    def _marked(self, name: str) -> bool:
        return any(item.get_closest_marker(name) for item in self.items)

    @staticmethod
    def _status(cases: list[Case], share: float) -> Status:
        statuses = {case.status for case in cases}
        status: Status
        for status in ("fault", "skipped"):
            if status in statuses:
                return status
        if statuses == {"passed"}:
            return "passed"
        return "partial" if share > 0 else "failed"

    def _message(self, cases: list[Case]) -> str:
        texts = []
        for item, case in zip(self.items, cases, strict=True):
            if case.message:
                # A hidden check's parameters are part of its input, so they stay unnamed.
                label = "" if self.hidden or len(cases) == 1 else f"{_case_name(item)}: "
                texts.append(label + case.message)
        if not texts:
            return ""
        good = sum(case.share == 1 for case in cases)
        head = f"{good} of {len(cases)} cases passed.\n" if len(cases) > 1 else ""
        return clean(head + "\n".join(dict.fromkeys(texts)))

    def enter(self, name: str, value: float | str, order: str = "desc") -> None:
        """Enter a value into a column of the leaderboard; of several, the last one counts.

        Args:
            order: ``desc`` where more is better, else ``asc``.
        """
        if order not in ("asc", "desc"):
            raise ValueError(f"the leaderboard's order is {order!r}; it is 'asc' or 'desc'")
        value = value if isinstance(value, str | int) else float(value)
        self.leaderboard[name] = Leaderboard(name, value, order)

    def enter_decorated(self) -> None:
        """Enter what the check set by the means of gradescope-utils' ``leaderboard``."""
        wrapper = wrapper_with(self.function, "__leaderboard_value__")
        column = getattr(self.function, "__leaderboard_column__", None)
        if wrapper is not None and column is not None:
            order = getattr(self.function, "__leaderboard_sort_order__", "desc")
            self.enter(str(column), wrapper.__leaderboard_value__, str(order))


def _case_name(item: pytest.Item) -> str:
    callspec = getattr(item, "callspec", None)
    return str(callspec.id) if callspec is not None else item.name


def wrapper_with(function: Any, attribute: str) -> Any:
    """The layer of a decorated function that carries an attribute of its own."""
    while function is not None:
        if attribute in vars(function):
            return function
        function = getattr(function, "__wrapped__", None)
    return None


def failed_case(error: BaseException, check: Check) -> Case:
    """What an exception says of a case: a finding, a failed assertion, or the harness's fault."""
    hidden_by = getattr(check.function, "__hide_errors__", None)
    if isinstance(error, pytest.skip.Exception):
        return Case(0.0, clean(str(error.msg)), "", "skipped")
    if isinstance(error, CheckFailed):
        text = hidden_by or error.finding.text(hidden=check.hidden)
        drawn = error.finding.compared if not (check.hidden or hidden_by) else None
        pictures = compare(*drawn) if drawn is not None else ()
        return Case(0.0, text, clean(error.finding.public), "failed", pictures)
    if isinstance(error, AssertionError):
        text = hidden_by or _assertion_text(error, check)
        return Case(0.0, text, clean(str(error)), "failed")
    trace = "".join(traceback.format_exception(error))
    return Case(0.0, HARNESS_FAULT, trace, "fault")


def _assertion_text(error: AssertionError, check: Check) -> str:
    """The message that the check's author wrote; not one that a library made out of values."""
    frames = traceback.extract_tb(error.__traceback__)
    own = bool(frames) and Path(frames[-1].filename) == Path(check.items[0].path)
    if own and error.args and isinstance(error.args[0], str):
        return clean(error.args[0])
    words = "This does not hold for your answer."
    return words if check.hidden else clean(str(error)) or words
