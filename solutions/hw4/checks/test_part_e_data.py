"""Part E, hidden: data sets and loaders, judged by the pictures that come out of them.

A slip costs its own check. So keys, batches and order are judged whatever the pictures are, each
loader by itself, and the loaders are found under other keys too.
"""

from typing import Any

import loaders
import pytest
from gradescope_utils.autograder_utils.decorators import number, weight
from loaders import FIVE, THREE, TRAIN_BATCH, VALID_BATCH, Asked
from retraining import Data

from autograder.checks import Student, fail, question
from autograder.model.findings import CheckFailed

SIZES = (10, 20, 30, 40, 50)
PERMUTED_SIZES = (30, 40, 50, 60, 70)
VALID = "valid_loader"
VALID_PER_CLASS = 50
RATIO = 0.5


def dataset_pictures(student: Student, name: str, **asked: Any) -> tuple[Data, dict[str, Any]]:
    """The pictures of a training data set of 10 for each class, and its description."""
    found = student.describe(name, "dataset")
    wanted = Asked(**{"classes": THREE, "mode": "train", **asked}, per_class=10)
    return loaders.right_pictures(name, found, wanted), found


def check_train(student: Student, size: int, sizes: tuple[int, ...], **asked: Any) -> None:
    """Fail unless the pictures of a training loader are those asked for."""
    found = loaders.loader_of(student, size, sizes)
    wanted = Asked(**{"classes": THREE, "mode": "train", **asked}, per_class=size)
    loaders.right_pictures(f"train_loader_dict[{size}]", found, wanted)


def check_valid(student: Student, **asked: Any) -> None:
    """Fail unless the pictures of the validation loader are those asked for."""
    found = loaders.described_loader(student, VALID)
    wanted = Asked(**{"classes": THREE, "mode": "valid", **asked}, per_class=VALID_PER_CLASS)
    loaders.right_pictures(VALID, found, wanted)


def readable(student: Student, sizes: tuple[int, ...]) -> dict[str, dict[str, Any]]:
    """The descriptions of those training loaders that can be read, by the loader's name.

    The others cost points elsewhere.
    """
    found = {}
    for size in sizes:
        try:
            found[f"train_loader_dict[{size}]"] = loaders.loader_of(student, size, sizes)
        except CheckFailed:
            continue
    if not found:
        raise fail("no training loader that can be read.", hint="Fill train_loader_dict first.")
    return found


def check_new(student: Student, sizes: tuple[int, ...]) -> None:
    """Fail if a validation picture is among the training pictures."""
    valid = loaders.described_loader(student, VALID)
    if not len(valid["passes"][0]["labels"]):
        raise fail(f"`{VALID}` gives no pictures at all.", hint="Count them in your notebook.")
    for name, train in readable(student, sizes).items():
        loaders.check_disjoint(train, valid, name, VALID)


def check_train_batches(student: Student, size: int, sizes: tuple[int, ...]) -> None:
    """Fail unless a training loader makes batches of the size asked for."""
    found = loaders.loader_of(student, size, sizes)
    loaders.check_batch_size(f"train_loader_dict[{size}]", found, TRAIN_BATCH)


def check_valid_batches(student: Student) -> None:
    """Fail unless the validation loader makes batches of the size asked for."""
    loaders.check_batch_size(VALID, loaders.described_loader(student, VALID), VALID_BATCH)


def check_mixed(student: Student, size: int, sizes: tuple[int, ...]) -> None:
    """Fail unless a training loader shuffles."""
    found = loaders.loader_of(student, size, sizes)
    loaders.check_shuffled(f"train_loader_dict[{size}]", found)


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
    dataset_pictures(student, "small_dataset")


@question("E1b")
@weight(2)
@number("E1.3")
def test_small_loader_pictures(student: Student) -> None:
    """small_dataset_loader gives every picture of the small data set"""
    found = loaders.described_loader(student, "small_dataset_loader")
    loaders.pictures("small_dataset_loader", found, THREE)
    try:
        small = student.describe("small_dataset", "dataset")
    except CheckFailed:
        small = {}
    # What is wrong with the data set itself costs points there.
    if not small or not loaders.same_samples(found, small):
        loaders.right_pictures("small_dataset_loader", found, Asked(THREE, 10))


@question("E1b")
@weight(1)
@number("E1.4")
def test_small_loader_batches(student: Student) -> None:
    """small_dataset_loader makes batches of 32"""
    found = loaders.described_loader(student, "small_dataset_loader")
    loaders.check_batch_size("small_dataset_loader", found, 32)


