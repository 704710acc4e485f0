"""As ``test_defences``, of real workers and sessions: what no attack would miss."""

from __future__ import annotations

import errno
import os
import platform
import resource
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import TWO_FUNCTIONS, Notebook, needs_root
from test_sandbox import BOUNDS, Sandbox, attack, opened

from autograder.grading.policies import CachePolicy, IsolationPolicy
from autograder.grading.session import Session
from autograder.model import manifest
from autograder.model.manifest import Assignment
from autograder.sandbox import reaper
from autograder.sandbox.requests import WorkerStopped
from release.markup.templates import solved, templates

pytestmark = needs_root

#: Calls by their numbers on x86-64, written down apart from the filter's own table. With arguments
#: that mean nothing each ends in an error: EPERM, if the filter refuses it.
CALLS = {
    **{"connect": 42, "bind": 49, "ioctl": 16, "fcntl": 72, "mmap": 9, "futex": 202},
    **{"mincore": 27, "fanotify_init": 300, "fanotify_mark": 301},
    **{"memfd_create": 319, "vmsplice": 278, "splice": 275, "tee": 276, "sendfile": 40},
    **{"sendmsg": 46, "sendmmsg": 307, "setsockopt": 54, "io_setup": 206, "io_submit": 209},
    **{"landlock_create_ruleset": 444, "landlock_add_rule": 445, "landlock_restrict_self": 446},
    **{"setxattr": 188, "lsetxattr": 189, "fsetxattr": 190},
    **{"ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312},
    **{"pidfd_getfd": 438, "process_madvise": 440, "migrate_pages": 256, "move_pages": 279},
    **{"unshare": 272, "setns": 308},
    **{"mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161, "open_tree": 428},
    **{"move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433},
    **{"mount_setattr": 442, "name_to_handle_at": 303, "open_by_handle_at": 304},
    **{"add_key": 248, "request_key": 249, "keyctl": 250, "shmget": 29, "shmat": 30, "shmctl": 31},
    **{"semget": 64, "semctl": 66, "msgget": 68, "msgctl": 71, "mq_open": 240, "mq_unlink": 241},
    **{"io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "bpf": 321},
    **{"perf_event_open": 298, "userfaultfd": 323, "memfd_secret": 447, "set_mempolicy": 238},
    **{"kexec_load": 246, "init_module": 175, "finit_module": 313, "delete_module": 176},
    **{"reboot": 169, "swapon": 167, "swapoff": 168, "settimeofday": 164, "clock_settime": 227},
    **{"clock_adjtime": 305, "adjtimex": 159, "sethostname": 170, "setdomainname": 171},
    **{"acct": 163, "quotactl": 179, "syslog": 103, "iopl": 172, "ioperm": 173},
}
#: The same of those that look as if the kernel lacked them, or as if they had been done.
ANSWERED = {
    **{"preadv2": (327, errno.ENOSYS), "cachestat": (451, errno.ENOSYS), "fadvise64": (221, 0)},
    **{"inotify_init": (253, errno.ENOSYS), "inotify_init1": (294, errno.ENOSYS)},
    **{"inotify_add_watch": (254, errno.ENOSYS), "fallocate": (285, errno.EOPNOTSUPP)},
    **{"futex_waitv": (449, errno.ENOSYS), "futex_wake": (454, errno.ENOSYS)},
    **{"futex_wait": (455, errno.ENOSYS), "futex_requeue": (456, errno.ENOSYS)},
}
#: Root and outside of Landlock, which refuse some of them too.
FILTER_ALONE = {"uid", "landlock"}
needs_x86 = pytest.mark.skipif(platform.machine() != "x86_64", reason="numbers of x86-64")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with opened(tmp_path_factory) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(shared: Sandbox) -> Iterator[Sandbox]:
    yield shared
    shared.zygote.order("reap_all")


@pytest.fixture(scope="module")
def two() -> Assignment:
    return manifest.load(TWO_FUNCTIONS / "staff")


def test_a_worker_leads_a_session_of_its_own(sandbox: Sandbox) -> None:
    """So a signal to its group reaches nothing of the grader's."""
    source = "import os\ndef attack(): return os.getsid(0) == os.getpgid(0) == os.getpid()"
    assert attack(sandbox, source) is True
    assert attack(sandbox, source, without=("session",)) is False


def test_standard_streams_lead_nowhere(sandbox: Sandbox) -> None:
    source = """
        import os
        def attack():
            return [os.readlink(f"/proc/self/fd/{number}") for number in range(3)]
    """
    assert attack(sandbox, source) == ["/dev/null"] * 3


def test_limits_of_a_worker(sandbox: Sandbox) -> None:
    source = """
        import resource
        def attack():
            return [resource.getrlimit(getattr(resource, f"RLIMIT_{name}")) for name in
                    ("CORE", "MSGQUEUE", "NPROC", "NOFILE", "FSIZE", "MEMLOCK", "SIGPENDING")]
    """
    bounds = [(bound, bound) for bound in (0, 0, 64, 256, 1 << 20, 1 << 16, 1000)]
    limits = resource.getrlimit(resource.RLIMIT_CORE)
    resource.prlimit(sandbox.process.pid, resource.RLIMIT_CORE, (1 << 20, limits[1]))
    assert attack(sandbox, source) == bounds
    assert attack(sandbox, source, without=("rlimits",)) != bounds


def test_memory_of_a_worker_has_two_limits(sandbox: Sandbox) -> None:
    """On its addresses, and on what it may write there, which a new program has whole too."""
    source = """
        import resource
        def attack(more):
            kinds = resource.RLIMIT_AS, resource.RLIMIT_DATA
            limits = [resource.getrlimit(each) for each in kinds]
            return [hard in range(more, 1 << 40) for _soft, hard in limits]
    """
    assert attack(sandbox, source, BOUNDS.memory) == [True, True]
    assert attack(sandbox, source, BOUNDS.memory, without=("rlimits",)) == [False, False]


@pytest.mark.timeout(120)
def test_the_memory_of_all_of_a_workers_processes_is_watched(sandbox: Sandbox) -> None:
    """Each of them takes less than one may."""
    source = """
        import mmap, os, time
        def attack():
            for _ in range(3):
                if os.fork() == 0:
                    area = mmap.mmap(-1, 110 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
                    for _ in range(110):
                        area.write(bytes(1 << 20))
                    time.sleep(60)
                    os._exit(0)
            time.sleep(60)
    """
    worker = sandbox.worker(source, BOUNDS)
    try:
        with pytest.raises(WorkerStopped, match="of memory in all"):
            worker.call("attack", [], {}, time.monotonic() + 30)
    finally:
        worker.close()


CALLING = """
    import ctypes
    def attack(calls):
        libc = ctypes.CDLL(None, use_errno=True)
        found = {}
        for name, number in calls.items():
            ctypes.set_errno(0)
            arguments = [ctypes.c_long(-1)] * 6
            failed = libc.syscall(ctypes.c_long(number), *arguments) == -1
            found[name] = ctypes.get_errno() if failed else 0
        return found
"""


@needs_x86
def test_calls_that_are_refused(sandbox: Sandbox) -> None:
    refused = attack(sandbox, CALLING, CALLS, without=FILTER_ALONE)
    assert refused == dict.fromkeys(CALLS, 1)


@needs_x86
def test_calls_that_are_answered_otherwise(sandbox: Sandbox) -> None:
    numbers = {name: number for name, (number, _answer) in ANSWERED.items()}
    answers = {name: answer for name, (_number, answer) in ANSWERED.items()}
    assert attack(sandbox, CALLING, numbers) == answers
    assert attack(sandbox, CALLING, numbers, without={"seccomp"}) != answers


def test_locks_on_others_files_lock_nobody_out(sandbox: Sandbox) -> None:
    source = """
        import fcntl, os
        def attack():
            try:
                for _ in range(2):
                    fcntl.flock(os.open(os.__file__, os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False
    """
    assert attack(sandbox, source) is False
    assert attack(sandbox, source, without={"seccomp"}) is True


def test_pages_are_not_thrown_out_of_memory(sandbox: Sandbox) -> None:
    source = """
        import ctypes
        def attack():
            libc = ctypes.CDLL(None)
            return [libc.madvise(None, ctypes.c_size_t(0), advice) for advice in (20, 21)]
    """
    assert attack(sandbox, source) == [-1, -1]
    assert attack(sandbox, source, without={"seccomp"}) == [0, 0]


def test_names_of_scratch_folders_tell_no_number(sandbox: Sandbox) -> None:
    """They come of no generator that a fork inherits: its place would be their number."""
    source = """
        import tempfile
        def attack():
            return getattr(tempfile._name_sequence, "_rng", None) is None
    """
    assert attack(sandbox, source) is True


@needs_x86
def test_clone3_is_not_there(sandbox: Sandbox) -> None:
    calls = {"clone3": 435}
    assert attack(sandbox, CALLING, calls) == {"clone3": 38}
    assert attack(sandbox, CALLING, calls, without={"seccomp"}) != {"clone3": 38}


@pytest.fixture
def adopting() -> Iterator[None]:
    """This process becomes the parent of orphans, which others may end."""
    reaper.adopt_orphans()
    yield
    assert reaper.LIBC.prctl(reaper.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) == 0


@pytest.mark.usefixtures("adopting")
@pytest.mark.parametrize("without", [{"uid"}, {"uid", "parent"}])
def test_a_worker_dies_with_its_parent(tmp_path: Path, without: set[str]) -> None:
    """Even if nobody is left to tell it, and its wire stays open.

    Without a user of its own, for which the next zygote on the machine would look.
    """
    tmp_path.chmod(0o755)
    sandbox = Sandbox(tmp_path)
    worker = sandbox.worker(bounds=replace(BOUNDS, leave_out=frozenset(without)))
    parent = sandbox.process.pid
    text = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii")
    [pid] = {int(child) for child in text.split()} - {sandbox.grader}
    sandbox.process.kill()
    sandbox.process.wait()
    end = time.monotonic() + (0.5 if "parent" in without else 10)
    while _alive(pid) and time.monotonic() < end:
        time.sleep(0.01)
    try:
        assert _alive(pid) == ("parent" in without)
    finally:
        worker._channel.close()
        os.kill(pid, signal.SIGKILL)  # if only as a zombie it is still there
        os.waitpid(pid, 0)


@pytest.mark.timeout(60)
def test_all_of_a_user_is_killed_at_once() -> None:
    """Whoever has started it: one by one, a process that forks and ends would be missed."""
    user = 45_678
    started = [subprocess.Popen(["sleep", "60"], user=user) for _ in range(3)]
    worker, stray, other = (process.pid for process in started)
    try:
        known = reaper._children() - {worker, stray}
        assert other in known
        reaper.reap(worker, user, known)
        assert started[2].wait(10) == -9
    finally:
        for process in started:
            process.kill()


def test_the_killer_belongs_to_another_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it is to kill could signal it first, if it were of the same."""
    out, into = os.pipe()

    def changed(*numbers: int) -> None:
        os.write(into, " ".join(map(str, numbers)).encode())
        os._exit(0)

    monkeypatch.setattr(os, "setresuid", changed)
    reaper._kill_all_of(45_678)
    real, effective, saved = os.read(out, 100).split()
    assert effective == b"45678"
    assert effective not in (real, saved)
    os.close(out)
    os.close(into)


def _alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def test_a_process_with_threads_is_not_forked(tmp_path: Path) -> None:
    """In a process of its own: this one has threads already."""
    starts = "import threading, time\nthreading.Thread(target=time.sleep, args=(9,), daemon=True)"
    (tmp_path / "starts.py").write_text(f"{starts}.start()\n")
    (tmp_path / "starts_none.py").write_text("")
    script = """
        import os, sys
        from autograder.sandbox.zygote import ZygoteSettings, load
        try:
            load(ZygoteSettings((sys.argv[1],), (sys.argv[2],), (), (), ""))
            print("loaded")
        except RuntimeError as error:
            print(error)
        sys.stdout.flush()
        os._exit(0)
    """
    said = [
        subprocess.run(
            [sys.executable, "-c", textwrap.dedent(script), str(tmp_path), name],
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for name in ("starts", "starts_none")
    ]
    assert "started 1 threads" in said[0]
    assert said[1] == "loaded\n"


# --- sessions -------------------------------------------------------------------------------------


@pytest.fixture
def submitted(two: Assignment, tmp_path: Path) -> Path:
    path = tmp_path / "submission" / "two.ipynb"
    return Notebook(solved(two)["two.ipynb"]).save(path).parent


def test_a_worker_that_lacks_what_is_required_is_refused(two: Assignment, submitted: Path) -> None:
    with Session(two, templates(two)) as session:
        request = session._request(submitted, IsolationPolicy(leave_out=frozenset({"seccomp"})))
        assert "seccomp" not in request["required"]
        job = {**request, "required": ["seccomp"], "seed": 1}
        reply = session._exchange(job)
        while "progress" in reply:
            reply = session._receive()
    checks = reply["report"]["checks"]
    assert {check["status"] for check in checks} == {"fault"}
    assert all("lost seccomp" in check["staff"] for check in checks)


def test_without_a_sandbox_nothing_is_remembered(
    two: Assignment, submitted: Path, tmp_path: Path
) -> None:
    """Student code could have written there."""
    for required, remembered in ((frozenset({"uid"}), True), (frozenset({"no such"}), False)):
        memory = tmp_path / f"memory-{remembered}"
        isolation = IsolationPolicy(required, accept_weaker=True)
        cache = CachePolicy(memory, verdicts=True)
        with Session(two, templates(two), isolation=isolation, cache=cache) as session:
            assert session.grade(submitted).score == 4
        assert bool(list(memory.glob("*"))) == remembered


def test_the_seed_is_drawn_anew(two: Assignment, submitted: Path) -> None:
    with Session(two, templates(two)) as session:
        assert len({session.grade(submitted).seed for _ in range(3)}) == 3


def test_quoted_cells_are_part_of_a_verdicts_key(two: Assignment, tmp_path: Path) -> None:
    """A remark is no part of what is run, but of the line that a message quotes."""
    memory, told = tmp_path / "memory", []
    for words in ("my own remark", "somebody else's"):
        notebook = Notebook(solved(two)["two.ipynb"]).set("row-sums", f"row_sums = gone  # {words}")
        folder = notebook.save(tmp_path / words / "two.ipynb").parent
        with Session(two, templates(two), cache=CachePolicy(memory, verdicts=True)) as session:
            report = session.grade(folder, seed=1)
        told.append("".join(check.message for check in report.checks))
    assert "my own remark" in told[0]
    assert "somebody else's" in told[1]
    assert "my own remark" not in told[1]


CHECK = """
from gradescope_utils.autograder_utils.decorators import weight
from autograder.checks import question

@question("Q1")
@weight(2)
def test_sums(student):
    got = student.call("row_sums", [[1.0, 2.0]])
    assert list(got) == [654321.0]

@question("Q2")
@weight(2)
def test_blur(student):
    assert student.value("box_blur", keep=True) is not None
"""


def test_a_failing_assertion_shows_no_values(
    two: Assignment, submitted: Path, tmp_path: Path
) -> None:
    """pytest would write both sides into its message, the expected one too."""
    shutil.copytree(TWO_FUNCTIONS, tmp_path / "assignment")
    staff = tmp_path / "assignment" / "staff"
    (staff / "checks" / "test_two.py").write_text(CHECK)
    with Session(manifest.load(staff), templates(two)) as session:
        report = session.grade(submitted)
    told = [check for check in report.checks if check.question == "Q1"]
    assert [check.status for check in told] == ["failed"]
    assert "654321" not in told[0].message


#: Names of modules that the clean processes import, or that Python itself looks for when it starts.
NAMES = ("numpy", "torch", "json", "socket", "pytest", "sitecustomize", "usercustomize", "signal")


def test_nothing_of_the_working_folder_is_imported(
    two: Assignment, submitted: Path, tmp_path: Path
) -> None:
    """``cd submission && autograder grade .``: what lies there is the student's, this is root."""
    done = tmp_path / "done"
    line = f"open({str(done)!r}, 'a').write(__name__ + ' ')\n"
    for name in NAMES:
        (submitted / f"{name}.py").write_text(line)
    for package in ("autograder", "autograder/sandbox"):
        (submitted / package).mkdir()
        (submitted / package / "__init__.py").write_text(line)
    command = shutil.which("autograder", path=str(Path(sys.executable).parent))
    assert command is not None
    out = tmp_path / "results.json"
    graded = subprocess.run(
        [command, "grade", ".", "--assignment", str(two.folder), "--out", str(out)],
        cwd=submitted,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.exists(), done.read_text()
    assert graded.returncode == 0, graded.stderr[-500:]
    # An interpreter that is not isolated runs them.
    subprocess.run([sys.executable, "-c", "import autograder, numpy"], cwd=submitted, check=False)
    assert {"autograder", "numpy"} <= set(done.read_text().split())
