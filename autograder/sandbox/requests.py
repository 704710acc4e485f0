"""Requests to a worker go out by the wire; values and typed failures come back, whatever it is.

A worker is a locked-down fork where grades are given (``client``), and a plain process on a
student's own machine. What it sends is believed to be bytes and no more.
"""

from __future__ import annotations

import signal
import socket
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograder import wire
from autograder.wire import NO_REFERENCES, References
from autograder.wire.protocol import Replay, Target

#: What an honest worker cuts its texts to, and more cells and lines than any notebook has.
MAX_TEXT, MAX_PLACE, MAX_BASES = 1000, 10**7, 20
#: Ends of a process by which Python itself has crashed: signals, and what Windows says for them.
CRASHES = frozenset({"SIGSEGV", "SIGBUS", "SIGABRT", "SIGILL", "SIGFPE"})
WINDOWS_CRASH = 0xC0000000


class WorkerStopped(Exception):
    """The worker is gone; ``args[0]`` says how, in words for a student."""


class WorkerTimedOut(Exception):
    """The deadline passed; the worker has been killed."""


class NotThere(Exception):
    """Where this worker is, there is no such thing to ask for; ``args[0]`` says so to a student."""


class WorkerLied(Exception):
    """The worker sent what no honest worker sends; it has been killed."""


@dataclass(frozen=True)
class StudentException:
    """An exception out of student code, or a value of a type that may not cross.

    ``type`` and ``message`` come from the student's process: text, to be shown or not, never code.

    Attributes:
        bases: the names of the types that its type inherits from.
    """

    kind: str
    type: str
    message: str = ""
    cell: int = 0
    line: int = 0
    file: str = ""
    bases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Replayed:
    """What came of a replay.

    Attributes:
        failures: by name, what kept it from being defined.
        stopped: cell and line of the optional steps that there was no time left for.
        failed: the steps that failed, by index; None for one that was not tried, because
            something that it uses had failed.
    """

    failures: dict[str, StudentException]
    stopped: tuple[tuple[int, int], ...] = ()
    failed: dict[int, StudentException | None] = field(default_factory=dict)


