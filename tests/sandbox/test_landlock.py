"""Landlock: what it refuses in a real worker, each with the attack that wins without it."""

from __future__ import annotations

import os
import socket
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from conftest import needs_root
from test_sandbox import BOUNDS, READ, Sandbox, attack, opened, run, sandbox, shared, soon

from autograder.sandbox import landlock, lockdown
from autograder.sandbox.client import WorkerClient
from autograder.sandbox.landlock import Handled, Net, Right, Scope
from autograder.sandbox.requests import StudentException

__all__ = ["sandbox", "shared"]  # fixtures

LANDLOCK = next(each for each in lockdown.LAYERS if each.name == "landlock")

needs_landlock = pytest.mark.skipif(landlock.version() == 0, reason="the kernel has no Landlock")
needs_net = pytest.mark.skipif(landlock.version() < 4, reason="Landlock has no ports here")
needs_scope = pytest.mark.skipif(landlock.version() < 6, reason="Landlock has no scopes here")


# --- what the interpreter needs -------------------------------------------------------------------


def test_of_folders_with_whole_programs_only_what_python_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed = ["libz.so.1", "liba.so", "python3.12", "python3", "x86_64-linux-gnu", "locale", "ssl"]
    other = ["git-core", "gcc", "jvm", "llvm-14", "node_modules", "libx.a", "so", "pythonic"]
    for name in [*needed, *other]:
        (tmp_path / "lib" / name).mkdir(parents=True)
    (tmp_path / "own" / "jvm").mkdir(parents=True)
    (tmp_path / "linked").symlink_to("lib")
    monkeypatch.setattr(landlock, "MIXED", (str(tmp_path / "lib"),))
    own = str(tmp_path / "own")
    for folder in (tmp_path / "lib", tmp_path / "linked"):
        found = landlock.narrowed([str(folder), own, str(tmp_path / "absent")])
        assert found[-2:] == [own, str(tmp_path / "absent")]
        assert {Path(path).name for path in found[:-2]} == set(needed)


def test_the_loader_is_named_by_the_interpreter(tmp_path: Path) -> None:
    interpreter, *loader = landlock.programs()
    assert interpreter == os.path.realpath(sys.executable)
    assert all(Path(path).is_file() and ".so" in Path(path).name for path in loader)
    for content in (b"", b"#!/bin/sh\n", b"\x7fELF\x02\x01" + b"\0" * 58):
        (tmp_path / "program").write_bytes(content)
        assert landlock._loader(tmp_path / "program") is None
    assert landlock._loader(tmp_path / "absent") is None


# --- older kernels ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "rights", "net", "scope", "flags"),
    [
        (1, 0x1FFF, 0, 0, 0),
        (2, 0x3FFF, 0, 0, 0),
        (3, 0x7FFF, 0, 0, 0),
        (4, 0x7FFF, 3, 0, 0),
        (5, 0xFFFF, 3, 0, 0),
        (6, 0xFFFF, 3, 3, 0),
        (7, 0xFFFF, 3, 3, 5),
        (99, 0xFFFF, 3, 3, 5),
    ],
)
def test_only_what_the_kernel_knows_is_asked_of_it(
    version: int, rights: int, net: int, scope: int, flags: int
) -> None:
    assert Handled.by(version) == Handled(Right(rights), Net(net), Scope(scope), flags)


