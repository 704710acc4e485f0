"""Costly results that checks remember: what makes them anew, and what does not."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from conftest import TWO_FUNCTIONS, needs_root

from autograder.checks.cache import Cache
from autograder.checks.dependencies import Dependencies
from autograder.grading.session import Session
from autograder.model import manifest
from release.markup.templates import solved, templates

MODEL = """
WEIGHTS = [3.0, 1.0]


def predict(x):
    return sum(weight * x for weight in WEIGHTS)
"""
TRAINING = """
from course.model import predict


def accuracy(log):
    with open(log, "a") as file:
        file.write("x")
    return 25 * predict(1.0)
"""
CHECKS = """
from functools import partial

import beside
from autograder.checks import expect, question
from gradescope_utils.autograder_utils.decorators import number, weight
from training import accuracy


@question("Q1")
@weight(1)
@number("1.1")
def test_remembered(cache):
    key = beside.LIMIT - beside.LIMIT
    expect(cache.remember(key, partial(accuracy, LOG)) > 80, "", hidden="a low accuracy")


@question("Q1")
@weight(1)
@number("1.2")
def test_by_a_lambda(cache):
    expect(cache.remember(1, lambda: accuracy(LOG)) > 80, "", hidden="a low accuracy")


@question("Q2")
@weight(2)
@number("2.1")
def test_other():
    pass
"""


class Task:
    """An assignment whose checks try out the public package's model, graded with one memory."""

    def __init__(self, root: Path) -> None:
        shutil.copytree(TWO_FUNCTIONS, root / "two")
        self.staff, self.public = root / "two" / "staff", root / "two" / "public"
        self.checks = self.staff / "checks"
        self.memory, self.log, self.submission = root / "memory", root / "log", root / "submission"
        (self.public / "course").mkdir()
        (self.public / "course" / "__init__.py").touch()
        (self.public / "course" / "model.py").write_text(MODEL)
        (self.checks / "training.py").write_text(TRAINING)
        (self.checks / "beside.py").write_text("LIMIT = 80\n")
        (self.checks / "test_two.py").write_text(f"LOG = {str(self.log)!r}\n{CHECKS}")
        self.edit(self.staff / manifest.FILE_NAME, '["numpy"', '["course.model", "numpy"')
        self.submission.mkdir()
        for name, data in solved(manifest.load(self.staff)).items():
            (self.submission / name).write_bytes(data)

    @staticmethod
    def edit(path: Path, old: str, new: str) -> None:
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def grade(self, *, fresh: bool = False, remember: bool = False) -> tuple[float, int]:
        """The points, and how often the model was tried out for them."""
        self.log.write_text("")
        assignment = manifest.load(self.staff)
        how = {"cache": self.memory, "remember": remember}
        with Session(assignment, templates(assignment), **how) as session:  # type: ignore[arg-type]
            report = session.grade(self.submission, seed=1, fresh=fresh)
        assert not report.faulty, report.all_faults
        return report.score, len(self.log.read_text())


@pytest.fixture
def task(tmp_path: Path) -> Task:
    task = Task(tmp_path)
    assert task.grade() == (4, 2)
    return task


@needs_root
@pytest.mark.parametrize("remember", [False, True], ids=["results", "verdicts too"])
def test_an_edited_model_changes_the_score(task: Task, *, remember: bool) -> None:
    assert task.grade(remember=remember) == (4, 0)
    task.edit(task.public / "course" / "model.py", "[3.0, 1.0]", "[0.0, 0.0]")
    assert task.grade(remember=remember) == (2, 2)
    assert task.grade(remember=remember) == (2, 0)


@needs_root
def test_fresh_computes_anew(task: Task) -> None:
    assert task.grade(fresh=True) == (4, 2)
    assert task.grade() == (4, 0)


@needs_root
def test_what_is_computed_follows_from_what_it_imports(task: Task) -> None:
    task.edit(task.checks / "training.py", "25 *", "5 *")
    assert task.grade() == (2, 2)


@needs_root
def test_a_module_that_is_not_imported_makes_nothing_anew(task: Task) -> None:
    """Of the two checks one computes by a function of ``training``, which imports it not."""
    task.edit(task.checks / "beside.py", "80", "90")
    assert task.grade() == (4, 1)
    task.edit(task.checks / "test_two.py", "pass", "assert True")  # another check of the file
    assert task.grade() == (4, 0)


@needs_root
def test_data_beside_the_checks_count(task: Task) -> None:
    (task.checks / "expected.csv").write_text("1\n")
    assert task.grade() == (4, 2)


@needs_root
def test_an_import_that_cannot_be_read_is_one_of_all(task: Task) -> None:
    hidden = 'import importlib\n\nimportlib.import_module("besi" + "de")\n'
    task.edit(task.checks / "training.py", "\nfrom course", f"\n{hidden}from course")
    assert task.grade() == (4, 2)
    task.edit(task.checks / "beside.py", "80", "90")
    assert task.grade() == (4, 2)


def test_functions_of_one_module_are_told_apart(tmp_path: Path) -> None:
    follows = Dependencies(manifest.load(TWO_FUNCTIONS / "staff")).of
    assert follows(np.sum) != follows(np.mean)
    cache = Cache(tmp_path, follows)
    assert [cache.remember([2, 3], partial(one, [2.0, 4.0])) for one in (np.sum, np.mean)] == [6, 3]


def test_fresh_recalls_what_was_computed_in_the_same_run(tmp_path: Path) -> None:
    calls: list[int] = []
    compute = partial(lambda: calls.append(1) or [len(calls)])
    assert Cache(tmp_path).remember(1, compute) == [1]
    fresh = Cache(tmp_path, fresh=True)
    assert [fresh.remember(1, compute) for _ in range(2)] == [[2], [2]]
    assert Cache(tmp_path).remember(1, compute) == [2]


def test_what_a_result_follows_from_is_in_its_key(tmp_path: Path) -> None:
    first, second = (Cache(tmp_path, lambda _compute, n=n: n) for n in range(2))
    assert first.remember(np.arange(3), lambda: 1) == 1
    assert second.remember(np.arange(3), lambda: 2) == 2
    assert first.remember(np.arange(3), lambda: 3) == 1
