"""Answers in a plain Python module: stripped, released, submitted and graded."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path, PurePosixPath

import pytest
from conftest import Graded, needs_root

from autograder.grading.session import Session
from autograder.home.folder import find
from autograder.home.submit_zip import contents_of, submission_of, templates_of
from autograder.model import manifest
from autograder.slicing.answers import Answers
from release.build import Release, build

MANIFEST = """
name = "layers"
title = "Layers"
public = "../public"
[runtime]
imports = ["numpy"]
[[notebook]]
file = "layers.py"
source = "layers.py"
[[question]]
id = "Q1"
title = "The rectifier"
notebook = "layers.py"
anchor = "module"
names = ["relu"]
points = 1
"""
SOURCE = '''"""Layers of a network."""

import numpy as np


def relu(x):
    """Cut off what is below zero."""
    # *****START OF YOUR CODE (DO NOT DELETE/MODIFY THIS LINE)*****
    y = np.maximum(x, 0.0)
    # *****END OF YOUR CODE (DO NOT DELETE/MODIFY THIS LINE)*****
    return y


if __name__ == "__main__":
    print(relu(np.arange(3)))
'''
CHECKS = '''
import numpy as np
from autograder.checks import Student, expect_array, question
from gradescope_utils.autograder_utils.decorators import number, weight

@question("Q1")
@weight(1)
@number("1")
def test_relu(student: Student, rng: np.random.Generator) -> None:
    """relu cuts off what is below zero"""
    x = rng.normal(size=(3, 4))
    expect_array(student.call("relu", x), np.where(x > 0, x, 0))
'''


def made(folder: Path, text: str) -> Release:
    (folder / "public").mkdir()
    (folder / "public" / "README.md").write_text("Fill in layers.py.\n")
    (folder / "staff" / "checks").mkdir(parents=True)
    (folder / "staff" / "assignment.toml").write_text(text)
    (folder / "staff" / "layers.py").write_text(SOURCE)
    (folder / "staff" / "checks" / "test_layers.py").write_text(CHECKS)
    return build(manifest.load(folder / "staff"), folder / "dist")


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return made(tmp_path_factory.mktemp("layers"), MANIFEST)


@pytest.fixture(scope="module")
def below(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The same, submitted as ``nets/layers.py``."""
    text = MANIFEST.replace('file = "layers.py"', 'file = "nets/layers.py"')
    text = text.replace('notebook = "layers.py"', 'notebook = "nets/layers.py"')
    return made(tmp_path_factory.mktemp("nets"), text)


def test_students_get_the_module_with_a_stub(released: Release) -> None:
    text = (released.folder / "student" / "layers.py").read_text()
    assert text == SOURCE.replace("np.maximum(x, 0.0)", "None  # your code")
    ast.parse(text)
    assert [each.checks for each in released.proof.ablations] == [("1",)]


@needs_root
@pytest.mark.parametrize(
    ("name", "text", "lost"),
    [
        ("layers.py", SOURCE, {}),
        ("Layers.PY", SOURCE.replace("np.maximum(x, 0.0)", "x * (x > 0)"), {}),
        ("layers.py", SOURCE.replace("np.maximum(x, 0.0)", "abs(x)"), {"1": 1.0}),
        ("other.py", SOURCE, {"1": 1.0}),
        ("layers.py", "def relu(x:\n", {"1": 1.0}),
        ("layers.py", b"\xff\xfe\x00", {"1": 1.0}),
    ],
    ids=["solution", "letter case", "wrong", "another name", "broken", "no text"],
)
def test_modules_are_graded(
    released: Release, tmp_path: Path, name: str, text: str | bytes, lost: dict[str, float]
) -> None:
    path = tmp_path / "submission" / name
    path.parent.mkdir()
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    template = {"layers.py": (released.folder / "student" / "layers.py").read_bytes()}
    with Session(released.assignment, template) as session:
        for submission in (path.parent, path):  # in a folder, and by itself
            graded = Graded(session.grade(submission))
            assert graded.lost() == lost
            assert bool(graded.messages) == bool(lost)


@needs_root
@pytest.mark.parametrize(
    ("files", "lost"),
    [
        ({"layers (1).py": SOURCE}, {}),
        ({"layers_jdoe.py": SOURCE}, {}),
        ({"layers.py.txt": SOURCE}, {}),
        ({"layers.py": "import numpy as np\n", "final/layers.py": SOURCE}, {}),
        ({"layers (1).py": "def relu(x:\n"}, {"1": 1.0}),
    ],
    ids=["a number", "a name", "two extensions", "a better one below", "no Python"],
)
def test_modules_under_other_names_are_graded(
    released: Release, tmp_path: Path, files: dict[str, str], lost: dict[str, float]
) -> None:
    template = {"layers.py": (released.folder / "student" / "layers.py").read_bytes()}
    with Session(released.assignment, template) as session:
        graded = graded_with(session, tmp_path / "submission", files)
    assert graded.lost() == lost
    assert "was taken for layers.py" in graded.report.notes[0]


def graded_with(session: Session, folder: Path, files: dict[str, str]) -> Graded:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return Graded(session.grade(folder))


@needs_root
@pytest.mark.parametrize(
    "name", ["nets/layers.py", "work/nets/layers.py", "layers.py", "src/Layers (1).py"]
)
def test_a_module_in_a_folder_is_found_by_its_path_and_by_its_name(
    below: Release, tmp_path: Path, name: str
) -> None:
    template = {"nets/layers.py": (below.folder / "student/nets/layers.py").read_bytes()}
    other = SOURCE.replace("np.maximum(x, 0.0)", "None")
    with Session(below.assignment, template) as session:
        assert graded_with(session, tmp_path / "alone", {name: SOURCE}).lost() == {}
        files = {name: SOURCE, "other/layers.py": other}
        assert graded_with(session, tmp_path / "two", files).lost() == {}


def test_a_module_in_a_folder_at_home(below: Release, tmp_path: Path) -> None:
    """Also where the folder is a package, as which it holds no answers but this one."""
    desk = tmp_path / "desk"
    shutil.copytree(below.folder / "student", desk)
    (desk / "nets" / "__init__.py").touch()
    (desk / "nets" / "layers.py").write_text(SOURCE)
    assignment = find(desk)
    answers = Answers(assignment, templates_of(assignment), submission_of(assignment, desk))
    path = PurePosixPath("nets/layers.py")
    assert contents_of(assignment, answers) == {str(path): path}
    assert answers.notes == []
