"""The batched training against plain PyTorch: the same weights, step by step, seed by seed."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "assignment" / "hw4"), str(ROOT / "solutions" / "hw4" / "checks")]

from hw4.models import SimpleCNN, ThreeLayerMLP  # noqa: E402
from retraining import (  # noqa: E402
    MOMENTUM,
    BatchedCNN,
    Data,
    Recipe,
    cnn_accuracies,
    mlp_accuracies,
)

torch.set_num_threads(1)  # spinning threads on a busy machine take ten times as long


def random_data(count: int, classes: int, seed: int, *, flat: bool = False) -> Data:
    """Pictures with large areas of one grey where ``flat``, so that pooling has to break ties."""
    rng = np.random.default_rng(seed)
    images = rng.random((count, 28, 28), dtype=np.float32)
    if flat:
        images[:, 4:20, 6:25] = rng.random((count, 1, 1), dtype=np.float32)
    return Data(images, rng.integers(0, classes, count), classes)


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("filters", [3, 6])
@pytest.mark.parametrize(
    ("kernel_size", "classes"), [(2, 3), (3, 3), (5, 5), (7, 3), (8, 3), (11, 5)]
)
def test_same_weights_as_plain_pytorch(
    kernel_size: int, classes: int, filters: int, flat: bool
) -> None:
    data = random_data(23, classes, kernel_size, flat=flat)
    recipe, seeds = Recipe(4, 0.01, kernel_size, 10, filters), (3, 5, 8)
    with torch.no_grad():
        cnns = BatchedCNN(data, recipe, seeds)
    plain = []
    for seed in seeds:
        torch.manual_seed(seed)
        model = SimpleCNN(filters, kernel_size, classes)
        plain.append((model, torch.optim.SGD(model.parameters(), recipe.lr, MOMENTUM)))
    images, labels = torch.from_numpy(data.images)[:, None], torch.from_numpy(data.labels)
    for _ in range(recipe.epochs):
        for batch in torch.randperm(len(labels)).split(recipe.batch_size):
            with torch.no_grad():
                cnns.step(batch)
            for number, (model, optimizer) in enumerate(plain):
                optimizer.zero_grad()
                functional.cross_entropy(model(images[batch]), labels[batch]).backward()
                optimizer.step()
                weights = torch.nn.utils.parameters_to_vector(model.parameters()).detach()
                torch.testing.assert_close(cnns.flat[number], weights, rtol=1e-3, atol=1e-5)


def test_models_are_the_trained_ones() -> None:
    data = random_data(12, 3, 1)
    with torch.no_grad():
        cnns = BatchedCNN(data, Recipe(3, 0.05, 7, 10), (1, 2))
        cnns.epoch(torch.arange(12))
        by_models = [m(torch.from_numpy(data.images)[:, None]).argmax(1) for m in cnns.models()]
        shares = [float((p.numpy() == data.labels).mean() * 100) for p in by_models]
        assert cnns.accuracies(data) == pytest.approx(shares)


def test_mlp_is_the_same_as_plain_pytorch() -> None:
    data = random_data(30, 3, 4)
    recipe, seeds = Recipe(6, 0.01, 0, 32, order=5), (4, 9)
    accuracies = mlp_accuracies(data, data, recipe, seeds)
    for seed, accuracy in zip(seeds, accuracies, strict=True):
        torch.manual_seed(seed)
        model = ThreeLayerMLP(hidden_dims=[50, 10])
        optimizer = torch.optim.SGD(model.parameters(), recipe.lr, MOMENTUM)
        images, labels = torch.from_numpy(data.images)[:, None], torch.from_numpy(data.labels)
        order = torch.Generator().manual_seed(recipe.order)
        for _ in range(recipe.epochs):
            for batch in torch.randperm(30, generator=order).split(32):
                optimizer.zero_grad()
                functional.cross_entropy(model(images[batch]), labels[batch]).backward()
                optimizer.step()
        plain = float((model(images).argmax(1) == labels).float().mean() * 100)
        assert accuracy == pytest.approx(plain)


def test_results_follow_from_each_seed_alone() -> None:
    data = random_data(20, 3, 7)
    recipe, seeds = Recipe(5, 0.01, 3, 10), (4, 9, 1, 7)
    together = cnn_accuracies(data, data, recipe, seeds)
    assert together == cnn_accuracies(data, data, recipe, seeds)
    assert together == [cnn_accuracies(data, data, recipe, (seed,))[0] for seed in seeds]


def easy_data() -> Data:
    """Bars across and down, which every seed learns to tell apart."""
    rng = np.random.default_rng(3)
    images = 0.1 * rng.random((40, 28, 28), dtype=np.float32)
    labels = np.arange(40) % 2
    for image, label in zip(images, labels, strict=True):
        at = int(rng.integers(4, 22))
        (image if label else image.T)[at : at + 3] = 1
    return Data(images, labels, 2)


def test_a_training_ends_early_where_every_seed_has_enough() -> None:
    data, seeds = easy_data(), (1, 2, 3)
    full = Recipe(100, 0.02, 5, 10)
    early = replace(full, enough=90.0)
    epochs = 0

    def count(self: BatchedCNN, order: torch.Tensor, epoch=BatchedCNN.epoch) -> None:
        nonlocal epochs
        epochs += 1
        epoch(self, order)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BatchedCNN, "epoch", count)
        assert min(cnn_accuracies(data, data, full, seeds)) > 90
        assert epochs == 100
        values = cnn_accuracies(data, data, early, seeds)
    assert min(values) >= 90
    assert 100 < epochs < 200
    assert values == [cnn_accuracies(data, data, early, (seed,))[0] for seed in seeds]
    never = replace(full, epochs=6, enough=90.0)  # a curve may fall again
    assert cnn_accuracies(data, data, never, seeds) == cnn_accuracies(
        data, data, replace(never, enough=100.0), seeds
    )
