"""Outcomes of checks come in; a report, the one form that all outer edges read, goes out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from autograder.model.manual import ManualResult, Override
from autograder.model.pictures import Picture

Status = Literal["passed", "partial", "failed", "skipped", "fault"]

#: As Gradescope has them, from what students see least to what they see most.
VISIBILITIES = ("hidden", "after_published", "after_due_date", "visible")

HARNESS_FAULT = (
    "The grader itself failed here; this is not your fault. "
    "Staff have been told and will grade this part again."
)
#: How a submission is called in which a notebook is not there, or cannot be read.
UNREADABLE = "No readable notebook"
BY_STAFF = "The staff gave these points, in place of the check."
UNSAFE = "Graded without the full sandbox; staff should not publish this score."
#: Of the files that were left out, so many are named.
MAX_SHOWN = 10
#: And so many in staff's lists, where a row is for a submission.
MAX_NAMED = 3


@dataclass(frozen=True)
class Leaderboard:
    """One entry of the leaderboard: a column and the submission's value in it."""

    name: str
    value: float | str
    order: str


@dataclass(frozen=True)
class Asked:
    """A name of the student's that a check asked for, and what came back.

    Attributes:
        kind: of what came back, as ``array``, or ``object``; empty if nothing did.
        called: it came of a call, and is not the name's own value.
    """

    name: str
    kind: str = ""
    called: bool = False


@dataclass(frozen=True)
class Median:
    """What the trainings of one model have come to, over as many seeds as were needed.

    Attributes:
        reached: whether the median over all seeds reaches the threshold; True where there is none.
        value: the median over the seeds that were used.
        low: with ``high`` an interval of the median, by order statistics.
        confidence: how sure that interval is, at the least; 0.95 needs six seeds.
        seeds: those used, with their ``values``.
        most: so many seeds might have been used.
        name: what the check calls it.
    """

    reached: bool
    value: float
    low: float
    high: float
    confidence: float
    seeds: tuple[int, ...]
    values: tuple[float, ...]
    most: int
    threshold: float | None = None
    name: str = ""

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Median:
        """The inverse of ``dataclasses.asdict``."""
        return cls(**{**data, "seeds": tuple(data["seeds"]), "values": tuple(data["values"])})


@dataclass(frozen=True)
class CheckResult:
    """One check's outcome.

    Attributes:
        id: file and function, as pytest names them.
        message: what the student reads.
        staff: what only staff read, a traceback where the harness failed.
        cases: how many there are, of which so many ``passed``.
        pictures: what came back beside what was expected, of a public check that failed.
        tripped: the check could not go on with what came back, and ``staff`` says where.
        asked: what the check asked of the student's code, for the proof of a release.
        shared: the student's process judged itself, as in the test that it was imported from.
        medians: what trainings have come to.
        late: the time was over while it ran.
        read: of a trial that asks for it, a digest of all that the check read.
        depends_on: the functions' names of the checks that have to pass first.
        override: a person gave the points, in place of the check.
    """

    id: str
    question: str
    title: str
    number: str
    hidden: bool
    score: float
    max_score: float
    status: Status
    message: str = ""
    staff: str = ""
    visibility: str = "visible"
    tags: tuple[str, ...] = ()
    seconds: float = 0.0
    passed: int = 0
    cases: int = 1
    leaderboard: tuple[Leaderboard, ...] = ()
    pictures: tuple[Picture, ...] = ()
    tripped: bool = False
    asked: tuple[Asked, ...] = ()
    shared: bool = False
    medians: tuple[Median, ...] = ()
    late: bool = False
    read: str = ""
    depends_on: tuple[str, ...] = ()
    override: Override | None = None

    @property
    def passed_by_staff(self) -> bool:
        """Whether a person gave all of the points: what the check had said is of no use then."""
        return self.override is not None and self.status == "passed"

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> CheckResult:
        """The inverse of ``dataclasses.asdict``."""
        return cls(
            **{
                **data,
                "tags": tuple(data["tags"]),
                "depends_on": tuple(data.get("depends_on", ())),
                "leaderboard": tuple(Leaderboard(**entry) for entry in data["leaderboard"]),
                "pictures": tuple(Picture(**picture) for picture in data["pictures"]),
                "asked": tuple(Asked(**asked) for asked in data.get("asked", ())),
                "medians": tuple(Median.from_dict(found) for found in data.get("medians", ())),
                "override": Override(**data["override"]) if data.get("override") else None,
            }
        )


