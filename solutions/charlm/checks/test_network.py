"""C3 to C5, hidden: attention, the network and its training, held against a second writing."""

from typing import Any

import numpy as np
import pytest
import torch
from gradescope_utils.autograder_utils.decorators import number, weight
from reference import (
    HELD_OUT,
    TRAIN,
    Tensors,
    as_number,
    attention,
    logits,
    losses_of_a_table,
    numbered,
    parameters,
    shapes,
    windows,
)
from torch import nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from autograder.checks import (
    RemoteObject,
    Student,
    Training,
    depends,
    expect,
    expect_array,
    expect_shape,
    fail,
    probe,
    question,
)

# --- attention ------------------------------------------------------------------------------------


def inputs(
    rng: np.random.Generator, *axes: int, time: int = 7, d: int = 5, e: int = 4
) -> list[torch.Tensor]:
    """Queries, keys and values, large enough that a mask and a scale matter."""
    sizes = [d, d, e]
    return [torch.from_numpy(rng.normal(0, 1.5, (*axes, time, n))).float() for n in sizes]


@probe
def gradients(function, q, k, v, weights):
    q, k, v = (part.clone().requires_grad_() for part in (q, k, v))
    (function(q, k, v) * weights).sum().backward()
    return [q.grad, k.grad, v.grad]


@probe
def count_operations(function, q, k, v) -> int:
    class Counter(TorchFunctionMode):
        operations = 0

        def __torch_function__(self, operation, types, args=(), kwargs=None):
            self.operations += 1
            return operation(*args, **(kwargs or {}))

    with Counter() as counter:
        function(q, k, v)
    return counter.operations


@question("C3")
@weight(4)
@number("C3.2")
@pytest.mark.parametrize("axes", [(), (3,), (2, 3)], ids=["one", "batch", "heads"])
def test_attention_values(
    student: Student, rng: np.random.Generator, axes: tuple[int, ...]
) -> None:
    """causal_attention is the weighted mean of the formula, whatever axes stand in front"""
    q, k, v = inputs(rng, *axes)
    expect_array(
        student.call("causal_attention", q, k, v),
        attention(q, k, v),
        atol=1e-4,
        hint="Compare with the formula, one place at a time.",
        mistakes=[
            (attention(q, k, v, scale=1), "Divide the scores by the root of d."),
            (attention(q, k, v, scale=1 / 5), "Divide by the root of d, not by d."),
            (attention(q, k, v, scale=1 / 2), "d is the length of a query, not of a value."),
            (attention(q, k, v, ahead=True), "Each place sees all others; it may not look ahead."),
            (attention(q, k, v, behind=True), "The past is hidden in place of the future."),
            (attention(q, k, v, strict=True), "A place sees itself too."),
            (attention(q, k, v, axis=-2), "The weights of each query sum to 1: mind the axis."),
        ],
    )


@question("C3")
@weight(2)
@number("C3.3")
def test_causal(student: Student, rng: np.random.Generator) -> None:
    """what comes later changes nothing of what came out before"""
    first = inputs(rng, 2)
    before = expect_shape(student.call("causal_attention", *first), (2, 7, 4))
    time = int(rng.integers(2, 6))
    later = [part.clone() for part in first]
    for part, other in zip(later, inputs(rng, 2), strict=True):
        part[:, time:] = other[:, time:]
    after = expect_shape(student.call("causal_attention", *later), (2, 7, 4))
    expect(
        np.allclose(before[:, :time], after[:, :time], atol=1e-5),
        "",
        hidden="other outputs at places before those that have changed.",
        hint="Hide the future before the softmax, so that its weights are exactly 0.",
    )
    expect(
        not np.allclose(before[:, time:], after[:, time:], atol=1e-3),
        "",
        hidden="the same outputs where the inputs have changed.",
    )


@question("C3")
@weight(2)
@number("C3.4")
def test_gradients(student: Student, rng: np.random.Generator) -> None:
    """gradients flow through causal_attention into queries, keys and values"""
    given = inputs(rng, 2)
    weights = torch.from_numpy(rng.normal(size=(2, 7, 4))).float()
    found = student.probe(gradients, "causal_attention", *given, weights)
    q, k, v = (part.double().requires_grad_() for part in given)
    seen = torch.ones(7, 7, dtype=torch.bool).tril()
    scores = (q @ k.mT / 5**0.5).masked_fill(~seen, -torch.inf)
    (scores.softmax(-1) @ v * weights).sum().backward()
    for gradient, expected in zip(found, (q.grad, k.grad, v.grad), strict=True):
        assert expected is not None
        expect_array(
            gradient,
            expected.numpy(),
            atol=1e-3,
            hint="Stay in torch: NumPy, `.item()`, `.detach()` and torch.tensor() cut gradients.",
        )


