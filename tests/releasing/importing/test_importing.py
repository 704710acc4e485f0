"""Assignments of otter-grader and nbgrader become ours: they release, and they grade."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
import pytest
from conftest import Graded, Notebook, needs_root
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell
from rich.console import Console

from autograder.grading.policies import IsolationPolicy
from autograder.grading.session import Session
from autograder.model import manifest
from autograder.model.errors import UserError
from autograder.model.manifest import Assignment
from release.build import LeakError, Release, build
from release.importing import (
    Imported,
    ImportFailed,
    Kind,
    NotImported,
    import_assignment,
    nbgrader,
    notebooks,
    otter,
)
from release.importing.checks import translate
from release.importing.locating import expanded, sort_files
from release.importing.model import Check
from release.importing.points import resolve
from release.importing.terminal import print_import
from release.markup.markers import of_tool
from release.markup.source import read_source
from release.markup.strip import strip_notebook
from release.markup.templates import solved, templates


def raw(text: str) -> NotebookNode:
    return new_raw_cell(text)


def code(source: str, output: str | None = None, **metadata: Any) -> NotebookNode:
    outputs = []
    if output is not None:
        data = {"text/plain": output}
        outputs = [new_output("execute_result", data=data, execution_count=1)]
    return new_code_cell(source, outputs=outputs, metadata=metadata)


def words(text: str, **metadata: Any) -> NotebookNode:
    return new_markdown_cell(text, metadata=metadata)


def save(path: Path, cells: Sequence[NotebookNode]) -> Path:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=list(cells), metadata={"kernelspec": kernel}), path)
    return path


OTTER = [
    raw(
        "# ASSIGNMENT CONFIG\nname: lab\nfiles:\n  - data.csv\nexport_cell: false\nseed:\n"
        "  variable: rng_seed\n  autograder_value: 42\n  student_value: 713"
    ),
    words("# Lab 1"),
    code("import numpy as np\nfrom scipy import ndimage\n\nrng_seed = 42  # SEED\nSCALE = 2"),
    code("def reference(x):\n    return np.asarray(x) * SCALE"),
    raw("# BEGIN QUESTION\nname: q1\npoints: 4"),
    words("**Question 1.** Write `double`, and `biggest`, the largest element."),
    raw("# BEGIN SOLUTION"),
    code(
        "def double(x):\n    x = np.asarray(x)  # SOLUTION NO PROMPT\n"
        "    return 2 * x  # SOLUTION\n\nbiggest = max([3, 7, 5])  # SOLUTION"
    ),
    raw("# END SOLUTION"),
    raw("# BEGIN TESTS"),
    code("double([1, 2])", "array([2, 4])"),
    code("assert np.allclose(double(np.ones(3)), reference(np.ones(3))), 'Every element doubles.'"),
    code("# HIDDEN\nbiggest", "7"),
    code(
        '""" # BEGIN TEST CONFIG\nhidden: true\npoints: 2\nsuccess_message: Well done\n'
        'failure_message: Mind negative numbers.\n""" # END TEST CONFIG\n'
        "assert (double([-1, 0]) == [-2, 0]).all()\nassert biggest < 10"
    ),
    raw("# END TESTS"),
    raw("# END QUESTION"),
    raw("# BEGIN QUESTION\nname: q2\nall_or_nothing: true\npoints: 3"),
    words("**Question 2.** The mean of squares, with a box."),
    raw("# BEGIN SOLUTION"),
    code(
        "def mean_square(x):\n    # BEGIN SOLUTION NO PROMPT\n    squares = [e * e for e in x]\n"
        "    return sum(squares) / len(squares)\n    # END SOLUTION\n"
        '    """ # BEGIN PROMPT\n    squares = ...\n    return ...\n    """; # END PROMPT'
    ),
    raw("# END SOLUTION"),
    raw("# BEGIN TESTS"),
    code("mean_square([1, 2, 3])", "4.666666666666667"),
    code("# HIDDEN\nall(abs(mean_square([k, -k]) - k * k) < 1e-9 for k in range(5))", "True"),
    code("# HIDDEN\nimport inspect\nassert 'sum' in inspect.getsource(mean_square)"),
    raw("# END TESTS"),
    raw("# END QUESTION"),
    raw("# BEGIN QUESTION\nname: q3\nmanual: true\npoints: 5"),
    words("**Question 3.** Why?"),
    raw("# BEGIN SOLUTION"),
    words("Because the secret is forty-two."),
    raw("# END SOLUTION"),
    raw("# END QUESTION"),
    raw("# BEGIN QUESTION\nname: q4\npoints: 1"),
    words("**Question 4.** A class."),
    raw("# BEGIN SOLUTION"),
    code("class Stack:\n    def top(self):\n        return 99"),
    raw("# END SOLUTION"),
    raw("# BEGIN TESTS"),
    code("Stack().top()", "99"),
    raw("# END TESTS"),
    raw("# END QUESTION"),
]


def nb(cell: NotebookNode, grade_id: str, **marks: Any) -> NotebookNode:
    """The cell with nbgrader's metadata."""
    plain = {"schema_version": 3, "grade": False, "solution": False, "locked": False, "task": False}
    cell.metadata["nbgrader"] = {**plain, "grade_id": grade_id, **marks}
    return cell


