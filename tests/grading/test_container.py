"""The sandbox inside an unprivileged container, as Gradescope and Docker start one."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import pytest
from conftest import ROOT, TWO_FUNCTIONS, Notebook, needs_root
from container import Container, needs_runc, python_folders

from autograder.model import manifest
from release.markup.templates import solved

CORPUS = ROOT / "tests" / "attacks" / "corpus"

pytestmark = [needs_root, needs_runc]

ASK = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
capabilities = [l for l in open("/proc/self/status") if l.startswith("CapEff")][0].split()[1]
print(os.getuid(), capabilities, libc.unshare(0x10000000), libc.syscall(444, None, 0, 1) > 0)
"""


@pytest.fixture(params=[True, False], ids=["landlock", "no landlock"])
def container(request: pytest.FixtureRequest, tmp_path: Path) -> Container:
    return Container(tmp_path / "container", python_folders(), landlock=request.param)


def test_the_container_is_as_docker_makes_it(
    container: Container, request: pytest.FixtureRequest
) -> None:
    done = container.run(sys.executable, "-I", "-c", ASK)
    assert done.returncode == 0, done.stderr
    has_landlock = "no landlock" not in request.node.name
    assert done.stdout.split() == ["0", "00000000a80425fb", "-1", str(has_landlock)]


def test_a_plain_user_without_landlock_is_refused(tmp_path: Path) -> None:
    container = Container(tmp_path / "container", python_folders(), landlock=False)
    container.config["process"]["user"] = {"uid": 65534, "gid": 65534}
    notebook = Notebook(solved(manifest.load(TWO_FUNCTIONS / "staff"))["two.ipynb"])
    notebook.save(tmp_path / "in" / "two.ipynb")
    container.mount(tmp_path / "in", Path("/submission"))
    done = container.run(
        *(sys.executable, "-I", "-m", "autograder.cli", "grade", "/submission"),
        *("--assignment", TWO_FUNCTIONS / "staff"),
    )
    assert done.returncode == 2
    assert "here landlock cannot be had" in " ".join(done.stderr.split())


def test_hidden_checks_are_graded_there(
    container: Container, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    notebook = Notebook(solved(manifest.load(TWO_FUNCTIONS / "staff"))["two.ipynb"])
    notebook.save(tmp_path / "in" / "two.ipynb")
    (tmp_path / "out").mkdir()
    container.mount(tmp_path / "in", Path("/submission"))
    container.mount(tmp_path / "out", Path("/results"), writable=True)
    done = container.run(
        *(sys.executable, "-I", "-m", "autograder.cli", "grade", "/submission"),
        *("--assignment", TWO_FUNCTIONS / "staff", "--out", "/results/results.json"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    data = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    assert data["score"] == 4
    active = set(data["extra_data"]["sandbox"])
    assert {"uid", "no_new_privs", "seccomp", "rlimits", "descriptors"} <= active
    assert ("landlock" in active) == ("no landlock" not in request.node.name)


#: In each run of the tests every third attack runs in the container too, for the time it takes;
#: all of them with this variable set, as before a release of the harness.
EVERY = "EVERY_ATTACK_IN_CONTAINER"


def test_attacks_are_held_there_too(tmp_path: Path) -> None:
    names = sorted(path.stem for path in CORPUS.glob("*.py"))
    names = names if os.environ.get(EVERY) else names[::3]
    container = Container(tmp_path / "container", python_folders())
    checkout = python_folders()[0]
    done = container.run(
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--basetemp=/tmp/inside"),
        f"--rootdir={checkout}",
        *(f"{checkout}/tests/attacks/test_attacks.py::test_attack[{name}-all]" for name in names),
        timeout=400,
        PYTHONDONTWRITEBYTECODE="1",
        HYPOTHESIS_STORAGE_DIRECTORY="/tmp/hypothesis",
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert int(re.findall(r"(\d+) passed", done.stdout)[-1]) == len(names)
