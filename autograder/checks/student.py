"""Questions and checks come in; the student's functions and values can be asked for by name.

``Student`` is what a check gets. Each check has a process of its own, made when first needed, in
which the slice of the check's question has been replayed; nothing is carried from check to check.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

from autograder.checks.exchange import Exchange
from autograder.checks.figures import Figure, figures_of
from autograder.checks.probes import Probe
from autograder.checks.received import CELL, DESCRIBED, DRAWS, PRINTS
from autograder.checks.remote import ExpectedException, RemoteObject
from autograder.checks.shared_tests import ORIGINAL
from autograder.checks.source import Source, read_source
from autograder.model.errors import HarnessFault
from autograder.model.findings import CheckFailed, Finding, clean, fail, quoted
from autograder.model.manifest import SHARED
from autograder.sandbox.requests import StudentException
from autograder.wire.protocol import Target
from autograder.wire.references import Reference

_AS_IN_THE_NOTEBOOK = "Restart the kernel, run all cells in order, and look at what comes of it."


class Student(Exchange):
    """The student's answer to one question, as one check may use it.

    The cases of a parametrised check share a worker and the time; should a case end the worker,
    the next one gets another.
    """

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
            raise self._lied_about(name or CELL)
        return self.received.show(name or CELL, found, PRINTS)

    def figure(self, name: str = "", /, *args: Any, **kwargs: Any) -> Figure:
        """The figure that a call draws or returns, as a ``Figure``. Raises as ``call`` does.

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
            raise fail(
                f"{quoted(name or CELL)} draws no figure.",
                hint="Draw with matplotlib, in that place.",
            )
        return self.received.show(name or CELL, figures[-1], DRAWS)

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
        shown = self.asked(CELL, self._running(), lambda w, end: w.shown(end))
        if type(shown) is not dict or shown.keys() != {"printed", "figures"}:
            raise self._lied_about(CELL)
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

    def _is_named(self, argument: object) -> bool:
        """Whether an argument of a probe stands for an object of the student's."""
        if isinstance(argument, str):
            return argument in self._question.names
        return isinstance(argument, RemoteObject)
