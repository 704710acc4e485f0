"""Orders to the zygote go out; locked-down workers, which answer requests, come back."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import select
import socket
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autograder import wire
from autograder.model.errors import HarnessFault
from autograder.sandbox.requests import (
    StudentException,
    WiredRequests,
    WorkerLied,
    WorkerStopped,
    WorkerTimedOut,
    how_it_ended,
)
from autograder.sandbox.zygote import MESSAGE_BYTES

START_SECONDS = 30.0
#: The longest that the zygote takes for an order: reaping gives up before.
ORDER_SECONDS = 60.0


@dataclass(frozen=True)
class Bounds:
    """What one worker may use. Sizes in bytes.

    ``leave_out`` names steps of the lock-down to leave out, for tests alone.
    """

    cpu_seconds: int
    memory: int
    file_size: int
    leave_out: frozenset[str] = frozenset()


class ZygoteClient:
    """Orders to the clean process: fork a worker, reap it."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        # Set once, before any fork: the time-out is part of what forks share with each other.
        self.control.settimeout(ORDER_SECONDS)
        #: Replies by the numbers of their orders, those that are still to come as None.
        self._replies: dict[int, dict[str, Any] | None] = {}

    def order(self, op: str, descriptor: int | None = None, **details: Any) -> dict[str, Any]:
        """Send one order and wait for its reply."""
        return self.reply(self.send(op, descriptor, **details))

    def send(self, op: str, descriptor: int | None = None, **details: Any) -> int:
        """Send one order; the number by which its reply is asked for."""
        number = a_number()
        message = json.dumps({"op": op, "id": number, **details}).encode()
        with _answering():
            socket.send_fds(self.control, [message], [] if descriptor is None else [descriptor])
        self._replies[number] = None
        return number

    def reply(self, number: int) -> dict[str, Any]:
        """Wait for the reply to an order, which is given once."""
        while (known := self._replies[number]) is None:
            with _answering():
                raw = self.control.recv(MESSAGE_BYTES)
            if not raw:
                raise HarnessFault("the process that forks workers is gone")
            reply: dict[str, Any] = json.loads(raw)
            if reply["id"] in self._replies:  # else: an answer to a grader that was stopped
                self._replies[reply["id"]] = reply
        del self._replies[number]
        return known


@contextlib.contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        name = type(error).__name__
        raise HarnessFault(f"the process that forks workers does not answer: {name}") from error


def a_number() -> int:
    """One that nobody has had before, and that tells nothing of how many there were."""
    return secrets.randbits(62)


class WorkerClient(WiredRequests):
    """One locked-down process. Any failure to talk to it kills it.

    Args:
        scratch: the folder that its own folder for writing is made in.
        readable: folders and files that student code may read, beside Python, what was imported
            before the fork and the assignment's public package.
        ahead: do not wait until it is there; nothing may be asked before ``wait``.
    """

    def __init__(
        self,
        zygote: ZygoteClient,
        bounds: Bounds,
        scratch: Path,
        readable: Iterable[Path] = (),
        *,
        ahead: bool = False,
    ) -> None:
        self._zygote = zygote
        self._number = a_number()
        channel, theirs = socket.socketpair()
        super().__init__(channel)
        self._stopped: str | None = None
        with theirs:
            self._forking = zygote.send(
                "fork",
                theirs.fileno(),
                worker=self._number,
                scratch=str(scratch),
                bounds={**asdict(bounds), "leave_out": sorted(bounds.leave_out)},
                readable=[str(path) for path in readable],
            )
        if not ahead:
            self.wait()

    def wait(self) -> None:
        """Until it is there.

        Raises:
            HarnessFault: it cannot be had.
        """
        reply = self._zygote.reply(self._forking)
        if "fault" in reply:
            self._alive = False
            self._channel.close()
            raise HarnessFault(f"a worker could not be forked: {reply['fault']}")
        self.active = self._greeting()

    @property
    def gone(self) -> bool:
        """Whether it has ended before anything was asked of it."""
        return bool(select.select([self._channel], [], [], 0)[0])  # it sends nothing unasked

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

    def close(self) -> int | None:
        """Kill it and all it started; the exit code, negative for a signal, None if unknown."""
        reaping = self.end()
        if reaping is None:
            return None
        reply = self._zygote.reply(reaping)
        if "fault" in reply:
            raise HarnessFault(reply["fault"])
        self._stopped = reply["stopped"]
        status: int | None = reply["status"]
        return None if status is None else os.waitstatus_to_exitcode(status)

    def end(self) -> int | None:
        """As `close`, without waiting; the number of the order, None if it was ended before."""
        if not self._alive:
            return None
        self._alive = False
        self._channel.close()
        return self._zygote.send("reap", worker=self._number)

    def _ending(self) -> str:
        status = self.close()
        return self._stopped or how_it_ended(status)
