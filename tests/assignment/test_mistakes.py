"""The whole matrix: each known mistake loses exactly its checks, each right spelling loses none."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import ROOT, Graded, needs_root

from autograder import manifest
from autograder.results import Report
from autograder.session import Session
from release.mistakes import Mistake, mistakes
from release.templates import solution_files, solved, templates

HW4 = manifest.load(ROOT / "solutions" / "hw4")
MISTAKES = mistakes(HW4)
#: Sessions side by side, each with processes of its own.
SESSIONS = 2


@pytest.fixture(scope="module")
def reports(training_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report]:
    """All submissions, graded."""
    solution = solved(HW4) | solution_files(HW4)
    blank = templates(HW4)
    folder = tmp_path_factory.mktemp("mistakes")
    own = threading.local()

    def grade(number: int, mistake: Mistake) -> Report:
        target = folder / str(number)
        for name, data in mistake.submission(solution).items():
            path = target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        if not hasattr(own, "session"):
            own.session = Session(HW4, blank, cache=training_cache).__enter__()
            sessions.append(own.session)
        report: Report = own.session.grade(target, seed=1)
        return report

    sessions: list[Session] = []
    with ThreadPoolExecutor(1) as first:  # what it trains, the others find
        first.submit(grade, 0, MISTAKES[0]).result()
    with ThreadPoolExecutor(SESSIONS) as pool:
        found = pool.map(grade, range(1, len(MISTAKES) + 1), MISTAKES)
    for session in sessions:
        session.close()
    return {mistake.name: report for mistake, report in zip(MISTAKES, found, strict=True)}


@needs_root
@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_mistake(mistake: Mistake, reports: dict[str, Report]) -> None:
    report = reports[mistake.name]
    lost = Graded(report).lost()
    messages = {c.number: c.message for c in report.checks if c.number in lost}
    assert set(lost) == mistake.loses, messages
    assert all(messages.values())


@needs_root
def test_the_same_log_three_times_is_flagged(reports: dict[str, Report]) -> None:
    flags = reports["one large log for all optimizers"].flags
    assert any("are the same, byte by byte" in flag for flag in flags)


def test_there_are_enough_of_both_kinds() -> None:
    names = [mistake.name for mistake in MISTAKES]
    assert len(set(names)) == len(names)
    assert sum(bool(mistake.loses) for mistake in MISTAKES) >= 40
    assert sum(not mistake.loses for mistake in MISTAKES) >= 12
