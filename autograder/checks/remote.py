"""What a check asks of the student's objects, where they are; only values and numbers come back.

A network, a fitted estimator, a generator stays in the process of the student's code. A check has a
``RemoteObject`` for it, and nothing that the check does with that runs student code here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Protocol

from autograder.model.errors import HarnessFault
from autograder.model.findings import CheckFailed, Finding, clean, fail
from autograder.sandbox.requests import Requests
from autograder.wire.protocol import Target
from autograder.wire.references import Reference

#: Items that iterating takes at most, and how many of them cross at once.
MAX_ITEMS, CHUNK = 10_000, 100
#: More than any honest ``__len__`` says; Python reserves memory for so many items.
MAX_LENGTH = 10_000_000

#: A request to a worker, which has until the deadline.
Ask = Callable[[Requests, float], object]
#: An exception, several of which one is expected, or the name of one.
ExpectedException = type[BaseException] | str | tuple[type[BaseException] | str, ...]


class _NoLength(CheckFailed, TypeError):
    """An object does not say how long it is; ``list`` goes on without."""


class Asking(Protocol):
    """What a remote object needs of the student that it is of."""

    def asked(
        self, label: str, worker: Requests, ask: Ask, *, verb: str = ..., secret: bool = False
    ) -> Any:
        """What comes of a request; a failure is the student's."""

    def raised_by(
        self, exception: ExpectedException, label: str, worker: Requests, ask: Ask
    ) -> tuple[str, str]:
        """Type and message of the exception that a request ends with."""


