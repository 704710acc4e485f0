"""A check's request goes to the answer's process; what it may use of the reply comes out.

A failure of the student's code becomes one of the check, and objects that may not cross stay there
under numbers.
"""

from __future__ import annotations

from typing import Any

from autograder.checks.probes import Probe
from autograder.checks.process import AnswerProcess, StartWorker, Times
from autograder.checks.received import RETURNED, Received
from autograder.checks.remote import Ask, ExpectedException, RemoteObject
from autograder.model.errors import HarnessFault
from autograder.model.findings import CheckFailed, clean, fail, quoted
from autograder.model.manifest import Question
from autograder.sandbox.requests import Requests, StudentException
from autograder.slicing.answers import AnswerSource
from autograder.slicing.slicer import Slice
from autograder.wire.references import Reference, References
from autograder.wire.row import WireError


class Exchange(AnswerProcess):
    """What one check asks of the process of an answer, and what came back."""

    def __init__(
        self,
        answers: AnswerSource,
        question: Question,
        times: Times,
        start_worker: StartWorker,
        *,
        whole: bool = False,
    ) -> None:
        super().__init__(answers, question, times, start_worker, whole=whole)
        self._label = ""
        self._probes: dict[Probe, int] = {}
        #: That of the last object that came.
        self._last_number = 0
        #: What the check has asked for, and what came back.
        self.received = Received()

    def asked(
        self,
        label: str,
        worker: Requests,
        ask: Ask,
        *,
        verb: str = RETURNED,
        secret: bool = False,
        own: bool = True,
    ) -> Any:
        """What comes of a request; a failure is the student's.

        Args:
            label: what a message calls what is asked.
            verb: what it does to give what comes.
            secret: an input of the check goes along.
            own: what comes is the student's, and not that input.
        """
        reply = self._replied(label, worker, ask, secret=secret)
        if isinstance(reply, StudentException):
            raised = (reply.type, reply.message) if reply.kind == "raised" else None
            raise CheckFailed(self._words.raised(label, reply), raised)
        return self.received.take(label, reply, verb=verb, own=own)

    def raised_by(
        self, exception: ExpectedException, label: str, worker: Requests, ask: Ask
    ) -> tuple[str, str]:
        """Type and message of the exception that a request ends with, which has to be one of those.

        Raises:
            CheckFailed: it ends with none, or with another.
        """
        wanted = _names_of(exception)
        reply = self._replied(label, worker, ask, secret=True)
        asked = " or ".join(wanted)
        if not isinstance(reply, StudentException):
            raise fail(
                f"{quoted(label)} raised nothing, where {asked} is asked for.",
                hint=f"Use `raise {wanted[0]}(...)` where the input is not allowed.",
            )
        if reply.kind != "raised" or not {reply.type, *reply.bases} & set(wanted):
            raise CheckFailed(self._words.raised(label, reply))
        if self.received.reads is not None:
            self.received.reads.note(label, [reply.type, reply.message])
        return clean(reply.type, 100), clean(reply.message, 1000)

    # --- how it is asked ---

    def _check_asked(self, name: str) -> None:
        if name not in self._question.names:
            raise HarnessFault(
                f"a check of {self._question.id} asks for '{name}', which is not among the names "
                "of that question in the manifest"
            )
        self.received.ask(name)

    def _ready(self, name: str) -> Requests:
        self._check_asked(name)
        plan = self._plan()
        if isinstance(plan, Slice) and name in plan.missing:
            raise CheckFailed(self._answers.undefined(self._question, name, plan))
        worker = self._running()
        failure = self._replayed.failures.get(name)
        if failure is not None:
            raise CheckFailed(self._words.replay_failed(name, failure))
        return worker

    # --- what came back ---

    def _replied(self, label: str, worker: Requests, ask: Ask, *, secret: bool = False) -> Any:
        self._secret |= secret
        self._label = label
        return self._guarded(quoted(label), lambda: ask(worker, self._end()))

    def _lied_about(self, label: str) -> CheckFailed:
        return fail(f"{quoted(label)}: the answer's process sent back what no answer gives.")

    # --- objects that stay with the student's code ---

    def _begun(self, worker: Requests) -> None:
        """Say what crosses in place of objects, to and from this worker."""
        self._probes.clear()
        self._last_number = 0
        worker.references = References(
            lambda value: self._reference(worker, value),
            lambda reference: self._resolved(worker, reference),
        )

    def _resolved(self, worker: Requests, reference: Reference) -> RemoteObject:
        """The object that a worker has kept: under a new number, as each is.

        Raises:
            WireError: it is one that the worker has named before, or of the grader's.
        """
        if reference.number <= self._last_number:
            raise WireError("an object that is no new one")
        self._last_number = reference.number
        return RemoteObject(self, worker, reference, self._label)

    def _reference(self, worker: Requests, value: object) -> Reference | None:
        if isinstance(value, RemoteObject):
            return value.reference_for(worker)
        return Reference(self._loaded(worker, value)) if isinstance(value, Probe) else None

    def _loaded(self, worker: Requests, probe: Probe) -> int:
        """The number by which a worker knows a probe."""
        if probe not in self._probes:
            number = -len(self._probes) - 1
            reply = worker.load(number, probe.name, probe.source, self._end())
            if isinstance(reply, StudentException):
                raise CheckFailed(self._words.raised(probe.name, reply))
            self._probes[probe] = number
        return self._probes[probe]

    def _remote(self, label: str, value: object) -> RemoteObject:
        if not isinstance(value, RemoteObject):
            raise self._lied_about(label)
        return value


def _names_of(exception: ExpectedException) -> tuple[str, ...]:
    """The names of the exceptions that a check expects."""
    several = exception if isinstance(exception, tuple) else (exception,)
    return tuple(each if isinstance(each, str) else each.__name__ for each in several)
