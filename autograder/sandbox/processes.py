"""User numbers come in; their processes, and what those hold in memory and on the disk, come out.

The kernel's limits are on a process, and on what has an address or a name. What has none is found
here: pages in the buffers of sockets and pipes, files that are deleted but open or mapped, memory
that is shared and mapped nowhere for the moment, page tables, locks. Where the kernel tells no
size, the largest possible one counts.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autograder.sandbox.lockdown import LIBC

#: What counts as a process's memory, of the lines of its status: swapped pages and page tables too.
COUNTED = (b"RssAnon:", b"RssShmem:", b"VmSwap:", b"VmPTE:", b"HugetlbPages:")
#: What of a status is there as long as a process, or a thread, has memory.
ADDRESSES = b"\nVmSize:"
PIPE_BYTES = 1 << 16
#: Of any other open file in the kernel: the file itself, and what it has read ahead for its reader.
DESCRIPTOR_BYTES = 1 << 14
#: Of a file that is waited for, in each descriptor that waits for many.
WAITED_BYTES = 256
MAPPING_BYTES = 256
#: How many files one worker may hold locks on, or on how many parts of a file.
MOST_LOCKS = 10_000

#: A mapping of a file that has no name, or that is shared and of nothing: device, number, path. No
#: path has a line's end in it.
_NAMELESS = re.compile(
    rb"^\S+ (?:\S+ \S+ (\S+) (\d+) +(\S.*) \(deleted\)|...s \S+ (\S+) (\d+) +(/dev/zero))$",
    re.MULTILINE,
)
#: Such files are memory, of which a mapping does not tell the size: shared, of nothing, and others.
_MEMORY = ("/dev/zero", "/memfd:", "/SYSV", "/anon_hugepage")

File = tuple[int, int]


@dataclass(frozen=True)
class Process:
    """One process. Memory in bytes.

    Attributes:
        folder: in ``/proc``, that of a thread that is alive: the first one may have ended.
    """

    pid: int
    parent: int
    owner: int
    folder: str
    memory: int


@dataclass
class Held:
    """What processes hold together. Sizes in bytes.

    Attributes:
        memory: without what is ``unseen``.
        files: of those without a name, by device and number; None: at most as large as one may be.
        unseen: shared memory of which nothing tells how much it is.
        hidden: processes that do not let anybody look.
        locks: on files, or parts of them.
    """

    memory: int = 0
    files: dict[File, int | None] = field(default_factory=dict)
    unseen: set[File] = field(default_factory=set)
    hidden: set[int] = field(default_factory=set)
    locks: int = 0


def running(owners: Collection[int]) -> dict[int, Process]:
    """The living processes of these users, by number."""
    found: dict[int, Process] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208 (paths would cost more than the calls)
        if not name.isdigit():
            continue
        with contextlib.suppress(OSError):  # it has just ended
            owner = os.stat(f"/proc/{name}").st_uid  # noqa: PTH116
            living = _living(f"/proc/{name}") if owner in owners else None
            if living is not None:
                folder, status = living
                parent = int(status.partition(b"\nPPid:\t")[2].split(maxsplit=1)[0])
                found[int(name)] = Process(int(name), parent, owner, folder, _memory(status))
    return found


def memory_of(process: int | str) -> int:
    """The bytes of memory of one process that no file holds.

    What a fork shares with its parent counts for both: that errs on the safe side.

    Raises:
        OSError: there is no such process.
    """
    return _memory(_status(f"/proc/{process}"))


def family(processes: Mapping[int, Process], first: int, others: Collection[int]) -> list[Process]:
    """What descends from ``first``, and the orphans, by which this process is never given away.

    For workers that have no user of their own. Whose an orphan was nothing tells, so that it counts
    for every worker.

    Args:
        others: children of this process that are no orphans, with ``first`` or without.
    """
    children: dict[int, list[Process]] = {}
    for process in processes.values():
        children.setdefault(process.parent, []).append(process)
    strays = [p for p in children.get(os.getpid(), []) if p.pid not in others]
    waiting = [*strays, *(p for p in [processes.get(first)] if p is not None)]
    found: dict[int, Process] = {}
    while waiting:
        process = waiting.pop()
        if process.pid not in found:
            found[process.pid] = process
            waiting += children.get(process.pid, [])
    return list(found.values())


def held(
    processes: Iterable[Process],
    uid: int | None,
    locks: Mapping[int, int],
    known: Collection[File] = (),
    enough: Callable[[Held], bool] = lambda _held: False,
) -> Held:
    """What the processes hold together.

    Args:
        uid: the user to look as, in place of root, who may not look at others in a container.
        locks: how many each process has.
        known: files without a name that all of them had from the beginning.
        enough: whether there is no need to look at more.
    """
    found, sockets, pipes = Held(), set[str](), set[str]()
    with _as(uid):
        for process in processes:
            found.memory += process.memory
            found.locks += locks.get(process.pid, 0)
            try:
                _add_descriptors(process, found, sockets, pipes)
                _add_mappings(process, found, known)
            except PermissionError:
                found.hidden.add(process.pid)
            except OSError:
                pass  # it has just ended
            if enough(found):
                break
    return found


def nameless(process: int | str) -> frozenset[File]:
    """The files without a name that a process has mapped.

    Raises:
        OSError: there is no such process.
    """
    mappings = Path(f"/proc/{process}/maps").read_bytes()
    return frozenset(_file(line) for line in _NAMELESS.finditer(mappings))


def locks_by_process(asked: Collection[int]) -> Counter[int]:
    """How many locks on files each of these processes has; no more are counted than matter.

    Those of all others stand in the same list, in any number, before or behind.
    """
    found: Counter[int] = Counter()
    with contextlib.suppress(OSError), Path("/proc/locks").open("rb") as file:
        for line in file:
            fields = line.split()
            process = int(fields[5 if fields[1] == b"->" else 4])
            if process not in asked:
                continue
            found[process] += 1
            if found[process] > 2 * MOST_LOCKS:
                break
    return found


# --- one process ----------------------------------------------------------------------------------


def _living(folder: str) -> tuple[str, bytes] | None:
    """A process is alive as long as any thread is: that one's folder and status; None if none is.

    Raises:
        OSError: there is no such process.
    """
    status = _status(folder)
    if ADDRESSES in status:
        return folder, status
    for thread in os.listdir(f"{folder}/task"):  # noqa: PTH208
        status = _status(f"{folder}/task/{thread}")
        if ADDRESSES in status:
            return f"{folder}/task/{thread}", status
    return None


def _status(folder: str) -> bytes:
    # Not as a path: it would be taken apart, for each process and ten times a second.
    with open(f"{folder}/status", "rb") as file:  # noqa: PTH123
        return file.read()


def _memory(status: bytes) -> int:
    counted = (line for line in status.split(b"\n") if line.startswith(COUNTED))
    return sum(int(line.split()[1]) for line in counted) << 10


def _add_descriptors(process: Process, found: Held, sockets: set[str], pipes: set[str]) -> None:
    folder = f"{process.folder}/fd"
    numbers = os.listdir(folder)  # noqa: PTH208
    for number in numbers:
        try:
            target = os.readlink(f"{folder}/{number}")  # noqa: PTH115
            if target.endswith(" (deleted)"):
                _add_file(f"{folder}/{number}", found, target.startswith(_MEMORY))
        except FileNotFoundError:
            continue  # it has just been closed
        if target.startswith("socket:"):
            found.memory += 0 if target in sockets else SOCKET_BYTES
            sockets.add(target)
        elif target.startswith(("pipe:", "/dev/pts/", "/dev/ptmx")):
            found.memory += 0 if target in pipes else PIPE_BYTES
            pipes.add(target)
        elif target == "anon_inode:[eventpoll]":
            found.memory += DESCRIPTOR_BYTES + WAITED_BYTES * len(numbers)
        else:
            found.memory += DESCRIPTOR_BYTES


def _add_file(path: str, found: Held, in_memory: bool) -> None:
    entry = os.stat(path)  # noqa: PTH116
    if not stat.S_ISREG(entry.st_mode) or entry.st_nlink:
        return
    if in_memory:
        found.memory += entry.st_blocks * 512
    else:
        found.files[entry.st_dev, entry.st_ino] = entry.st_blocks * 512


def _add_mappings(process: Process, found: Held, known: Collection[File]) -> None:
    with open(f"{process.folder}/maps", "rb") as file:  # noqa: PTH123
        mappings = file.read()
    found.memory += mappings.count(b"\n") * MAPPING_BYTES
    if b" (deleted)\n" not in mappings and b" /dev/zero\n" not in mappings:
        return
    for line in _NAMELESS.finditer(mappings):
        file_, path = _file(line), line[3] or line[6]
        if file_ in known:
            continue
        if os.fsdecode(path).startswith(_MEMORY):
            found.unseen.add(file_)
        else:
            found.files.setdefault(file_, None)


def _file(line: re.Match[bytes]) -> File:
    major, minor = (int(part, 16) for part in (line[1] or line[4]).split(b":"))
    return os.makedev(major, minor), int(line[2] or line[5])


@contextlib.contextmanager
def _as(uid: int | None) -> Iterator[None]:
    """Have the kernel take this process for that user's where files are concerned."""
    if uid is None:
        yield
        return
    LIBC.setfsgid(uid)
    LIBC.setfsuid(uid)
    try:
        yield
    finally:
        LIBC.setfsuid(0)
        LIBC.setfsgid(0)


def _socket_bytes() -> int:
    """The most that lies in a socket's buffer, whose size cannot be changed; with its headers."""
    try:
        default = int(Path("/proc/sys/net/core/wmem_default").read_text(encoding="ascii"))
    except (OSError, ValueError):  # a container's own network may not show it
        default = 212_992
    return 2 * default


SOCKET_BYTES = _socket_bytes()