NBGRADER = [
    nb(words("# Problem set\n\nRead this first."), "intro", locked=True),
    code("import math\n\nimport numpy as np\n\nfrom helper import unit"),
    words("## Squares"),
    nb(
        code(
            'def squares(n):\n    """The squares of 1 to n."""\n    ### BEGIN SOLUTION\n'
            "    if n < 1:\n        raise ValueError(n)\n"
            "    return [i ** 2 for i in range(1, n + 1)]\n    ### END SOLUTION"
        ),
        "squares",
        solution=True,
    ),
    nb(
        code(
            '"""Check that squares is right."""\n'
            "assert squares(1) == [1], 'One number gives one square.'\n"
            "for n in range(1, 4):\n    assert len(squares(n)) == n\n"
            "### BEGIN HIDDEN TESTS\n"
            "assert squares(11)[-1] == 121\n"
            "assert sum(squares(20)) == 2870, f'{sum(squares(20))} is wrong'\n"
            "### END HIDDEN TESTS"
        ),
        "correct squares",
        grade=True,
        locked=True,
        points=3,
    ),
    nb(
        code(
            "try:\n    squares(0)\nexcept ValueError:\n    pass\nelse:\n"
            "    raise AssertionError('did not raise')"
        ),
        "squares_raises",
        grade=True,
        locked=True,
        points=1,
    ),
    words("## Norm"),
    nb(code("norm = lambda v: math.sqrt(np.dot(v, v)) * unit()"), "norm", solution=True),
    nb(
        code(
            "### BEGIN HIDDEN TESTS\nv = np.array([3.0, 4.0])\n"
            "assert isinstance(norm(v), float)\nassert abs(norm(v) - 5) < 1e-9\n"
            "assert list(map(norm, [[1.0], [2.0]])) == [1, 2]\n### END HIDDEN TESTS"
        ),
        "norm_test",
        grade=True,
        locked=True,
        points=2,
    ),
    nb(words("The secret reason is a triangle."), "why", grade=True, solution=True, points=4),
    nb(code("print('the secret plot')"), "plot", grade=True, solution=True, points=2),
    nb(code("orig = squares\ndel squares\nassert orig"), "uses", grade=True, points=1),
]


# --- otter-grader --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Imported]:
    """The master notebook, and what became of it."""
    folder = tmp_path_factory.mktemp("otter")
    path = save(folder / "lab" / "lab.ipynb", OTTER)
    (path.parent / "data.csv").write_text("1,2\n")
    return path, import_assignment("otter", path, folder / "out")


@pytest.fixture(scope="module")
def lab_release(
    lab: tuple[Path, Imported], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Assignment, Release]:
    assignment = manifest.load(lab[1].staff)
    return assignment, build(assignment, tmp_path_factory.mktemp("dist") / "lab")


def test_otter_points_names_and_kinds_of_checks(lab: tuple[Path, Imported]) -> None:
    imported = lab[1]
    assert (imported.points, imported.original_points) == (8, 8)
    # What uses a function itself, or a class, is judged where it is, as in the original.
    assert [c.number for c in imported.checks if c.shared] == []
    assert imported.shared_points == 0
    found = {
        check.number: (check.planned.hidden, check.planned.weight) for check in imported.checks
    }
    # The total of 4, less the 2 that a test names, shared by the three others.
    assert found == {
        "q1.1": (False, 0.6667),
        "q1.2": (False, 0.6667),
        "q1.3": (True, 0.6666),
        "q1.4": (True, 2),
        "q2.1": (True, 3),  # all or nothing: one check of all tests
        "q2.2": (False, 0),
        "q4.1": (False, 1),
    }
    assignment = manifest.load(imported.staff)
    assert [(q.anchor, q.names, q.trust) for q in assignment.questions] == [
        ("q1", ("double", "biggest"), ""),
        ("q2", ("mean_square",), ""),
        ("q4", ("Stack",), ""),
    ]
    assert assignment.questions[0].title.startswith("Question 1. Write double")
    assert assignment.runtime.imports == ("numpy", "scipy", "scipy.ndimage")
    assert assignment.notebooks[0].unchecked == ()


def test_otter_lists_what_it_cannot_translate(lab: tuple[Path, Imported]) -> None:
    imported = lab[1]
    listed = {(left.cell, left.line): f"{left.what}: {left.why}" for left in imported.left}
    assert "graded by hand (5 points" in listed[28, 0]
    assert "success_message" in listed[14, 1]
    assert "students keep `rng_seed = 713`" in listed[3, 4]
    page = (imported.staff / "IMPORT.md").read_text(encoding="utf-8")
    assert all(left.location in page for left in imported.left)
    assert "As strong as the original" not in page
    out = io.StringIO()
    print_import(Console(file=out, width=250), imported)
    assert all(left.location in out.getvalue() for left in imported.left)
    assert "8 of 8" in out.getvalue()
    assert "as strong as the original" not in out.getvalue()


def test_otter_checks_are_pytest_functions_in_our_style(lab: tuple[Path, Imported]) -> None:
    hidden = (lab[1].staff / "checks" / "test_hidden.py").read_text(encoding="utf-8")
    public = (lab[1].public / "checks" / "test_public.py").read_text(encoding="utf-8")
    assert "student.call('double', [-1, 0])" in hidden
    assert "'Mind negative numbers.'" in hidden
    assert "shown = student.value('biggest')" in hidden
    assert '@number("q1.1")\ndef test_q1_1(student: Answers)' in public
    assert "def reference(x):" in public  # a helper of a given cell, with what it needs
    assert "SCALE = 2" in public
    assert "biggest" not in public
    assert (lab[1].public / "data.csv").read_text() == "1,2\n"


def test_the_strip_gives_the_same_without_otters_cells(lab: tuple[Path, Imported]) -> None:
    path, imported = lab
    before = strip_notebook(read_source(path), file="lab.ipynb").notebook.cells
    after = strip_notebook(read_source(imported.staff / "lab.py"), file="lab.py").notebook.cells
    seed = ("\nSCALE = 2", "\nrng_seed = 713\nSCALE = 2")  # which otter gives students
    assert [cell.source.replace(*seed) for cell in before] == [cell.source for cell in after]
    assert [c.metadata.get("editable") for c in before] == [
        c.metadata.get("editable") for c in after
    ]


def test_the_imported_lab_releases_without_its_answers(
    lab_release: tuple[Assignment, Release],
) -> None:
    release = lab_release[1]
    assert release.proof.solution.score == 8
    assert all(check.score == 0 for check in release.proof.blank.checks)
    secret = ("max([3", "2 * x", "sum(squares)", "forty-two", "return 99", "getsource", "-1, 0")
    for path in (release.folder / "student").rglob("*"):
        is_text = path.is_file() and path.suffix != ".whl"  # the harness, which knows no assignment
        text = path.read_text(encoding="utf-8") if is_text else ""
        assert not [part for part in secret if part in text], path


