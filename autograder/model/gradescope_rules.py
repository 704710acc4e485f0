"""The manifest's table ``gradescope`` comes in; what holds on that platform alone goes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from autograder.model.times import parse_time
from autograder.model.validation import Lines


@dataclass(frozen=True)
class LatePolicy:
    """What lateness takes from the points earned; a day is 24 hours, counted after the grace.

    Attributes:
        percent_per_day: of the points earned, for each day begun.
        floor_percent: the share of the points earned that stays however late.
    """

    percent_per_day: float
    grace_minutes: float = 0.0
    floor_percent: float = 0.0


@dataclass(frozen=True)
class SubmissionLimit:
    """So many submissions are graded in any window of so many hours."""

    submissions: int
    hours: float


@dataclass(frozen=True)
class HiddenChecks:
    """How Gradescope shows the entries of hidden checks.

    Attributes:
        before_due: for what is submitted up to the student's due date.
        after_due: for what is submitted later; a manifest that does not say so means the same.
    """

    before_due: str = "visible"
    after_due: str = "visible"


@dataclass(frozen=True)
class Gradescope:
    """What holds on Gradescope alone. All of it is off where the manifest does not name it.

    Attributes:
        timeout_seconds: the run stops itself after these, and hands over what it has. The
            platform's own limit, 600 unless it was changed there, gives 0 points and no words.
        leaderboard: hand over the values of checks that have a leaderboard.
        hidden_total: tell students how many points are judged by checks they cannot see.
        extensions: due dates of single students, by e-mail address or id.
    """

    timeout_seconds: float = 570.0
    leaderboard: bool = False
    hidden_total: bool = False
    hidden_checks: HiddenChecks = HiddenChecks()
    late: LatePolicy | None = None
    limit: SubmissionLimit | None = None
    extensions: dict[str, datetime] = field(default_factory=dict)


def gradescope_rules(table: dict[str, Any], where: Lines) -> Gradescope:
    """The rules of a valid table.

    Raises:
        ManifestError: a due date is none, or a student has two.
    """
    extensions: dict[str, datetime] = {}
    for user, due in table.get("extensions", {}).items():
        key = ["gradescope", "extensions", user]
        try:
            moment = parse_time(due)
        except ValueError as error:
            raise where.error(key, f"found '{due}'; {error}") from None
        if user.strip().casefold() in extensions:
            raise where.error(key, "a second due date of this student; keep one")
        extensions[user.strip().casefold()] = moment
    rules: dict[str, Any] = {"extensions": extensions}
    if "hidden_checks" in table:
        before = table["hidden_checks"].get("before_due", HiddenChecks.before_due)
        after = table["hidden_checks"].get("after_due", before)
        rules["hidden_checks"] = HiddenChecks(before, after)
    if "late" in table:
        rules["late"] = LatePolicy(**table["late"])
    if "limit" in table:
        rules["limit"] = SubmissionLimit(**table["limit"])
    return Gradescope(**{**table, **rules})
