"""The grader's side of a worker: requests go out, values and typed failures come back."""

from __future__ import annotations

import itertools
import json
import os
import signal
import socket
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autograder import wire
from autograder.errors import HarnessFault
from autograder.replay import Step
from autograder.sandbox.zygote import MESSAGE_BYTES

START_SECONDS = 30.0
#: The longest that the zygote takes for an order: reaping gives up before.
ORDER_SECONDS = 60.0
#: What an honest worker cuts its texts to, and more cells and lines than any notebook has.
MAX_TEXT, MAX_PLACE = 1000, 10**7


class WorkerStopped(Exception):
    """The worker is gone; ``args[0]`` says how, in words for a student."""


class WorkerTimedOut(Exception):
    """The deadline passed; the worker has been killed."""


class WorkerLied(Exception):
    """The worker sent what no honest worker sends; it has been killed."""


@dataclass(frozen=True)
class StudentException:
    """An exception out of student code, or a value of a type that may not cross.

    ``type`` and ``message`` come from the student's process: text, to be shown or not, never code.
    """

    kind: str
    type: str
    message: str = ""
    cell: int = 0
    line: int = 0


@dataclass(frozen=True)
class Bounds:
    """What one worker may use. Sizes in bytes.

    ``without`` names steps of the lock-down to leave out, for tests alone.
    """

    cpu_seconds: int
    memory: int
    file_size: int
    without: frozenset[str] = frozenset()


