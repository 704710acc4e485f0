"""The edge data set: configs and seeds come in; classes, places and orders are as promised."""

import importlib
import time
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ASSIGNMENT = Path(__file__).resolve().parents[2] / "assignment" / "hw4"
FIVE = ["horizontal", "vertical", "diagonal", "both", "none"]
PIXELS = 28 * 28
# The fixtures give the same functions each time, so hypothesis need not worry about them.
quick = settings(
    max_examples=examples(25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
seeds = st.integers(0, 2**32 - 1)


@pytest.fixture(autouse=True)
def hw4_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ASSIGNMENT))


@pytest.fixture
def hw4() -> types.ModuleType:
    return importlib.import_module("hw4")


def make(hw4: types.ModuleType, seed: int, mode: str = "train", **config: Any) -> Any:
    """A data set from a seed; `num_classes` follows from `class_type`."""
    config.setdefault("data_per_class", 6)
    if "class_type" in config:
        config.setdefault("num_classes", len(config["class_type"]))
    np.random.seed(seed)
    return hw4.EdgeDetectionDataset(config, mode=mode)


def bright_lines(image: np.ndarray, axis: int) -> np.ndarray:
    """Rows (axis 0) or columns (axis 1) that are bright from end to end, from a uint8 picture.

    The background ends at 0.2 and an edge starts at 0.25: 0.225 lies between.
    """
    return np.flatnonzero(image.min(axis=1 - axis) > 0.225 * 255)


def kind_of(image: np.ndarray) -> str:
    """The kind of edge, seen by the profiles along rows and columns only."""
    rows, columns = len(bright_lines(image, 0)), len(bright_lines(image, 1))
    if rows and columns:
        return "both"
    if rows or columns:
        return "horizontal" if rows else "vertical"
    return "diagonal" if image.max() > 0.21 * 255 else "none"


# Construction


@quick
@given(
    seed=seeds,
    count=st.integers(1, 9),
    kinds=st.lists(st.sampled_from(FIVE), min_size=1, unique=True),
)
def test_labels_are_balanced_and_in_the_order_of_the_kinds(
    hw4: types.ModuleType, seed: int, count: int, kinds: list[str]
) -> None:
    dataset = make(hw4, seed, data_per_class=count, class_type=kinds)
    samples = [dataset[i] for i in range(len(dataset))]
    assert [label for _, label in samples] == [i for i in range(len(kinds)) for _ in range(count)]
    assert all(type(label) is int for _, label in samples)
    assert all((image.mode, image.size) == ("L", (28, 28)) for image, _ in samples)


@quick
@given(seed=seeds, kinds=st.permutations(FIVE), mode=st.sampled_from(["train", "valid"]))
def test_profiles_recognise_each_kind(
    hw4: types.ModuleType, seed: int, kinds: list[str], mode: str
) -> None:
    # A turned bar loses up to a third of its intensity where it falls between two pixels.
    dataset = make(hw4, seed, mode, class_type=kinds, min_edge_intensity=0.4)
    for image, label in dataset:
        assert kind_of(np.asarray(image)) == kinds[label]


@quick
@given(seed=seeds, low=st.integers(1, 6), more=st.integers(0, 6))
def test_edges_are_one_run_of_allowed_width_and_intensity(
    hw4: types.ModuleType, seed: int, low: int, more: int
) -> None:
    dataset = make(hw4, seed, min_edge_width=low, max_edge_width=low + more)
    for image, label in dataset:
        if label == 2:
            assert np.max(image) <= 0.2 * 255
            continue
        lines = bright_lines(np.asarray(image), label)
        assert np.array_equal(lines, np.arange(lines[0], lines[-1] + 1))
        assert low <= len(lines) <= low + more or lines[-1] == 27, "cut at the border only"
        assert lines[0] >= 1
        edge = np.take(np.asarray(image), lines, axis=label)
        assert edge.min() == edge.max() >= round(0.25 * 255)


