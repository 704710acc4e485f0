"""What a check is, and what has come of it so far; nothing here knows pytest.

A ``CheckSpec`` is read off a function once, when checks are collected. A ``Check`` is run on one
submission: it takes the outcomes of its cases, and makes the result of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.checks.files import Files
from autograder.checks.student import Student
from autograder.model.errors import HarnessFault
from autograder.model.findings import clean
from autograder.model.manifest import Question
from autograder.model.pictures import Picture
from autograder.model.report import HARNESS_FAULT, Asked, CheckResult, Leaderboard, Median, Status

#: Characters of a flag and of a text on the leaderboard, and bits of a whole number there.
MAX_FLAG, MAX_BOARD_TEXT, MAX_BOARD_BITS = 2000, 200, 53


@dataclass(frozen=True)
class CheckSpec:
    """One check as it was written: a function, with a case for each set of parameters.

    Attributes:
        id: file and function, as students and staff read it.
        name: the function's own name.
        file: where it stands, with ``line``.
        cases: what the cases are called, of a check without parameters its one.
        fixtures: what the function asks for.
        depends_on: the functions' names of the checks that have to pass first.
        seconds: its own time limit; None for the manifest's.
        shared: the student's process judges itself in it.
        hide_errors: what students read of any failure, if the check says so.
    """

    id: str
    name: str
    function: Callable[..., object]
    file: Path
    line: int
    question: Question
    hidden: bool
    title: str
    number: str = ""
    weight: float = 0.0
    visibility: str = "visible"
    tags: tuple[str, ...] = ()
    cases: tuple[str, ...] = ("",)
    fixtures: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    seconds: float | None = None
    all_or_nothing: bool = False
    shared: bool = False
    hide_errors: str | None = None

    @property
    def key(self) -> tuple[Path, str]:
        """File and function, behind its class: what makes it another one than any other."""
        return self.file, self.id.partition("::")[2]


@dataclass
class Case:
    """One run of a check: the share of its points earned, and what a student reads if not all.

    ``tripped``: the check could not go on with what came back.
    """

    share: float
    message: str = ""
    staff: str = ""
    status: Status = "passed"
    pictures: tuple[Picture, ...] = ()
    tripped: bool = False

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Case:
        """The inverse of ``dataclasses.asdict``."""
        pictures = tuple(Picture(**picture) for picture in data["pictures"])
        return cls(**{**data, "pictures": pictures})


@dataclass(frozen=True)
class Run:
    """What has come of one run of a check; ``share`` of its points, as a mean over its cases."""

    outcomes: tuple[Case, ...]
    flags: tuple[str, ...]
    leaderboard: dict[str, Leaderboard]
    medians: tuple[Median, ...]
    student: Student | None
    seconds: float
    share: float


@dataclass(eq=False)
class Check:
    """One check on its way through one submission."""

    spec: CheckSpec
    outcomes: list[Case] = field(default_factory=list)
    student: Student | None = None
    files: Files | None = None
    seconds: float = 0.0
    flags: list[str] = field(default_factory=list)
    leaderboard: dict[str, Leaderboard] = field(default_factory=dict)
    #: What trainings have come to.
    medians: list[Median] = field(default_factory=list)
    #: What an outcome is cached by: one of what its question needs, one of the whole notebook.
    keys: dict[bool, str] = field(default_factory=dict)
    #: Whether the outcome follows from the whole notebook.
    whole: bool = False
    #: Whether a run that does not count would have ended otherwise on a machine that is less busy.
    by_chance: bool = False
    #: What the sandbox held when a cached outcome came about.
    cached_layers: frozenset[str] | None = None
    #: What it had asked for then.
    cached_asked: tuple[Asked, ...] = ()

    @property
    def id(self) -> str:
        """File and function."""
        return self.spec.id

    @property
    def question(self) -> Question:
        """The question that it belongs to."""
        return self.spec.question

    @property
    def sandbox(self) -> frozenset[str] | None:
        """What the sandbox held when the outcome came about; None where no worker was needed."""
        return self.cached_layers if self.student is None else self.student.active

    @property
    def asked(self) -> tuple[Asked, ...]:
        """What the check asked of the student's code, and what came back."""
        return self.cached_asked if self.student is None else self.student.received.asked

    @property
    def read(self) -> str:
        """A digest of all that the check read, in a trial that asks for it; else empty."""
        sources = (self.student, self.files)
        reads = [source.received.reads for source in sources if source is not None]
        return "+".join(each.digest for each in reads if each is not None)

    @property
    def hurried(self) -> bool:
        """Whether the time ran out on something."""
        return self.student is not None and (self.student.late or bool(self.student.stopped))

    @property
    def done(self) -> bool:
        """Whether every case has run."""
        return len(self.outcomes) == len(self.spec.cases)

    @property
    def passed(self) -> bool:
        """Whether every case has run and earned all."""
        return self.done and all(case.share == 1 for case in self.outcomes)

    def forget(self) -> None:
        """Be as before any submission."""
        self.begin_again()
        self.keys, self.whole, self.by_chance = {}, False, False

    def begin_again(self) -> None:
        """Have no outcome yet."""
        self.outcomes, self.flags, self.leaderboard, self.medians = [], [], {}, []
        self.cached_layers = self.student = self.files = None
        self.cached_asked = ()
        self.seconds = 0.0

    def taken(self) -> Run:
        """All that has come of a run."""
        share = sum(case.share for case in self.outcomes) / max(len(self.outcomes), 1)
        return Run(
            tuple(self.outcomes),
            tuple(self.flags),
            dict(self.leaderboard),
            tuple(self.medians),
            self.student,
            self.seconds,
            share,
        )

    def restore(self, run: Run, *, seconds: float) -> None:
        """Have what has come of a run count."""
        self.outcomes, self.flags = list(run.outcomes), list(run.flags)
        self.leaderboard, self.medians = dict(run.leaderboard), list(run.medians)
        self.student = run.student
        self.seconds = seconds

    def enter(self, name: str, value: float | str, order: str = "desc") -> None:
        """Enter a value into a column of the leaderboard; of several, the last one counts.

        Args:
            order: ``desc`` where more is better, else ``asc``.

        Raises:
            HarnessFault: the order is none.
            TypeError, ValueError, OverflowError: it is no number that a column can show.
        """
        if order not in ("asc", "desc"):
            raise HarnessFault(f"the leaderboard's order is {order!r}; it is 'asc' or 'desc'")
        if isinstance(value, str):
            value = clean(value, MAX_BOARD_TEXT)
        elif not isinstance(value, int) or value.bit_length() > MAX_BOARD_BITS:
            value = float(value)
        self.leaderboard[name] = Leaderboard(name, value, order)

    def hurry(self) -> None:
        """Note that the time ran out, so that the outcome may be another one the next time."""
        self.by_chance = True

    def flag(self, text: object) -> None:
        """Tell staff of something; of a text of the student's no more than can be read."""
        self.flags.append(clean(str(text), MAX_FLAG))

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

    def result(self) -> CheckResult:
        """The outcome so far; cases that have not run count as faults."""
        spec = self.spec
        missing = len(spec.cases) - len(self.outcomes)
        cases = [*self.outcomes, *[Case(0.0, HARNESS_FAULT, "did not run", "fault")] * missing]
        share = sum(case.share for case in cases) / len(cases)
        if share < 1 and spec.all_or_nothing:
            share = 0.0
        return CheckResult(
            id=spec.id,
            question=spec.question.id,
            title=spec.title,
            number=spec.number,
            hidden=spec.hidden,
            score=round(share * spec.weight, 6),
            max_score=spec.weight,
            status=_status(cases, share),
            message=self._message(cases),
            staff="\n".join(dict.fromkeys(case.staff for case in cases if case.staff)),
            visibility=spec.visibility,
            tags=spec.tags,
            seconds=round(self.seconds, 4),
            passed=sum(case.share == 1 for case in cases),
            cases=len(cases),
            leaderboard=tuple(self.leaderboard.values()),
            # Those of the first case that has any: more would bury the message.
            pictures=next((case.pictures for case in cases if case.pictures), ()),
            tripped=any(case.tripped for case in cases),
            asked=self.asked,
            shared=spec.shared,
            medians=tuple(self.medians),
            late=self.student is not None and self.student.late,
            read=self.read,
            depends_on=spec.depends_on,
        )

    def _message(self, cases: list[Case]) -> str:
        texts = []
        for name, case in zip(self.spec.cases, cases, strict=True):
            if case.message:
                # A hidden check's parameters are part of its input, so they stay unnamed.
                label = "" if self.spec.hidden or len(cases) == 1 else f"{name}: "
                texts.append(label + case.message)
        if not texts:
            return ""
        good = sum(case.share == 1 for case in cases)
        head = f"{good} of {len(cases)} cases passed.\n" if len(cases) > 1 else ""
        return clean(head + "\n".join(dict.fromkeys(texts)))


def _status(cases: list[Case], share: float) -> Status:
    statuses = {case.status for case in cases}
    status: Status
    for status in ("fault", "skipped"):
        if status in statuses:
            return status
    if statuses == {"passed"}:
        return "passed"
    return "partial" if share > 0 else "failed"
