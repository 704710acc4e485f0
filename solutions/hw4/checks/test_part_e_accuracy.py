"""Part E, hidden: accuracies, by training the assignment's own models on the student's data.

A student cannot claim an accuracy: the pictures come out of their loaders, and the grader trains on
them with their hyperparameters, from several seeds at once. The median decides, so that a right
answer does not fail by an unlucky seed.

An answer's cell may make its loaders anew. So each check here looks whether the very pictures that
it trains on are those of the question that asks for them, and else takes pictures of the grader's
own; takes from the student nothing but what its own question asks; and measures on pictures of the
grader's own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import loaders
import pytest
from gradescope_utils.autograder_utils.decorators import number, weight
from held_out import held_out, own_training
from hw4.models import WiderCNN, count_parameters
from loaders import FIVE, THREE, Asked
from retraining import Data, Recipe, cnn_accuracies, mlp_accuracies, seconds_needed

from autograder.checks import Median, Student, Training, depends, fail, question, time_limit
from autograder.model.findings import CheckFailed

#: Bounds on what may be chosen: beyond them nothing is trained.
MAX_EPOCHS, MAX_KERNEL, MAX_LR = 100_000, 28, 10.0

SIZES = (10, 20, 30, 40, 50)
#: Those of the questions: smaller ones would be a way to train for longer.
BATCH, OVERFIT_BATCH = 10, 32
#: Twice the notebook's epochs: with one batch for an epoch, half of the seeds need more than 500.
OVERFIT_EPOCHS, OVERFIT_LR, OVERFIT_KERNEL = 1000, 0.01, 7
E3_LR, E3_KERNEL = 5e-3, 7
#: Where hardly anything but the number of epochs is the student's, a curve that has been this high
#: twice ends above the threshold (measured by tests/benchmarks/sequential_accuracy.py).
OVERFIT_ENOUGH, E3_ENOUGH = 93.0, 90.0
E4_RATIO = 0.5
E7_SIZE = 10


def whole_number(student: Student, name: str, highest: int) -> int:
    """A hyperparameter that has to be a whole number from 1 to ``highest``."""
    found = student.describe(name, "numbers")
    value = found["value"]
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # 3e2 is a spelling of 300
    if isinstance(value, bool) or not isinstance(value, int):
        raise fail(
            f"`{name}` is a value of type {found['type']}, where a whole number is asked for.",
            hint="Write a number, as 12, without quotation marks.",
        )
    if not 1 <= value <= highest:
        raise fail(f"`{name}` is {value}; 1 to {highest} is allowed.", hint="Nothing was trained.")
    return value


def learning_rate(student: Student) -> float:
    """``lr``: a positive number up to ``MAX_LR``."""
    found = student.describe("lr", "numbers")
    value = found["value"]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise fail(
            f"`lr` is a value of type {found['type']}, where a number is asked for.",
            hint="Write a number, as 1e-3, without quotation marks.",
        )
    if not 0 < value <= MAX_LR:
        raise fail(
            f"`lr` is {value:g}; more than 0 and up to {MAX_LR:g} is allowed.",
            hint="Nothing was trained.",
        )
    return float(value)


@dataclass(frozen=True)
class Trial:
    """What one training and its judging need, checked."""

    train: Data
    judged_on: Data
    recipe: Recipe


def trial(
    student: Student,
    size: int,
    classes: tuple[str, ...],
    recipe: dict[str, Any],
    training: Training,
    seeds: int,
    ratio: float = 1.0,
    own: bool = True,
) -> Trial:
    """The pictures to train on at ``size`` and the recipe, refused if it takes too long.

    Args:
        seeds: so many may be trained.
        ratio: where the edges lie; below 1 in the first part, and of those that judge in the
            other one.
        own: whether pictures of the grader's own stand in for those of a wrong answer.
    """
    train = training_pictures(student, Asked(classes, size, ratio=ratio), own=own)
    made = Recipe(batch_size=BATCH, order=training.seeds(1)[0], **recipe)
    training.check_bounds(steps=made.steps(train), seconds=seconds_needed(train, made, seeds))
    # Their order is drawn anew in training, and so no part of what a result follows from.
    return Trial(train.in_order(), held_out(classes, ratio), made)


def training_pictures(student: Student, asked: Asked, *, own: bool) -> Data:
    """The student's training pictures; the grader's own if they are not those asked for.

    That costs points where they are asked for, and says nothing of the hyperparameters. But there
    have to be some to choose hyperparameters by.

    Args:
        own: whether the grader's own are taken.
    """
    name = f"train_loader_dict[{asked.per_class}]"
    found = loaders.loader_of(student, asked.per_class, SIZES)
    try:
        return loaders.right_pictures(name, found, asked)
    except CheckFailed:
        if not own or not len(found["passes"][0]["labels"]):
            raise
        return own_training(asked.classes, asked.per_class, asked.ratio)


def median_accuracy(
    tried: Trial, training: Training, seeds: int, at_least: float | None = None
) -> Median:
    """Of the CNN on pictures of the grader's own, in per cent."""
    run = training.remembered(cnn_accuracies, tried.train, tried.judged_on, tried.recipe)
    return training.median(run, at_least=at_least, seeds=seeds)


def check_reached(median: Median, hint: str) -> None:
    """Fail below the threshold."""
    if not median.reached:
        raise fail(
            f"trained with your hyperparameters, the CNN reaches {median.value:.0f} per cent on "
            f"new pictures, in the median over {len(median.seeds)} seeds; {median.threshold:.0f} "
            "are needed.",
            hint=hint,
        )


