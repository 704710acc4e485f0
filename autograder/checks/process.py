"""A question's plan comes in; a process in which the answer has been run goes out, for one check.

Where the process comes from is not decided here: the sandbox gives locked-down forks, a student's
own machine gives a plain process or the notebook's own names.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from autograder.checks.wording import Wording
from autograder.model.findings import CheckFailed, Finding
from autograder.model.manifest import Question
from autograder.sandbox.requests import (
    NotThere,
    Replayed,
    Requests,
    WorkerLied,
    WorkerStopped,
    WorkerTimedOut,
)
from autograder.slicing.answers import AnswerSource
from autograder.slicing.slicer import Slice
from autograder.wire.protocol import Replay, Step

#: Makes a worker; hands it over before anything is run in it.
StartWorker = Callable[[], Requests]


@dataclass(frozen=True)
class Times:
    """Seconds of one check.

    Attributes:
        check: for what the check asks for, and for what the notebook runs for sure.
        optional: more, for what the notebook runs because it may matter.
    """

    check: float
    optional: float = 0.0


@dataclass(frozen=True)
class Ran:
    """What came of running the notebook for a question, for staff to look at.

    Attributes:
        steps: what was run in the end.
        replayed: what failed of it, and what was stopped.
        kinds: by name, the type of what it ended up as.
        missing: by name, in words, why it ended up as nothing.
        left_out: statements that only may matter were not run, as with them it did not end.
        problem: in words, why nothing could be run to its end; empty if it could.
    """

    steps: tuple[Step, ...] = ()
    replayed: Replayed = field(default_factory=lambda: Replayed({}))
    kinds: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    left_out: bool = False
    problem: str = ""


class AnswerProcess:
    """The process in which the answer to one question has been run, for as long as a check asks.

    It is started when it is first needed; should student code end it, the next request gets
    another.
    """

    def __init__(
        self,
        answers: AnswerSource,
        question: Question,
        times: Times,
        start_worker: StartWorker,
        *,
        whole: bool = False,
    ) -> None:
        self._answers = answers
        self._question = question
        self._times = times
        self._start_worker = start_worker
        self._whole = whole
        self._worker: Requests | None = None
        self._deadline: float | None = None
        self._replayed = Replayed({})
        #: Whether statements that only may matter are not run.
        self._left_out = False
        #: Whether the worker has seen an input of the check, which it could put into any message.
        self._secret = False
        #: What the sandbox held while this check ran, None if no worker was needed.
        self.active: frozenset[str] | None = None
        #: Whether the time ran out, which may not happen again on a machine that is less busy.
        self.late = False

    def run(self) -> Ran:
        """Run what the question needs, and ask for nothing; what came of it."""
        plan, names = self._plan(), self._question.names
        if isinstance(plan, Finding):
            return Ran(problem=plan.public)
        missing = {n: self._answers.undefined(self._question, n, plan).public for n in plan.missing}
        try:
            self._start(plan)
            assert self._worker is not None
            worker = self._worker
            kinds = self._guarded("asking for types", lambda: worker.kinds(names, self._end()))
        except CheckFailed as failed:
            return Ran(missing=missing, left_out=self._left_out, problem=failed.finding.public)
        failures = self._replayed.failures
        told = {n: self._words.replay_failed(n, failures[n]).public for n in names if n in failures}
        missing = told | missing
        for name in names:
            if name not in kinds:
                missing.setdefault(name, f"`{name}` is not there when all of it has been run.")
        kinds = {name: kind for name, kind in kinds.items() if name not in missing}
        steps = plan.sure if self._left_out else plan.steps
        return Ran(steps, self._replayed, kinds, missing, self._left_out)

    def close(self) -> None:
        """Let go of the worker, if there is one."""
        if self._worker is not None:
            self._worker.release()

    def _running(self) -> Requests:
        """A worker in which what the question needs has been run."""
        plan = self._plan()
        if isinstance(plan, Finding):
            raise CheckFailed(plan)
        if self._worker is None or not self._worker.alive:
            self._start(plan)
        assert self._worker is not None
        return self._worker

    def _plan(self) -> Slice | Finding:
        return self._answers.slice(self._question, whole=self._whole)

    @property
    def partial(self) -> bool:
        """Whether a worker was asked in which something of the notebook had not been run.

        Or whether what has not been run corrects the answer.
        """
        if not self._whole and self.corrected:
            return True
        plan = self._plan() if self._worker is not None else None
        return isinstance(plan, Slice) and plan.partial

    @property
    def corrected(self) -> bool:
        """Whether the answer was corrected in a cell further below."""
        return self._answers.corrected(self._question)

    @property
    def stopped(self) -> str:
        """What of the notebook there was no time left for, in words; empty if nothing."""
        if self._left_out:
            return "what only may matter was left out, as it did not end or ended the process"
        if not self._replayed.stopped:
            return ""
        cell, line = self._replayed.stopped[0]
        text = self._answers.line(self._question, self._plan(), cell, line)
        seconds = f"{self._times.optional:g} seconds"
        return f"cell {cell}, line {line}, {text} was stopped after {seconds}"

    def _start(self, plan: Slice) -> None:
        if self._deadline is not None and time.monotonic() >= self._deadline:
            raise CheckFailed(self._late("the check"))
        if plan.sure and not self._left_out and not self._known_as_slow(plan):
            try:
                self._begin(plan, plan.steps)
            except (WorkerTimedOut, WorkerStopped, WorkerLied):
                pass  # not even a signal may have stopped it; or it wrote on the wire
            else:
                if not self._note_slow(plan):
                    return
                self.close()
                self._worker = None
            self._deadline = None
        self._left_out = bool(plan.sure)
        steps = plan.sure or plan.steps
        self._guarded("running the notebook's own code", lambda: self._begin(plan, steps))

    def _mixed(self, plan: Slice) -> set[tuple[str, int, int]]:
        """Where the statements are of which something only may matter."""
        return {(self._question.notebook, s.cell, s.line) for s in plan.steps if s.mixed}

    def _known_as_slow(self, plan: Slice) -> bool:
        """Whether another check has found such a statement to take too long."""
        return not self._answers.slow.isdisjoint(self._mixed(plan))

    def _note_slow(self, plan: Slice) -> bool:
        """Whether such a statement was stopped: half of it is not to be had."""
        stopped = {(self._question.notebook, *location) for location in self._replayed.stopped}
        slow = self._mixed(plan) & stopped
        self._answers.slow |= slow
        return bool(slow)

    def _begin(self, plan: Slice, steps: tuple[Step, ...]) -> None:
        """Have a worker run the steps. Raises as its requests do."""
        optional = self._times.optional if any(step.budgeted for step in steps) else 0.0
        seconds = self._times.check + optional
        # From here on ``close`` reaps it, whatever the replay does.
        self._worker = worker = self._start_worker()
        self._secret = False
        self._begun(worker)
        self.active = worker.active
        began = time.monotonic()
        self._deadline = self._deadline or began + seconds
        cells = {step.cell for step in steps}
        replay = Replay(
            steps,
            dict(self._answers.sources(self._question, cells)),
            self._answers.files(self._question, plan),
            optional,
            tolerant=plan.whole,
            shown=plan.shown,
        )
        self._replayed = worker.replay(replay, self._end())
        # What was not needed for optional statements is not left to the check.
        spent = min(time.monotonic() - began, optional)
        self._deadline = min(self._deadline, began + spent + self._times.check)

    def _begun(self, worker: Requests) -> None:
        """A worker is there in which nothing has been run."""

    def _end(self) -> float:
        assert self._deadline is not None
        return self._deadline

    def _late(self, what: str) -> Finding:
        self.late = True
        return Finding(
            f"{what} did not end within {self._times.check:g} seconds.",
            "Look for a loop that never ends, or for work that could be done once.",
        )

    def _guarded(self, what: str, request: Any) -> Any:
        try:
            return request()
        except WorkerTimedOut:
            raise CheckFailed(self._late(what)) from None
        except WorkerStopped as stopped:
            raise CheckFailed(
                Finding(f"{what}: the code {stopped}.", "An answer should only return its value.")
            ) from None
        except NotThere as error:
            raise pytest.skip.Exception(str(error)) from None
        except WorkerLied:
            raise CheckFailed(
                Finding(
                    f"{what}: the code wrote to the grader's own channel.",
                    "Use only the files and sockets that your code has opened itself.",
                )
            ) from None

    @property
    def _words(self) -> Wording:
        failures = self._replayed.failures
        return Wording(self._answers, self._question, self._plan(), failures, self._secret)
