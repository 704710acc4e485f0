"""Runs in the grader, a fork of the zygote: submissions come in by the wire, reports go out.

The grader forks once more for each submission, so that a check that crashes or hangs costs that
submission its outcome and nothing else: results stream out as they come, and what is missing when
the child is gone is reported as the harness's fault.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import os
import secrets
import shutil
import signal
import socket
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

import autograder
from autograder import wire
from autograder.checks import running
from autograder.checks.cache import Cache, Store
from autograder.checks.dependencies import Dependencies
from autograder.checks.explaining import explained
from autograder.checks.own_time import OwnTime
from autograder.checks.plugin.collected import CollectedChecks, Handed
from autograder.checks.process import Ran, Times
from autograder.checks.second_look import SecondLooks
from autograder.checks.student import Student
from autograder.checks.verdicts import Verdicts, basis_of, code_of
from autograder.grading.outcome import UNREAD, Outcome
from autograder.model import manifest
from autograder.model.errors import HarnessFault
from autograder.model.explained import Explained
from autograder.model.manifest import Assignment, Question
from autograder.model.report import HARNESS_FAULT, CheckResult, Report
from autograder.model.submission import Submission, SubmissionError, collect_for
from autograder.model.trial import Trial
from autograder.sandbox.ahead import Workers
from autograder.sandbox.client import Bounds, Worker, Zygote
from autograder.sandbox.lockdown import LIBC, PR_SET_PDEATHSIG
from autograder.sandbox.worker import public_paths
from autograder.slicing.answers import Answers
from autograder.slicing.notebook import Notebook, parse
from autograder.slicing.packages import packages_of
from autograder.slicing.slicer import prepare


@dataclass(frozen=True)
class Job:
    """One submission to grade.

    Attributes:
        path: the submission, a folder, a zip or a notebook.
        required: the sandbox primitives without which a worker is refused.
        unsafe: some that hidden checks require are missing, and staff accept it.
        without: steps of the sandbox to leave out; in tests alone.
        seed: what random inputs are drawn from; None draws one.
        cache: a folder in which checks may remember costly results, None for no memory.
        remember: take over the verdicts remembered there for equal input, and remember new ones.
        fresh: take over none, and no costly result either.
        seconds: stop after these, if that is before the manifest's limit.
        second_look: run checks that do not pass on the whole notebook too.
        trial: what is to be run of the checks, of a trial submission of the staff's.
    """

    path: str
    required: tuple[str, ...]
    unsafe: bool
    without: tuple[str, ...]
    seed: int | None = None
    cache: str | None = None
    remember: bool = False
    fresh: bool = False
    seconds: float | None = None
    second_look: bool = True
    trial: Trial | None = None


#: To look up what is remembered; a submission that takes longer to be read is graded as any other.
RECALL_SECONDS = 10.0


def serve(job: socket.socket, control: socket.socket) -> None:
    """Grade what comes in on ``job`` until it is closed."""
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a check's prints must not become output
    opening: Any = wire.receive(job)
    assignment = replace(manifest.load(Path(opening["assignment"])), public=Path(opening["public"]))
    templates = {name: parse(data, name) for name, data in opening["templates"].items()}
    with _temporary() as base:
        grader = Grader(assignment, templates, Zygote(control), base, opening["public_only"])
        wire.send(job, {"primitives": sorted(grader.self_test())})
        grader.run_checks(job)


@contextlib.contextmanager
def _temporary() -> Iterator[Path]:
    """A folder that others may pass through but not list; workers' folders lie in it."""
    with tempfile.TemporaryDirectory(prefix="grading-") as name:
        base = Path(name)
        base.chmod(0o711)
        yield base