@dataclass(frozen=True)
class Report:
    """The outcome of one submission.

    Attributes:
        notes: sentences for the student about the submission as a whole.
        faults: what failed in the harness, with tracebacks, for staff.
        flags: what checks found suspicious; staff look at it, no points are taken.
        seed: what the checks' random inputs were drawn from.
        layers: the isolation layers that were active, found by probing.
        seconds: wall clock.
        manual: what people grade, and what they gave so far.
        missing: the notebooks that were asked for and of which no file could be read, with the
            reason.
    """

    submission: str
    assignment: str
    max_score: float
    checks: tuple[CheckResult, ...] = ()
    notes: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    seed: int = 0
    layers: tuple[str, ...] = ()
    unsafe: bool = False
    seconds: float = 0.0
    version: str = ""
    skipped: tuple[tuple[str, str], ...] = field(default=())
    manual: tuple[ManualResult, ...] = ()
    missing: tuple[tuple[str, str], ...] = ()

    @property
    def score(self) -> float:
        """The points earned, of checks and of people so far."""
        by_people = sum(part.score or 0.0 for part in self.manual)
        return round(sum(check.score for check in self.checks) + by_people, 6)

    @property
    def points_out(self) -> float:
        """The points that people have still to give."""
        return round(sum(part.max_score for part in self.ungraded), 6)

    @property
    def ungraded(self) -> tuple[ManualResult, ...]:
        """What nobody has graded yet; also what gives a bonus alone."""
        return tuple(part for part in self.manual if part.score is None)

    @property
    def shared_points(self) -> float:
        """The points that are given where the student's process judges itself."""
        return round(sum(check.max_score for check in self.checks if check.shared), 6)

    @property
    def faulty(self) -> bool:
        """Whether anything failed that is not the student's mistake."""
        return bool(self.all_faults)

    @property
    def all_faults(self) -> tuple[str, ...]:
        """Every fault with its traceback, those of single checks included."""
        of_checks = (f"{c.id}\n{c.staff}" for c in self.checks if c.status == "fault")
        return (*self.faults, *of_checks)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for the wire."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Report:
        """The inverse of ``to_dict``."""
        checks = tuple(CheckResult.from_dict(check) for check in data["checks"])
        plain = {name: tuple(data[name]) for name in ("notes", "faults", "flags", "layers")}
        skipped = tuple((name, reason) for name, reason in data["skipped"])
        missing = tuple((name, reason) for name, reason in data.get("missing", ()))
        by_people = tuple(ManualResult.from_dict(part) for part in data.get("manual", ()))
        lists = {"checks": checks, "skipped": skipped, "missing": missing, "manual": by_people}
        return cls(**{**data, **plain, **lists})


def student_notes(report: Report, lines: Iterable[str] = ()) -> list[str]:
    """What students read about the submission as a whole; ``lines`` come behind its own notes."""
    notes = [*report.notes, *lines, *([UNSAFE] if report.unsafe else [])]
    notes += [f"{name} was left out: {reason}." for name, reason in report.skipped[:MAX_SHOWN]]
    if (more := len(report.skipped) - MAX_SHOWN) > 0:
        notes.append(f"{more} more files were left out.")
    return notes


def student_message(check: CheckResult, message: str) -> str:
    """What students read of a check.

    Where the staff gave its points, that comes first; what the check had said stays if points are
    lost all the same, and the staff's reason is theirs.

    Args:
        message: that of the check, or the same in another order.
    """
    if check.override is None:
        return message
    if check.passed_by_staff or not message:
        return BY_STAFF
    return f"{BY_STAFF} The check itself had said:\n{message}"


def staff_words(check: CheckResult) -> str:
    """What staff read of a check beside its message, if that says more; no traceback."""
    told = "" if check.status == "fault" else check.staff.strip()
    told = told.partition("\n")[0] if check.tripped else told
    return "" if told in check.message else told


def missing_words(report: Report) -> str:
    """Why notebooks are missing, for staff; empty if none is."""
    words = [reason.rstrip(".") for _, reason in report.missing]
    left = [name for name, _ in report.skipped]
    if words and left:
        more = ", ..." if len(left) > MAX_NAMED else ""
        words.append(f"left out: {', '.join(left[:MAX_NAMED])}{more}")
    return "; ".join(dict.fromkeys(words))


def name_of(check: CheckResult) -> str:
    """What staff call a check: its number, else its id."""
    return check.number or check.id


def name_in_words(name: str) -> str:
    """What a check is called whose docstring says nothing, by its function's name or its id."""
    return name.rsplit("::", maxsplit=1)[-1].removeprefix("test_").replace("_", " ")
