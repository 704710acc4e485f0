"""What an accuracy is measured on: honest pictures are never refused, easy ones always are."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "assignment" / "hw4"), str(ROOT / "solutions" / "hw4" / "checks")]

import loaders  # noqa: E402
from held_out import held_out, own_training  # noqa: E402
from hw4.datasets import EdgeDetectionDataset  # noqa: E402
from loaders import FIVE, THREE, Asked  # noqa: E402
from retraining import Data  # noqa: E402

from autograder.model.findings import CheckFailed  # noqa: E402


def drawn(classes: tuple[str, ...], per_class: int, seed: int, **config: float) -> Data:
    """Pictures as an honest student draws them, but for the config."""
    np.random.seed(seed)
    mode = "valid" if seed % 2 else "train"
    config |= {"data_per_class": per_class, "num_classes": len(classes)}
    data = EdgeDetectionDataset({**config, "class_type": list(classes)}, mode)
    return Data((data.images / 255).astype(np.float32), data.labels, len(classes))


@pytest.mark.parametrize("ratio", [1.0, 0.5])
@pytest.mark.parametrize("classes", [THREE, FIVE], ids=["three", "five"])
def test_honest_pictures_are_never_refused(classes: tuple[str, ...], ratio: float) -> None:
    for seed in range(40):
        for per_class in (10, 50):
            data = drawn(classes, per_class, seed, possible_edge_location_ratio=ratio)
            loaders.check_drawn("some_loader", data, classes)
            if classes is THREE:
                loaders.check_kinds("some_loader", data, classes)


def by_label(data: Data) -> np.ndarray:
    return data.labels[:, None, None].astype(np.float32)


def background(data: Data) -> np.ndarray:
    return data.images < 0.21


#: What makes pictures easy, and yet lets an independent detector see what their labels say.
EASY: dict[str, Callable[[Data], np.ndarray]] = {
    "a level of its own": lambda d: np.where(background(d), by_label(d) / 10, d.images),
    "a little brighter": lambda d: np.where(
        background(d), d.images * 0.8 + by_label(d) / 50, d.images
    ),
    "no noise": lambda d: np.where(background(d), 0, d.images),
    "white edges": lambda d: np.where(background(d), d.images, 1),
    "dark edges": lambda d: np.where(background(d), d.images, d.images / 8 + 0.22),
    "one picture of each": lambda d: d.images[d.labels * (len(d.labels) // 3)],
}


@pytest.mark.parametrize("per_class", [10, 50])
@pytest.mark.parametrize("how", EASY)
def test_easy_pictures_are_refused(how: str, per_class: int) -> None:
    data = drawn(THREE, per_class, 8)
    easy = Data(EASY[how](data).astype(np.float32), data.labels, 3)
    seen = loaders.edges.kinds(easy.images)
    assert (seen == np.array(THREE, dtype=object)[easy.labels]).all(), "the kinds alone pass"
    with pytest.raises(CheckFailed):
        loaders.check_kinds("some_loader", easy, THREE)


def test_one_grey_for_each_class_is_refused() -> None:
    images = np.repeat(np.linspace(0.1, 0.9, 30, dtype=np.float32), 784).reshape(30, 28, 28)
    with pytest.raises(CheckFailed, match="do not look like it"):
        loaders.check_kinds("some_loader", Data(images, np.repeat([0, 1, 2], 10), 3), THREE)


def test_held_out_pictures_are_the_graders_own() -> None:
    np.random.seed(3)
    wanted = np.random.random()
    np.random.seed(3)
    held_out.cache_clear()
    found = held_out(THREE, 0.5)
    assert np.random.random() == wanted, "the checks' random numbers are left alone"
    loaders.check_kinds("held out", found, THREE)
    loaders.check_half("held out", found, first=False)
    known = {image.tobytes() for image in drawn(THREE, 50, 7).images}
    assert not known & {image.tobytes() for image in found.images}
    held_out.cache_clear()
    again = held_out(THREE, 0.5)
    assert np.array_equal(found.images, again.images)


def test_pictures_in_place_of_wrong_ones_are_those_asked_for() -> None:
    for ratio in (1.0, 0.5):
        found = own_training(THREE, 10, ratio)
        loaders.check_counts("own", found, 10)
        loaders.check_kinds("own", found, THREE)
        if ratio < 1:
            loaders.check_half("own", found, first=True)
        assert not {i.tobytes() for i in found.images} & {
            i.tobytes() for i in held_out(THREE, ratio).images
        }


# --- orders of pixels -----------------------------------------------------------------------------

PLACES = np.arange(784).reshape(28, 28)
BLOCKS = PLACES.reshape(4, 7, 4, 7).transpose(0, 2, 1, 3).reshape(16, 49)


def in_order(data: Data, order: np.ndarray) -> Data:
    flat = data.images.reshape(len(data.images), -1)
    return Data(flat[:, order].reshape(data.images.shape), data.labels, data.classes)


@pytest.mark.parametrize("per_class", [10, 50])
def test_random_orders_are_never_refused(per_class: int) -> None:
    rng = np.random.default_rng(per_class)
    for seed in range(100):
        data = in_order(drawn(THREE, per_class, seed), rng.permutation(784))
        loaders.check_permuted("some_loader", data)


@pytest.mark.parametrize(
    "order",
    [
        PLACES,
        PLACES.T,
        PLACES[::-1, ::-1],
        np.roll(PLACES, 300),
        PLACES[np.random.default_rng(1).permutation(28)],
        PLACES[:, np.random.default_rng(2).permutation(28)],
        BLOCKS[np.random.default_rng(3).permutation(16)].reshape(4, 4, 7, 7).transpose(0, 2, 1, 3),
    ],
    ids=["none", "transposed", "turned", "rolled", "rows", "columns", "blocks"],
)
def test_orders_that_keep_neighbours_are_refused(order: np.ndarray) -> None:
    for seed in range(20):
        data = in_order(drawn(THREE, 10, seed), order.ravel())
        with pytest.raises(CheckFailed, match="beside their neighbours"):
            loaders.check_permuted("some_loader", data)


def test_only_an_order_of_all_pixels_restores() -> None:
    order = np.random.default_rng(0).permutation(784)
    data = drawn(THREE, 10, 0)
    mixed, back = in_order(data, order), np.argsort(order)
    for right in (back, back.tolist(), torch.from_numpy(back)):
        assert np.array_equal(loaders.restored(mixed, right).images, data.images)
    for odd in (None, "order", 3, [], back[:-1], back * 1.0, back.reshape(28, 28), [[1], 2.0]):
        assert loaders.restored(mixed, odd) is mixed


def test_another_order_for_every_picture_is_consistent_with_nothing() -> None:
    rng = np.random.default_rng(0)
    order = rng.permutation(784)
    data, more = (drawn(THREE, 50, seed) for seed in (1, 2))
    loaders.check_consistent("valid_loader", in_order(data, order), in_order(more, order))
    each = np.stack([image.ravel()[rng.permutation(784)] for image in data.images])
    scattered = Data(each.reshape(data.images.shape), data.labels, 3)
    for reference, found in ((scattered, scattered), (in_order(data, order), scattered)):
        with pytest.raises(CheckFailed, match="another order of pixels"):
            loaders.check_consistent("valid_loader", reference, found)


# --- batches, order, config -----------------------------------------------------------------------


def loader(said: int | None, *sizes: int, orders: tuple[list[int], ...] = ()) -> dict[str, object]:
    """What a describer says of a loader."""
    passes = [
        {"labels": np.array(o), "images": np.array(o), "batch_sizes": list(sizes)}
        for o in orders or ([0, 1], [1, 0])
    ]
    return {"batch_size": said, "passes": passes}


@pytest.mark.parametrize(
    ("said", "sizes", "right"),
    [
        (10, (10, 10, 5), True),
        (None, (10, 10, 5), True),
        (None, (10, 10), True),
        (10, (), True),
        (None, (), False),
        (None, (5, 10), False),
        (None, (30,), False),
        (32, (30,), False),
        (10, (10, 12), False),
        (10, (3, 3, 3), False),
    ],
)
def test_batches(said: int | None, sizes: tuple[int, ...], right: bool) -> None:
    found = loader(said, *sizes)
    if right:
        loaders.check_batch_size("some_loader", found, 10)
    else:
        with pytest.raises(CheckFailed, match="makes batches of"):
            loaders.check_batch_size("some_loader", found, 10)


@pytest.mark.parametrize(
    ("orders", "wrong"),
    [
        (([0, 1, 0, 1], [1, 0, 0, 1]), ""),
        (([0, 1, 0, 1], [0, 1, 0, 1]), "in the same order"),
        (([0, 0, 1, 1], [1, 0, 0, 1]), "class by class"),
        (([], []), "no pictures at all"),
    ],
)
def test_order_in_two_passes(orders: tuple[list[int], ...], wrong: str) -> None:
    found = loader(10, 4, orders=orders)
    if not wrong:
        loaders.check_shuffled("some_loader", found)
        return
    with pytest.raises(CheckFailed, match=wrong):
        loaders.check_shuffled("some_loader", found)


@pytest.mark.parametrize(
    ("config", "asked", "right"),
    [
        ({}, Asked(THREE, 10), True),
        ({"max_edge_width": 4, "data_per_class": 999}, Asked(THREE, 10), True),
        ({"max_edge_width": 5}, Asked(THREE, 10), False),
        ({"max_edge_width": True}, Asked(THREE, 10), False),
        ({"possible_edge_location_ratio": 0.5}, Asked(THREE, 10), False),
        ({"possible_edge_location_ratio": 0.5}, Asked(THREE, 10, ratio=0.5), True),
        ({"possible_edge_location_ratio": 0.49}, Asked(THREE, 10, ratio=0.5), False),
        ({"num_diagonal_edge": 3}, Asked(THREE, 10), True),
        ({"num_diagonal_edge": 3}, Asked(FIVE, 10), False),
        ({"use_permutation": True, "min_edge_width": "1"}, Asked(THREE, 10), False),
    ],
)
def test_other_configs_are_refused(config: dict[str, object], asked: Asked, right: bool) -> None:
    if right:
        loaders.check_config("some_loader", {"config": config}, asked)
        return
    with pytest.raises(CheckFailed, match="were drawn with another"):
        loaders.check_config("some_loader", {"config": config}, asked)
