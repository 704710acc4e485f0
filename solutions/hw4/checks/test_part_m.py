"""Part M, hidden: the memory logs, judged by what must hold on every GPU.

Neither absolute values nor the order of the optimizers can be graded: real runs differ by more than
the optimizers' states do. What must hold are the model's own floors.
"""

from collections.abc import Callable
from itertools import combinations

import logs
import numpy as np
import pytest
from gradescope_utils.autograder_utils.decorators import number, weight
from logs import BATCHES, OPTIMIZERS, OPTIONAL_BATCHES

from autograder.checks import Files, depends, fail, question

#: One copy of ResNet-152's weights (10 classes, float32), in MB.
COPY = 232.657192
#: Weights, gradients, optimizer state.
COPIES = {"SGD": 2, "SGD_WITH_MOMENTUM": 3, "ADAM": 4}
MAX_MEMORY = 200_000


@question("M1")
@weight(3)
@number("M1.1")
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_optimizer_logs(files: Files, optimizer: str) -> None:
    """there is a readable log for each of the three optimizers"""
    logs.optimizer_log(files, optimizer)


@question("M1")
@weight(3)
@number("M1.2")
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_optimizer_memory(files: Files, optimizer: str) -> None:
    """the memory in use is enough for weights, gradients and the optimizer's state"""
    log = logs.optimizer_log(files, optimizer)
    logs.check_measured(log)
    if log.memory < COPIES[optimizer] * COPY:
        raise fail(
            f"{log.name} shows less memory than the model itself takes.",
            hint="memUsage is in MB, read while the model is on the GPU and after the step.",
        )
    if log.memory > MAX_MEMORY:
        raise fail(
            f"{log.name} shows more memory than any GPU has.", hint="memUsage is in MB, not bytes."
        )


@question("M1")
@weight(0)
@number("M1.3")
def test_logs_differ(files: Files, flag: Callable[[str], None]) -> None:
    """(for staff) the logs are measurements of their own"""
    names = [f"resnet152__{name}.csv" for name in OPTIMIZERS]
    names += [f"resnet18__{batch}.csv" for batch in BATCHES]
    texts = {name: files.text(name) for name in names if files.paths(name)}
    for one, other in combinations(texts, 2):
        if texts[one] == texts[other]:
            flag(f"{one} and {other} are the same, byte by byte")
    if not texts:
        raise fail("no log at all.", hint="Hand in the folder logs.")


@question("M2")
@weight(3)
@number("M2.1")
@pytest.mark.parametrize("batch", BATCHES)
def test_batch_logs(files: Files, batch: int) -> None:
    """there is a log of ten epochs for each batch size that fits into memory"""
    present = logs.ran(files)
    if batch not in present and batch in OPTIONAL_BATCHES:
        smaller = [size for size in BATCHES if size not in OPTIONAL_BATCHES]
        if set(smaller) <= set(present) and max(present) < batch:
            return  # it ran out of memory, as many do
    log = logs.batch_log(files, batch)
    epochs, accuracies = log.columns["epoch"], log.columns["accuracy"]
    if sorted(set(epochs)) != [float(n) for n in range(1, 11)] or epochs != sorted(epochs):
        raise fail(
            f"{log.name} does not hold the epochs 1 to 10 in order.",
            hint="Each run has ten epochs; hand in the log of a whole run.",
        )
    if min(accuracies) < 0 or max(accuracies) > 100:
        raise fail(f"{log.name} has accuracies outside 0 to 100.", hint="They are in per cent.")
    logs.check_measured(log)


@question("M2")
@weight(1.5)
@number("M2.2")
@depends("test_batch_logs")
def test_losses_fall(files: Files) -> None:
    """the loss falls in each run"""
    for batch in logs.ran(files):
        log = logs.batch_log(files, batch)
        slope = np.polyfit(log.columns["epoch"], log.columns["loss"], 1)[0]
        if slope >= 0:
            raise fail(
                f"the loss in {log.name} does not fall.",
                hint="The learning rate follows the batch size, up to a bound; see the notebook.",
            )


@question("M2")
@weight(1.5)
@number("M2.3")
@depends("test_batch_logs")
def test_memory_grows_with_the_batch(files: Files) -> None:
    """the largest batch that ran takes more memory than the smallest"""
    present = logs.ran(files)
    if logs.batch_log(files, present[-1]).memory <= logs.batch_log(files, present[0]).memory:
        raise fail(
            "a larger batch takes no more memory than the smallest.",
            hint="Clear the GPU's memory between the runs, or restart the kernel.",
        )
