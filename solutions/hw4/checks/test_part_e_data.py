"""Part E, hidden: data sets and loaders, judged by the pictures that come out of them."""

from typing import Any

import edges
import loaders
import numpy as np
import pytest
from gradescope_utils.autograder_utils.decorators import number, weight
from loaders import FIVE, THREE
from retraining import Data

from autograder.checks import Student, depends, fail, question

SIZES = (10, 20, 30, 40, 50)
PERMUTED_SIZES = (30, 40, 50, 60, 70)
VALID_PER_CLASS = 50


def dataset_pictures(student: Student, name: str, classes: tuple[str, ...]) -> Data:
    """The pictures of a training data set, checked for form and mode."""
    found = student.describe(name, "dataset")
    data = loaders.pictures(name, found, classes)
    check_mode(name, found, "train")
    return data


def valid_pictures(student: Student, classes: tuple[str, ...]) -> Data:
    """The pictures of ``valid_loader``, checked for form, counts and mode."""
    found = loaders.described_loader(student, "valid_loader")
    data = loaders.pictures("valid_loader", found, classes)
    loaders.check_counts("valid_loader", data, VALID_PER_CLASS)
    check_mode("valid_loader", found, "valid")
    return data


def train_pictures(
    student: Student, size: int, classes: tuple[str, ...]
) -> tuple[Data, dict[str, Any]]:
    """The pictures of a training loader and its description, checked for form, counts and mode."""
    name = f"train_loader_dict[{size}]"
    found = loaders.loader_of(student, "train_loader_dict", size)
    data = loaders.pictures(name, found, classes)
    loaders.check_counts(name, data, size)
    check_mode(name, found, "train")
    return data, found


def check_mode(name: str, found: dict[str, Any], mode: str) -> None:
    """Fail if a data set, or that of a loader, says that it is of the other mode."""
    if found.get("mode") not in (None, mode):
        raise fail(
            f"the pictures of `{name}` are of mode {found['mode']}, where {mode} is asked for.",
            hint='EdgeDetectionDataset takes mode="train" or mode="valid".',
        )


# --- E1: a small data set -------------------------------------------------------------------------


@question("E1a")
@weight(1)
@number("E1.1")
def test_small_config(student: Student) -> None:
    """small_dataset_config asks for 10 pictures of each class"""
    config = student.value("small_dataset_config")
    if not isinstance(config, dict) or "data_per_class" not in config:
        raise fail(
            "`small_dataset_config` is no dict with the key data_per_class.",
            hint="The defaults hold 1000 pictures of each class; ask for fewer.",
        )
    if config["data_per_class"] != 10:
        raise fail(
            "another number in data_per_class.", hint="10 pictures of each class are asked for."
        )


@question("E1a")
@weight(3)
@number("E1.2")
def test_small_dataset(student: Student) -> None:
    """small_dataset holds 10 pictures of each of the three kinds, as tensors in [0, 1]"""
    data = dataset_pictures(student, "small_dataset", THREE)
    loaders.check_counts("small_dataset", data, 10)
    loaders.check_kinds("small_dataset", data, THREE)


@question("E1b")
@weight(1)
@number("E1.3")
def test_small_loader_pictures(student: Student) -> None:
    """small_dataset_loader gives every picture of the small data set"""
    found = loaders.described_loader(student, "small_dataset_loader")
    data = loaders.pictures("small_dataset_loader", found, THREE)
    loaders.check_counts("small_dataset_loader", data, 10)
    loaders.check_kinds("small_dataset_loader", data, THREE)


@question("E1b")
@weight(1)
@number("E1.4")
@depends("test_small_loader_pictures")
def test_small_loader_batches(student: Student) -> None:
    """small_dataset_loader makes batches of 32"""
    found = loaders.described_loader(student, "small_dataset_loader")
    loaders.check_batch_size("small_dataset_loader", found, 32)


@question("E1b")
@weight(1)
@number("E1.5")
@depends("test_small_loader_pictures")
def test_small_loader_shuffled(student: Student) -> None:
    """small_dataset_loader shuffles"""
    found = loaders.described_loader(student, "small_dataset_loader")
    loaders.check_shuffled("small_dataset_loader", found)


# --- E2: loaders by size --------------------------------------------------------------------------