@needs_root
def test_the_imported_lab_grades(lab_release: tuple[Assignment, Release], tmp_path: Path) -> None:
    assignment, _release = lab_release
    files = solved(assignment)
    with Session(assignment, templates(assignment)) as session:

        def graded(name: str, *edits: tuple[str, str, str]) -> Graded:
            notebook = Notebook(files["lab.ipynb"])
            for cell, old, new in edits:
                notebook.edit(cell, (old, new))
            return Graded(session.grade(notebook.save(tmp_path / name / "lab.ipynb")))

        assert graded("right").lost() == {}
        wrong = graded("wrong", ("q1", "2 * x", "abs(2 * x)"), ("q2", "e * e", "e"))
        assert wrong.lost() == {"q1.4": 2, "q2.1": 3} and "q2.2" in wrong.scores
        assert "Mind negative numbers." in wrong.check("q1.4").message
        assert "does not give 4.666" in wrong.check("q2.2").message  # public: it may say so
        assert "4.666" not in wrong.check("q2.1").message
        # Values of another kind are wrong answers, and no faults of the check.
        other = graded("kind", ("q1", "max([3, 7, 5])", "'seven'"), ("q2", "return sum", "print"))
        assert other.lost().keys() == {"q1.3", "q1.4", "q2.1"}


# --- nbgrader ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ps1(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Imported]:
    """The source folder, and what became of it."""
    folder = tmp_path_factory.mktemp("nbgrader")
    path = save(folder / "source" / "ps1" / "problem.ipynb", NBGRADER)
    (path.parent / "helper.py").write_text("def unit():\n    return 1\n")
    (path.parent / ".ipynb_checkpoints").mkdir()
    (path.parent / ".ipynb_checkpoints" / "old.py").write_text("secret\n")
    return path.parent, import_assignment("nbgrader", path.parent, folder / "out", "problems")


@pytest.fixture(scope="module")
def ps1_release(
    ps1: tuple[Path, Imported], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Assignment, Release]:
    assignment = manifest.load(ps1[1].staff)
    return assignment, build(assignment, tmp_path_factory.mktemp("dist") / "problems")


def test_nbgrader_points_names_and_kinds_of_checks(ps1: tuple[Path, Imported]) -> None:
    imported = ps1[1]
    assert (imported.points, imported.original_points) == (7, 7)
    assert [c.number for c in imported.checks if c.shared] == ["uses.1", "uses.2"]
    found = {
        check.number: (check.planned.hidden, check.planned.weight, check.title)
        for check in imported.checks
    }
    assert found == {
        "correct-squares.1": (True, 3, "Check that squares is right (hidden)"),
        "correct-squares.2": (False, 0, "Check that squares is right (public)"),
        "squares_raises.1": (True, 1, "`squares`: hidden test 1"),
        "squares_raises.2": (False, 0, "`squares`: public test 2"),
        "norm_test.1": (True, 2, "`norm`: hidden test 1"),
        "uses.1": (True, 1, "`squares`: hidden test 1"),
        "uses.2": (False, 0, "`squares`: public test 2"),
    }
    assignment = manifest.load(imported.staff)
    assert [(q.id, q.title, q.anchor) for q in assignment.questions] == [
        ("correct-squares", "Squares", "squares"),
        ("squares_raises", "Squares", "squares"),
        ("norm_test", "Norm", "norm"),
        ("uses", "Norm", "squares"),  # and no words of the answer above it
    ]
    assert assignment.notebooks[0].unchecked == ("plot",)


def test_nbgrader_lists_what_it_cannot_translate(ps1: tuple[Path, Imported]) -> None:
    listed = {(left.file, left.cell, left.line): left.why for left in ps1[1].left}
    assert "graded by hand (4 points" in listed["problem.ipynb", 10, 0]
    assert "graded by hand (2 points" in listed["problem.ipynb", 11, 0]
    assert "students get as it is" in listed["helper.py", 0, 0]
    assert not (ps1[1].public / ".ipynb_checkpoints").exists()
    page = (ps1[1].staff / "IMPORT.md").read_text(encoding="utf-8")
    assert "| uses.1 | 1 | it deletes `squares` from the student's notebook |" in page
    out = io.StringIO()
    print_import(Console(file=out, width=250), ps1[1])
    assert "as strong as the original" in out.getvalue()


def test_the_strip_gives_the_same_without_nbgraders_metadata(ps1: tuple[Path, Imported]) -> None:
    folder, imported = ps1
    before = strip_notebook(read_source(folder / "problem.ipynb"), file="problem.ipynb")
    after = strip_notebook(read_source(imported.staff / "problem.py"), file="problem.py")
    # A cell of hidden tests alone is not left behind as an empty one.
    kept = [cell for cell in before.notebook.cells if cell.source]
    assert [c.source for c in kept] == [c.source for c in after.notebook.cells]
    assert [c.metadata.get("editable") for c in kept] == [
        c.metadata.get("editable") for c in after.notebook.cells
    ]


def test_the_imported_problems_release_without_their_answers(
    ps1: tuple[Path, Imported], ps1_release: tuple[Assignment, Release]
) -> None:
    release = ps1_release[1]
    assert release.proof.solution.score == 7
    # A name that is given suffices for the last one, as in the original.
    assert {c.number for c in release.proof.blank.checks if c.score} == {"uses.1"}
    secret = ("i ** 2", "math.sqrt", "121", "2870", "triangle", "secret", "3.0, 4.0")
    for path in (release.folder / "student").rglob("*"):
        is_text = path.is_file() and path.suffix != ".whl"  # the harness, which knows no assignment
        text = path.read_text(encoding="utf-8") if is_text else ""
        assert not [part for part in secret if part in text], path
    # A message made of values is none for a hidden check; one in plain words is.
    hidden = (ps1[1].staff / "checks" / "test_hidden.py").read_text(encoding="utf-8")
    assert "is wrong" not in hidden
    assert "'One number gives one square.'" in hidden


