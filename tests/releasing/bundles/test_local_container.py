"""Grading in a container by hand: what is missing is said in one sentence, and nothing is run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from conftest import TWO_FUNCTIONS

from autograder.model import manifest
from autograder.model.errors import UserError
from release.bundles.bundle import write_gradescope, write_zip
from release.bundles.container import ContainerError, find_engine, grade_in_container
from release.markup.templates import templates


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    assignment = manifest.load(TWO_FUNCTIONS / "staff")
    write_gradescope(assignment, templates(assignment), tmp_path / "made")
    write_zip(tmp_path / "made", tmp_path / "gradescope.zip")
    return tmp_path / "gradescope.zip"


def test_no_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ContainerError, match="neither docker nor podman was found"):
        find_engine()


def program(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


def test_an_engine_that_answers_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    program(tmp_path / "docker", "exit 1")
    with pytest.raises(ContainerError, match="docker: does not answer; start its service"):
        find_engine()
    program(tmp_path / "podman", '[ "$1" = info ] || exit "$2"')
    assert find_engine()(["build", "7"]) == 7


@pytest.mark.parametrize(
    ("lacking", "said"),
    [
        ("bundle", "not found; make it by `autograder release` first"),
        ("zip", r"gradescope\.zip: cannot be read \(File is not a zip file\); make it again"),
        ("submission", "not found; name what is to be graded"),
        ("build", r"could not be built \(exit code 5\)"),
        ("results", r"the container left no results \(FileNotFoundError\)"),
        ("sense", "Gradescope would not take the container's results: "),
    ],
)
def test_what_is_missing_is_said(bundle: Path, tmp_path: Path, lacking: str, said: str) -> None:
    def engine(arguments: Sequence[str]) -> int:
        if arguments[0] == "run" and lacking == "sense":
            results = next(word for word in arguments if ":/autograder/results" in word)
            folder = Path(results.removeprefix("--volume=").split(":")[0])
            (folder / "results.json").write_text('{"tests": "none"}', encoding="utf-8")
        return 5 if lacking == "build" else 0

    submission = tmp_path / "two.ipynb"
    if lacking != "submission":
        submission.write_text("{}", encoding="utf-8")
    if lacking == "zip":
        bundle.write_bytes(bundle.read_bytes()[:1000])
    if lacking == "bundle":
        bundle.unlink()
    with pytest.raises(UserError, match=said):
        grade_in_container(bundle, submission, engine)