class Requests(ABC):
    """The requests that a worker answers. Any failure to talk to it ends it.

    Attributes:
        active: the isolation layers that hold in it.
        references: what stands for its objects here, and what crosses in place of the grader's.
    """

    def __init__(self) -> None:
        self._alive = True
        #: Whether it was ended because nobody will ask any more.
        self.released = False
        self.references: References = NO_REFERENCES
        self.active: frozenset[str] = frozenset()

    @abstractmethod
    def close(self) -> int | None:
        """End the worker, if it has not been; the exit code, negative for a signal, if known."""

    @abstractmethod
    def _exchange(self, request: dict[str, Any], deadline: float) -> object:
        """The raw reply to a request.

        Raises:
            WorkerStopped, WorkerTimedOut, WorkerLied: there is none.
        """

    def release(self) -> None:
        """Nobody will ask any more."""
        self.released |= self._alive
        self.close()

    @property
    def alive(self) -> bool:
        """Whether it has neither ended nor been closed, as far as is known."""
        return self._alive

    def replay(self, replay: Replay, deadline: float) -> Replayed:
        """Run the steps; the names that they could not define, and the steps that were stopped."""
        try:
            reply = self._request(replay.request(), deadline)
        except wire.UnsupportedValue:  # nothing was sent: it is more than a frame may hold
            self.close()
            raise WorkerStopped("is too large to be run") from None
        if isinstance(reply, StudentException):
            raise self._lied("a replay that failed as a whole")
        bound = {name for step in replay.steps for name in step.binds}
        locations = {(step.cell, step.line) for step in replay.steps if step.budgeted}
        if type(reply) is not dict or reply.keys() != {"failures", "stopped", "failed"}:
            raise self._lied("a malformed replay")
        failures, stopped = reply["failures"], reply["stopped"]
        if type(failures) is not dict or not failures.keys() <= bound or type(stopped) is not list:
            raise self._lied("a malformed replay")
        # Of these types exactly: ``True`` and ``1.0`` are equal to 1, and a list has no hash.
        if not all(type(p) is list and list(map(type, p)) == [int, int] for p in stopped):
            raise self._lied("a malformed replay")
        found = tuple((p[0], p[1]) for p in stopped)
        if len(found) > len(replay.steps) or not locations.issuperset(found):
            raise self._lied("a malformed replay")
        failed = self._failed(reply["failed"], len(replay.steps))
        told = {name: self._exception(detail) for name, detail in failures.items()}
        return Replayed(told, found, failed)

    def _failed(self, reply: object, steps: int) -> dict[int, StudentException | None]:
        """Which of so many steps failed, each named once at most."""
        if type(reply) is not list:
            raise self._lied("a malformed replay")
        rows = [r for r in reply if type(r) is list and len(r) == 2 and type(r[0]) is int]
        found = {index: error for index, error in rows if 0 <= index < steps}
        if len(found) != len(reply):
            raise self._lied("a malformed replay")
        return {n: None if error is None else self._exception(error) for n, error in found.items()}

    def call(
        self,
        target: str | Target,
        args: list[Any],
        kwargs: dict[str, Any],
        deadline: float,
        *,
        keep: bool = False,
    ) -> object:
        """The value of a call, or the exception it ended with.

        Args:
            target: a name, or more than that.
            keep: the value stays there, and a reference comes back.
        """
        details = {"args": args, "kwargs": kwargs, "keep": keep}
        return self._ask("call", target, deadline, **details)

    def printed(
        self,
        target: str | Target,
        args: list[Any],
        kwargs: dict[str, Any],
        given: str,
        deadline: float,
    ) -> object:
        """What a call prints, while ``input`` reads what is given; or the exception."""
        return self._ask("printed", target, deadline, args=args, kwargs=kwargs, input=given)

    def drawn(
        self, target: str | Target, args: list[Any], kwargs: dict[str, Any], deadline: float
    ) -> object:
        """What is to be seen of the figures that a call draws; or the exception."""
        return self._ask("drawn", target, deadline, args=args, kwargs=kwargs)

    def shown(self, deadline: float) -> object:
        """What the shown cells of a replay printed and drew; or an exception."""
        return self._request({"op": "shown"}, deadline)

    def image(self, data: bytes, deadline: float) -> object:
        """The pixels of a picture, or the exception of decoding it."""
        return self._request({"op": "image", "data": data}, deadline)

    def file(self, path: str, deadline: float) -> object:
        """What a file in the working folder holds, or the exception of reading it."""
        return self._request({"op": "file", "path": path}, deadline)

    def value(self, target: str | Target, deadline: float, *, keep: bool = False) -> object:
        """The value of a name or an object, or the exception of asking for it."""
        return self._ask("value", target, deadline, keep=keep)

    def item(self, target: Target, key: object, deadline: float, *, keep: bool = False) -> object:
        """One item of an object, or the exception of asking for it."""
        return self._ask("item", target, deadline, key=key, keep=keep)

    def set_item(self, target: Target, key: object, value: object, deadline: float) -> object:
        """Set an item of an object; None, or the exception."""
        return self._ask("set_item", target, deadline, key=key, value=value)

    def set(self, target: Target, attribute: str, value: object, deadline: float) -> object:
        """Set an attribute of an object; None, or the exception."""
        return self._ask("set", target, deadline, attribute=attribute, value=value)

    def length(self, target: Target, deadline: float) -> object:
        """How many items an object says it has, or the exception."""
        return self._ask("length", target, deadline)

    def iterator(self, target: Target, deadline: float) -> object:
        """An iterator over an object, which stays there, or the exception."""
        return self._ask("iterator", target, deadline)

    def take(
        self, target: Target, count: int, deadline: float, *, keep: bool = False
    ) -> tuple[list[object], bool] | StudentException:
        """The next items of an iterator, ``count`` at most, and whether it has ended."""
        reply = self._ask("take", target, deadline, count=count, keep=keep)
        if isinstance(reply, StudentException):
            return reply
        match reply:
            case [list(items), bool(ended)] if len(items) <= count and (ended or items):
                return items, ended
        raise self._lied("a malformed part of an iteration")

    def keep(self, value: object, deadline: float) -> object:
        """Send a value that stays there."""
        return self._request({"op": "keep", "value": value}, deadline)

    def load(self, number: int, name: str, source: str, deadline: float) -> object:
        """Define a function there, under a number below 0; None, or the exception."""
        request = {"op": "load", "number": number, "name": name, "source": source}
        return self._request(request, deadline)

    def kinds(self, names: Sequence[str], deadline: float) -> dict[str, str]:
        """The types of what the names stand for; without those that stand for nothing."""
        reply = self._request({"op": "kinds", "names": list(names)}, deadline)
        if isinstance(reply, StudentException):
            return {}
        if type(reply) is not dict or not set(names).issuperset(reply):
            raise self._lied("malformed types")
        if any(type(kind) is not str or len(kind) > MAX_TEXT for kind in reply.values()):
            raise self._lied("malformed types")
        return dict(reply)

    def describe(self, name: str, describer: str, deadline: float) -> object:
        """What a public describer says of a name's object, or the exception it ended with."""
        return self._ask("describe", name, deadline, describer=describer)

    def _ask(self, op: str, target: str | Target, deadline: float, **details: Any) -> object:
        about = Target(target) if isinstance(target, str) else target
        return self._request({"op": op, **about.request(), **details}, deadline)

    def _request(self, request: dict[str, Any], deadline: float) -> object:
        if not self._alive:
            raise WorkerStopped("had stopped before")
        try:
            reply = self._exchange(request, deadline)
        except wire.UnsupportedValue as error:
            raise self._told_of(request, error) from None
        if type(reply) is not dict or len(reply) != 1:
            raise self._lied("a malformed reply")
        if "value" in reply:
            return reply["value"]
        return self._exception(reply.get("error"))

    def _told_of(
        self, request: dict[str, Any], error: wire.UnsupportedValue
    ) -> wire.UnsupportedValue:
        """Why nothing was sent, in words that name the value of the check's which may not cross."""
        for name, value in _given(request):
            try:
                wire.encode([value], references=self.references)
            except wire.UnsupportedValue as own:
                what = f"{name} is {own.what}, which cannot be sent to the student's code"
                return wire.UnsupportedValue(what, own.reason)
        return error

    def _exception(self, detail: object) -> StudentException:
        expected: dict[str, type] = {"kind": str, "type": str, "message": str, "file": str}
        expected |= {"cell": int, "line": int, "bases": list}
        if type(detail) is not dict or not all(
            name in expected and type(value) is expected[name] for name, value in detail.items()
        ):
            raise self._lied("a malformed error")
        bases = tuple(detail.get("bases", ()))
        if any(type(base) is not str or len(base) > MAX_TEXT for base in bases):
            raise self._lied("a malformed error")
        try:
            error = StudentException(**{**detail, "bases": bases[:MAX_BASES]})
        except TypeError:
            raise self._lied("a malformed error") from None
        if max(map(len, (error.kind, error.type, error.message, error.file))) > MAX_TEXT:
            raise self._lied("an error of too many words")
        if not (0 <= error.cell <= MAX_PLACE and 0 <= error.line <= MAX_PLACE):
            raise self._lied("an error at no place")
        return error

    def _lied(self, what: str) -> WorkerLied:
        self.close()
        return WorkerLied(what)


