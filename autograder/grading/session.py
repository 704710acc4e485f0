"""An assignment comes in; submissions can then be graded one after the other, a report for each.

This is the staff side's handle on the zygote and the grader. Both live as long as the session, so
that the second submission costs no import.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from autograder import __version__, wire
from autograder.model.errors import HarnessFault, UserError
from autograder.model.explained import Explained
from autograder.model.manifest import Assignment
from autograder.model.report import HARNESS_FAULT, Report
from autograder.model.submission import write_files
from autograder.model.trial import Trial
from autograder.sandbox.lockdown import Grading, required

#: What the clean processes get of the environment; one thread each, so that they can be forked.
ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "MPLBACKEND": "Agg",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    # It would start a C compiler, which does not run in the sandbox.
    "TORCHDYNAMO_DISABLE": "1",
}
#: Set by some machines because of their processor; numeric libraries crash without them.
PASSED_ON = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "LD_LIBRARY_PATH", "TMPDIR")


class IsolationError(UserError):
    """The sandbox is weaker here than hidden checks require."""


class ExplainError(UserError):
    """What is to be explained is not there."""


class Nursery:
    """A process that has imported what an assignment needs; sessions fork from it.

    Use it in a ``with`` statement. It is started when the first session asks for it.
    """

    def __init__(self, assignment: Assignment) -> None:
        self._assignment = assignment
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Nursery:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def spawn(self, job: socket.socket) -> int:
        """Have a zygote serve the other end of ``job``; a descriptor of its process.

        Raises:
            HarnessFault: it does not start.
        """
        with self._lock:
            try:
                if self._control is None:
                    self._start()
                assert self._control is not None
                socket.send_fds(self._control, [b"x"], [job.fileno()])
                return os.pidfd_open(int(_reply(self._control)["pid"]))
            except HarnessFault:
                self.close()
                raise
            except (OSError, wire.PeerClosed, wire.WireError):
                self.close()  # the next one starts afresh
                raise HarnessFault("the process that sessions fork from has ended") from None

    def close(self) -> None:
        """End the process; sessions that have come of it live on."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            self._process.wait()
            self._process = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _start(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="nursery-")
        settings = _settings(self._assignment, Path(self._folder.name))
        self._process, self._control = _started("nursery", settings, apart=True)
        _reply(self._control)


