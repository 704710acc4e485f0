"""Run as the first program of a small virtual machine: what control groups hold there.

Prints a line of JSON behind ``MARK``; `test_cgroup` reads it. A machine of one's own is needed,
because groups are the whole machine's, and dividing them moves all its processes.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from test_sandbox import Sandbox, soon

from autograder.sandbox.cgroup import REST, Groups, own
from autograder.sandbox.client import Bounds
from autograder.sandbox.requests import WorkerStopped

MARK = "\nfound: "
ROOT = Path("/sys/fs/cgroup")
MEMORY = 64 << 20
CLONE_NEWCGROUP = 0x0200_0000


def groups_below(folder: Path) -> list[str]:
    """What the harness has made there."""
    return sorted(path.name for path in folder.glob("autograder-*"))


def ending(group: Any, action: Callable[[], object]) -> int:
    """How a process in the group ends; 0 if the action returns something true."""
    ready, go = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.read(ready, 1)
            os._exit(0 if action() else 1)
        except BaseException:
            os._exit(2)
    group.add(child)
    os.write(go, b"x")
    os.close(ready)
    os.close(go)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def memfd(size: int) -> bool:
    held = os.memfd_create("x")
    for _ in range(size >> 20):
        os.write(held, bytes(1 << 20))
    return True


def forked(most: int) -> bool:
    children = []
    try:
        for _ in range(most):
            child = os.fork()
            if child == 0:
                time.sleep(60)
            children.append(child)
    except OSError:
        return True
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    return False


def one_process() -> dict[str, object]:
    """Groups made and removed by hand."""
    found: dict[str, object] = {"own": str(own())}
    groups = Groups.opened()
    if groups is None:
        return found
    found["rest"] = (groups.ours / REST).exists()
    group = groups.made("one", MEMORY, 8)
    found["little"] = ending(group, lambda: memfd(MEMORY // 2))
    found["exceeded before"] = group.exceeded
    found["forks"] = ending(group, lambda: forked(20))
    found["much"] = ending(group, lambda: memfd(2 * MEMORY))
    found["exceeded"] = group.exceeded
    group.remove()
    found["removed"] = not group.folder.exists()
    left = groups.made("left", MEMORY, 8)
    sleeper = os.fork()
    if sleeper == 0:
        time.sleep(60)
    left.add(sleeper)
    groups.close()  # what is still in it is killed
    found["killed"] = os.waitstatus_to_exitcode(os.waitpid(sleeper, 0)[1])
    found["left"] = groups_below(groups.ours)
    found["back"] = str(os.getpid()) in (groups.ours / "cgroup.procs").read_text().split()
    abandoned = groups.ours / "autograder-4194300"
    abandoned.mkdir()
    again = Groups.opened()
    assert again is not None
    found["abandoned"] = abandoned.exists()
    again.close()
    return found


def workers() -> dict[str, object]:
    """Those of a clean process."""
    source = """
        import os
        def attack(size):
            held = os.memfd_create("x")
            for _ in range(size >> 20):
                os.write(held, bytes(1 << 20))
            return True
    """
    ours = own()
    assert ours is not None
    bounds = Bounds(60, MEMORY, 8 << 20, frozenset({"seccomp", "rlimits"}))
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    sandbox = Sandbox(folder)
    found: dict[str, object] = {}
    try:
        worker = sandbox.worker(source, bounds)
        found["little"] = worker.call("attack", [MEMORY // 4], {}, soon(60))
        (made,) = ours.glob("autograder-*/[1-9]*")
        found["members"] = len((made / "cgroup.procs").read_text().split())
        found["bound"] = int((made / "memory.max").read_text()) >> 20
        try:
            found["much"] = worker.call("attack", [1 << 30], {}, soon(60))
        except WorkerStopped as stopped:
            found["much"] = str(stopped)
        found["left"] = made.exists()
        other = sandbox.worker(source, bounds)
        found["again"] = other.call("attack", [1 << 20], {}, soon(60))
        other.close()
    finally:
        sandbox.close()
    found["groups"] = groups_below(ours)
    return found


def main() -> None:
    found: dict[str, object] = {}
    try:
        for kind, place in [("proc", "/proc"), ("sysfs", "/sys"), ("tmpfs", "/run")]:
            subprocess.run(["mount", "-t", kind, kind, place], check=False)
        subprocess.run(["mount", "-t", "cgroup2", "cgroup2", ROOT], check=True)
        os.environ["TMPDIR"] = tempfile.tempdir = "/run"
        found["root"] = one_process()
        # as in a container: a group of its own, which is all that is in sight
        (ROOT / "cgroup.subtree_control").write_text("+memory +pids")
        box = ROOT / "box"
        box.mkdir()
        (box / "cgroup.procs").write_text(str(os.getpid()))
        found["not ours"] = one_process()
        if ctypes.CDLL(None).unshare(CLONE_NEWCGROUP) != 0:
            raise OSError("no namespace of groups")
        subprocess.run(["umount", ROOT], check=True)
        subprocess.run(["mount", "-t", "cgroup2", "cgroup2", ROOT], check=True)
        found["box"] = one_process()
        found["workers"] = workers()
    except BaseException:
        found["error"] = traceback.format_exc()
    sys.stdout.write(MARK + json.dumps(found) + "\n")
    sys.stdout.flush()
    Path("/proc/sysrq-trigger").write_text("o")
    time.sleep(60)


if __name__ == "__main__":
    main()
