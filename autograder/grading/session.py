"""An assignment comes in; submissions can then be graded one after the other, a report for each.

This is the staff side's handle on the zygote and the grader. Both live as long as the session, so
that the second submission costs no import.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import tempfile
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from autograder import __version__, wire
from autograder.grading import processes
from autograder.grading.policies import DEFAULT_ISOLATION, NO_CACHE, CachePolicy, IsolationPolicy
from autograder.grading.processes import ForkServer, reply_on
from autograder.model.errors import HarnessFault, UserError
from autograder.model.explained import Explained
from autograder.model.manifest import Assignment
from autograder.model.report import HARNESS_FAULT, Report
from autograder.model.submission import write_files
from autograder.model.trial import Trial


class IsolationError(UserError):
    """The sandbox is weaker here than hidden checks require."""


class ExplainError(UserError):
    """What is to be explained is not there."""


class Session:
    """Grades submissions of one assignment. Use it in a ``with`` statement.

    Args:
        assignment: the validated manifest.
        templates: the bytes of the stripped notebooks, by file name.
        isolation: what has to hold student code.
        cache: what is kept from submission to submission, and taken over from there.
        public_only: run the public checks alone, as at home.
        usual: notebooks that most submissions will have, as far as they are known, by the file
            names of the templates; they are read once.
        fork_server: what to fork the processes from, for sessions side by side; a Ctrl-C in the
            terminal does not reach them then.

    Raises:
        IsolationError: on entering, where a required layer is not active.
        HarnessFault: on entering, where the processes do not start.
    """

    def __init__(
        self,
        assignment: Assignment,
        templates: Mapping[str, bytes],
        *,
        isolation: IsolationPolicy = DEFAULT_ISOLATION,
        cache: CachePolicy = NO_CACHE,
        public_only: bool = False,
        usual: Mapping[str, bytes] | None = None,
        fork_server: ForkServer | None = None,
    ) -> None:
        self.assignment = assignment
        self.templates = dict(templates)
        self.isolation = isolation
        self.cache = cache
        self.public_only = public_only
        self.usual = {name: data for name, data in (usual or {}).items() if name in self.templates}
        self._fork_server = fork_server
        self.layers: frozenset[str] = frozenset()
        self._process: subprocess.Popen[bytes] | None = None
        self._forked: int | None = None
        self._job: socket.socket | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Session:
        self._start()
        needed = self.isolation.layers
        lacking = needed - self.layers
        if lacking and not self.isolation.accept_weaker:
            self.close()
            raise IsolationError(
                f"Hidden checks need a sandbox with {', '.join(sorted(needed))}, but here "
                f"{', '.join(sorted(lacking))} cannot be had; "
                "run as root (in a container, say), or accept the risk with --allow-unsafe."
            )
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def unsafe(self) -> bool:
        """Whether a required layer is missing and grading goes on all the same."""
        return bool(self.isolation.layers - self.layers)

    @property
    def _cache_dir(self) -> str | None:
        """None where student code could write there, for want of a user of its own."""
        if self.unsafe and not self.cache.trusted:
            return None
        return str(self.cache.folder.absolute()) if self.cache.folder else None

    def grade(
        self,
        submission: Path,
        *,
        seed: int | None = None,
        no_cache: bool = False,
        seconds: float | None = None,
        isolation: IsolationPolicy | None = None,
        second_look: bool = True,
        trial: Trial | None = None,
        announce: Callable[[int, int], None] = lambda _ended, _all: None,
    ) -> Report:
        """Grade a folder, a zip or one notebook. Always returns a report.

        Args:
            seed: what the checks' random inputs are drawn from; None draws one.
            no_cache: run every check, whatever verdicts are kept.
            seconds: stop after these, if that is before the manifest's ``total_seconds``; checks
                that have not ended by then are reported as skipped.
            isolation: another policy for this submission than the session's.
            second_look: run checks that do not pass on the whole notebook too.
            trial: what is to be run of the checks, of a trial submission of the staff's.
            announce: called with the checks that have ended and the checks in all.
        """
        job = self._request(submission, isolation or self.isolation) | {
            "seed": seed,
            "second_look": second_look,
            "cache_dir": self._cache_dir,
            "verdicts": self.cache.verdicts,
            "no_cache": no_cache,
            "seconds": seconds,
            "trial": None if trial is None else trial.to_dict(),
        }
        try:
            if self._job is None:
                self._start()
            reply = self._exchange(job)
            while "progress" in reply:
                announce(*reply["progress"])
                reply = self._receive()
            return Report.from_dict(reply["report"])
        except (HarnessFault, wire.PeerClosed, wire.WireError):
            fault = traceback.format_exc()
            self.close()  # the next submission starts afresh
            return failed_report(self.assignment, submission, fault)

    def explain(self, submission: Path, question: str, *, whole: bool = False) -> Explained:
        """What is run of a submission for one question, and why; no check is run.

        Args:
            question: its id.
            whole: run the whole notebook down to the answer.

        Raises:
            ExplainError: there is no such question, nothing at that path, or too much in it.
            HarnessFault: it could not be told.
        """
        known = {each.id.casefold(): each.id for each in self.assignment.questions}
        if question.casefold() not in known:
            raise ExplainError(
                f"{self.assignment.name} has no question '{question}'; "
                f"choose from {', '.join(known.values())}."
            )
        if not submission.exists():
            raise ExplainError(
                f"{submission}: nothing is there; name a folder, a zip or a notebook."
            )
        job = self._request(submission, self.isolation) | {
            "explain": known[question.casefold()],
            "whole": whole,
        }
        try:
            if self._job is None:
                self._start()
            reply = self._exchange(job)
        except (wire.PeerClosed, wire.WireError) as error:
            self.close()
            raise HarnessFault(f"the grading process has ended: {error}") from error
        if "late" in reply:
            raise ExplainError(
                f"{submission.name}: it took more than {reply['late']:g} seconds to tell what is "
                "run of it; look for a cell with thousands of statements."
            )
        return Explained.from_dict(reply["explained"])

    def interrupt(self) -> None:
        """From another thread: have a submission that is under way end, in a fault."""
        job = self._job
        if job is not None:
            with contextlib.suppress(OSError):  # it is being closed just now
                job.shutdown(socket.SHUT_RDWR)

    def grade_files(
        self,
        files: Mapping[str, bytes],
        *,
        seed: int | None = None,
        no_cache: bool = False,
        seconds: float | None = None,
        second_look: bool = True,
        trial: Trial | None = None,
    ) -> Report:
        """As `grade`, for files by their relative paths."""
        with tempfile.TemporaryDirectory(prefix="submission-") as folder:
            write_files(files, Path(folder))
            return self.grade(
                Path(folder),
                seed=seed,
                no_cache=no_cache,
                seconds=seconds,
                second_look=second_look,
                trial=trial,
            )

    def close(self) -> None:
        """End the processes of the session and whatever still runs in them."""
        if self._job is not None:
            self._job.close()
            self._job = None
        if self._process is not None:
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._forked is not None:
            if not select.select([self._forked], [], [], 10)[0]:
                signal.pidfd_send_signal(self._forked, signal.SIGKILL)
            os.close(self._forked)
            self._forked = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _request(self, submission: Path, isolation: IsolationPolicy) -> dict[str, Any]:
        """What every request says: where the submission is, and what has to hold its code."""
        needed, left_out = isolation.layers, isolation.leave_out
        return {
            "path": str(submission.absolute()),
            "required": sorted(needed & self.layers - left_out),
            "unsafe": bool(needed - self.layers or left_out),
            "leave_out": sorted(left_out),
        }

    def _start(self) -> None:
        if self._fork_server is None:
            self._folder = tempfile.TemporaryDirectory(prefix="session-")
            told = processes.settings(self.assignment, Path(self._folder.name))
            self._process, self._job = processes.started("zygote", told, process_group=False)
        else:
            self._job, theirs = socket.socketpair()
            with theirs:
                self._forked = self._fork_server.spawn(theirs)
        opening = {
            "assignment": str(self.assignment.folder),
            "public": str(self.assignment.public),
            "templates": self.templates,
            "public_only": self.public_only,
            "usual": self.usual,
        }
        try:
            self.layers = frozenset(self._exchange(opening)["layers"])
        except wire.PeerClosed:
            self.close()
            raise HarnessFault("the grading process ended before it was ready") from None

    def _exchange(self, message: dict[str, Any]) -> dict[str, Any]:
        assert self._job is not None
        wire.send(self._job, message)
        return self._receive()

    def _receive(self) -> dict[str, Any]:
        assert self._job is not None
        return reply_on(self._job)


def failed_report(assignment: Assignment, submission: Path, fault: str) -> Report:
    """The report of a submission that the harness could not grade."""
    return Report(
        submission=submission.name,
        assignment=assignment.name,
        max_score=assignment.points,
        notes=(HARNESS_FAULT,),
        faults=(fault,),
        version=__version__,
        manual=assignment.ungraded,
    )
