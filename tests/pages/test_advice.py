"""What submissions and a release's proof say of each check, as hints to staff."""

from __future__ import annotations

from typing import Any

import pytest

from autograder.model.proven import ProvenCheck
from autograder.model.report import CheckResult, Report
from autograder.pages.advice import BLIND, CONTRADICTS, NEVER_FAILS, NEVER_PASSES, suggestions
from autograder.pages.clusters import clusters
from autograder.pages.items import items

POINTS = {"passed": 2.0, "partial": 1.0}


def check(name: str, status: str, message: str = "") -> CheckResult:
    values: dict[str, Any] = {"question": "Q", "title": name, "number": name, "hidden": True}
    values |= {"score": POINTS.get(status, 0.0), "max_score": 2.0, "message": message}
    return CheckResult(id=f"test_a.py::test_{name}", status=status, **values)


def report(**statuses: str) -> Report:
    checks = tuple(check(name, status) for name, status in statuses.items())
    return Report("s", "a", sum(c.max_score for c in checks), checks)


def advised(
    reports: list[Report], *proofs: ProvenCheck
) -> dict[tuple[str, str], tuple[str, tuple[int, ...]]]:
    found = suggestions(items(reports), reports, {proof.id: proof for proof in proofs})
    return {(each.item.check.number, each.kind): (each.text, each.indices) for each in found}


def test_checks_that_nobody_fails_or_passes() -> None:
    reports = [report(a="passed", b="failed", c="passed" if n % 2 else "failed") for n in range(6)]
    found = advised(reports)
    assert found.keys() == {("a", NEVER_FAILS), ("b", NEVER_PASSES)}
    assert "All 6 passed it. It tells nothing of this class." in found["a", NEVER_FAILS][0]
    assert advised(reports[:4]) == {}  # four say nothing


@pytest.mark.parametrize(
    ("proof", "words"),
    [
        (
            {"caught": 9, "caught_alone": tuple("mnopqrst")},
            "m; n; o; p; q and 3 more: keep",
        ),
        ({"caught": 2}, "other checks catch too"),
        ({"asked": 5, "seen": 1}, "other checks catch too"),
        ({"asked": 5}, "It tells nothing of this class."),
    ],
)
def test_whether_a_check_that_nobody_fails_is_needed(proof: dict[str, Any], words: str) -> None:
    reports = [report(a="passed") for _ in range(5)]
    found = advised(reports, ProvenCheck("test_a.py::test_a", **proof))
    assert words in found["a", NEVER_FAILS][0]


def test_a_check_that_the_better_ones_fail_names_the_best_of_them() -> None:
    good = [report(a="failed", b="passed", c="passed") for _ in range(2)]
    best = report(a="partial", b="passed", c="passed")
    weak = [report(a="passed", b="failed", c="failed") for _ in range(3)]
    middle = report(a="failed", b="passed", c="failed")
    text, indices = advised([*weak, middle, *good, best])["a", CONTRADICTS]
    assert indices == (4, 5, 6, 3)
    assert "(-0.9" in text
    assert "chance" not in text


def test_few_who_contradict_may_be_chance() -> None:
    rows = [("passed", "failed"), ("failed", "passed"), ("failed", "failed"), ("passed", "passed")]
    reports = [report(a=a, b=b) for a, b in [*rows, ("failed", "passed")]]
    assert "With 5 submissions this may be chance." in advised(reports)["a", CONTRADICTS][0]


def test_a_check_that_has_never_failed_anything() -> None:
    reports = [report(a="passed", b="failed")]
    blind = ProvenCheck("test_a.py::test_a", asked=12)
    text, _places = advised(reports, blind, ProvenCheck("test_a.py::test_b", asked=12, seen=1))[
        "a", BLIND
    ]
    assert "passed all 12 wrong mutants" in text
    assert advised(reports, ProvenCheck("test_a.py::test_a")) == {}  # no mutants were made


def test_checks_that_fail_the_same_ones_are_answered_together() -> None:
    def failing(*said: str) -> Report:
        checks = tuple(check(f"{n}", "failed", words) for n, words in enumerate(said))
        return Report("s", "a", 4.0, checks)

    reports = [failing("got 1", "not `a`"), failing("other", ""), failing("got 2", "not `b`")]
    (cluster,) = clusters(reports)
    assert cluster.indices == (0, 2)
    assert [(s.check.number, s.example, s.message) for s in cluster.sayings] == [
        ("0", "got 1", "got #"),
        ("1", "not `a`", "not `…`"),
    ]
    apart = clusters([*reports, failing("got 3", "")])
    assert [(c.indices, len(c.sayings)) for c in apart] == [((0, 2, 3), 1), ((0, 2), 1)]
