"""Tests of classes, and those that hand on functions, are judged apart as they were in one process.

Each is graded on a right answer, on wrong ones, and on one that claims to equal whatever it meets.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Graded, Notebook
from test_importing import code, nb, save

from autograder.grading.session import Session
from autograder.model import manifest
from autograder.model.manifest import Assignment
from release.importing import Imported, import_assignment
from release.markup.templates import solved, templates

CLASSES = """\
class Vector:
    unit = "m"

    def __init__(self, *parts):
        if not parts:
            raise ValueError("no parts")
        self.parts = list(parts)

    def __add__(self, other):
        if not isinstance(other, Vector):
            return Vector(*(p + other for p in self.parts))
        return Vector(*(p + q for p, q in zip(self.parts, other.parts)))

    def __eq__(self, other):
        return isinstance(other, Vector) and self.parts == other.parts

    def __len__(self):
        return len(self.parts)

    def __getitem__(self, at):
        return self.parts[at]

    def scaled(self, by):
        return Vector(*(by * p for p in self.parts))

    def halves(self):
        return [Vector(*self.parts[:1]), Vector(*self.parts[1:])]


class Longer(Vector):
    def __str__(self):
        return "longer"
"""
FUNCTIONS = """\
def slope(f, x, h=1e-6):
    return (f(x + h) - f(x - h)) / (2 * h)


def adder(n):
    return lambda x: x + n


def count(n):
    for i in range(n):
        yield i


def half(x):
    if x < 0:
        raise ValueError("negative")
    return x / 2
"""
TESTS = {
    "parts": "v = Vector(1, 2)\nassert v.parts == [1, 2] and len(v) == 2 and v[0] == 1\n"
    "assert list(v) == [1, 2] and Vector.unit == 'm' and hasattr(v, 'parts')\n"
    "assert not hasattr(v, 'other') and 'scaled' in dir(Vector)",
    "sum": "v = Vector(1, 2) + Vector(3, 4)\nassert v.parts == [4, 6]\n"
    "assert v == Vector(4, 6) and v != Vector(4, 7) and v is not None",
    "plus": "v = Vector(1, 2)\nw = v + 1\nassert w.parts == [2, 3]\nv += Vector(1, 1)\n"
    "assert v.parts == [2, 3]",
    "scaled": "assert Vector(1, 2).scaled(3).parts == [3, 6]\n"
    "assert isinstance(Vector(1).scaled(2), Vector)",
    "halves": "one, other = Vector(1, 2).halves()\nassert one.parts == [1] and other == Vector(2)\n"
    "assert isinstance(Vector(1, 2).halves(), list)",
    "kinds": "v = Longer(1)\nassert type(v) == Longer and v.__class__ is not Vector\n"
    "assert isinstance(v, Vector) and issubclass(Longer, Vector)\n"
    "assert str(v) == f'{v}' == 'longer'",
    "set": "v = Vector(1, 2)\nv.parts = [5]\nassert v.parts == [5]",
    "empty": "try:\n    Vector()\nexcept ValueError as error:\n"
    "    assert str(error) == 'no parts'\n"
    "else:\n    raise AssertionError('no error')",
    "slope": "import math\nk = 2\nassert abs(slope(lambda x: k * x ** 2, 1.0) - 4) < 1e-4\n"
    "assert abs(slope(math.sin, 0.0) - 1) < 1e-4\n"
    "def cube(x):\n    return x ** 3\nassert abs(slope(cube, 1.0) - 3) < 1e-4",
    "adder": "assert adder(3)(4) == 7 and callable(adder(1))",
    "count": "g = count(3)\nassert next(g) == 0 and list(g) == [1, 2]",
    "half": "import pytest\nassert abs(half(3) - 1.5) < 1e-9\n"
    "assert list(map(half, [2, 4])) == [1, 2]\n"
    "with pytest.raises(ValueError, match='neg'):\n    half(-1)\n"
    "raised = False\ntry:\n    half(-2)\nexcept ValueError:\n    raised = True\nassert raised",
    "doc": "import inspect\nassert 'yield' in inspect.getsource(count)",
    "returns": "def test():\n    if half(2) == 1:\n        return\n"
    "    assert half(4) == 1\ntest()\n"
    "assert half(8) == 4",
}
ANYTHING = """\
class Anything:
    def __eq__(self, other):
        return True

    def __bool__(self):
        return True

    def _same(self, *others, **_others):
        return Anything()

    def _true(self, *others):
        return True

    __lt__ = __le__ = __gt__ = __ge__ = __ne__ = __contains__ = equals = _true
    __add__ = __sub__ = __radd__ = __rsub__ = __mul__ = __abs__ = __call__ = _same
    __hash__ = None
