"""A check's own work: stopped when its time is over, and the other checks go on."""

from __future__ import annotations

import shutil
import signal
import time
from pathlib import Path

import pytest
from busy import WorksWhenDeleted, work
from conftest import TWO_FUNCTIONS, Graded, Notebook, needs_root

from autograder.checks.own_time import OwnTime, OwnTimeOver
from autograder.grading.session import Session
from autograder.model import manifest
from release.markup.templates import solved, templates

CHECKS = """
import ctypes
import os
import numpy as np
import pytest
from autograder.checks import *
from gradescope_utils.autograder_utils.decorators import *

@question("Q1")
@weight(2)
@number("1")
def test_rows(student, flag):
    flag("looked at")
    got = student.call("row_sums", np.full((2, 2), 1.0))
    {line}

@question("Q2")
@weight(2)
@number("2")
def test_blur(student):
    expect_array(student.call("box_blur", np.ones((3, 3)), 3), np.ones((3, 3)), atol=1)
"""


def graded(tmp_path: Path, line: str) -> Graded:
    """The solution by a check that ends in this line."""
    root = tmp_path / "assignment"
    shutil.copytree(TWO_FUNCTIONS, root)
    checks = root / "staff" / "checks"
    (checks / "test_two.py").unlink()
    (checks / "test_own.py").write_text(CHECKS.format(line=line), encoding="utf-8")
    toml = root / "staff" / manifest.FILE_NAME
    limited = toml.read_text().replace("[limits]", "[limits]\ngrader_seconds = 0.5")
    toml.write_text(limited, encoding="utf-8")
    assignment = manifest.load(root / "staff")
    Notebook(solved(assignment)["two.ipynb"]).save(tmp_path / "in" / "two.ipynb")
    with Session(assignment, templates(assignment)) as session:
        return Graded(session.grade(tmp_path / "in"))


@needs_root
@pytest.mark.parametrize(
    "line",
    [
        "while True: pass",
        "while True:\n        try:\n            while True: pass\n        except Exception: pass",
        "10 ** 10 ** 9",  # in C, where no signal is looked at
    ],
)
def test_a_check_without_end(tmp_path: Path, line: str) -> None:
    report = graded(tmp_path, line)
    check = report.check("1")
    assert (check.status, check.tripped, check.score) == ("failed", True, 0)
    assert "comes to no end" in check.message
    assert "processor time" in check.staff
    assert any("processor time" in flag for flag in report.report.flags)
    assert report.check("2").status == "passed"
    assert not report.report.faulty


@needs_root
def test_waiting_is_nowork(tmp_path: Path) -> None:
    report = graded(tmp_path, "import time; time.sleep(1.5)")
    assert report.check("1").status == "passed"
    assert report.report.flags == ("test_own.py::test_rows: looked at",)
    assert "uid" in report.report.layers


@needs_root
@pytest.mark.parametrize(
    ("line", "how"),
    [
        ("os.kill(os.getpid(), 11)", "SIGSEGV"),
        ("os._exit(3)", "os._exit"),
        ("os.abort()", "SIGABRT"),
    ],
)
def test_a_check_that_ends_its_process(tmp_path: Path, line: str, how: str) -> None:
    report = graded(tmp_path, line)
    assert report.check("1").status == "fault"
    assert how in report.check("1").staff
    assert report.check("2").status == "passed"
    assert len(report.report.checks) == 2


def test_the_cases_of_a_check_share_its_time() -> None:
    own = OwnTime(0.2)
    own.begin("a")
    for _ in range(2):
        with own.of("a"):
            work(0.08)
    with pytest.raises(OwnTimeOver), own.of("a"):
        work(5)
    own.begin("a")
    with own.of("a"):
        work(0.1)
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_python_drops_is_raised_again() -> None:
    own = OwnTime(0.1)
    began = time.process_time()
    with pytest.raises(OwnTimeOver), own.of("a"):
        WorksWhenDeleted()
        work(1.5)
    assert time.process_time() - began < 1.0
    work(0.3)  # and no longer
