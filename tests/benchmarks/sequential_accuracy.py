"""What it costs to be sure of a median accuracy, and who passes, before and after; prints tables.

    .venv/bin/python tests/benchmarks/sequential_accuracy.py [--times] [--picture FILE.svg]
    .venv/bin/python tests/benchmarks/sequential_accuracy.py --record [--data N]   (half an hour)

Before: all seeds of the manifest are trained, to their last epoch. After: groups of seeds, until
the median's side of the threshold is certain; in E1.6 and E3.2 a curve that is high enough ends
early.

The answers are real trainings on record (``accuracy_records.py``), of whose seeds some are drawn
with replacement (bootstrap). Chances of the sequential test alone are exact.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

# Read when torch is loaded; as in autograder.grading.session.
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import torch
from accuracy_records import KINDS, MOST, THRESHOLD, Answer, Kind, drawn, record, recorded
from retraining import BatchedCNN
from rich.console import Console
from rich.table import Table

from autograder.checks.training import forks
from autograder.checks.training.sequential import decide, looks
from autograder.model import manifest

ROOT = Path(__file__).parents[2]
#: Of what is resampled and simulated.
DRAWS, SIMULATED = 500, 200
Rng = np.random.Generator


# --- the sequential test --------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """Chances for an answer of which a share of seeds reaches the threshold."""

    before: float
    after: float
    other: float
    seeds: float


def exactly(share: float, most: int, rules: manifest.TrainingRules) -> Outcome:
    """To pass by all seeds, and by the test; to get another verdict; and the seeds on average."""
    needed = most // 2 + 1

    def some(count: int, least: int) -> float:
        return sum(
            math.comb(count, n) * share**n * (1 - share) ** (count - n)
            for n in range(max(least, 0), count + 1)
        )

    paths, seeds, after, other, mean = {0: 1.0}, 0, 0.0, 0.0, 0.0
    for look in looks(most, rules.alpha, rules.beta):
        group, following = look.seeds - seeds, {}
        for before, chance in paths.items():
            for more in range(group + 1):
                share_of = math.comb(group, more) * share**more * (1 - share) ** (group - more)
                following[before + more] = following.get(before + more, 0.0) + chance * share_of
        seeds, paths = look.seeds, {}
        for reached, chance in following.items():
            passes_all = some(most - seeds, needed - reached)
            if reached >= look.passes:
                after, other = after + chance, other + chance * (1 - passes_all)
            elif reached <= look.fails:
                other += chance * passes_all
            else:
                paths[reached] = chance
                continue
            mean += chance * seeds
    return Outcome(some(most, needed), after, other, mean)


def resampled(found: Answer, rules: manifest.TrainingRules, rng: Rng, draws: int) -> np.ndarray:
    """Rows of: verdict of all seeds, verdict of the test, groups' seeds, share of the training."""
    most, threshold = MOST[found.check], THRESHOLD[found.check]
    rows = []
    for _ in range(draws):
        chosen = rng.integers(0, len(found.final), most)
        groups: list[Sequence[int]] = []

        def run(
            seeds: tuple[int, ...], chosen: np.ndarray = chosen, groups: list = groups
        ) -> list[float]:
            groups.append(seeds)
            return [float(found.early[chosen[seed]]) for seed in seeds]

        passed, values = decide(
            run, range(most), threshold.__le__, alpha=rules.alpha, beta=rules.beta
        )
        every = statistics.median(found.final[chosen]) >= threshold
        # A group ends when the last of its seeds does.
        work = sum(max(found.ended[chosen[list(g)]]) * cost(found.check, len(g)) for g in groups)
        rows.append((every, passed, len(values), work / cost(found.check, most)))
    return np.array(rows, dtype=float)


#: Measured by ``--times``: processor seconds of a whole training, by the number of seeds.
SECONDS = {
    "E1.6": {1: 2.9, 3: 5.4, 5: 8.1},
    "E3.2": {1: 3.2, 2: 4.6, 3: 5.9, 4: 7.5, 5: 9.2, 7: 12.4},
    "E4.5": {1: 0.8, 2: 1.1, 3: 1.35, 4: 1.75, 5: 2.05, 7: 2.55, 11: 4.0, 21: 9.15},
}