def in_a_fork(test: Callable[[], object]) -> int:
    """Run it in a process without new privileges; its exit status, 0 if all is well."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            landlock.LIBC.prctl(lockdown.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
            test()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.mark.parametrize("version", range(1, landlock.version() + 1))
def test_each_version_of_the_interface(tmp_path: Path, version: int) -> None:
    (tmp_path / "scratch").mkdir()

    def test() -> None:
        granted = landlock.grants([], str(tmp_path / "scratch"))
        landlock.restrict(granted, Handled.by(version))
        (tmp_path / "scratch" / "file").write_text("text", encoding="ascii")
        (tmp_path / "scratch" / "file").unlink()
        with pytest.raises(PermissionError):
            (tmp_path / "file").touch()
        with pytest.raises(PermissionError):
            Path("/etc/passwd").read_bytes()
        assert list(Path("/proc/self/fd").iterdir())

    assert in_a_fork(test) == 0


def test_a_kernel_without_it_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    class Kernel:
        @staticmethod
        def syscall(*_arguments: object) -> int:
            return -1

    monkeypatch.setattr(landlock, "LIBC", Kernel)
    assert landlock.version() == 0
    confinement = lockdown.Confinement(None, "/nothing", 1, 1, 1)
    LANDLOCK.step(confinement)
    assert not LANDLOCK.holds()


@needs_landlock
@pytest.mark.parametrize("handled", [Handled(Right(1 << 40), Net(0), Scope(0), 0)])
def test_what_the_kernel_refuses_is_an_error(handled: Handled) -> None:
    with pytest.raises(OSError, match="cannot be made"):
        landlock.restrict([], handled)


@needs_landlock
def test_a_rule_that_the_kernel_refuses_is_an_error(tmp_path: Path) -> None:
    known = Handled.by(landlock.version())
    with pytest.raises(RuntimeError, match=tmp_path.name):
        landlock.restrict([(str(tmp_path), Right(0))], known)


# --- what is granted ----------------------------------------------------------------------------


def test_nothing_above_or_beside_is_granted(tmp_path: Path) -> None:
    granted = dict(landlock.grants([str(tmp_path / "public")], str(tmp_path / "scratch")))
    forbidden = {"/", "/etc", "/usr", "/usr/share", "/proc", "/dev", "/dev/shm", "/tmp", "/var"}
    assert not forbidden & granted.keys()
    assert sys.prefix not in granted  # the project's own folder may be the environment's
    assert granted[str(tmp_path / "public")] == landlock.READ
    writable = {path for path, rights in granted.items() if rights & Right.WRITE_FILE}
    assert writable == {"/dev/null", str(tmp_path / "scratch")}
    assert not any(rights & Right.IOCTL_DEV for rights in granted.values())


@pytest.mark.parametrize(
    ("paths", "beneath", "kept"),
    [
        (["/a", "/a/b", "/ab", "/c/d", "/c"], [], ("/a", "/ab", "/c")),
        (["/a/b", "/d/"], ["/a"], ("/d",)),
        (["", ".", "lib", "../x", "/", "//", "/a/.."], [], ()),
        (["/a/../b"], [], ("/b",)),
    ],
)
def test_nested_and_relative_paths(
    paths: list[str], beneath: list[str], kept: tuple[str, ...]
) -> None:
    assert landlock.without_nested(paths, beneath) == kept


def test_packages_and_modules_are_granted_where_they_lie() -> None:
    package, inner, single, built_in = map(ModuleType, ("p", "p.inner", "single", "built_in"))
    package.__path__ = ["/staff/p"]
    package.__file__ = "/staff/p/__init__.py"
    inner.__file__ = "/elsewhere/inner.py"
    single.__file__ = "/staff/single.py"
    found = landlock.imported_files([package, inner, single, built_in, os])
    assert found == ("/staff/p", "/staff/single.py")


# --- what is refused ----------------------------------------------------------------------------


LIST = """
    import os
    def attack(paths):
        listed = []
        for path in paths:
            try:
                os.listdir(path)
                listed.append(path)
            except OSError:
                pass
        return listed
