"""Curves of real trainings of homework 4, made once and kept; as answers that a student can give.

``recorded_accuracies.json`` holds accuracies seed by seed, on data sets as the solution draws them,
with right and poor hyperparameters. Each number of epochs on a curve is an answer of its own.
"""

from __future__ import annotations

import itertools
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.progress import track

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "assignment" / "hw4"), str(ROOT / "solutions" / "hw4" / "checks")]

from held_out import held_out  # noqa: E402
from hw4.datasets import EdgeDetectionDataset  # noqa: E402
from hw4.training import set_seed  # noqa: E402
from loaders import THREE  # noqa: E402
from retraining import LONG, LOOKS, BatchedCNN, Data, Recipe  # noqa: E402

RECORDED = Path(__file__).with_name("recorded_accuracies.json")


@dataclass(frozen=True)
class Kind:
    """A training: for which check, on what data, looked at how often, from how many seeds."""

    check: str
    per_class: int
    ratio: float
    recipe: Recipe
    every: int
    seeds: int


#: What is judged: the median over at most so many seeds; and where a curve may end early.
MOST = {"E1.6": 5, "E3.2": 7, "E4.5": 21}
THRESHOLD = {"E1.6": 90.0, "E3.2": 80.0, "E4.5": 80.0}
ENOUGH = {"E1.6": 93.0, "E3.2": 90.0, "E4.5": 100.0}
KINDS = {
    "E1.6": Kind("E1.6", 10, 1.0, Recipe(1000, 1e-2, 7, 32), 50, 11),
    "E3.2": Kind("E3.2", 50, 1.0, Recipe(300, 5e-3, 7, 10), 10, 14),
    "E4.5, solution": Kind("E4.5", 10, 0.5, Recipe(1000, 5e-3, 3, 10), 100, 21),
    "E4.5, lr 0.02": Kind("E4.5", 10, 0.5, Recipe(1000, 2e-2, 3, 10), 100, 21),
    "E4.5, lr 5e-4": Kind("E4.5", 10, 0.5, Recipe(1000, 5e-4, 3, 10), 100, 21),
    "E4.5, kernel 5": Kind("E4.5", 10, 0.5, Recipe(1000, 5e-3, 5, 10), 100, 21),
}
#: Those with the solution's numbers, to their last epoch.
SOLVED = ("E1.6", "E3.2", "E4.5, solution")


# --- recording ------------------------------------------------------------------------------------


def drawn(kind: Kind, seed: int) -> tuple[Data, Data]:
    """Pictures to train on, as the solution draws them, and those that the check measures on."""
    set_seed(seed)
    config = {"possible_edge_location_ratio": kind.ratio, "data_per_class": kind.per_class}
    data = EdgeDetectionDataset(config, "train")
    train = Data((data.images / 255).astype(np.float32), data.labels, 3)
    return train, train if kind.check == "E1.6" else held_out(THREE, kind.ratio)


def curves(kind: Kind, seed: int) -> np.ndarray:
    """Accuracies ``(looks, seeds)`` in per cent."""
    train, judged_on = drawn(kind, seed)
    found = []
    with torch.no_grad():
        cnns = BatchedCNN(train, kind.recipe, tuple(range(kind.seeds)))
        order = torch.Generator().manual_seed(kind.recipe.order)
        for epoch in range(1, kind.recipe.epochs + 1):
            cnns.epoch(torch.randperm(len(train.labels), generator=order))
            if epoch % kind.every == 0:
                found.append(cnns.accuracies(judged_on))
    return np.array(found)


def record(data_sets: int, console: Console) -> None:
    rows = [
        {"kind": name, "data": seed, "curves": curves(kind, seed).round(1).tolist()}
        for name, kind in KINDS.items()
        for seed in track(range(100, 100 + data_sets), name, console=console)
    ]
    RECORDED.write_text(json.dumps(rows), encoding="utf-8")


# --- answers on record ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """A number of epochs on a recorded curve.

    Attributes:
        final: each seed's accuracy behind the last epoch.
        early: the one that it counts with where a curve may end early.
        ended: by then so much of its training was over.
        solved: whether its numbers are the solution's.
    """

    check: str
    final: np.ndarray
    early: np.ndarray
    ended: np.ndarray
    solved: bool = False


def answer(kind: Kind, curve: np.ndarray, last: int) -> Answer:
    """Train up to a look of a curve, and end early by the rule of ``cnn_accuracies``."""
    final, epochs = curve[last], (last + 1) * kind.every
    early, ended = final.copy(), np.ones_like(final)
    if epochs >= LONG and ENOUGH[kind.check] < 100:
        seen = [epochs * n // LOOKS // kind.every - 1 for n in range(1, LOOKS)]
        for number in range(len(final)):
            for before, now in itertools.pairwise(seen):
                if min(curve[before, number], curve[now, number]) >= ENOUGH[kind.check]:
                    early[number] = curve[now, number]
                    ended[number] = (now + 1) / (last + 1)
                    break
    solved = epochs == kind.recipe.epochs and kind in map(KINDS.get, SOLVED)
    return Answer(kind.check, final, early, ended, solved)


def recorded() -> list[Answer]:
    rows = json.loads(RECORDED.read_text(encoding="utf-8"))
    return [
        answer(kind, np.array(row["curves"]), last)
        for row in rows
        for kind in (KINDS[row["kind"]],)
        for last in range(len(row["curves"]))
        if is_answer(kind, (last + 1) * kind.every)
    ]


def is_answer(kind: Kind, epochs: int) -> bool:
    """Whether a student can choose so many epochs, and the looks at such a curve are on record."""
    if kind.check == "E1.6":
        return epochs == kind.recipe.epochs
    return ENOUGH[kind.check] == 100 or epochs < LONG or epochs // LOOKS % kind.every == 0
