"""Answers in a plain Python module: stripped, released, handed in and graded."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from conftest import Graded, needs_root

from autograder.model import manifest
from autograder.session import Session
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


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Release:
    folder = tmp_path_factory.mktemp("layers")
    (folder / "public").mkdir()
    (folder / "public" / "README.md").write_text("Fill in layers.py.\n")
    (folder / "staff" / "checks").mkdir(parents=True)
    (folder / "staff" / "assignment.toml").write_text(MANIFEST)
    (folder / "staff" / "layers.py").write_text(SOURCE)
    (folder / "staff" / "checks" / "test_layers.py").write_text(CHECKS)
    return build(manifest.load(folder / "staff"), folder / "dist")


def test_students_get_the_module_with_a_stub(released: Release) -> None:
    text = (released.folder / "student" / "layers.py").read_text()
    assert text == SOURCE.replace("np.maximum(x, 0.0)", "None  # your code")
    ast.parse(text)
    assert [each.checks for each in released.proof.noticed] == [("1",)]


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
