"""Accuracies come in, group by group; on which side of a threshold their median lies goes out.

A seed reaches the threshold or not, and the median of all seeds does if more than half of them do.
So this is a sign test of the share of seeds against a half, as a group sequential test with exact
binomial probabilities: after each group, training stops if the share would hardly look like this
were it on the other side of a half. The chance that a wrong answer is passed early, at any of the
looks, is at most ``beta``; that a right one is failed early, at most ``alpha``. It is computed by
recursion over the paths that no earlier look has ended, at a share of a half, where it is largest.

It also stops as soon as the seeds that are left cannot change the median's side (curtailment); that
is no error. Where all seeds have been trained, the plain median decides.

Sources: P. Armitage, C. K. McPherson, B. C. Rowe, "Repeated significance tests on accumulating
data", J. R. Stat. Soc. A 132 (1969) 235-244, for the recursion; C. Jennison, B. W. Turnbull, "Group
Sequential Methods with Applications to Clinical Trials" (2000), chapter 12, for binary outcomes.
The interval: H. A. David, H. N. Nagaraja, "Order Statistics" (3rd ed. 2003), section 7.1.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from autograder.model.errors import HarnessFault
from autograder.model.report import Median

#: Each group brings the number of seeds to so many times what it was.
GROWTH = 1.3
#: How sure the interval of the median is, where there are seeds enough for that.
CONFIDENCE = 0.95

#: Trains a model from each of these seeds; their accuracies, in their order.
Run = Callable[[tuple[int, ...]], Sequence[float]]


@dataclass(frozen=True)
class Look:
    """When to stop after so many seeds.

    Attributes:
        seeds: trained by then, those of earlier groups too.
        fails: if so many of them or fewer reach the threshold, the median does not; -1 for never.
        passes: if so many of them or more do, the median does.
    """

    seeds: int
    fails: int
    passes: int


@cache
def looks(most: int, alpha: float, beta: float) -> tuple[Look, ...]:
    """The looks of a test that uses ``most`` seeds at most.

    Args:
        most: an odd number, of which a median is one of the values.
        alpha: the chance that a right answer is failed before all seeds are trained.
        beta: the chance that a wrong answer is passed before.

    Raises:
        ValueError: the numbers are none of these.
    """
    if most < 1 or most % 2 == 0:
        raise ValueError(f"a median is taken over an odd number of seeds; {most} is none")
    if not (0 < alpha < 0.5 and 0 < beta < 0.5):
        raise ValueError("alpha and beta are chances of error, between 0 and 0.5")
    needed = most // 2 + 1
    found: list[Look] = []
    paths = {0: 1}  # by how many have reached: the outcomes of equal chance that go on
    seeds, failed, passed = 0, 0.0, 0.0
    for following in _sizes(most, alpha, beta):
        paths, seeds = _further(paths, following - seeds), following
        failures = {seeds - n: count for n, count in paths.items()}
        passes, passed = _boundary(paths, seeds, needed, spent=passed, allowed=beta)
        most_failed, failed = _boundary(failures, seeds, needed, spent=failed, allowed=alpha)
        look = Look(seeds, seeds - most_failed, passes)
        found.append(look)
        paths = {n: count for n, count in paths.items() if look.fails < n < look.passes}
    return tuple(found)


def _sizes(most: int, alpha: float, beta: float) -> list[int]:
    """The numbers of seeds at each look: the first ones at which all agreeing is enough."""
    enough = [min(math.ceil(-math.log2(error)), most // 2 + 1) for error in (alpha, beta)]
    size, found = min(enough), set(enough)
    while size < most:
        found.add(size)
        size = math.ceil(size * GROWTH)
    return sorted({*found, most})


def _further(paths: dict[int, int], seeds: int) -> dict[int, int]:
    found: dict[int, int] = {}
    for (before, count), more in itertools.product(paths.items(), range(seeds + 1)):
        found[before + more] = found.get(before + more, 0) + count * math.comb(seeds, more)
    return found


def _boundary(
    paths: dict[int, int], seeds: int, needed: int, *, spent: float, allowed: float
) -> tuple[int, float]:
    """The least number of successes that ends the test, and the chance of error spent with it.

    Args:
        needed: so many settle it, and are no error.
        spent: the chance of error of earlier looks.
    """
    boundary = min(seeds + 1, needed)
    # Fewer than a half of the seeds never speak for it; at the last look a half is `needed`.
    while boundary - 1 > seeds / 2:
        more = paths.get(boundary - 1, 0) / 2**seeds
        if spent + more > allowed:
            break
        boundary, spent = boundary - 1, spent + more
    return boundary, spent


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Between which of the values the true median lies, and how sure that is at the least.

    It is the narrowest pair of the r-th smallest and the r-th largest that is sure enough, by the
    binomial distribution; the whole range, where no pair is.
    """
    ordered, count = sorted(values), len(values)
    chances = [
        1 - 2 * sum(math.comb(count, n) for n in range(rank + 1)) / 2**count
        for rank in range((count + 1) // 2)
    ]
    rank = max((r for r, chance in enumerate(chances) if chance >= CONFIDENCE), default=0)
    return ordered[rank], ordered[count - 1 - rank], max(chances[rank], 0.0)


def decide(
    run: Run,
    seeds: Sequence[int],
    reaches: Callable[[float], bool] | None,
    *,
    alpha: float,
    beta: float,
) -> tuple[bool, list[float]]:
    """Train from as few of the seeds as are enough; whether their median reaches, and the values.

    Args:
        reaches: whether a value is good enough; None to train from all seeds.
    """
    if reaches is None:
        return True, list(run(tuple(seeds)))
    values: list[float] = []
    for look in looks(len(seeds), alpha, beta):
        values += run(tuple(seeds[len(values) : look.seeds]))
        if len(values) != look.seeds:
            raise HarnessFault(f"a training gave {len(values)} values for {look.seeds} seeds")
        reached = sum(map(reaches, values))
        if reached >= look.passes:
            return True, values
        if reached <= look.fails:
            return False, values
    raise AssertionError("the last look decides")


def summed_up(
    reached: bool,
    values: Sequence[float],
    seeds: Sequence[int],
    *,
    threshold: float | None,
    name: str,
) -> Median:
    """The result, of the values of the first seeds."""
    low, high, confidence = interval(values)
    return Median(
        reached=reached,
        value=float(statistics.median(values)),
        low=float(low),
        high=float(high),
        confidence=round(confidence, 4),
        seeds=tuple(seeds[: len(values)]),
        values=tuple(map(float, values)),
        most=len(seeds),
        threshold=threshold,
        name=name,
    )