class RemoteObject:
    """An object that stays with the student's code.

    Each operation raises ``CheckFailed`` if the student's code raises, takes too long or ends its
    process. What it returns is a value, or a remote object if it may not cross as one; with
    ``keep=True`` it always stays there.

    Attributes:
        label: what messages call it.
    """

    def __init__(self, asking: Asking, worker: Requests, reference: Reference, label: str) -> None:
        self._asking = asking
        self._worker = worker
        self._reference = reference
        self.label = label
        self._type_name = clean(reference.type_name, 100)  # as `type_name` looks for it

    @property
    def type_name(self) -> str:
        """The type of the object as the student's process says it: text, to be shown."""
        return self._type_name

    def __call__(self, /, *args: Any, keep: bool = False, **kwargs: Any) -> Any:
        """Call the object itself."""
        return self.call("", *args, keep=keep, **kwargs)

    def call(self, method: str, /, *args: Any, keep: bool = False, **kwargs: Any) -> Any:
        """Call a method; ``"encoder.forward"`` is one of an attribute."""
        target = Target(self._reference, method)
        return self._ask(
            self._named(method),
            lambda worker, end: worker.call(target, list(args), kwargs, end, keep=keep),
            verb="returned",
            secret=True,
        )

    def raises(
        self,
        exception: ExpectedException,
        method: str,
        /,
        *args: Any,
        **kwargs: Any,
    ) -> tuple[str, str]:
        """Type and message of the exception that a method raises, which has to be one of those."""
        target = Target(self._reference, method)
        return self._asking.raised_by(
            exception,
            self._named(method),
            self._worker,
            lambda worker, end: worker.call(target, list(args), kwargs, end),
        )

    def output(self, method: str, /, *args: Any, input: str = "", **kwargs: Any) -> str:
        """What a method prints, while ``input()`` reads the lines of ``input``."""
        target = Target(self._reference, method)
        return str(
            self._ask(
                self._named(method),
                lambda worker, end: worker.printed(target, list(args), kwargs, input, end),
                secret=True,
            )
        )

    def get(self, path: str, *, keep: bool = False) -> Any:
        """An attribute; ``"encoder.layers"`` is one of an attribute."""
        target = Target(self._reference, path)
        return self._ask(
            self._named(path), lambda worker, end: worker.value(target, end, keep=keep)
        )

    def set(self, path: str, value: Any) -> None:
        """Set an attribute."""
        parent, _, name = path.rpartition(".")
        target = Target(self._reference, parent)
        self._ask(
            self._named(path),
            lambda worker, end: worker.set(target, name, value, end),
            secret=True,
        )

    def value(self) -> Any:
        """The object as a value, if it may cross as one."""
        target = Target(self._reference)
        return self._ask(self.label, lambda worker, end: worker.value(target, end))

    def item(self, key: Any, *, keep: bool = False) -> Any:
        """The item at a key or an index."""
        target = Target(self._reference)
        return self._ask(
            f"{self.label}[…]",
            lambda worker, end: worker.item(target, key, end, keep=keep),
            secret=True,
        )

    def set_item(self, key: Any, value: Any) -> None:
        """Set the item at a key or an index."""
        target = Target(self._reference)
        self._ask(
            f"{self.label}[…]",
            lambda worker, end: worker.set_item(target, key, value, end),
            secret=True,
        )

    def __len__(self) -> int:
        """How many items it says it has; no more than ten million."""
        target = Target(self._reference)
        label = f"len({self.label})"
        try:
            length = self._ask(label, lambda worker, end: worker.length(target, end))
        except CheckFailed as failed:
            raise _NoLength(failed.finding) from None
        if type(length) is not int or not 0 <= length <= MAX_LENGTH:
            raise _NoLength(Finding(f"`{label}` is not the number of its items."))
        return length

    def __bool__(self) -> bool:
        """There is something; what its own truth is, ``call("__bool__")`` tells."""
        return True

    def __iter__(self) -> Iterator[Any]:
        """Its items; one that does not end after ten thousand fails the check."""
        for number, item in enumerate(self._iterate(MAX_ITEMS + 1, keep=False)):
            if number == MAX_ITEMS:
                raise fail(
                    f"`{self.label}` does not end after {MAX_ITEMS} items.",
                    hint="Look for a loop that never ends.",
                )
            yield item

    def take(self, count: int, *, keep: bool = False) -> list[Any]:
        """Its first items, ``count`` at most; of a generator, the next ones."""
        return list(self._iterate(count, keep=keep))

    def _iterate(self, count: int, *, keep: bool) -> Iterator[Any]:
        itself = Target(self._reference)
        label = f"{self.label}[…]"
        # Where an iterator is asked for, an honest worker keeps it: what comes is a remote object.
        iterator = self._ask(label, lambda worker, end: worker.iterator(itself, end))
        if not isinstance(iterator, RemoteObject):
            raise fail(f"`{self.label}` gives no items.")
        target = Target(iterator._reference)
        while count > 0:
            size = min(count, CHUNK)
            ask = partial(_take, target, size, keep=keep)
            items, ended = self._ask(label, ask)
            yield from items
            count -= len(items)
            if ended:
                return

    def reference_for(self, worker: Requests) -> Reference:
        """What crosses in its place, to the worker that has it.

        Raises:
            HarnessFault: it belongs to another worker.
            CheckFailed: the student's code has ended the process that it was in.
        """
        if worker is not self._worker and not (self._worker.alive or self._worker.released):
            raise fail(
                f"`{self.label}` is gone: the code has ended the Python process that it was in.",
                hint="An answer should only return its value.",
            )
        if worker is not self._worker:
            raise HarnessFault(
                f"a check hands on `{self.label}`, an object of a process that has ended or is "
                "another check's; make it again in the check"
            )
        return self._reference

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"a {type(self).__name__} has no attribute {name!r}; .get({name!r}) asks the student's "
            f"object for one, .call({name!r}) calls a method"
        )

    def __repr__(self) -> str:
        return f"<{self.label}, a student's {self.type_name}>"

    def _named(self, path: str) -> str:
        return f"{self.label}.{path}" if path else self.label

    def _ask(self, label: str, ask: Ask, *, verb: str = "is", secret: bool = False) -> Any:
        return self._asking.asked(label, self._worker, ask, verb=verb, secret=secret)


def _take(target: Target, count: int, worker: Requests, end: float, *, keep: bool) -> object:
    return worker.take(target, count, end, keep=keep)