@question("C3")
@weight(2)
@number("C3.5")
def test_no_loop(student: Student, rng: np.random.Generator) -> None:
    """causal_attention has no loop over places: longer windows need no more operations"""
    short, long = inputs(rng, 2, time=4), inputs(rng, 2, time=32)
    expect_array(student.call("causal_attention", *long), attention(*long), atol=1e-4)
    few = student.probe(count_operations, "causal_attention", *short)
    many = student.probe(count_operations, "causal_attention", *long)
    expect(
        0 < many <= few,
        "",
        hidden="more operations for a longer window.",
        hint="One matrix product compares all queries with all keys.",
    )


# --- the network ----------------------------------------------------------------------------------


@probe
def parameter_shapes(model) -> dict[str, tuple[int, ...]]:
    return {name: tuple(part.shape) for name, part in model.named_parameters()}


@probe
def half_frozen(inside: int, outside: int) -> nn.Module:
    model = nn.Sequential(nn.Linear(inside, inside), nn.ReLU(), nn.Linear(inside, outside))
    model[0].weight.requires_grad_(False)
    return model


def fixed(student: Student, rng: np.random.Generator) -> tuple[RemoteObject, dict[str, Any]]:
    """A network with random parameters of the check's: 13 characters, width 6, windows of 9."""
    weights = parameters(13, 6, 9, rng)
    model = student.make("CharModel", 13, 6, 9)
    model.call("load_state_dict", weights, strict=False, keep=True)
    return model, weights


@question("C4")
@weight(3)
@number("C4.2")
def test_parts(student: Student) -> None:
    """the network has the parts of the table, under their names"""
    found = student.probe(parameter_shapes, student.make("CharModel", 13, 6, 9))
    wanted = shapes(13, 6, 9)
    missing = [name for name in wanted if name not in found]
    more = sorted(set(found) - set(wanted))
    expect(
        not missing,
        "",
        hidden=f"a network without {' and '.join(missing[:3])}.",
        hint="Mind the names of the table; each part is an attribute of `self`.",
    )
    expect(
        not more,
        "",
        hidden="a network with parameters that are not in the table.",
        hint="Query, key and value have no bias.",
    )
    wrong = [name for name, shape in wanted.items() if found[name] != shape]
    expect(
        not wrong,
        "",
        hidden=f"another shape of {' and '.join(wrong[:3])}.",
        hint="nn.Linear takes what goes in first, then what comes out.",
    )


@question("C4")
@weight(4)
@number("C4.3")
@depends("test_parts")
@pytest.mark.parametrize("time", [9, 4], ids=["whole", "short"])
def test_logits_of_fixed_parameters(student: Student, rng: np.random.Generator, time: int) -> None:
    """with given parameters the logits are those of the four steps"""
    model, weights = fixed(student, rng)
    x = torch.from_numpy(rng.integers(0, 13, (3, time)))
    expect_array(
        model(x),
        logits(weights, x),
        atol=1e-2,
        rtol=1e-3,
        hint="Go through the four steps once more: are the parts added to h, and in this order?",
    )


@question("C4")
@weight(2)
@number("C4.4")
def test_too_long(student: Student) -> None:
    """a window longer than block is refused with a ValueError, one of that length is not"""
    model = student.make("CharModel", 5, 4, 3)
    expect_shape(model(torch.zeros(2, 3, dtype=torch.int64)), (2, 3, 5))
    model.raises(ValueError, "forward", torch.zeros(2, 4, dtype=torch.int64))


@question("C4")
@weight(2)
@number("C4.5")
def test_count(student: Student, rng: np.random.Generator) -> None:
    """count_parameters counts what is trained of any network"""
    inside, outside = (int(n) for n in rng.integers(3, 9, 2))
    model = student.probe(half_frozen, inside, outside, keep=True)
    found = student.call("count_parameters", model)
    expect(
        found != inside + inside**2 + (inside + 1) * outside,
        "",
        hidden="the number of all parameters, frozen ones too.",
        hint="`requires_grad` tells whether a parameter is trained.",
    )
    expect(
        found == inside + (inside + 1) * outside,
        "",
        hidden="another number of parameters.",
        hint="`numel` is how many numbers a parameter has; biases count too.",
    )


# --- training -------------------------------------------------------------------------------------


@probe
def table_model(table):
    """A network that looks up the logits of each character."""
    model = nn.Embedding(*table.shape)
    with torch.no_grad():
        model.weight.copy_(table)
    return model


@probe
def seed_torch(seed: int) -> None:
    torch.manual_seed(seed)


def small_task(rng: np.random.Generator) -> tuple[torch.Tensor, list[Any]]:
    """The table to begin with, and thirty batches of a text of nine characters."""
    numbers = torch.from_numpy(rng.integers(0, 9, 400)) // 2 * 2 % 9
    table = torch.from_numpy(rng.normal(size=(9, 9))).float()
    return table, windows(numbers, 6, 8, 30, rng)


def losses_of(found: object, count: int) -> np.ndarray:
    """The losses as an array, if they are a list of so many numbers."""
    if not isinstance(found, list):
        raise fail("no list of losses.", hint="Append the loss of each batch to one list.")
    if len(found) != count:
        raise fail("another number of losses.", hint="Append the loss of each batch.")
    return np.array([as_number(loss) for loss in found])