# --- E1b: both models learn the small data set by heart -------------------------------------------


@question("E1b")
@weight(2)
@number("E1.6")
@time_limit(60)
def test_both_models_overfit(
    student: Student, training: Training, settings: dict[str, Any]
) -> None:
    """both models learn the pictures of small_dataset_loader by heart"""
    found = loaders.described_loader(student, "small_dataset_loader")
    data = loaders.pictures("small_dataset_loader", found, THREE).in_order()
    loaders.check_counts("small_dataset_loader", data, 10)
    # Pictures of one grey can be learnt by heart too. In which order the classes come is judged
    # with the data set; what fails here alone is labels that have nothing to do with the pictures.
    loaders.check_drawn("small_dataset_loader", data, THREE)
    order = training.seeds(1)[0]
    recipe = Recipe(
        OVERFIT_EPOCHS,
        OVERFIT_LR,
        OVERFIT_KERNEL,
        OVERFIT_BATCH,
        order=order,
        enough=OVERFIT_ENOUGH,
    )
    training.check_bounds(steps=recipe.steps(data))
    for kind, train in (("CNN", cnn_accuracies), ("MLP", mlp_accuracies)):
        reached = training.median(
            training.remembered(train, data, data, recipe),
            at_least=settings["e1_accuracy"],
            seeds=settings["e1_seeds"],
            name=kind,
        )
        if not reached.reached:
            raise fail(
                f"the {kind} does not learn these pictures by heart in {OVERFIT_EPOCHS} epochs.",
                hint="Labels have to fit the pictures.",
            )


# --- E3: number of epochs -------------------------------------------------------------------------


@question("E3")
@weight(1)
@number("E3.1")
def test_num_epochs(student: Student) -> None:
    """num_epochs is a whole number that can be trained for"""
    whole_number(student, "num_epochs", MAX_EPOCHS)


@question("E3")
@weight(5)
@number("E3.2")
@depends("test_num_epochs")
@time_limit(60)
def test_enough_epochs(student: Student, training: Training, settings: dict[str, Any]) -> None:
    """with num_epochs, the CNN reaches the accuracy asked for at 50 pictures of each class"""
    epochs = whole_number(student, "num_epochs", MAX_EPOCHS)
    recipe = {"epochs": epochs, "lr": E3_LR, "kernel_size": E3_KERNEL, "enough": E3_ENOUGH}
    seeds = settings["e3_seeds"]
    tried = trial(student, 50, THREE, recipe, training, seeds)
    median = median_accuracy(tried, training, seeds, settings["e3_accuracy"])
    check_reached(median, "Is the loss still falling?")


# --- E4b: hyperparameters under domain shift ------------------------------------------------------


@question("E4b")
@weight(1)
@number("E4.4")
def test_shift_hyperparameters(student: Student) -> None:
    """num_epochs, lr and kernel_size are numbers that can be trained with"""
    whole_number(student, "num_epochs", MAX_EPOCHS)
    whole_number(student, "kernel_size", MAX_KERNEL)
    learning_rate(student)


@question("E4b")
@weight(11)
@number("E4.5")
@depends("test_shift_hyperparameters")
@time_limit(60)
def test_shift_accuracy(student: Student, training: Training, settings: dict[str, Any]) -> None:
    """with them, the CNN reaches the accuracy asked for at 10 pictures of each class"""
    recipe = {
        "epochs": whole_number(student, "num_epochs", MAX_EPOCHS),
        "lr": learning_rate(student),
        "kernel_size": whole_number(student, "kernel_size", MAX_KERNEL),
    }
    seeds = settings["e4_seeds"]
    tried = trial(student, 10, THREE, recipe, training, seeds, E4_RATIO)
    check_reached(
        median_accuracy(tried, training, seeds, settings["e4_accuracy"]),
        "Look at the training accuracy: is it at 100 per cent? Then think of the kernel's size.",
    )


# --- E7: leaderboard ------------------------------------------------------------------------------


@question("E7")
@weight(0)
@number("E7.1")
@time_limit(60)
def test_wider_cnn(
    student: Student, training: Training, settings: dict[str, Any], leaderboard: Callable[..., None]
) -> None:
    """the hyperparameters of E7 put a wider CNN on the leaderboard (no points)"""
    try:
        enter_wider_cnn(student, training, settings, leaderboard)
    except CheckFailed as failed:  # it is voluntary: nobody has failed at it
        pytest.skip(f"Not on the leaderboard. {failed.finding.text(hidden=True)}")


def enter_wider_cnn(
    student: Student, training: Training, settings: dict[str, Any], leaderboard: Callable[..., None]
) -> None:
    """Enter accuracy and size, if the answer and its loader are what is asked for."""
    recipe = {
        "epochs": whole_number(student, "num_epochs", MAX_EPOCHS),
        "lr": learning_rate(student),
        "kernel_size": whole_number(student, "kernel_size", MAX_KERNEL),
        "filters": 6,
    }
    seeds = settings["e7_seeds"]
    tried = trial(student, E7_SIZE, FIVE, recipe, training, seeds, own=False)
    median = median_accuracy(tried, training, seeds)
    trained = WiderCNN(kernel_size=tried.recipe.kernel_size, num_classes=len(FIVE))
    leaderboard("accuracy of the wider CNN on five classes, per cent", round(median.value, 1))
    leaderboard("its number of parameters", count_parameters(trained), "asc")
