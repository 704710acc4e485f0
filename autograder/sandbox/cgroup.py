"""The machine's control groups come in; one for each worker goes out, and is gone afterwards.

Where this process may divide its own group (version 2, with the controllers of memory and of
processes), the kernel itself bounds what a worker takes, of whatever kind of memory. Elsewhere, as
on Gradescope, the refusals of calls and the watch have to do, which hold here as well.

A group that has children with limits may have no processes of its own. So what runs in ours moves
to a child of it, where the same limits hold as before, and moves back at the end.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CONTROLLERS = frozenset({"memory", "pids"})
PREFIX = "autograder-"
#: For the processes of the group that is divided.
REST = f"{PREFIX}rest"
PROCESSES, CHILDREN_HAVE = "cgroup.procs", "cgroup.subtree_control"
#: Marks of systemd on a group that whoever runs in it may divide.
DELEGATED = ("user.delegate", "trusted.delegate")
PATIENCE_SECONDS, PAUSE_SECONDS = 1.0, 0.001
#: New processes may appear while those of a group are moved.
ATTEMPTS = 20


@dataclass(frozen=True)
class Group:
    """The group of one worker, and of all that it starts."""

    folder: Path

    def add(self, process: int) -> None:
        """Move a process here; its children will be here from the start.

        Raises:
            OSError: the kernel refuses.
        """
        _write(self.folder / PROCESSES, str(process))

    @property
    def exceeded(self) -> bool:
        """Whether the kernel has ended it because it took more memory than it may."""
        with contextlib.suppress(OSError):
            events = (self.folder / "memory.events").read_text(encoding="ascii")
            return re.search(r"^oom_kill [1-9]", events, re.MULTILINE) is not None
        return False

    def remove(self) -> None:
        """Kill what is left in it, and remove it. What cannot be removed is left."""
        with contextlib.suppress(OSError):  # unknown before Linux 5.14
            _write(self.folder / "cgroup.kill", "1")
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not _removed(self.folder) and time.monotonic() < deadline:
            time.sleep(PAUSE_SECONDS)


@dataclass(frozen=True)
class Groups:
    """The groups of one clean process.

    Attributes:
        ours: the group that was divided.
        folder: the child of it in which there is one for each worker.
    """

    ours: Path
    folder: Path

    @classmethod
    def opened(cls, ours: Path | None = None) -> Groups | None:
        """Divide this process's own group; None where that is impossible, or not ours to do."""
        ours = ours or own()
        if ours is None:
            return None
        groups = cls(ours, ours / f"{PREFIX}{os.getpid()}")
        with contextlib.suppress(OSError), _locked(ours):
            if not _words(ours / "cgroup.controllers") >= CONTROLLERS:
                return None
            _remove_abandoned(ours)
            try:
                _divide(ours)
                groups.folder.mkdir()
                _write(groups.folder / CHILDREN_HAVE, _changes("+"))
                groups.made("probe", 1 << 30, 1).remove()
            except OSError:
                groups._undo()
                raise
            return groups
        return None

    def made(self, name: str, memory: int, processes: int) -> Group:
        """A new group, with nothing in it.

        Args:
            memory: its bytes, of pages, buffers and what the kernel has on its behalf.
            processes: how many there may be, threads included.

        Raises:
            OSError: the kernel refuses.
        """
        folder = self.folder / name
        folder.mkdir()
        try:
            _write(folder / "memory.max", str(memory))
            with contextlib.suppress(FileNotFoundError):  # a kernel without swapping
                _write(folder / "memory.swap.max", "0")
            _write(folder / "memory.oom.group", "1")
            _write(folder / "pids.max", str(processes))
        except OSError:
            folder.rmdir()
            raise
        return Group(folder)

    def close(self) -> None:
        """Remove all that was made, unless another clean process needs it."""
        with contextlib.suppress(OSError), _locked(self.ours):
            self._undo()

    def _undo(self) -> None:
        _remove_tree(self.folder)
        if (self.ours / REST).is_dir() and not list(_of_processes(self.ours)):
            _write(self.ours / CHILDREN_HAVE, _changes("-"))
            _move(self.ours / REST, self.ours)
            _removed(self.ours / REST)


def own(proc: Path = Path("/proc/self")) -> Path | None:
    """The folder of this process's group, if it is this process's to divide.

    It is where nothing else is above it in sight, as in a container of one's own, where systemd has
    marked it as delegated, and where it belongs to a plain user.
    """
    try:
        groups = (proc / "cgroup").read_text(encoding="utf-8")
        mounts = (proc / "mountinfo").read_text(encoding="utf-8")
    except OSError:
        return None
    path = re.search(r"^0::(/.*)$", groups, re.MULTILINE)
    for line in mounts.splitlines():
        fields, _, kind = line.partition(" - ")
        root, mounted = fields.split()[3:5]
        if path is None or not kind.startswith("cgroup2 "):
            continue
        below = os.path.relpath(path[1], root)
        folder = Path(mounted, below)
        if not below.startswith("..") and folder.is_dir():
            return folder if path[1] == "/" or _delegated(folder) else None
    return None


def _delegated(folder: Path) -> bool:
    for mark in DELEGATED:
        with contextlib.suppress(OSError):
            if os.getxattr(folder, mark) == b"1":
                return True
    return folder.stat().st_uid == os.geteuid() != 0


def _divide(ours: Path) -> None:
    """Have children of a group bound memory and processes.

    Raises:
        OSError: the kernel refuses.
    """
    if _words(ours / CHILDREN_HAVE) >= CONTROLLERS:
        return
    for _ in range(ATTEMPTS):
        try:
            _write(ours / CHILDREN_HAVE, _changes("+"))
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
        else:
            return
        (ours / REST).mkdir(exist_ok=True)
        _move(ours, ours / REST)
    raise OSError(errno.EBUSY, "processes of the group do not move")


def _move(source: Path, target: Path) -> None:
    for process in _words(source / PROCESSES):
        with contextlib.suppress(ProcessLookupError):  # it has just ended
            _write(target / PROCESSES, process)


def _of_processes(ours: Path) -> Iterator[tuple[int, Path]]:
    """The children of a group that clean processes have made for their workers."""
    for folder in ours.glob(f"{PREFIX}*"):
        number = folder.name.removeprefix(PREFIX)
        if number.isdigit():
            yield int(number), folder


def _remove_abandoned(ours: Path) -> None:
    """Remove what clean processes have left that were killed."""
    for process, folder in _of_processes(ours):
        if not Path(f"/proc/{process}").exists():
            _remove_tree(folder)


def _remove_tree(folder: Path) -> None:
    with contextlib.suppress(OSError):
        for entry in folder.iterdir():
            if entry.is_dir():
                Group(entry).remove()
    _removed(folder)


def _removed(folder: Path) -> bool:
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _changes(sign: str) -> str:
    return " ".join(sign + name for name in sorted(CONTROLLERS))


def _words(file: Path) -> frozenset[str]:
    return frozenset(file.read_text(encoding="ascii").split())


def _write(file: Path, text: str) -> None:
    """In one call, as the kernel wants it, and never into a file that is not there."""
    descriptor = os.open(file, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other clean processes from dividing and undoing meanwhile."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
