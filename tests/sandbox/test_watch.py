"""The watch on what workers hold: each way to hold more than is allowed; less is let be."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import needs_root
from test_sandbox import (
    BOUNDS,
    Sandbox,
    attack,
    count_descriptors,
    opened,
    processes_of,
    sandbox,
    shared,
    soon,
)

from autograder.sandbox import processes, usage
from autograder.sandbox.processes import Held
from autograder.sandbox.requests import WorkerStopped
from autograder.sandbox.usage import Allowance
from autograder.sandbox.watch import Watch, Watched

__all__ = ["sandbox", "shared"]  # fixtures

pytestmark = needs_root

LITTLE = replace(BOUNDS, memory=48 << 20)
PLENTY = replace(BOUNDS, memory=1 << 30, file_size=64 << 20)
#: In another process, which says when it is done.
CHILD = """
    import ctypes, fcntl, mmap, os, socket, sys, threading, time
    libc = ctypes.CDLL(None, use_errno=True)
    private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    out, into = os.pipe()
    def attack():
        for _ in range({children}):
            if os.fork() == 0:
                try:
                    held = take()
                    os.write(into, b"x")
                    time.sleep(20)
                finally:
                    os._exit(0)
        seen = b""
        while len(seen) < {children}:
            seen += os.read(out, 1)
        time.sleep({seconds})
        return True
    def filled(flags):
        area = mmap.mmap(-1, 40 << 20, flags)
        for _ in range(40):
            area.write(bytes([1]) * (1 << 20))
        return area
    def take():
