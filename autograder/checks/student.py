"""Questions and checks come in; the student's functions and values can be asked for by name.

``Student`` is what a check gets. Each check has a worker of its own, made when first needed, in
which the slice of the check's question has been replayed; nothing is carried from check to check.
Where the worker comes from is not decided here: the sandbox gives locked-down forks, a student's
desk gives a plain process or the notebook's own names.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from autograder.model.errors import HarnessFault
from autograder.model.findings import CheckFailed, Finding, clean, exception_name
from autograder.model.manifest import Question
from autograder.sandbox.requests import (
    Replayed,
    Requests,
    StudentException,
    WorkerLied,
    WorkerStopped,
    WorkerTimedOut,
)
from autograder.slicing.answers import AnswerSource
from autograder.slicing.slicer import Slice
from autograder.wire.protocol import Replay, Step

#: Makes a worker that may run for so many seconds; hands it over before anything is run in it.
StartWorker = Callable[[float], Requests]

#: What one is told of stays in words that one reads: so many causes in a row.
MAX_CAUSES = 5
#: Which of its causes, and which line, code names that has seen an input is its own choice, and so
#: could tell that input. Of so many only, it tells little.
MAX_TELLING_CAUSES, MAX_TELLING_LINES = 100, 5_000


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


class Student:
    """The student's answer to one question, as one check may use it.

    The cases of a parametrised check share a worker and the time; should a case end the worker,
    the next one gets another.
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

    def call(self, name: str, /, *args: Any, **kwargs: Any) -> Any:
        """Call the student's ``name`` with plain values, arrays and tensors; what it returned.

        Raises:
            CheckFailed: it is not defined, raised, returned what may not cross, ran too long or
                ended its process.
        """
        worker = self._ready(name)
        self._secret = True
        return self._result(name, lambda: worker.call(name, list(args), kwargs, self._end()))

    def value(self, name: str, /) -> Any:
        """The value of the student's ``name``. Raises as ``call`` does."""
        worker = self._ready(name)
        return self._result(name, lambda: worker.value(name, self._end()))

    def describe(self, name: str, describer: str, /) -> Any:
        """What the public ``describer`` says of the student's object. Raises as ``call`` does.

        A describer's own ValueError, raised outside the student's code, is its word to the student.
        """
        worker = self._ready(name)
        reply = self._guarded(f"`{name}`", lambda: worker.describe(name, describer, self._end()))
        if not isinstance(reply, StudentException):
            return reply
        if (reply.type, reply.cell) == ("ValueError", 0) and not self._secret:
            found = clean(reply.message, 300)
            hint = f"Is the box filled in, and the name `{name}` kept?"
            raise CheckFailed(Finding(f"`{name}` cannot be used: {found}.", hint))
        raise CheckFailed(self._raised(name, reply))

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
        told = {n: self._replay_failed(n, failures[n]).public for n in names if n in failures}
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

    # --- the worker ---

    def _ready(self, name: str) -> Requests:
        if name not in self._question.names:
            raise HarnessFault(
                f"a check of {self._question.id} asks for '{name}', which is not among the names "
                "of that question in the manifest"
            )
        plan = self._plan()
        if isinstance(plan, Finding):
            raise CheckFailed(plan)
        if name in plan.missing:
            raise CheckFailed(self._answers.undefined(self._question, name, plan))
        if self._worker is None or not self._worker.alive:
            self._start(plan)
        failure = self._replayed.failures.get(name)
        if failure is not None:
            raise CheckFailed(self._replay_failed(name, failure))
        assert self._worker is not None
        return self._worker

    def _plan(self) -> Slice | Finding:
        return self._answers.slice(self._question, whole=self._whole)

    @property
    def partial(self) -> bool:
        """Whether a worker was asked in which something of the notebook had not been run."""
        plan = self._plan() if self._worker is not None else None
        return isinstance(plan, Slice) and plan.partial

    @property
    def stopped(self) -> str:
        """What of the notebook there was no time left for, in words; empty if nothing."""
        if self._left_out:
            return "what only may matter was left out, as it did not end or ended the process"
        if not self._replayed.stopped:
            return ""
        cell, line = self._replayed.stopped[0]
        text = self._answers.line(self._question, cell, line)
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
        stopped = {(self._question.notebook, *place) for place in self._replayed.stopped}
        slow = self._mixed(plan) & stopped
        self._answers.slow |= slow
        return bool(slow)

    def _begin(self, plan: Slice, steps: tuple[Step, ...]) -> None:
        """Have a worker run the steps. Raises as its requests do."""
        optional = self._times.optional if any(step.budgeted for step in steps) else 0.0
        seconds = self._times.check + optional
        # From here on ``close`` reaps it, whatever the replay does.
        self._worker = worker = self._start_worker(seconds)
        self._secret = False
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
        )
        self._replayed = worker.replay(replay, self._end())
        # What was not needed for optional statements is not left to the check.
        spent = min(time.monotonic() - began, optional)
        self._deadline = min(self._deadline, began + spent + self._times.check)

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
        except WorkerLied:
            raise CheckFailed(
                Finding(
                    f"{what}: the code wrote to the grader's own channel.",
                    "Use only the files and sockets that your code has opened itself.",
                )
            ) from None

    # --- what came back ---

    def _result(self, name: str, request: Any) -> Any:
        reply = self._guarded(f"`{name}`", request)
        if isinstance(reply, StudentException):
            raised = (reply.type, reply.message) if reply.kind == "raised" else None
            raise CheckFailed(self._raised(name, reply), raised)
        return reply

    def _replay_failed(self, name: str, error: StudentException) -> Finding:
        # No hidden input has reached the worker yet, so the whole message may be shown.
        return Finding(f"`{name}` could not be defined: {self._told(error)}", self._hint(error))

    def _told(self, error: StudentException) -> str:
        """What went wrong when the notebook was run, in full; and why, if something before did."""
        return " ".join([self._said(error), *self._causes(error)])

    def _said(self, error: StudentException) -> str:
        message = clean(error.message, 300).strip()
        text = f"{self._place(error)}{exception_name(error.type, hidden=False)}"
        return f"{text}: {message}." if message else f"{text}."

    def _causes(self, error: StudentException) -> list[str]:
        """Sentences on what had gone wrong before, if the error follows from that.

        They quote no name but one that the notebook is known to bind: the one in the error could be
        an input.
        """
        failures, plan = self._replayed.failures, self._plan()
        broken = plan.broken if isinstance(plan, Slice) else ()
        if self._secret and max(len(failures), len(broken)) > MAX_TELLING_CAUSES:
            return []
        texts: list[str] = []
        seen = [error]
        while len(texts) < MAX_CAUSES and (name := _missing_name(seen[-1])):
            before = failures.get(name) or failures.get("*")
            if before is None or before in seen:
                told = self._answers.unreadable(self._question, plan, name)
                return [*texts, told] if told else texts
            what = f"`{clean(name, 100)}`" if name in failures else "That name"
            texts.append(f"{what} was not there because {self._said(before)}")
            seen.append(before)
        return texts

    def _raised(self, name: str, error: StudentException) -> Finding:
        """What a call or a description ended with; a message may be shown if it holds no input."""
        if error.kind == "unsupported":
            # The reason is one of a few words; what it is may be any text, for public checks alone.
            return Finding(
                f"`{name}` gave {clean(error.type, 100)}, which cannot be checked.",
                _INSTEAD.get(error.message, _INSTEAD["object"]),
                f"`{name}` gave something of a kind that cannot be checked.",
            )
        message = clean(error.message, 300).strip()
        texts = []
        for hidden in (False, True):
            secret = hidden and self._secret
            place = self._place(error, secret=secret)
            text = f"`{name}` stopped: {place}{exception_name(error.type, hidden=hidden)}"
            text = f"{text}: {message}." if message and not secret else f"{text}."
            texts.append(" ".join([text, *self._causes(error)]))
        return Finding(texts[0], self._hint(error), texts[1])

    def _place(self, error: StudentException, *, secret: bool = False) -> str:
        line = self._answers.line(self._question, error.cell, error.line, error.file)
        # The numbers come from the student's process: those of no line of theirs tell nothing, but
        # could carry what it has seen; as could those of one line out of a million.
        many = secret and self._answers.lines(self._question) > MAX_TELLING_LINES
        if many or not line:
            return "it raised "
        where = clean(error.file, 200) if error.file else f"cell {error.cell}"
        return f"{where}, line {error.line}, {line} raised "

    def _hint(self, error: StudentException) -> str:
        if self._causes(error):
            return "Mend that first; this follows from it."
        return _HINTS.get(error.type, "Call it in your notebook on a small input of the same kind.")


