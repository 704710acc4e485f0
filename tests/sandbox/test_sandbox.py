"""The sandbox, attacked from inside a real worker; each attack is shown to work without it."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import needs_root

from autograder import wire
from autograder.grading.processes import ENVIRONMENT
from autograder.model.errors import HarnessFault
from autograder.sandbox import client, lockdown, reaper, users, zygote
from autograder.sandbox.client import Bounds, WorkerClient
from autograder.sandbox.lockdown import Grading
from autograder.sandbox.requests import (
    Replayed,
    StudentException,
    WorkerLied,
    WorkerStopped,
    WorkerTimedOut,
)
from autograder.wire.protocol import Replay, Step

pytestmark = needs_root

#: What holds in a worker of root's; a plain user's is apart from its user in another way.
OF_ROOT = frozenset(p.name for p in lockdown.LAYERS if Grading.ROOT in p.needed_by)
BOUNDS = Bounds(cpu_seconds=30, memory=256 << 20, file_size=1 << 20)
#: The grader's fork does nothing but lend its control socket to the test, which plays the grader.
STUB = """
import socket

def serve(job, control):
    socket.send_fds(job, [b"control"], [control.fileno()])
    job.recv(1)
"""


class Sandbox:
    """A zygote of its own, with the test as its grader."""

    def __init__(
        self,
        folder: Path,
        user: int | None = None,
        extra: tuple[int, ...] = (),
        imports: tuple[str, ...] = ("numpy",),
    ) -> None:
        self.scratch = folder / "scratch"
        public = folder / "public"
        for made in (self.scratch, public):
            made.mkdir()
            made.chmod(0o755)
        if user is not None:
            os.chown(self.scratch, user, user)
        (public / "stub_grader.py").write_text(STUB, encoding="utf-8")
        self.job, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-m", "autograder.sandbox.zygote", str(theirs.fileno())],
                env=ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno(), *extra],
                user=user,
                group=user,
                extra_groups=None if user is None else [],
            )
        settings = {"imports": imports, "prebind": [], "describers": []}
        grader = "stub_grader:serve"
        wire.send(self.job, {"path": (str(public),), "grader": grader, **settings})
        _message, (descriptor,), _flags, _address = socket.recv_fds(self.job, 100, 1)
        self.zygote = client.ZygoteClient(socket.socket(fileno=descriptor))

    def worker(self, source: str = "", bounds: Bounds = BOUNDS) -> WorkerClient:
        """A worker in which the source has been run."""
        worker = WorkerClient(self.zygote, bounds, self.scratch)
        if source:
            run(worker, source)
        return worker

    @property
    def grader(self) -> int:
        """The process id of the grader's fork."""
        pid = self.process.pid
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        return int(text.split()[0])

    def descriptors(self) -> int:
        return count_descriptors(self.process.pid)

    def close(self) -> None:
        self.job.close()
        self.zygote.control.close()
        assert self.process.wait(timeout=10) == 0


def count_descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


@contextlib.contextmanager
def opened(tmp_path_factory: pytest.TempPathFactory, **options: Any) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("sandbox")
    folder.chmod(0o755)
    sandbox = Sandbox(folder, **options)
    try:
        yield sandbox
    finally:
        sandbox.close()


#: What lies in the public folder, and so in every working folder.
HANDOUT = ["stub_grader.py"]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with opened(tmp_path_factory) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(shared: Sandbox) -> Iterator[Sandbox]:
    """One zygote for all tests; a test that fails leaves nothing to the next."""
    yield shared
    shared.zygote.order("reap_all")


def soon(seconds: float = 10.0) -> float:
    return time.monotonic() + seconds


def run(worker: WorkerClient, source: str) -> None:
    step = Step(1, 1, textwrap.dedent(source), ("attack",), ())
    assert worker.replay(Replay((step,)), soon()) == Replayed({})


def attack(
    sandbox: Sandbox,
    source: str,
    *args: Any,
    bounds: Bounds = BOUNDS,
    without: Iterable[str] = (),
) -> Any:
    """What ``attack(*args)`` of the source returns in a worker."""
    worker = sandbox.worker(source, replace(bounds, leave_out=frozenset(without)))
    try:
        result = worker.call("attack", list(args), {}, soon())
        assert not isinstance(result, StudentException), result
        return result
    finally:
        worker.close()


def control(source: str, *args: Any, before: Callable[[], object] = lambda: None) -> Any:
    """The same in a plain fork of this process: as root, without lock-down."""
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        try:
            before()
            namespace: dict[str, Any] = {}
            exec(textwrap.dedent(source), namespace)
            wire.send(theirs, namespace["attack"](*args))
        finally:
            os._exit(0)
    theirs.close()
    with ours:
        try:
            return wire.receive(ours, deadline=soon())
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def processes_of(uid: int) -> list[int]:
    """The living processes of a user."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                lines = (folder / "status").read_text(errors="replace").splitlines()
                fields = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
                if str(uid) in fields["Uid"].split() and not fields["State"].startswith("Z"):
                    found.append(int(folder.name))
    return found


def assert_well(sandbox: Sandbox) -> None:
    """The zygote still forks workers, and they work."""
    assert attack(sandbox, "def attack(a): return a + 1", 1) == 2


def test_every_layer_is_active(sandbox: Sandbox) -> None:
    worker = sandbox.worker()
    worker.close()
    assert worker.active == OF_ROOT
    assert lockdown.complete(worker.active)


# without a place to write no worker starts
@pytest.mark.parametrize("name", sorted({*lockdown.NAMES} - {"scratch"}))
def test_a_layer_left_out_is_reported_so(sandbox: Sandbox, name: str) -> None:
    worker = sandbox.worker(bounds=replace(BOUNDS, leave_out=frozenset({name})))
    worker.close()
    lost = {name, "landlock", "seccomp"} if name == "no_new_privs" else {name}
    uncertain = {"rlimits"} if name == "uid" else set()  # some roots may raise their limits
    assert worker.active | uncertain == (OF_ROOT - lost) | uncertain


def test_only_steps_that_there_are_can_be_left_out(sandbox: Sandbox) -> None:
    with pytest.raises(HarnessFault, match="no step is called landlok"):
        sandbox.worker(bounds=replace(BOUNDS, leave_out=frozenset({"landlok"})))


def test_nothing_is_left_out_unasked() -> None:
    assert Bounds(1, 1, 1).leave_out == frozenset()


# --- attacks on what the worker may not reach ---------------------------------------------------

REGAIN = """
    import os
    def attack():
        won = []
        for name, args in [
            ("setgroups", ([0],)), ("setgid", (0,)), ("setegid", (0,)), ("setregid", (0, 0)),
            ("setresgid", (0, 0, 0)), ("initgroups", ("root", 0)), ("setuid", (0,)),
            ("seteuid", (0,)), ("setreuid", (0, 0)), ("setresuid", (0, 0, 0)), ("chroot", ("/",)),
            ("setpriority", (os.PRIO_PROCESS, 0, -5)),
        ]:
            try:
                getattr(os, name)(*args)
                won.append(name)
            except OSError:
                pass
        return won
