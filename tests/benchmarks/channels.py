"""What locked-down workers can still tell each other, channel by channel, in bits a second.

Run as root, on an idle machine: ``python tests/benchmarks/channels.py``. One worker says random
bits, another one hears them; what is heard wrong is taken off (the capacity of a binary symmetric
channel). First come those from one check to the next, where the first worker has ended,
then those between two submissions that are graded at the same time. SECURITY.md lists the figures.
"""

from __future__ import annotations

import ctypes
import json
import math
import mmap
import os
import random
import resource
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from autograder.sandbox.lockdown import Confinement, lock_down  # noqa: E402

LIBC = ctypes.CDLL(None, use_errno=True)
SYS_FUTEX, SYS_SET_TID_ADDRESS = (202, 218) if os.uname().machine == "x86_64" else (98, 96)
FUTEX_WAIT, POSIX_FADV_DONTNEED = 0, 4
#: A library that can be thrown out of memory, because nobody has it loaded.
LOADED = Path("/proc/self/maps").read_text(encoding="utf-8")
LIBRARY = max(
    (path for path in Path(torch.__file__).parents[1].rglob("*.so*") if str(path) not in LOADED),
    key=lambda path: path.stat().st_size,
)
STRIDE = 1 << 18
#: Counters are moved by so many steps for each value, so that others' steps do not matter.
STEP = 64

Say = Callable[[list[int]], None]
Hear = Callable[[int], list[int]]


@dataclass(frozen=True)
class Channel:
    """One way to tell something.

    Attributes:
        bits: as many are said in one go.
        slot: the seconds of one bit, where both run at the same time; else None.
        limit: what bounds it beside time.
    """

    name: str
    say: Say
    hear: Hear
    bits: int
    slot: float | None = None
    limit: str = ""


# --- from one check to the next -------------------------------------------------------------------


def _mapped() -> mmap.mmap:
    with LIBRARY.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
    mapped.madvise(mmap.MADV_RANDOM)
    return mapped


def say_pages(bits: list[int]) -> None:
    mapped = _mapped()
    for place, bit in enumerate(bits):
        if bit:
            mapped[place * STRIDE]


def hear_pages(count: int) -> list[int]:
    """The kernel counts for each process the pages that it had to wait for."""
    mapped, heard = _mapped(), []
    for place in range(count):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_majflt
        mapped[place * STRIDE]
        heard.append(int(resource.getrusage(resource.RUSAGE_SELF).ru_majflt == before))
    return heard


def _stale() -> list[Path]:
    """Files whose time of access the next reader changes: it is not after that of writing."""
    found = []
    for path in sorted(Path(torch.__file__).parent.rglob("*.py")):
        entry = path.stat()
        if entry.st_atime_ns <= max(entry.st_mtime_ns, entry.st_ctime_ns):
            found.append(path)
    return found


STALE = _stale()[:512]
ACCESSED = [path.stat().st_atime_ns for path in STALE]


def say_access(bits: list[int]) -> None:
    for path, bit in zip(STALE, bits, strict=False):
        if bit:
            with path.open("rb") as file:
                file.read(1)


def hear_access(count: int) -> list[int]:
    now = [path.stat().st_atime_ns for path in STALE[:count]]
    return [int(one != other) for one, other in zip(now, ACCESSED, strict=False)]


def _number(bits: list[int]) -> int:
    return int("".join(map(str, bits)), 2)


def _digits(number: int, count: int) -> list[int]:
    return [int(digit) for digit in f"{number % (1 << count):0{count}b}"]


def say_pids(bits: list[int]) -> None:
    for _ in range(_number(bits) * STEP):  # threads have numbers of the same kind
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()


def hear_pids(count: int) -> list[int]:
    return _digits(round((os.getpid() - os.getppid() - BEFORE["pid"]) / STEP), count)


def _pipe_number() -> int:
    ends = os.pipe()
    number = os.fstat(ends[0]).st_ino
    for end in ends:
        os.close(end)
    return number


def say_inodes(bits: list[int]) -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # each processor counts by itself
    for _ in range(_number(bits) * 4096):
        _pipe_number()