def _missing_name(error: StudentException) -> str:
    """The name that a NameError is about; it is only ever looked up."""
    found = re.match(r"name '(\w+)' is not defined", error.message)
    return found[1] if found and error.type == "NameError" else ""


#: What to give in place of a value that may not cross, by the wire's reason.
_INSTEAD = {
    "object": "Return plain Python values, arrays, tensors, frames, or a dataclass of them.",
    "missing": "Three dots stand where an answer is still missing.",
    "function": "Return what the function gives; is a pair of parentheses missing?",
    "lazy": "Return all of its values, as `list(...)`.",
    "class": "Return an instance, or the name of the class.",
    "deep": "Return fewer levels, and nothing that contains itself.",
    "large": "Return less: a part of it, or a number that sums it up.",
    "key": "Use texts, numbers or tuples of them as keys and members.",
    "elements": "Convert it first, as `astype(float)` for arrays and `float()` for tensors.",
}
_HINTS = {
    "ModuleNotFoundError": "This module is not there when grading; use those of the handout.",
    "ImportError": "This import fails when grading; use the modules of the handout.",
    "NameError": "Restart the kernel and run all cells in order: a name is used before it exists.",
    "UnboundLocalError": "Restart the kernel and run all cells in order.",
    "SystemExit": "An answer must not end Python; take out exit() or sys.exit().",
    "MemoryError": "The answer needs more memory than allowed; look for an array that grows.",
    "RecursionError": "A function calls itself without end.",
    "FileNotFoundError": "Files of your own machine are not there when grading.",
}
