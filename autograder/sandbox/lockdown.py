"""A freshly forked process comes in, the same process without its powers goes out.

Each layer is a row of one table: what is given up, the step that gives it up, the probe that
attempts what it forbids, who needs it. Every step works as root in an ordinary unprivileged
container; none needs a namespace. The order matters: what needs root comes before the change of
user, what binds for ever comes last. As a plain user the change of user is impossible, and older
kernels lack Landlock; the probes say which layers are active, so that the grader can refuse.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import tempfile
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import Enum
from functools import partial

from autograder.sandbox import landlock, same_user, seccomp
from autograder.sandbox.probes import (
    descriptors_hold,
    landlock_holds,
    limits_hold,
    no_new_privileges_holds,
    oom_holds,
    parent_holds,
    same_user_holds,
    scratch_holds,
    seccomp_holds,
    session_holds,
    uid_holds,
)

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_NO_NEW_PRIVS = 38

LOCKED_MEMORY = 1 << 16
SIGNALS = 1000

#: The descriptor that the worker keeps, its end of the wire.
WIRE_DESCRIPTOR = 3

LIBC = ctypes.CDLL(None, use_errno=True)
#: The same number on every architecture; not every Python's ``os.closerange`` knows it.
SYS_CLOSE_RANGE = 436


@dataclass(frozen=True)
class Confinement:
    """The bounds of one worker. Sizes in bytes.

    Attributes:
        uid: the user to become; None to stay who one is.
        scratch: the one folder to write in.
        readable: folders and files to read, beside what Python and its libraries need.
        parent: the process that has to be the parent still; None for whichever it is.
        leave_out: steps to leave out, by name. For tests alone, which show so what a step is for;
            the probes report it.
    """

    uid: int | None
    scratch: str
    cpu_seconds: int
    memory: int
    file_size: int
    processes: int = 64
    descriptors: int = 256
    parent: int | None = None
    readable: tuple[str, ...] = ()
    leave_out: frozenset[str] = frozenset()


def confined(leave_out: frozenset[str]) -> bool:
    """Whether a process that is locked down so can write in its own folder alone."""
    return landlock.version() > 0 and not leave_out & {"landlock", "no_new_privs"}


def _streams(wire_descriptor: int) -> None:
    """The wire in its place; standard streams lead nowhere, so that nothing can fill up."""
    if wire_descriptor != WIRE_DESCRIPTOR:  # which the call refuses
        os.dup2(wire_descriptor, WIRE_DESCRIPTOR, inheritable=False)
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    os.close(null)


def _new_session(_confinement: Confinement) -> None:
    os.setsid()


def _descriptors(_confinement: Confinement) -> None:
    close_from(WIRE_DESCRIPTOR + 1)


def close_from(first: int) -> None:
    """Close every descriptor from ``first`` on, however many the limit would allow.

    ``os.closerange`` of a Python built for an old C library tries each number: with the limits of
    some container runtimes (10^6, or 10^9) that takes a second, or minutes, in every fork.
    """
    if LIBC.syscall(SYS_CLOSE_RANGE, first, ctypes.c_uint(-1), 0) == 0:
        return
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 (paths would cost more than the call)
        if int(name) >= first:
            with contextlib.suppress(OSError):  # the listing's own is gone by now
                os.close(int(name))


def _scratch(confinement: Confinement) -> None:
    os.chdir(confinement.scratch)
    os.umask(0o077)
    folder = os.getcwd()  # noqa: PTH109 (links followed, as the probe sees it)
    os.environ.update(HOME=folder, TMPDIR=folder, MPLCONFIGDIR=folder)
    tempfile.tempdir = folder  # torch's import has made it look before


def _first_to_be_killed(_confinement: Confinement) -> None:
    """When memory runs out, the kernel is to take this process and not the grader."""
    # By the bare calls: in a fresh fork ``Path.write_text`` takes a millisecond of copied pages.
    descriptor = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
    try:
        os.write(descriptor, b"1000")
    finally:
        os.close(descriptor)


def _resource_limits(confinement: Confinement) -> None:
    descriptor = os.open("/proc/self/statm", os.O_RDONLY)
    try:
        sizes = [int(pages) * resource.getpagesize() for pages in os.read(descriptor, 100).split()]
    finally:
        os.close(descriptor)
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: confinement.cpu_seconds,
        resource.RLIMIT_AS: sizes[0] + confinement.memory,
        # of the sizes above most is libraries, which a new program in this process does not have
        resource.RLIMIT_DATA: sizes[5] + confinement.memory,
        resource.RLIMIT_MEMLOCK: LOCKED_MEMORY,
        resource.RLIMIT_SIGPENDING: SIGNALS,  # timers count as such
        resource.RLIMIT_FSIZE: confinement.file_size,
        resource.RLIMIT_NOFILE: confinement.descriptors,
        resource.RLIMIT_MSGQUEUE: 0,  # message queues outlive the processes that made them
    }
    if confinement.uid is not None:  # it counts all processes of a user, so only for one's own
        limits[resource.RLIMIT_NPROC] = confinement.processes
    if min(limits.values()) < 0:
        raise ValueError("a negative limit, which would be none")
    for limit, value in limits.items():
        hard = resource.getrlimit(limit)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (bound, bound))


def _change_user(confinement: Confinement) -> None:
    if confinement.uid is None:
        return
    os.setgroups([])
    os.setresgid(confinement.uid, confinement.uid, confinement.uid)
    os.setresuid(confinement.uid, confinement.uid, confinement.uid)
    # The change has closed what /proc tells of this process, and the watch, which in a container
    # may only look as the user itself, has to see what is held open. No core: its size is 0.
    if LIBC.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "what /proc shows")


def _die_with_parent(confinement: Confinement) -> None:
    """Set behind the change of user, which clears it."""
    if LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "the signal at the parent's death")
    if confinement.parent is not None and os.getppid() != confinement.parent:
        raise RuntimeError("the parent has died already")


def _no_new_privileges(_confinement: Confinement) -> None:
    if LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no_new_privs")


def _landlock(confinement: Confinement) -> None:
    version = landlock.version()
    if version:
        granted = landlock.grants(confinement.readable, confinement.scratch)
        landlock.restrict(granted, landlock.Handled.by(version))


def _seccomp(_confinement: Confinement) -> None:
    if seccomp.available():
        seccomp.restrict()


def _same_user(confinement: Confinement) -> None:
    """Where there is no user of its own to do it."""
    if confinement.uid is None and seccomp.available():
        same_user.restrict()


# --- the table: all that is said of a layer elsewhere follows from it -------------------------


class Grading(Enum):
    """As whom the grader runs."""

    ROOT = "root"
    PLAIN = "a plain user"

    @classmethod
    def here(cls) -> Grading:
        """As whom this process runs."""
        return cls.ROOT if os.geteuid() == 0 else cls.PLAIN


BOTH = frozenset(Grading)
ROOT, PLAIN = frozenset({Grading.ROOT}), frozenset({Grading.PLAIN})
NOBODY = frozenset[Grading]()


@dataclass(frozen=True)
class Layer:
    """One thing that a worker gives up.

    Attributes:
        gives_up: what that is, in words for the docs.
        step: gives it up.
        holds: the probe, which attempts what is forbidden.
        needed_by: who has to have it for the isolation to be full.
        required_of: whose hidden checks are refused without it.
        stands_in_for: what it replaces where that cannot be had; it is left out with it.
        rests_on: what has to be in force before; it is left out with it.
    """

    name: str
    gives_up: str
    step: Callable[[Confinement], None]
    holds: Callable[[], bool]
    needed_by: frozenset[Grading] = BOTH
    required_of: frozenset[Grading] = NOBODY
    stands_in_for: str = ""
    rests_on: str = ""


#: The order is part of the defence. Landlock is required of a plain user alone, because kernels
#: before 5.13 lack it.
LAYERS = (
    Layer("session", "its terminal and its group of processes", _new_session, session_holds),
    Layer(
        "descriptors",
        "every descriptor but one socket",
        _descriptors,
        partial(descriptors_hold, WIRE_DESCRIPTOR),
    ),
    Layer("scratch", "every working folder but a fresh one", _scratch, scratch_holds),
    Layer("oom", "to be spared when memory runs out", _first_to_be_killed, oom_holds),
    Layer(
        "rlimits",
        "memory, processor time, file size, processes, timers and open files beyond its limits",
        _resource_limits,
        limits_hold,
    ),
    Layer(
        "uid",
        "its user: a random high uid without groups, which nobody else has",
        _change_user,
        uid_holds,
        needed_by=ROOT,
        required_of=ROOT,
    ),
    Layer("parent", "to live longer than what has forked it", _die_with_parent, parent_holds),
    Layer(
        "no_new_privs",
        "setuid programs",
        _no_new_privileges,
        no_new_privileges_holds,
        required_of=BOTH,
    ),
    Layer(
        "landlock",
        "files: it reads Python, the libraries, the public package and what /proc says of itself, "
        "runs Python alone, and writes its scratch folder; TCP; signals to others",
        _landlock,
        landlock_holds,
        required_of=PLAIN,
        rests_on="no_new_privs",
    ),
    Layer(
        "seccomp",
        "system calls: the network, other processes, namespaces, mounts, keys, System V IPC, "
        "io_uring, bpf, memory that belongs to no process (memfd, shared mappings of nothing, what "
        "is on its way through sockets and pipes), watching files, signals on input and output, "
        "and more",
        _seccomp,
        seccomp_holds,
        required_of=BOTH,
        rests_on="no_new_privs",
    ),
    Layer(
        "same_user",
        "signals to and limits of the user's other processes, and the modes of the user's files",
        _same_user,
        same_user_holds,
        needed_by=PLAIN,
        required_of=PLAIN,
        stands_in_for="uid",
        rests_on="no_new_privs",
    ),
)
NAMES = tuple(layer.name for layer in LAYERS)
#: What older releases called them: so reports of theirs, and command lines, may.
FORMER_NAMES = {"apart": "same_user"}


def required(grading: Grading) -> frozenset[str]:
    """What hidden checks require."""
    return frozenset(each.name for each in LAYERS if grading in each.required_of)


def complete(held: Collection[str]) -> bool:
    """Whether all that one kind of user needs is among what held."""
    known = {FORMER_NAMES.get(name, name) for name in held}
    return any(
        all(each.name in known for each in LAYERS if grading in each.needed_by)
        for grading in Grading
    )


def isolation(held: Collection[str], *, unsafe: bool) -> str:
    """How well student code was held: full, minimum (what hidden checks require), unsafe, unknown.

    Full: by all that root, or a plain user, needs who has graded. Unknown: no worker was started,
    or the time was over before it could be told.
    """
    if unsafe:
        return "unsafe"
    if not held:
        return "unknown"
    return "full" if complete(held) else "minimum"


def active_layers() -> tuple[str, ...]:
    """The layers that hold in this process, found by trying to break each."""
    return tuple(each.name for each in LAYERS if each.holds())


def lock_down(confinement: Confinement, wire_descriptor: int) -> None:
    """Give up, for ever, everything that running student code does not need.

    Raises:
        OSError, RuntimeError, ValueError: a step that this kernel has has failed.
    """
    _streams(wire_descriptor)
    leave_out = confinement.leave_out
    if not leave_out <= set(NAMES):
        raise ValueError(f"no step is called {', '.join(sorted(leave_out - set(NAMES)))}")
    for each in LAYERS:
        if not leave_out & {each.name, each.rests_on, each.stands_in_for}:
            each.step(confinement)
