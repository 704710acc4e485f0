"""Orders to the zygote go out; locked-down workers, which answer requests, come back."""

from __future__ import annotations

import json
import os
import secrets
import socket
import time
from collections.abc import Iterable
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

    def order(self, op: str, descriptor: int | None = None, **details: Any) -> dict[str, Any]:
        """Send one order and wait for its reply."""
        number = a_number()
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


def a_number() -> int:
    """One that nobody has had before, and that tells nothing of how many there were."""
    return secrets.randbits(62)


class WorkerClient(WiredRequests):
    """One locked-down process. Any failure to talk to it kills it.

    Args:
        scratch: the folder that its own folder for writing is made in.
        readable: folders and files that student code may read, beside Python, what was imported
            before the fork and the assignment's public package.
    """

    def __init__(
        self, zygote: ZygoteClient, bounds: Bounds, scratch: Path, readable: Iterable[Path] = ()
    ) -> None:
        self._zygote = zygote
        self._number = a_number()
        channel, theirs = socket.socketpair()
        super().__init__(channel)
        with theirs:
            reply = zygote.order(
                "fork",
                theirs.fileno(),
                worker=self._number,
                scratch=str(scratch),
                bounds={**asdict(bounds), "leave_out": sorted(bounds.leave_out)},
                readable=[str(path) for path in readable],
            )
        if "fault" in reply:
            channel.close()
            raise HarnessFault(f"a worker could not be forked: {reply['fault']}")
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

    def close(self) -> int | None:
        """Kill it and all it started; the exit code, negative for a signal, None if unknown."""
        if not self._alive:
            return None
        self._alive = False
        self._channel.close()
        reply = self._zygote.order("reap", worker=self._number)
        if "fault" in reply:
            raise HarnessFault(reply["fault"])
        self._stopped = reply["stopped"]
        status: int | None = reply["status"]
        return None if status is None else os.waitstatus_to_exitcode(status)

    def _ending(self) -> str:
        status = self.close()
        return self._stopped or how_it_ended(status)
