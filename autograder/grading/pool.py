"""Jobs come in from several threads; reports go out, each from a session that is used by one alone.

Sessions are started when they are first needed, and live on for later jobs.
"""

from __future__ import annotations

import threading
import traceback
from contextlib import ExitStack
from pathlib import Path

from autograder.grading.bundle import Bundle, unpack
from autograder.grading.jobs import Finished, Job, graded
from autograder.grading.session import Nursery, Session
from autograder.model.errors import UserError
from autograder.model.report import Report

#: A session that died under a submission is replaced, and the submission graded so often in all.
ATTEMPTS = 2


class Sessions(ExitStack):
    """The sessions of one process. Use it in a ``with`` statement.

    Args:
        folder: an empty one, which nobody else may enter; the assignment is unpacked there.
        memory: where verdicts and costly results are remembered.
    """

    def __init__(self, bundle: Bundle, folder: Path, memory: Path) -> None:
        super().__init__()
        self.assignment, self._templates = unpack(bundle, folder)
        self._memory = memory
        self._nursery = self.enter_context(Nursery(self.assignment))
        self._lock = threading.Lock()
        self._free: list[Session] = []
        self._all: list[Session] = []
        self.stopped = False

    def grade(self, job: Job) -> Finished:
        """Grade a job.

        Raises:
            UserError: nothing can be graded here; the text says why.
        """
        try:
            session = self._taken()
            try:
                return Finished(job.id, self._graded(session, job).to_dict())
            finally:
                with self._lock:
                    self._free.append(session)
        except UserError:
            raise
        except Exception:
            return Finished(job.id, None, traceback.format_exc())

    def interrupt(self) -> None:
        """End what is under way; its reports are worth nothing."""
        with self._lock:
            self.stopped = True
            for session in self._all:
                session.interrupt()

    def _graded(self, session: Session, job: Job) -> Report:
        report = graded(session, job)
        for _ in range(ATTEMPTS - 1):
            if not report.checks and not self.stopped:
                report = graded(session, job)
        return report

    def _taken(self) -> Session:
        with self._lock:
            if self._free:
                return self._free.pop()
        session = Session(
            self.assignment,
            self._templates,
            cache=self._memory,
            remember=True,
            nursery=self._nursery,
        )
        with self._lock:
            self.callback(session.close)
            self._all.append(session)
        session.__enter__()  # takes seconds, in which others should not wait for the lock
        return session
