"""Runs in the grader, a fork of the zygote: submissions come in by the wire, reports go out.

The grader forks once more for each submission, so that a check that crashes or hangs costs that
submission its outcome and nothing else: results stream out as they come, and what is missing when
the child is gone is reported as an internal error.
"""

from __future__ import annotations

import contextlib
import itertools
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
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import autograder
from autograder import wire
from autograder.checks import running
from autograder.checks.dependencies import Dependencies
from autograder.checks.plugin.collected import CollectedChecks
from autograder.checks.verdicts import cache_key, code_of
from autograder.grading.child import Child, GradeRequest
from autograder.grading.lookup import CacheLookup
from autograder.grading.outcome import UNREAD, Outcome
from autograder.model import manifest
from autograder.model.manifest import Assignment, Question
from autograder.model.report import HARNESS_FAULT, CheckResult, Report
from autograder.model.trial import Trial
from autograder.sandbox.client import Bounds, WorkerClient, ZygoteClient
from autograder.sandbox.worker import public_paths
from autograder.slicing.alignment import align
from autograder.slicing.answers import slice_for
from autograder.slicing.notebook import Notebook, parse
from autograder.slicing.packages import packages_of
from autograder.slicing.slicer import prepare


def serve(job: socket.socket, control: socket.socket) -> None:
    """Grade what comes in on ``job`` until it is closed."""
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a check's prints must not become output
    opening: Any = wire.receive(job)
    assignment = replace(manifest.load(Path(opening["assignment"])), public=Path(opening["public"]))
    templates = {name: parse(data, name) for name, data in opening["templates"].items()}
    with _temporary() as base:
        grader = Grader(assignment, templates, ZygoteClient(control), base, opening["public_only"])
        grader.prepare(opening["usual"])
        wire.send(job, {"layers": sorted(grader.self_test())})
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
        zygote: ZygoteClient,
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
        self._lookup: CacheLookup | None = None

    def prepare(self, usual: Mapping[str, bytes]) -> None:
        """Slice notebooks that most submissions will have, here, where all their children have it.

        What is wrong with one of them is told when it is graded.
        """
        for name, data in usual.items():
            with contextlib.suppress(Exception):
                alignment = align(parse(data, name), self.templates[name])
                for question in self.assignment.questions:
                    if question.notebook == name:
                        slice_for(self.assignment, question, alignment, self.packages)

    def cache_key(self, job: GradeRequest) -> str:
        """A digest of all that verdicts follow from but for the submission; made once."""
        conditions = (*job.required, *(["unsafe"] if job.unsafe else []))
        if conditions not in self._bases:
            self._bases[conditions] = cache_key(self.assignment, conditions)
            for check in self.checks:
                code_of(check.spec.file, check.spec.name)
        return self._bases[conditions]

    def self_test(self) -> frozenset[str]:
        """Start a worker, run honest code in it and stop it; the layers that held.

        Raises:
            HarnessFault: the sandbox refuses what honest code needs.
        """
        worker = WorkerClient(self.zygote, Bounds(5, 1 << 30, 1 << 20), self.base)
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
            for name in ("required", "leave_out"):
                request[name] = tuple(request[name])
            if request.get("trial") is not None:
                request["trial"] = Trial.from_dict(request["trial"])
            if "explain" in request:
                asked = request.pop("explain"), request.pop("whole")
                wire.send(jobs, self.explain(GradeRequest(**request), *asked))
                continue
            report = self.grade(
                GradeRequest(**request), lambda *progress: wire.send(jobs, {"progress": progress})
            )
            wire.send(jobs, {"report": report.to_dict()})

    def grade(self, job: GradeRequest, announce: Callable[[int, int], None]) -> Report:
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
            if job.verdicts:
                self.cache_key(job)  # here, where it outlives the child
            if not self._look_up(job, folder, seed, outcome):
                self._run(job, folder, seed, outcome, announce)
        except Exception:
            outcome.faults.append(traceback.format_exc())
        shutil.rmtree(folder, ignore_errors=True)
        return self._report(job, seed, time.monotonic() - started, outcome)

    def explain(self, job: GradeRequest, question: str, whole: bool) -> dict[str, Any]:
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

    def _look_up(self, job: GradeRequest, folder: Path, seed: int, outcome: Outcome) -> bool:
        """Take over all outcomes, if every one is cached."""
        if job.trial is not None:  # of which something has to be run, as a rule
            return False
        if not job.verdicts or job.no_cache or job.cache_dir is None or self.checks.errors:
            return False
        if self._lookup is None:
            self._lookup = CacheLookup(self)
        found = self._lookup.ask(job, folder / "looked-up", seed)
        if self._lookup.spent:
            self._lookup.close()
            self._lookup = None
        if found is not None:
            outcome.take(found)
        return found is not None

    def _run(
        self,
        job: GradeRequest,
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
        if job.cache_dir is not None and self.checks.use_cache:
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
        job: GradeRequest,
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
        self, job: GradeRequest, folder: Path, seed: int, channel: socket.socket, before: Outcome
    ) -> NoReturn:
        """In a fork: run the checks on one submission, say what has come of it, and end.

        Args:
            before: what other forks have ended with; those checks are not run again.
        """
        try:
            ended = {n: before.checks[n].status == "passed" for n in before.ended}
            child = Child(self, job, folder, seed, channel, ended)
            self.checks.run(child.context)
            end = child.end(self.checks)
        except BaseException:
            end = {"faults": [traceback.format_exc()]}
        try:
            wire.send(channel, {"end": end})
        finally:
            os._exit(0)

    def _report(self, job: GradeRequest, seed: int, seconds: float, outcome: Outcome) -> Report:
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
            layers=outcome.layers,
            unsafe=job.unsafe,
            seconds=round(seconds, 4),
            version=autograder.__version__,
            skipped=tuple(outcome.skipped),
            manual=self.assignment.ungraded,
            missing=tuple(outcome.missing),
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
