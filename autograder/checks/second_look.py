"""A check that did not pass comes in; its outcome on more of the notebook counts if it is better.

What a question needs of a notebook is found by reading, and reading can miss something. So a check
that fails where something was left out is run once more with everything above the answer, as the
student's kernel ran it; or, where the answer was corrected in a cell further below, with that.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from _pytest.runner import runtestprotocol

from autograder.checks.plugin.model import Check
from autograder.checks.student import Student


@dataclass
class SecondLooks:
    """The second looks at one submission.

    Attributes:
        seconds: for all of them together.
        spent: by those so far.
    """

    seconds: float
    spent: float = 0.0
    _begun: set[str] = field(default_factory=set)

    def due(self, check: Check) -> bool:
        """Whether a check that has ended is to be run once more."""
        return self._wanted(check) and self.spent < self.seconds

    def missed(self, check: Check) -> bool:
        """Whether it would be, had others not taken the time; another time it may pass."""
        return self._wanted(check) and 0 < self.seconds <= self.spent

    def _wanted(self, check: Check) -> bool:
        student = check.student
        return (
            check.done
            and not check.passed
            and check.id not in self._begun
            and student is not None
            and student.partial
        )

    def take(
        self,
        check: Check,
        items: Sequence[pytest.Item],
        student: Callable[[], Student],
        nextitem: pytest.Item | None,
    ) -> bool:
        """Run the check on the whole notebook; whether that outcome is better, and so counts."""
        self._begun.add(check.id)
        started = time.monotonic()
        first = check.taken()
        check.begin_again()
        check.student = student()
        for item in items:
            runtestprotocol(item, log=False, nextitem=nextitem)
        self.spent += time.monotonic() - started
        second = check.taken()
        check.by_chance |= check.hurried
        check.restore(first, seconds=first.seconds + second.seconds)
        if not second.share > first.share:
            return False
        check.restore(second, seconds=first.seconds + second.seconds)
        check.flags.append(_said_of(check, first.share, second.share))
        return True


def _said_of(check: Check, first: float, second: float) -> str:
    """What staff read where the second outcome counts."""
    if check.student is not None and check.student.corrected:
        return (
            f"{check.question.id} was corrected in a cell further below, and the outcome is that "
            f"of the correction ({second:.0%} of the points); in its own place it was {first:.0%}."
        )
    return (
        f"the outcome is that of the whole notebook ({second:.0%} of the points); "
        f"on what {check.question.id} seems to need it was {first:.0%}. "
        "Please report this: something was left out that matters."
    )
