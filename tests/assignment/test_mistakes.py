"""The whole matrix: each known mistake loses exactly its checks, each right spelling loses none.

The release's proof has graded them; this reads the reports by itself.
"""

from __future__ import annotations

import pytest
from conftest import ROOT, Graded

from autograder.model import manifest
from release.build import Release
from release.proof.mistakes import Mistake, mistakes

HW4 = manifest.load(ROOT / "solutions" / "hw4")
MISTAKES = mistakes(HW4)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_mistake(mistake: Mistake, hw4_release: Release) -> None:
    report = next(r for m, r in hw4_release.proof.mistakes if m.name == mistake.name)
    lost = Graded(report).lost()
    messages = {c.number: c.message for c in report.checks if c.number in lost}
    assert set(lost) == mistake.loses, messages
    assert all(messages.values())


def test_the_same_log_three_times_is_flagged(hw4_release: Release) -> None:
    reports = {mistake.name: report for mistake, report in hw4_release.proof.mistakes}
    flags = reports["one large log for all optimizers"].flags
    assert any("are the same, byte by byte" in flag for flag in flags)


def test_no_points_and_no_leaderboard_for_easy_pictures(hw4_release: Release) -> None:
    reports = {mistake.name: report for mistake, report in hw4_release.proof.mistakes}
    report = reports["one grey for each class in the cell of the hyperparameters"]
    wider = Graded(report).check("E7.1")
    assert (wider.status, wider.leaderboard) == ("skipped", ())
    assert wider.message.startswith("Not on the leaderboard.")
    right = Graded(hw4_release.proof.solution).check("E7.1")
    assert (right.status, len(right.leaderboard)) == ("passed", 2)


def test_each_answer_is_missed_by_checks_of_its_own_question(hw4_release: Release) -> None:
    missed = {each.blanked.cell: set(each.checks) for each in hw4_release.proof.ablations}
    assert missed.pop("m1") == missed.pop("m2") == set()  # their logs are judged, not the cells
    questions = {q.anchor: q.id for q in HW4.questions if q.anchor}
    assert set(missed) == set(questions)
    for cell, checks in missed.items():
        group = questions[cell].rstrip("ab")
        assert any(number.startswith(group) for number in checks), (cell, checks)


def test_there_are_enough_of_both_kinds() -> None:
    names = [mistake.name for mistake in MISTAKES]
    assert len(set(names)) == len(names)
    assert sum(bool(mistake.loses) for mistake in MISTAKES) >= 40
    assert sum(not mistake.loses for mistake in MISTAKES) >= 12
