"""A freshly forked process comes in, the same process without its powers goes out.

Every step works as root in an ordinary unprivileged container; none needs a namespace. The order
matters: what needs root comes before the change of user, what binds for ever comes last. As a plain
user the change of user is impossible, and older kernels lack Landlock; the probes say which
primitives are active, so that the grader can refuse.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import socket
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autograder.sandbox import apart, landlock, seccomp

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_NO_NEW_PRIVS = 38
PR_GET_NO_NEW_PRIVS = 39
PTRACE_CONT = 7
IPC_PRIVATE = 0

LOCKED_MEMORY = 1 << 16
SIGNALS = 1000

#: The descriptor that the worker keeps, its end of the wire.
WIRE_DESCRIPTOR = 3

#: What hidden checks require. Not Landlock, which kernels before 5.13 lack.
FLOOR = frozenset({"uid", "no_new_privs", "seccomp"})
#: What they require of a plain user, who cannot give a worker a user of its own.
PLAIN_FLOOR = frozenset({"apart", "landlock", "no_new_privs", "seccomp"})

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
        without: steps to leave out, by name. For tests alone, which show so what a step is for;
            the probes report it. Landlock and seccomp go with ``no_new_privs``, ``apart`` with
            ``uid``.
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
    without: frozenset[str] = frozenset()


def lock_down(confinement: Confinement, wire_descriptor: int) -> None:
    """Give up, for ever, everything that running student code does not need.

    Raises:
        OSError, RuntimeError, ValueError: a step that this kernel has has failed.
    """
    _streams(wire_descriptor)
    without = confinement.without
    if not without <= STEPS.keys():
        raise ValueError(f"no step is called {', '.join(sorted(without - STEPS.keys()))}")
    if "no_new_privs" in without:
        without |= {"landlock", "seccomp", "apart"}
    if "uid" in without:
        without |= {"apart"}
    for name, step in STEPS.items():
        if name not in without:
            step(confinement)


def confined(without: frozenset[str]) -> bool:
    """Whether a process that is locked down so can write in its own folder alone."""
    return landlock.version() > 0 and not without & {"landlock", "no_new_privs"}


def _streams(wire_descriptor: int) -> None:
    """The wire in its place; standard streams lead nowhere, so that nothing can fill up."""
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
    os.environ.update(
        HOME=confinement.scratch, TMPDIR=confinement.scratch, MPLCONFIGDIR=confinement.scratch
    )
    tempfile.tempdir = confinement.scratch  # torch's import has made it look before


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


def _apart(confinement: Confinement) -> None:
    """Where there is no user of its own to do it."""
    if confinement.uid is None and seccomp.available():
        apart.restrict()


#: The order is part of the defence.
STEPS: dict[str, Callable[[Confinement], None]] = {
    "session": _new_session,
    "descriptors": _descriptors,
    "scratch": _scratch,
    "oom": _first_to_be_killed,
    "rlimits": _resource_limits,
    "uid": _change_user,
    "parent": _die_with_parent,
    "no_new_privs": _no_new_privileges,
    "landlock": _landlock,
    "seccomp": _seccomp,
    "apart": _apart,
}


# --- probes: each attempts what its primitive forbids ---------------------------------------------


def active_primitives() -> tuple[str, ...]:
    """The primitives that hold in this process, found by trying to break each."""
    return tuple(name for name, holds in PROBES.items() if holds())


def _uid_holds() -> bool:
    """Root cannot be regained, no group is left, and the parent belongs to another user.

    A plain user cannot become root either: only a user of one's own keeps the grader out of reach.
    Its priority shows it; signals may be refused by Landlock already.
    """
    parent = os.getppid()
    if 0 in (*os.getresuid(), *os.getresgid()) or os.getgroups():
        return False
    with contextlib.suppress(FileNotFoundError):  # hidden, as only others' processes can be
        if os.stat(f"/proc/{parent}").st_uid == os.getuid():  # noqa: PTH116
            return False
    attempts: tuple[Callable[[], object], ...] = (
        lambda: os.setuid(0),
        lambda: os.setgroups([0]),
        lambda: os.setpriority(os.PRIO_PROCESS, parent, os.getpriority(os.PRIO_PROCESS, parent)),
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


def _landlock_holds() -> bool:
    """What everybody may read or write, this process may not."""

    def make_temporary_file() -> None:
        path = Path(f"/tmp/.probe-{os.getpid()}")
        path.touch(exist_ok=False)
        path.unlink()

    attempts: dict[str, Callable[[], object]] = {
        "/": lambda: os.close(os.open("/", os.O_RDONLY | os.O_DIRECTORY)),
        "/etc/passwd": lambda: os.close(os.open("/etc/passwd", os.O_RDONLY)),
        "/tmp": make_temporary_file,
    }
    return all(_is_refused(attempts[path]) for path in attempts if Path(path).exists())


def _seccomp_holds() -> bool:
    """Calls that every user may make are refused; none changes anything where it is not.

    A container may refuse some of them by a filter of its own, but never all.
    """
    if not seccomp.in_force():
        return False
    attempts: tuple[Callable[[], object], ...] = (
        lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM).close(),
        lambda: _called(LIBC.ptrace(PTRACE_CONT, os.getpid(), None, None)),
        lambda: _called(LIBC.unshare(0)),
        lambda: _called(LIBC.shmget(IPC_PRIVATE, ctypes.c_size_t(0), 0)),
    )
    return all(_is_refused(attempt) for attempt in attempts)


def _apart_holds() -> bool:
    """The parent cannot be touched, nor the modes of the user's own files."""
    parent = os.getppid()
    attempts: tuple[Callable[[], object], ...] = (
        lambda: os.kill(parent, 0),
        lambda: resource.prlimit(parent, resource.RLIMIT_CORE),
        lambda: os.chmod(".", 0o700),  # noqa: PTH101
    )
    return all(_is_refused(attempt) for attempt in attempts)


def _called(result: int) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")


PROBES: dict[str, Callable[[], bool]] = {
    "uid": _uid_holds,
    "no_new_privs": _no_new_privileges_holds,
    "rlimits": _limits_hold,
    "descriptors": _descriptors_hold,
    "landlock": _landlock_holds,
    "seccomp": _seccomp_holds,
    "apart": _apart_holds,
}
