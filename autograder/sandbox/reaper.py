"""A worker's process and user come in; nothing of it is alive afterwards.

Workers run below a process that adopts orphans, so whatever a worker leaves behind becomes a child
of this process, and can be listed, killed and waited for.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import time
from pathlib import Path

from autograder.sandbox.lockdown import LIBC

PR_SET_CHILD_SUBREAPER = 36
PATIENCE_SECONDS = 5.0


class ReapFailed(Exception):
    """Processes of a worker are still alive after every attempt."""


def adopt_orphans() -> None:
    """Make this process the parent of every orphan among its descendants."""
    if LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "cannot become the parent of orphans")


def reap(pid: int, uid: int | None, known: frozenset[int]) -> int:
    """Kill the worker and all it started; the worker's wait status.

    Args:
        known: the children of this process that are to live.

    Raises:
        ReapFailed: something of it survives.
    """
    _kill(pid)
    _pid, status = os.waitpid(pid, 0)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while strays := _children() - known:
        if uid is not None:
            _kill_all_of(uid)
        for stray in strays:
            _kill(stray)
            os.waitpid(stray, 0)
        if time.monotonic() > deadline:
            raise ReapFailed(f"{len(strays)} processes of user {uid} survive")
    return status


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _children() -> frozenset[int]:
    own = os.getpid()
    text = Path(f"/proc/{own}/task/{own}/children").read_text(encoding="ascii")
    return frozenset(int(pid) for pid in text.split())


def _kill_all_of(uid: int) -> None:
    """Signal every process of the user at once, which a fork bomb cannot outrun."""
    helper = os.fork()
    if helper == 0:
        try:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            while True:
                os.kill(-1, signal.SIGKILL)
        except BaseException:
            os._exit(0)  # ProcessLookupError: none is left
    deadline = time.monotonic() + 1.0
    while time.monotonic() < deadline:
        if os.waitpid(helper, os.WNOHANG)[0]:
            return
        time.sleep(0.001)
    _kill(helper)  # one of the victims stopped it; the caller comes round again
    os.waitpid(helper, 0)
