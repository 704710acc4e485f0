"""Metadata and the manifest's rules come in; decisions, as values with their words, go out.

Nothing here reads a clock or a file: a run repeated later decides the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Literal

from autograder.gradescope.metadata import Metadata, User
from autograder.model.gradescope_rules import HiddenChecks, LatePolicy, SubmissionLimit
from autograder.model.report import VISIBILITIES, CheckResult, Report
from autograder.model.times import between, moment_words, span_words

DAY = timedelta(days=1)

#: When an entry of that visibility cannot be seen.
UNTIL = {
    "after_due_date": "until the due date has passed",
    "after_published": "until grades are published",
    "hidden": "at any time",
}


# --- due dates -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Due:
    """The due date that counts for a submission.

    Attributes:
        source: where it stands; a group has the latest of its members' dates.
    """

    at: datetime
    source: Literal["assignment", "student", "manifest"]


def due_of(metadata: Metadata, extensions: Mapping[str, datetime]) -> Due | None:
    """The due date that counts, None where nobody names one.

    Args:
        extensions: due dates by e-mail address or id, in lower case.
    """
    common = [] if metadata.due is None else [Due(metadata.due, "assignment")]
    found = [due for user in metadata.users for due in _dates_of(user, extensions, common)]
    return max(found or common, key=lambda due: due.at, default=None)


def _dates_of(
    user: User, extensions: Mapping[str, datetime], common: Iterable[Due]
) -> Iterator[Due]:
    if user.due is None or user.due in {due.at for due in common}:
        yield from common
    else:
        yield Due(user.due, "student")
    for key in {user.email.strip().casefold(), user.id.strip().casefold()} - {""}:
        if key in extensions:
            yield Due(extensions[key], "manifest")


# --- lateness ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lateness:
    """How late a submission is, and what it keeps.

    Attributes:
        days: those begun after the grace.
        kept: the per cent of the points earned that count.
    """

    due: datetime
    late: timedelta
    days: int
    kept: Fraction

    def score(self, score: float) -> float:
        """What counts of the points earned, to a millionth of a point."""
        return float(round(exact(score) * self.kept / 100, 6))

    def words(self, policy: LatePolicy, before: float | None) -> str:
        """The line for the student, empty if the submission is on time.

        Args:
            before: the points earned; None where the student may not know them.
        """
        if self.late <= timedelta(0):
            return ""
        head = (
            f"Submitted {span_words(self.late)} after your due date of {moment_words(self.due)}, "
        )
        if not self.days:
            return f"{head}within the grace of {policy.grace_minutes:g} minutes: it costs nothing."
        days = "1 day" if self.days == 1 else f"{self.days} days"
        kept = f"{float(self.kept):g} % of your points count"
        if before is not None:
            kept += f", {before:g} became {self.score(before):g}"
        return (
            f"{head}which counts as {days} at {policy.percent_per_day:g} % a day: {kept}. "
            "If that date is not yours, tell the staff."
        )


def lateness(policy: LatePolicy, created: datetime, due: datetime) -> Lateness:
    """How a submission stands to its due date."""
    late = max(between(due, created), timedelta(0))
    counted = late - timedelta(minutes=policy.grace_minutes)
    days = max(-(-counted // DAY), 0)  # a day begun is a day
    kept = max(100 - days * exact(policy.percent_per_day), exact(policy.floor_percent), Fraction(0))
    return Lateness(due, late, days, kept)


def exact(number: float) -> Fraction:
    """The number as it is written: a tenth is a tenth."""
    return Fraction(str(number))


# --- submission limit ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Quota:
    """How a submission stands to the limit.

    Attributes:
        used: submissions in the window before this one that were graded.
        next_at: when one would be graded, if this one is not.
        excused: submissions in the window that the harness failed; they do not count.
    """

    limit: SubmissionLimit
    used: int
    next_at: datetime | None
    excused: tuple[datetime, ...] = ()

    @property
    def reached(self) -> bool:
        """Whether this submission is not to be graded."""
        return self.next_at is not None

    def words(self) -> str:
        """The line for the student."""
        span = f"{self.limit.hours:g} hour{'s' * (self.limit.hours != 1)}"
        if self.next_at is None:
            return (
                f"This is graded submission {self.used + 1} of {self.limit.submissions} in {span}."
            )
        # Shown to the minute: rounded up, so that waiting until then is enough.
        shown = self.next_at + timedelta(minutes=1, microseconds=-1)
        most = self.limit.submissions
        used = f"all {most} graded submissions in {span} are used"
        if most == 1:
            used = f"the one graded submission in {span} is used"
        return (
            f"{NOT_GRADED} {used}. "
            "Below are the results of your last graded one, and they still count; "
            f"the next that is graded is one submitted from {moment_words(shown)} on."
        )


#: How the line begins under which earlier results are handed over again.
NOT_GRADED = "This submission was not graded:"


def quota(
    limit: SubmissionLimit, metadata: Metadata, excused: Iterable[datetime] = ()
) -> Quota | None:
    """How a submission stands to the limit; None where nobody knows when it was submitted.

    Earlier submissions are judged by the same rule, oldest first, so that one that was not graded
    does not put off the next. No more are excused in one window than would be graded: what nobody
    has seen end, a run that was killed, may be the submission's own doing.

    Args:
        excused: when submissions were submitted that the harness failed.
    """
    if metadata.created is None:
        return None
    window = timedelta(hours=limit.hours)
    pardoned = frozenset(excused)
    counted: list[datetime] = []
    failed: list[datetime] = []
    for entry in metadata.previous:
        if entry.failed or entry.time in pardoned:
            failed.append(entry.time)
            if sum(between(time, entry.time) < window for time in failed) <= limit.submissions:
                continue
        if _next_at(limit, window, counted, entry.time) is None:
            counted.append(entry.time)
    return Quota(
        limit,
        sum(between(time, metadata.created) < window for time in counted),
        _next_at(limit, window, counted, metadata.created),
        tuple(sorted(t for t in pardoned if between(t, metadata.created) < window)),
    )


def _next_at(
    limit: SubmissionLimit, window: timedelta, counted: list[datetime], moment: datetime
) -> datetime | None:
    """When the oldest of the last N graded ones leaves the window; None if it has by ``moment``."""
    if len(counted) < limit.submissions:
        return None
    oldest = counted[-limit.submissions]
    if between(oldest, moment) >= window:
        return None
    return moment + (window - between(oldest, moment))


# --- what students see ---------------------------------------------------------------------------


def visibility(check: CheckResult, rules: HiddenChecks, late: bool) -> str:
    """How a check's entry is shown: the stricter of its own wish and the rule for hidden checks."""
    if not check.hidden or check.visibility not in VISIBILITIES:
        return check.visibility
    rule = rules.after_due if late else rules.before_due
    return min(check.visibility, rule, key=VISIBILITIES.index)


def sees_total(report: Report) -> bool:
    """Whether Gradescope shows the student a total: it does if no entry is hidden."""
    return not report.faulty and all(check.visibility == "visible" for check in report.checks)


def hidden_total_words(report: Report) -> str:
    """The line that says how many points a student cannot see judged; empty if there are none."""
    points = {
        kind: sum((exact(c.max_score) for c in report.checks if c.visibility == kind), Fraction(0))
        for kind in UNTIL
    }
    parts = [f"{float(round(sum_, 6)):g} {UNTIL[kind]}" for kind, sum_ in points.items() if sum_]
    if not parts:
        return ""
    total = float(round(sum(points.values(), Fraction(0)), 6))
    return (
        f"{total:g} of {report.max_score:g} points are judged by checks that you cannot see "
        f"({', '.join(parts)}); as long as any is hidden, Gradescope shows no total, "
        "so go by the checks that you see and by the handout."
    )
