"""The table of layers, and what follows from it; the docs' table is made from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.sandbox.lockdown import (
    BOTH,
    LAYERS,
    NAMES,
    Grading,
    required,
)
from autograder.sandbox.probes import scratch_holds


def test_each_name_is_said_once_and_rows_refer_to_rows_above() -> None:
    assert len(set(NAMES)) == len(NAMES)
    for place, each in enumerate(LAYERS):
        assert {each.rests_on, each.stands_in_for} <= {"", *NAMES[:place]}
        assert each.required_of <= each.needed_by


def test_what_stands_in_for_another_is_needed_by_the_others() -> None:
    """So that each kind of user has one of the two."""
    rows = {each.name: each for each in LAYERS}
    for each in LAYERS:
        if each.stands_in_for:
            assert each.needed_by == BOTH - rows[each.stands_in_for].needed_by


@pytest.mark.parametrize("grading", Grading)
def test_hidden_checks_require_what_keeps_the_grader_out_of_reach(grading: Grading) -> None:
    """No layer is taken out of the requirements by accident."""
    own = {Grading.ROOT: {"uid"}, Grading.PLAIN: {"same_user", "landlock"}}[grading]
    assert required(grading) == {"no_new_privs", "seccomp", *own}


def test_the_probe_of_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert scratch_holds()
    monkeypatch.chdir(tmp_path / "other")
    assert not scratch_holds()