class Grader:
    """Grades submissions of one assignment, one after the other."""

    def __init__(
        self,
        assignment: Assignment,
        templates: dict[str, Notebook],
        zygote: Zygote,
        base: Path,
        public_only: bool,
    ) -> None:
        self.assignment = assignment
        self.templates = templates
        self.zygote = zygote
        self.base = base
        self.public_only = public_only
        self.packages = packages_of(assignment, public_paths(assignment.runtime.prebind))
        for template in templates.values():
            prepare(template, self.packages)  # here, where all submissions' children have it
        self._bases: dict[tuple[str, ...], str] = {}
        self.dependencies = Dependencies(assignment)
        self.checks = CollectedChecks(assignment)
        self._recaller: Recaller | None = None

    def basis(self, job: Job) -> str:
        """A digest of all that verdicts follow from but for the submission; made once."""
        conditions = (*job.required, *(["unsafe"] if job.unsafe else []))
        if conditions not in self._bases:
            self._bases[conditions] = basis_of(self.assignment, conditions)
            for check in self.checks:
                code_of(check.spec.file, check.spec.name)
        return self._bases[conditions]

    def self_test(self) -> frozenset[str]:
        """Start a worker, run honest code in it and stop it; the primitives that held.

        Raises:
            HarnessFault: the sandbox refuses what honest code needs.
        """
        worker = Worker(self.zygote, Bounds(5, 1 << 30, 1 << 20), self.base)
        worker.self_test()
        worker.close()
        return worker.active

    def run_checks(self, jobs: socket.socket) -> None:
        """Collect the checks once, and run them in a fork for each submission that comes.

        pytest is called once. Inside its loop this process waits for submissions, and the forks
        begin and end.
        """

        def serve(checks: CollectedChecks) -> None:
            self.checks = checks
            self._serve(jobs)

        running.run(self.assignment, serve, public_only=self.public_only)

    def _serve(self, jobs: socket.socket) -> None:
        """Grade what comes, until there is no more."""
        while True:
            try:
                request: Any = wire.receive(jobs)
            except wire.PeerClosed:
                return
            for name in ("required", "without"):
                request[name] = tuple(request[name])
            if request.get("trial") is not None:
                request["trial"] = Trial.from_dict(request["trial"])
            if "explain" in request:
                asked = request.pop("explain"), request.pop("whole")
                wire.send(jobs, self.explain(Job(**request), *asked))
                continue
            report = self.grade(
                Job(**request), lambda *progress: wire.send(jobs, {"progress": progress})
            )
            wire.send(jobs, {"report": report.to_dict()})

    def grade(self, job: Job, announce: Callable[[int, int], None]) -> Report:
        """Grade one submission. Always returns a report.

        Args:
            announce: called with the checks that have ended and the checks in all.
        """
        started = time.monotonic()
        folder = Path(tempfile.mkdtemp(dir=self.base, prefix="submission-"))
        folder.chmod(0o711)
        seed = secrets.randbits(48) if job.seed is None else job.seed
        outcome = Outcome()
        try:
            if job.remember:
                self.basis(job)  # here, where it outlives the child
            if not self._recall(job, folder, seed, outcome):
                self._run(job, folder, seed, outcome, announce)
        except Exception:
            outcome.faults.append(traceback.format_exc())
        shutil.rmtree(folder, ignore_errors=True)
        return self._report(job, seed, time.monotonic() - started, outcome)

    def explain(self, job: Job, question: str, whole: bool) -> dict[str, Any]:
        """What is run for a question and why; the message that says so, or that tells a fault."""
        folder = Path(tempfile.mkdtemp(dir=self.base, prefix="explained-"))
        folder.chmod(0o711)
        limits = self.assignment.limits
        once = limits.check_seconds + max(limits.replay_seconds, limits.whole_seconds)
        # It may be run a second time, without what only may matter.
        deadline = time.monotonic() + limits.total_seconds + 2 * once
        ours, theirs = socket.socketpair()
        child = os.fork()
        if child == 0:
            ours.close()
            try:
                made = Child(self, job, folder, 0, theirs).explain(question, whole)
                wire.send(theirs, {"explained": made.to_dict()})
            except BaseException:
                wire.send(theirs, {"fault": traceback.format_exc()})
            os._exit(0)
        theirs.close()
        try:
            message = dict(wire.receive(ours, deadline=deadline))  # type: ignore[call-overload]
        except wire.DeadlinePassed:
            message = {"late": limits.total_seconds + 2 * once}
        except (wire.PeerClosed, wire.WireError):
            message = {"fault": "the process that ran the notebook ended early"}
        finally:
            ours.close()
            _code, fault = self._ended(child)
            shutil.rmtree(folder, ignore_errors=True)
        return {"fault": fault} if fault else message

    def _ended(self, child: int) -> tuple[int, str]:
        """End a child and all workers; how it ended, and what the reaper could not do, in words."""
        os.kill(child, signal.SIGKILL)
        _pid, status = os.waitpid(child, 0)
        fault = str(self.zygote.order("reap_all").get("fault", ""))
        return os.waitstatus_to_exitcode(status), fault

    def _recall(self, job: Job, folder: Path, seed: int, outcome: Outcome) -> bool:
        """Take over all outcomes, if every one is remembered."""
        if job.trial is not None:  # of which something has to be run, as a rule
            return False
        if not job.remember or job.fresh or job.cache is None or self.checks.errors:
            return False
        if self._recaller is None:
            self._recaller = Recaller(self)
        found = self._recaller.ask(job, folder / "recalled", seed)
        if self._recaller.spent:
            self._recaller.close()
            self._recaller = None
        if found is not None:
            outcome.take(found)
        return found is not None

    def _run(
        self,
        job: Job,
        folder: Path,
        seed: int,
        outcome: Outcome,
        announce: Callable[[int, int], None],
    ) -> None:
        """Have children run the checks: another one goes on where a check has ended one."""
        seconds = self.assignment.limits.total_seconds
        if job.seconds is not None:
            seconds = max(min(seconds, job.seconds), 0.0)
        deadline = time.monotonic() + seconds
        if job.cache is not None and self.checks.remember:
            self.dependencies.read()  # here, where it outlives the child
        own = self.assignment.limits.grader_seconds
        for number in itertools.count():
            inner = folder / str(number)
            inner.mkdir()
            inner.chmod(0o711)
            outcome.running = ""
            try:
                code = self._run_once(job, inner, seed, outcome, announce, deadline)
            except wire.DeadlinePassed:
                outcome.stop(seconds)
                return
            if code is None:
                return
            if not outcome.lose(code, own):
                outcome.faults.append("the process that ran the checks ended early")
                return
            shutil.rmtree(inner, ignore_errors=True)

    def _run_once(
        self,
        job: Job,
        folder: Path,
        seed: int,
        outcome: Outcome,
        announce: Callable[[int, int], None],
        deadline: float,
    ) -> int | None:
        """Fork a child and take its results; its exit code if it did not come to its end.

        Raises:
            DeadlinePassed: its time was over.
        """
        ours, theirs = socket.socketpair()
        child = os.fork()
        if child == 0:
            ours.close()
            self._run_and_exit(job, folder, seed, theirs, outcome)
        theirs.close()
        complete = False
        try:
            while outcome.add(wire.receive(ours, deadline=deadline)):
                announce(len(outcome.ended), len(outcome.checks))
            complete = True
        except wire.PeerClosed:
            pass
        finally:
            ours.close()
            code, fault = self._ended(child)
            if fault:
                outcome.faults.append(fault)
        return None if complete else code

    def _run_and_exit(
        self, job: Job, folder: Path, seed: int, channel: socket.socket, before: Outcome
    ) -> NoReturn:
        """In a fork: run the checks on one submission, say what has come of it, and end.

        Args:
            before: what other forks have ended with; those checks are not run again.
        """
        try:
            ended = {n: before.checks[n].status == "passed" for n in before.ended}
            child = Child(self, job, folder, seed, channel, ended)
            self.checks.run(child.handed)
            end = child.end(self.checks)
        except BaseException:
            end = {"faults": [traceback.format_exc()]}
        try:
            wire.send(channel, {"end": end})
        finally:
            os._exit(0)

    def _report(self, job: Job, seed: int, seconds: float, outcome: Outcome) -> Report:
        checks = tuple(outcome.checks.values()) or tuple(
            _not_graded(question, late=outcome.late)
            for question in self.assignment.questions
            if not question.only_manual
        )
        return Report(
            submission=Path(job.path).name,
            assignment=self.assignment.name,
            max_score=self.assignment.points,
            checks=checks,
            notes=(*outcome.notes, *([HARNESS_FAULT] if outcome.faults else [])),
            faults=tuple(outcome.faults),
            flags=outcome.all_flags,
            seed=seed,
            primitives=outcome.primitives,
            unsafe=job.unsafe,
            seconds=round(seconds, 4),
            version=autograder.__version__,
            skipped=tuple(outcome.skipped),
            manual=self.assignment.ungraded,
        )