def cost(check: str, seeds: int) -> float:
    """Processor seconds of that many seeds together, between those that were measured."""
    known = SECONDS[check]
    return float(np.interp(seeds, list(known), list(known.values())))


# --- tables ---------------------------------------------------------------------------------------


def table(title: str, headings: Iterable[str]) -> Table:
    made = Table(title=title)
    for number, heading in enumerate(headings):
        made.add_column(heading, justify="right" if number else "left")
    return made


def show_exact(console: Console, rules: manifest.TrainingRules) -> None:
    made = table(
        f"exact: alpha {rules.alpha:g}, beta {rules.beta:g}",
        ("share of seeds that reach it", *(f"{most} seeds: {what}" for most in (21, 7) for what in
         ("passes before", "after", "another verdict", "seeds"))),
    )  # fmt: skip
    for share in (0.2, 0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0):
        cells = []
        for most in (21, 7):
            found = exactly(share, most, rules)
            cells += [f"{found.before:.3f}", f"{found.after:.3f}"]
            cells += [f"{found.other:.3%}", f"{found.seeds:.1f}"]
        made.add_row(f"{share:.0%}", *cells)
    console.print(made)
    worst = max(exactly(n / 1000, 21, rules).other for n in range(1001))
    console.print(f"another verdict than that of all 21 seeds, at the worst share: {worst:.3%}")


def show_recorded(console: Console, rules: manifest.TrainingRules, rng: Rng) -> None:
    answers = recorded()
    made = table(
        f"{len(answers)} answers on record, {DRAWS} draws of seeds for each",
        (
            "",
            "answers",
            "same verdict",
            "right: cost, median",
            "mean",
            "seeds",
            "poor: cost, median",
        ),
    )
    same: list[float] = []
    solved: dict[str, list[np.ndarray]] = {check: [] for check in MOST}
    for check, most in MOST.items():
        rows = {True: [], False: []}
        for found in answers:
            if found.check == check:
                drawn_rows = resampled(found, rules, rng, DRAWS)
                same.append(float((drawn_rows[:, 0] == drawn_rows[:, 1]).mean()))
                if found.solved:
                    solved[check].append(drawn_rows[:, 3])
                right = (found.final >= THRESHOLD[check]).mean() >= 0.9
                rows[bool(right)].append(drawn_rows)
        right, poor = (np.concatenate(rows[k]) if rows[k] else None for k in (True, False))
        every = np.concatenate([part for part in (right, poor) if part is not None])
        made.add_row(
            check,
            str(sum(map(len, rows.values()))),
            f"{(every[:, 0] == every[:, 1]).mean():.3%}",
            *(("-", "-") if right is None else _costs(right)),
            "-" if right is None else f"{np.median(right[:, 2]):.0f} of {most}",
            "-" if poor is None else f"{np.median(poor[:, 3]):.0%}",
        )
    console.print(made)
    costs = {check: rng.permutation(np.concatenate(rows)) for check, rows in solved.items()}
    count = min(map(len, costs.values()))
    before = sum(cost(check, most) for check, most in MOST.items())
    after = sum(cost(check, most) * costs[check][:count] for check, most in MOST.items())
    for check, shares in costs.items():
        console.print(f"the solution's numbers, {check}: {np.median(shares):.0%} in the median")
    median, mean = np.median(after) / before, after.mean() / before
    console.print(f"all three: {median:.0%} in the median, {mean:.0%} on average")
    early = [found.final[found.ended < 1] - THRESHOLD[found.check] for found in answers]
    fell = sum(int((above < 0).sum()) for above in early)
    console.print(f"curves that ended early: {sum(map(len, early))}; that fell again: {fell}")
    console.print(
        f"same verdict, all answers alike: {np.mean(same):.3%}; the worst answer: {min(same):.2%}"
    )


