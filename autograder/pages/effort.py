"""Seconds come in; what runs longer than that is stopped.

The libraries that make pages need quadratic time or more for some texts. The time counted is the
processor's, so that a busy machine leaves nothing out.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

Made = TypeVar("Made")

#: It is stopped once more after so long: Python drops what is raised while it collects garbage.
AGAIN_SECONDS = 0.05


class Exceeded(BaseException):
    """It took too long; no ``except Exception`` of a library holds it."""


class Effort:
    """Seconds of the processor that may be spent, in all and at once.

    In a thread other than the main one nothing can be stopped, and nothing is.
    """

    def __init__(self, seconds: float, at_once: float) -> None:
        self.left = seconds
        self._at_once = at_once

    def spend(self, make: Callable[[], Made]) -> Made:
        """What ``make`` gives.

        Raises:
            Exceeded: it takes too long.
        """
        if self.left <= 0:
            raise Exceeded
        began = time.process_time()
        try:
            return _within(min(self.left, self._at_once), make)
        finally:
            self.left -= time.process_time() - began


def _within(seconds: float, make: Callable[[], Made]) -> Made:
    if threading.current_thread() is not threading.main_thread():
        return make()
    before = signal.signal(signal.SIGVTALRM, _stop)
    try:
        try:
            signal.setitimer(signal.ITIMER_VIRTUAL, seconds, AGAIN_SECONDS)
            return make()
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)  # the line above may be where it stops
        signal.signal(signal.SIGVTALRM, before)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Exceeded
