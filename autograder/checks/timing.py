"""A student's code, as something to run, comes in; whether it is quick enough goes out.

Never in seconds, as machines differ and are busy: it is measured against itself on a smaller input,
or against a loop of the check's own, in turn with these.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from autograder.checks.expect.words import shown
from autograder.model.findings import fail

#: Timings are repeated at least and at most so often, and no more once they have taken so long.
MIN_ROUNDS, MAX_ROUNDS, MAX_SECONDS = 3, 10, 5.0
#: What takes no longer is quick enough: more of it than of the work may be the way there and back.
QUICK_SECONDS = 0.02


def expect_growth(
    run: Callable[[int], object], small: int, large: int, *, order: float = 1.0, hint: str = ""
) -> None:
    """Fail if time grows faster with the size than by its power ``order``, with half a power free.

    One large run is measured against as many small ones as should take as long, in turn with them,
    so that a busy machine holds up both alike; of each the quickest counts.

    Args:
        run: runs the student's code on an input of a size; inputs are best made before.
        small: the smaller size.
        large: 4 to 16 times that; the large run takes 0.05 s or more.
        order: 1 for linear, 2 for quadratic.

    Raises:
        CheckFailed: it grows faster.
        ValueError: the sizes are too near to each other, or too far apart.
    """
    ratio = large / small
    count = round(ratio**order)
    if ratio < 4 or count > 256:
        raise ValueError(f"sizes {small} and {large} tell nothing of order {order:g}")

    def many() -> None:
        for _ in range(count):
            run(small)

    run(small)  # what is done once, as loading a library, is no part of it
    slack = ratio**0.5
    seconds = _quickest(
        lambda: run(large), many, lambda one, other: one <= max(slack * other, QUICK_SECONDS / 10)
    )
    if seconds is not None:
        factor = seconds[0] / seconds[1] * count
        raise fail(
            f"time that grows too fast: an input {shown(ratio)} times as large took "
            f"{shown(float(factor), 2)} times as long.",
            hint=hint or "Look for work that is done again for each element.",
            hidden="time that grows faster with the size of the input than asked for.",
        )


def expect_vectorised(
    run: Callable[[], object], loop: Callable[[], object], *, factor: int = 3, hint: str = ""
) -> None:
    """Fail unless the student's code is several times as quick as a loop in plain Python.

    So many runs of it are measured against one of the loop, in turn, so that a busy machine holds
    up both alike; of each the quickest counts. What takes 0.02 s or less is quick enough.

    Args:
        run: runs the student's code.
        loop: the check's own loop over the same input, large enough to take 0.2 s or more.
        factor: so many times as quick; code on whole arrays is ten times and more.

    Raises:
        CheckFailed: it is not.
    """

    def several() -> None:
        for _ in range(factor):
            run()

    run()  # what is done once, as loading a library, is no part of it
    least = factor * QUICK_SECONDS
    seconds = _quickest(several, loop, lambda one, other: one <= max(other, least))
    if seconds is not None:
        raise fail(
            f"code that takes {seconds[0] / factor:.2g} s, where a loop over the elements takes "
            f"{seconds[1]:.2g} s.",
            hint=hint or "Let whole arrays do the work: index, broadcast, reduce.",
            hidden="code that is about as slow as a loop over the elements.",
        )


def _quickest(
    one: Callable[[], object],
    other: Callable[[], object],
    good: Callable[[float, float], bool],
) -> tuple[float, float] | None:
    """The shortest times of both, in seconds, if they are not good; None if they are."""
    began = time.monotonic()
    times: tuple[list[float], list[float]] = ([], [])
    while True:
        for work, found in zip((one, other), times, strict=True):
            start = time.perf_counter()
            work()
            found.append(time.perf_counter() - start)
        rounds = len(times[0])
        best = min(times[0]), min(times[1])
        if rounds >= MIN_ROUNDS and good(*best):
            return None
        late = rounds >= MIN_ROUNDS and time.monotonic() - began > MAX_SECONDS
        if rounds >= MAX_ROUNDS or late:
            return best