def _not_graded(question: Question, *, late: bool) -> CheckResult:
    """The entry of a question whose checks could not even be collected, or not begun in time."""
    return CheckResult(
        id=question.id,
        question=question.id,
        title=question.title,
        number="",
        hidden=True,
        score=0.0,
        max_score=question.checked_points,
        status="skipped" if late else "fault",
        message=UNREAD if late else HARNESS_FAULT,
    )


# --- the child: one submission -------------------------------------------------------------------


class Child:
    """The process of one submission: what it asks of the checks, and what it says at its end."""

    def __init__(
        self,
        grader: Grader,
        job: Job,
        folder: Path,
        seed: int,
        channel: socket.socket,
        ended: Mapping[str, bool] | None = None,
    ) -> None:
        self.channel = channel
        self._assignment = grader.assignment
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        self._submission, self._problem = _collected(grader.assignment, Path(job.path), folder)
        self._answers = Answers(
            grader.assignment, grader.templates, self._submission, grader.packages
        )
        scratch = folder / "scratch"
        scratch.mkdir(mode=0o711)

        limits = grader.assignment.limits
        self._workers = Workers(grader.zygote, _bounds(grader, job), scratch)

        def start_worker(_seconds: float) -> Worker:
            return _held(self._workers.take(), job)

        def make_student(question: Question, seconds: float, whole: bool) -> Student:
            times = Times(seconds, limits.whole_seconds if whole else limits.replay_seconds)
            return Student(self._answers, question, times, start_worker, whole=whole)

        folder_kept = Path(job.cache) if job.cache else None
        memory = Cache(folder_kept, grader.dependencies.of, fresh=job.fresh)
        verdicts = None
        if job.remember:
            basis = grader.basis(job)
            verdicts = Verdicts(
                Store(folder_kept),
                basis,
                self._answers,
                self._submission,
                seed,
                fresh=job.fresh,
                second_look=job.second_look,
            )
        self.handed = Handed(
            seed,
            make_student,
            start_worker,
            self._submission,
            memory,
            lambda result: wire.send(channel, _told(grader.checks, result)),
            verdicts,
            SecondLooks(limits.second_look_seconds) if job.second_look else None,
            own_time=OwnTime(limits.grader_seconds),
            begin=self._begin,
            ended=ended or {},
            trial=job.trial,
        )

    def _begin(self, check: str, more: bool) -> None:
        wire.send(self.channel, {"began": check})
        self._workers.more = more

    def explain(self, identifier: str, whole: bool) -> Explained:
        """What is run for a question and why."""
        question, limits = self._assignment.question(identifier), self._assignment.limits
        always = self._assignment.runs_whole(question)
        reason = 'the manifest says run = "all"' if always else "--whole was given" if whole else ""
        student = self.handed.make_student(question, limits.check_seconds, bool(reason))
        began = time.monotonic()
        ran = student.run() if question.notebook else Ran()
        seconds = time.monotonic() - began
        student.close()
        return explained(
            self._answers,
            question,
            ran,
            whole=reason,
            seconds=seconds,
            budget=limits.whole_seconds if reason else limits.replay_seconds,
            notes=[*self._problem, *(f"{n} was left out: {why}." for n, why in self._skipped)],
        )

    def end(self, checks: CollectedChecks) -> dict[str, Any]:
        """All that is left to say when the checks have run.

        Raises:
            HarnessFault: a worker could not be reaped.
        """
        self._workers.close()
        return {
            "faults": checks.faults,
            "notes": [*self._problem, *self._answers.notes],
            "skipped": self._skipped,
        }

    @property
    def _skipped(self) -> list[tuple[str, str]]:
        return [(item.name, item.reason) for item in self._submission.skipped[:50]]