"""


def test_root_is_not_regained(sandbox: Sandbox) -> None:
    assert len(control(REGAIN)) == 12
    assert attack(sandbox, REGAIN) == []


def test_no_capability_and_no_group_is_left(sandbox: Sandbox) -> None:
    source = """
        def attack():
            lines = open("/proc/self/status").read().splitlines()
            fields = dict(line.split(":", 1) for line in lines)
            return {name: fields[name].split() for name in
                    ("CapEff", "CapPrm", "CapInh", "CapAmb", "Groups", "Uid", "Gid", "NoNewPrivs")}
    """
    assert control(source)["CapEff"] != ["0" * 16]
    held = attack(sandbox, source)
    for name in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
        assert held[name] == ["0" * 16]
    assert held["Groups"] == []
    assert len({*held["Uid"], *held["Gid"]}) == 1
    assert held["NoNewPrivs"] == ["1"]


def test_a_setuid_program_gives_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    program = tmp_path / "id"
    shutil.copy("/usr/bin/id", program)
    program.chmod(0o4755)
    source = """
        import subprocess
        def attack(program):
            try:
                done = subprocess.run([program, "-u"], capture_output=True, check=True)
                return done.stdout.strip()
            except PermissionError:
                return b"refused"
    """
    assert control(source, str(program), before=lambda: os.setuid(30_001)) == b"0"
    assert attack(sandbox, source, str(program), without={"no_new_privs"}) == b"0"
    assert int(attack(sandbox, source, str(program), without={"landlock"})) >= users.FIRST_UID
    assert attack(sandbox, source, str(program)) == b"refused"


READ = """
    def attack(paths):
        read = []
        for path in paths:
            try:
                with open(path, "rb") as file:
                    file.read(0 if path.endswith("mem") else 10)
                read.append(path)
            except OSError:
                pass
        return read
"""


def test_what_is_roots_alone_is_not_read(sandbox: Sandbox, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    secret = tmp_path / "secret"
    secret.write_text("secret", encoding="utf-8")
    secret.chmod(0o600)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "open").write_text("secret", encoding="utf-8")
    paths = [str(secret), str(closed / "open"), "/etc/shadow"]
    for pid in (sandbox.process.pid, sandbox.grader, os.getpid()):
        paths += [f"/proc/{pid}/{name}" for name in ("environ", "mem", "maps")]
    assert control(READ, paths) == paths
    assert attack(sandbox, READ, paths) == []


WRITE = """
    import os
    def attack(folders):
        written = []
        for folder in folders:
            try:
                open(os.path.join(folder, "mark"), "w").close()
                os.unlink(os.path.join(folder, "mark"))
                written.append(folder)
            except OSError:
                pass
        return written
"""


def test_nothing_is_written_outside_the_scratch_folder(sandbox: Sandbox, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    public = sandbox.scratch.parent / "public"
    package = Path(client.__file__).parent
    folders = [str(path) for path in (tmp_path, sandbox.scratch, public, package, Path("/etc"))]
    assert control(WRITE, folders) == folders
    assert attack(sandbox, WRITE, [*folders, "."]) == ["."]


def test_shared_temporary_folders_are_closed(sandbox: Sandbox) -> None:
    folders = [name for name in ("/tmp", "/var/tmp", "/dev/shm") if Path(name).is_dir()]
    shared = [name for name in folders if Path(name).stat().st_mode & 0o002]
    assert shared
    assert attack(sandbox, WRITE, folders, without={"landlock"}) == shared
    assert attack(sandbox, WRITE, folders) == []


def test_temporary_files_and_homes_are_in_the_scratch_folder(sandbox: Sandbox) -> None:
    source = """
        import os, tempfile
        def attack():
            with tempfile.NamedTemporaryFile() as file:
                places = [os.getcwd(), tempfile.gettempdir(), os.path.dirname(file.name)]
            places += [os.path.expanduser("~"), os.environ["TMPDIR"]]
            return places, dict(os.environ), os.stat(".").st_mode & 0o777
    """
    places, environment, mode = attack(sandbox, source)
    assert len(set(places)) == 1
    assert Path(places[0]).parent == sandbox.scratch
    assert not Path(places[0]).exists()
    assert mode == 0o700
    own = {"HOME", "TMPDIR", "MPLCONFIGDIR", "LC_CTYPE"}
    assert set(environment) <= set(ENVIRONMENT) | own


DESCRIPTORS = """
    import os
    def attack():
        found = {}
        for number in range(5000):
            try:
                os.fstat(number)
                found[number] = os.readlink(f"/proc/self/fd/{number}").split(":")[0]
            except OSError:
                pass
        return found
"""


def test_no_descriptor_but_the_wire_is_left(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.touch()
    with secret.open() as file:
        high = os.dup2(file.fileno(), 4000)
        try:
            assert control(DESCRIPTORS)[high] == str(secret)
            with opened(tmp_path_factory, extra=(file.fileno(), high)) as sandbox:
                assert Path(f"/proc/{sandbox.process.pid}/fd/{high}").readlink() == secret
                expected = {**dict.fromkeys((0, 1, 2), "/dev/null"), 3: "socket"}
                assert attack(sandbox, DESCRIPTORS) == expected
        finally:
            os.close(high)


def test_closing_descriptors_takes_no_time_however_many_there_may_be() -> None:
    """Container runtimes set the limit to 10^6 or 10^9; some Pythons would try each number."""
    source = """
        import os, resource, time
        from autograder.sandbox import lockdown
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        for broken in (False, True):
            high = os.dup2(0, most - 1)
            if broken:  # as on a kernel without close_range
                lockdown.SYS_CLOSE_RANGE = 100_000
            started = time.perf_counter()
            lockdown.close_from(3)
            print(time.perf_counter() - started)
            try:
                os.fstat(high)
            except OSError:
                continue
            raise SystemExit("left open")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(source)], capture_output=True, check=True
    )
    assert all(float(seconds) < 0.05 for seconds in done.stdout.split())


