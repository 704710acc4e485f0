"""What became of mutants comes in; scores by question and kind, and what lacks, go out.

A question's score is the share of its mutants that lose points on it, of those that are wrong: what
is equivalent to the solution, or accepted by staff, is left out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from release.mutants.running import (
    ELSEWHERE,
    FAULT,
    SURVIVED,
    MutantResult,
    by_question,
)


@dataclass(frozen=True)
class Score:
    """How many mutants of a question, or of a kind, came to which end.

    Attributes:
        name: the question or the kind.
        counts: by status.
    """

    name: str
    counts: Counter[str]

    @classmethod
    def of(cls, name: str, results: Iterable[MutantResult]) -> Score:
        """That of some mutants."""
        return cls(name, Counter(each.status for each in results))

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts.values())

    @property
    def seen(self) -> int:
        """Those that cost points on their question."""
        return self.counts["killed"] + self.counts["timed out"]

    @property
    def wrong(self) -> int:
        """Those that should."""
        return self.total - self.counts["equivalent"] - self.counts["accepted"]

    @property
    def value(self) -> float:
        """The share, from 0 to 1; 1 where there is nothing to see."""
        return self.seen / self.wrong if self.wrong else 1.0


def scores(results: Sequence[MutantResult], questions: Iterable[str]) -> list[Score]:
    """The score of each question that has mutants."""
    grouped = by_question(results)
    return [Score.of(name, grouped[name]) for name in questions if name in grouped]


@dataclass(frozen=True)
class CheckScore:
    """How many wrong mutants of its questions a check was run on, and how many of them it saw.

    A check that trains is run on what all others let pass alone.
    """

    asked: int = 0
    seen: int = 0


def check_scores(results: Iterable[MutantResult]) -> dict[str, CheckScore]:
    """The score of each check by its name, over the mutants that say anything."""
    asked: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for each in results:
        if each.counts:
            own = set(each.says)
            seen.update(own)
            asked.update(own.union(each.passed))
    return {name: CheckScore(asked[name], seen[name]) for name in asked}


def kinds(results: Sequence[MutantResult]) -> list[Score]:
    """The score of each kind of change, the weakest first."""
    grouped: dict[str, list[MutantResult]] = defaultdict(list)
    for each in results:
        grouped[each.mutant.operator].append(each)
    found = [Score.of(name, group) for name, group in grouped.items()]
    return sorted(found, key=lambda score: (score.value, -score.wrong, score.name))


def survivors(results: Iterable[MutantResult]) -> list[MutantResult]:
    """Those that cost nothing on their question, and are neither equivalent nor accepted."""
    return [each for each in results if each.status in (SURVIVED, ELSEWHERE, FAULT)]


def should_see(survivor: MutantResult, results: Sequence[MutantResult]) -> str:
    """Which check should have seen it, in words: one that sees the same elsewhere, or the like."""
    own = set(survivor.mutant.questions)
    if survivor.status == FAULT:
        return f"{', '.join(survivor.by) or 'a check'} breaks on it; compare type and shape first"
    if survivor.status == ELSEWHERE:
        return f"it costs points on {', '.join(survivor.by)} alone, a check of another question"
    alike = [
        (each.mutant.questions, each.by)
        for each in results
        if each.seen and not own & set(each.mutant.questions) and _alike(each, survivor)
    ]
    if alike:
        questions, by = alike[0]
        return f"killed in {', '.join(questions)} (by {', '.join(by)}), survives in {_listed(own)}"
    for near in _nearer(survivor, results):
        counted = Counter(name for each in near for name in each.by)
        if counted:
            name, times = counted.most_common(1)[0]
            return f"{name} sees {times} other mutant{'s' if times > 1 else ''} there"
    return f"no check of {_listed(own)} sees any mutant there"


def _alike(one: MutantResult, other: MutantResult) -> bool:
    return (one.mutant.operator, one.mutant.what) == (other.mutant.operator, other.mutant.what)


def _nearer(
    survivor: MutantResult, results: Sequence[MutantResult]
) -> Iterator[list[MutantResult]]:
    """What is seen on the same line, then in the same question."""
    mutant = survivor.mutant
    seen = [e for e in results if e.seen and set(e.mutant.questions) & set(mutant.questions)]
    here = [e for e in seen if (e.mutant.location, e.mutant.line) == (mutant.location, mutant.line)]
    yield here
    yield seen


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