@question("C5")
@weight(4)
@number("C5.2")
def test_losses(student: Student, rng: np.random.Generator) -> None:
    """the losses are those of AdamW, one step for each batch"""
    table, batches = small_task(rng)
    model = student.probe(table_model, table, keep=True)
    losses = losses_of(student.call("train", model, batches, 0.05), len(batches))
    expected = losses_of_a_table(table, batches, 0.05)
    expect(
        abs(losses[0] - expected[0]) < 1e-3,
        "",
        hidden="another loss of the first batch.",
        hint="It is the mean cross-entropy over all characters of the batch, before the step.",
    )
    still = [losses_of_a_table(table, [batch], 0.05)[0] for batch in batches]
    expect(
        not np.allclose(losses, still, atol=1e-3),
        "",
        hidden="the losses of a network that does not learn.",
        hint="Each step needs backward() and step(), and the gradients in between.",
    )
    expect_array(
        losses,
        expected,
        atol=2e-2,
        hint="Are the gradients cleared before each backward(), the optimizer made once, and the "
        "learning rate handed on?",
    )


@question("C5")
@weight(1)
@number("C5.3")
def test_silent(student: Student, rng: np.random.Generator) -> None:
    """train prints nothing, and changes the network that it is given"""
    table, batches = small_task(rng)
    model = student.probe(table_model, table, keep=True)
    printed = student.output("train", model, batches, 0.05)
    expect(printed == "", "", hidden="something on the screen.", hint="Take out the print.")
    weights = expect_shape(model.get("weight"), tuple(table.shape))
    expect(
        not np.allclose(weights, table.numpy(), atol=1e-3),
        "",
        hidden="nothing, but the network is as it was.",
        hint="The optimizer gets the parameters of that network.",
    )


@probe
def parameters_of(model) -> dict[str, torch.Tensor]:
    return {name: part.detach() for name, part in model.named_parameters()}


def check_same_network(student: Student, rng: np.random.Generator) -> None:
    """Fail unless CharModel is still the network of C4, which a later cell may replace."""
    trained_parameters(student, student.make("CharModel", 13, 6, 9), shapes(13, 6, 9))
    model, weights = fixed(student, rng)
    x = torch.from_numpy(rng.integers(0, 13, (3, 9)))
    expected = logits(weights, x)
    found = expect_shape(model(x), expected.shape)
    expect(
        np.allclose(found, expected, atol=1e-2, rtol=1e-3),
        "",
        hidden="logits that are not those of C4's network, which is the one to be trained.",
        hint="Mend C4 first.",
    )


def trained_parameters(
    student: Student, model: RemoteObject, wanted: dict[str, tuple[int, ...]]
) -> Tensors:
    """The parameters of a student's network, as they are now."""
    found = student.probe(parameters_of, model)
    expect(
        isinstance(found, dict)
        and {name: tuple(getattr(part, "shape", ())) for name, part in found.items()} == wanted,
        "",
        hidden="a network with other parameters than those of the table in C4.",
        hint="Mend C4 first.",
    )
    return {name: torch.from_numpy(expect_shape(found[name], wanted[name])) for name in wanted}


def loss_of_last(weights: Tensors, numbers: torch.Tensor, block: int) -> float:
    """Nats per character of the network with these parameters, in full windows.

    It is computed here: a student's own network would be shown the answers in the other windows.
    """
    x, y = numbers[:-1].unfold(0, block, 1), numbers[block:]
    return float(F.cross_entropy(torch.from_numpy(logits(weights, x))[:, -1], y))


@question("C5")
@weight(5)
@number("C5.4")
def test_trained_network(
    student: Student, rng: np.random.Generator, training: Training, settings: dict[str, Any]
) -> None:
    """your CharModel, trained by your train for 200 steps, knows an unknown text well enough"""
    check_same_network(student, rng)
    vocabulary = int(numbered(TRAIN).max()) + 1

    def loss(seed: int) -> float:
        drawn = np.random.default_rng(seed)
        # Numbered anew, so that nothing that was learnt elsewhere is of use.
        order = torch.from_numpy(drawn.permutation(vocabulary))
        student.probe(seed_torch, int(drawn.integers(10_000)))
        model = student.make("CharModel", vocabulary, 32, 16)
        batches = windows(order[numbered(TRAIN)], 16, 32, settings["steps"], drawn)
        student.call("train", model, batches, 0.01, keep=True)
        weights = trained_parameters(student, model, shapes(vocabulary, 32, 16))
        return loss_of_last(weights, order[numbered(HELD_OUT)], 16)

    median = training.median(lambda seeds: list(map(loss, seeds)), at_most=settings["loss"])
    expect(
        median.reached,
        "",
        hidden=f"a network that needs more than {settings['loss']} nats per character.",
        hint="Look at C5.2 and at the network first; both are judged together here.",
    )