REACH = """
    import ctypes, os, signal
    def attack(pids):
        reached = []
        libc = ctypes.CDLL(None)
        for pid in pids:
            try:
                os.kill(pid, 0)
                reached.append(("signal", pid))
            except OSError:
                pass
            if libc.ptrace(0x4206, pid, None, None) == 0:  # PTRACE_SEIZE
                libc.ptrace(17, pid, None, None)  # PTRACE_DETACH, in vain: it has not stopped
                reached.append(("trace", pid))
            try:
                os.sched_setaffinity(pid, os.sched_getaffinity(pid))
                reached.append(("schedule", pid))
            except OSError:
                pass
        return reached
"""


def test_other_processes_cannot_be_signalled_or_traced(sandbox: Sandbox) -> None:
    other = sandbox.worker()
    pid = max(processes_of(attack_uid(other)))
    pids = [sandbox.process.pid, sandbox.grader, os.getpid(), os.getppid(), pid]
    reached = control(REACH, pids)
    assert [pid for what, pid in reached if what == "signal"] == pids
    assert [pid for what, pid in reached if what == "schedule"] == pids
    assert ("trace", sandbox.process.pid) in reached
    assert attack(sandbox, REACH, pids) == []
    other.close()


def attack_uid(worker: WorkerClient) -> int:
    run(worker, "import os\ndef attack(): return os.getuid()")
    uid = worker.call("attack", [], {}, soon())
    assert isinstance(uid, int)
    return uid


def test_workers_are_strangers_to_each_other(sandbox: Sandbox) -> None:
    first = sandbox.worker("""
        import os
        def attack():
            open("mine", "w").write("secret")
            os.chmod("mine", 0o666)
            return os.getcwd(), os.getuid()
    """)
    folder, uid = first.call("attack", [], {}, soon())  # type: ignore[misc]
    source = """
        import os
        def attack(folder):
            won = [os.getuid()]
            for what in (lambda: os.listdir(folder), lambda: open(folder + "/mine").read(),
                         lambda: os.listdir(os.path.dirname(folder) + "/.."),
                         lambda: os.chdir(folder), lambda: open(folder + "/new", "w")):
                try:
                    what()
                    won.append("won")
                except OSError:
                    won.append("lost")
            return won
    """
    lost = "lost"
    assert control(source, folder)[1:].count("won") == 5
    sandbox.scratch.chmod(0o711)
    sandbox.scratch.parent.chmod(0o711)
    other, *tries = attack(sandbox, source, folder)
    assert tries == [lost] * 5
    assert other != uid
    first.close()
    assert not Path(folder).exists()


# --- attacks on what the worker may use ---------------------------------------------------------

BOMB = """
    import os, signal, time
    def attack(most):
        children = []
        try:
            for _ in range(most):
                child = os.fork()
                if child == 0:
                    time.sleep(10)
                    os._exit(0)
                children.append(child)
        except OSError:
            pass
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        return len(children)
"""


def test_processes_are_few(sandbox: Sandbox) -> None:
    assert control(BOMB, 80) == 80
    # So much memory that it is the number that ends it, also where 80 forks take long.
    assert attack(sandbox, BOMB, 80, bounds=replace(BOUNDS, memory=2 << 30)) < 64


def test_memory_is_bounded(sandbox: Sandbox) -> None:
    source = """
        import mmap, numpy
        private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
        def attack(size):
            won = []
            for name, make in [("bytes", lambda: bytearray(size)),
                               ("map", lambda: mmap.mmap(-1, size, private)),
                               ("array", lambda: numpy.ones(size // 8))]:
                try:
                    make()
                    won.append(name)
                except (MemoryError, OSError):
                    pass
            return won
    """
    assert len(control(source, 300 << 20)) == 3
    assert attack(sandbox, source, 300 << 20) == []
    assert len(attack(sandbox, source, 100 << 20)) == 3


def test_files_are_bounded(sandbox: Sandbox, tmp_path: Path) -> None:
    source = """
        import os
        def attack(folder, size):
            won = []
            for name, write in [("write", lambda f: f.write(bytes(size))),
                                ("truncate", lambda f: f.truncate(size)),
                                ("allocate", lambda f: os.posix_fallocate(f.fileno(), 0, size)),
                                ("memory", None)]:
                try:
                    if write is None:
                        os.ftruncate(os.memfd_create("x"), size)
                    else:
                        with open(os.path.join(folder, name), "wb", buffering=0) as file:
                            write(file)
                        if os.path.getsize(os.path.join(folder, name)) < size:
                            continue
                    won.append(name)
                except OSError:
                    pass
            return won
    """
    assert len(control(source, str(tmp_path), 2 << 20)) == 4
    assert attack(sandbox, source, ".", 2 << 20) == []
    assert attack(sandbox, source, ".", 1 << 19) == ["write", "truncate", "allocate"]


def test_descriptors_are_bounded(sandbox: Sandbox) -> None:
    source = """
        import os
        def attack():
            held = []
            try:
                for _ in range(400):
                    held.append(os.open("/dev/null", os.O_RDONLY))
            except OSError:
                pass
            return len(held)
    """
    assert control(source) == 400
    assert attack(sandbox, source) < 256


def test_no_core_is_dumped(sandbox: Sandbox, tmp_path: Path) -> None:
    source = """
        import ctypes, os, resource
        def attack(folder):
            os.chdir(folder)
            ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # PR_SET_DUMPABLE
            child = os.fork()
            if child == 0:
                try:
                    resource.setrlimit(resource.RLIMIT_CORE, (1 << 20, 1 << 20))
                except (OSError, ValueError):
                    pass
                os.abort()
            return os.WCOREDUMP(os.waitpid(child, 0)[1]), sorted(os.listdir("."))
    """
    if not Path("/proc/sys/kernel/core_pattern").read_text(encoding="utf-8").startswith("|"):
        assert control(source, str(tmp_path))[0] is True
    assert attack(sandbox, source, ".") == (False, HANDOUT)


SPIN = """
    import time
    def attack(seconds):
        while time.process_time() < seconds:
            pass
        return "done"
"""


