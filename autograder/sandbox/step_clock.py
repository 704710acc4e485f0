"""Seconds come in; a statement that goes on for longer is stopped by an exception of its own."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

#: How often a step that goes on after it was stopped is stopped again.
STOP_AGAIN_SECONDS = 0.5


class StepStopped(BaseException):
    """An optional step has used the time up; no ``except Exception`` of the student's holds it."""


class Clock:
    """Whether the time was up, and whether what it was for had ended before."""

    rung = over = False


@contextmanager
def stopping(seconds: float | None) -> Iterator[Clock]:
    """Stop what runs inside after so many seconds; None for no limit.

    It needs signals, which Windows lacks and a thread does not get: there the grader's own deadline
    is the only one.
    """
    clock = Clock()
    main = threading.current_thread() is threading.main_thread()
    if seconds is None or not main or not hasattr(signal, "setitimer"):
        yield clock
        return

    def ring(_number: int, _frame: object) -> None:
        if not clock.over:
            clock.rung = True
            raise StepStopped

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-3), STOP_AGAIN_SECONDS)
    try:
        yield clock
        clock.over = True
    except StepStopped:  # it came between the step and here
        clock.over = True
    finally:
        clock.over = True
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
