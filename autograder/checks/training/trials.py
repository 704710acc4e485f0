"""What trains and a threshold come in; whether the median over seeds reaches it goes out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.checks.cache import Cache
from autograder.checks.training.forks import Train, TrainingLate, trained
from autograder.checks.training.sequential import Run, decide, summed_up
from autograder.model.errors import HarnessFault
from autograder.model.findings import fail
from autograder.model.manifest import TrainingRules
from autograder.model.report import Median

#: Of how remembered values came about; another number makes all anew.
_FORMAT = 1


class Training:
    """What a check trains with: seeds that follow from the run's, limits, and the test of a median.

    Args:
        rules: the manifest's table ``[training]``.
        seed: the run's own.
        note: takes each median, for the results.
        late: called when the time has run out, which may be the machine's doing.
    """

    def __init__(
        self,
        rules: TrainingRules,
        seed: int,
        cache: Cache,
        note: Callable[[Median], None] = lambda _median: None,
        late: Callable[[], None] = lambda: None,
    ) -> None:
        self.rules = rules
        self._seed = seed
        self._cache = cache
        self._note = note
        self._late = late
        self._left = rules.seconds

    def seeds(self, count: int) -> tuple[int, ...]:
        """The first so many seeds of this run, each below 2**32."""
        state = np.random.SeedSequence(self._seed).generate_state(count)
        return tuple(int(word) for word in state)

    def check_bounds(self, *, steps: float, seconds: float = 0.0) -> None:
        """Fail if a training as chosen would be longer than the manifest allows; none is begun.

        Args:
            steps: of the optimizer, from one seed.
            seconds: of processor time that it is expected to take, from all seeds.

        Raises:
            CheckFailed: it would be.
        """
        hint = "Nothing was trained. Far fewer epochs are enough."
        if not steps <= self.rules.steps:
            raise fail(
                f"a training of {steps:.0f} steps as chosen; {self.rules.steps} are allowed.",
                hint=hint,
            )
        if not seconds <= self.rules.seconds:
            raise fail(
                f"a training that would take about {seconds:.0f} seconds as chosen; "
                f"{self.rules.seconds:g} are allowed.",
                hint=hint,
            )

    def remembered(self, train: Train, *arguments: Any) -> Run:
        """Trainings for `median`, in processes beside this one, cached by all they follow from.

        A value has to follow from its own seed and the arguments alone, not from the other seeds.

        Args:
            train: called as ``train(*arguments, seeds)``; gives a value of each seed, in order. A
                function of a module, which needs nothing but its arguments.
            arguments: plain values, arrays, and lists, dicts or dataclasses of them.
        """
        name = getattr(train, "__qualname__", "")
        if not name or getattr(train, "__closure__", None):
            raise HarnessFault(
                f"{name or train!r} is no plain function, but holds values, by which its results "
                "cannot be cached; pass them as arguments."
            )

        def run(seeds: tuple[int, ...]) -> list[float]:
            key = ["training", _FORMAT, name, list(arguments), list(seeds)]
            found = self._cache.remember(key, lambda: self._trained(train, arguments, seeds), train)
            return list(found)

        return run

    def median(
        self,
        run: Run,
        *,
        at_least: float | None = None,
        at_most: float | None = None,
        seeds: int | None = None,
        name: str = "",
    ) -> Median:
        """Train from as many seeds as it takes to tell on which side of a threshold the median is.

        Args:
            run: what `remembered` gives, or any function from seeds to a value of each. NaN reaches
                no threshold.
            at_least: the threshold, where more is better.
            at_most: the threshold, where less is better. Without any, all seeds are trained.
            seeds: so many at most, an odd number; None for the manifest's.
            name: what the results call it.

        Raises:
            CheckFailed: the time ran out.
        """
        if at_least is not None and at_most is not None:
            raise HarnessFault("a median has one threshold: at_least or at_most")
        most = self.rules.seeds if seeds is None else seeds
        drawn = self.seeds(most)
        reaches: Callable[[float], bool] | None = None
        if at_least is not None:
            reaches = float(at_least).__le__
        elif at_most is not None:
            reaches = float(at_most).__ge__
        try:
            reached, values = decide(
                run, drawn, reaches, alpha=self.rules.alpha, beta=self.rules.beta
            )
        except ValueError as error:
            raise HarnessFault(str(error)) from error
        threshold = at_least if at_most is None else at_most
        found = summed_up(reached, values, drawn, threshold=threshold, name=name)
        self._note(found)
        return found

    def _trained(
        self, train: Train, arguments: tuple[Any, ...], seeds: tuple[int, ...]
    ) -> list[float]:
        try:
            values, spent = trained(train, arguments, seeds, self._left)
        except TrainingLate:
            self._left = 0.0
            self._late()
            raise fail(
                f"training took more than the {self.rules.seconds:g} seconds that are allowed.",
                hint="Far fewer epochs are enough.",
            ) from None
        self._left = max(self._left - spent, 0.0)
        return values
