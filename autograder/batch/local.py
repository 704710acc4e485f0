"""Jobs come in; what came of each goes out as it ends, graded by this machine's cores."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from autograder.grading.bundle import Bundle
from autograder.grading.jobs import Finished, Job, JobPool


def grade_here(
    jobs: Iterable[Job], bundle: Bundle, *, slots: int, memory: Path
) -> Iterator[Finished]:
    """Grade in ``slots`` sessions side by side.

    The jobs are asked for when a session is free, from one thread at a time. Closing the iterator
    stops all that is under way.

    Raises:
        UserError: nothing can be graded here.
    """
    with TemporaryDirectory(prefix="batch-") as folder, JobPool(bundle, Path(folder), memory) as s:
        yield from _Threads(iter(jobs), s, slots).run()


class _Threads:
    """One thread for each session, which waits for it most of the time."""

    def __init__(self, jobs: Iterator[Job], sessions: JobPool, slots: int) -> None:
        self._jobs = jobs
        self._sessions = sessions
        self._slots = slots
        self._lock = threading.Lock()
        self._ended: queue.SimpleQueue[Finished | BaseException | None] = queue.SimpleQueue()

    def run(self) -> Iterator[Finished]:
        threads = [threading.Thread(target=self._work) for _ in range(self._slots)]
        for thread in threads:
            thread.start()
        at_work = len(threads)
        try:
            while at_work:
                found = self._ended.get()
                if isinstance(found, BaseException):
                    raise found
                if found is None:
                    at_work -= 1
                else:
                    yield found
        finally:
            if at_work:
                self._sessions.interrupt()
            for thread in threads:
                thread.join()

    def _work(self) -> None:
        try:
            while (job := self._next()) is not None:
                self._ended.put(self._sessions.grade(job))
        except BaseException as error:  # raised where the results are taken
            self._ended.put(error)
        self._ended.put(None)

    def _next(self) -> Job | None:
        with self._lock:
            return None if self._sessions.stopped else next(self._jobs, None)