@needs_root
def test_the_imported_problems_grade(
    ps1_release: tuple[Assignment, Release], tmp_path: Path
) -> None:
    assignment = ps1_release[0]
    files = solved(assignment)
    with Session(assignment, templates(assignment)) as session:

        def graded(name: str, *edit: tuple[str, str]) -> Graded:
            notebook = Notebook(files["problem.ipynb"]).edit("squares", *edit)
            return Graded(session.grade(notebook.save(tmp_path / name / "problem.ipynb")))

        assert graded("right").lost() == {}
        # Right on all that students see, wrong on what is hidden: nbgrader gives all or nothing.
        wrong = graded("wrong", ("n + 1)", "min(n, 9) + 1)"))
        assert wrong.lost() == {"correct-squares.1": 3}
        assert wrong.check("correct-squares.2").status == "passed"
        # An exception that a test expects is told from another one, and from none.
        other = graded("other", ("ValueError(n)", "TypeError(n)"))
        assert other.lost() == {"squares_raises.1": 1}
        none = graded("none", ("raise ValueError(n)", "return []"))
        assert none.lost() == {"squares_raises.1": 1}
        assert none.check("squares_raises.1").message == "did not raise"


# --- translation ---------------------------------------------------------------------------------

GIVEN = """\
import os
import numpy as np
import no_such_module as gone

DATA = [1, 2]
NOISE = np.random.rand(3)


def helper(x):
    return x + len(DATA)
"""
ANSWERS = "def f(x):\n    return x\n\nvalue = 3\n\nclass Stack:\n    pass"


def translated(
    folder: Path, test: str, **given: Any
) -> tuple[str, list[NotImported], Sequence[Check]]:
    """The first check's body, what was left, and the checks of a notebook with one test."""
    cells = [
        code(GIVEN),
        nb(code(ANSWERS), "answers", solution=True),
        nb(code(test), "test", grade=True, points=1, **given),
    ]
    questions, left = translate(
        nbgrader.read(save(folder / "one.ipynb", cells)), set(), strict=True
    )
    checks = questions[0].checks if questions else ()
    return "\n".join(checks[0].body) if checks else "", left, checks


@pytest.mark.parametrize(
    ("test", "body"),
    [
        ("assert f(1) == 1", "assert student.call('f', 1) == 1"),
        ("assert f(x=[1]) == [1], 'Mind'", "assert student.call('f', x=[1]) == [1], 'Mind'"),
        ("assert value > 1", "assert student.value('value') > 1"),
        ("assert f(f(value)) == 3", "student.call('f', student.call('f', student.value('value')))"),
        ("value = f(value)\nassert value", "value = student.call('f', student.value('value'))"),
        ("value = f(1)\nassert value == 1", "assert value == 1"),
        ("assert [value for value in f([1])] == [1]", "[value for value in student.call("),
        ("assert (lambda value: value)(f(1)) == 1", "(lambda value: value)(student.call('f', 1))"),
        ("assert list(map(f, [1])) == [1]", "map(student.function('f'), [1])"),
        ("for value in DATA:\n    assert f(value) == value", "student.call('f', value) == value"),
        ("def near(a, b):\n    return abs(a - b) < 1\nassert near(f(1), 1)", "near(student.call("),
        ("x: int = f(1)\nassert x == 1", "x = student.call('f', 1)"),
        ("try:\n    f(1)\nexcept ValueError:\n    assert f(2)", "    student.call('f', 1)"),
        ("try:\n    f(1)\nexcept ValueError:\n    assert f(2)", "    assert student.call('f', 2)"),
        ("import pytest\nwith pytest.raises(ValueError):\n    f(1)", "    student.call('f', 1)"),
        ("np.testing.assert_raises(ValueError, f, 1)", "(ValueError, student.function('f'), 1)"),
        ("def check():\n    assert f(1) == 1\ncheck()", "assert student.call('f', 1) == 1"),
        ("assert callable(f)", "assert student.callable(student.function('f'))"),
        ("import inspect\nassert inspect.getsource(f)", "assert student.source('f')"),
        ("assert Stack().top() == 1", "assert student.make('Stack').top() == 1"),
        ("assert type(f(1)) == int", "assert student.type_of(student.call('f', 1)) == int"),
        ("s = Stack()\nassert s.__class__ is Stack", "same(student.type_of(s), student.kind('St"),
        ("s = Stack()\nassert f(s) is not s", "assert not student.same(student.call('f', s), s)"),
        ("assert f(1) is None", "assert student.call('f', 1) is None"),
        ("assert isinstance(Stack(), Stack)", "isinstance(student.make('Stack'), student.kind('St"),
        ("assert f(lambda x: x + 1) == 2", "student.call('f', student.send('return lambda x: x"),
        ("k = 2\nassert f(lambda x: x + k) == 2", "x + k', k=k)) == 2"),
        ("def g(x):\n    return x\nassert f([g]) == 1", "return x\\nreturn g')]) == 1"),
        ("assert f(helper) == 1", "student.call('f', student.send('DATA = [1, 2]\\ndef helper(x):"),
        ("assert f(lambda x: np.sin(x)) == 1", "send('import numpy as np\\nreturn lambda x"),
        ("assert f(lambda x: f(x)) == 1", "f=student.function('f'))"),
        ("def g():\n    return f(k)\nk = 1\nassert g() == 1", "return student.call('f', k)"),
        ("student = 1\nassert f(student)", "student_ = 1\nassert student.call('f', student_)"),
        ("weight = 1\nweight += f(1)\nassert weight == 2", "assert weight_ == 2"),
        ("assert DATA == [1, 2]", "assert student.value('DATA') == [1, 2]"),
        ("assert unheard_of(1) == lost", "student.call('unheard_of', 1) == student.value('lost')"),
        ("%%time\n%matplotlib inline\nassert f(1) == 1", "assert student.call('f', 1) == 1"),
        ("%time x = f(1)\nassert x == 1", "x = student.call('f', 1)"),
        ("if __name__ == '__main__':\n    assert f(1) == 1", "assert student.call('f', 1) == 1"),
        ("f(1)", "student.call('f', 1)"),
        (
            "def test():\n    if f(1):\n        return\n    assert f(2)\ntest()",
            "def test():\n    if student.call('f', 1):\n        return\n"
            "    assert student.call('f', 2)\ntest()",
        ),
    ],
)
def test_names_become_requests(tmp_path: Path, test: str, body: str) -> None:
    found, left, _checks = translated(tmp_path, test)
    assert body in found
    assert not [each for each in left if "to what a check cannot make" not in each.why]