"""
MEMORY, DISK, LOCKS = "MB of memory in all", "files of more than 4 MB in all", "10000 locks"
#: How it is held, by how many processes, what is said of it, and the steps that would refuse it.
WAYS = {
    "private": (2, MEMORY, set(), "return filled(private)"),
    "memfd": (
        1,
        MEMORY,
        {"seccomp", "rlimits"},
        """
        held = [os.memfd_create("x") for _ in range(90)]
        for each in held:
            os.write(each, bytes(1 << 20))
        """,
    ),
    "shared": (
        1,
        MEMORY,
        {"seccomp"},
        """
        area = filled(mmap.MAP_SHARED)
        area.madvise(mmap.MADV_DONTNEED)
        return area
        """,
    ),
    "zeros": (
        1,
        MEMORY,
        {"landlock"},
        """
        zero = os.open("/dev/zero", os.O_RDONLY)
        return mmap.mmap(zero, 1 << 20, mmap.MAP_SHARED, mmap.PROT_READ)
        """,
    ),
    "sockets": (2, MEMORY, set(), "return [socket.socketpair() for _ in range(100)]"),
    "page tables": (
        2,
        MEMORY,
        set(),
        """
        libc.mmap.restype = ctypes.c_void_p
        numbers = [ctypes.c_int] * 3
        libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *numbers, ctypes.c_long]
        for number in range(6000):
            at = (1 << 40) + (number << 30)
            assert libc.mmap(at, 4096, 1, 0x100022, -1, 0) == at
            ctypes.string_at(at, 1)
        """,
    ),
    "first thread gone": (
        2,
        MEMORY,
        set(),
        """
        def hold():
            area = filled(private)
            os.write(into, b"x")
            time.sleep(20)
        threading.stack_size(1 << 18)  # it counts
        threading.Thread(target=hold).start()
        libc.syscall(60 if os.uname().machine == "x86_64" else 93, 0)
        """,
    ),
    "locks": (
        1,
        LOCKS,
        set(),
        """
        held = [os.open(f"lock-{number}", os.O_CREAT | os.O_RDWR) for number in range(100)]
        for each in held:
            for place in range(110):
                fcntl.lockf(each, fcntl.LOCK_EX, 1, 2 * place)
        """,
    ),
    "unlinked": (
        2,
        DISK,
        set(),
        """
        held = []
        for number in range(4):
            held.append(os.open(f"f-{os.getpid()}", os.O_CREAT | os.O_RDWR))
            os.unlink(f"f-{os.getpid()}")
            os.write(held[-1], bytes(1 << 20))
        """,
    ),
    "never named": (
        2,
        DISK,
        set(),
        """
        held = [os.open(".", os.O_TMPFILE | os.O_RDWR) for _ in range(4)]
        for each in held:
            os.write(each, bytes(1 << 20))
        """,
    ),
    "mapped": (
        1,
        DISK,
        set(),
        """
        for _ in range(6):
            file = os.open(".", os.O_TMPFILE | os.O_RDWR)
            os.write(file, bytes(1 << 20))
            libc.mmap.restype = ctypes.c_void_p
            libc.mmap(None, ctypes.c_size_t(4096), 1, mmap.MAP_SHARED, file, ctypes.c_long(0))
            os.close(file)
        """,
    ),
}


def source_of(way: str, seconds: float = 0.5) -> str:
    """An attack that goes on for so many seconds when it holds all that it wants."""
    children, _words, _without, body = WAYS[way]
    return textwrap.dedent(CHILD).format(children=children, seconds=seconds) + textwrap.indent(
        textwrap.dedent(body), " " * 8
    )


@pytest.mark.parametrize("way", WAYS)
def test_what_is_held_is_counted(sandbox: Sandbox, way: str) -> None:
    """Whatever would refuse it is left out; the reason is the real one, nothing is left."""
    _children, words, without, _body = WAYS[way]
    with pytest.raises(WorkerStopped, match=words):
        # On a busy machine it may be some seconds until somebody looks.
        attack(sandbox, source_of(way, 8), bounds=LITTLE, without=without)
    assert list(sandbox.scratch.iterdir()) == []


LOCKING = """
import fcntl, os, sys
files = [os.open(f"{sys.argv[1]}-{number}", os.O_CREAT | os.O_RDWR) for number in range(50)]
for number in range(int(sys.argv[2])):
    fcntl.lockf(files[number % 50], fcntl.LOCK_EX, 1, number // 50 * 2)
print(flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("order", [(21_000, 300), (300, 21_000)])
def test_locks_of_others_hide_none(tmp_path: Path, order: tuple[int, int]) -> None:
    """One process of anybody's with very many had ended the count, before those behind it."""
    held: dict[int, subprocess.Popen[bytes]] = {}
    for number in order:
        command = [sys.executable, "-c", LOCKING, str(tmp_path / str(number)), str(number)]
        held[number] = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        for process in held.values():
            assert process.stdout is not None
            process.stdout.readline()
        few, many = held[300].pid, held[21_000].pid
        assert processes.locks_by_process({few}) == {few: 300}
        assert processes.locks_by_process({many})[many] > 2 * processes.MOST_LOCKS
    finally:
        for process in held.values():
            process.communicate(b"")


@pytest.mark.parametrize("way", sorted(set(WAYS) - {"shared", "zeros", "locks", "mapped"}))
def test_what_is_held_within_the_limits_is_let_be(sandbox: Sandbox, way: str) -> None:
    """Of the rest, of which any is too much, or has a limit that no manifest sets, none can be."""
    _children, _words, without, _body = WAYS[way]
    assert attack(sandbox, source_of(way), bounds=PLENTY, without=without) is True


@pytest.mark.parametrize("way", ["memfd", "shared", "zeros"])
def test_memory_of_no_process_is_refused(sandbox: Sandbox, way: str) -> None:
    source = source_of(way) + textwrap.dedent("""
        def refused():
            try:
                take()
            except PermissionError:
                return True
        attack = refused
    """)
    assert attack(sandbox, source) is True


def test_honest_use_of_what_is_counted(sandbox: Sandbox) -> None:
    """Locks of a data base, temporary files, a loop of events, threads, another program."""
    source = """
        import asyncio, mmap, shutil, sqlite3, subprocess, sys, tempfile, threading, time
        def attack():
            base = sqlite3.connect("base.db")
            base.execute("create table t (x)")
            base.execute("insert into t values (1)")
            base.commit()
            file = tempfile.TemporaryFile()
            file.write(bytes(1 << 19))
            file.flush()
            mapped = mmap.mmap(file.fileno(), 1 << 19)
            with open("a", "wb") as a:
                a.write(bytes(100_000))
            shutil.copyfile("a", "b")
            shutil.copytree(".", "/".join([".", "copy"]), ignore=lambda *_: ["copy"])
            for _ in range(2):
                threading.Thread(target=time.sleep, args=(0.5,)).start()
            async def spoken():
                process = await asyncio.create_subprocess_exec(
                    "/bin/true", stdin=-1, stdout=-1)
                return (await process.communicate())[0]
            try:
                asyncio.run(spoken())
            except PermissionError:
                pass  # not every sandbox starts programs
            time.sleep(0.4)
            return base.execute("select x from t").fetchall()[0][0], len(mapped)
    """
    assert attack(sandbox, source) == (1, 1 << 19)


ELSEWHERE = """
    import os, time
    def attack(mark, size):
        made = []
        for folder in ("/tmp", "/dev/shm"):
            os.makedirs(f"{folder}/{mark}/a/b")
            made.append(f"{folder}/{mark}/a/b/file")
            with open(made[-1], "wb") as file:
                file.write(bytes(size))
        os.symlink("/etc/passwd", f"/tmp/{mark}-link")
        time.sleep(0.3)
        return len(made)
"""


def test_what_lies_elsewhere_is_counted_and_removed(sandbox: Sandbox) -> None:
    """Without Landlock, in folders that all users share."""
    mark = f"elsewhere-{os.getpid()}"
    left = [Path("/tmp", mark), Path("/dev/shm", mark), Path("/tmp", f"{mark}-link")]
    large = replace(BOUNDS, file_size=8 << 20, leave_out=frozenset({"landlock"}))
    worker = sandbox.worker(ELSEWHERE, large)
    assert worker.call("attack", [mark, 3 << 20], {}, soon()) == 2
    assert all(os.path.lexists(path) for path in left)
    worker.close()
    assert not any(os.path.lexists(path) for path in left)
    small = replace(large, file_size=2 << 20, leave_out=frozenset({"landlock", "rlimits"}))
    with pytest.raises(WorkerStopped, match="8 MB in all"):
        attack(sandbox, ELSEWHERE, mark, 5 << 20, bounds=small, without=small.leave_out)
    assert not any(os.path.lexists(path) for path in left)
    assert Path("/etc/passwd").exists()


def test_a_plain_users_worker_is_watched_with_what_it_has_started(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """An orphan among it, of which nobody knows whose it was."""
    source = source_of("private").replace(
        "held = take()", "held = os.fork() and os._exit(0) or take()"
    )
    with opened(tmp_path_factory, user=30_001) as sandbox:
        assert attack(sandbox, source, bounds=PLENTY) is True
        with pytest.raises(WorkerStopped, match=MEMORY):
            attack(sandbox, source, bounds=LITTLE)
        assert len(processes_of(30_001)) == 2, "the clean process and the grader"


def test_a_plain_users_worker_does_not_hide_its_folders(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """No user but root looks into a folder that is closed to its owner."""
    source = """
        import os, time
        def attack():
            os.mkdir("closed", 0o000)
            time.sleep(0.5)
    """
    with opened(tmp_path_factory, user=30_001) as sandbox:
        with pytest.raises(WorkerStopped, match="folders that cannot be looked into"):
            attack(sandbox, source)
        assert list(sandbox.scratch.iterdir()) == []


def test_whoever_hides_is_stopped_at_the_second_look(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The first time it may have been about to end."""
    watch = Watch()
    worker = Watched(os.getpid(), None, str(tmp_path), Allowance(1 << 40, 1 << 30), False)
    monkeypatch.setattr(processes, "family", lambda running, first, _others: [running[first]])
    assert watch.excesses({1: worker}, 0) == {}

    def closed(*_arguments: object) -> None:
        raise PermissionError

    monkeypatch.setattr(processes, "_add_mappings", closed)
    assert watch.excesses({1: worker}, 0) == {}
    (excess,) = watch.excesses({1: worker}, 0).values()
    assert excess.words == "hid what its processes hold open"
    assert os.getpid() in excess.processes


def test_a_process_by_what_it_holds(tmp_path: Path) -> None:
    source = """
        import os, socket, sys
        held = [os.open("x", os.O_CREAT | os.O_RDWR), *os.pipe()]
        os.unlink("x")
        os.write(held[0], bytes(8192))
        pair = socket.socketpair()
        print("ready", flush=True)
        sys.stdin.read()
    """
    child = subprocess.Popen(
        [sys.executable, "-I", "-c", textwrap.dedent(source)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=tmp_path,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    running = processes.running({os.geteuid()})
    assert {os.getpid(), child.pid} <= running.keys()
    assert running[child.pid].parent == os.getpid()
    one = running[child.pid]
    held = processes.held([one], None, Counter({child.pid: 7}))
    assert 8192 in held.files.values()  # beside what pytest has given it
    assert (held.locks, held.unseen, held.hidden) == (7, set(), set())
    more = held.memory - one.memory
    assert more >= 2 * processes.SOCKET_BYTES + 3 * processes.PIPE_BYTES
    twice = processes.held([one, one], None, Counter())
    assert twice.memory - 2 * one.memory < more + processes.SOCKET_BYTES, "each counts once"
    assert [p.pid for p in processes.family(running, child.pid, running)] == [child.pid]
    child.communicate()
    assert processes.held([one], None, Counter()).files == {}
    assert child.pid not in processes.running({os.geteuid()})


def test_what_is_too_much_for_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage, "MOST_FILES", 20)
    monkeypatch.setattr(usage, "MOST_DEPTH", 5)
    small, large = Allowance(1 << 30, 1 << 20), Allowance(1 << 30, 2 << 20)
    none = Held()
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (deep / "link").symlink_to("/usr")
    (deep / "loop").symlink_to(tmp_path)
    (tmp_path / "sparse").touch()
    os.truncate(tmp_path / "sparse", 1 << 40)
    assert small.excess([str(tmp_path)], none) is None
    assert small.excess([str(tmp_path / "nothing")], none) is None
    (deep / "large").write_bytes(bytes(5 << 20))
    assert "MB in all" in str(small.excess([str(tmp_path)], none))
    assert large.excess([str(tmp_path)], none) is None
    nameless = Held(files={(1, 1): 3 << 20, (1, 2): 1 << 18})
    assert "MB in all" in str(large.excess([str(tmp_path)], nameless))
    assert "MB in all" in str(
        large.excess([str(tmp_path)], Held(files={(1, 1): None, (1, 2): None}))
    )
    (deep / "c" / "d").mkdir(parents=True)
    assert large.excess([str(tmp_path)], none) is None
    (deep / "c" / "d" / "e").mkdir()
    assert "more than 5" in str(large.excess([str(tmp_path)], none))
    (deep / "c" / "d" / "e").rmdir()
    for number in range(20):
        (deep / str(number)).mkdir()
    before = count_descriptors(os.getpid())
    assert large.excess([str(tmp_path)], none) == "wrote more than 20 files"
    assert count_descriptors(os.getpid()) == before
