"""A check that did not pass comes in; its outcome on the whole notebook counts if it is better.

What a question needs of a notebook is found by reading, and reading can miss something. So a check
that fails where something was left out is run once more with everything above the answer, as the
student's kernel ran it.
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
        check.flags.append(
            f"the outcome is that of the whole notebook ({second.share:.0%} of the points); "
            f"on what {check.question.id} seems to need it was {first.share:.0%}. "
            "Please report this: something was left out that matters."
        )
        return True
