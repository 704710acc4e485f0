"""Seeds come in, are dealt out to forks that train side by side, and one value of each goes out.

A fork runs the assignment's own code on a student's numbers: how long that takes is the student's
choice. So the kernel ends it when its processor time is over, wherever it is, and it ends with the
process that started it.
"""

from __future__ import annotations

import json
import math
import os
import select
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from autograder.model.errors import HarnessFault

try:
    import resource
except ImportError:  # at home on Windows, where nothing is forked
    resource = None  # type: ignore[assignment]

#: Seeds are too few to deal out to more.
MOST_FORKS = 4
#: Bytes of what a fork may say.
MOST_SAID = 1_000_000

#: Trains from each seed, called with the arguments and the seeds; a value of each, in their order.
Train = Callable[..., Sequence[float]]


class TrainingLate(Exception):
    """The training has used its processor time up."""


def usable_cores() -> int:
    """The cores that this process may use, up to four.

    A container's share is not in the number of processors: Gradescope gives half a core of many.
    """
    if not hasattr(os, "sched_getaffinity"):
        return 1
    cores = len(os.sched_getaffinity(0))
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        cores = min(cores, math.ceil(int(quota) / int(period)))
    except (OSError, ValueError):
        pass  # no cgroup of version 2, or no quota in it ("max")
    return max(1, min(cores, MOST_FORKS))


@dataclass
class _Fork:
    pid: int
    channel: int
    said: bytes = b""


def trained(
    train: Train, arguments: Sequence[Any], seeds: Sequence[int], seconds: float
) -> tuple[list[float], float]:
    """A value of each seed, in their order, and the processor seconds that they took.

    Args:
        train: called in a fork as ``train(*arguments, seeds)``.
        seconds: of processor time, for all forks together.

    Raises:
        TrainingLate: it was over.
        HarnessFault: a fork failed, or gave no number for each of its seeds.
    """
    if not hasattr(os, "fork"):  # at home on Windows, where nobody waits but the student
        return list(map(float, train(*arguments, tuple(seeds)))), 0.0
    count = min(usable_cores(), len(seeds))
    shares = [tuple(seeds[n::count]) for n in range(count)]
    forks: list[_Fork] = []
    try:
        for share in shares:
            forks.append(_started(train, arguments, share, seconds / count))
        _listen(forks)
        values: dict[int, float] = {}
        spent = 0.0
        for fork, share in zip(list(forks), shares, strict=True):
            _pid, status, usage = os.wait4(fork.pid, 0)
            forks.remove(fork)
            os.close(fork.channel)
            spent += usage.ru_utime + usage.ru_stime
            values |= dict(zip(share, _values(fork, status, len(share)), strict=True))
    finally:
        for fork in forks:
            os.kill(fork.pid, signal.SIGKILL)
            os.waitpid(fork.pid, 0)
            os.close(fork.channel)
    return [values[seed] for seed in seeds], spent


def _started(
    train: Train, arguments: Sequence[Any], seeds: tuple[int, ...], seconds: float
) -> _Fork:
    ours, theirs = os.pipe()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        os.close(ours)
        _train_and_exit(train, arguments, seeds, seconds, theirs, parent)
    os.close(theirs)
    return _Fork(pid, ours)


def _train_and_exit(
    train: Train,
    arguments: Sequence[Any],
    seeds: tuple[int, ...],
    seconds: float,
    channel: int,
    parent: int,
) -> NoReturn:
    try:
        _end_with(parent)
        _soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (hard, hard))  # the other one is the check's own
        # The default of this signal ends a process in the middle of any computation.
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, max(seconds, 0.001))
        said = {"values": [float(value) for value in train(*arguments, seeds)]}
    except BaseException:
        said = {"fault": traceback.format_exc()[-MOST_SAID // 10 :]}  # type: ignore[dict-item]
    try:
        with os.fdopen(channel, "wb") as file:
            file.write(json.dumps(said).encode())
    finally:
        os._exit(0)


def _end_with(parent: int) -> None:
    """Be killed when the parent is."""
    if sys.platform == "linux":
        from autograder.sandbox.lockdown import LIBC, PR_SET_PDEATHSIG

        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it was, already
            os._exit(1)


def _listen(forks: Sequence[_Fork]) -> None:
    """Take what the forks say until each has ended."""
    talking = {fork.channel: fork for fork in forks}
    while talking:
        for channel in select.select(list(talking), [], [])[0]:
            data = os.read(channel, 1 << 16)
            talking[channel].said += data
            if not data or len(talking[channel].said) > MOST_SAID:
                del talking[channel]


def _values(fork: _Fork, status: int, count: int) -> Iterator[float]:
    code = os.waitstatus_to_exitcode(status)
    if code in (-signal.SIGPROF, -signal.SIGXCPU):
        raise TrainingLate
    if code != 0 or not fork.said:
        raise HarnessFault(f"a training ended early, with exit code {code}")
    said = json.loads(fork.said)
    if "fault" in said:
        raise HarnessFault(f"a training failed:\n{said['fault']}")
    if len(said["values"]) != count:
        raise HarnessFault(f"a training gave {len(said['values'])} values for {count} seeds")
    yield from said["values"]
