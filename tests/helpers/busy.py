"""Processor time that is spent, also where Python drops whatever is raised meanwhile."""

from __future__ import annotations

import time


def work(seconds: float) -> None:
    """Keep the processor busy."""
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


class WorksWhenDeleted:
    """Works for half a second while it is deleted."""

    def __del__(self) -> None:
        work(0.5)