def test_given_definitions_go_along_if_they_are_the_same_everywhere(tmp_path: Path) -> None:
    _body, left, checks = translated(tmp_path, "assert helper(f(np.ones(2))) == helper(1)")
    assert not left
    assert list(checks[0].copies) == ["DATA", "helper"]
    assert checks[0].imports == ("import numpy as np",)
    body, left, _checks = translated(tmp_path, "assert f(NOISE).shape == (3,)")
    assert "student.call('f', student.value('NOISE'))" in body
    assert "to what a check cannot make by itself" in left[0].why


@pytest.mark.parametrize(
    ("test", "why"),
    [
        ("import inspect\nassert inspect.signature(f)", "uses the function `f` itself"),
        ("assert id(f(1)) != id(f(1))", "tells objects apart"),
        ("try:\n    f(1)\nexcept Stack:\n    pass", "exception of the student's own"),
        ("assert f(lambda x: eval(x)) == 1", "`eval` has no place"),
        ("assert f(1) is f(2) is f(3)", "a chain of comparisons"),
        ("assert (lambda student: f(student))(1)", "uses the name `student` itself"),
        ("del f", "deletes `f`"),
        ("value += 1\nassert value", "changes `value`"),
        ("global value\nvalue = 1", "writes to the notebook's namespace"),
        ("assert f(eval('1'))", "`eval` has no place"),
        ("assert gone.near(f(1), 1)", "cannot be imported"),
        ("import no_such_module\nassert no_such_module.x(f(1))", "cannot be imported"),
        ("%timeit f(1)", "not all plain Python"),
        ("class A:\n    pass\nassert f(A)", "defines a class"),
    ],
)
def test_what_has_no_translation_is_listed_and_never_a_check(
    tmp_path: Path, test: str, why: str
) -> None:
    _body, left, checks = translated(tmp_path, test)
    assert not checks
    assert any(why in each.why for each in left), left
    assert any("1 point" in each.what for each in left)
    assert all(each.remedy and each.cell == 3 for each in left)


def test_nbgraders_own_tests_compare_with_the_solution(tmp_path: Path) -> None:
    answers = "def two():\n    return 2\n\ndef f(x):\n    return x * two() / 3"
    automatic = "x = [1, 4]\n### HASHED AUTOTEST f(x[0]); two()\nassert f(2) > 1"
    cells = [
        nb(code(answers), "answers", solution=True),
        nb(code(automatic), "test", grade=True, points=1),
        nb(code("### AUTOTEST f(7)"), "alone", grade=True, points=2),
    ]
    path = save(tmp_path / "one.ipynb", cells)
    sheet = nbgrader.read(path)
    assert sheet.cells[1].cell is not None
    assert sheet.cells[1].cell.source == "x = [1, 4]\nassert f(2) > 1"
    imported = import_assignment("nbgrader", path, tmp_path / "out")
    assert (imported.points, imported.shared_points) == (3, 0)
    body = "\n".join(imported.checks[0].body)
    assert "expect_as_solution(student.call('f', x[0]), f(x[0]))" in body
    assert list(imported.checks[0].copies) == ["two", "f"]
    assignment = manifest.load(imported.staff)
    files = solved(assignment)
    with Session(
        assignment, templates(assignment), isolation=IsolationPolicy(accept_weaker=True)
    ) as session:

        def lost(*edit: tuple[str, str]) -> dict[str, float]:
            notebook = Notebook(files["one.ipynb"]).edit("answers", *edit)
            return Graded(session.grade(notebook.save(tmp_path / "a" / "one.ipynb"))).lost()

        assert lost(("return x * two() / 3", "return two() * x / 3")) == {}
        assert lost(("/ 3", "/ 3 + 0.001")) == {}  # two decimals, as there
        assert lost(("/ 3", "/ 3 + 0.1")) == {"test.1": 1, "alone.1": 2}
        assert lost(("return 2", "return 2.0")) == {"test.1": 1}  # another type


def test_nbgraders_own_tests_that_cannot_be_written_keep_no_points(tmp_path: Path) -> None:
    cells = [
        nb(code("import numpy as np\nx = np.random.rand()"), "answers", solution=True),
        nb(code("### AUTOTEST x\nassert x < 1"), "test", grade=True, points=1),
    ]
    questions, left = translate(nbgrader.read(save(tmp_path / "one.ipynb", cells)), set())
    assert [check.planned.weight for question in questions for check in question.checks] == [0]
    assert "compares it with the solution, whose `x` no check can hold" in left[0].why
    assert "1 point" in left[-1].what or "1 point" in left[1].what


def test_a_check_that_lost_a_line_never_keeps_the_points(tmp_path: Path) -> None:
    test = "size = len(vars(f))\nassert f(1) == 1\nassert size"
    _body, left, checks = translated(tmp_path, test)
    assert not checks
    assert [each.line for each in left] == [1, 3, 0]
    assert "`size` comes from line 1" in left[1].why
    assert "does not earn the points" in left[2].why
    cells = [nb(code(ANSWERS), "a", solution=True), nb(code(test), "t", grade=True, points=1)]
    questions, said = translate(nbgrader.read(save(tmp_path / "two.ipynb", cells)), set())
    assert not said
    (check, _public) = questions[0].checks
    assert check.shared and check.planned.weight == 1
    assert check.originals[0].source == test and check.asked == ("f",)


def test_messages_made_of_values_stay_out_of_hidden_checks(tmp_path: Path) -> None:
    test = "assert f(1) == 1, f'{f(2)}'\nif f(1) != 1:\n    raise AssertionError(f(3))"
    body, left, checks = translated(tmp_path, test)
    assert not left
    assert "f(2)" not in body.replace("student.call('f', 2)", "f(2)")
    assert "raise AssertionError()" in body
    public = "\n".join(checks[1].body)
    assert "AssertionError(student.call('f', 3))" in public


def test_names_that_differ_by_a_sign_keep_their_checks_apart(tmp_path: Path) -> None:
    cells = [nb(code(ANSWERS), "answers", solution=True)]
    for name in ("a-b", "a_b", "A b"):
        cells.append(nb(code("assert f(1) == 1"), name, grade=True, points=1))
    questions, _left = translate(
        nbgrader.read(save(tmp_path / "one.ipynb", cells)), set(), strict=True
    )
    functions = [check.function for question in questions for check in question.checks]
    assert len(set(functions)) == len(functions) == 6