def _costs(rows: np.ndarray) -> tuple[str, str]:
    return f"{np.median(rows[:, 3]):.0%}", f"{rows[:, 3].mean():.0%}"


def show_simulated(console: Console, rules: manifest.TrainingRules, rng: Rng) -> None:
    """Accuracies as of real seeds: most round a place, some that have learnt nothing."""
    made = table(
        f"{SIMULATED} simulated data sets for each true median, 21 seeds, threshold 80 %",
        ("true median", "passes before", "after", "same verdict", "seeds, median"),
    )
    for place in (60, 70, 75, 78, 79, 80, 81, 82, 85, 90, 95):
        rows = []
        for _ in range(SIMULATED):
            spread, stuck = rng.uniform(2, 10), rng.uniform(0, 0.1)
            # So that the median of the mixture is where it is said to be.
            shift = statistics.NormalDist().inv_cdf((0.5 - stuck) / (1 - stuck)) * spread
            values = rng.normal(place - shift, spread, 4000).clip(0, 100)
            values[rng.random(4000) < stuck] = 33.3
            found = Answer("E4.5", values, values, np.ones_like(values))
            rows.append(resampled(found, rules, rng, 20))
        every = np.concatenate(rows)
        made.add_row(
            f"{place} %",
            f"{every[:, 0].mean():.3f}",
            f"{every[:, 1].mean():.3f}",
            f"{(every[:, 0] == every[:, 1]).mean():.3%}",
            f"{np.median(every[:, 2]):.0f}",
        )
    console.print(made)


def show_times(console: Console) -> None:
    """Processor seconds of a tenth of each training, times ten, the least of three runs."""
    made = table("processor seconds of a training, one process", ("", "seeds", "seconds"))
    for check, most in MOST.items():
        kind = next(kind for kind in KINDS.values() if kind.check == check)
        short = replace(kind, recipe=replace(kind.recipe, epochs=kind.recipe.epochs // 10))
        for seeds in (1, 2, 3, 4, 5, 7, 11, 21):
            if seeds <= most:
                least = min(_seconds(short, tuple(range(seeds))) for _ in range(3))
                made.add_row(check, str(seeds), f"{10 * least:.2f}")
    console.print(made)
    console.print(f"dealt out to {forks.usable_cores()} cores in checks")


def _seconds(kind: Kind, seeds: tuple[int, ...]) -> float:
    """Of the training alone."""
    train, _ = drawn(kind, 7)
    started = time.process_time()
    with torch.no_grad():
        cnns = BatchedCNN(train, kind.recipe, seeds)
        for _ in range(kind.recipe.epochs):
            cnns.epoch(torch.randperm(len(train.labels)))
    return time.process_time() - started


def draw(path: Path, rules: manifest.TrainingRules) -> None:
    """The chance to pass, by the share of seeds that reach the threshold."""
    from matplotlib import pyplot as plt

    shares = np.linspace(0, 1, 201)
    figure, axes = plt.subplots(figsize=(5, 3), layout="constrained")
    for most, colour in ((7, "tab:orange"), (21, "tab:blue")):
        found = [exactly(float(share), most, rules) for share in shares]
        axes.plot(shares, [f.before for f in found], ":", color=colour, label=f"all {most} seeds")
        axes.plot(shares, [f.after for f in found], color=colour, label=f"up to {most} seeds")
    axes.set_xlabel("share of seeds that reach the threshold")
    axes.set_ylabel("chance to pass")
    axes.legend()
    figure.savefig(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--data", type=int, default=5)
    parser.add_argument("--times", action="store_true")
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    console = Console(width=150)
    rules = manifest.load(ROOT / "solutions" / "hw4").training
    if options.record:
        record(options.data, console)
    if options.times:
        show_times(console)
    rng = np.random.default_rng(1)
    show_exact(console, rules)
    show_recorded(console, rules, rng)
    show_simulated(console, rules, rng)
    if options.picture:
        draw(options.picture, rules)


if __name__ == "__main__":
    main()