def test_processor_time_is_bounded(sandbox: Sandbox) -> None:
    assert control(SPIN, 1.5) == "done"
    with pytest.raises(WorkerStopped, match="processor time"):
        attack(sandbox, SPIN, 2.5, bounds=Bounds(1, 256 << 20, 1 << 20))
    assert_well(sandbox)


def test_limits_cannot_be_raised(sandbox: Sandbox) -> None:
    source = """
        import resource
        def attack():
            raised = []
            for name in ("CORE", "CPU", "AS", "FSIZE", "NOFILE", "NPROC", "MSGQUEUE"):
                limit = getattr(resource, "RLIMIT_" + name)
                hard = resource.getrlimit(limit)[1]
                if hard == resource.RLIM_INFINITY:
                    raised.append(name)
                    continue
                for change in (lambda v: resource.setrlimit(limit, v),
                               lambda v: resource.prlimit(0, limit, v)):
                    try:
                        change((hard + 1, hard + 1))
                        raised.append(name)
                        break
                    except (OSError, ValueError):
                        pass
            return raised
    """
    # in a container root itself may not raise a limit, but has some that are endless
    assert set(control(source)) >= {"CPU", "AS", "FSIZE"}
    assert attack(sandbox, source) == []


@pytest.mark.parametrize("dumpable", [0, 1])
def test_out_of_memory_the_worker_goes_first(sandbox: Sandbox, dumpable: int) -> None:
    source = """
        import ctypes
        def attack(dumpable):
            ctypes.CDLL(None).prctl(4, dumpable, 0, 0, 0)  # PR_SET_DUMPABLE
            try:
                open("/proc/self/oom_score_adj", "w").write("0")
            except OSError:
                pass
            return int(open("/proc/self/oom_score_adj").read())
    """
    assert control(source, dumpable) == 0
    assert attack(sandbox, source, dumpable) == 1000


# --- what a worker leaves running ---------------------------------------------------------------

LEFT_RUNNING = {
    "daemon": """
        if os.fork() == 0:
            os.setsid()
            forever()
    """,
    "orphan that ignores signals": """
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        if os.fork() == 0:
            if os.fork():
                os._exit(0)
            os.setsid()
            forever()
    """,
    "forking loop": """
        if os.fork() == 0:
            hop()
    """,
    "forking loops that kill what kills them": """
        for _ in range(4):
            if os.fork() == 0:
                os.setsid()
                end = time.monotonic() + 20
                kill = ctypes.CDLL(None).kill
                while time.monotonic() < end:
                    if os.fork():
                        os._exit(0)
                    for _ in range(20):
                        kill(-1, signal.SIGSTOP)
                        kill(-1, signal.SIGCONT)
                os._exit(0)
    """,
    "a killer of all others": """
        if os.fork() == 0:
            os.setsid()
            end = time.monotonic() + 20
            kill = ctypes.CDLL(None).kill
            while time.monotonic() < end:
                kill(-1, signal.SIGKILL)
    """,
    "stopped child": """
        if os.fork() == 0:
            os.kill(os.getpid(), signal.SIGSTOP)
            forever()
    """,
    "tracer of the worker": """
        libc = ctypes.CDLL(None)
        libc.prctl(4, 1, 0, 0, 0)  # PR_SET_DUMPABLE
        libc.prctl(0x59616d61, ctypes.c_ulong(-1), 0, 0, 0)  # PR_SET_PTRACER, to any
        out, into = os.pipe()
        if os.fork() == 0:
            os.write(into, b"y" if libc.ptrace(0x4206, os.getppid(), None, None) == 0 else b"n")
            forever()
        assert os.read(out, 1) == b"y"
    """,
    "adopter of orphans": """
        if os.fork() == 0:
            ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
            if os.fork() == 0:
                if os.fork():
                    os._exit(0)
                forever()
            forever()
    """,
    "sibling": """
        # clone(CLONE_PARENT): a child of the zygote that it never made
        if ctypes.CDLL(None).syscall(56, 0x8000, 0, 0, 0, 0) == 0:
            forever()
    """,
    "clone without a signal": """
        if ctypes.CDLL(None).syscall(56, 0, 0, 0, 0, 0) == 0:
            forever()
    """,
    "namespaces": """
        if os.fork() == 0:
            ctypes.CDLL(None).unshare(0x10000000 | 0x20000000)  # user and process ids
            if os.fork() == 0:
                os.fork()
                forever()
            forever()
    """,
    "many": """
        for _ in range(40):
            if os.fork() == 0:
                forever()
    """,
    "thread": """
        import threading
        threading.Thread(target=forever, daemon=True).start()
        if os.fork() == 0:
            forever()
    """,
}

LEAVE = """
import ctypes, os, signal, time

def forever():
    time.sleep(30)
    os._exit(0)

def hop():
    try:
        while True:
            if os.fork():
                os._exit(0)
    except OSError:  # zombies count as processes, so the way is short
        forever()

def attack():
{body}
    time.sleep(0.1)
    return os.getpid(), os.getuid(), os.getcwd()
"""


@pytest.mark.parametrize("body", LEFT_RUNNING.values(), ids=LEFT_RUNNING.keys())
def test_nothing_is_left_running(sandbox: Sandbox, body: str) -> None:
    body = textwrap.indent(textwrap.dedent(body), "    ")
    # Without the filter of system calls, which would refuse some of it: reaping has to do alone.
    bounds = replace(BOUNDS, leave_out=frozenset({"seccomp", "landlock"}))
    worker = sandbox.worker(LEAVE.format(body=body), bounds)
    uid = attack_uid_of_owner(sandbox)
    with contextlib.suppress(WorkerStopped, WorkerTimedOut):
        result = worker.call("attack", [], {}, soon(1))
        assert not isinstance(result, StudentException), result
    if worker._alive:
        pids = {pid for _ in range(20) for pid in processes_of(uid)}
        assert len(pids) > 1, "the attack does not work at all"
    started = time.monotonic()
    worker.close()
    assert time.monotonic() - started < 3
    assert processes_of(uid) == []
    assert list(sandbox.scratch.iterdir()) == []
    assert_well(sandbox)


def attack_uid_of_owner(sandbox: Sandbox) -> int:
    """The user of the only worker, by its scratch folder."""
    (folder,) = sandbox.scratch.iterdir()
    return folder.stat().st_uid


