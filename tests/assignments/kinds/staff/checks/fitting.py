"""Seeds come in, accuracies of a small classifier that is trained from each go out."""

from collections.abc import Sequence

import numpy as np


def accuracies(epochs: int, seeds: Sequence[int]) -> list[float]:
    """The share of points on the right side of a line, by gradient descent from a random one."""
    rng = np.random.default_rng(1)
    points = rng.normal(size=(200, 2))
    sides = points @ [2.0, -1.0] > 0
    found = []
    for seed in seeds:
        weights = np.array([-2.0, 1.0]) + np.random.default_rng(seed).normal(0, 0.1, 2)
        for _ in range(epochs):
            chances = 1 / (1 + np.exp(-points @ weights))
            weights -= 0.1 * points.T @ (chances - sides) / len(points)
        found.append(float(((points @ weights > 0) == sides).mean()))
    return found
