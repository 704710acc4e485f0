"""The stage of a release that measures its checks: mutants as the manifest asks for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from autograder.grading.staff import StaffPool
from autograder.model.manifest import Assignment
from autograder.model.report import Report
from release.mutants.command import Measured, measured
from release.mutants.running import MutantResult
from release.mutants.score import Score, scores, should_see, survivors
from release.mutants.terminal import remarks
from release.steps import Steps

#: Survivors that the release names; ``autograder mutate`` shows all, as diffs.
MAX_NAMED = 12


def mutants_proven(
    sources: Assignment | None,
    solution: Mapping[str, bytes],
    pool: StaffPool,
    graded: Report,
    cache_dir: Path,
    steps: Steps,
) -> Measured | None:
    """What became of the solution's mutants; None where the manifest asks for none.

    Args:
        sources: the staff's folder, which holds the solution notebooks.
        graded: the solution's report.
    """
    if sources is None or sources.proof.mutants == "off":
        return None
    no_cache = sources.proof.mutants == "all"
    return measured(sources, solution, pool, graded, cache_dir, no_cache=no_cache, steps=steps)


def _scores(found: Measured) -> list[Score]:
    return scores(found.results, [question.id for question in found.assignment.questions])


def score_problems(found: Measured | None) -> list[str]:
    """The questions whose checks see too little, with what they do not see."""
    if found is None:
        return []
    least = found.assignment.proof.min_score
    problems = []
    for score in _scores(found):
        if score.value < least:
            own = [e for e in survivors(found.results) if score.name in e.mutant.questions]
            named = "".join(f"\n      {line}" for line in _named(own, found.results))
            problems.append(
                f"question {score.name}: of its mutants {score.seen} of {score.wrong} lose points "
                f"({score.value:.3f}), where min_score asks for {least:g}; make its checks see "
                f"these, or accept them in mutants.toml with a reason:{named}"
            )
    return problems


def _named(left: Sequence[MutantResult], results: Sequence[MutantResult]) -> Iterator[str]:
    for each in left[:MAX_NAMED]:
        mutant = each.mutant
        where = f"{mutant.location}, line {mutant.line}"
        yield f"[{mutant.id}] {where}: {mutant.what}; {should_see(each, results)}"
    if len(left) > MAX_NAMED:
        yield f"{len(left) - MAX_NAMED} more, which `autograder mutate` shows"


def score_lines(found: Measured) -> Iterator[str]:
    """What a release says of its mutants, a line each: the scores, and each survivor by name."""
    rows = _scores(found)
    seen, wrong = sum(each.seen for each in rows), sum(each.wrong for each in rows)
    share = f" ({seen / wrong:.0%})" if wrong else ""
    yield f"{seen} of {wrong} mutants lose points on their question{share}."
    left = survivors(found.results)
    if left:
        weak = [f"{row.name} {row.value:.0%}" for row in rows if row.seen < row.wrong]
        yield f"Warning: mutants survive, in {', '.join(weak)}:"
        yield from (f"  {line}" for line in _named(left, found.results))
    yield from remarks(found)


def recorded(found: Measured) -> dict[str, Any]:
    """The scores and the survivors, for the release's record."""
    return {
        "min_score": found.assignment.proof.min_score,
        "questions": [
            {
                "question": row.name,
                "mutants": row.total,
                "wrong": row.wrong,
                "seen": row.seen,
                "score": round(row.value, 4),
            }
            for row in _scores(found)
        ],
        "survivors": [
            {"mutant": each.mutant.id, "status": each.status, "change": each.mutant.what}
            for each in survivors(found.results)
        ],
    }
