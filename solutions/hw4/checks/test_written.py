"""The written part, hidden: numbers and formulas of written.json. Free text is read by people."""

import math
import re
from typing import Any

import formulas
import logs
import numpy as np
import pytest
from gradescope_utils.autograder_utils.decorators import number, weight

from autograder.checks import Files, fail, question
from autograder.model.findings import CheckFailed

FORM = "written.json"
#: Of a whole number, and of one in a text.
MAX_BITS, MAX_DIGITS = 1000, 100
LAYERS = {
    "conv1": ((28, 28, 10), 100),
    "pool1": ((14, 14, 10), 0),
    "conv2": ((14, 14, 10), 910),
    "pool2": ((7, 7, 10), 0),
    "flatten": ((490,), 0),
    "fc": ((3,), 1473),
}
#: The right formula, and numbers for its symbols at which every width is whole.
FORMULAS = {
    "conv_weights": ("F*C*K*K", "FCK"),
    "conv_biases": ("F", "F"),
    "conv_output_width": ("(W-K+2*P)/S+1", "WKPS"),
    "pool_output_width": ("(W-K)/S+1", "WKS"),
    "receptive_field": ("L*(K-1)+1", "LK"),
}
RESNET_PARAMETERS, RESNET_MB = 58_164_298, 232.657192
#: The memory of the smallest GPU, in MB, where there are no logs to compare with.
MIN_GPU = 1000


def answer(files: Files, *keys: str) -> Any:
    """One value of the form.

    Raises:
        CheckFailed: the form is missing or no JSON, or the value is not there or not filled in.
    """
    value = files.json(FORM)
    for key in keys:
        if not isinstance(value, dict) or key not in value:
            raise fail(
                f"{FORM} has no entry {' / '.join(keys)}.",
                hint="Fill in the form as it is, without renaming anything.",
            )
        value = value[key]
    if value is None or value in ("", []):
        raise fail(f"{' / '.join(keys)} in {FORM} is not filled in.", hint="Fill it in.")
    return value


def as_number(value: Any, name: str) -> float:
    """A number, also one written as text."""
    if isinstance(value, str):
        text = re.sub(r"[,_\s]|mb$", "", value, flags=re.IGNORECASE)
        try:
            value = float(text)
        except ValueError:
            value = None
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        value = None  # beyond any float
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise fail(f"{name} is no number.", hint="Write a plain number, without a unit.")
    return float(value)


def as_shape(value: Any, name: str) -> tuple[int, ...]:
    """A shape: a list of numbers, or text as 28x28x10."""
    if isinstance(value, str):
        value = [int(part[:MAX_DIGITS]) for part in re.findall(r"\d+", value)]
    if isinstance(value, int) and not isinstance(value, bool):
        value = [value]
    if not isinstance(value, list) or not all(type(part) is int for part in value):
        raise fail(f"{name} is no shape.", hint="Write a list of whole numbers, as [28, 28, 1].")
    return tuple(part for part in value if part != 1) or (1,)


@question("W1")
@weight(3.5)
@number("W1.1")
@pytest.mark.parametrize("layer", LAYERS)
def test_output_shapes(files: Files, layer: str) -> None:
    """the output shape of each layer"""
    shape = as_shape(answer(files, "layers", layer, "output"), f"the output of {layer}")
    expected = LAYERS[layer][0]
    if shape not in (expected, expected[-1:] + expected[:-1]):  # channels last, or first
        raise fail(
            f"another shape for {layer}.",
            hint="Width and height by the formulas of the next part; channels are filters.",
        )


@question("W1")
@weight(3.5)
@number("W1.2")
@pytest.mark.parametrize("layer", LAYERS)
def test_layer_parameters(files: Files, layer: str) -> None:
    """the number of parameters of each layer"""
    name = f"the number of parameters of {layer}"
    found = as_number(answer(files, "layers", layer, "parameters"), name)
    if found != LAYERS[layer][1]:
        raise fail(
            f"another number of parameters for {layer}.",
            hint="Weights and biases count; pooling has none; a filter spans all input channels.",
        )


