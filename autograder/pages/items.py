"""The reports of all submissions come in; what they say of each check goes out.

Terms are those of classical test theory. *Difficulty* is the mean share of a check's points that
was earned, so that 1 is the easiest. *Discrimination* is the point-biserial correlation between
passing the check and the score without it: near 0 the check tells nothing about a student, below 0
those who do well elsewhere fail it. Checks that the harness failed are left out of all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from autograder.model.report import CheckResult, Report

#: Below so many submissions a correlation is noise.
MIN_SUBMISSIONS = 5


@dataclass(frozen=True)
class Item:
    """One check over all submissions.

    Attributes:
        judged: submissions that it judged.
        pass_rate: the share of them that passed in full; None if it judged none.
        difficulty: the mean share of the points; None if it judged none.
        discrimination: None where all or none passed, or too few were judged.
        statuses: how often each came.
        seconds: the median time.
    """

    check: CheckResult
    judged: int
    pass_rate: float | None
    difficulty: float | None
    discrimination: float | None
    statuses: dict[str, int]
    seconds: float


def items(reports: Sequence[Report]) -> list[Item]:
    """Every check that any report has, in the order in which they first come."""
    found: dict[str, list[tuple[CheckResult, float]]] = {}
    for report in reports:
        for check in report.checks:
            found.setdefault(check.id, []).append((check, report.score - check.score))
    return [_item(outcomes) for outcomes in found.values()]


def _item(outcomes: list[tuple[CheckResult, float]]) -> Item:
    judged = [(check, rest) for check, rest in outcomes if check.status != "fault"]
    passed = np.array([check.status == "passed" for check, _rest in judged], dtype=float)
    rests = np.array([rest for _check, rest in judged])
    return Item(
        check=outcomes[0][0],
        judged=len(judged),
        pass_rate=float(passed.mean()) if judged else None,
        difficulty=float(np.mean([_share(check) for check, _rest in judged])) if judged else None,
        discrimination=point_biserial(passed, rests),
        statuses=dict(Counter(check.status for check, _rest in outcomes)),
        seconds=float(np.median([check.seconds for check, _rest in outcomes])),
    )


def _share(check: CheckResult) -> float:
    if check.max_score > 0:
        return check.score / check.max_score
    return float(check.status == "passed")  # a check for no points


def point_biserial(passed: np.ndarray, rests: np.ndarray) -> float | None:
    """Pearson's correlation of 0 or 1 with a number; None where it is not defined."""
    if len(passed) < MIN_SUBMISSIONS or np.ptp(passed) == 0 or np.ptp(rests) < 1e-9:
        return None
    return float(np.corrcoef(passed, rests)[0, 1])