def hear_inodes(count: int) -> list[int]:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    return _digits(round((_pipe_number() - BEFORE["inode"]) / 4096), count)


# --- between two that run at the same time --------------------------------------------------------


def _slots(count: int, slot: float) -> Iterator[tuple[int, float]]:
    """The number of each slot, when it begins, and its end."""
    start = BEFORE["start"]
    for number in range(count):
        end = start + (number + 1) * slot
        time.sleep(max(0.0, end - slot - time.monotonic()))
        yield number, end


def say_memory(bits: list[int]) -> None:
    for number, end in _slots(len(bits), MEMORY_SLOT):
        if bits[number]:
            kept = mmap.mmap(-1, 48 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_POPULATE)
            time.sleep(max(0.0, end - 0.004 - time.monotonic()))
            kept.close()


def _free_memory() -> int:
    return int(Path("/proc/meminfo").read_text(encoding="ascii").split()[4])


def hear_memory(count: int) -> list[int]:
    levels = []
    for _number, end in _slots(count, MEMORY_SLOT):
        time.sleep(max(0.0, end - MEMORY_SLOT / 2 - time.monotonic()))
        levels.append(_free_memory())
    return [int(level < (min(levels) + max(levels)) / 2) for level in levels]


def say_disk(bits: list[int]) -> None:
    data = bytes(512 << 10)
    for number, end in _slots(len(bits), DISK_SLOT):
        if bits[number]:
            Path("told").write_bytes(data)
            time.sleep(max(0.0, end - 0.004 - time.monotonic()))
            Path("told").unlink()


def hear_disk(count: int) -> list[int]:
    levels = []
    for _number, end in _slots(count, DISK_SLOT):
        time.sleep(max(0.0, end - DISK_SLOT / 2 - time.monotonic()))
        levels.append(os.statvfs(".").f_bfree)
    return [int(level < (min(levels) + max(levels)) / 2) for level in levels]


def say_load(bits: list[int]) -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    for number, end in _slots(len(bits), LOAD_SLOT):
        while bits[number] and time.monotonic() < end:
            pass


def hear_load(count: int) -> list[int]:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    turns = []
    for _number, end in _slots(count, LOAD_SLOT):
        done = 0
        while time.monotonic() < end:
            done += 1
        turns.append(done)
    return [int(done < (min(turns) + max(turns)) / 2) for done in turns]


def _shared_word() -> ctypes.c_void_p:
    LIBC.mmap.restype = ctypes.c_void_p
    with LIBRARY.open("rb") as file:
        address = LIBC.mmap(None, ctypes.c_size_t(4096), 1, 1, file.fileno(), ctypes.c_long(0))
    return ctypes.c_void_p(address)


def say_threads(bits: list[int]) -> None:
    """When a thread ends, the kernel wakes who waits at an address that the thread may choose."""
    word = _shared_word()
    for number, _end in _slots(len(bits), THREAD_SLOT):
        if bits[number]:
            time.sleep(THREAD_SLOT / 2)
            threading.Thread(
                target=LIBC.syscall, args=(ctypes.c_long(SYS_SET_TID_ADDRESS), word), daemon=True
            ).start()


def hear_threads(count: int) -> list[int]:
    word, heard = _shared_word(), []
    assert word.value is not None
    value = ctypes.c_uint32.from_address(word.value).value
    for _number, end in _slots(count, THREAD_SLOT):
        left = max(0.0, end - time.monotonic() - 0.001)
        wait = (ctypes.c_long * 2)(0, int(left * 1e9))
        got = LIBC.syscall(
            ctypes.c_long(SYS_FUTEX), word, FUTEX_WAIT, ctypes.c_uint32(value), wait, None, 0
        )
        heard.append(int(got == 0))
    return heard


# --- measuring ------------------------------------------------------------------------------------