def test_an_orphan_that_keeps_the_wire_open(sandbox: Sandbox) -> None:
    """The worker ends, but its end of the wire lives on: the deadline ends the wait."""
    worker = sandbox.worker("""
        import os, time
        def attack():
            if os.fork() == 0:
                os.setsid()
                time.sleep(30)
            os._exit(0)
    """)
    uid = attack_uid_of_owner(sandbox)
    started = time.monotonic()
    with pytest.raises(WorkerTimedOut):
        worker.call("attack", [], {}, soon(0.5))
    assert time.monotonic() - started < 3
    assert processes_of(uid) == []
    assert_well(sandbox)


def test_reaping_one_worker_spares_another(sandbox: Sandbox) -> None:
    source = """
        import os, time
        def attack():
            child = os.fork()
            if child == 0:
                time.sleep(30)
            return child
    """
    spared = sandbox.worker(source)
    uid = attack_uid_of_owner(sandbox)
    spared.call("attack", [], {}, soon())
    attack(sandbox, source)
    assert len(processes_of(uid)) == 2
    assert isinstance(spared.call("attack", [], {}, soon()), int)
    spared.close()
    assert processes_of(uid) == []


def test_folders_deeper_than_python_recurses_are_removed(sandbox: Sandbox) -> None:
    with contextlib.suppress(WorkerStopped):  # nobody could see what lies there
        attack(
            sandbox,
            """
        import os
        def attack():
            os.symlink("/etc", "link")
            os.mkdir("closed")
            open("closed/file", "w").close()
            os.chmod("closed", 0)
            os.mkdir(".0")
            os.mkdir(".1")
            for depth in range(1200):
                os.mkdir("deeper")
                os.chdir("deeper")
                open(b"\\xff", "w").close()
            return depth
    """,
        )
    assert list(sandbox.scratch.iterdir()) == []
    assert Path("/etc/passwd").exists()
    assert_well(sandbox)


FILL = """
    import os, time
    def attack(files, size):
        for number in range(files):
            with open(f"{number:06}", "wb") as file:
                file.write(bytes(size))
        time.sleep(0.25)
        return files
"""


def test_the_disk_is_not_filled(sandbox: Sandbox) -> None:
    """The limit on a file's size says nothing of how many there are."""
    assert attack(sandbox, FILL, 3, 1 << 20) == 3
    with pytest.raises(WorkerStopped, match="4 MB in all"):
        attack(sandbox, FILL, 50, 1 << 20)
    assert list(sandbox.scratch.iterdir()) == []
    assert_well(sandbox)


def test_a_child_that_fills_the_disk_is_stopped_with_its_parent(sandbox: Sandbox) -> None:
    worker = sandbox.worker("""
        import os, time
        def attack():
            if os.fork() == 0:
                for number in range(10**6):
                    open(str(number), "w").close()
            time.sleep(100)
    """)
    uid = attack_uid_of_owner(sandbox)
    with pytest.raises(WorkerStopped, match="files"):
        worker.call("attack", [], {}, soon(90))  # a busy disk takes its time
    assert processes_of(uid) == []


# --- workers that lie ---------------------------------------------------------------------------

LIE = """
import os, socket, time
from autograder import wire

def attack({arguments}):
    channel = socket.socket(fileno=os.dup(3))
{body}
"""


def liar(sandbox: Sandbox, body: str, arguments: str = "") -> WorkerClient:
    body = textwrap.indent(textwrap.dedent(body), "    ")
    return sandbox.worker(LIE.format(body=body, arguments=arguments))


ERROR = {"kind": "raised", "type": "ValueError", "message": "", "cell": 1, "line": 1}
GOOD: dict[str, object] = {"failures": {}, "stopped": [], "failed": []}
MALFORMED: list[object] = [
    *(None, True, 1, "passed", [], {}, (), b"value", [{"value": 1}]),
    {"score": 20},
    {"verdict": "passed", "score": 20},
    {"value": 1, "score": 20},
    {"value": 1, "error": ERROR},
    {"check": {"id": "Q1", "status": "passed", "score": 20.0}},
    {"end": {"faults": []}},
    {"error": None},
    {"error": []},
    {"error": {}},
    {"error": {"kind": "raised"}},
    {"error": {**ERROR, "score": 20}},
    {"error": {**ERROR, 1: 2}},
    {"error": {**ERROR, "kind": 1}},
    {"error": {**ERROR, "line": 1.0}},
    {"error": {**ERROR, "line": True}},
    {"error": {**ERROR, "line": -1}},
    {"error": {**ERROR, "cell": 1 << 4000}},
    {"error": {**ERROR, "message": "x" * 10**6}},
    {"error": {**ERROR, "type": "x" * 10**6}},
]


@pytest.mark.parametrize("reply", MALFORMED, ids=lambda reply: str(reply)[:40])
def test_malformed_replies(sandbox: Sandbox, reply: object) -> None:
    worker = liar(sandbox, "wire.send(channel, reply)\ntime.sleep(30)", "reply")
    with pytest.raises(WorkerLied):
        worker.call("attack", [reply], {}, soon())
    with pytest.raises(WorkerStopped):
        worker.value("attack", soon())
    assert worker.close() is None


def test_a_well_formed_reply_of_its_own_is_but_a_value(sandbox: Sandbox) -> None:
    """Positive control: the same way of replying is believed when it is well formed."""
    worker = liar(sandbox, "wire.send(channel, reply)\ntime.sleep(30)", "reply")
    verdict = {"value": {"status": "passed", "score": 20.0}}
    assert worker.call("attack", [verdict], {}, soon()) == verdict["value"]
    worker.close()
    worker = liar(sandbox, "wire.send(channel, reply)\ntime.sleep(30)", "reply")
    assert worker.call("attack", [{"error": ERROR}], {}, soon()) == StudentException(**ERROR)  # type: ignore[arg-type]
    worker.close()


@pytest.mark.parametrize(
    "body",
    [
        "while True: os.write(3, bytes(1 << 20))",
        "while True: os.write(3, b'DLW2' * 1000)",
        "os.write(3, b'GET / HTTP/1.0\\r\\nHost: x\\r\\n\\r\\n')\ntime.sleep(30)",
        "os.write(3, b'DLW2' + b'\\xff' * 16)\ntime.sleep(30)",
    ],
)
def test_bytes_that_are_no_frame(sandbox: Sandbox, body: str) -> None:
    worker = liar(sandbox, body)
    with pytest.raises(WorkerLied):
        worker.call("attack", [], {}, soon())
    assert_well(sandbox)