class Session:
    """Grades submissions of one assignment. Use it in a ``with`` statement.

    Args:
        assignment: the validated manifest.
        templates: the bytes of the stripped notebooks, by file name.
        allow_unsafe: grade even where the sandbox lacks a primitive that hidden checks require;
            every report then says so.
        cache: a folder of the grader's own in which checks remember costly results.
        remember: take over the verdicts remembered there for equal input and seed, and remember new
            ones.
        trusted: the submissions are the staff's own, so that memory serves without a sandbox too.
        public_only: run the public checks alone, as at home.
        floor: the primitives of the sandbox that hidden checks require; None for the default, which
            is another for a plain user.
        nursery: what to fork the processes from, for sessions side by side; a Ctrl-C in the
            terminal does not reach them then.

    Raises:
        IsolationError: on entering, where a required primitive is not active.
        HarnessFault: on entering, where the processes do not start.
    """

    def __init__(
        self,
        assignment: Assignment,
        templates: Mapping[str, bytes],
        *,
        allow_unsafe: bool = False,
        cache: Path | None = None,
        remember: bool = False,
        trusted: bool = False,
        public_only: bool = False,
        floor: frozenset[str] | None = None,
        nursery: Nursery | None = None,
    ) -> None:
        self.assignment = assignment
        self.templates = dict(templates)
        self.allow_unsafe = allow_unsafe
        self.cache = cache
        self.remember = remember
        self.trusted = trusted
        self.public_only = public_only
        self._floor = floor
        self._nursery = nursery
        self.primitives: frozenset[str] = frozenset()
        self._process: subprocess.Popen[bytes] | None = None
        self._forked: int | None = None
        self._job: socket.socket | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Session:
        self._start()
        lacking = self.floor - self.primitives
        if lacking and not self.allow_unsafe:
            self.close()
            raise IsolationError(
                f"Hidden checks need a sandbox with {', '.join(sorted(self.floor))}, but here "
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
    def floor(self) -> frozenset[str]:
        """What hidden checks require here."""
        if self._floor is not None:
            return self._floor
        return required(Grading.here())

    @property
    def unsafe(self) -> bool:
        """Whether a required primitive is missing and grading goes on all the same."""
        return bool(self.floor - self.primitives)

    @property
    def _keeps_memory(self) -> bool:
        """Without a user of its own, student code could write there."""
        return self.trusted or not self.unsafe

    def grade(
        self,
        submission: Path,
        *,
        seed: int | None = None,
        fresh: bool = False,
        seconds: float | None = None,
        without: frozenset[str] = frozenset(),
        second_look: bool = True,
        trial: Trial | None = None,
        announce: Callable[[int, int], None] = lambda _ended, _all: None,
    ) -> Report:
        """Grade a folder, a zip or one notebook. Always returns a report.

        Args:
            seed: what the checks' random inputs are drawn from; None draws one.
            fresh: run every check, whatever verdicts are remembered.
            seconds: stop after these, if that is before the manifest's ``total_seconds``; checks
                that have not ended by then are reported as skipped.
            without: steps of the sandbox to leave out, for tests of what each is there for; the
                report says what was active.
            second_look: run checks that do not pass on the whole notebook too.
            trial: what is to be run of the checks, of a trial submission of the staff's.
            announce: called with the checks that have ended and the checks in all.
        """
        job = self._request(submission, without) | {
            "seed": seed,
            "second_look": second_look,
            "cache": str(self.cache.absolute()) if self.cache and self._keeps_memory else None,
            "remember": self.remember,
            "fresh": fresh,
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
        job = self._request(submission) | {"explain": known[question.casefold()], "whole": whole}
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
        fresh: bool = False,
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
                fresh=fresh,
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

    def _request(self, submission: Path, without: frozenset[str] = frozenset()) -> dict[str, Any]:
        """What every request says: where the submission is, and what has to hold its code."""
        return {
            "path": str(submission.absolute()),
            "required": sorted(self.floor & self.primitives - without),
            "unsafe": self.unsafe or bool(without),
            "without": sorted(without),
        }

    def _start(self) -> None:
        if self._nursery is None:
            self._folder = tempfile.TemporaryDirectory(prefix="session-")
            settings = _settings(self.assignment, Path(self._folder.name))
            self._process, self._job = _started("zygote", settings, apart=False)
        else:
            self._job, theirs = socket.socketpair()
            with theirs:
                self._forked = self._nursery.spawn(theirs)
        opening = {
            "assignment": str(self.assignment.folder),
            "public": str(self.assignment.public),
            "templates": self.templates,
            "public_only": self.public_only,
        }
        try:
            self.primitives = frozenset(self._exchange(opening)["primitives"])
        except wire.PeerClosed:
            self.close()
            raise HarnessFault("the grading process ended before it was ready") from None

    def _exchange(self, message: dict[str, Any]) -> dict[str, Any]:
        assert self._job is not None
        wire.send(self._job, message)
        return self._receive()

    def _receive(self) -> dict[str, Any]:
        assert self._job is not None
        return _reply(self._job)


def clean_environment() -> dict[str, str]:
    """What the clean processes get of the environment, here and now."""
    return {**ENVIRONMENT, **{k: os.environ[k] for k in PASSED_ON if k in os.environ}}


def _started(
    module: str, settings: Mapping[str, Any], *, apart: bool
) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """A clean process of the sandbox's, which has been sent its settings, and the socket to it.

    Args:
        apart: a Ctrl-C in the terminal does not reach it; who has started it ends it.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-I", "-m", f"autograder.sandbox.{module}", str(theirs.fileno())],
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            process_group=0 if apart else None,
            pass_fds=[theirs.fileno()],
        )
    wire.send(ours, settings)
    return process, ours


def _settings(assignment: Assignment, folder: Path) -> dict[str, Any]:
    """What the process has to import, the public package from a copy in ``folder``."""
    public = folder / "public"
    _copy_readable(assignment.public, public)
    runtime = assignment.runtime
    return {
        "path": (str(public),),
        "imports": runtime.imports,
        "prebind": runtime.prebind,
        "describers": runtime.describers,
        "grader": "autograder.grading.grader:serve",
    }


def _reply(channel: socket.socket) -> dict[str, Any]:
    reply: Any = wire.receive(channel)
    if "fault" in reply:
        raise HarnessFault(reply["fault"])
    return dict(reply)


def _copy_readable(source: Path, target: Path) -> None:
    """Copy the public folder to where the sandbox's user can read it, wherever it came from."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    target.parent.chmod(0o711)
    for path in (target, *target.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


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
