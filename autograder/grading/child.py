"""A request comes in; a fork of the grader's, in which its checks are run, goes out."""

from __future__ import annotations

import math
import signal
import socket
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder import wire
from autograder.checks.cache import Cache, Store
from autograder.checks.explaining import explained
from autograder.checks.own_time import OwnTime
from autograder.checks.plugin.collected import CollectedChecks, SubmissionContext
from autograder.checks.process import Ran, Times
from autograder.checks.second_look import SecondLooks
from autograder.checks.student import Student
from autograder.checks.verdicts import Verdicts
from autograder.model.errors import HarnessFault, SubmissionError
from autograder.model.explained import Explained
from autograder.model.manifest import Assignment, Question
from autograder.model.report import CheckResult
from autograder.model.submission import Submission, collect_for
from autograder.model.trial import Trial
from autograder.sandbox.ahead import Workers
from autograder.sandbox.client import Bounds, WorkerClient
from autograder.sandbox.lockdown import LIBC, PR_SET_PDEATHSIG
from autograder.slicing.answers import Answers

if TYPE_CHECKING:
    from autograder.grading.grader import Grader


@dataclass(frozen=True)
class GradeRequest:
    """One submission to grade.

    Attributes:
        path: the submission, a folder, a zip or a notebook.
        required: the isolation layers without which a worker is refused.
        unsafe: some that hidden checks require are missing, and staff accept it.
        leave_out: steps of the sandbox to leave out; in tests alone.
        seed: what random inputs are drawn from; None draws one.
        cache_dir: a folder in which checks may keep costly results; None keeps nothing.
        verdicts: take over the verdicts kept there for equal input, and keep new ones.
        no_cache: take over none, and no costly result either.
        seconds: stop after these, if that is before the manifest's limit.
        second_look: run checks that do not pass on the whole notebook too.
        trial: what is to be run of the checks, of a trial submission of the staff's.
    """

    path: str
    required: tuple[str, ...]
    unsafe: bool
    leave_out: tuple[str, ...]
    seed: int | None = None
    cache_dir: str | None = None
    verdicts: bool = False
    no_cache: bool = False
    seconds: float | None = None
    second_look: bool = True
    trial: Trial | None = None


class Child:
    """The process of one submission: what it asks of the checks, and what it says at its end."""

    def __init__(
        self,
        grader: Grader,
        job: GradeRequest,
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

        def start_worker() -> WorkerClient:
            return _held(self._workers.take(), job)

        def make_student(question: Question, seconds: float, whole: bool) -> Student:
            times = Times(seconds, limits.whole_seconds if whole else limits.replay_seconds)
            return Student(self._answers, question, times, start_worker, whole=whole)

        folder_kept = Path(job.cache_dir) if job.cache_dir else None
        memory = Cache(folder_kept, grader.dependencies.of, no_cache=job.no_cache)
        verdicts = None
        if job.verdicts:
            basis = grader.cache_key(job)
            verdicts = Verdicts(
                Store(folder_kept),
                basis,
                self._answers,
                self._submission,
                seed,
                no_cache=job.no_cache,
                second_look=job.second_look,
            )
        self.context = SubmissionContext(
            seed,
            make_student,
            start_worker,
            self._submission,
            memory,
            lambda result: wire.send(channel, told(grader.checks, result)),
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
        student = self.context.make_student(question, limits.check_seconds, bool(reason))
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
            "missing": self._answers.missing,
        }

    @property
    def _skipped(self) -> list[tuple[str, str]]:
        return [(item.name, item.reason) for item in self._submission.skipped[:50]]


def told(checks: CollectedChecks, result: CheckResult) -> dict[str, Any]:
    """What a child says of a check."""
    return {
        "check": asdict(result),
        "told": checks.flags_of(result.id),
        "held": checks.sandbox_of(result.id),
    }


def _bounds(grader: Grader, job: GradeRequest) -> Bounds:
    """Those of every worker: of time as the check that may take longest, which no other has."""
    limits = grader.assignment.limits
    own = [check.spec.seconds for check in grader.checks if check.spec.seconds is not None]
    longest = max([limits.check_seconds, *own])
    return Bounds(
        cpu_seconds=math.ceil(longest + max(limits.replay_seconds, limits.whole_seconds)) + 5,
        memory=limits.memory_mb * 10**6,
        file_size=limits.file_mb * 10**6,
        leave_out=frozenset(job.leave_out),
    )


def _held(worker: WorkerClient, job: GradeRequest) -> WorkerClient:
    """The same worker.

    Raises:
        HarnessFault: it lacks what is required.
    """
    if lacking := frozenset(job.required) - worker.active:
        worker.close()
        raise HarnessFault(f"the sandbox lost {', '.join(sorted(lacking))} during the run")
    return worker


def _collected(assignment: Assignment, source: Path, folder: Path) -> tuple[Submission, list[str]]:
    """The safe copy; for a submission that cannot be read an empty one, and the reason."""
    root = folder / "files"
    root.mkdir(mode=0o755)
    try:
        return collect_for(assignment, source, root), []
    except SubmissionError as error:
        return Submission(source.name, root, (), ()), [str(error)]