@pytest.mark.parametrize(
    "body",
    [
        "wire.send(channel, {'value': 1})",  # and the honest reply behind it
        "for _ in range(1000): wire.send(channel, {'value': 1})",
        "wire.send(channel, {'value': 1})\nwhile True: os.write(3, bytes(1 << 20))",
        "wire.send(channel, {'value': 1})\nos.write(3, b'D')\ntime.sleep(30)",
    ],
)
def test_a_reply_too_many(sandbox: Sandbox, body: str) -> None:
    worker = liar(sandbox, body)
    assert worker.call("attack", [], {}, soon()) == 1
    time.sleep(0.1)
    with pytest.raises(WorkerLied, match="without a request"):
        worker.call("attack", [], {}, soon())
    assert_well(sandbox)


def test_a_reply_without_a_request(sandbox: Sandbox) -> None:
    worker = liar(
        sandbox,
        """
        import threading
        def later():
            time.sleep(0.1)
            wire.send(channel, {"value": "right"})
        threading.Thread(target=later).start()
        return 1
        """,
    )
    assert worker.call("attack", [], {}, soon()) == 1
    time.sleep(0.3)
    with pytest.raises(WorkerLied, match="without a request"):
        worker.value("attack", soon())


@pytest.mark.parametrize("body", ["os.close(3)", "channel.shutdown(socket.SHUT_RDWR)"])
def test_closing_the_wire(sandbox: Sandbox, body: str) -> None:
    worker = liar(sandbox, f"channel.close() if 'os' in {body!r} else None\n{body}\ntime.sleep(30)")
    started = time.monotonic()
    with pytest.raises(WorkerStopped):
        worker.call("attack", [], {}, soon())
    assert time.monotonic() - started < 3
    assert_well(sandbox)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "body",
    [
        "time.sleep(30)",
        "os.write(3, b'DLW2')\ntime.sleep(30)",
        "for _ in range(300): os.write(3, b'DLW2'[:1]); time.sleep(0.1)",
        "import signal; os.kill(os.getpid(), signal.SIGSTOP)",
    ],
)
def test_half_a_reply(sandbox: Sandbox, body: str) -> None:
    worker = liar(sandbox, body)
    started = time.monotonic()
    with pytest.raises((WorkerTimedOut, WorkerLied)):
        worker.call("attack", [], {}, soon(0.3))
    assert time.monotonic() - started < 3
    assert_well(sandbox)


@pytest.mark.timeout(60)
def test_a_worker_that_does_not_read(sandbox: Sandbox) -> None:
    worker = liar(sandbox, "wire.send(channel, {'value': 1})\ntime.sleep(30)", "*_args")
    assert worker.call("attack", [], {}, soon()) == 1
    with pytest.raises(WorkerTimedOut):
        worker.call("attack", [bytes(10**7)], {}, soon(0.5))


@pytest.mark.parametrize(
    "reply",
    [
        [],
        {"failures": {}},
        {"failures": {}, "stopped": []},
        *(GOOD | {"failures": found} for found in ([], {"other": ERROR}, {1: ERROR})),
        GOOD | {"failures": {"attack": None}},
        *(GOOD | {"stopped": found} for found in (None, [1], [[1, 1]], [[1, 1, 1]])),
        *(GOOD | {"failed": found} for found in (None, {}, [0], [[1, None]], [[-1, None]])),
        *(GOOD | {"failed": found} for found in ([[0]], [[0, 1]], [["0", None]], [[True, None]])),
        GOOD | {"failed": [[0, None], [0, None]]},
        GOOD | {"failed": [[0, {**ERROR, "message": "x" * 1001}]]},
        GOOD | {"more": 1},
    ],
)
def test_a_malformed_replay(sandbox: Sandbox, reply: object) -> None:
    worker = sandbox.worker()
    source = f"""
        import os, socket
        from autograder import wire
        wire.send(socket.socket(fileno=os.dup(3)), {{"value": {reply!r}}})
    """
    step = Step(1, 1, textwrap.dedent(source), ("attack",), ())
    with pytest.raises(WorkerLied):
        worker.replay(Replay((step,)), soon())


@pytest.mark.parametrize("reply", [[], {"other": "int"}, {"attack": 1}, {"attack": "x" * 1001}])
def test_malformed_types(sandbox: Sandbox, reply: object) -> None:
    source = f"from autograder.sandbox.worker import Worker\nWorker.do_kinds = lambda *_: {reply!r}"
    worker = sandbox.worker(source)
    with pytest.raises(WorkerLied):
        worker.kinds(("attack",), soon())


def test_too_large_an_answer_is_an_error_and_not_the_end(sandbox: Sandbox) -> None:
    """The frame does not fit into the worker's memory; an honest worker says so."""
    worker = sandbox.worker("""
        import numpy
        def attack(): return numpy.ones((6000, 4000))[:, ::-1]
    """)
    reply = worker.call("attack", [], {}, soon())
    assert isinstance(reply, StudentException)
    assert reply.type.endswith("MemoryError")
    worker.close()


# --- the zygote ---------------------------------------------------------------------------------


def test_no_descriptor_leaks_over_two_hundred_workers(sandbox: Sandbox) -> None:
    assert_well(sandbox)
    before = (sandbox.descriptors(), count_descriptors(os.getpid()))
    for _ in range(200):
        sandbox.worker().close()
    assert (sandbox.descriptors(), count_descriptors(os.getpid())) == before
    assert list(sandbox.scratch.iterdir()) == []


def test_orders_that_fail_cost_that_order_alone(sandbox: Sandbox, tmp_path: Path) -> None:
    order = sandbox.zygote.order
    before = (sandbox.descriptors(), count_descriptors(os.getpid()))
    details: dict[str, Any] = {"worker": 1, "scratch": str(tmp_path), "bounds": {}}
    assert "descriptor" in order("fork", **details)["fault"]
    with open(os.devnull) as null:  # noqa: PTH123
        assert "fault" in order("fork", null.fileno(), **details)  # bounds are missing
        assert "fault" in order("fork", null.fileno(), **{**details, "scratch": "/nothing"})
        assert "fault" in order("reap", null.fileno(), worker=1)
    assert "fault" in order("nothing")
    assert "fault" in order("reap")
    assert order("reap", worker=12345)["status"] is None
    for message in (b"{", b"[]", b"{}", b'"fork"', b"\xff", b"x" * zygote.MESSAGE_BYTES):
        sandbox.zygote.control.send(message)
        reply = json.loads(sandbox.zygote.control.recv(zygote.MESSAGE_BYTES))
        assert reply["id"] is None
        assert "fault" in reply
    with pytest.raises(HarnessFault, match="could not be forked"):
        WorkerClient(sandbox.zygote, BOUNDS, tmp_path / "nothing")
    assert (sandbox.descriptors(), count_descriptors(os.getpid())) == before
    assert list(tmp_path.iterdir()) == []
    assert_well(sandbox)


