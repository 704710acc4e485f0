"""Medians of trainings: how many seeds they take, what is certain of them, and what stops them."""

from __future__ import annotations

import itertools
import math
import os
import select
import shutil
import signal
import statistics
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest
from conftest import TWO_FUNCTIONS, needs_root
from hypothesis import given
from hypothesis import strategies as st

from autograder.checks.cache import Cache
from autograder.checks.training import Training, forks
from autograder.checks.training.forks import TrainingLate, trained
from autograder.checks.training.sequential import decide, interval, looks
from autograder.gradescope.output import results
from autograder.grading.policies import CachePolicy
from autograder.grading.session import Session
from autograder.model import manifest
from autograder.model.errors import HarnessFault
from autograder.model.findings import CheckFailed
from autograder.model.manifest import TrainingRules
from autograder.model.report import Median, Report
from autograder.model.validation import ManifestError
from release.markup.templates import solved, templates


def walk(reached: Sequence[bool], alpha: float, beta: float) -> tuple[bool, int]:
    """The verdict on seeds that reach or not, in this order, and how many were needed."""
    values, order = list(map(float, reached)), tuple(range(len(reached)))
    verdict, used = decide(
        lambda seeds: [values[seed] for seed in seeds], order, bool, alpha=alpha, beta=beta
    )
    return verdict, len(used)


@pytest.mark.parametrize("most", [1, 3, 5, 7, 9, 11, 13])
@pytest.mark.parametrize(("alpha", "beta"), [(0.01, 0.01), (0.1, 0.02), (0.02, 0.2), (0.49, 0.49)])
def test_early_errors_are_as_rare_as_asked_for(most: int, alpha: float, beta: float) -> None:
    """By all outcomes one by one, at a share of a half, where errors are most frequent."""
    wrongly_passed = wrongly_failed = 0
    for outcome in itertools.product((False, True), repeat=most):
        verdict, _used = walk(outcome, alpha, beta)
        wrongly_passed += verdict and sum(outcome) <= most // 2
        wrongly_failed += not verdict and sum(outcome) > most // 2
    assert wrongly_passed / 2**most <= beta
    assert wrongly_failed / 2**most <= alpha


@given(st.lists(st.booleans(), min_size=21, max_size=21))
def test_a_tiny_error_gives_the_verdict_of_all_seeds(reached: list[bool]) -> None:
    assert walk(reached, 1e-9, 1e-9)[0] == (sum(reached) > 10)


def test_an_error_that_is_allowed_is_made_use_of() -> None:
    assert walk([True] * 21, 0.01, 0.01) == (True, 7)  # 2**-7 < 0.01
    assert walk([False] * 21, 0.01, 0.01) == (False, 7)
    assert walk([True] * 21, 0.2, 0.001) == (True, 10)
    assert walk([False] * 21, 0.2, 0.001)[1] < 6
    assert walk([True] * 7, 0.01, 0.01) == (True, 4), "the other three change nothing"


def test_boundaries_lie_on_their_own_sides() -> None:
    for most, alpha, beta in itertools.product(range(1, 40, 2), (0.001, 0.05), (0.01, 0.3)):
        found = looks(most, alpha, beta)
        assert found[-1].seeds == most
        assert found[-1].passes == found[-1].fails + 1 == most // 2 + 1
        for look in found:
            assert -1 <= look.fails < look.seeds / 2 < look.passes <= look.seeds + 1


@pytest.mark.parametrize(("most", "alpha"), [(4, 0.1), (0, 0.1), (3, 0.0), (3, 0.5)])
def test_a_test_that_is_none_is_refused(most: int, alpha: float) -> None:
    with pytest.raises(ValueError, match=r"odd number|between 0 and 0\.5"):
        looks(most, alpha, 0.1)


@pytest.mark.parametrize("count", range(1, 12))
def test_the_interval_holds_the_median_as_often_as_it_says(count: int) -> None:
    low, high, confidence = interval(list(range(count)))
    held = sum(
        # By how many of the values lie below the true median.
        low < below <= high
        for below in (sum(outcome) for outcome in itertools.product((0, 1), repeat=count))
    )
    assert confidence == pytest.approx(held / 2**count)
    assert confidence >= 0.95 or (low, high) == (0, count - 1)


# --- what checks get ------------------------------------------------------------------------------


def at(place: float, seeds: Sequence[int]) -> list[float]:
    """Spread out round a place, by the seed alone."""
    return [place + seed % 1000 / 1000 - 0.5 for seed in seeds]


RULES = TrainingRules()


def training(rules: TrainingRules = RULES, seed: int = 5, **more: object) -> Training:
    return Training(rules, seed, more.pop("cache", Cache(None)), **more)  # type: ignore[arg-type]


def test_seeds_follow_from_the_run() -> None:
    assert training(seed=5).seeds(30)[:8] == training(seed=5).seeds(8)
    assert len(set(training(seed=5).seeds(30) + training(seed=6).seeds(30))) == 60
    assert all(0 <= seed < 2**32 for seed in training(seed=2**48 - 1).seeds(100))