def test_all_widths_places_and_angles_occur(hw4: types.ModuleType) -> None:
    dataset = make(hw4, 0, data_per_class=2000, class_type=["horizontal", "diagonal"])
    lines = [bright_lines(image, 0) for image in dataset.images[:2000]]
    assert {found[0] for found in lines} == set(range(1, 28))
    assert {len(found) for found in lines} == {1, 2, 3, 4}
    # The direction of a bar, from the second moments of what is bright.
    angles = []
    for image in dataset.images[2000:]:
        rows, columns = np.nonzero(image > 0.5 * 255)
        if len(rows) > 40:
            moments = np.cov(columns, -rows)
            angle = 0.5 * np.arctan2(2 * moments[0, 1], moments[0, 0] - moments[1, 1])
            angles.append(round(float(np.degrees(angle)) % 180))
    found = np.array(angles)
    for angle in (30, 45, 120, 135):
        assert (np.abs(found - angle) <= 5).mean() > 0.15
    assert all(np.abs(found - angle).min() > 8 for angle in (0, 75, 90, 165))


def test_intensities_and_background_follow_the_config(hw4: types.ModuleType) -> None:
    dataset = make(
        hw4,
        1,
        data_per_class=300,
        class_type=["none", "vertical"],
        min_edge_intensity=0.5,
        max_edge_intensity=0.6,
        min_background_intensity=0.1,
        max_background_intensity=0.3,
    )
    background, edges = dataset.images[:300] / 255, dataset.images[300:].max(axis=(1, 2)) / 255
    assert background.min() == pytest.approx(0.1, abs=0.003)
    assert background.max() == pytest.approx(0.3, abs=0.003)
    assert background.mean() == pytest.approx(0.2, abs=0.003)
    assert edges.min() == pytest.approx(0.5, abs=0.005)
    assert edges.max() == pytest.approx(0.6, abs=0.005)


def test_several_edges_of_a_kind(hw4: types.ModuleType) -> None:
    one = make(hw4, 2, data_per_class=200, class_type=FIVE[:3])
    three = make(
        hw4,
        2,
        data_per_class=200,
        class_type=FIVE[:3],
        num_horizontal_edge=3,
        num_vertical_edge=3,
        num_diagonal_edge=3,
    )
    bright = [
        (d.images > 0.225 * 255).mean(axis=(1, 2)).reshape(3, 200).mean(1) for d in (one, three)
    ]
    assert np.all(bright[1] > 2 * bright[0])


# Where the edges lie


@quick
@given(seed=seeds, ratio=st.sampled_from([0.5, 0.25, 0.7, 3 / 28, 27 / 28]))
def test_a_ratio_keeps_train_and_valid_edges_apart(
    hw4: types.ModuleType, seed: int, ratio: float
) -> None:
    config = {"class_type": [*FIVE[:2], "both"], "possible_edge_location_ratio": ratio}
    border = {0.5: 14, 0.25: 7, 0.7: 20, 3 / 28: 3, 27 / 28: 27}[ratio]
    for mode, allowed in (("train", range(1, border)), ("valid", range(border, 28))):
        dataset = make(hw4, seed, mode, **config)
        for image, label in zip(dataset.images, dataset.labels, strict=True):
            for axis in (0, 1) if label == 2 else (label,):
                assert set(bright_lines(image, axis)) <= set(allowed)
            # Not one bright pixel lies in the other part.
            if label < 2:
                outside = np.delete(image, allowed, axis=label)
                assert outside.max() <= 0.2 * 255


@pytest.mark.parametrize("mode", ["train", "valid"])
def test_ratio_one_lets_both_modes_use_the_whole_picture(hw4: types.ModuleType, mode: str) -> None:
    dataset = make(hw4, 3, mode, data_per_class=1000)
    assert {bright_lines(image, 0)[0] for image in dataset.images[:1000]} == set(range(1, 28))


# Permutation


@quick
@given(seed=seeds, order_seed=seeds)
def test_a_permutation_is_undone_exactly(hw4: types.ModuleType, seed: int, order_seed: int) -> None:
    order = np.random.default_rng(order_seed).permutation(PIXELS)
    config = {"use_permutation": True, "permutater": order, "unpermutater": np.argsort(order)}
    plain, permuted = make(hw4, seed), make(hw4, seed, **config)
    assert np.array_equal(permuted.get_permutater(), order)
    assert np.array_equal(permuted.get_unpermutater(), np.argsort(order))
    for (image, label), (clean, clean_label) in zip(permuted, plain, strict=True):
        flat = np.asarray(image).reshape(-1)
        assert np.array_equal(flat, np.asarray(clean).reshape(-1)[order])
        back = flat[permuted.get_unpermutater()].reshape(28, 28)
        assert np.array_equal(back, np.asarray(clean))
        assert kind_of(back) == ["horizontal", "vertical", "none"][label]
        assert label == clean_label