@pytest.mark.parametrize(
    "bounds", [Bounds(-5, 1 << 30, 1 << 20), Bounds(5, 1 << 62, -7), Bounds(5, -(1 << 60), 1)]
)
def test_a_lock_down_that_fails_is_a_fault_and_its_fork_ends(
    sandbox: Sandbox, bounds: Bounds
) -> None:
    """The fork must not go on as a second zygote."""
    with pytest.raises(HarnessFault, match="lock-down failed"):
        WorkerClient(sandbox.zygote, bounds, sandbox.scratch)
    assert list(sandbox.scratch.iterdir()) == []
    assert_well(sandbox)


def test_a_fork_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """EAGAIN, as in a container with a limit on processes."""
    ours, theirs = socket.socketpair()
    settings = zygote.ZygoteSettings((), (), (), (), "")
    own = zygote.Zygote(ours, 0, settings)

    def fails() -> int:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", fails)
    wire_end = os.dup(theirs.fileno())
    bounds = {"cpu_seconds": 1, "memory": 1, "file_size": 1}
    order = {"op": "fork", "id": 7, "worker": 1, "scratch": str(tmp_path), "bounds": bounds}
    with ours, theirs:
        reply = own._obey(json.dumps(order).encode(), [wire_end])
        assert reply["id"] == 7
        assert "unavailable" in reply["fault"]
        with pytest.raises(OSError, match="Bad file"):
            os.fstat(wire_end)
    assert list(tmp_path.iterdir()) == []
    assert own.workers == {}
    assert own.users is not None
    assert own.users._held == set()


def test_a_grader_killed_in_the_middle(sandbox: Sandbox) -> None:
    """As for a check that hangs: a fork of the grader is killed, the grader has all reaped."""
    ready, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            body = textwrap.indent(textwrap.dedent(LEFT_RUNNING["daemon"]), "    ")
            workers = [sandbox.worker(LEAVE.format(body=body)) for _ in range(3)]
            for worker in workers:
                worker.call("attack", [], {}, soon())
            os.write(tell, b"x")
            while True:
                sandbox.worker()
        finally:
            os._exit(0)
    assert os.read(ready, 1) == b"x"
    time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(ready)
    os.close(tell)
    owners = {folder.stat().st_uid for folder in sandbox.scratch.iterdir()} - {0}
    assert len(owners) >= 3
    assert sum(len(processes_of(uid)) for uid in owners) >= 3, "the daemons"
    sandbox.zygote.order("reap_all")
    assert [processes_of(uid) for uid in owners] == [[]] * len(owners)
    assert list(sandbox.scratch.iterdir()) == []
    assert_well(sandbox)


def test_the_end_of_the_grader_is_the_end_of_all(tmp_path_factory: pytest.TempPathFactory) -> None:
    with opened(tmp_path_factory) as sandbox:
        body = textwrap.indent(textwrap.dedent(LEFT_RUNNING["daemon"]), "    ")
        worker = sandbox.worker(LEAVE.format(body=body))
        worker.call("attack", [], {}, soon())
        uid = attack_uid_of_owner(sandbox)
        assert len(processes_of(uid)) == 2
    assert processes_of(uid) == []
    assert list(sandbox.scratch.iterdir()) == []


def test_an_interrupt_from_the_keyboard_leaves_the_zygote(sandbox: Sandbox) -> None:
    """Ctrl-C reaches the whole process group; somebody has to clean up after it."""
    os.kill(sandbox.process.pid, signal.SIGINT)
    assert_well(sandbox)
    source = """
        import os, signal
        def attack():
            try:
                os.kill(os.getpid(), signal.SIGINT)
            except KeyboardInterrupt:
                return True
    """
    assert attack(sandbox, source) is True


def test_a_zygote_that_is_gone(tmp_path_factory: pytest.TempPathFactory) -> None:
    with (
        pytest.raises(AssertionError),  # its exit status, in ``close``
        opened(tmp_path_factory) as sandbox,
    ):
        worker = sandbox.worker()
        uid = attack_uid_of_owner(sandbox)
        sandbox.process.kill()
        with pytest.raises((WorkerStopped, HarnessFault)):
            worker.value("x", soon())
        with pytest.raises(HarnessFault):
            sandbox.worker()
        time.sleep(0.1)
        assert processes_of(uid) == []