"""


@needs_root
@needs_landlock
class TestInAWorker:
    def test_what_everybody_may_read_is_not_read(self, sandbox: Sandbox, tmp_path: Path) -> None:
        tmp_path.chmod(0o755)
        check = tmp_path / "test_hidden.py"
        check.write_text("secret", encoding="utf-8")
        check.chmod(0o644)
        paths = [str(check), "/etc/passwd", "/etc/group", "/proc/version"]
        paths += [f"/proc/{pid}/cmdline" for pid in (1, os.getpid(), sandbox.process.pid)]
        assert attack(sandbox, READ, paths, without={"landlock"}) == paths
        assert attack(sandbox, READ, paths) == []

    def test_folders_are_not_listed(self, sandbox: Sandbox, tmp_path: Path) -> None:
        tmp_path.chmod(0o755)
        paths = ["/", "/etc", "/usr", "/proc", "/dev", "/var", str(tmp_path)]
        assert attack(sandbox, LIST, paths, without={"landlock"}) == paths
        assert attack(sandbox, LIST, paths) == []

    def test_links_lead_nowhere(self, sandbox: Sandbox, tmp_path: Path) -> None:
        tmp_path.chmod(0o755)
        secret = tmp_path / "secret"
        secret.write_text("secret", encoding="utf-8")
        secret.chmod(0o666)  # protected_hardlinks asks for both
        source = """
            import os
            def attack(secret):
                won = []
                os.symlink(secret, "soft")
                ways = {
                    "soft": lambda: open("soft").read(),
                    "root": lambda: open("/proc/self/root" + secret).read(),
                    "cwd": lambda: open("/proc/self/cwd/soft").read(),
                    "up": lambda: open(os.path.relpath(os.path.realpath(secret))).read(),
                    "thread": lambda: open("/proc/thread-self/root" + secret).read(),
                }
                for name, way in ways.items():
                    try:
                        won.append((name, way()))
                    except OSError:
                        pass
                return [name for name, text in won if text == "secret"]
        """
        assert len(attack(sandbox, source, str(secret), without={"landlock"})) == 5
        assert attack(sandbox, source, str(secret)) == []

    def test_a_child_may_no_more(self, sandbox: Sandbox) -> None:
        source = """
            import os
            def attack():
                child = os.fork()
                if child == 0:
                    try:
                        open("/etc/passwd").close()
                    except OSError:
                        os._exit(1)
                    os._exit(0)
                return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        """
        assert attack(sandbox, source, without={"landlock"}) == 0
        assert attack(sandbox, source) == 1

    def test_what_the_order_names_may_be_read(self, sandbox: Sandbox, tmp_path: Path) -> None:
        named, other = tmp_path / "named", tmp_path / "other"
        for folder in (tmp_path, named, other):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o777)
            (folder / "file").touch(mode=0o644)
        source = textwrap.dedent("""
            def attack(folders):
                won = []
                for mode in "rw":
                    for folder in folders:
                        try:
                            open(folder + "/file", mode).close()
                            won.append((mode, folder))
                        except OSError:
                            pass
                return won
        """)
        worker = WorkerClient(sandbox.zygote, BOUNDS, sandbox.scratch, readable=[named])
        run(worker, source)
        won = worker.call("attack", [[str(named), str(other), str(tmp_path)]], {}, soon())
        worker.close()
        assert won == [("r", str(named))]

    def test_programs(self, sandbox: Sandbox) -> None:
        """The interpreter runs, for its own processes; other programs do not."""
        source = """
            import os, shutil, subprocess, sys
            def attack():
                ran = []
                shutil.copy(os.path.realpath(sys.executable), "python")
                for name, program in [("own", sys.executable), ("shell", "/bin/sh"),
                                      ("copy", os.path.abspath("python"))]:
                    try:
                        if subprocess.run([program, "-c", ""], check=False).returncode == 0:
                            ran.append(name)
                    except OSError:
                        pass
                return ran
        """
        big = replace(BOUNDS, file_size=64 << 20)
        everything = ["own", "shell", "copy"]
        assert attack(sandbox, source, bounds=big, without={"landlock"}) == everything
        assert attack(sandbox, source, bounds=big) == ["own"]

    def test_libraries_are_not_run(self, sandbox: Sandbox) -> None:
        """The C library is a program, too, where it says its version."""
        source = """
            import subprocess
            def attack(path):
                try:
                    return subprocess.run([path], check=False, stdout=-3).returncode == 0
                except OSError:
                    return False
        """
        mapped = Path("/proc/self/maps").read_text(encoding="utf-8").split()
        library = next((part for part in mapped if part.endswith("/libc.so.6")), "")
        if not os.access(library, os.X_OK):
            pytest.skip("the C library is no program")
        assert attack(sandbox, source, library, without={"landlock"}) is True
        assert attack(sandbox, source, library) is False

    def test_programs_beside_the_libraries_cannot_be_read(self, sandbox: Sandbox) -> None:
        """What can be read could be started by the loader."""
        source = """
            import os
            def attack(paths):
                return [path for path in paths if reads(path)]
            def reads(path):
                try:
                    open(path, "rb").close()
                    return True
                except OSError:
                    return False
        """
        folders = ("git-core", "gcc", "jvm", "apt", "dpkg", "openssh", "systemd", "llvm-*/bin")
        found = [p for f in folders for p in sorted(Path("/usr/lib").glob(f"{f}/**/*"))[:200]]
        paths = [str(path) for path in found if path.is_file() and not path.is_symlink()]
        assert paths
        assert attack(sandbox, source, [*paths, sys.executable]) == [sys.executable]
        assert len(attack(sandbox, source, paths, without={"landlock"})) > len(paths) / 2

    def test_devices(self, sandbox: Sandbox) -> None:
        source = """
            def attack():
                won = []
                for name, mode in [("null", "w"), ("null", "r"), ("zero", "r"), ("urandom", "r"),
                                   ("full", "r"), ("zero", "w")]:
                    try:
                        with open("/dev/" + name, mode + "b", buffering=0) as file:
                            file.write(b"x") if mode == "w" else file.read(1)
                        won.append((name, mode))
                    except OSError:
                        pass
                return won
        """
        honest = [("null", "w"), ("null", "r"), ("urandom", "r")]
        assert set(attack(sandbox, source)) == set(honest)
        free = set(attack(sandbox, source, without={"landlock"}))
        assert free >= {*honest, ("full", "r"), ("zero", "w")}

    def test_the_scratch_folder_is_whole(self, sandbox: Sandbox) -> None:
        source = """
            import os
            def attack():
                os.makedirs("a/b"); os.makedirs("c")
                with open("a/b/file", "w") as file:
                    file.write("text")
                os.rename("a/b/file", "c/file")  # across folders
                os.link("c/file", "a/link")
                os.symlink("c/file", "soft")
                os.mkfifo("fifo")
                os.truncate("c/file", 2)
                for name in ("a/link", "soft", "fifo"):
                    os.unlink(name)
                os.rmdir("a/b")
                with open("c/file", "w") as file:
                    file.write("more")
                return open("c/file").read(), sorted(os.listdir("."))
        """
        assert attack(sandbox, source) == ("more", ["a", "c", "stub_grader.py"])

    def test_nothing_of_the_process_is_written(self, sandbox: Sandbox) -> None:
        source = """
            import ctypes
            def attack():
                ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # PR_SET_DUMPABLE
                won = []
                for name in ("oom_score_adj", "comm", "coredump_filter", "timerslack_ns", "mem"):
                    try:
                        open("/proc/self/" + name, "r+b", buffering=0).close()
                        won.append(name)
                    except OSError:
                        pass
                return won, open("/proc/self/status").read()[:5]
        """
        won, text = attack(sandbox, source)
        assert (won, text) == ([], "Name:")
        assert len(attack(sandbox, source, without={"landlock"})[0]) >= 4

    @needs_net
    def test_ports(self, sandbox: Sandbox) -> None:
        """A second wall: the filter of system calls makes no such socket at all."""
        source = """
            import socket
            def attack(port):
                won = []
                with socket.socket() as first, socket.socket() as second:
                    for name, act in [("bind", lambda: first.bind(("127.0.0.1", 0))),
                                      ("connect", lambda: second.connect(("127.0.0.1", port)))]:
                        try:
                            act()
                            won.append(name)
                        except OSError:
                            pass
                return won
        """
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            free = attack(sandbox, source, port, without={"seccomp", "landlock"})
            assert free == ["bind", "connect"]
            assert attack(sandbox, source, port, without={"seccomp"}) == []

    @needs_scope
    def test_abstract_sockets(self, sandbox: Sandbox) -> None:
        name = f"\0autograder-test-{os.getpid()}"
        source = """
            import socket
            def attack(name):
                with socket.socket(socket.AF_UNIX) as own:
                    try:
                        own.connect(name)
                        return True
                    except PermissionError:
                        return False
        """
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(name)
            server.listen()
            assert attack(sandbox, source, name, without={"seccomp", "landlock"}) is True
            assert attack(sandbox, source, name, without={"seccomp"}) is False

    @needs_scope
    def test_signals(self, sandbox: Sandbox) -> None:
        """Even root's processes are out of root's reach."""
        source = """
            import os
            def attack(pids):
                reached = []
                for pid in pids:
                    try:
                        os.kill(pid, 0)
                        reached.append(pid)
                    except PermissionError:
                        pass
                return reached
        """
        pids = [os.getpid(), sandbox.process.pid, sandbox.grader]
        assert attack(sandbox, source, pids, without={"uid", "landlock"}) == pids
        assert attack(sandbox, source, pids, without={"uid"}) == []


@needs_root
@needs_landlock
def test_the_probe_sees_what_is_not_refused() -> None:
    """In this process nothing is; where only /tmp is open, the probe must not be content."""
    assert not LANDLOCK.holds()

    def test() -> None:
        handled = Handled.by(landlock.version())
        landlock.restrict([("/tmp", landlock.SCRATCH)], handled)
        assert not LANDLOCK.holds()

    assert in_a_fork(test) == 0


# --- honest code --------------------------------------------------------------------------------

TORCH = ("numpy", "torch", "torchvision", "IPython.core.inputtransformer2", "PIL.Image")


@pytest.fixture(scope="module")
def with_torch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with opened(tmp_path_factory, imports=TORCH) as sandbox:
        yield sandbox


QUIETLY = """
import os, sys, warnings

