"""The whole matrix: each known mistake loses exactly its checks, each right spelling loses none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT, Graded, needs_root

from autograder import manifest
from autograder.session import Session
from release.mistakes import Mistake, mistakes
from release.templates import solution_files, solved, templates

HW4 = manifest.load(ROOT / "solutions" / "hw4")


@pytest.fixture(scope="module")
def solution() -> dict[str, bytes]:
    return solved(HW4) | solution_files(HW4)


@pytest.fixture(scope="module")
def session(training_cache: Path) -> Iterator[Session]:
    with Session(HW4, templates(HW4), cache=training_cache) as started:
        yield started


def handed_in(files: dict[str, bytes], folder: Path) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


@needs_root
@pytest.mark.parametrize("mistake", mistakes(HW4), ids=lambda mistake: mistake.name)
def test_mistake(
    mistake: Mistake, solution: dict[str, bytes], session: Session, tmp_path: Path
) -> None:
    report = session.grade(handed_in(mistake.submission(solution), tmp_path), seed=1)
    lost = Graded(report).lost()
    messages = {c.number: c.message for c in report.checks if c.number in lost}
    assert set(lost) == mistake.loses, messages
    assert all(messages.values())


def test_there_are_enough_of_both_kinds() -> None:
    found = mistakes(HW4)
    names = [mistake.name for mistake in found]
    assert len(set(names)) == len(names)
    assert sum(bool(mistake.loses) for mistake in found) >= 40
    assert sum(not mistake.loses for mistake in found) >= 12