"""


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Imported:
    folder = tmp_path_factory.mktemp("proxies")
    cells = [nb(code(CLASSES), "classes", solution=True), nb(code(FUNCTIONS), "f", solution=True)]
    for name, test in TESTS.items():
        hidden = f"### BEGIN HIDDEN TESTS\n{test}\n### END HIDDEN TESTS"
        cells.append(nb(code(hidden), name, grade=True, points=1))
    return import_assignment("nbgrader", save(folder / "p.ipynb", cells), folder / "out")


@pytest.fixture(scope="module")
def assignment(imported: Imported) -> Assignment:
    return manifest.load(imported.staff)


@pytest.fixture(scope="module")
def session(assignment: Assignment) -> Iterator[Session]:
    with Session(assignment, templates(assignment), allow_unsafe=True) as session:
        yield session


def test_all_are_judged_apart_as_they_were_in_one_process(imported: Imported) -> None:
    assert {c.number: c.why_shared for c in imported.checks if c.shared} == {}
    assert imported.points == imported.original_points == len(TESTS)
    assert all(check.compared for check in imported.checks)


@pytest.mark.parametrize(
    ("cell", "old", "new", "lost"),
    [
        ("classes", "self.parts = list(parts)", "self.parts = [1, *parts[1:]]", "sum"),
        ("classes", 'unit = "m"', 'unit = "cm"', "parts"),
        ("classes", "Vector(*(p + other", "Vector(*(p", "plus"),
        ("classes", "self.parts == other.parts", "True", "sum"),
        ("classes", "by * p", "p", "scaled"),
        ("classes", "[Vector(*self.parts[:1]), Vector(*self.parts[1:])]", "self", "halves"),
        ("classes", "class Longer(Vector):", "class Longer:", "kinds"),
        ("classes", "no parts", "empty", "empty"),
        ("f", "2 * h", "h", "slope"),
        ("f", "lambda x: x + n", "n", "adder"),
        ("f", "yield i", "yield i + 1", "count"),
        ("f", '"negative"', '"other"', "half"),
        ("f", "x / 2", "x // 2", "half"),
        ("f", "x / 2", "x", "returns"),
    ],
)
def test_a_wrong_answer_loses_its_point(
    assignment: Assignment,
    session: Session,
    tmp_path: Path,
    cell: str,
    old: str,
    new: str,
    lost: str,
) -> None:
    notebook = Notebook(solved(assignment)["p.ipynb"]).edit(cell, (old, new))
    graded = Graded(session.grade(notebook.save(tmp_path / "p.ipynb")))
    assert f"{lost}.1" in graded.lost()


@pytest.mark.parametrize("kind", ["Anything()", "lambda *_: Anything()"])
def test_what_claims_to_equal_anything_gets_nothing(
    assignment: Assignment, session: Session, tmp_path: Path, kind: str
) -> None:
    claims = f"{ANYTHING}\n\ndef claim(*_, **_others):\n    return {kind}\n"
    notebook = Notebook(solved(assignment)["p.ipynb"])
    notebook.edit(
        "classes", ('return "longer"', f'return "longer"\n{claims}\nVector = Longer = claim')
    )
    more = f"return x / 2\n{claims}\nslope = adder = count = half = claim"
    notebook.edit("f", ("return x / 2", more))
    graded = Graded(session.grade(notebook.save(tmp_path / "p.ipynb")))
    # Any object can hold an attribute.
    assert graded.lost().keys() == {f"{name}.1" for name in TESTS if name != "set"}