@question("E1b")
@weight(1)
@number("E1.5")
def test_small_loader_shuffled(student: Student) -> None:
    """small_dataset_loader shuffles, anew in each epoch"""
    found = loaders.described_loader(student, "small_dataset_loader")
    loaders.check_shuffled("small_dataset_loader", found)


# --- E2: loaders by size --------------------------------------------------------------------------


@question("E2")
@weight(3)
@number("E2.1")
@pytest.mark.parametrize("size", SIZES)
def test_train_loaders(student: Student, size: int) -> None:
    """train_loader_dict holds, for each size, that many training pictures of each kind"""
    check_train(student, size, SIZES)


@question("E2")
@weight(0.5)
@number("E2.2")
@pytest.mark.parametrize("size", SIZES)
def test_batches(student: Student, size: int) -> None:
    """every loader of train_loader_dict makes batches of 10"""
    check_train_batches(student, size, SIZES)


@question("E2")
@weight(0.5)
@number("E2.7")
def test_valid_batches(student: Student) -> None:
    """valid_loader makes batches of 256"""
    check_valid_batches(student)


@question("E2")
@weight(1)
@number("E2.3")
@pytest.mark.parametrize("size", SIZES)
def test_train_shuffled(student: Student, size: int) -> None:
    """every loader of train_loader_dict shuffles, anew in each epoch"""
    check_mixed(student, size, SIZES)


@question("E2")
@weight(2)
@number("E2.4")
def test_valid_loader(student: Student) -> None:
    """valid_loader holds 50 validation pictures of each kind"""
    check_valid(student)


@question("E2")
@weight(2)
@number("E2.5")
def test_valid_is_not_train(student: Student) -> None:
    """no picture of valid_loader is among the training pictures"""
    check_new(student, SIZES)


@question("E2")
@weight(1)
@number("E2.6")
def test_keys(student: Student) -> None:
    """the keys of train_loader_dict are the numbers of num_images_list"""
    loaders.check_keys(student, SIZES)


# --- E4a: edges in one half only ------------------------------------------------------------------


@question("E4a")
@weight(2)
@number("E4.1")
@pytest.mark.parametrize("size", SIZES)
def test_shifted_train_loaders(student: Student, size: int) -> None:
    """train_loader_dict holds, for each size, training pictures with edges in one half only"""
    check_train(student, size, SIZES, ratio=RATIO)


@question("E4a")
@weight(0.5)
@number("E4.2")
@pytest.mark.parametrize("size", SIZES)
def test_shifted_train_shuffled(student: Student, size: int) -> None:
    """every loader of train_loader_dict shuffles, anew in each epoch"""
    check_mixed(student, size, SIZES)


@question("E4a")
@weight(1.5)
@number("E4.3")
def test_shifted_valid_loader(student: Student) -> None:
    """valid_loader holds validation pictures with edges in the other half only"""
    check_valid(student, ratio=RATIO)


@question("E4a")
@weight(0.5)
@number("E4.6")
def test_shifted_keys(student: Student) -> None:
    """the keys of train_loader_dict are the numbers of num_images_list"""
    loaders.check_keys(student, SIZES)


@question("E4a")
@weight(0.25)
@number("E4.7")
@pytest.mark.parametrize("size", SIZES)
def test_shifted_batches(student: Student, size: int) -> None:
    """every loader of train_loader_dict makes batches of 10"""
    check_train_batches(student, size, SIZES)


@question("E4a")
@weight(0.25)
@number("E4.8")
def test_shifted_valid_batches(student: Student) -> None:
    """valid_loader makes batches of 256"""
    check_valid_batches(student)


# --- E5: permuted pixels --------------------------------------------------------------------------


@question("E5a")
@weight(2)
@number("E5.1")
def test_pixels_are_permuted(student: Student) -> None:
    """visual_dataset gives its pixels in another order, at random"""
    found = student.describe("visual_dataset", "dataset")
    data = loaders.pictures("visual_dataset", found, THREE)
    loaders.check_permuted("visual_dataset", data)


@question("E5a")
@weight(4)
@number("E5.2")
def test_unpermuted_pictures_are_clean(student: Student) -> None:
    """un-permuting the pictures of visual_dataset gives 10 of each kind, with clean edges"""
    data, found = dataset_pictures(student, "visual_dataset", permuted=True)
    order = found["unpermutater"]
    if order is None:  # permuted by a transform, say
        order = student.value("unpermutater")
    clean = loaders.restored(data, order)
    if clean is data:
        raise fail(
            "a data set without an order that undoes the permutation.",
            hint="Where does the pixel lie that came from place 0? Ask that for every place.",
        )
    loaders.check_kinds("visual_dataset", clean, THREE)


