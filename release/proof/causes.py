"""Submissions whose mistake is known come in; by check, what each message came of goes out.

So that staff, who read a message in a report, know what it may come of: a student who makes the
same mistake reads the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from autograder.model.findings import normalised
from autograder.model.report import Report, name_of
from release.mutants.running import MutantResult
from release.proof.mistakes import Mistake

#: Of one message of one check; a dozen causes say nothing.
MAX_CAUSES = 5


@dataclass
class Causes:
    """What is known to have made a check say the same.

    Attributes:
        mutants: changes of the solution, in a few words.
        mistakes: names of known-wrong submissions.
    """

    mutants: list[str] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)


def causes_of(
    mistakes: Iterable[tuple[Mistake, Report]], mutants: Iterable[MutantResult]
) -> dict[str, dict[str, Causes]]:
    """By the name of the check and its message without numbers and quoted names."""
    found: dict[str, dict[str, Causes]] = defaultdict(lambda: defaultdict(Causes))
    for mistake, report in mistakes:
        for check in report.checks:
            if check.score < check.max_score and check.message:
                _add(found[name_of(check)][normalised(check.message)].mistakes, mistake.name)
    for result in mutants:
        if not result.counts:
            continue
        for name, message in result.says.items():
            if message:
                mutant = result.mutant
                _add(found[name][message].mutants, f"{mutant.what} ({mutant.location})")
    return found


def _add(causes: list[str], cause: str) -> None:
    if cause not in causes and len(causes) < MAX_CAUSES:
        causes.append(cause)
