"""The workers of a clean process come in; those that take too much go out, with the reason.

This is what holds where no control group does, and what tells a student the real cause.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain

from autograder.sandbox import processes, usage
from autograder.sandbox.usage import Allowance


@dataclass(frozen=True)
class Watched:
    """A worker that runs.

    Attributes:
        uid: its own user; None if it is this process's.
        scratch: the folder that it writes in.
        elsewhere: whether it may write in folders that are shared by all users, too.
    """

    pid: int
    uid: int | None
    scratch: str
    allowance: Allowance
    elsewhere: bool

    def strewn(self) -> Iterator[str]:
        """What belongs to it on the disk outside its folder."""
        if self.elsewhere and self.uid is not None:
            yield from (path for path in usage.shared(self.uid) if path != self.scratch)


@dataclass(frozen=True)
class Excess:
    """What a worker has too much of.

    Attributes:
        words: for a student; they finish the sentence "the code ...".
        processes: what has to be killed by its number, as the worker has no user of its own: all
            that it has started, as far as was seen.
    """

    words: str
    processes: frozenset[int]


class Watch:
    """Looks at what workers hold, beyond what they were forked with.

    Made in the process that forks them, before the first fork.
    """

    def __init__(self) -> None:
        self.memory = processes.memory_of("self")
        self._nameless = processes.nameless("self")
        self._hidden: set[int] = set()  # processes that could not be looked at the last time

    def excesses(self, workers: Mapping[int, Watched], grader: int) -> dict[int, Excess]:
        """What there is too much of, by the workers' numbers."""
        own = os.geteuid()
        owners = {own if worker.uid is None else worker.uid for worker in workers.values()}
        running = processes.running(owners)
        locks = processes.locks_by_process(running)
        forked = {grader, *(worker.pid for worker in workers.values())}
        found: dict[int, Excess] = {}
        hidden: set[int] = set()
        for number, worker in workers.items():
            if worker.uid is None:
                family = processes.family(running, worker.pid, forked)
            else:
                family = [process for process in running.values() if process.owner == worker.uid]
            held = self._held(worker, family, locks)
            words = worker.allowance.excess(chain([worker.scratch], worker.strewn()), held)
            if words is None and held.hidden & self._hidden:  # once, it may have been ending
                words = "hid what its processes hold open"
            if words is not None:
                strays = {process.pid for process in family if worker.uid is None}
                found[number] = Excess(words, frozenset(strays))
            hidden |= held.hidden
        self._hidden = hidden
        return found

    def _held(
        self, worker: Watched, family: list[processes.Process], locks: Mapping[int, int]
    ) -> processes.Held:
        # Its own share of this process's memory is not its doing.
        share = self.memory if any(process.pid == worker.pid for process in family) else 0
        most = replace(worker.allowance, memory=worker.allowance.memory + share)
        held = processes.held(family, worker.uid, locks, self._nameless, most.too_much_memory)
        held.memory -= share
        return held
