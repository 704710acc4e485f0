"""Work comes in from several threads; each piece gets a session that is used by one alone.

Sessions are started when they are first needed, and live on for later work.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TypeVar

from autograder.grading.policies import (
    DEFAULT_ISOLATION,
    NO_CACHE,
    CachePolicy,
    IsolationPolicy,
)
from autograder.grading.processes import ForkServer
from autograder.grading.session import Session
from autograder.model.manifest import Assignment

#: A session starts in the time of several submissions; fewer than these are not worth another.
WORTH_A_SESSION = 12

_Item = TypeVar("_Item")
_Done = TypeVar("_Done")


class SessionPool(ExitStack):
    """The sessions for one assignment, which fork from one process. Use it in a ``with`` statement.

    Args:
        templates, isolation, cache, usual: as each session gets them.
    """

    def __init__(
        self,
        assignment: Assignment,
        templates: Mapping[str, bytes],
        *,
        isolation: IsolationPolicy = DEFAULT_ISOLATION,
        cache: CachePolicy = NO_CACHE,
        usual: Mapping[str, bytes] | None = None,
    ) -> None:
        super().__init__()
        fork_server = self.enter_context(ForkServer(assignment))
        self._new = partial(
            Session,
            assignment,
            templates,
            isolation=isolation,
            cache=cache,
            usual=usual,
            fork_server=fork_server,
        )
        self._lock = threading.Lock()
        self._free: list[Session] = []
        self._all: list[Session] = []
        self.stopped = False

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session that nobody else uses meanwhile.

        Raises:
            IsolationError, HarnessFault: none can be started.
        """
        session = self._taken()
        try:
            yield session
        finally:
            with self._lock:
                self._free.append(session)

    def interrupt(self) -> None:
        """End what is under way; its reports are worth nothing."""
        with self._lock:
            self.stopped = True
            for session in self._all:
                session.interrupt()

    def _taken(self) -> Session:
        with self._lock:
            if self._free:
                return self._free.pop()
            session = self._new()
            self.callback(session.close)
            self._all.append(session)
        session.__enter__()  # takes seconds, in which others should not wait for the lock
        return session


def side_by_side(work: Callable[[_Item], _Done], items: Sequence[_Item]) -> list[_Done]:
    """What becomes of each item, in order; on all cores, where there are enough for a session."""
    most = len(os.sched_getaffinity(0))
    count = max(1, min(most, len(items) // WORTH_A_SESSION))
    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(work, items))