def test_only_pythons_notebooks_are_imported(tmp_path: Path) -> None:
    path = save(tmp_path / "n.ipynb", NBGRADER)
    path.write_text(path.read_text().replace('"language": "python"', '"language": "R"'))
    with pytest.raises(ImportFailed, match="a notebook in R"):
        import_assignment("nbgrader", path, tmp_path / "out")


def test_otters_files_may_be_folders_and_never_leave_the_assignment(tmp_path: Path) -> None:
    (tmp_path / "data" / "deep").mkdir(parents=True)
    (tmp_path / "data" / "deep" / "a.csv").write_text("1")
    (tmp_path / "data" / ".b.csv").write_text("1")
    (tmp_path / "data" / "link").symlink_to("/etc/passwd")
    names = expanded(tmp_path, ("data", "../secret.txt", "missing.csv"))
    files = sort_files(tmp_path, names, (), of_tool("otter"))
    assert [str(path) for path in files.public] == ["data/deep/a.csv"]
    assert [left.file for left in files.left if "not copied" in left.why] == [
        "data/link",
        "../secret.txt",
        "missing.csv",
    ]


@pytest.mark.parametrize(
    ("output", "condition"),
    [
        ("3", "isinstance(shown, (int, np.integer)) and shown == 3"),
        ("[1, 'a', None]", "shown == [1, 'a', None]"),
        ("True", "bool(shown) is True"),
        ("np.True_", "bool(shown) is True"),
        ("2.5", "isinstance(shown, (float, np.floating)) and abs(shown - 2.5) <= 2.5e-09"),
        ("np.float64(2.5)", "abs(shown - 2.5) <= 2.5e-09"),
        ("array([[1., 2.]])", "np.allclose(np.asarray(shown), np.array([[1.0, 2.0]])"),
        ("", None),
        ("<Axes: >", None),
        ("array([0, ..., 9])", None),
        ("nan", None),
    ],
)
def test_otters_saved_outputs_become_comparisons(
    tmp_path: Path, output: str, condition: str | None
) -> None:
    cells = otter_question(code("value", output or None))
    questions, left = translate(otter.read(save(tmp_path / "one.ipynb", cells)), set(), strict=True)
    if condition is None:
        assert not questions
        assert "output" in left[0].why
    else:
        assert condition in "\n".join(questions[0].checks[0].body)
        assert not left


def test_otters_prints_on_the_way_are_listed(tmp_path: Path) -> None:
    cells = otter_question(code("for i in range(2):\n    print(f(i))\nassert f(1) == 1", "0\n1"))
    questions, left = translate(otter.read(save(tmp_path / "one.ipynb", cells)), set(), strict=True)
    assert not questions
    assert "what it prints on the way" in left[0].why
    questions, left = translate(otter.read(tmp_path / "one.ipynb"), set())
    assert not left
    assert questions[0].checks[0].originals[0].shows == "0\n1"


def otter_question(*tests: NotebookNode, settings: str = "name: q1", config: str = "") -> list[Any]:
    return [
        raw(f"# ASSIGNMENT CONFIG\n{config}"),
        raw(f"# BEGIN QUESTION\n{settings}"),
        raw("# BEGIN SOLUTION"),
        code(ANSWERS),
        raw("# END SOLUTION"),
        raw("# BEGIN TESTS"),
        *tests,
        raw("# END TESTS"),
        raw("# END QUESTION"),
    ]


def test_otters_test_functions_are_given_the_notebooks_names(tmp_path: Path) -> None:
    tests = [
        code("def test_f(f, env):\n    assert f(1) == env['value'] - 2\n\ntest_f(f, env)"),
        code("def test_g(value):\n    assert value == 3"),
    ]
    cells = otter_question(*tests, config="tests:\n  ok_format: false")
    questions, left = translate(otter.read(save(tmp_path / "one.ipynb", cells)), set(), strict=True)
    assert not left
    assert [check.body for check in questions[0].checks] == [
        ("assert student.call('f', 1) == student.value('value') - 2, 'not so: f(1) == value - 2'",),
        ("assert student.value('value') == 3, 'not so: value == 3'",),
    ]


@pytest.mark.parametrize(
    ("total", "given", "points"),
    [
        (None, [None, None], [0.5, 0.5]),
        (None, [1, None], [1, 0]),
        (2, [None, None, None], [0.6667, 0.6667, 0.6666]),
        (4, [1, None], [1, 3]),
        ([1, 2], [None, None], [1, 2]),
        ({"each": 2}, [None, None], [2, 2]),
        (1, [0, None], [0, 1]),
    ],
)
def test_points_are_shared_as_otter_does(total: Any, given: Any, points: list[float]) -> None:
    assert resolve(total, given, "q1") == pytest.approx(points)


# --- folders, and what is refused ----------------------------------------------------------------


def test_several_notebooks_modules_with_answers_and_pictures(tmp_path: Path) -> None:
    source = tmp_path / "source" / "ps"
    answer = "def f(x):\n    ### BEGIN SOLUTION\n    return x + 41\n    ### END SOLUTION"
    test = nb(code("assert f(1) == 42"), "test", grade=True, points=1)
    picture = words("![a](attachment:a.png)")
    picture["attachments"] = {"a.png": {"image/png": "aGVsbG8="}}
    for name in ("one", "two"):
        cells = [nb(code(answer), "f", solution=True), test, picture]
        save(source / f"{name}.ipynb", cells[: 3 if name == "one" else 2])
    (source / "tools.py").write_text(answer.replace("41", "43") + "\n")
    (source / "broken.py").write_text("x = 1\n### BEGIN SOLUTION\ny = 2\n")
    imported = import_assignment("nbgrader", source, tmp_path)
    assignment = manifest.load(imported.staff)
    assert [q.id for q in assignment.questions] == ["test", "test-2"]
    assert {entry.file: entry.source for entry in assignment.notebooks} == {
        "one.ipynb": "one.ipynb",  # a percent script holds no attachments
        "two.ipynb": "two.py",
        "tools.py": "tools.py",
    }
    assert {path.name for path in (imported.staff / "checks").iterdir()} == {
        "test_one_hidden.py",
        "test_two_hidden.py",
    }
    assert not list(imported.public.glob("*.py"))
    listed = [(left.file, left.why) for left in imported.left if not left.cell]
    assert any(file == "broken.py" and "without an end" in why for file, why in listed)
    assert any(file == "tools.py" and "stripped" in why for file, why in listed)
    assert b"43" not in templates(assignment)["tools.py"]


