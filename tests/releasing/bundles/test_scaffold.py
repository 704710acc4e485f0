"""`autograder new`: what it makes releases at once, grades, and takes points from wrong answers."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from conftest import Graded, Notebook, needs_root
from rich.console import Console

from autograder.grading.session import Session
from autograder.model import manifest
from autograder.model.manifest import Assignment
from release.build import Release, build
from release.markup.templates import solved, templates
from release.proof.mistakes import mistakes
from release.scaffold import New, ScaffoldError, new_assignment
from release.scaffold.terminal import print_new


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> New:
    return new_assignment("hw-1", tmp_path_factory.mktemp("new"))


@pytest.fixture(scope="module")
def assignment(made: New) -> Assignment:
    return manifest.load(made.staff)


@pytest.fixture(scope="module")
def release(assignment: Assignment, tmp_path_factory: pytest.TempPathFactory) -> Release:
    return build(assignment, tmp_path_factory.mktemp("dist") / "hw-1")


def test_it_releases_at_once(made: New, assignment: Assignment, release: Release) -> None:
    assert (made.public.parent.name, made.staff.parent.name) == ("assignment", "solutions")
    assert assignment.name == "hw-1"
    assert release.proof.solution.score == assignment.points == 10
    assert release.proof.blank.score == 0
    assert [check.hidden for check in release.proof.solution.checks] == [False, True, True]


def test_its_template_holds_no_answer(release: Release) -> None:
    notebook = (release.folder / "student" / "notebook.ipynb").read_text(encoding="utf-8")
    assert "TODO: Subtract the mean" in notebook
    assert "axis=0" not in notebook
    assert "np.mean(predictions" not in notebook


def test_no_placeholder_and_no_leftover(made: New) -> None:
    assert not [path for path in made.files if "@NAME@" in path.read_text(encoding="utf-8")]
    there = made.staff.parents[1].iterdir()
    assert {path.name for path in there} == {"assignment", "solutions"}


@needs_root
def test_its_mistakes_lose_what_they_say(assignment: Assignment, tmp_path: Path) -> None:
    files = solved(assignment)
    known = mistakes(assignment)
    assert sorted(len(mistake.loses) for mistake in known) == [0, 1]
    with Session(assignment, templates(assignment)) as session:
        for number, mistake in enumerate(known):
            path = tmp_path / str(number) / "notebook.ipynb"
            Notebook(mistake.submission(files)["notebook.ipynb"]).save(path)
            assert Graded(session.grade(path)).lost().keys() == mistake.loses
        wrong = Notebook(files["notebook.ipynb"]).edit("accuracy", ("==", "!="))
        graded = Graded(session.grade(wrong.save(tmp_path / "wrong" / "notebook.ipynb")))
        assert graded.lost() == {"2.1": 4}
        assert "Count the places" in graded.messages


@pytest.mark.parametrize("name", ["", "../hw", "a b", "-x", ".x", "x" * 65, "hw/1"])
def test_names_are_those_of_a_manifest(tmp_path: Path, name: str) -> None:
    with pytest.raises(ScaffoldError, match="found the name"):
        new_assignment(name, tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("part", ["assignment", "solutions"])
def test_nothing_is_overwritten(tmp_path: Path, part: str) -> None:
    there = tmp_path / part / "hw"
    there.mkdir(parents=True)
    (there / "mine").write_text("mine")
    with pytest.raises(ScaffoldError, match="found it there already"):
        new_assignment("hw", tmp_path)
    assert [path.name for path in tmp_path.rglob("*")] == [part, "hw", "mine"]


def test_the_terminal_names_the_files_and_the_next_step(made: New) -> None:
    out = io.StringIO()
    print_new(Console(file=out, width=300), made)
    assert str(made.staff / "assignment.toml") in out.getvalue()
    assert f"autograder release {made.staff}" in out.getvalue()
