"""A report, its metadata and the manifest's rules come in; what Gradescope is to show goes out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from autograder.gradescope import policies
from autograder.gradescope.metadata import Metadata
from autograder.gradescope.output import Additions
from autograder.gradescope.policies import Due, Quota
from autograder.gradescope.repeat import (
    MAX_EXCUSED,
    excused_of,
    latest_results,
    own_faults_of,
    repeated,
)
from autograder.model.gradescope_rules import Gradescope
from autograder.model.report import Report
from autograder.model.times import between
from autograder.sandbox.lockdown import isolation


@dataclass(frozen=True)
class Standing:
    """How a submission stands to the rules before anything is graded."""

    metadata: Metadata
    rules: Gradescope
    due: Due | None
    quota: Quota | None

    @property
    def late(self) -> bool:
        """Whether it was submitted after its due date; not where either is unknown."""
        created = self.metadata.created
        if self.due is None or created is None:
            return False
        return between(self.due.at, created).total_seconds() > 0


def standing(metadata: Metadata, rules: Gradescope) -> Standing:
    """Apply the rules that need no grade."""
    due = policies.due_of(metadata, rules.extensions)
    excused = excused_of(metadata)
    quota = policies.quota(rules.limit, metadata, excused) if rules.limit else None
    return Standing(metadata, rules, due, quota)


def repetition(here: Standing, points: float) -> dict[str, Any] | None:
    """Where the limit is reached, the last results in full; None where it is to be graded.

    Args:
        points: what the assignment is worth.
    """
    last = latest_results(here.metadata)
    if here.quota is None or not here.quota.reached or last is None:
        return None
    staff = {**_staff(here), "repeated": True}
    return repeated(last, here.quota.words(), points, staff, leaderboard=here.rules.leaderboard)


def presented(
    report: Report, here: Standing, *, own_fault: bool = False
) -> tuple[Report, Additions]:
    """The report with its entries as students are to see them, and what is added to it.

    Args:
        own_fault: what failed in the harness follows from the submission's own content.
    """
    rules = here.rules
    faults = own_faults(here.metadata, another=own_fault)
    if own_fault:
        report = replace(report, flags=(*report.flags, own_fault_words(len(faults))))
    report = replace(
        report,
        checks=tuple(
            replace(
                check,
                visibility=policies.visibility(check, rules.hidden_checks, here.late),
                leaderboard=check.leaderboard if rules.leaderboard else (),
            )
            for check in report.checks
        ),
    )
    score = min(max(report.score, 0.0), report.max_score)
    staff = {
        **_staff(here),
        "isolation": isolation(report.layers, unsafe=report.unsafe),
        "score_before_lateness": score,
    }
    staff["own_faults"] = faults
    lines = []
    if here.quota is not None:
        # Should it be reached here all the same, there were no earlier results to repeat.
        lines += [] if here.quota.reached else [here.quota.words()]
        if report.faulty and not own_fault:
            staff["excused"] = excuses(here.metadata, here.quota.excused)
    created = here.metadata.created
    if rules.late is not None and here.due is not None and created is not None:
        lateness = policies.lateness(rules.late, created, here.due.at)
        lines.append(lateness.words(rules.late, score if policies.sees_total(report) else None))
        score = lateness.score(score)
        staff["late"] = {
            "seconds": lateness.late.total_seconds(),
            "days": lateness.days,
            "percent_kept": float(lateness.kept),
        }
    if rules.hidden_total:
        lines.append(policies.hidden_total_words(report))
    return report, Additions(score, tuple(line for line in lines if line), staff)


def own_faults(metadata: Metadata, *, another: bool) -> list[str]:
    """When submissions were submitted whose own content made the harness fail; this one, too."""
    moments = set(own_faults_of(metadata))
    if another and metadata.created is not None:
        moments.add(metadata.created)
    return [moment.isoformat() for moment in sorted(moments)[-MAX_EXCUSED:]]


def own_fault_words(count: int) -> str:
    """What staff read of such a submission, the last of so many."""
    often = f"; it is number {count} of this student's" if count > 1 else ""
    return (
        "the harness fails on this submission and not on the starter notebook: it counts towards "
        f"the submission limit{often}. Please report the error, and look at what was submitted."
    )


def excuses(metadata: Metadata, excused: Iterable[datetime] | None = None) -> list[str]:
    """What a failed run leaves for the next: moments that do not count, this one among them."""
    moments = set(excused_of(metadata) if excused is None else excused)
    if metadata.created is not None:
        moments.add(metadata.created)
    return [moment.isoformat() for moment in sorted(moments)[-MAX_EXCUSED:]]


def _staff(here: Standing) -> dict[str, Any]:
    """What was decided and from what, for ``extra_data``."""
    created, due, quota = here.metadata.created, here.due, here.quota
    staff: dict[str, Any] = {
        "created_at": None if created is None else created.isoformat(),
        "due": None if due is None else {"at": due.at.isoformat(), "source": due.source},
        "metadata_notes": list(here.metadata.notes),
        "own_faults": own_faults(here.metadata, another=False),
    }
    if quota is not None:
        staff["limit"] = {
            "submissions": quota.limit.submissions,
            "hours": quota.limit.hours,
            "used": quota.used,
            "next_at": None if quota.next_at is None else quota.next_at.isoformat(),
        }
        staff["excused"] = [moment.isoformat() for moment in quota.excused]
    return staff


def unapplied(here: Standing) -> tuple[str, ...]:
    """The rules that could not be applied for want of metadata, for staff."""
    rules, known = here.rules, here.metadata.created is not None
    found = []
    if rules.late is not None and not (known and here.due is not None):
        found.append("the late policy was not applied: no time of submission, or no due date")
    if rules.limit is not None and not known:
        found.append("the submission limit was not applied: no time of submission")
    if here.quota is not None and here.quota.reached:
        found.append("the submission limit is reached, but no earlier results came along: graded")
    return tuple(found)