@question("E2")
@weight(5)
@number("E2.1")
@pytest.mark.parametrize("size", SIZES)
def test_train_loaders(student: Student, size: int) -> None:
    """train_loader_dict holds, for each size, that many training pictures of each kind"""
    data, _found = train_pictures(student, size, THREE)
    loaders.check_kinds(f"train_loader_dict[{size}]", data, THREE)


@question("E2")
@weight(1)
@number("E2.2")
@depends("test_train_loaders")
def test_train_batches(student: Student) -> None:
    """every loader of train_loader_dict makes batches of 10"""
    for size in SIZES:
        found = loaders.loader_of(student, "train_loader_dict", size)
        loaders.check_batch_size(f"train_loader_dict[{size}]", found, 10)


@question("E2")
@weight(1)
@number("E2.3")
@depends("test_train_loaders")
def test_train_shuffled(student: Student) -> None:
    """every loader of train_loader_dict shuffles"""
    check_all_mixed(student, SIZES)


def check_all_mixed(student: Student, sizes: tuple[int, ...]) -> None:
    """Fail if a loader gives its pictures class by class, as the data set holds them."""
    for size in sizes:
        labels = loaders.loader_of(student, "train_loader_dict", size)["passes"][0]["labels"]
        if (np.diff(labels) >= 0).all():
            raise fail(
                f"`train_loader_dict[{size}]` gives its pictures class by class.",
                hint="With shuffle=True each batch mixes the classes; batches of one class make "
                "SGD forget the others.",
            )


@question("E2")
@weight(2)
@number("E2.4")
def test_valid_loader(student: Student) -> None:
    """valid_loader holds 50 validation pictures of each kind, in batches of 256"""
    found = loaders.described_loader(student, "valid_loader")
    loaders.check_kinds("valid_loader", valid_pictures(student, THREE), THREE)
    loaders.check_batch_size("valid_loader", found, 256)


@question("E2")
@weight(1)
@number("E2.5")
@depends("test_train_loaders", "test_valid_loader")
def test_valid_is_not_train(student: Student) -> None:
    """no picture of valid_loader is among the training pictures"""
    valid = valid_pictures(student, THREE)
    for size in SIZES:
        train, _found = train_pictures(student, size, THREE)
        loaders.check_disjoint(train, valid, f"train_loader_dict[{size}]", "valid_loader")


# --- E4a: edges in one half only ------------------------------------------------------------------


@question("E4a")
@weight(4)
@number("E4.1")
@pytest.mark.parametrize("size", SIZES)
def test_shifted_train_loaders(student: Student, size: int) -> None:
    """train_loader_dict holds, for each size, training pictures with edges in one half only"""
    data, found = train_pictures(student, size, THREE)
    loaders.check_kinds(f"train_loader_dict[{size}]", data, THREE)
    loaders.check_half(f"train_loader_dict[{size}]", data, first=True)
    loaders.check_batch_size(f"train_loader_dict[{size}]", found, 10)


@question("E4a")
@weight(1)
@number("E4.2")
@depends("test_shifted_train_loaders")
def test_shifted_train_shuffled(student: Student) -> None:
    """every loader of train_loader_dict shuffles"""
    check_all_mixed(student, SIZES)


@question("E4a")
@weight(2)
@number("E4.3")
def test_shifted_valid_loader(student: Student) -> None:
    """valid_loader holds validation pictures with edges in the other half only"""
    data = valid_pictures(student, THREE)
    loaders.check_kinds("valid_loader", data, THREE)
    loaders.check_half("valid_loader", data, first=False)


# --- E5: permuted pixels --------------------------------------------------------------------------


@question("E5a")
@weight(1)
@number("E5.1")
def test_pixels_are_permuted(student: Student) -> None:
    """visual_dataset gives its pixels in another order"""
    data = dataset_pictures(student, "visual_dataset", THREE)
    seen = edges.kinds(data.images)
    wanted = np.array(THREE, dtype=object)[data.labels]
    with_edges = wanted != "none"
    if not with_edges.any() or (seen == wanted)[with_edges].mean() > 0.5:
        raise fail(
            "pictures whose edges can still be seen.",
            hint="use_permutation, permutater and unpermutater belong together.",
        )


