"""Flaws of the checks themselves: found before anything runs, each a sentence with its line."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import TWO_FUNCTIONS, needs_root

from autograder.checks import running
from autograder.checks.plugin import sources
from autograder.checks.plugin.collected import CollectedChecks
from autograder.grading.session import Session
from autograder.model import manifest
from release.markup.templates import solved, templates

HEAD = """
import numpy as np
import pytest
from autograder.checks import *
from gradescope_utils.autograder_utils.decorators import *
"""
Q1 = """
@question("Q1")
@weight(2)
@number("1")
def test_rows(student):
    student.call("row_sums", np.ones((3, 3)))
"""
Q2 = """
@question("Q2")
@weight(2)
@number("2")
def test_blur(student):
    student.call("box_blur", np.ones((3, 3)), 3)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The two functions without any check."""
    root = tmp_path / "assignment"
    shutil.copytree(TWO_FUNCTIONS, root)
    (root / "staff" / "checks" / "test_two.py").unlink()
    return root


Write = Callable[..., None]


@pytest.fixture
def write(root: Path) -> Write:
    def run(*checks: str, file: str = "test_own.py", public: bool = False) -> None:
        path = root / ("public" if public else "staff") / "checks" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEAD + "".join(checks), encoding="utf-8")

    return run


def collected(root: Path, *, public_only: bool = False) -> CollectedChecks:
    served = []
    checks = running.run(manifest.load(root / "staff"), served.append, public_only=public_only)
    assert served == [checks]
    return checks


def errors(root: Path, *, public_only: bool = False) -> list[str]:
    checks = collected(root, public_only=public_only)
    assert not (checks.errors and len(checks)), "something could still be run"
    return checks.errors


def test_checks_without_a_flaw(root: Path, write: Write) -> None:
    write(Q1)
    write(Q2.replace("test_blur", "test_rows"), file="test_other.py")
    checks = collected(root)
    assert checks.faults == []
    assert [(check.id, check.spec.line) for check in checks] == [
        ("test_own.py::test_rows", 10),
        ("test_other.py::test_rows", 10),
    ]


def test_a_public_and_a_hidden_check_of_one_name(root: Path, write: Write) -> None:
    write(Q1, Q2)
    write('\n@question("Q1")\ndef test_rows(student):\n    student\n', public=True)
    [error] = errors(root)
    assert error == (
        "public checks/test_own.py, line 8 and hidden checks/test_own.py, line 10: both are known "
        "as test_own.py::test_rows, so that one would hide the other; rename a function."
    )


def test_checks_of_one_name_in_two_folders(root: Path, write: Write) -> None:
    write(Q1, Q2, file="a/test_own.py")
    write(Q2, file="b/test_own.py")
    found = "\n".join(errors(root))
    assert "hidden checks/a/test_own.py, line 16 and hidden checks/b/test_own.py, line 10" in found
    assert "known as test_own.py::test_blur" in found
    assert "both have the number 2; give each check its own" in found


def test_files_of_one_name_in_two_packages(root: Path, write: Write) -> None:
    """Both are the module ``checks.test_own``: the first would be loaded for the second."""
    write(Q1, Q2)
    write('\n@question("Q1")\ndef test_other(student):\n    student\n', public=True)
    assert errors(root) == []
    for folder in ("staff", "public"):
        (root / folder / "checks" / "__init__.py").touch()
    found = "\n".join(errors(root))
    assert "hidden checks/test_own.py" in found
    assert "both are modules of one name; delete the `__init__.py`" in found


def test_two_functions_of_one_name_in_one_file(root: Path, write: Write) -> None:
    write(Q1, Q1.replace('"1"', '"1.2"'), Q2)
    assert errors(root) == [
        "hidden checks/test_own.py, lines 10 and 16: test_rows is defined 2 times, and Python "
        "keeps only the last; rename the others."
    ]


def test_methods_count_by_class_and_branches_do_not(tmp_path: Path) -> None:
    path = tmp_path / "test_x.py"
    path.write_text(
        "class TestA:\n    def test_x(self): pass\n"
        "class TestB:\n    def test_x(self): pass\n    def test_x(self): pass\n"
        "if True:\n    def test_y(): pass\nelse:\n    def test_y(): pass\n"
        "def helper(): pass\ndef helper(): pass\n"
    )
    assert sources.twice(sources.defined(path)) == {"TestB::test_x": [4, 5]}


def test_a_number_given_twice(root: Path, write: Write) -> None:
    write(Q1, Q2.replace('"2"', '"1"'))
    assert errors(root) == [
        "hidden checks/test_own.py, line 10 and hidden checks/test_own.py, line 16: both have the "
        "number 1; give each check its own."
    ]


def test_points_that_do_not_sum(root: Path, write: Write) -> None:
    write(Q1.replace("weight(2)", "weight(1.5)"), Q2)
    assert errors(root) == [
        "Q1: its checks are worth 1.5 points, the manifest says 2; make them equal. There are: "
        "1 test_rows (hidden checks/test_own.py, line 10) 1.5."
    ]


def test_points_of_public_checks_alone(root: Path, write: Write) -> None:
    """Less than the question's is as it should be, more can never be right."""
    write(Q1.replace("weight(2)", "weight(1)"), public=True)
    assert errors(root, public_only=True) == []
    write(Q1.replace("weight(2)", "weight(3)"), public=True)
    [error] = errors(root, public_only=True)
    assert "Q1: its public checks alone are worth 3 points, the manifest says 2" in error