def attack():
    warnings.simplefilter("default")
    keep = os.dup(2)
    file = os.open("stderr", os.O_RDWR | os.O_CREAT)
    os.dup2(file, 2)
    sys.stderr = open(2, "w", closefd=False)
    try:
        result = honest()
    finally:
        sys.stderr.flush()
        os.dup2(keep, 2)
    return result, open("stderr").read()

{source}
"""

HONEST = {
    "convolution": """
        def honest():
            import torch
            x = torch.rand(8, 3, 28, 28)
            return list(torch.nn.Conv2d(3, 4, 3)(x).shape) == [8, 4, 26, 26]
    """,
    "training": """
        def honest():
            import torch
            from torch import nn
            net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(2704, 3))
            optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
            scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1)
            before = None
            for _ in range(3):
                labels = torch.ones(4, dtype=torch.long)
                loss = nn.functional.cross_entropy(net(torch.rand(4, 1, 28, 28)), labels)
                before = before or loss.item()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                scheduler.step()
            torch.save(net.state_dict(), "net.pt")
            net.load_state_dict(torch.load("net.pt"))
            return loss.item() < before
    """,
    "loaders": """
        def honest():
            import torch
            from torch.utils.data import DataLoader, TensorDataset
            data = TensorDataset(torch.arange(10.0))
            own = DataLoader(data, 4)
            alike = DataLoader(data, batch_size=4, num_workers=2, prefetch_factor=4, timeout=5,
                               persistent_workers=True, multiprocessing_context="fork")
            return [len(b[0]) for b in own] == [len(b[0]) for b in alike] == [4, 4, 2]
    """,
    "vision": """
        def honest():
            import torchvision.transforms as transforms
            from PIL import Image, ImageDraw, ImageFont
            picture = Image.new("L", (28, 28))
            ImageDraw.Draw(picture).text((2, 2), "a", fill=255)
            picture.save("picture.png")
            picture.save("picture.jpg")
            step = transforms.Compose([transforms.Resize(14), transforms.ToTensor()])
            return list(step(Image.open("picture.png")).shape) == [1, 14, 14]
    """,
    "scipy": """
        def honest():
            import numpy, scipy.signal, scipy.ndimage, scipy.optimize, scipy.stats
            from scipy.io import savemat
            savemat("x.mat", {"x": numpy.eye(3)})
            scipy.stats.norm.fit([1.0, 2.0])
            scipy.ndimage.gaussian_filter(numpy.eye(9), 1)
            return scipy.signal.convolve2d(numpy.eye(5), numpy.ones((3, 3))).shape == (7, 7)
    """,
    "numpy": """
        def honest():
            import numpy
            numpy.savez("x.npz", a=numpy.arange(5))
            numpy.memmap("map", dtype="f4", mode="w+", shape=(10,))[:] = 1
            numpy.testing.assert_array_equal(numpy.fft.ifft(numpy.fft.fft([1, 2])).real, [1, 2])
            return int(numpy.load("x.npz")["a"].sum()) == 10
    """,
    "figures": """
        def honest():
            import matplotlib.pyplot as plt
            figure, axes = plt.subplots()
            axes.plot([1, 2], label="line")
            axes.set_title("title of $x^2$")
            axes.legend()
            figure.savefig("figure.png")
            figure.savefig("figure.pdf")
            import os
            return os.path.getsize("figure.png") > 1000
    """,
    "ipython": """
        def honest():
            from IPython.core.inputtransformer2 import TransformerManager
            from IPython.display import Image, display
            cell = TransformerManager().transform_cell("%matplotlib inline\\n!ls\\nx = 1")
            return "run_line_magic" in cell
    """,
    "locks": """
        def honest():
            import concurrent.futures, fcntl, mmap, queue, sqlite3, threading
            one, other = sqlite3.connect("base"), sqlite3.connect("base", timeout=0.1)
            with one:
                one.execute("create table x (y)")
                one.execute("insert into x values (1)")
            rows = other.execute("select y from x").fetchall()
            with open("locked", "w") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            done = queue.Queue()
            threads = [threading.Thread(target=done.put, args=(n,)) for n in range(50)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                squares = list(pool.map(lambda x: x * x, range(100)))
            with open("mapped", "w+b") as file:
                file.truncate(1 << 20)
                area = mmap.mmap(file.fileno(), 0)
                area[:2] = b"xy"
                area.flush()
            return rows == [(1,)] and done.qsize() == 50 and squares[-1] == 9801
    """,
    "own process": """
        def honest():
            import os, platform, resource, threading, psutil
            process = psutil.Process()
            used = process.memory_info().rss, process.cpu_times().user, process.num_threads()
            platform.platform(), platform.freedesktop_os_release(), process.name()
            usage = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            threads = len(os.listdir("/proc/self/task"))
            return min(used[0], usage) > 0 and psutil.virtual_memory().total > 0 and threads > 0
    """,
    "standard library": """
        def honest():
            import asyncio, concurrent.futures, csv, datetime, hashlib, locale, logging, mimetypes
            import platform, random, socket, sqlite3, ssl, tempfile, threading, time, uuid, zipfile
            import zoneinfo, subprocess, urllib.request, multiprocessing, getpass, pickle
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                assert list(pool.map(abs, [-1])) == [1]
            async def later():
                await asyncio.sleep(0)
                return True
            with tempfile.TemporaryDirectory() as folder, open(folder + "/x", "w") as file:
                file.write("x")
            hashlib.sha256(b"").hexdigest(); uuid.uuid4(); time.localtime(); platform.platform()
            mimetypes.guess_type("x.png"); os.cpu_count(); random.SystemRandom().random()
            return asyncio.run(later()) and zoneinfo.ZoneInfo("UTC").key == "UTC"
    """,
}


@needs_root
@pytest.mark.parametrize("source", HONEST.values(), ids=HONEST.keys())
def test_honest_code_runs_without_a_word(with_torch: Sandbox, source: str) -> None:
    bounds = replace(BOUNDS, memory=1 << 30)
    program = QUIETLY.format(source=textwrap.dedent(source))
    assert attack(with_torch, program, bounds=bounds) == (True, "")


@needs_root
def test_the_self_test_covers_torch(with_torch: Sandbox) -> None:
    worker = with_torch.worker(bounds=replace(BOUNDS, memory=1 << 30))
    worker.self_test()
    worker.close()


@needs_root
@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ("num_workers=-1", "ValueError"),
        ("num_workers='x'", "TypeError"),
        ("4, False, drop_last=True, batch_sampler=[[0]]", "ValueError"),
        ("nothing=1", "TypeError"),
    ],
)
def test_wrong_arguments_of_a_loader_are_torchs_to_refuse(
    with_torch: Sandbox, arguments: str, kind: str
) -> None:
    worker = with_torch.worker(
        f"""
        def attack():
            from torch.utils.data import DataLoader
            DataLoader([1, 2], {arguments})
        """,
        replace(BOUNDS, memory=1 << 30),
    )
    reply = worker.call("attack", [], {}, soon())
    worker.close()
    assert isinstance(reply, StudentException)
    assert reply.type == kind
