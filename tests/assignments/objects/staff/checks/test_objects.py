"""Hidden checks of objects that stay with the student's code."""

import math

import numpy as np
from gradescope_utils.autograder_utils.decorators import number, weight

from autograder.checks import RemoteObject, Student, expect, expect_array, fail, probe, question


@probe
def count_weights(net) -> int:
    return int(sum(np.asarray(part).size for part in vars(net).values() if hasattr(part, "shape")))


@probe
def cube(x: float) -> float:
    return math.pow(x, 3)


@question("Q1")
@weight(1)
@number("1.1")
def test_loss(student: Student, rng: np.random.Generator) -> None:
    """The loss is the mean squared error"""
    net = student.make("Net", 3, 2)
    X, W, y = rng.random((5, 3)), rng.random((3, 2)), rng.random((5, 2))
    net.set("W", W)
    expect_array(np.asarray(net.call("loss", X, y)), np.asarray(((X @ W - y) ** 2).mean()))


@question("Q1")
@weight(1)
@number("1.2")
def test_step(student: Student, rng: np.random.Generator) -> None:
    """A step goes down the gradient"""
    net = student.make("Net", 3, 2)
    X, y = rng.random((5, 3)), rng.random((5, 2))
    net.call("step", X, y, 0.5)
    expect_array(net.get("W"), 0.5 * 2 * X.T @ y / y.size)


@question("Q1")
@weight(1)
@number("1.3")
def test_parameters(student: Student) -> None:
    """Net(d, k) has d * k weights"""
    net = student.make("Net", 4, 3)
    expect(student.probe(count_weights, net) == 12, "another number of weights")
    expect(len(net) == 12, "another length")


@question("Q1")
@weight(2)
@number("1.4")
def test_training(student: Student, rng: np.random.Generator) -> None:
    """Training lowers the loss"""
    X, y = rng.random((5, 3)), rng.random((5, 2))
    net, losses = student.call("train", X, y, 9)
    if not isinstance(net, RemoteObject):
        raise fail("no net")
    expect(len(losses) == 9 and losses[-1] < losses[0], "a loss that does not go down")
    last = net.get("history", keep=True).item(-1)
    expect(abs(last - net.call("loss", X, y)) < 1e-9, "another net")


@question("Q2")
@weight(1)
@number("2.1")
def test_batches(student: Student) -> None:
    """batches is a generator of index lists"""
    found = student.call("batches", 7, 3)
    if not isinstance(found, RemoteObject):
        raise fail("no generator")
    expect(found.take(1) == [[0, 1, 2]], "another first batch", hidden="another first batch")
    expect(list(found) == [[3, 4, 5], [6]], "other batches", hidden="other batches")


@question("Q2")
@weight(1)
@number("2.2")
def test_in_place(student: Student) -> None:
    """shuffle changes its argument in place"""
    items = student.keep([3, 1, 2])
    expect(student.call("shuffle", items) is None, "something", hidden="something")
    expect(items.value() == [2, 1, 3], "another order", hidden="another order")


@question("Q2")
@weight(1)
@number("2.3")
def test_raises(student: Student) -> None:
    """halve refuses odd numbers with a ValueError"""
    kind, message = student.raises(ValueError, "halve", 7)
    expect("odd" in message, f"the message of the {kind} does not say why")


@question("Q2")
@weight(1)
@number("2.4")
def test_output(student: Student) -> None:
    """greet asks for a name and greets"""
    printed = student.output("greet", input="Ada\n")
    expect(printed.endswith("Hello Ada\n"), "another greeting", hidden="another greeting")


@question("Q2")
@weight(1)
@number("2.5")
def test_slope(student: Student) -> None:
    """slope takes any function"""
    found = student.call("slope", cube, 2.0)
    expect(isinstance(found, float) and abs(found - 12) < 1e-3, "another slope", hidden="other")


@question("Q3")
@weight(1)
@number("3.1")
def test_draw(student: Student) -> None:
    """draw shows the losses"""
    plot = student.figure("draw", [3.0, 2.0, 1.0]).plot
    expect_array(plot.line("loss").y, np.array([3.0, 2.0, 1.0]))
    expect(plot.xlabel == "step" and plot.legend == ("loss",), "no label or legend")


@question("Q3")
@weight(1)
@number("3.2")
def test_squares_drawn(student: Student) -> None:
    """The squares are drawn, with a title"""
    plot = student.figure().plot
    expect(plot.title == "Squares", f"the title {plot.title!r}", hidden="another title")
    expect_array(plot.lines[0].y, np.arange(5) ** 2)


@question("Q3")
@weight(1)
@number("3.3")
def test_squares_printed(student: Student) -> None:
    """The last square is printed"""
    expect("16" in student.output(), "another output", hidden="another output")


@question("Q3")
@weight(1)
@number("3.4")
def test_squares_saved(student: Student) -> None:
    """The squares are saved in squares.txt"""
    text = student.file("squares.txt").decode()
    expect(text.split() == ["0", "1", "4", "9", "16"], "another text", hidden="another text")