BAD = [
    ("x = not_there", "line 6, `x = not_there`: NameError: name 'not_there' is"),
    ("this is no Python", "line 6, `this is no Python`: SyntaxError: invalid syntax. Correct"),
    ("import not_there", "line 6, `import not_there`: ModuleNotFoundError: No module named"),
    ("x = 1 / 0", "line 6, `x = 1 / 0`: ZeroDivisionError: division by zero. Mend it."),
    ('@pytest.mark.qestion("Q1")\ndef test_a(): pass', "line 6, `@pytest.mark.qestion"),
    ('@question("Q1")\n@weight("two")\ndef test_a(): pass', "line 8: @weight of test_a gets 'two'"),
    ('@question("Q1")\n@weight(-1)\ndef test_a(): pass', "line 8: @weight of test_a gets -1"),
    ('@question("Q1")\n@weight()\ndef test_a(): pass', "line 7, `@weight()`: TypeError"),
    ('@question("Q1")\n@weight\ndef test_a(): pass', "line 8: test_a is not collected as a check"),
    ("@question\ndef test_a(): pass", "line 7: the check names no question of the manifest"),
    ('@question("Q9")\ndef test_a(): pass', "line 7: 'Q9', which is no question of the manifest"),
    ("def test_a(): pass", "line 6: the check names no question of the manifest (Q1, Q2)"),
    ('@question("Q1")\n@visibility("hiden")\ndef test_a(): pass', "line 8: @visibility of test_a"),
    ('@question("Q1")\n@time_limit("1s")\ndef test_a(): pass', "line 8: @time_limit of test_a"),
    ('@question("Q1")\n@depends(len)\ndef test_a(): pass', "line 8: @depends of test_a gets"),
    (
        '@question("Q1")\ndef test_a(rgn): pass',
        "line 7: test_a needs the fixture 'rgn', which does not exist; correct its name, or write "
        "it. Is 'rng' meant?",
    ),
    ('@question("Q1")\nasync def test_a(): pass', "line 7: test_a is `async`, which nothing"),
    (
        '@question("Q1")\n@pytest.mark.parametrize("n,m", [(1,)])\ndef test_a(n, m): pass',
        "the number of names (2)",
    ),
    (
        '@question("Q1")\n@pytest.mark.parametrize("n", [1])\ndef test_a(): pass',
        "function uses no argument 'n'",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("bug", "sentence"), BAD, ids=[sentence[:40] for _bug, sentence in BAD])
def test_a_bug_is_one_sentence(root: Path, write: Write, bug: str, sentence: str) -> None:
    write(Q1, Q2, file="test_fine.py")
    write(bug + "\n")
    [error] = errors(root)
    assert error.startswith("hidden checks/test_own.py")
    assert sentence in error
    assert "\n" not in error
    assert "Traceback" not in error


def test_all_bugs_are_listed_each_once(root: Path, write: Write) -> None:
    """A module that three files of checks import is to be mended once."""
    (root / "staff" / "checks" / "shared.py").write_text("import os\nx = (\n")
    for name in "abc":
        write("import shared\n", file=f"test_{name}.py")
    write("y = nowhere\n", Q1, file="test_d.py")
    assert [error.partition(":")[0] for error in errors(root)] == [
        "hidden checks/shared.py, line 2, `x = (`",
        "hidden checks/test_d.py, line 6, `y = nowhere`",
    ]


def test_a_bug_in_a_conftest(root: Path, write: Write) -> None:
    write(Q1, Q2)
    (root / "staff" / "checks" / "conftest.py").write_text("import pytest\nlost()\n")
    [error] = errors(root)
    assert "hidden checks/conftest.py, line 2, `lost()`: NameError" in error


def test_without_any_check(root: Path) -> None:
    checks = collected(root)
    assert checks.errors == []
    assert "there is no check" in checks.faults[0]
    shutil.rmtree(root / "staff" / "checks")
    assert len(collected(root)) == 0  # pytest would take those of the current folder


@needs_root
def test_every_submission_is_told_and_none_is_graded(root: Path, write: Write) -> None:
    write(Q1, "x = not_there\n")
    write(Q2, "y = not_there\n", file="test_other.py")
    assignment = manifest.load(root / "staff")
    with Session(assignment, templates(assignment)) as session:
        for _ in range(2):
            report = session.grade_files(solved(assignment))
            assert [fault.partition(": ")[0] for fault in report.faults] == [
                "hidden checks/test_other.py, line 12, `y = not_there`",
                "hidden checks/test_own.py, line 12, `x = not_there`",
            ]
            assert {check.status for check in report.checks} == {"fault"}


@needs_root
def test_a_bug_in_a_running_check_is_told_first(root: Path, write: Write) -> None:
    (root / "staff" / "checks" / "helper.py").write_text("def lookup():\n    return {}['gone']\n")
    bug = Q1.replace('student.call("row_sums", np.ones((3, 3)))', "helper.lookup()")
    write("import helper\n", bug, Q2)
    assignment = manifest.load(root / "staff")
    with Session(assignment, templates(assignment)) as session:
        report = session.grade_files(solved(assignment))
    broken, fine = report.checks
    assert (broken.status, fine.status) == ("fault", "passed")
    first, _, rest = broken.staff.partition("\n")
    assert first == "hidden checks/helper.py, line 2, `return {}['gone']`: KeyError: 'gone'"
    assert rest.startswith("Traceback")