def _given(request: dict[str, Any]) -> Iterator[tuple[str, object]]:
    """The values of a check's that a request carries, each with what a check calls it."""
    of = f" of `{request['name']}`" if "name" in request else ""
    for number, value in enumerate(request.get("args", ()), 1):
        yield f"argument {number}{of}", value
    for key, value in request.get("kwargs", {}).items():
        yield f"argument '{key}'{of}", value
    for key in ("key", "value"):
        if key in request:
            yield f"the {key}", request[key]


class WiredRequests(Requests):
    """Requests to another process, over a socket."""

    def __init__(self, channel: socket.socket) -> None:
        super().__init__()
        self._channel = channel

    def _exchange(self, request: dict[str, Any], deadline: float) -> object:
        if wire.pending(self._channel):
            raise self._lied("a reply without a request")
        try:
            wire.send(self._channel, request, deadline=deadline, references=self.references)
            return wire.receive(self._channel, deadline=deadline, references=self.references)
        except wire.DeadlinePassed:
            self.close()
            raise WorkerTimedOut from None
        except wire.WireError as error:
            raise self._lied(str(error)) from None
        except wire.PeerClosed:
            raise WorkerStopped(self._ending()) from None

    def _ending(self) -> str:
        """Close it; how it had ended, in words that finish the sentence "the code ..."."""
        return how_it_ended(self.close())


def how_it_ended(code: int | None) -> str:
    """An exit code, negative for a signal, in words that finish the sentence "the code ..."."""
    if code is None:
        return "stopped"
    if 0 <= code < WINDOWS_CRASH:
        return "ended the Python process (os._exit or similar)"
    name = _signal_name(code)
    if name in CRASHES or code >= WINDOWS_CRASH:
        return f"crashed the Python interpreter ({name})"
    match name:
        case "SIGXCPU":
            return "used more processor time than allowed"
        case "SIGSYS":
            return "made a system call that does not belong to this machine"
        case "SIGKILL":
            return "was stopped (out of memory or out of processor time)"
    return f"ended the Python process by signal {-code}"


def _signal_name(code: int) -> str:
    if code >= 0:
        return f"{code:#x}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return str(-code)