def test_a_median_says_what_it_used() -> None:
    noted: list[Median] = []
    found = training(note=noted.append).median(lambda s: at(80, s), at_least=70, name="CNN")
    assert found.reached
    assert found.seeds == training().seeds(7)
    assert found.values == tuple(at(80, found.seeds))
    assert found.value == statistics.median(found.values)
    assert found.low <= found.value <= found.high
    assert (found.most, found.threshold, found.name) == (21, 70, "CNN")
    assert noted == [found]


def test_thresholds_of_both_directions() -> None:
    trial = training()
    assert not trial.median(lambda s: at(80, s), at_least=90).reached
    assert trial.median(lambda s: at(1, s), at_most=2).reached
    assert not trial.median(lambda s: at(3, s), at_most=2).reached
    assert len(trial.median(lambda s: at(3, s), seeds=5).seeds) == 5
    for how in ({"at_least": 0.0}, {"at_most": 0.0}):
        assert not trial.median(lambda s: [math.nan] * len(s), **how).reached


def test_what_no_median_can_be_taken_of_is_the_harness_fault() -> None:
    with pytest.raises(HarnessFault, match="odd number"):
        training().median(lambda s: at(1, s), at_least=1, seeds=4)
    with pytest.raises(HarnessFault, match="1 values for 7 seeds"):
        training().median(lambda _s: [1.0], at_least=1)
    with pytest.raises(HarnessFault, match="one threshold"):
        training().median(lambda s: at(1, s), at_least=1, at_most=2)
    outer = 3.0
    with pytest.raises(HarnessFault, match="pass them as"):
        training().remembered(lambda seeds: [outer] * len(seeds))
    with pytest.raises(HarnessFault, match="pass them as"):
        training().remembered(partial(at, 3.0))


def test_bounds_are_told_before_anything_is_trained() -> None:
    rules = TrainingRules(steps=100, seconds=5)
    training(rules).check_bounds(steps=100, seconds=5)
    for asked, words in (
        ({"steps": 101}, "101 steps as chosen; 100 are allowed"),
        ({"steps": 1, "seconds": 6}, "about 6 seconds as chosen; 5 are allowed"),
        ({"steps": math.inf}, "100 are allowed"),
        ({"steps": math.nan}, "100 are allowed"),
    ):
        with pytest.raises(CheckFailed) as caught:
            training(rules).check_bounds(**asked)
        assert words in caught.value.finding.text(hidden=True)


def logged(log: str, place: float, seeds: Sequence[int]) -> list[float]:
    with Path(log).open("a", encoding="utf-8") as file:
        file.write("".join(f"{seed}\n" for seed in seeds))
    return at(place, seeds)


def test_trainings_are_remembered_by_seed_and_arguments(tmp_path: Path) -> None:
    log = tmp_path / "log"
    how = {"cache": Cache(tmp_path / "memory")}
    first = training(**how)
    found = first.median(first.remembered(logged, str(log), 80.0), at_least=70)
    assert sorted(map(int, log.read_text().split())) == sorted(found.seeds)
    again = training(**how)
    assert again.median(again.remembered(logged, str(log), 80.0), at_least=70) == found
    assert len(log.read_text().split()) == 7
    other = training(seed=6, **how)
    other.median(other.remembered(logged, str(log), 80.0), at_least=70)
    assert len(log.read_text().split()) == 14


def further(log: str, place: float, seeds: Sequence[int]) -> list[float]:
    return logged(log, place + 1, seeds)


def test_functions_of_one_module_are_told_apart(tmp_path: Path) -> None:
    trial = training(cache=Cache(tmp_path / "memory"))
    arguments = str(tmp_path / "log"), 80.0
    assert trial.remembered(logged, *arguments)((1, 2)) == at(80, (1, 2))
    assert trial.remembered(further, *arguments)((1, 2)) == at(81, (1, 2))


# --- side by side ---------------------------------------------------------------------------------


@pytest.mark.parametrize("cores", [1, 2, 3])
def test_values_do_not_depend_on_the_cores(cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forks, "usable_cores", lambda: cores)
    values, _spent = trained(at, (3.0,), (4, 9, 1, 7), 10)
    assert values == at(3.0, (4, 9, 1, 7))


def endless(_seeds: Sequence[int]) -> list[float]:
    while True:
        pass


def test_a_limit_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forks, "usable_cores", lambda: 2)
    before = sum(os.times()[2:4])
    with pytest.raises(TrainingLate):
        trained(endless, (), range(4), 0.5)
    assert sum(os.times()[2:4]) - before < 1.5
    late: list[bool] = []
    trial = training(TrainingRules(seconds=0.3), late=lambda: late.append(True))
    run = trial.remembered(endless)
    with pytest.raises(CheckFailed) as caught:
        trial.median(run, at_least=1)
    assert "more than the 0.3 seconds that are allowed" in caught.value.finding.text(hidden=True)
    assert late == [True]