def test_what_a_killed_zygote_leaves_is_killed_by_the_next(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with (
        pytest.raises(AssertionError),  # its exit status, in ``close``
        opened(tmp_path_factory) as sandbox,
    ):
        body = textwrap.indent(textwrap.dedent(LEFT_RUNNING["daemon"]), "    ")
        worker = sandbox.worker(LEAVE.format(body=body))
        worker.call("attack", [], {}, soon())
        uid = attack_uid_of_owner(sandbox)
        sandbox.process.kill()
        sandbox.process.wait()
        time.sleep(0.1)
        assert len(processes_of(uid)) == 1, "the daemon"
    with opened(tmp_path_factory) as sandbox:
        assert_well(sandbox)
        assert processes_of(uid) == []


def test_a_plain_users_worker_has_no_user_of_its_own_and_says_so(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """A user number as high as a worker's is no user of one's own."""
    with opened(tmp_path_factory, user=30_001) as sandbox:
        worker = sandbox.worker()
        worker.self_test()
        worker.close()
        assert worker.active == set(lockdown.NAMES) - {"uid"}
        assert lockdown.required(Grading.ROOT) - worker.active == {"uid"}
        assert worker.active >= lockdown.required(Grading.PLAIN)
        assert lockdown.complete(worker.active)


def test_roots_workers_have_a_user_of_their_own_instead_of_the_second_filter(
    sandbox: Sandbox,
) -> None:
    assert sandbox.worker().active == OF_ROOT


REACH_AS_USER = """
    import ctypes, fcntl, os, resource, socket, struct
    own, _other = socket.socketpair()
    def change_flags(file):
        flags = bytearray(8)
        fcntl.ioctl(file, 0x80086601, flags)
        fcntl.ioctl(file, 0x40086602, flags)
    def attack(owned):
        parent = os.getppid()
        attempts = {
            "signal": lambda: os.kill(parent, 0),
            "thread signal": lambda: checked(libc.syscall(TGKILL, parent, parent, 0)),
            "pidfd": lambda: os.close(os.pidfd_open(parent)),
            "limits": lambda: resource.prlimit(parent, resource.RLIMIT_CORE),
            "priority": lambda: os.setpriority(os.PRIO_PROCESS, parent, 19),
            "processors": lambda: os.sched_setaffinity(parent, os.sched_getaffinity(0)),
            "memory": lambda: os.close(os.open(f"/proc/{parent}/mem", os.O_RDONLY)),
            "mode": lambda: os.chmod(owned, 0o600),
            "times": lambda: os.utime(owned),
            # the kernel sends what the descriptor's owner is to get, also SIGKILL
            "owner": lambda: fcntl.fcntl(own, fcntl.F_SETOWN, parent),
            "owner by structure": lambda: fcntl.fcntl(own, 15, struct.pack("ii", 1, parent)),
            "owner by request": lambda: fcntl.ioctl(own, 0x8901, struct.pack("i", parent)),
            "owner of a socket": lambda: fcntl.ioctl(own, 0x8902, struct.pack("i", parent)),
            "another signal": lambda: fcntl.fcntl(own, 10, 9),
            "lease": lambda: fcntl.fcntl(own, fcntl.F_SETLEASE, fcntl.F_UNLCK),
            "file's flags": lambda: change_flags(os.open(owned, os.O_RDONLY)),
            "content": lambda: open(owned).close(),
        }
        done = []
        for name, attempt in attempts.items():
            try:
                attempt()
            except OSError:
                continue
            done.append(name)
        return done
    TGKILL = 234 if os.uname().machine == "x86_64" else 131
    libc = ctypes.CDLL(None, use_errno=True)
    def checked(result):
        if result:
            raise OSError(ctypes.get_errno(), "refused")
"""


def test_a_plain_users_worker_does_not_reach_its_users_processes_and_files(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with opened(tmp_path_factory, user=30_001) as sandbox:
        owned = sandbox.scratch.parent / "owned.txt"
        owned.write_text("a file of the staff's")
        os.chown(owned, 30_001, 30_001)
        free = dataclasses.replace(
            BOUNDS, leave_out=frozenset({"same_user", "landlock", "seccomp"})
        )
        # As before Linux 6.12, where Landlock keeps no signal from the user's other processes.
        filtered = dataclasses.replace(BOUNDS, leave_out=frozenset({"landlock"}))
        found = {}
        for name, bounds in {"free": free, "filtered": filtered, "held": BOUNDS}.items():
            worker = sandbox.worker(REACH_AS_USER, bounds)
            reached = worker.call("attack", [str(owned)], {}, soon())
            assert isinstance(reached, list)
            found[name] = reached
        assert len(found["free"]) >= 16, found["free"]
        assert set(found["filtered"]) == {"memory", "content"}
        assert found["held"] == []


def test_a_plain_users_worker_may_end_itself_by_a_signal(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with opened(tmp_path_factory, user=30_001) as sandbox:
        worker = sandbox.worker("import os\ndef attack(): os.abort()")
        with pytest.raises(WorkerStopped, match="SIGABRT"):
            worker.call("attack", [], {}, soon())


def test_what_the_user_cannot_read_is_named_with_the_fix(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with opened(tmp_path_factory) as sandbox:
        public = sandbox.scratch.parent / "public"
        public.chmod(0o700)
        with pytest.raises(HarnessFault, match=f"cannot read {public}.*chmod"):
            sandbox.worker()
        public.chmod(0o755)
        assert_well(sandbox)


def test_the_self_test_passes_and_leaves_nothing(sandbox: Sandbox) -> None:
    worker = sandbox.worker()
    worker.self_test()
    run(worker, "import os\ndef attack(): return os.listdir('.')")
    assert worker.call("attack", [], {}, soon()) == HANDOUT
    worker.close()


@pytest.mark.parametrize(
    ("spoiled", "words"),
    [
        ("raise PermissionError(13, 'Permission denied', '/opt/python/lib')", "/opt/python/lib"),
        ("os._exit(1)", "WorkerStopped"),
    ],
)
def test_a_self_test_that_fails_names_what_was_refused(
    sandbox: Sandbox, spoiled: str, words: str
) -> None:
    worker = sandbox.worker(f"""
        import os
        from autograder.sandbox import selftest
        def attack():
            {spoiled}
        selftest.self_test = attack
    """)
    with pytest.raises(HarnessFault, match=words):
        worker.self_test()
    assert not worker.alive


# --- user numbers -------------------------------------------------------------------------------


def test_two_zygotes_never_share_a_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(users, "LAST_UID", users.FIRST_UID + 8)
    ready, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            other = users.Users(tmp_path / "locks")
            numbers = [other.take() for _ in range(2)]
            os.write(tell, json.dumps(numbers).encode())
            time.sleep(30)
        finally:
            os._exit(0)
    theirs = json.loads(os.read(ready, 100))
    own = users.Users(tmp_path / "locks")
    numbers = [own.take() for _ in range(2)]
    assert len({*numbers, *theirs}) == 4
    assert all(number % 2 == 0 for number in numbers)
    with pytest.raises(RuntimeError):
        own.take()
    own.release(numbers[0])
    assert own.take() == numbers[0]
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert {own.take(), own.take()} == set(theirs)
    os.close(ready)
    os.close(tell)


def test_numbers_without_a_place_for_locks(tmp_path: Path) -> None:
    own = users.Users(tmp_path / "nothing" / "locks")
    assert own.take() != own.take()


def test_the_killer_reaches_its_user_alone(tmp_path: Path) -> None:  # noqa: ARG001
    """And cannot be signalled by it: it acts as that user, but is another."""
    uid = users.FIRST_UID + 11_110
    pids = []
    for user in (uid, uid + 2, 0):
        pid = os.fork()
        if pid == 0:
            os.setuid(user)
            time.sleep(30)
            os._exit(0)
        pids.append(pid)
    time.sleep(0.1)
    reaper._kill_all_of(uid)
    assert os.WTERMSIG(os.waitpid(pids[0], 0)[1]) == signal.SIGKILL
    for pid in pids[1:]:
        assert os.waitpid(pid, os.WNOHANG) == (0, 0)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