@question("E5b")
@weight(2)
@number("E5.3")
@pytest.mark.parametrize("size", PERMUTED_SIZES)
def test_permuted_train_loaders(student: Student, size: int) -> None:
    """train_loader_dict holds, for each size, training pictures permuted in one way"""
    check_train(student, size, PERMUTED_SIZES, permuted=True)


@question("E5b")
@weight(1)
@number("E5.4")
def test_permuted_valid_loader(student: Student) -> None:
    """valid_loader holds 50 permuted validation pictures of each kind, all of them new"""
    check_valid(student, permuted=True)
    check_new(student, PERMUTED_SIZES)


@question("E5b")
@weight(1.5)
@number("E5.5")
def test_one_permutation_for_all(student: Student) -> None:
    """training and validation pictures share one permutation"""
    described = readable(student, PERMUTED_SIZES)
    described[VALID] = loaders.described_loader(student, VALID)
    found = {name: loaders.pictures(name, each, THREE) for name, each in described.items()}
    # Most pictures tell rows apart best.
    first = max((name for name in found if name != VALID), key=lambda name: len(found[name].labels))
    for name, data in found.items():
        loaders.check_permuted(name, data)
        if not loaders.same_order(described[first], described[name]):
            loaders.check_consistent(name, found[first], data)


@question("E5b")
@weight(0.5)
@number("E5.6")
@pytest.mark.parametrize("size", PERMUTED_SIZES)
def test_permuted_train_shuffled(student: Student, size: int) -> None:
    """every loader of train_loader_dict shuffles, anew in each epoch"""
    check_mixed(student, size, PERMUTED_SIZES)


@question("E5b")
@weight(0.5)
@number("E5.7")
def test_permuted_keys(student: Student) -> None:
    """the keys of train_loader_dict are the numbers of num_images_list"""
    loaders.check_keys(student, PERMUTED_SIZES)


@question("E5b")
@weight(0.25)
@number("E5.8")
@pytest.mark.parametrize("size", PERMUTED_SIZES)
def test_permuted_batches(student: Student, size: int) -> None:
    """every loader of train_loader_dict makes batches of 10"""
    check_train_batches(student, size, PERMUTED_SIZES)


@question("E5b")
@weight(0.25)
@number("E5.9")
def test_permuted_valid_batches(student: Student) -> None:
    """valid_loader makes batches of 256"""
    check_valid_batches(student)


# --- E6: five classes -----------------------------------------------------------------------------


@question("E6a")
@weight(3)
@number("E6.1")
def test_five_kinds(student: Student) -> None:
    """visual_dataset holds 10 pictures of each of the five kinds, in the order given"""
    dataset_pictures(student, "visual_dataset", classes=FIVE)


@question("E6b")
@weight(1)
@number("E6.2")
@pytest.mark.parametrize("size", SIZES)
def test_five_train_loaders(student: Student, size: int) -> None:
    """train_loader_dict holds, for each size, that many pictures of each of the five kinds"""
    check_train(student, size, SIZES, classes=FIVE)


@question("E6b")
@weight(0.5)
@number("E6.3")
def test_five_valid_loader(student: Student) -> None:
    """valid_loader holds 50 validation pictures of each of the five kinds, all of them new"""
    check_valid(student, classes=FIVE)
    check_new(student, SIZES)


@question("E6b")
@weight(0.5)
@number("E6.4")
@pytest.mark.parametrize("size", SIZES)
def test_five_train_shuffled(student: Student, size: int) -> None:
    """every loader of train_loader_dict shuffles, anew in each epoch"""
    check_mixed(student, size, SIZES)


@question("E6b")
@weight(0.5)
@number("E6.5")
def test_five_keys(student: Student) -> None:
    """the keys of train_loader_dict are the numbers of num_images_list"""
    loaders.check_keys(student, SIZES)


@question("E6b")
@weight(0.25)
@number("E6.6")
@pytest.mark.parametrize("size", SIZES)
def test_five_batches(student: Student, size: int) -> None:
    """every loader of train_loader_dict makes batches of 10"""
    check_train_batches(student, size, SIZES)


@question("E6b")
@weight(0.25)
@number("E6.7")
def test_five_valid_batches(student: Student) -> None:
    """valid_loader makes batches of 256"""
    check_valid_batches(student)