def test_a_training_ends_with_the_process_that_began_it() -> None:
    pid = os.fork()
    if pid == 0:
        try:
            trained(endless, (), (1,), 100)
        finally:
            os._exit(0)
    children = Path(f"/proc/{pid}/task/{pid}/children")
    while not (found := children.read_text().split()):
        time.sleep(0.01)
    time.sleep(0.3)  # so that it trains
    descriptor = os.pidfd_open(int(found[0]))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    ended, _, _ = select.select([descriptor], [], [], 20)
    os.close(descriptor)
    if not ended:
        os.kill(int(found[0]), signal.SIGKILL)
    assert ended


def spending(seeds: Sequence[int]) -> list[float]:
    end = time.process_time() + 0.3
    while time.process_time() < end:
        pass
    # Neither side is certain before the end.
    return [float(seed % 2) for seed in seeds]


def test_the_limit_is_one_of_all_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forks, "usable_cores", lambda: 1)
    trial = training(TrainingRules(seconds=0.5))
    run = trial.remembered(spending)
    run((1, 2))
    with pytest.raises(CheckFailed):
        run((3, 4))


def failing(_seeds: Sequence[int]) -> list[float]:
    raise ZeroDivisionError("in the training")


def too_few(_seeds: Sequence[int]) -> list[float]:
    return [1.0]


def killed(_seeds: Sequence[int]) -> list[float]:
    os.kill(os.getpid(), signal.SIGKILL)
    return []


def children() -> set[str]:
    """The processes that this one has started, those of other tests included."""
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


@pytest.mark.parametrize(
    ("train", "words"),
    [(failing, "in the training"), (too_few, "1 values for"), (killed, "exit code -9")],
)
def test_a_training_that_breaks_is_the_harness_fault(
    train: forks.Train, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forks, "usable_cores", lambda: 2)
    before = children()
    with pytest.raises(HarnessFault, match=words):
        trained(train, (), range(4), 10)
    assert children() <= before


# --- in a run -------------------------------------------------------------------------------------

CHECKS = """
from gradescope_utils.autograder_utils.decorators import number, weight

from autograder.checks import expect, question
from noise import accuracies


@question("Q1")
@weight(2)
@number("1")
def test_accuracy(training):
    expect(training.median(training.remembered(accuracies, 0.8), at_least=0.7).reached, "low")


@question("Q2")
@weight(2)
@number("2")
def test_other(training):
    expect(training.median(training.remembered(accuracies, 0.2), at_least=0.7).reached, "low")
"""
NOISE = """
import numpy as np


def accuracies(middle, seeds):
    return [middle + np.random.default_rng(seed).uniform(-0.05, 0.05) for seed in seeds]
"""


@pytest.fixture
def staff(tmp_path: Path) -> Path:
    shutil.copytree(TWO_FUNCTIONS, tmp_path / "two")
    staff = tmp_path / "two" / "staff"
    (staff / "checks" / "test_two.py").write_text(CHECKS)
    (staff / "checks" / "noise.py").write_text(NOISE)
    return staff


def grade(staff: Path, tmp_path: Path, seed: int) -> Report:
    assignment = manifest.load(staff)
    folder = tmp_path / "submission"
    folder.mkdir(exist_ok=True)
    for name, data in solved(assignment).items():
        (folder / name).write_bytes(data)
    memory = tmp_path / "memory"
    with Session(
        assignment, templates(assignment), cache=CachePolicy(memory, verdicts=True)
    ) as session:
        report = session.grade(folder, seed=seed)
    assert not report.faulty, report.all_faults
    return report


@needs_root
def test_results_keep_seeds_and_interval(staff: Path, tmp_path: Path) -> None:
    report = grade(staff, tmp_path, 3)
    assert [check.score for check in report.checks] == [2, 0]
    (median,) = report.checks[0].medians
    assert median.seeds == training(seed=3).seeds(7)
    assert 0.75 < median.low < median.value < median.high < 0.85
    again = grade(staff, tmp_path, 3)
    assert again.checks[0].seconds == 0, "it is remembered"
    assert again.checks[0].medians == (median,)
    assert grade(staff, tmp_path, 4).checks[0].medians[0].seeds != median.seeds
    written = results(report)["tests"][0]["extra_data"]["medians"][0]
    assert written["seeds"] == list(median.seeds)
    assert (written["low"], written["high"]) == (median.low, median.high)


@needs_root
def test_the_manifest_says_how_sure_a_median_has_to_be(staff: Path, tmp_path: Path) -> None:
    path = staff / manifest.FILE_NAME
    path.write_text(path.read_text() + "\n[training]\nalpha = 0.2\nbeta = 0.001\nseeds = 31\n")
    passed, failed = (check.medians[0] for check in grade(staff, tmp_path, 3).checks)
    assert (len(passed.seeds), passed.most) == (10, 31)
    assert len(failed.seeds) < 10


@pytest.mark.parametrize(
    "line", ["alpha = 0", "beta = 0.5", "seeds = 4", "steps = 0", "seconds = 0", "errors = 1"]
)
def test_a_manifest_that_asks_for_what_cannot_be_is_refused(staff: Path, line: str) -> None:
    path = staff / manifest.FILE_NAME
    path.write_text(path.read_text() + f"\n[training]\n{line}\n")
    with pytest.raises(ManifestError, match=line.split(maxsplit=1)[0]):
        manifest.load(staff)
