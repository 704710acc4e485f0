"""What becomes of mutants, and of right answers spelled differently."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from conftest import TWO_FUNCTIONS
from typer.testing import CliRunner

from autograder.cli import app
from autograder.grading.staff import StaffPool
from autograder.model import manifest
from autograder.model.report import CheckResult, Report
from autograder.model.trial import Trial
from autograder.model.validation import ManifestError
from release.build import build
from release.mutants.accepted import AcceptedError, accepted_mutants
from release.mutants.command import Measured, QuestionError, known_question, measure
from release.mutants.equivalents import measure_fairness
from release.mutants.making import Mutant
from release.mutants.page import measured_page
from release.mutants.running import (
    ACCEPTED,
    EQUIVALENT,
    KILLED,
    SURVIVED,
    MutantResult,
    MutantTester,
)
from release.mutants.score import kinds, scores, should_see, survivors
from release.mutants.tables import Part
from release.proof.proof import ProofFailed

OBLONG = '    expect_array(student.call("row_sums", matrix), matrix.sum(axis=1))\n'
OF_A_KIND = (
    '[[accepted]]\nquestion = "Q1"\nkind = "reduction"\nchange = "*"\nreason = "either will do"\n'
)


@pytest.fixture
def staff(tmp_path: Path) -> Path:
    shutil.copytree(TWO_FUNCTIONS, tmp_path / "two")
    return tmp_path / "two" / "staff"


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("memory")


def without_asserts(staff: Path) -> None:
    """Have the checks of Q1 look at nothing but how many numbers come back."""
    (checks,) = (staff / "checks").glob("test_*.py")
    text = checks.read_text()
    assert text.count(OBLONG) == 2
    length = '    assert len(student.call("row_sums", matrix)) == len(matrix)\n'
    checks.write_text(text.replace(OBLONG, length))


def of(found: Measured, question: str) -> dict[str, str]:
    return {e.mutant.what: e.status for e in found.results if e.mutant.questions == (question,)}


def test_what_becomes_of_mutants(staff: Path, memory: Path) -> None:
    found = measure(manifest.load(staff), memory)
    first = of(found, "Q1")
    assert first["axis=1 → 0"] == KILLED
    # The last axis of two is the second one, whatever comes in.
    assert first["axis=1 → -1"] == EQUIVALENT
    assert [score.value for score in scores(found.results, ["Q1", "Q2"])] == [1.0, 1.0]
    assert survivors(found.results) == []
    assert {score.name for score in kinds(found.results)} >= {"axis", "constant", "reduction"}


def test_an_assert_less_lets_mutants_survive(
    staff: Path, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_asserts(staff)
    assignment = manifest.load(staff)
    found = measure(assignment, memory)
    assert of(found, "Q1")["np.asarray(matrix).sum → mean"] == SURVIVED
    assert of(found, "Q1")["axis=1 → -1"] == EQUIVALENT
    weak, strong = scores(found.results, ["Q1", "Q2"])
    assert weak.value < 0.9
    assert strong.value == 1
    page = measured_page(found)
    assert "default-src &#39;none&#39;" in page
    assert "np.asarray(matrix).mean(axis=1)" in page

    # Nothing is graded a second time but the solution.
    tried: list[Trial] = []
    grade = StaffPool.tried

    def counted(self: StaffPool, files: Mapping[str, bytes], trial: Trial, **more: Any) -> Report:
        tried.append(trial)
        return grade(self, files, trial, **more)

    monkeypatch.setattr(StaffPool, "tried", counted)
    again = measure(assignment, memory)
    assert tried == [Trial()]
    assert [(e.mutant.id, e.status) for e in again.results] == [
        (e.mutant.id, e.status) for e in found.results
    ]

    # An edit of a check of Q1 runs those of Q1 alone.
    tried.clear()
    (checks,) = (staff / "checks").glob("test_*.py")
    checks.write_text(checks.read_text().replace("rng.random((3, 8))", "rng.random((3, 9))"))
    measure(assignment, memory)
    asked = {name for trial in tried for name in trial.checks if trial.costly == "if passed"}
    assert len(tried) > 5
    assert {name for name in asked if "oblong" in name}
    assert all(any("square" in n or "oblong" in n for n in t.checks) for t in tried[1:] if t.reads)

    survivor = next(e for e in found.results if e.status == SURVIVED)
    (staff / "mutants.toml").write_text(
        f'[[accepted]]\nmutant = "{survivor.mutant.id}"\nreason = "a test"\n'
        '[[accepted]]\nmutant = "0123456789"\nreason = "gone"\n'
    )
    accepted = measure(assignment, memory)
    assert accepted.unused == ("0123456789",)
    assert [e.reason for e in accepted.results if e.status == ACCEPTED] == ["a test"]


def test_all_of_a_kind_is_accepted(staff: Path, memory: Path) -> None:
    without_asserts(staff)
    others = OF_A_KIND.replace("reduction", "shuffle")
    (staff / "mutants.toml").write_text(OF_A_KIND + others)
    found = measure(manifest.load(staff), memory)
    kinds_of = {e.mutant.operator for e in found.results if e.status == ACCEPTED}
    assert kinds_of == {"reduction"}
    assert {e.reason for e in found.results if e.status == ACCEPTED} == {"either will do"}
    assert any(e.status == SURVIVED for e in found.results)  # those of other kinds
    assert found.unused == ("* (shuffle) in Q1",)


def test_a_release_below_the_least_score_is_refused(
    staff: Path, tmp_path: Path, memory: Path
) -> None:
    without_asserts(staff)
    path = staff / "assignment.toml"
    path.write_text(path.read_text() + "\n[proof]\nmin_score = 0.9\n")
    with pytest.raises(ProofFailed) as refused:
        build(manifest.load(staff), tmp_path / "dist", cache=memory)
    assert "question Q1: of its mutants" in str(refused.value)
    assert "np.asarray(matrix).sum → mean; " in str(refused.value)
    assert "question Q2" not in str(refused.value)
    assert not (tmp_path / "dist").exists()


def test_a_release_that_sees_enough_records_its_scores(
    staff: Path, tmp_path: Path, memory: Path
) -> None:
    path = staff / "assignment.toml"
    path.write_text(path.read_text() + '\n[proof]\nmutants = "changed"\nmin_score = 0.9\n')
    made = build(manifest.load(staff), tmp_path / "dist", cache=memory)
    record = json.loads(made.record.read_text())["proof"]["mutants"]
    assert [(q["question"], q["score"]) for q in record["questions"]] == [("Q1", 1.0), ("Q2", 1.0)]
    assert record["survivors"] == []


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ('mutants = "some"', r"'some' is not one of \['off', 'changed', 'all'\]"),
        ("min_score = 1.5", "1.5 is greater than the maximum of 1"),
        ('mutants = "off"\nmin_score = 0.5', 'no score is measured with mutants = "off"'),
    ],
)
def test_rules_that_say_nothing_sensible(staff: Path, rules: str, message: str) -> None:
    path = staff / "assignment.toml"
    path.write_text(f"{path.read_text()}\n[proof]\n{rules}\n")
    with pytest.raises(ManifestError, match=message):
        manifest.load(staff)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[accepted]\n", "this is not valid TOML"),
        ("[[allowed]]\n", "allowed is unknown"),
        ('[[accepted]]\nmutant = "a"\n', "give it the keys mutant and reason, or question"),
        ('[[accepted]]\nquestion = "Q1"\nkind = "*"\nreason = "b"\n', "question, kind, change and"),
        (OF_A_KIND.replace("Q1", "Q7"), "there is no question 'Q7'; choose from Q1, Q2"),
        (OF_A_KIND * 2, r"\* \(reduction\) in Q1 stands there twice"),
        ('[[accepted]]\nmutant = "a"\nreason = " "\n', "give it the keys mutant and reason"),
        ('[[accepted]]\nmutant = "a"\nreason = "b"\n' * 2, "a stands there twice"),
    ],
)
def test_a_wrong_list_of_accepted_mutants(staff: Path, text: str, message: str) -> None:
    (staff / "mutants.toml").write_text(text)
    with pytest.raises(AcceptedError, match=message):
        accepted_mutants(manifest.load(staff))


def test_a_question_that_is_not_there(staff: Path) -> None:
    assert known_question(manifest.load(staff), "q1") == "Q1"
    with pytest.raises(QuestionError, match="has no question 'Q7'; choose from Q1, Q2"):
        known_question(manifest.load(staff), "Q7")


def test_which_check_should_see_it() -> None:
    def one(
        question: str, status: str, by: tuple[str, ...] = (), what: str = "a → b"
    ) -> MutantResult:
        mutant = Mutant("id", (question,), "kind", what, "f", "f, cell 1", 3, "a", "b", {})
        return MutantResult(mutant, status, by)

    lost = one("Q2", SURVIVED)
    told = should_see(lost, [one("Q1", KILLED, ("1.3",)), lost])
    assert told == "killed in Q1 (by 1.3), survives in Q2"
    near = one("Q2", KILLED, ("2.1",), "c → d")
    assert should_see(lost, [near, lost]) == "2.1 sees 1 other mutant there"
    assert should_see(lost, [lost]) == "no check of Q2 sees any mutant there"


def test_a_file_belongs_to_the_question_that_loses_most_by_it(staff: Path, tmp_path: Path) -> None:
    path = staff / "assignment.toml"
    more = [f'[[question]]\nid = "{name}"\ntitle = "files"\npoints = 2\n' for name in "MW"]
    path.write_text("\n".join([path.read_text(), *more]))

    def checked(lost: Mapping[str, float]) -> Report:
        checks = [
            CheckResult(name, name, "", name, True, 2 - lost.get(name, 0), 2, "passed")
            for name in ("Q1", "Q2", "M", "W")
        ]
        return Report("", "", 8, tuple(checks))

    class Grading:
        """In place of sessions: by file, what is lost without it."""

        seed = 1

        def tried(self, files: Mapping[str, bytes], trial: Trial, *, no_cache: bool) -> Report:
            assert (trial.checks, no_cache) == (("M", "W"), False)
            gone = next(name for name in lost_without if name not in files)
            return checked(lost_without[gone])

    lost_without: dict[str, dict[str, float]] = {
        "log.csv": {"M": 0.5, "W": 1.5},
        "both.csv": {"M": 1, "W": 1},
        "idle.csv": {},
    }
    solution = dict.fromkeys(lost_without, b"a\n1\n2\n")
    grading: Any = Grading()
    tester = MutantTester(manifest.load(staff), solution, grading, checked({}), tmp_path / "memory")
    found = {name: tester.located(Part(name)) for name in lost_without}
    assert found == {"log.csv": ("W",), "both.csv": ("M", "W"), "idle.csv": ()}


# --- right answers -------------------------------------------------------------------------------


def test_right_answers_spelled_differently_lose_nothing(staff: Path, memory: Path) -> None:
    found = measure_fairness(manifest.load(staff), memory)
    assert found.lost == ()
    assert found.faults == ()
    assert all(len(names) >= 25 for names in found.tried.values())


def test_a_check_that_is_unfair_is_named(staff: Path, memory: Path) -> None:
    (checks,) = (staff / "checks").glob("test_*.py")
    rule = '    assert "axis=1" in str(student.source("row_sums").text)\n'
    checks.write_text(checks.read_text().replace(OBLONG, OBLONG + rule, 1))
    runner = CliRunner()
    page = staff / "page.html"
    arguments = ["mutate", str(staff), "--equivalent", "--cache", str(memory)]
    done = runner.invoke(app, [*arguments, "--fresh", "--html", str(page)])
    assert done.exit_code == 1
    assert "1.1, other numbers:" in done.output
    assert "<h3>1.1: other numbers</h3>" in page.read_text()
    (staff / "mutants.toml").write_text(
        '[[rewrite]]\ncheck = "1.1"\nrewrite = "other numbers"\nreason = "it is a test"\n'
    )
    assert runner.invoke(app, arguments).exit_code == 0


def test_the_command(staff: Path, memory: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    arguments = ["mutate", str(staff), "Q1", "--cache", str(memory), "--html", str(page)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0
    assert "Q1" in done.output
    assert "Q2" not in done.output
    assert "default-src" in page.read_text()