def _told(checks: CollectedChecks, result: CheckResult) -> dict[str, Any]:
    """What a child says of a check."""
    return {
        "check": asdict(result),
        "told": checks.flags_of(result.id),
        "held": checks.sandbox_of(result.id),
    }


def _bounds(grader: Grader, job: Job) -> Bounds:
    """Those of every worker: of time as the check that may take longest, which no other has."""
    limits = grader.assignment.limits
    own = [check.spec.seconds for check in grader.checks if check.spec.seconds is not None]
    longest = max([limits.check_seconds, *own])
    return Bounds(
        cpu_seconds=math.ceil(longest + max(limits.replay_seconds, limits.whole_seconds)) + 5,
        memory=limits.memory_mb * 10**6,
        file_size=limits.file_mb * 10**6,
        without=frozenset(job.without),
    )


def _held(worker: Worker, job: Job) -> Worker:
    """The same worker.

    Raises:
        HarnessFault: it lacks what is required.
    """
    if lacking := frozenset(job.required) - worker.active:
        worker.close()
        raise HarnessFault(f"the sandbox lost {', '.join(sorted(lacking))} during the run")
    return worker


class Recaller:
    """A fork of the grader that looks up what is remembered, for one submission after the other.

    A fork of a process with torch, and its end, cost more than all the looking up. This one reads
    submissions but runs neither checks nor student code, so that it may serve many.
    """

    #: What reading has left behind in the process goes with it.
    SUBMISSIONS = 200

    def __init__(self, grader: Grader) -> None:
        self._left = self.SUBMISSIONS
        self._channel, theirs = socket.socketpair()
        self._pid = os.fork()
        if self._pid == 0:
            self._channel.close()
            try:
                self._serve(grader, theirs)
            finally:
                os._exit(0)
        theirs.close()

    @property
    def spent(self) -> bool:
        """Whether another one has to take its place."""
        return self._left <= 0

    def ask(self, job: Job, folder: Path, seed: int) -> list[Any] | None:
        """The messages that a child would send; None if a check has to run."""
        self._left -= 1
        try:
            wire.send(self._channel, {**asdict(job), "folder": str(folder), "drawn": seed})
            reply: Any = wire.receive(self._channel, deadline=time.monotonic() + RECALL_SECONDS)
        except (wire.PeerClosed, wire.DeadlinePassed, wire.WireError):
            self._left = 0  # reading this one ended it, or takes too long
            return None
        return list(reply["messages"]) or None

    def close(self) -> None:
        """End the process."""
        self._channel.close()
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)

    @staticmethod
    def _serve(grader: Grader, channel: socket.socket) -> None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        while True:
            request: Any = wire.receive(channel)
            messages: list[dict[str, Any]] = []
            with contextlib.suppress(Exception):  # running the checks tells what is wrong
                messages = Recaller._recalled(grader, request, channel)
            wire.send(channel, {"messages": messages})

    @staticmethod
    def _recalled(grader: Grader, request: Any, channel: socket.socket) -> list[dict[str, Any]]:
        folder, seed = Path(request.pop("folder")), request.pop("drawn")
        folder.mkdir(mode=0o700)
        job = Job(**{**request, **{n: tuple(request[n]) for n in ("required", "without")}})
        child = Child(grader, job, folder, seed, channel)
        if not grader.checks.recalls(child.handed):
            return []
        checks = [_told(grader.checks, check.result()) for check in grader.checks]
        return [*checks, {"end": child.end(grader.checks)}]


def _collected(assignment: Assignment, source: Path, folder: Path) -> tuple[Submission, list[str]]:
    """The safe copy; for a submission that cannot be read an empty one, and the reason."""
    root = folder / "files"
    root.mkdir(mode=0o755)
    try:
        return collect_for(assignment, source, root), []
    except SubmissionError as error:
        return Submission(source.name, root, (), ()), [str(error)]