@question("W2")
@weight(7)
@number("W2.1")
@pytest.mark.parametrize("name", FORMULAS)
def test_formulas(files: Files, name: str, rng: np.random.Generator) -> None:
    """the formulas for weights, biases, widths and the receptive field"""
    text = answer(files, "formulas", name)
    if not isinstance(text, str | int) or (isinstance(text, int) and text.bit_length() > MAX_BITS):
        raise fail(f"{name} is no formula.", hint="Write it as text, as A*(B+1).")
    right, letters = FORMULAS[name]
    for _ in range(8):
        numbers = {letter: int(rng.integers(1, 9)) for letter in letters}
        if "W" in numbers:  # so that the stride divides, and floor or not makes no difference
            steps, padding = int(rng.integers(5, 40)), numbers.get("P", 0)
            numbers["K"] += 2 * padding
            numbers["W"] = numbers["K"] - 2 * padding + numbers["S"] * steps
        try:
            found = formulas.value(str(text), numbers)
        except formulas.FormulaError as error:
            raise fail(
                f"{name} cannot be read: {error}.",
                hint=f"Use + - * / ^ ( ), whole numbers and the symbols {', '.join(letters)}.",
            ) from None
        if found != formulas.value(right, numbers):
            raise fail(
                f"{name} gives other values.", hint="Try it on a layer that you can count by hand."
            )


@question("W3")
@weight(1.5)
@number("W3.1")
def test_resnet_parameters(files: Files) -> None:
    """the trainable parameters of ResNet-152 with ten classes"""
    found = as_number(answer(files, "resnet152", "parameters"), "the number of parameters")
    if found != RESNET_PARAMETERS:
        thousand_classes = 60_192_808
        raise fail(
            "another number of parameters.",
            hint="The last layer has ten outputs here, not a thousand."
            if found == thousand_classes
            else "count_parameters counts them.",
        )


@question("W3")
@weight(1.5)
@number("W3.2")
def test_resnet_size(files: Files) -> None:
    """the size of ResNet-152 in MB"""
    found = as_number(answer(files, "resnet152", "size_mb"), "the size in MB")
    if abs(found - RESNET_MB) > 0.5:
        forgot_bytes = abs(found - RESNET_PARAMETERS / 1e6) < 0.5
        raise fail(
            "another size.",
            hint="How many bytes has one parameter?"
            if forgot_bytes
            else "Parameters times bytes of each, in MB of a million bytes.",
        )


@question("W4")
@weight(0.6)
@number("W4.1")
def test_measured_memory_agrees_with_the_logs(files: Files) -> None:
    """the measured memory agrees with your own logs, within 1 MB"""
    written = {("optimizer_memory_mb", name): logs.optimizer_file(name) for name in logs.OPTIMIZERS}
    for batch in logs.ran(files):
        written["batch_memory_mb", str(batch)] = logs.batch_file(batch)
    compared = 0
    for keys, name in written.items():
        found = as_number(answer(files, *keys), " / ".join(keys))
        log = readable(files, name)
        if log is not None:
            agree(found, log)
            compared += 1
    if not compared:
        raise fail("no log to compare with.", hint="Submit the folder logs.")


@question("W4")
@weight(0.2)
@number("W4.2")
def test_largest_batch(files: Files) -> None:
    """largest_batch is the largest batch that ran"""
    largest = as_number(answer(files, "largest_batch"), "the largest batch that ran")
    if largest != max(logs.ran(files), default=None):
        raise fail(
            "largest_batch is not the largest batch that has a log.",
            hint="Submit the log of the largest batch that ran.",
        )


@question("W4")
@weight(0.2)
@number("W4.3")
def test_gpu(files: Files) -> None:
    """the GPU has a name, and the memory that was measured fits into it"""
    name = answer(files, "gpu", "name")
    if not isinstance(name, str) or not re.search("[A-Za-z]", name):
        raise fail("gpu / name is no name.", hint="The last cell of GPUMemory.ipynb prints it.")
    memory = as_number(answer(files, "gpu", "memory_mb"), "gpu / memory_mb")
    read = (readable(files, name) for name in logs.FILES if files.paths(name))
    needed = [log.memory for log in read if log is not None and log.memory <= logs.MAX_MEMORY]
    least = max(needed, default=MIN_GPU)
    # PyTorch counts a little less than nvidia-smi, which wrote the logs.
    if not 0.9 * least <= memory <= logs.MAX_MEMORY:
        raise fail(
            "gpu / memory_mb is not the memory of a GPU that these logs can come from.",
            hint="It is in MB. The last cell of GPUMemory.ipynb prints it.",
        )


def readable(files: Files, name: str) -> logs.Log | None:
    """The memory of a log; None if it is not there or cannot be read, which costs points there."""
    try:
        return logs.read(files, name, "memUsage")
    except CheckFailed:
        return None


def agree(found: float, log: logs.Log) -> None:
    """Fail unless a written number is the largest memory in use of its log."""
    if abs(found - log.memory) > 1:
        raise fail(
            f"another value than in {log.name}.",
            hint="Write the largest memUsage of each log that you submit.",
        )