class Zygote:
    """Orders to the clean process: fork a worker, reap it."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        # Set once, before any fork: the time-out is part of what forks share with each other.
        self.control.settimeout(ORDER_SECONDS)
        self.numbers = itertools.count(os.getpid() << 20)

    def order(self, op: str, descriptor: int | None = None, **details: Any) -> dict[str, Any]:
        """Send one order and wait for its reply."""
        number = next(self.numbers)
        message = json.dumps({"op": op, "id": number, **details}).encode()
        try:
            socket.send_fds(self.control, [message], [] if descriptor is None else [descriptor])
            return self._reply(number)
        except OSError as error:
            name = type(error).__name__
            raise HarnessFault(f"the process that forks workers does not answer: {name}") from error

    def _reply(self, number: int) -> dict[str, Any]:
        while True:
            raw = self.control.recv(MESSAGE_BYTES)
            if not raw:
                raise HarnessFault("the process that forks workers is gone")
            reply: dict[str, Any] = json.loads(raw)
            if reply["id"] == number:  # else: an answer to a grader that was stopped
                return reply


class Worker:
    """One locked-down process. Any failure to talk to it kills it.

    Args:
        scratch: the folder that its own folder for writing is made in.
        readable: folders and files that student code may read, beside Python, what was imported
            before the fork and the assignment's public package.
    """

    def __init__(
        self, zygote: Zygote, bounds: Bounds, scratch: Path, readable: Iterable[Path] = ()
    ) -> None:
        self._zygote = zygote
        self._number = next(zygote.numbers)
        self._channel, theirs = socket.socketpair()
        with theirs:
            reply = zygote.order(
                "fork",
                theirs.fileno(),
                worker=self._number,
                scratch=str(scratch),
                bounds={**asdict(bounds), "without": sorted(bounds.without)},
                readable=[str(path) for path in readable],
            )
        if "fault" in reply:
            self._channel.close()
            raise HarnessFault(f"a worker could not be forked: {reply['fault']}")
        self._alive = True
        self._stopped: str | None = None
        self.active = self._greeting()

    def _greeting(self) -> frozenset[str]:
        """What holds in the worker. Sent before student code is there, so it can be believed."""
        try:
            hello: Any = wire.receive(self._channel, deadline=time.monotonic() + START_SECONDS)
        except (wire.PeerClosed, wire.DeadlinePassed, wire.WireError) as error:
            self.close()
            raise HarnessFault(f"a worker did not start: {type(error).__name__}") from error
        if "fault" in hello:
            self.close()
            raise HarnessFault(str(hello["fault"]))
        if hello["unreadable"] is not None:
            self.close()
            raise HarnessFault(
                f"the sandbox's user cannot read {hello['unreadable']}; make every folder above it "
                "passable (chmod o+x) or set up with a Python outside a private home folder"
            )
        return frozenset(hello["active"])

    def self_test(self) -> None:
        """Run what any honest submission may.

        Raises:
            HarnessFault: the sandbox refuses it, or breaks it.
        """
        try:
            reply = self._request({"op": "self_test"}, time.monotonic() + START_SECONDS)
        except (WorkerStopped, WorkerTimedOut, WorkerLied) as error:
            raise HarnessFault(
                f"honest code does not run in the sandbox here: {type(error).__name__} {error}"
            ) from error
        if isinstance(reply, StudentException):
            self.close()
            raise HarnessFault(
                f"the sandbox refuses what honest code needs: {reply.type}: {reply.message}"
            )

    def replay(self, steps: Iterable[Step], deadline: float) -> dict[str, StudentException]:
        """Run the steps; the names that they could not define, and why."""
        steps = tuple(steps)
        rows = [[s.cell, s.line, s.source, list(s.binds), list(s.uses)] for s in steps]
        reply = self._request({"op": "replay", "steps": rows}, deadline)
        bound = {name for step in steps for name in step.binds}
        if type(reply) is not dict or not reply.keys() <= bound:
            raise self._lied("a malformed replay")
        return {name: self._exception(detail) for name, detail in reply.items()}

    def call(self, name: str, args: list[Any], kwargs: dict[str, Any], deadline: float) -> object:
        """The value of a call, or the exception it ended with."""
        return self._request({"op": "call", "name": name, "args": args, "kwargs": kwargs}, deadline)

    def value(self, name: str, deadline: float) -> object:
        """The value of a name, or the exception of asking for it."""
        return self._request({"op": "value", "name": name}, deadline)

    def describe(self, name: str, describer: str, deadline: float) -> object:
        """What a public describer says of a name's object, or the exception it ended with."""
        return self._request({"op": "describe", "name": name, "describer": describer}, deadline)

    @property
    def alive(self) -> bool:
        """Whether it has neither ended nor been closed, as far as is known."""
        return self._alive

    def close(self) -> int | None:
        """Kill the worker and all it started; its wait status, None if it was closed before."""
        if not self._alive:
            return None
        self._alive = False
        self._channel.close()
        reply = self._zygote.order("reap", worker=self._number)
        if "fault" in reply:
            raise HarnessFault(reply["fault"])
        self._stopped = reply["stopped"]
        status: int | None = reply["status"]
        return status

    def _request(self, request: dict[str, Any], deadline: float) -> object:
        if not self._alive:
            raise WorkerStopped("had stopped before")
        if wire.pending(self._channel):
            raise self._lied("a reply without a request")
        try:
            wire.send(self._channel, request, deadline=deadline)
            reply = wire.receive(self._channel, deadline=deadline)
        except wire.DeadlinePassed:
            self.close()
            raise WorkerTimedOut from None
        except wire.WireError as error:
            raise self._lied(str(error)) from None
        except wire.PeerClosed:
            status = self.close()
            raise WorkerStopped(self._stopped or _how_it_ended(status)) from None
        if type(reply) is not dict or len(reply) != 1:
            raise self._lied("a malformed reply")
        if "value" in reply:
            return reply["value"]
        return self._exception(reply.get("error"))

    def _exception(self, detail: object) -> StudentException:
        expected = {"kind": str, "type": str, "message": str, "cell": int, "line": int}
        if type(detail) is not dict or not all(
            name in expected and type(value) is expected[name] for name, value in detail.items()
        ):
            raise self._lied("a malformed error")
        try:
            error = StudentException(**detail)
        except TypeError:
            raise self._lied("a malformed error") from None
        if max(len(error.kind), len(error.type), len(error.message)) > MAX_TEXT:
            raise self._lied("an error of too many words")
        if not (0 <= error.cell <= MAX_PLACE and 0 <= error.line <= MAX_PLACE):
            raise self._lied("an error at no place")
        return error

    def _lied(self, what: str) -> WorkerLied:
        self.close()
        return WorkerLied(what)


def _how_it_ended(status: int | None) -> str:
    """A wait status in words that finish the sentence "your code ..."."""
    if status is None:
        return "stopped"
    if os.WIFEXITED(status):
        return "ended the Python process (os._exit or similar)"
    number = os.WTERMSIG(status)
    match number:
        case signal.SIGSEGV | signal.SIGBUS | signal.SIGABRT | signal.SIGILL | signal.SIGFPE:
            return f"crashed the Python interpreter ({signal.Signals(number).name})"
        case signal.SIGXCPU:
            return "used more processor time than allowed"
        case signal.SIGSYS:
            return "made a system call that does not belong to this machine"
        case signal.SIGKILL:
            return "was stopped (out of memory or out of processor time)"
    return f"ended the Python process by signal {number}"
