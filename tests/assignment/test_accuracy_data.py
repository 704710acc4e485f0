"""What an accuracy is measured on: honest pictures are never refused, easy ones always are."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "assignment" / "hw4"), str(ROOT / "solutions" / "hw4" / "checks")]

import loaders  # noqa: E402
from held_out import held_out  # noqa: E402
from hw4.datasets import EdgeDetectionDataset  # noqa: E402
from loaders import FIVE, THREE  # noqa: E402
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
