"""A freshly forked process comes in, the same process without its powers goes out.

Every step works as root in an ordinary unprivileged container; none needs a namespace. The order
matters: what needs root comes before the change of user, what binds for ever comes last. As a plain
user the change of user is impossible; the result says which primitives are active, so that the
grader can refuse.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38
PR_GET_NO_NEW_PRIVS = 39

#: The descriptor that the worker keeps, its end of the wire.
WIRE_DESCRIPTOR = 3

#: What hidden checks require. Landlock and seccomp join these when they are built (see README).
FLOOR = frozenset({"uid", "no_new_privs"})

LIBC = ctypes.CDLL(None, use_errno=True)
#: The same number on every architecture; not every Python's ``os.closerange`` knows it.
SYS_CLOSE_RANGE = 436


@dataclass(frozen=True)
class Confinement:
    """The bounds of one worker. ``uid`` None: stay the user one is. Sizes in bytes."""

    uid: int | None
    scratch: str
    cpu_seconds: int
    memory: int
    file_size: int
    processes: int = 64
    descriptors: int = 256
    parent: int | None = None


def lock_down(confinement: Confinement, wire_descriptor: int) -> None:
    """Give up, for ever, everything that running student code does not need."""
    for step in STEPS:
        step(confinement, wire_descriptor)


def _new_session(_confinement: Confinement, _wire: int) -> None:
    os.setsid()


def _descriptors(_confinement: Confinement, wire_descriptor: int) -> None:
    """Keep the wire alone; standard streams lead nowhere, so that nothing can fill up."""
    os.dup2(wire_descriptor, WIRE_DESCRIPTOR, inheritable=False)
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
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


def _scratch(confinement: Confinement, _wire: int) -> None:
    os.chdir(confinement.scratch)
    os.umask(0o077)
    os.environ.update(
        HOME=confinement.scratch, TMPDIR=confinement.scratch, MPLCONFIGDIR=confinement.scratch
    )
    tempfile.tempdir = confinement.scratch  # torch's import has made it look before


def _first_to_be_killed(_confinement: Confinement, _wire: int) -> None:
    """When memory runs out, the kernel is to take this process and not the grader."""
    Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _resource_limits(confinement: Confinement, _wire: int) -> None:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: confinement.cpu_seconds,
        resource.RLIMIT_AS: pages * resource.getpagesize() + confinement.memory,
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


def _change_user(confinement: Confinement, _wire: int) -> None:
    if confinement.uid is None:
        return
    os.setgroups([])
    os.setresgid(confinement.uid, confinement.uid, confinement.uid)
    os.setresuid(confinement.uid, confinement.uid, confinement.uid)


def _die_with_parent(confinement: Confinement, _wire: int) -> None:
    """Set behind the change of user, which clears it."""
    if LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "the signal at the parent's death")
    if confinement.parent is not None and os.getppid() != confinement.parent:
        raise RuntimeError("the parent has died already")


def _no_new_privileges(_confinement: Confinement, _wire: int) -> None:
    if LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no_new_privs")


#: The order is part of the defence. Landlock, then seccomp, belong behind the last one.
STEPS: tuple[Callable[[Confinement, int], None], ...] = (
    _new_session,
    _descriptors,
    _scratch,
    _first_to_be_killed,
    _resource_limits,
    _change_user,
    _die_with_parent,
    _no_new_privileges,
)


# --- probes: each attempts what its primitive forbids ---------------------------------------------


def active_primitives() -> tuple[str, ...]:
    """The primitives that hold in this process, found by trying to break each."""
    return tuple(name for name, holds in PROBES.items() if holds())


def _uid_holds() -> bool:
    """Root cannot be regained, no group is left, and the parent belongs to another user.

    A plain user cannot become root either: only a user of one's own keeps the grader out of reach.
    """
    if 0 in (*os.getresuid(), *os.getresgid()) or os.getgroups():
        return False
    attempts: tuple[Callable[[], object], ...] = (
        lambda: os.setuid(0),
        lambda: os.setgroups([0]),
        lambda: os.kill(os.getppid(), 0),
    )
    return all(_is_refused(attempt) for attempt in attempts)


def _is_refused(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except PermissionError:
        return True
    except OSError:
        pass
    return False


def _no_new_privileges_holds() -> bool:
    return bool(LIBC.prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)


def _limits_hold() -> bool:
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (1, 1))
    except (ValueError, PermissionError):
        return resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY
    return False


def _descriptors_hold() -> bool:
    """No descriptor beyond the standard streams and the wire can be duplicated."""
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208
        if int(name) > WIRE_DESCRIPTOR:
            try:
                os.close(os.dup(int(name)))
            except OSError:
                continue  # the listing's own
            return False
    return True


PROBES: dict[str, Callable[[], bool]] = {
    "uid": _uid_holds,
    "no_new_privs": _no_new_privileges_holds,
    "rlimits": _limits_hold,
    "descriptors": _descriptors_hold,
}