def test_orders_are_kept_but_not_used_unless_asked_for(hw4: types.ModuleType) -> None:
    order = np.arange(PIXELS)[::-1]
    dataset = make(hw4, 4, permutater=order.tolist(), unpermutater=order)
    assert np.array_equal(dataset.images, make(hw4, 4).images)
    assert dataset.get_permutater().dtype == np.int64
    assert make(hw4, 4).get_permutater() is None
    assert make(hw4, 4).get_unpermutater() is None


# Repeatable


@quick
@given(seed=st.integers(0, 2**32 - 2), kinds=st.permutations(FIVE))
def test_a_seed_decides_every_byte(hw4: types.ModuleType, seed: int, kinds: list[str]) -> None:
    def bytes_of(number: int) -> bytes:
        hw4.set_seed(number)
        config = {"data_per_class": 3, "num_classes": 5, "class_type": kinds}
        return hw4.EdgeDetectionDataset(config).images.tobytes()

    assert bytes_of(seed) == bytes_of(seed)
    assert bytes_of(seed) != bytes_of(seed + 1)


def test_the_config_is_neither_changed_nor_watched(hw4: types.ModuleType) -> None:
    order = np.arange(PIXELS)
    config = {"data_per_class": 2, "class_type": ["none", "both", "vertical"], "permutater": order}
    before = {**config, "class_type": [*config["class_type"]], "permutater": order.copy()}
    dataset = hw4.EdgeDetectionDataset(config)
    assert config.keys() == before.keys()
    assert np.array_equal(config.pop("permutater"), before.pop("permutater"))
    assert config == before
    config["class_type"].append("more")
    order[:] = 0
    assert dataset.class_type == ["none", "both", "vertical"]
    assert dataset.get_permutater()[-1] == PIXELS - 1


@quick
@given(seed=seeds)
def test_statistics_are_those_of_the_pixels_given_out(hw4: types.ModuleType, seed: int) -> None:
    dataset = make(hw4, seed)
    pixels = np.concatenate([np.asarray(image).ravel() for image, _ in dataset]).astype(float) / 255
    mean, std = dataset.get_image_statistics()
    assert type(mean) is type(std) is float
    assert mean == pytest.approx(pixels.sum() / pixels.size)
    assert std == pytest.approx(np.sqrt(((pixels - mean) ** 2).sum() / pixels.size))


def test_transform_gets_each_picture(hw4: types.ModuleType) -> None:
    config = {"data_per_class": 2}
    dataset = hw4.EdgeDetectionDataset(config, mode="valid", transform=lambda image: image.size)
    assert dataset[-1] == ((28, 28), 2)
    assert len(list(dataset)) == len(dataset) == 6
    with pytest.raises(IndexError):
        dataset[6]


def test_torchvision_and_the_loader_take_it(hw4: types.ModuleType) -> None:
    transforms = importlib.import_module("torchvision.transforms")
    data = importlib.import_module("torch.utils.data")
    dataset = hw4.EdgeDetectionDataset({"data_per_class": 4}, transform=transforms.ToTensor())
    (pictures, labels), *_ = data.DataLoader(dataset, batch_size=12)
    assert pictures.shape == (12, 1, 28, 28)
    assert 0 <= pictures.min() <= pictures.max() <= 1
    assert labels.tolist() == [0] * 4 + [1] * 4 + [2] * 4


def test_other_resolutions(hw4: types.ModuleType) -> None:
    dataset = make(hw4, 5, class_type=FIVE, spatial_resolution=16)
    assert dataset.images.shape == (30, 16, 16)


# What is refused


@pytest.mark.parametrize(
    ("key", "near"),
    [
        ("num_per_class", "data_per_class"),
        ("data_per_clas", "data_per_class"),
        ("permuter", "permutater"),
        ("class_types", "class_type"),
    ],
)
def test_unknown_keys_are_refused_with_the_known_ones(
    hw4: types.ModuleType, key: str, near: str
) -> None:
    with pytest.raises(ValueError, match=f"unknown key '{key}'") as caught:
        hw4.EdgeDetectionDataset({key: 3})
    text = str(caught.value)
    assert near in text.partition("Did you mean")[2].partition("?")[0]
    assert all(known in text for known in importlib.import_module("hw4.datasets").DEFAULTS)