def test_a_notebook_that_a_script_would_change_stays_one(tmp_path: Path) -> None:
    cells = [nb(code("# %% not a cell of its own\nx = 'ü'"), "a", solution=True)]
    written = notebooks.write(nbgrader.read(save(tmp_path / "n.ipynb", cells)), set())
    assert (written.name, written.why_json) == (
        "n.ipynb",
        "a percent script would split its cells otherwise",
    )
    (tmp_path / "again.ipynb").write_text(written.text, encoding="utf-8")
    again = read_source(tmp_path / "again.ipynb").cells[0]
    assert again.id == "a"
    assert again.source == f"# BEGIN SOLUTION\n{cells[0].source}\n# END SOLUTION"


def test_checks_that_do_not_hold_become_the_tests_that_they_were(tmp_path: Path) -> None:
    free = "try:\n    other + 1\nexcept Exception:\n    pass\nassert 1"
    cells = [
        nb(code("def grow(x):\n    x.append(1)\n\nbox = {1, 2}\nfine = 3"), "a", solution=True),
        nb(code("other = 5  # SOLUTION"), "b", solution=True),
        nb(code("x = []\ngrow(x)\nassert x == [1]"), "mutates", grade=True, points=1),
        nb(code("assert box == {1, 2}"), "a set", grade=True, points=1),
        nb(code(free), "free", grade=True, points=1),
        nb(code("assert fine == 3"), "fine", grade=True, points=1),
    ]
    imported = import_assignment("nbgrader", save(tmp_path / "n.ipynb", cells), tmp_path / "out")
    assert imported.points == 4
    shared = {check.number: check.why_shared for check in imported.checks if check.shared}
    assert "the solution fails it here" in shared["mutates.1"]
    assert shared.keys() == {"mutates.1", "mutates.2"}
    assert all(check.compared for check in imported.checks)
    why = {left.cell: left.why for left in imported.left if left.cell}
    assert "the starter notebook passes it, as in the original" in why[5]
    assignment = manifest.load(imported.staff)
    assert assignment.question("free").blank_passes == ("free.1",)
    assert assignment.question("mutates").trust == "shared"
    assert build(assignment, tmp_path / "dist").proof.solution.score == 4
    proved = build(assignment, tmp_path / "dist").proof
    assert {c.number: c.score for c in proved.blank.checks if c.score} == {"free.1": 1}


def test_what_the_solution_fails_in_the_original_too_is_left_out(tmp_path: Path) -> None:
    cells = [
        nb(code("x = 1"), "a", solution=True),
        nb(code("assert x == 2"), "wrong", grade=True, points=1),
        nb(code("assert x == 1"), "right", grade=True, points=1),
    ]
    imported = import_assignment("nbgrader", save(tmp_path / "n.ipynb", cells), tmp_path / "out")
    assert [question.id for question in imported.questions] == ["right"]
    assert "the solution fails it here" in next(left.why for left in imported.left if left.cell)


def test_an_assignment_graded_by_hand_alone_is_imported_and_says_so(tmp_path: Path) -> None:
    path = save(tmp_path / "hand.ipynb", NBGRADER[-3:-1])
    imported = import_assignment("nbgrader", path, tmp_path / "out")
    assert imported.points == 0
    assert any("nothing is graded automatically" in left.why for left in imported.left)
    assert manifest.load(imported.staff).points == 0


def test_nothing_is_overwritten(lab: tuple[Path, Imported], tmp_path: Path) -> None:
    there = tmp_path / "solutions" / "lab"
    there.mkdir(parents=True)
    with pytest.raises(ImportFailed, match="found it there already"):
        import_assignment("otter", lab[0], tmp_path)
    assert {path.name for path in tmp_path.rglob("*")} == {"solutions", "lab"}


