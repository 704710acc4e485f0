"""Questions and checks come in; the student's functions and values can be asked for by name.

``Student`` is what a check gets. Each check has a process of its own, made when first needed, in
which the slice of the check's question has been replayed; nothing is carried from check to check.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

from autograder.checks.figures import Figure, figures_of
from autograder.checks.probes import Probe
from autograder.checks.process import AnswerProcess, StartWorker, Times
from autograder.checks.received import DESCRIBED, RETURNED, Received
from autograder.checks.remote import Ask, ExpectedException, RemoteObject
from autograder.checks.shared_tests import ORIGINAL
from autograder.checks.source import Source, read_source
from autograder.model.errors import HarnessFault
from autograder.model.findings import CheckFailed, Finding, clean, fail
from autograder.model.manifest import SHARED, Question
from autograder.sandbox.requests import (
    Requests,
    StudentException,
)
from autograder.slicing.answers import AnswerSource
from autograder.slicing.slicer import Slice
from autograder.wire.protocol import Target
from autograder.wire.references import Reference, References
from autograder.wire.row import WireError

_AS_IN_THE_NOTEBOOK = "Restart the kernel, run all cells in order, and look at what comes of it."


class Student(AnswerProcess):
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
        super().__init__(answers, question, times, start_worker, whole=whole)
        self._label = ""
        self._probes: dict[Probe, int] = {}
        #: That of the last object that came.
        self._last_number = 0
        #: What the check has asked for, and what came back.
        self.received = Received()

    def call(self, name: str, /, *args: Any, keep: bool = False, **kwargs: Any) -> Any:
        """Call the student's ``name`` with values; what it returned.

        What may not cross as a value, an object of a class of the student's say, comes back as a
        ``RemoteObject``; with ``keep=True`` whatever is returned does.

        Raises:
            CheckFailed: it is not defined, raised, ran too long or ended its process.
        """
        ready = self._ready(name)
        if self.received.reads is not None and not keep:
            self.received.reads.note_call(name, args, kwargs)
        return self.asked(
            name,
            ready,
            lambda worker, end: worker.call(name, list(args), kwargs, end, keep=keep),
            secret=True,
        )

    def vary(self) -> None:
        """Call what was called once more, with variants of its inputs; their results are noted."""
        reads = self.received.reads
        if reads is not None:
            reads.vary(self.call, CheckFailed)

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
            "the input", worker, lambda worker, end: worker.keep(value, end), secret=True, own=False
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
        if self.received.reads is not None:
            self.received.reads.note(path, reply)
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

    def shared(
        self, source: str, /, *names: str, shows: str | None = None, points: float | None = None
    ) -> float:
        """Run a test beside the student's code, in the notebook's own names, where it judges.

        The question says ``trust = "shared"`` in the manifest: the student's process judges itself.

        Args:
            source: Python statements, which raise if the answer is wrong.
            names: of the question, those that it uses: where it fails without them, that is told.
            shows: what all that it prints and its last expression have to show, spacing aside.
            points: what it is worth, where its last expression, if that is a number, is the score.

        Returns:
            the score where it is worth points, from 0 to these; else 1.

        Raises:
            CheckFailed: the test fails; what it says is told in public checks alone.
            HarnessFault: the manifest does not say so.
        """
        if self._question.trust != SHARED:
            raise HarnessFault(
                f"a check of {self._question.id} lets the student's process judge itself, for "
                f'which the manifest has to say trust = "{SHARED}" for that question'
            )
        worker = self._running()
        target = Target(Reference(self._loaded(worker, ORIGINAL)))
        mode = "shows" if shows is not None else "raises" if points is None else "scores"
        given = [source, mode, shows or ""]
        reply = self._replied("the test", worker, lambda w, end: w.call(target, given, {}, end))
        scored = points is not None and type(reply) is float and math.isfinite(reply)
        if scored:
            return min(max(float(reply), 0.0), points or 0.0)
        if reply is not True:
            for name in names:
                self._ready(name)
        if isinstance(reply, StudentException):
            kind, text = clean(reply.type, 100), clean(reply.message, 300).strip()
            said = f"{kind}: {text}" if text else kind
            raise CheckFailed(
                Finding(f"The test ends with {said}.", _AS_IN_THE_NOTEBOOK, "The test fails.")
            )
        if reply is not True:
            told = f"The test does not show {clean(shows or '', 300)}."
            raise CheckFailed(Finding(told, _AS_IN_THE_NOTEBOOK, "The test fails."))
        return 1.0 if points is None else points

    def describe(self, name: str, describer: str, /) -> Any:
        """What the public ``describer`` says of the student's object. Raises as ``call`` does.

        A describer's own ValueError, raised outside the student's code, is its word to the student.
        """
        worker = self._ready(name)
        reply = self._guarded(f"`{name}`", lambda: worker.describe(name, describer, self._end()))
        if not isinstance(reply, StudentException):
            return self.received.take(name, reply, verb=DESCRIBED)
        if (reply.type, reply.cell) == ("ValueError", 0) and not self._secret:
            found = clean(reply.message, 300)
            hint = f"Is the box filled in, and the name `{name}` kept?"
            raise CheckFailed(Finding(f"`{name}` cannot be used: {found}.", hint))
        raise CheckFailed(self._words.raised(name, reply))

    def source(self, name: str, /) -> Source:
        """What defines the student's ``name``, to be read; nothing is run.

        Raises:
            CheckFailed: the notebook does not define it, or imports it.
        """
        self._check_asked(name)
        plan = self._answers.written(self._question)
        if isinstance(plan, Finding):
            raise CheckFailed(plan)
        if name in plan.missing:
            raise CheckFailed(self._answers.undefined(self._question, name, plan))

        def quote(cell: int, line: int) -> str:
            return self._answers.line(self._question, plan, cell, line)

        found = read_source(name, plan, quote)
        if found is None:
            raise CheckFailed(
                Finding(
                    f"`{name}` is defined where it cannot be read, by exec or the handout's code.",
                    f"Define `{name}` in a cell of the notebook.",
                )
            )
        return self.received.take(name, found, verb="is")

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
                f"`{label}` raised nothing, where {asked} is asked for.",
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
        return self._guarded(f"`{label}`", lambda: ask(worker, self._end()))

    def _lied_about(self, label: str) -> CheckFailed:
        return fail(f"`{label}`: the answer's process sent back what no answer gives.")

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

    def _is_named(self, argument: object) -> bool:
        """Whether an argument of a probe stands for an object of the student's."""
        if isinstance(argument, str):
            return argument in self._question.names
        return isinstance(argument, RemoteObject)


def _names_of(exception: ExpectedException) -> tuple[str, ...]:
    """The names of the exceptions that a check expects."""
    several = exception if isinstance(exception, tuple) else (exception,)
    return tuple(each if isinstance(each, str) else each.__name__ for each in several)
