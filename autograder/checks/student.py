"""Questions and checks come in; the student's functions and values can be asked for by name.

``Student`` is what a check gets. Each check has a worker of its own, made when first needed, in
which the slice of the check's question has been replayed; nothing is carried from check to check.
Where the worker comes from is not decided here: the sandbox gives locked-down forks, a student's
desk gives a plain process or the notebook's own names.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from autograder.checks.figures import Figure, figures_of
from autograder.checks.probes import Probe
from autograder.checks.received import RETURNED, Received
from autograder.checks.remote import Ask, ExpectedException, RemoteObject
from autograder.checks.wording import Wording
from autograder.model.errors import HarnessFault
from autograder.model.findings import CheckFailed, Finding, clean, fail
from autograder.model.manifest import Question
from autograder.sandbox.requests import (
    NotThere,
    Replayed,
    Requests,
    StudentException,
    WorkerLied,
    WorkerStopped,
    WorkerTimedOut,
)
from autograder.slicing.answers import AnswerSource
from autograder.slicing.slicer import Slice
from autograder.wire.protocol import Replay, Step, Target
from autograder.wire.references import Reference, References

#: Makes a worker that may run for so many seconds; hands it over before anything is run in it.
StartWorker = Callable[[float], Requests]


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
        self._label = ""
        self._probes: dict[tuple[int, Probe], int] = {}
        #: Whether the worker has seen an input of the check, which it could put into any message.
        self._secret = False
        #: What the sandbox held while this check ran, None if no worker was needed.
        self.active: frozenset[str] | None = None
        #: What the check has asked for, and what came back.
        self.received = Received()
        #: Whether the time ran out, which may not happen again on a machine that is less busy.
        self.late = False

    def call(self, name: str, /, *args: Any, keep: bool = False, **kwargs: Any) -> Any:
        """Call the student's ``name`` with values; what it returned.

        What may not cross as a value, an object of a class of the student's say, comes back as a
        ``RemoteObject``; with ``keep=True`` whatever is returned does.

        Raises:
            CheckFailed: it is not defined, raised, ran too long or ended its process.
        """
        return self.asked(
            name,
            self._ready(name),
            lambda worker, end: worker.call(name, list(args), kwargs, end, keep=keep),
            secret=True,
        )

    def make(self, name: str, /, *args: Any, **kwargs: Any) -> RemoteObject:
        """Make an object of the student's class ``name``, which stays there. Raises as ``call``."""
        made = self.call(name, *args, keep=True, **kwargs)
        return self._remote(name, made)

    def remote(self, name: str, /) -> RemoteObject:
        """The object of the student's ``name``, where it is. Raises as ``call`` does."""
        ready = self._ready(name)
        found = self.asked(
            name, ready, lambda worker, end: worker.value(name, end, keep=True), verb="is"
        )
        return self._remote(name, found)

    def keep(self, value: Any, /) -> RemoteObject:
        """Send a value that stays beside the student's code, to be changed there in place."""
        worker = self._running()
        sent = self.asked(
            "the input", worker, lambda worker, end: worker.keep(value, end), secret=True
        )
        return self._remote("the input", sent)

    def value(self, name: str, /) -> Any:
        """The value of the student's ``name``. Raises as ``call`` does."""
        ready = self._ready(name)
        return self.asked(name, ready, lambda worker, end: worker.value(name, end), verb="is")

    def raises(
        self,
        exception: ExpectedException,
        name: str,
        /,
        *args: Any,
        **kwargs: Any,
    ) -> tuple[str, str]:
        """Type and message of the exception that a call raises, which has to be one of those.

        Args:
            exception: a builtin exception, several of them, or the name of one; types that inherit
                from it count.
        """
        worker = self._ready(name)
        return self.raised_by(
            exception, name, worker, lambda worker, end: worker.call(name, list(args), kwargs, end)
        )

    def output(self, name: str = "", /, *args: Any, input: str = "", **kwargs: Any) -> str:
        """What a call prints, while ``input()`` reads the lines of ``input``. Raises as ``call``.

        What `input` is asked with is part of it, as on a screen. Without a name: what the answer's
        own cell has printed; for that the question says ``run = "cell"`` in the manifest.
        """
        if not name:
            found = self._shown()["printed"]
        else:
            found = self.asked(
                name,
                self._ready(name),
                lambda worker, end: worker.printed(name, list(args), kwargs, input, end),
                secret=True,
            )
        if type(found) is not str:
            raise self._lied_about(name or "the answer's cell")
        return found

    def figure(self, name: str = "", /, *args: Any, **kwargs: Any) -> Figure:
        """The figure that a call draws or returns. Raises as ``call`` does.

        Without a name: the last one that the answer's own cell draws; for that the question says
        ``run = "cell"`` in the manifest.
        """
        if not name:
            drawn = self._shown()["figures"]
        else:
            drawn = self.asked(
                name,
                self._ready(name),
                lambda worker, end: worker.drawn(name, list(args), kwargs, end),
                secret=True,
            )
        figures = figures_of(drawn)
        if not figures:
            what = f"`{name}`" if name else "the answer's cell"
            raise fail(f"{what} draws no figure.", hint="Draw with matplotlib, in that place.")
        return figures[-1]

    def file(self, path: str, /) -> bytes:
        """What the student's code has written into a file, by its path in the notebook's folder.

        What a call writes is there after the call; what the notebook itself writes is, if the
        question says ``run = "cell"`` in the manifest.

        Raises:
            CheckFailed: there is no such file.
        """
        worker = self._running()
        reply = self._replied(path, worker, lambda worker, end: worker.file(path, end))
        if isinstance(reply, StudentException):
            raise fail(f"the file {path} was not written.", hint="Mind the name and the folder.")
        if type(reply) is not bytes:
            raise self._lied_about(path)
        return reply

    def _shown(self) -> dict[str, Any]:
        if not self._answers.assignment.runs_cell(self._question):
            raise HarnessFault(
                f"a check of {self._question.id} looks at what its cell prints or draws, for which "
                'the manifest has to say run = "cell" for that question'
            )
        shown = self.asked("the answer's cell", self._running(), lambda w, end: w.shown(end))
        if type(shown) is not dict or shown.keys() != {"printed", "figures"}:
            raise self._lied_about("the answer's cell")
        return shown

    def probe(self, probe: Probe, /, *args: Any, keep: bool = False, **kwargs: Any) -> Any:
        """Run a probe beside the student's code; what it returned.

        Args:
            args: first objects of the student's, remote ones or by names of the question; then
                values.

        Raises:
            CheckFailed: as ``call`` does; also if the probe cannot do its work on the object.
        """
        first = list(itertools.takewhile(self._is_named, args))
        objects = [self.remote(a) if isinstance(a, str) else a for a in first]
        given = [*objects, *args[len(first) :]]
        worker = self._running()
        target = Target(Reference(self._loaded(worker, probe)))
        names = [a if isinstance(a, str) else a.label for a in first]
        return self.asked(
            ", ".join(names) or probe.name,
            worker,
            lambda worker, end: worker.call(target, given, kwargs, end, keep=keep),
            secret=len(given) > len(objects) or bool(kwargs),
        )

    def describe(self, name: str, describer: str, /) -> Any:
        """What the public ``describer`` says of the student's object. Raises as ``call`` does.

        A describer's own ValueError, raised outside the student's code, is its word to the student.
        """
        worker = self._ready(name)
        reply = self._guarded(f"`{name}`", lambda: worker.describe(name, describer, self._end()))
        if not isinstance(reply, StudentException):
            return self.received.take(name, reply, verb="is described as")
        if (reply.type, reply.cell) == ("ValueError", 0) and not self._secret:
            found = clean(reply.message, 300)
            hint = f"Is the box filled in, and the name `{name}` kept?"
            raise CheckFailed(Finding(f"`{name}` cannot be used: {found}.", hint))
        raise CheckFailed(self._words.raised(name, reply))

    def asked(
        self, label: str, worker: Requests, ask: Ask, *, verb: str = RETURNED, secret: bool = False
    ) -> Any:
        """What comes of a request; a failure is the student's.

        Args:
            label: what a message calls what is asked.
            verb: what it does to give what comes.
            secret: an input of the check goes along.
        """
        reply = self._replied(label, worker, ask, secret=secret)
        if isinstance(reply, StudentException):
            raised = (reply.type, reply.message) if reply.kind == "raised" else None
            raise CheckFailed(self._words.raised(label, reply), raised)
        return self.received.take(label, reply, verb=verb)

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
                f"`{label}` raised nothing, where {asked} is asked for.",
                hint=f"Use `raise {wanted[0]}(...)` where the input is not allowed.",
            )
        if reply.kind != "raised" or not {reply.type, *reply.bases} & set(wanted):
            raise CheckFailed(self._words.raised(label, reply))
        return clean(reply.type, 100), clean(reply.message, 1000)

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

    # --- the worker ---

    def _ready(self, name: str) -> Requests:
        if name not in self._question.names:
            raise HarnessFault(
                f"a check of {self._question.id} asks for '{name}', which is not among the names "
                "of that question in the manifest"
            )
        self.received.ask(name)
        plan = self._plan()
        if isinstance(plan, Slice) and name in plan.missing:
            raise CheckFailed(self._answers.undefined(self._question, name, plan))
        worker = self._running()
        failure = self._replayed.failures.get(name)
        if failure is not None:
            raise CheckFailed(self._words.replay_failed(name, failure))
        return worker

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
        worker.references = self._references(worker)
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

    # --- what came back ---

    def _replied(self, label: str, worker: Requests, ask: Ask, *, secret: bool = False) -> Any:
        self._secret |= secret
        self._label = label
        return self._guarded(f"`{label}`", lambda: ask(worker, self._end()))

    @property
    def _words(self) -> Wording:
        failures = self._replayed.failures
        return Wording(self._answers, self._question, self._plan(), failures, self._secret)

    def _lied_about(self, label: str) -> CheckFailed:
        return fail(f"`{label}`: the answer's process sent back what no answer gives.")

    # --- objects that stay with the student's code ---

    def _references(self, worker: Requests) -> References:
        """What crosses in place of objects, to and from one worker."""
        return References(
            lambda value: self._reference(worker, value),
            lambda reference: RemoteObject(self, worker, reference, self._label),
        )

    def _reference(self, worker: Requests, value: object) -> Reference | None:
        if isinstance(value, RemoteObject):
            return value.reference_for(worker)
        return Reference(self._loaded(worker, value)) if isinstance(value, Probe) else None

    def _loaded(self, worker: Requests, probe: Probe) -> int:
        """The number by which a worker knows a probe."""
        key = id(worker), probe
        if key not in self._probes:
            number = -len(self._probes) - 1
            reply = worker.load(number, probe.name, probe.source, self._end())
            if isinstance(reply, StudentException):
                raise CheckFailed(self._words.raised(probe.name, reply))
            self._probes[key] = number
        return self._probes[key]

    def _remote(self, label: str, value: object) -> RemoteObject:
        if not isinstance(value, RemoteObject):
            raise self._lied_about(label)
        return value

    def _is_named(self, argument: object) -> bool:
        """Whether an argument of a probe stands for an object of the student's."""
        if isinstance(argument, str):
            return argument in self._question.names
        return isinstance(argument, RemoteObject)

    # --- what came back ---


def _names_of(exception: ExpectedException) -> tuple[str, ...]:
    """The names of the exceptions that a check expects."""
    several = exception if isinstance(exception, tuple) else (exception,)
    return tuple(each if isinstance(each, str) else each.__name__ for each in several)
