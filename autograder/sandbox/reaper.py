"""A worker's process, user and folder come in; nothing of them is there afterwards.

Workers run below a process that adopts orphans, so whatever a worker leaves behind becomes a child
of this process, and can be listed, killed and waited for. Nothing here waits without a deadline:
a process that is traced by another, say, cannot be waited for before its tracer is dead.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

from autograder.sandbox.lockdown import LIBC

PR_SET_CHILD_SUBREAPER = 36
PATIENCE_SECONDS = 5.0
HELPER_SECONDS = 0.2
PAUSE_SECONDS = 0.0005


class ReapFailed(Exception):
    """Processes of a worker are still alive after every attempt."""


def adopt_orphans() -> None:
    """Make this process the parent of every orphan among its descendants."""
    if LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "cannot become the parent of orphans")


def reap(pid: int, uid: int | None, known: frozenset[int]) -> int:
    """Kill the worker and all it started; the worker's wait status.

    Args:
        uid: the worker's own user, of which no process is left afterwards; None if it has none.
        known: the children of this process that are to live.

    Raises:
        ReapFailed: something of it survives.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    _kill(pid)
    status = _wait(pid, time.monotonic() + HELPER_SECONDS)
    if status is not None and not _children() - known:
        return status  # an honest worker: whatever it started would be a child of ours by now
    while True:
        if uid is not None:
            _kill_all_of(uid)
        strays = _children() - known
        for stray in strays:
            _kill(stray)
        time.sleep(PAUSE_SECONDS)
        for stray in strays:
            ended = _wait(stray, 0.0)
            status = ended if stray == pid and ended is not None else status
        if status is not None and not _children() - known and not _alive(uid):
            return status
        if time.monotonic() > deadline:
            raise ReapFailed(f"processes of user {uid} survive")


def kill_abandoned(uid: int) -> bool:
    """Kill what a user that nobody looks after any more still runs; whether nothing is left."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while _alive(uid):
        if time.monotonic() > deadline:
            return False
        _kill_all_of(uid)
        time.sleep(PAUSE_SECONDS)
    return True


def stop(processes: Iterable[int], uid: int | None) -> None:
    """Kill a worker's processes, and all of its user, without waiting: reaping comes later.

    Any that is left would keep the wire open, and the grader would wait for its deadline.
    """
    for process in processes:
        _kill(process)
    if uid is not None:
        _kill_all_of(uid)


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _wait(pid: int, deadline: float) -> int | None:
    """The wait status of a child; None if it is not to be had until the deadline."""
    pause = PAUSE_SECONDS / 10
    while True:
        try:
            ended, status = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            return None
        if ended:
            return status
        if time.monotonic() > deadline:
            return None
        time.sleep(pause)
        pause = min(2 * pause, PAUSE_SECONDS)


def _children() -> frozenset[int]:
    """Zombies included, so nothing falls out of the list while it is read."""
    own = os.getpid()
    text = Path(f"/proc/{own}/task/{own}/children").read_text(encoding="ascii")
    return frozenset(int(pid) for pid in text.split())


def _alive(uid: int | None) -> bool:
    """Whether any process runs as ``uid``."""
    wanted = str(uid)
    for folder in Path("/proc").iterdir():
        if uid is not None and folder.name.isdigit():
            with contextlib.suppress(OSError):
                text = (folder / "status").read_text(encoding="utf-8", errors="replace")
                fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
                if wanted in fields["Uid"].split() and not fields["State"].strip().startswith("Z"):
                    return True
    return False


def _kill_all_of(uid: int) -> None:
    """Signal every process of the user at once, which a fork bomb cannot outrun.

    The process that does it acts as that user but belongs to another, ``uid + 1``: so it reaches
    the user's processes, and none of them can signal it first.
    """
    try:
        helper = os.fork()
    except OSError:  # the container is full of processes; the caller kills one by one
        return
    if helper == 0:
        try:
            os.setgroups([])
            os.setresgid(uid + 1, uid + 1, uid + 1)
            os.setresuid(uid + 1, uid, uid + 1)
            os.kill(-1, signal.SIGKILL)
        finally:
            os._exit(0)
    if _wait(helper, time.monotonic() + HELPER_SECONDS) is None:
        _kill(helper)
        _wait(helper, time.monotonic() + HELPER_SECONDS)


# --- what it left on disk ---------------------------------------------------------------------


def remove(path: Path) -> None:
    """Remove a file or a folder that nobody writes to any more, if it can be removed."""
    with contextlib.suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            remove_folder(path)
        else:
            path.unlink()


def remove_folder(folder: Path) -> None:
    """Remove a folder that nobody writes to any more, however deep student code has made it.

    ``shutil.rmtree`` needs a frame and a descriptor for each level. What cannot be removed is left;
    the session's own folder goes at its end.
    """
    here = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    names: list[str] = []  # the way down from ``folder`` to ``here``
    waiting = [_emptied(here)]  # the folders still to be removed, at each level of that way
    while names or waiting[-1]:
        if waiting[-1]:
            name = waiting[-1].pop()
            with contextlib.suppress(OSError):
                here = _stepped(here, name)
                names.append(name)
                waiting.append(_emptied(here))
        else:
            waiting.pop()
            here = _stepped(here, "..")
            with contextlib.suppress(OSError):
                os.rmdir(names.pop(), dir_fd=here)
    os.close(here)
    with contextlib.suppress(OSError):
        folder.rmdir()


def _stepped(here: int, name: str) -> int:
    """The folder ``name`` of ``here``, in its place."""
    try:
        there = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
    except PermissionError:  # a plain user's own, closed to itself
        os.chmod(name, 0o700, dir_fd=here)
        there = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
    os.close(here)
    return there


def _emptied(here: int) -> list[str]:
    """Remove what is no folder; the names of the folders."""
    folders = []
    with contextlib.suppress(OSError), os.scandir(here) as entries:
        os.fchmod(here, 0o700)
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.name)
            else:
                os.unlink(entry.name, dir_fd=here)
    return folders
