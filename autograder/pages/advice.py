"""What submissions and a release's proof say of each check comes in; what to look at goes out.

A suggestion is a hint to staff and no verdict: a check that nobody fails may guard against a
mistake that this class did not make.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autograder.model.proven import ProvenCheck
from autograder.model.report import Report
from autograder.pages.items import MIN_SUBMISSIONS, Item

#: Of those who did well and failed a check below 0, so many are named.
MAX_NAMED = 5
#: The two-sided 95 % quantile of the normal distribution.
Z = 1.96
NEVER_FAILS, NEVER_PASSES = "Never fails", "Never passes"
CONTRADICTS, BLIND = "Contradicts the total", "Sees nothing"


@dataclass(frozen=True)
class Suggestion:
    """What staff should look at in one check.

    Attributes:
        indices: the positions of the reports to look at, from 0.
    """

    item: Item
    kind: str
    text: str
    indices: tuple[int, ...] = ()


def suggestions(
    items: Sequence[Item], reports: Sequence[Report], proven: dict[str, ProvenCheck]
) -> list[Suggestion]:
    """What to look at, in the order of the checks.

    Args:
        proven: what a release's proof says of checks, by their ids; empty if nothing is known.
    """
    return [
        found for item in items for found in _of_check(item, reports, proven.get(item.check.id))
    ]


def _of_check(
    item: Item, reports: Sequence[Report], proof: ProvenCheck | None
) -> Iterator[Suggestion]:
    enough = item.judged >= MIN_SUBMISSIONS
    if enough and item.pass_rate == 1:
        yield Suggestion(item, NEVER_FAILS, f"All {item.judged} passed it. {_use(proof)}".strip())
    if enough and item.pass_rate == 0:
        words = (
            f"None of {item.judged} passed it, though the solution does. Read what it says to "
            "them, below, beside the handout: does that ask for what the check asks for?"
        )
        yield Suggestion(item, NEVER_PASSES, words)
    if item.discrimination is not None and item.discrimination < 0:
        yield _contradicting(item, item.discrimination, reports)
    if proof is not None and proof.asked and not proof.seen and not proof.caught:
        words = (
            f"It passed all {proof.asked} wrong mutants of its question that came to it, and no "
            "known-wrong submission fails it: nothing has shown that it can fail."
        )
        yield Suggestion(item, BLIND, words)


def _use(proof: ProvenCheck | None) -> str:
    """Whether a check that nobody fails is needed all the same."""
    if proof is None:
        return "It tells nothing of this class."
    if proof.caught_alone:
        names = "; ".join(proof.caught_alone[:MAX_NAMED])
        more = len(proof.caught_alone) - MAX_NAMED
        return f"But it alone catches {names}{f' and {more} more' if more > 0 else ''}: keep it."
    if proof.caught or proof.seen:
        return (
            "What it catches of the known-wrong submissions, other checks catch too; its points "
            "may be worth more elsewhere."
        )
    return "It tells nothing of this class."


def _contradicting(item: Item, value: float, reports: Sequence[Report]) -> Suggestion:
    failed = [
        (report.score - check.score, index)
        for index, report in enumerate(reports)
        for check in report.checks
        if check.id == item.check.id and check.status in ("failed", "partial", "skipped")
    ]
    best = sorted(failed, key=lambda each: (-each[0], each[1]))[:MAX_NAMED]
    chance = (
        f" With {item.judged} submissions this may be chance." if _is_chance(value, item) else ""
    )
    words = (
        f"Those who fail it do better elsewhere ({value:.2f}).{chance} Look at the answers of the "
        "best who fail it: is a right answer refused, or is a wrong one asked for?"
    )
    return Suggestion(item, CONTRADICTS, words, tuple(index for _rest, index in best))


def _is_chance(value: float, item: Item) -> bool:
    """Whether the 95 % interval of a correlation, by Fisher's transformation, holds 0."""
    if item.judged <= 3 or abs(value) >= 1:
        return item.judged <= 3
    return abs(math.atanh(value)) < Z / math.sqrt(item.judged - 3)
