"""Times the trusted retraining against plain PyTorch, and shows who passes; prints tables.

    .venv/bin/python tests/benchmarks/retraining.py [--seeds N] [--data N]

The first table: five seeds at once against a plain loop over one seed on one core. The second: for
right and poor hyperparameters the accuracies over many seeds and several data sets, and the
probability that the median over the manifest's number of seeds reaches its threshold. What it costs
to be sure of that is shown by ``sequential_accuracy.py``.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import sys
import time
from pathlib import Path

# Read when torch is loaded; as in autograder.grading.session.
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table
from torch.nn import functional

from autograder.checks.training.forks import trained, usable_cores
from autograder.model import manifest

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "assignment" / "hw4"), str(ROOT / "solutions" / "hw4" / "checks")]

from held_out import held_out  # noqa: E402
from hw4.datasets import EdgeDetectionDataset  # noqa: E402
from hw4.models import SimpleCNN  # noqa: E402
from hw4.training import set_seed  # noqa: E402
from loaders import THREE  # noqa: E402
from retraining import (  # noqa: E402
    MOMENTUM,
    Data,
    Recipe,
    cnn_accuracies,
)

#: (name, pictures of each class, ratio, epochs, lr, kernel size)
E3 = (
    ("E3 reference, 300 epochs", 50, 1.0, 300, 5e-3, 7),
    ("E3 poor, 10 epochs", 50, 1.0, 10, 5e-3, 7),
    ("E3 poor, 30 epochs", 50, 1.0, 30, 5e-3, 7),
)
E4 = (
    ("E4b reference, 1000 epochs", 10, 0.5, 1000, 5e-3, 3),
    ("E4b poor, 300 epochs", 10, 0.5, 300, 5e-3, 3),
    ("E4b poor, lr 5e-4", 10, 0.5, 1000, 5e-4, 3),
)


def drawn(per_class: int, ratio: float, seed: int) -> Data:
    """Training pictures as the solution draws them."""
    set_seed(seed)
    config = {"possible_edge_location_ratio": ratio, "data_per_class": per_class}
    data = EdgeDetectionDataset(config, "train")
    return Data((data.images / 255).astype(np.float32), data.labels, 3)


def plain_seconds(data: Data, recipe: Recipe) -> float:
    """Seconds of an ordinary training loop, one seed, one core."""
    torch.manual_seed(0)
    model = SimpleCNN(kernel_size=recipe.kernel_size)
    optimizer = torch.optim.SGD(model.parameters(), recipe.lr, MOMENTUM)
    images, labels = torch.from_numpy(data.images)[:, None], torch.from_numpy(data.labels)
    started = time.perf_counter()
    for _ in range(recipe.epochs):
        for batch in torch.randperm(len(labels)).split(recipe.batch_size):
            optimizer.zero_grad()
            functional.cross_entropy(model(images[batch]), labels[batch]).backward()
            optimizer.step()
    return time.perf_counter() - started


def batched_seconds(data: Data, recipe: Recipe) -> float:
    """Seconds of five seeds together, as the checks call it."""
    started = time.perf_counter()
    trained(cnn_accuracies, (data, data, recipe), range(5), math.inf)
    return time.perf_counter() - started


def show_times(console: Console) -> None:
    cores = usable_cores()
    table = Table(title=f"training, medians of 3 runs; batched on {cores} cores (target <= 1.5)")
    for heading in ("", "plain loop, one seed", "batched, five seeds", "ratio"):
        table.add_column(heading, justify="right" if heading else "left")
    for per_class, kernel_size, epochs in ((10, 7, 300), (50, 7, 100), (10, 3, 300)):
        data = drawn(per_class, 1.0, 7)
        recipe = Recipe(epochs, 5e-3, kernel_size, 10)
        rows = [(plain_seconds(data, recipe), batched_seconds(data, recipe)) for _ in range(3)]
        plain, batched = (statistics.median(column) for column in zip(*rows, strict=True))
        table.add_row(
            f"n={per_class}, k={kernel_size}, {epochs} epochs",
            f"{plain:.2f} s",
            f"{batched:.2f} s",
            f"{batched / plain:.2f}",
        )
    console.print(table)


def passing(share: float, seeds: int) -> float:
    """The probability that the median of independent seeds reaches what a share of them reaches."""
    return sum(
        math.comb(seeds, n) * share**n * (1 - share) ** (seeds - n)
        for n in range(seeds // 2 + 1, seeds + 1)
    )


def show_thresholds(console: Console, seeds: int, data_sets: int) -> None:
    settings = manifest.load(ROOT / "solutions" / "hw4").settings
    table = Table(title=f"{seeds} seeds on each of {data_sets} data sets")
    for heading in ("", "median", "10 to 90 % of seeds", "threshold", "seeds reach it", "passes"):
        table.add_column(heading, justify="right" if heading else "left")
    jobs = [("e3", row) for row in E3] + [("e4", row) for row in E4]
    for part, (name, per_class, ratio, epochs, lr, kernel_size) in track(jobs, console=console):
        found = []
        for data_seed in range(7, 7 + data_sets):
            train = drawn(per_class, ratio, data_seed)
            arguments = train, held_out(THREE, ratio), Recipe(epochs, lr, kernel_size, 10)
            values, _seconds = trained(cnn_accuracies, arguments, range(seeds), math.inf)
            found.append(np.array(values))
        threshold, judged = settings[f"{part}_accuracy"], settings[f"{part}_seeds"]
        shares = [float((one >= threshold).mean()) for one in found]
        every = np.concatenate(found)
        spread = f"{np.quantile(every, 0.1):.0f} to {np.quantile(every, 0.9):.0f} %"
        mean = statistics.mean(passing(share, judged) for share in shares)
        table.add_row(
            name,
            f"{np.median(every):.1f} %",
            spread,
            f"{threshold} % in {judged}",
            " ".join(f"{share:.0%}" for share in shares),
            f"{mean:.3%}",
        )
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--data", type=int, default=4)
    options = parser.parse_args()
    console = Console(width=120)
    show_times(console)
    show_thresholds(console, options.seeds, options.data)


if __name__ == "__main__":
    main()
