"""The same small cases on every kind of worker: locked fork, process at home, running notebook.

The checks of ``tests/assignments/conformance`` are graded by a session, by ``autograder check`` in
the unpacked bundle, and by ``check()`` in a real kernel; each has to say the same of each case.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest
from conftest import ROOT, needs_root

from autograder.grading.session import Session
from autograder.model import manifest
from autograder.model.manifest import Assignment
from release.bundles.bundle import write_student
from release.markup.templates import solved, templates

pytest.importorskip("pandas")

CONFORMANCE = ROOT / "tests" / "assignments" / "conformance"
#: What both the students' notebook and the checks make values with, and what compares them.
SHARED = {"wire_values.py": "public", "crossed.py": "staff/checks"}
PASSED = ("passed", "")
LOOK_AT_HOME = "looked at by `autograder check`, when the notebook has been saved"

#: By case, how it ends and what students read.
CASES: dict[str, tuple[str, str]] = {
    "values": PASSED,
    "values sent": PASSED,
    "values that stay": PASSED,
    "three dots": ("failed", "Three dots stand where an answer is still missing"),
    "long double": ("failed", "gave a NumPy scalar of float128, which cannot be checked"),
    "quantised tensor": ("failed", "gave a tensor of torch.qint8, which cannot be checked"),
    "large array": PASSED,
    "value of a name": PASSED,
    "raises": PASSED,
    "raises nothing": ("failed", "`refuse` raised nothing, where ValueError is asked for"),
    "an error": ("failed", "`divide` stopped: cell 2, line 22, `return x / 0` raised ZeroDivision"),
    "recursion without end": ("failed", "raised RecursionError"),
    "sys.exit": ("failed", "cell 2, line 30, `sys.exit(3)` raised SystemExit: 3"),
    "an error without words": ("failed", "raised Odd"),
    "too many arguments": ("failed", "raised TypeError"),
    "the check's own input": PASSED,
    "in place": PASSED,
    "printed": PASSED,
    "nothing to read": ("failed", "raised EOFError"),
    "printed without end": ("failed", "printed text of more"),
    "figure": PASSED,
    "no figure": ("failed", "`refuse` draws no figure"),
    "file": PASSED,
    "no file": ("failed", "the file nowhere.txt was not written"),
    "main module": PASSED,
    "source at run time": PASSED,
    "given name": PASSED,
    "given name in a function": PASSED,
    "own name before a given one": PASSED,
    "missing name": ("failed", "`missing` is not defined"),
    "rule": PASSED,
    "broken rule": ("failed", "`own` uses pickle.loads, which is not allowed here"),
    "broken rule in a helper": (
        "failed",
        "`outer` uses sum, which is not allowed here in `inner`: cell 2, line 85, `return sum(x)`",
    ),
    "the same again": PASSED,
    "some cases": ("partial", "3 of 4 cases passed"),
    "object": PASSED,
    "object of an object": PASSED,
    "missing attribute": ("failed", "raised AttributeError"),
    "missing item": ("failed", "raised IndexError"),
    "iteration without end": PASSED,
    "probe": PASSED,
    "probe that fails": ("failed", "`Stack` cannot be looked at: AttributeError"),
    "probe as an argument": PASSED,
    "printed by a cell": PASSED,
    "drawn by a cell": PASSED,
    "description": PASSED,
    "description refused": ("failed", "`title` cannot be used: it is a text"),
    "never comes back": ("failed", "within 1 second"),
    "os._exit": ("failed", "ended the Python process"),
    "crash": ("failed", "crashed the Python interpreter"),
    "the next check": PASSED,
}
#: Where a running notebook differs: what it has not imported its functions do not find; its cells
#: have shown what they show; and nobody ends a kernel but its student.
IN_A_NOTEBOOK: dict[str, tuple[str, str] | None] = {
    "given name in a function": ("failed", "raised NameError"),
    "printed by a cell": ("skipped", LOOK_AT_HOME),
    "drawn by a cell": ("skipped", LOOK_AT_HOME),
    **dict.fromkeys(("never comes back", "os._exit", "crash", "the next check")),
}

Results = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def assignment(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    """The conformance assignment, with its checks as public ones."""
    base = tmp_path_factory.mktemp("conformance")
    shutil.copytree(CONFORMANCE, base, dirs_exist_ok=True)
    for name, folder in SHARED.items():
        shutil.copyfile(ROOT / "tests" / "helpers" / name, base / folder / name)
    shutil.move(base / "staff" / "checks", base / "public" / "checks")
    (base / "staff" / "checks").mkdir()
    return manifest.load(base / "staff")


def in_a_locked_fork(assignment: Assignment, _student: Path) -> dict[str, Any]:
    with Session(assignment, templates(assignment)) as session:
        return asdict(session.grade_files(solved(assignment), seed=1))


AT_HOME = """
import json, sys
from dataclasses import asdict
from pathlib import Path
from rich.console import Console
from autograder.home.command import check
report = check([], Path.cwd(), watch=False, console=Console(file=sys.stderr))
print(json.dumps(asdict(report)))
"""


def in_a_process_at_home(_assignment: Assignment, student: Path) -> dict[str, Any]:
    command = [sys.executable, "-c", AT_HOME]
    ran = subprocess.run(
        command, cwd=student, capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return dict(json.loads(ran.stdout))


IN_THE_KERNEL = """
import json
from dataclasses import asdict
from pathlib import Path
from autograder import notebook
from autograder.home.folder import find
report = notebook._report(find(Path.cwd()), get_ipython().user_ns, {questions})
print(json.dumps(asdict(report)))
"""


def in_a_running_notebook(assignment: Assignment, student: Path) -> dict[str, Any]:
    questions = frozenset(q.id for q in assignment.questions) - {"ends"}
    notebook = nbformat.read(student / "answers.ipynb", as_version=4)
    source = IN_THE_KERNEL.format(questions=questions)
    notebook.cells.append(nbformat.v4.new_code_cell(source))
    resources = {"metadata": {"path": str(student)}}
    nbclient.NotebookClient(notebook, timeout=120, resources=resources).execute()
    (told,) = (o for o in notebook.cells[-1].outputs if o.get("name") == "stdout")
    return dict(json.loads(told["text"]))


WORKERS: dict[str, Callable[[Assignment, Path], dict[str, Any]]] = {
    "locked fork": in_a_locked_fork,
    "process at home": in_a_process_at_home,
    "running notebook": in_a_running_notebook,
}


@pytest.fixture(scope="module")
def results(
    assignment: Assignment, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Results]:
    """Of a kind of worker, the results by case; each is started once."""

    @cache
    def of(worker: str) -> Results:
        student = tmp_path_factory.mktemp("home") / "student"
        write_student(assignment, templates(assignment), student)
        for name, data in solved(assignment).items():
            (student / name).write_bytes(data)
        report = WORKERS[worker](assignment, student)
        assert not report["faults"], report["faults"]
        return {check["number"]: check for check in report["checks"]}

    return of


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(
    "worker", [pytest.param("locked fork", marks=needs_root), "process at home", "running notebook"]
)
def test_case(results: Callable[[str], Results], worker: str, case: str) -> None:
    wanted = CASES[case]
    if worker == "running notebook" and case in IN_A_NOTEBOOK:
        other = IN_A_NOTEBOOK[case]
        if other is None:
            assert case not in results(worker)
            return
        wanted = other
    status, says = wanted
    found = results(worker)[case]
    assert found["status"] == status, (found["message"], found["staff"])
    assert says in " ".join(found["message"].split())
    assert bool(found["message"]) == (status != "passed")


def test_every_check_is_a_case(results: Callable[[str], Results]) -> None:
    text = (CONFORMANCE / "staff" / "checks" / "test_conformance_checks.py").read_text("utf-8")
    assert re.findall(r'^@number\("(.+)"\)$', text, flags=re.MULTILINE) == list(CASES)
    assert set(results("process at home")) == set(CASES)