@pytest.mark.parametrize(
    ("kind", "cells", "finding"),
    [
        ("otter", [code("x = 1")], "found no raw cell of otter-grader"),
        ("nbgrader", [code("x = 1")], "found no cell with nbgrader's metadata"),
        ("otter", otter_question(settings="points: 2"), "a question without a name"),
        ("otter", otter_question(settings="name: [q1"), "settings that are no YAML"),
        ("otter", otter_question(settings="name: q1\npoints: [1, 2]"), "2 points for 0 tests"),
        ("otter", otter_question()[:-1], "BEGIN QUESTION"),
        (
            "nbgrader",
            [nb(code("### BEGIN SOLUTION\nx = 1"), "a", solution=True)],
            '"BEGIN SOLUTION" without an end',
        ),
    ],
)
def test_broken_input_is_one_sentence_and_leaves_nothing(
    tmp_path: Path, kind: Kind, cells: list[Any], finding: str
) -> None:
    path = save(tmp_path / "in" / "n.ipynb", cells)
    with pytest.raises(UserError) as caught:
        import_assignment(kind, path, tmp_path / "out")
    assert finding in str(caught.value)
    assert "n.ipynb" in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_paths_and_names_that_are_none(tmp_path: Path, lab: tuple[Path, Imported]) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.ipynb").write_text("{")
    for path, finding in (
        (tmp_path / "nowhere", "no such file"),
        (tmp_path / "empty", "no notebook in this folder"),
        (lab[0].parent / "data.csv", "found no notebook"),
        (tmp_path / "broken.ipynb", "no valid JSON"),
    ):
        with pytest.raises(UserError, match=finding):
            import_assignment("otter", path, tmp_path / "out")
    with pytest.raises(ImportFailed, match=r"found the name '\.\./x'"):
        import_assignment("otter", lab[0], tmp_path / "out", "../x")


def test_partial_credit_of_nbgrader_is_the_last_number(tmp_path: Path) -> None:
    test = "points = 0\nif x > 0:\n    points += 1\nif x > 5:\n    points += 1\npoints"
    cells = [
        nb(code("x = 9"), "a", solution=True),
        nb(code(test), "part", grade=True, points=2),
    ]
    imported = import_assignment("nbgrader", save(tmp_path / "n.ipynb", cells), tmp_path / "out")
    assert (imported.points, imported.shared_points) == (2, 0)
    assignment = manifest.load(imported.staff)
    files = solved(assignment)
    notebook = Notebook(files["n.ipynb"])
    notebook.edit("a", ("x = 9", "x = 1"))
    with Session(
        assignment, templates(assignment), isolation=IsolationPolicy(accept_weaker=True)
    ) as session:
        assert session.grade_files(files, seed=1).score == 2
        half = Graded(session.grade(notebook.save(tmp_path / "half" / "n.ipynb")))
    assert half.scores["part.1"] == 1
    assert "does not give all" in half.check("part.1").message


def test_a_courses_own_delimiters_count_and_no_others(tmp_path: Path) -> None:
    config = (
        'c = get_config()\nc.ClearSolutions.begin_solution_delimeter = "LÖSUNG AN"\n'
        'c.ClearSolutions.end_solution_delimeter = "LÖSUNG AUS"\n'
    )
    (tmp_path / "nbgrader_config.py").write_text(config, encoding="utf-8")
    given = "# BEGIN TESTS\n# YOUR CODE HERE\n# Solution for part a\ny = 2  # answer"
    cells = [
        nb(code("x = 0\n# LÖSUNG AN: so\nx = 1\n# LÖSUNG AUS\nx"), "a", solution=True),
        code(given),
        nb(code("assert x == 1"), "t", grade=True, points=1),
    ]
    path = save(tmp_path / "source" / "ps" / "n.ipynb", cells)
    imported = import_assignment("nbgrader", path, tmp_path / "out")
    assignment = manifest.load(imported.staff)
    assert {allowed.reason for allowed in assignment.allowed} == {"the original ships it"}
    assert assignment.markers.tool == "nbgrader"
    release = build(assignment, tmp_path / "dist")
    text = (release.folder / "student" / "n.ipynb").read_text(encoding="utf-8")
    assert "Solution for part a" in text and "x = 1" not in text


ANSWER = """def spread(fan_in, kernel, seed):
    deviation = np.sqrt(2.0 / fan_in) * kernel.gain
    generator = np.random.default_rng(seed + kernel.offset)
    drawn = generator.normal(0.0, deviation, kernel.extent)
    return drawn - drawn.mean(axis=0, keepdims=True)"""


@pytest.mark.parametrize("quoted", [1, 4])
def test_a_file_that_quotes_a_line_ships_as_in_the_original_and_a_copy_does_not(
    tmp_path: Path, quoted: int
) -> None:
    cells = [
        nb(code("import numpy as np"), "i"),
        nb(code(ANSWER), "a", solution=True),
        nb(code("assert callable(spread)"), "t", grade=True, points=1),
    ]
    folder = tmp_path / "source" / "ps"
    save(folder / "n.ipynb", cells)
    lines = ANSWER.split("\n")[1 : 1 + quoted]
    (folder / "ABOUT.md").write_text("\n".join(["# About", *lines, ""]))
    imported = import_assignment("nbgrader", folder, tmp_path / "out")
    assignment = manifest.load(imported.staff)
    allowed = [entry for entry in assignment.allowed if entry.file == "ABOUT.md"]
    why = "it stands in an answer or a hidden test, too"
    told = [left for left in imported.left if (left.file, left.why) == ("ABOUT.md", why)]
    assert len(allowed) == len(told) == (1 if quoted == 1 else 0)
    if quoted == 1:
        build(assignment, tmp_path / "dist")
    else:
        with pytest.raises(LeakError, match=r"ABOUT\.md, line 2: found a line of an answer"):
            build(assignment, tmp_path / "dist")


def test_a_notebook_brings_what_it_names_and_no_copy_of_itself(tmp_path: Path) -> None:
    test = "from nose.tools import assert_equal\nassert_equal(x, 1)"
    cells = [
        nb(code("import helper\nopen('data/a.csv')\nx = helper.ONE"), "a", solution=True),
        nb(code(test), "t", grade=True, points=1),
    ]
    path = save(tmp_path / "ps" / "n.ipynb", cells)
    (path.parent / "data").mkdir()
    for name in ("data/a.csv", "data/other.csv", "n.md", "requirements.txt"):
        (path.parent / name).write_text("1\n")
    (path.parent / "helper.py").write_text("ONE = 1\n")
    imported = import_assignment("nbgrader", path, tmp_path / "out")
    public = {p.relative_to(imported.public).as_posix() for p in imported.public.rglob("*.*")}
    assert {"data/a.csv", "helper.py", "nose/tools.py"} <= public
    assert not {"data/other.csv", "n.md"} & public
    assert imported.points == 1
    build(manifest.load(imported.staff), tmp_path / "dist")


def test_what_needs_a_missing_module_keeps_its_points_and_is_named_first(tmp_path: Path) -> None:
    cells = [
        nb(code("import no_such_module\nx = no_such_module.one()"), "a", solution=True),
        nb(code("assert x == 1"), "t", grade=True, points=1),
    ]
    imported = import_assignment("nbgrader", save(tmp_path / "n.ipynb", cells), tmp_path / "out")
    assert imported.points == imported.shared_points == 1
    assert any("autograder setup solutions/n" in left.remedy for left in imported.left)
    # Whose module that is cannot be known: a stranger's package may have its name.
    assert not (imported.public / "requirements.txt").exists()


def test_strict_leaves_out_what_only_the_students_process_could_judge(tmp_path: Path) -> None:
    cells = [
        nb(code("def f():\n    return 1"), "a", solution=True),
        nb(code("import inspect\nassert inspect.signature(f)"), "t", grade=True, points=1),
        nb(code("assert f() == 1"), "u", grade=True, points=1),
    ]
    path = save(tmp_path / "n.ipynb", cells)
    imported = import_assignment("nbgrader", path, tmp_path / "out", strict=True)
    assert (imported.points, imported.shared_points) == (1, 0)
    assert any("uses the function `f` itself" in left.why for left in imported.left)
