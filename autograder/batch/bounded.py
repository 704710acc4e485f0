"""A function and what to apply it to come in; each result goes out, or why there is none.

What a thousand submissions hold is taken apart by libraries that need quadratic time or more for
some texts. So that is done in processes that are ended when one takes too long or too much memory;
the others' results do not depend on it.
"""

from __future__ import annotations

import multiprocessing
import resource
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Generic, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

#: To start a process and to import what it needs, on a busy machine.
START_SECONDS = 120.0


@dataclass(frozen=True)
class Limits:
    """Bounds of one task: seconds by the clock, MB of 10^6 bytes beyond what the start took."""

    seconds: float = 60.0
    memory_mb: int = 2000


@dataclass(frozen=True)
class Failed:
    """There is no result, and why: a part of a sentence."""

    reason: str


class Processes(Generic[Task, Result]):
    """Up to ``slots`` processes, each of which applies a function to one task after the other.

    Args:
        function: of a module's top level; tasks and results are plain values or dataclasses.
    """

    def __init__(
        self, function: Callable[[Task], Result], slots: int = 1, limits: Limits = Limits()
    ) -> None:
        self._function = function
        self._slots = slots
        self._limits = limits
        self._idle: list[_Process] = []
        self._busy: list[_Process] = []

    def __enter__(self) -> Processes[Task, Result]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all of them."""
        for process in (*self._idle, *self._busy):
            process.end()
        self._idle, self._busy = [], []

    def prepare(self) -> None:
        """Start a process now, for the first task."""
        self._idle.append(_Process(self._function, self._limits))

    def call(self, task: Task) -> Result | Failed:
        """Apply the function to one task, and wait for the result."""
        (found,) = self.map([task])
        return found[1]

    def map(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Result | Failed]]:
        """Apply the function to each task; results come as they end.

        The tasks are asked for when there is a process for one.
        """
        left = iter(tasks)
        under_way: dict[_Process, Task] = {}
        more = True
        try:
            while more or under_way:
                while more and len(under_way) < self._slots:
                    try:
                        task = next(left)
                    except StopIteration:
                        more = False
                        break
                    under_way[self._begin(task)] = task
                for process, result in self._ended():
                    yield under_way.pop(process), result
        finally:
            for process in under_way:
                self._drop(process)

    def _begin(self, task: Task) -> _Process:
        process = self._idle.pop() if self._idle else _Process(self._function, self._limits)
        self._busy.append(process)
        process.begin(task, self._limits.seconds)
        return process

    def _ended(self) -> Iterator[tuple[_Process, Any]]:
        """Wait until a process has a result, or is over its time."""
        if not self._busy:
            return
        until = min(process.deadline for process in self._busy)
        wait([p.connection for p in self._busy], max(until - time.monotonic(), 0.0))
        for process in tuple(self._busy):
            if process.connection.poll():
                result = process.result()
            elif time.monotonic() >= process.deadline:
                result = Failed(f"it took longer than {self._limits.seconds:g} seconds")
                process.broken = True
            else:
                continue
            if process.broken:
                self._drop(process)
            else:
                self._busy.remove(process)
                self._idle.append(process)
            yield process, result

    def _drop(self, process: _Process) -> None:
        if process in self._busy:
            self._busy.remove(process)
        process.end()


class _Process:
    """One process, which is told its tasks by a pipe."""

    def __init__(self, function: Callable[[Any], Any], limits: Limits) -> None:
        # Started, not forked: this process may have threads of a cluster's client.
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, function, limits.memory_mb), daemon=True
        )
        self._process.start()
        theirs.close()
        self._started = False
        self.deadline = 0.0
        self.broken = False

    def begin(self, task: object, seconds: float) -> None:
        """Hand a task over; its time begins when the process is there."""
        with suppress(OSError, EOFError):  # it has ended: then its result tells
            if not self._started and self.connection.poll(START_SECONDS):
                self.connection.recv()
                self._started = True
            self.connection.send(task)
        self.deadline = time.monotonic() + seconds

    def result(self) -> Any:
        """What has come."""
        try:
            return self.connection.recv()
        except (EOFError, OSError):
            self.broken = True
            return Failed("its process ended early, for want of memory perhaps")

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()
        self.connection.close()


def _serve(connection: Connection, function: Callable[[Any], Any], memory_mb: int) -> None:
    """Runs in the process, up to the end of the one that has started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the other one ends it
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _bound_memory(memory_mb)
    with suppress(EOFError, OSError):
        connection.send(None)
        while True:
            task = connection.recv()
            connection.send(_applied(function, task))


def _applied(function: Callable[[Any], Any], task: object) -> Any:
    try:
        return function(task)
    except MemoryError:
        return Failed("it needs more memory than allowed")
    except RecursionError:
        return Failed("it is nested too deeply")
    except Exception as error:  # the others' results do not depend on this one
        return Failed(f"a library raised {type(error).__name__}")


def _bound_memory(memory_mb: int) -> None:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    bound = pages * resource.getpagesize() + memory_mb * 10**6
    _soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or bound < hard:
        resource.setrlimit(resource.RLIMIT_AS, (bound, bound))
