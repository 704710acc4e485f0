"""Questions and checks come in; the student's functions and values can be asked for by name.

``Student`` is what a check gets. Each check has a worker of its own, made when first needed, in
which the slice of the check's question has been replayed; nothing is carried from check to check.
Where the worker comes from is not decided here: the sandbox gives locked-down forks, a student's
desk gives a plain process or the notebook's own names.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from autograder.model.errors import HarnessFault
from autograder.model.findings import CheckFailed, Finding, clean, exception_name
from autograder.model.manifest import Question
from autograder.sandbox.requests import (
    Requests,
    StudentException,
    WorkerLied,
    WorkerStopped,
    WorkerTimedOut,
)
from autograder.slicing.answers import AnswerSource
from autograder.slicing.slicer import Slice

#: Makes a worker that may run for so many seconds; hands it over before anything is run in it.
StartWorker = Callable[[float], Requests]


class Student:
    """The student's answer to one question, as one check may use it.

    The cases of a parametrised check share a worker and the time; should a case end the worker,
    the next one gets another.
    """

    def __init__(
        self,
        answers: AnswerSource,
        question: Question,
        seconds: float,
        start_worker: StartWorker,
    ) -> None:
        self._answers = answers
        self._question = question
        self._seconds = seconds
        self._start_worker = start_worker
        self._worker: Requests | None = None
        self._deadline: float | None = None
        self._failures: dict[str, StudentException] = {}
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
        plan = self._answers.slice(self._question)
        if isinstance(plan, Finding):
            raise CheckFailed(plan)
        if name in plan.missing:
            raise CheckFailed(self._answers.undefined(self._question, name, plan))
        if self._worker is None or not self._worker.alive:
            self._start(plan)
        if name in self._failures:
            raise CheckFailed(self._replay_failed(name, self._failures[name]))
        assert self._worker is not None
        return self._worker

    def _start(self, plan: Slice) -> None:
        if self._deadline is None:
            self._deadline = time.monotonic() + self._seconds
        if time.monotonic() >= self._deadline:
            raise CheckFailed(self._late("the check"))
        # From here on ``close`` reaps it, whatever the replay does.
        self._worker = worker = self._start_worker(self._seconds)
        self._secret = False
        self.active = worker.active
        self._failures = self._guarded(
            "running the notebook's own code", lambda: worker.replay(plan.steps, self._end())
        )

    def _end(self) -> float:
        assert self._deadline is not None
        return self._deadline

    def _late(self, what: str) -> Finding:
        self.late = True
        return Finding(
            f"{what} did not end within {self._seconds:g} seconds.",
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
        place = self._place(error)
        message = clean(error.message, 300).strip()
        text = f"`{name}` could not be defined: {place}{exception_name(error.type, hidden=False)}"
        return Finding(f"{text}: {message}." if message else f"{text}.", _hint(error))

    def _raised(self, name: str, error: StudentException) -> Finding:
        """What a call or a description ended with; a message may be shown if it holds no input."""
        if error.kind == "unsupported":
            kind = clean(error.type, 100)
            return Finding(
                f"`{name}` gave an object of type {kind}, which cannot be checked.",
                "Return plain Python values, NumPy arrays or tensors.",
                f"`{name}` gave an object that is neither a plain value nor an array.",
            )
        place = self._place(error)
        message = clean(error.message, 300).strip()
        texts = []
        for hidden in (False, True):
            text = f"`{name}` stopped: {place}{exception_name(error.type, hidden=hidden)}"
            shown = message and not (hidden and self._secret)
            texts.append(f"{text}: {message}." if shown else f"{text}.")
        return Finding(texts[0], _hint(error), texts[1])

    def _place(self, error: StudentException) -> str:
        line = self._answers.line(self._question, error.cell, error.line)
        # The numbers come from the student's process: those of no line of theirs tell nothing, but
        # could carry what it has seen.
        return f"cell {error.cell}, line {error.line}, {line} raised " if line else "it raised "


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


def _hint(error: StudentException) -> str:
    return _HINTS.get(error.type, "Call it in your notebook on a small input of the same kind.")
