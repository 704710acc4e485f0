"""A check's own work comes in; it is stopped when its processor time is over.

Student code has a deadline of its own, by the wall's clock. What the grader's process does with
what came back is counted in processor time, so that neither waiting nor a busy machine counts. A
signal raises in the check; a call in C that does not let go is ended by the kernel, with the
process, of which the parent keeps what has ended.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

try:
    import resource
except ImportError:  # at home on Windows, where nobody waits but the student
    resource = None  # type: ignore[assignment]

#: Processor time for what a check does after it was told to stop.
GRACE_SECONDS = 2
#: It is told again after so much: Python drops what is raised while it collects garbage.
AGAIN_SECONDS = 0.1


class OwnTimeOver(BaseException):
    """The check has used its own time up; no ``except Exception`` of the check's holds it."""


class OwnTime:
    """The processor time of one check after the other, in a process of the grader's.

    Args:
        seconds: for the own work of one check, all of its cases together.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._spent: dict[str, float] = {}
        self._working = False

    def _stop(self, _number: int, _frame: object) -> None:
        if self._working:
            raise OwnTimeOver

    def begin(self, check: str) -> None:
        """Another run of a check begins; it has all of its time."""
        self._spent[check] = 0.0

    @contextmanager
    def of(self, check: str) -> Iterator[None]:
        """Stop what runs inside when the check has used its time up."""
        if resource is None:
            yield
            return
        left = max(self.seconds - self._spent.get(check, 0.0), 0.001)
        started = time.process_time()
        self._working = True
        before = signal.signal(signal.SIGPROF, self._stop)
        _limit(started + left + GRACE_SECONDS)
        try:
            try:
                signal.setitimer(signal.ITIMER_PROF, left, AGAIN_SECONDS)
                yield
            finally:
                self._working = False
        finally:
            self._working = False  # the same line above may be where it is told
            signal.setitimer(signal.ITIMER_PROF, 0)
            _limit(None)
            # One that is on its way yet would end the process.
            signal.signal(signal.SIGPROF, signal.SIG_IGN if before == signal.SIG_DFL else before)
            self._spent[check] = self._spent.get(check, 0.0) + time.process_time() - started


def _limit(seconds: float | None) -> None:
    """Have the kernel end this process when it has used so much processor time in all."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = hard if seconds is None else int(seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))