MEMORY_SLOT, DISK_SLOT, LOAD_SLOT, THREAD_SLOT = 0.04, 0.02, 0.02, 0.004
BEFORE: dict[str, float] = {}
#: Both directions of speech begin after this, when both workers are there.
LEAD_SECONDS = 0.5
CHANNELS = (
    Channel("pages of libraries in memory", say_pages, hear_pages, 512, None, "once a page"),
    Channel("times of access", say_access, hear_access, 512, None, "once a file and day"),
    Channel("numbers of processes", say_pids, hear_pids, 4),
    Channel("numbers of pipes", say_inodes, hear_inodes, 4),
    Channel("free memory", say_memory, hear_memory, 100, MEMORY_SLOT),
    Channel("free space on the disk", say_disk, hear_disk, 200, DISK_SLOT),
    Channel("load of a processor", say_load, hear_load, 200, LOAD_SLOT),
    Channel("ends of threads", say_threads, hear_threads, 400, THREAD_SLOT),
)


def locked_down(action: Callable[[], object], uid: int, place: Path) -> tuple[int, socket.socket]:
    """Start the action in a worker's lock-down; its process, and what its result comes by."""
    ours, theirs = socket.socketpair()
    scratch = tempfile.mkdtemp(dir=place)
    os.chown(scratch, uid, uid)
    child = os.fork()
    if child == 0:
        try:
            lock_down(Confinement(uid, scratch, 100, 4 << 30, 1 << 24, 1000), theirs.fileno())
            os.write(3, json.dumps(action()).encode())
        finally:
            os._exit(0)
    theirs.close()
    return child, ours


def ended(started: tuple[int, socket.socket]) -> list[int]:
    """What the worker has heard; nothing if it was refused."""
    child, ours = started
    with ours:
        data = b"".join(iter(lambda: ours.recv(1 << 16), b""))
    os.waitpid(child, 0)
    return list(json.loads(data or "null") or [])


def measured(channel: Channel, place: Path) -> tuple[int, int, float]:
    """Bits that were said, those that were heard wrong, and the seconds that it took."""
    bits = [random.getrandbits(1) for _ in range(channel.bits)]
    with LIBRARY.open("rb") as file:  # as after a start of the machine
        os.posix_fadvise(file.fileno(), 0, 0, POSIX_FADV_DONTNEED)
    BEFORE.update(inode=_pipe_number(), start=time.monotonic() + LEAD_SECONDS)
    if channel.say is say_inodes:
        ended(locked_down(lambda: None, 31_000, place))
        reference = ended(locked_down(lambda: [_reference()], 31_000, place))
        BEFORE["inode"] = reference[0]
    started = time.monotonic()
    if channel.slot is not None:
        listening = locked_down(lambda: channel.hear(len(bits)), 31_002, place)
        ended(locked_down(lambda: channel.say(bits), 31_004, place))
        heard = ended(listening)
        seconds = channel.slot * len(bits)
    else:
        speaking = locked_down(lambda: channel.say(bits), 31_004, place)
        BEFORE["pid"] = speaking[0] - os.getpid() + 1
        ended(speaking)
        heard = ended(locked_down(lambda: channel.hear(len(bits)), 31_002, place))
        seconds = time.monotonic() - started
    wrong = sum(one != other for one, other in zip(bits, heard, strict=True)) if heard else 0
    return len(bits) if heard else 0, wrong, seconds


def _reference() -> int:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    return _pipe_number()


def capacity(said: int, wrong: int, seconds: float) -> float:
    """Bits a second that could be told without a mistake."""
    share = wrong / said if said else 0.5
    lost = -sum(p * math.log2(p) for p in (share, 1 - share) if p)
    return said * (1 - lost) / seconds


def main(runs: int = 10) -> None:
    """Measure each channel several times; print its table."""
    print("| channel | bits | heard wrong | bits a second | but |\n|---|---|---|---|---|")
    for channel in CHANNELS:
        with tempfile.TemporaryDirectory(prefix="channels-") as name:
            Path(name).chmod(0o711)
            times = 1 if channel.say is say_access else runs  # its files can be used once
            found = [measured(channel, Path(name)) for _ in range(times)]
        said, wrong, seconds = (sum(column) for column in zip(*found, strict=True))
        rate = capacity(int(said), int(wrong), seconds)
        print(f"| {channel.name} | {said} | {wrong} | {rate:.0f} | {channel.limit or '–'} |")


if __name__ == "__main__":
    main()