NOT_A_PERMUTATION = np.zeros(PIXELS, dtype=int)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"data_per_class": 0}, "data_per_class is 0; a whole number from 1"),
        ({"data_per_class": 10.0}, "data_per_class is 10.0; a whole number"),
        ({"data_per_class": True}, "data_per_class is True; a whole number"),
        ({"data_per_class": "10"}, "data_per_class is '10'; a whole number"),
        ({"num_classes": 5}, "num_classes is 5, but it must be 3"),
        ({"class_type": FIVE}, "num_classes is 3, but it must be 5"),
        ({"class_type": "none", "num_classes": 1}, "class_type is 'none'; a list"),
        ({"class_type": []}, "class_type is .*; a list of different kinds"),
        ({"class_type": ["none", "none", "both"]}, "a list of different kinds"),
        ({"class_type": ["none", "both", "Vertical"]}, "a list of different kinds"),
        ({"spatial_resolution": 3}, "spatial_resolution is 3; a whole number from 4 to 256"),
        ({"min_edge_width": 5}, "max_edge_width is 4; a whole number from 5 to 28"),
        ({"max_edge_intensity": 255}, "max_edge_intensity is 255; a number from 0.25 to 1"),
        ({"max_edge_intensity": 0.1}, "max_edge_intensity is 0.1; a number from 0.25 to 1"),
        ({"min_background_intensity": float("nan")}, "min_background_intensity is nan"),
        ({"num_diagonal_edge": 0}, "num_diagonal_edge is 0; a whole number from 1"),
        ({"possible_edge_location_ratio": 1.5}, "possible_edge_location_ratio is 1.5; a number"),
        ({"possible_edge_location_ratio": 0.03}, "leaves no place"),
        ({"possible_edge_location_ratio": 0.99}, "leaves no place"),
        ({"use_permutation": 1}, "use_permutation is 1; True or False"),
        ({"use_permutation": True}, "permutater is None; use_permutation=True needs both"),
        (
            {"use_permutation": True, "permutater": np.arange(PIXELS)},
            "unpermutater is None; use_permutation=True needs both",
        ),
        ({"permutater": NOT_A_PERMUTATION}, "each of the ints 0 to 783 once"),
        ({"permutater": np.arange(10)}, r"permutater has shape \(10,\)"),
        ({"permutater": np.arange(PIXELS) * 1.0}, "dtype float64"),
        (
            {"permutater": np.roll(np.arange(PIXELS), 1), "unpermutater": np.arange(PIXELS)},
            r"does not undo permutater: flat",
        ),
    ],
)
def test_bad_values_are_refused(
    hw4: types.ModuleType, config: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        hw4.EdgeDetectionDataset(config)


def test_numbers_of_numpy_are_numbers(hw4: types.ModuleType) -> None:
    config = {"data_per_class": np.int64(2), "possible_edge_location_ratio": np.float32(0.5)}
    dataset = hw4.EdgeDetectionDataset(config)
    assert len(dataset) == 6
    assert type(dataset.config["data_per_class"]) is int
    assert type(dataset.config["possible_edge_location_ratio"]) is float


def test_other_arguments_are_refused(hw4: types.ModuleType) -> None:
    with pytest.raises(ValueError, match=r'mode is \'test\', but it must be "train" or "valid"'):
        hw4.EdgeDetectionDataset({}, mode="test")
    with pytest.raises(TypeError, match="domain_config is of type list"):
        hw4.EdgeDetectionDataset([])
    with pytest.raises(TypeError, match=r"an object of it is needed: dict\(\)"):
        hw4.EdgeDetectionDataset({}, transform=dict)
    with pytest.raises(TypeError, match="transform is of type int"):
        hw4.EdgeDetectionDataset({}, transform=3)


def test_five_thousand_pictures_take_less_than_a_second(hw4: types.ModuleType) -> None:
    make(hw4, 0, class_type=FIVE)  # scipy is loaded
    before = time.process_time()
    assert len(make(hw4, 0, class_type=FIVE, data_per_class=1000)) == 5000
    assert time.process_time() - before < 1.0
