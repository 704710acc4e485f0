"""Control groups: which are ours to divide, and, in a small virtual machine, what they hold.

No group of this machine is touched: to divide one moves its processes.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from in_cgroup import MARK, MEMORY

from autograder.sandbox import cgroup

UML = shutil.which("linux.uml")
needs_machine = pytest.mark.skipif(
    UML is None or os.geteuid() != 0, reason="needs root and linux.uml (Debian: user-mode-linux)"
)
MOUNT = "35 25 0:30 {root} {place} rw,nosuid - cgroup2 cgroup2 rw\n"
OTHER = "30 25 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
INIT = """#!/bin/sh
export PYTHONPATH={tests}/helpers:{tests}/sandbox:{tests} PYTHONDONTWRITEBYTECODE=1
export PATH=/usr/bin:/bin:/usr/sbin:/sbin
exec {python} {tests}/helpers/in_cgroup.py 2>&1
"""


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    folder = tmp_path / "proc"
    folder.mkdir()
    return folder


def described(proc: Path, path: str, root: str, place: Path) -> Path | None:
    """Which group is ours to divide, where ``/proc`` says this of it."""
    (proc / "cgroup").write_text(f"4:memory:/elsewhere\n0::{path}\n")
    (proc / "mountinfo").write_text(OTHER + MOUNT.format(root=root, place=place))
    return cgroup.own(proc)


def test_a_group_with_nothing_above_it_in_sight_is_ours(proc: Path, tmp_path: Path) -> None:
    assert described(proc, "/", "/", tmp_path) == tmp_path


@pytest.mark.parametrize("path", ["/user.slice/session-3.scope", "/docker/0123"])
def test_a_group_among_others_is_not_ours(proc: Path, tmp_path: Path, path: str) -> None:
    """Its neighbours would lose their limits, or the system's services their order."""
    folder = tmp_path / path[1:]
    folder.mkdir(parents=True)
    if os.geteuid() != 0:
        pytest.skip("what belongs to a plain user is that user's to divide")
    assert described(proc, path, "/", tmp_path) is None
    assert described(proc, path, path, folder) is None


def test_a_group_that_systemd_has_handed_over_is_ours(
    proc: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run.scope"
    folder.mkdir()
    marks = {"user.delegate": b"1"}

    def getxattr(_path: Path, name: str) -> bytes:
        if name not in marks:
            raise OSError
        return marks[name]

    monkeypatch.setattr(os, "getxattr", getxattr)
    assert described(proc, "/run.scope", "/", tmp_path) == folder
    assert described(proc, "/deeper/run.scope", "/deeper", tmp_path) == folder
    marks["user.delegate"] = b"0"
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert described(proc, "/run.scope", "/", tmp_path) is None
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid or 1000)
    os.chown(folder, folder.stat().st_uid or 1000, -1)
    assert described(proc, "/run.scope", "/", tmp_path) == folder


def test_where_there_are_no_such_groups(proc: Path, tmp_path: Path) -> None:
    assert cgroup.own(proc) is None
    assert described(proc, "/../other", "/", tmp_path) is None
    assert described(proc, "/gone", "/", tmp_path) is None
    (proc / "mountinfo").write_text(OTHER)
    assert cgroup.own(proc) is None


def test_without_the_controllers_nothing_is_made(tmp_path: Path) -> None:
    """As on this project's own machines, where the older version has them."""
    assert cgroup.Groups.opened(tmp_path) is None
    (tmp_path / "cgroup.controllers").write_text("cpu hugetlb memory\n")
    assert cgroup.Groups.opened(tmp_path) is None
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids\n")
    (tmp_path / "cgroup.subtree_control").write_text("memory pids\n")
    assert cgroup.Groups.opened(tmp_path) is None, "an ordinary folder has no limits to set"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "cgroup.controllers",
        "cgroup.subtree_control",
    ]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `in_cgroup` found in a machine whose groups are all its own."""
    folder = tmp_path_factory.mktemp("machine")
    init = folder / "init"
    init.write_text(INIT.format(tests=ROOT / "tests", python=sys.executable))
    init.chmod(0o755)
    command = [str(UML), "rootfstype=hostfs", "rootflags=/", "ro", "mem=2000M", f"init={init}"]
    done = subprocess.run(
        [*command, "con=null", "con0=fd:0,fd:1", "quiet"],
        env={"HOME": str(folder), "TMPDIR": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        timeout=250,
        check=False,
    )
    text = done.stdout.decode(errors="replace").replace("\r", "")
    assert MARK in text, text[-3000:]
    found: dict[str, Any] = json.loads(text.partition(MARK)[2].splitlines()[0])
    assert "error" not in found, found["error"]
    return found


@needs_machine
@pytest.mark.timeout(300)
@pytest.mark.parametrize("place", ["root", "box"])
def test_the_kernel_bounds_what_no_limit_counts(machine: dict[str, Any], place: str) -> None:
    """Files in memory that have no name, of a process without any other defence."""
    found = machine[place]
    assert (found["little"], found["exceeded before"]) == (0, False)
    assert (found["much"], found["exceeded"]) == (-9, True)
    assert found["forks"] == 0, "20 processes in a group for 8"


@needs_machine
@pytest.mark.timeout(300)
@pytest.mark.parametrize("place", ["root", "box"])
def test_nothing_of_the_groups_is_left(machine: dict[str, Any], place: str) -> None:
    found = machine[place]
    assert found["rest"] == (place == "box"), "the machine's own root may keep its processes"
    assert found["removed"]
    assert found["killed"] == -9
    assert found["left"] == []
    assert found["back"]
    assert not found["abandoned"], "of a clean process that was killed"


@needs_machine
@pytest.mark.timeout(300)
def test_a_group_among_others_is_left_alone(machine: dict[str, Any]) -> None:
    assert machine["not ours"] == {"own": "None"}


@needs_machine
@pytest.mark.timeout(300)
def test_workers_are_in_groups(machine: dict[str, Any]) -> None:
    found = machine["workers"]
    assert found["little"] is True
    assert found["members"] == 1
    assert found["bound"] >= MEMORY >> 20
    assert "MB of memory in all" in found["much"]
    assert found["left"] is False
    assert found["again"] is True
    assert found["groups"] == []
