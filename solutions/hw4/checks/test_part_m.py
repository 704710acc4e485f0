"""Part M, hidden: the memory logs, judged by what must hold on every GPU.

Neither absolute values nor the order of the optimizers can be graded: real runs differ by more than
the optimizers' states do. What must hold are the models' own floors, and that training trains.
Each log is judged by itself, and each column by the check that needs it.
"""

from collections.abc import Callable, Sequence
from itertools import combinations
from statistics import fmean

import logs
import pytest
from gradescope_utils.autograder_utils.decorators import number, weight
from logs import BATCHES, FILES, MAX_MEMORY, OPTIMIZERS

from autograder.checks import Files, fail, question

#: One copy of the weights (10 classes, float32), in MB.
RESNET152, RESNET18 = 232.657192, 44.726568
#: Weights, gradients, optimizer state. The batches are trained with momentum.
COPIES = {"SGD": 2, "SGD_WITH_MOMENTUM": 3, "ADAM": 4}
#: Guessing among ten classes costs ln 10 = 2.3, and a network that trains stays below twice that
#: from the first epoch on, whatever its first weights are. None is that good at once, either.
MAX_LOSS, MIN_LOSS = 4.6, 0.1
#: Guessing gets one picture of ten right. Accuracies up to 1 are taken for shares.
CHANCE = 0.1
#: Epochs at each end that a trend is told by, and by how much of itself the loss has to fall.
ENDS, FALL = 3, 0.01


def check_memory(log: logs.Log, least: float) -> None:
    """Fail if the memory in use cannot be that of a run, in MB."""
    logs.check_measured(log)
    if log.memory < least:
        raise fail(
            f"{log.name} shows less memory than the model itself takes.",
            hint="memUsage is in MB, read while the model is on the GPU and after the step.",
        )
    if log.memory > MAX_MEMORY:
        raise fail(
            f"{log.name} shows more memory than any GPU has.", hint="memUsage is in MB, not bytes."
        )


@question("M1")
@weight(2)
@number("M1.1")
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_optimizer_logs(files: Files, optimizer: str) -> None:
    """there is a readable log for each of the three optimizers"""
    log = logs.read(files, logs.optimizer_file(optimizer), "timestamp", "memUsage")
    logs.check_times(log)


@question("M1")
@weight(2)
@number("M1.2")
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_optimizer_memory(files: Files, optimizer: str) -> None:
    """the memory in use is enough for weights, gradients and the optimizer's state"""
    log = logs.read(files, logs.optimizer_file(optimizer), "memUsage")
    check_memory(log, COPIES[optimizer] * RESNET152)


@question("M1")
@weight(0)
@number("M1.3")
def test_logs_differ(files: Files, flag: Callable[[str], None]) -> None:
    """(for staff) the logs are measurements of their own"""
    texts = {name: files.text(name) for name in FILES if files.paths(name)}
    for one, other in combinations(texts, 2):
        if texts[one] == texts[other]:
            flag(f"{one} and {other} are the same, byte by byte")
    if not texts:
        pytest.skip("There is no log to compare.")


@question("M2")
@weight(2)
@number("M2.1")
@pytest.mark.parametrize("batch", BATCHES)
def test_batch_logs(files: Files, batch: int) -> None:
    """there is a log of ten epochs for each batch size that fits into memory"""
    if logs.did_not_fit(files, batch):
        return
    log = logs.read(files, logs.batch_file(batch), "timestamp", "epoch")
    logs.check_times(log)
    epochs = log.columns["epoch"]
    if sorted(set(epochs)) != [float(n) for n in range(1, 11)] or epochs != sorted(epochs):
        raise fail(
            f"{log.name} does not hold the epochs 1 to 10 in order.",
            hint="Each run has ten epochs; submit the log of a whole run.",
        )


@question("M2")
@weight(2)
@number("M2.2")
@pytest.mark.parametrize("batch", BATCHES)
def test_training_trains(files: Files, batch: int) -> None:
    """the loss falls and the accuracy rises in each run"""
    if logs.did_not_fit(files, batch):
        return
    log = logs.read(files, logs.batch_file(batch), "loss", "accuracy")
    losses, accuracies = log.columns["loss"], log.columns["accuracy"]
    follows = "The learning rate follows the batch size, up to a bound; see the notebook."
    if not MIN_LOSS <= losses[0] <= MAX_LOSS:
        raise fail(f"the loss in {log.name} does not start as that of ten classes.", hint=follows)
    first, last = _ends(losses)
    if min(losses) < 0 or last > (1 - FALL) * first:
        raise fail(f"the loss in {log.name} does not fall.", hint=follows)
    if min(accuracies) < 0 or max(accuracies) > 100:
        raise fail(f"{log.name} has accuracies outside 0 to 100.", hint="They are in per cent.")
    first, last = _ends(accuracies)
    if last <= first:
        raise fail(f"the accuracy in {log.name} does not rise.", hint=follows)
    if last / (100 if max(accuracies) > 1 else 1) <= CHANCE:
        raise fail(f"the accuracy in {log.name} ends no better than guessing.", hint=follows)


def _ends(values: Sequence[float]) -> tuple[float, float]:
    """The means of the first and of the last few."""
    return fmean(values[:ENDS]), fmean(values[-ENDS:])


@question("M2")
@weight(1)
@number("M2.3")
def test_memory_grows_with_the_batch(files: Files) -> None:
    """each run takes the memory of its model, and the largest batch more than the smallest"""
    found = [logs.read(files, logs.batch_file(batch), "memUsage") for batch in logs.ran(files)]
    for log in found:
        check_memory(log, COPIES["SGD_WITH_MOMENTUM"] * RESNET18)
    if len(found) < 2:
        raise fail("fewer than two logs to compare.", hint="Measure at least two batch sizes.")
    if found[-1].memory <= found[0].memory:
        raise fail(
            "the largest batch takes no more memory than the smallest.",
            hint="Clear the GPU's memory between the runs, or restart the kernel.",
        )
