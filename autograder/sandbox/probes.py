"""A process that is locked down comes in; whether a layer holds goes out.

Each probe attempts what its layer forbids, in the process itself, before student code is there.
None changes anything where the attempt succeeds.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import socket
from collections.abc import Callable
from pathlib import Path

from autograder.sandbox import seccomp

PR_GET_PDEATHSIG = 2
PR_GET_NO_NEW_PRIVS = 39
PTRACE_CONT = 7
IPC_PRIVATE = 0

LIBC = ctypes.CDLL(None, use_errno=True)


def session_holds() -> bool:
    """Its session is its own, and has no terminal."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return os.getsid(0) == os.getpid()
    return False


def scratch_holds() -> bool:
    """Where it is, it may write, and that is its home too."""
    return os.getcwd() == os.environ.get("HOME") and os.access(".", os.W_OK)  # noqa: PTH109


def oom_holds() -> bool:
    """The kernel would take it first."""
    descriptor = os.open("/proc/self/oom_score_adj", os.O_RDONLY)
    try:
        return int(os.read(descriptor, 10)) == 1000
    finally:
        os.close(descriptor)


def parent_holds() -> bool:
    """The parent's death would end it."""
    found = ctypes.c_int()
    LIBC.prctl(PR_GET_PDEATHSIG, ctypes.byref(found), 0, 0, 0)
    return found.value == signal.SIGKILL


def uid_holds() -> bool:
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


def no_new_privileges_holds() -> bool:
    """No program gives more rights than its caller has."""
    return bool(LIBC.prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)


def limits_hold() -> bool:
    """There is one on memory, and none can be raised."""
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (1, 1))
    except (ValueError, PermissionError):
        return resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY
    return False


def descriptors_hold(last: int) -> bool:
    """No descriptor beyond ``last`` can be duplicated."""
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208
        if int(name) > last:
            try:
                os.close(os.dup(int(name)))
            except OSError:
                continue  # the listing's own
            return False
    return True


def landlock_holds() -> bool:
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


def seccomp_holds() -> bool:
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


def same_user_holds() -> bool:
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