@question("E5a")
@weight(3)
@number("E5.2")
@depends("test_pixels_are_permuted")
def test_unpermuted_pictures_are_clean(student: Student) -> None:
    """un-permuting the pictures of visual_dataset gives clean edges back"""
    found = student.describe("visual_dataset", "dataset")
    data = loaders.pictures("visual_dataset", found, THREE)
    order = found["unpermutater"]
    if order is None or sorted(order.tolist()) != list(range(28 * 28)):
        raise fail(
            "a data set without an order that undoes the permutation.",
            hint="np.argsort(permutater) undoes permutater.",
        )
    flat = data.images.reshape(len(data.images), -1)
    restored = Data(flat[:, order].reshape(data.images.shape), data.labels, data.classes)
    loaders.check_kinds("visual_dataset", restored, THREE)


@question("E5b")
@weight(4)
@number("E5.3")
@pytest.mark.parametrize("size", PERMUTED_SIZES)
def test_permuted_train_loaders(student: Student, size: int) -> None:
    """train_loader_dict holds, for each size, permuted training pictures, in batches of 10"""
    data, found = train_pictures(student, size, THREE)
    loaders.check_batch_size(f"train_loader_dict[{size}]", found, 10)
    check_consistent(f"train_loader_dict[{size}]", data, data)
    check_permuted(f"train_loader_dict[{size}]", data)


def check_permuted(name: str, data: Data) -> None:
    """Fail if edges can still be seen."""
    if (edges.kinds(data.images)[data.labels == 0] == "horizontal").mean() > 0.5:
        raise fail(
            f"`{name}` gives pictures that are not permuted.",
            hint="use_permutation, permutater and unpermutater belong into the config.",
        )


def check_consistent(name: str, reference: Data, data: Data) -> None:
    """Fail unless the edges of ``data`` fit the pixel order of ``reference``."""
    for label in (0, 1):
        groups = [d.images[d.labels == label].reshape(-1, 28 * 28) for d in (reference, data)]
        if edges.consistent_with(*groups) < 0.5:
            raise fail(
                f"`{name}` has another order of pixels than the training pictures.",
                hint="Draw one permutation, and hand the same arrays to every data set.",
            )


@question("E5b")
@weight(1)
@number("E5.4")
def test_permuted_valid_loader(student: Student) -> None:
    """valid_loader holds 50 permuted validation pictures of each kind"""
    check_permuted("valid_loader", valid_pictures(student, THREE))


@question("E5b")
@weight(2)
@number("E5.5")
@depends("test_permuted_train_loaders", "test_permuted_valid_loader")
def test_one_permutation_for_all(student: Student) -> None:
    """training and validation pictures share one permutation"""
    # The largest tells rows apart best.
    reference, _found = train_pictures(student, PERMUTED_SIZES[-1], THREE)
    for size in PERMUTED_SIZES[:-1]:
        data, _found = train_pictures(student, size, THREE)
        check_consistent(f"train_loader_dict[{size}]", reference, data)
    check_consistent("valid_loader", reference, valid_pictures(student, THREE))


# --- E6: five classes -----------------------------------------------------------------------------


@question("E6a")
@weight(3)
@number("E6.1")
def test_five_kinds(student: Student) -> None:
    """visual_dataset holds 10 pictures of each of the five kinds, in the order given"""
    data = dataset_pictures(student, "visual_dataset", FIVE)
    loaders.check_counts("visual_dataset", data, 10)
    loaders.check_kinds("visual_dataset", data, FIVE)


@question("E6b")
@weight(3)
@number("E6.2")
@pytest.mark.parametrize("size", SIZES)
def test_five_train_loaders(student: Student, size: int) -> None:
    """train_loader_dict holds, for each size, that many pictures of each of the five kinds"""
    data, found = train_pictures(student, size, FIVE)
    loaders.check_kinds(f"train_loader_dict[{size}]", data, FIVE)
    loaders.check_batch_size(f"train_loader_dict[{size}]", found, 10)


@question("E6b")
@weight(2)
@number("E6.3")
def test_five_valid_loader(student: Student) -> None:
    """valid_loader holds 50 validation pictures of each of the five kinds"""
    loaders.check_kinds("valid_loader", valid_pictures(student, FIVE), FIVE)
