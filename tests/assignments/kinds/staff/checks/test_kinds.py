"""Hidden checks, one of each kind; the how-to page on kinds shows the lines between the marks."""

from typing import Any

import numpy as np
import pandas as pd
import torch
from fitting import accuracies
from gradescope_utils.autograder_utils.decorators import weight

from autograder.checks import (
    Files,
    Student,
    Training,
    expect,
    expect_array,
    expect_between,
    expect_causal,
    expect_deterministic,
    expect_equal,
    expect_frame,
    expect_gradient,
    expect_no_call,
    expect_number,
    expect_text,
    expect_vectorised,
    probe,
    question,
    time_limit,
)


@question("array")
@weight(1)
def test_array(student: Student, rng: np.random.Generator) -> None:
    """double(x) doubles every element"""
    x = rng.random((3, 4))
    expect_array(student.call("double", x), 2 * x)


@question("number")
@weight(1)
def test_number(student: Student, rng: np.random.Generator) -> None:
    """mean_squared(x) is the mean of the squares"""
    x = rng.random(10)
    expect_number(student.call("mean_squared", x), (x**2).mean(), hint="Square first.")


@question("text")
@weight(1)
def test_text(student: Student) -> None:
    """slug(title) is in lower case, with hyphens"""
    expect_text(student.call("slug", "Deep Learning 101"), "deep-learning-101")


@question("nested")
@weight(1)
def test_nested(student: Student) -> None:
    """config is as asked for"""
    expected = {"layers": [(3, "relu"), (1, None)], "lr": 0.1, "tags": {"a", "b"}}
    expect_equal(student.value("config"), expected)


@question("exception")
@weight(1)
def test_exception(student: Student) -> None:
    """root(x) refuses negative numbers with a ValueError"""
    _kind, message = student.raises(ValueError, "root", -1.0)
    expect_text(message, contains="negative")
    expect_number(student.call("root", 9.0), 3.0)


@question("printed")
@weight(1)
def test_printed(student: Student) -> None:
    """dialogue() asks how many lines, and prints them"""
    printed = student.output("dialogue", input="2\n")
    expect_text(printed, contains=["line 0", "line 1"])


@question("cell")
@weight(1)
def test_cell(student: Student) -> None:
    """The total is printed"""
    expect_text(student.output(), contains="total = 45")


@question("in_place")
@weight(1)
def test_in_place(student: Student) -> None:
    """normalise(x) changes x in place"""
    x = student.keep(np.array([1.0, 3.0]))
    student.call("normalise", x)
    expect_array(x.value(), np.array([0.25, 0.75]))


@question("file")
@weight(1)
def test_file(student: Student) -> None:
    """save(rows) writes rows.csv"""
    student.call("save", [[1, 2], [3, 4]])
    expect_text(student.file("rows.csv").decode(), "1,2\n3,4\n")


@question("figure")
@weight(1)
def test_figure(student: Student) -> None:
    """plot_loss(losses) draws a labelled line"""
    plot = student.figure("plot_loss", [3.0, 2.0, 1.0]).plot
    expect_array(plot.line("loss").y, np.array([3.0, 2.0, 1.0]))
    expect(plot.xlabel == "epoch" and plot.legend is not None, "no label, or no legend")


@question("shown")
@weight(1)
def test_shown(student: Student) -> None:
    """The heights are shown as bars, with a title"""
    plot = student.figure().plot
    expect(plot.title != "", "no title")
    _names, lengths = plot.bar_values()
    expect_array(lengths, np.array([3.0, 1.0, 2.0]))


@question("class")
@weight(1)
def test_class(student: Student) -> None:
    """Account keeps its balance"""
    account = student.make("Account", 10)
    account.call("deposit", 5)
    expect_number(account.get("balance"), 15)


@question("generator")
@weight(1)
def test_generator(student: Student) -> None:
    """naturals(step) counts without end"""
    counting = student.call("naturals", 3, keep=True)
    expect_equal(counting.take(3), [0, 3, 6])


@question("closure")
@weight(1)
def test_closure(student: Student) -> None:
    """adder(n) gives a function that adds n"""
    add = student.call("adder", 3, keep=True)
    expect_number(add(4), 7)


@probe
def halve_and_add_one(x: float) -> float:
    return x / 2 + 1


@question("callback")
@weight(1)
def test_callback(student: Student) -> None:
    """fixed_point(f, x) finds x = f(x)"""
    expect_number(student.call("fixed_point", halve_and_add_one, 5.0), 2.0, atol=1e-6)


@probe
def count_parameters(model: Any) -> int:
    return sum(p.numel() for p in model.parameters())


@question("parameters")
@weight(1)
def test_parameters(student: Student) -> None:
    """make_net() has 58 parameters"""
    net = student.call("make_net", keep=True)
    expect_number(student.probe(count_parameters, net), 58)
    expect_array(net(torch.ones(3, 4)).detach() * 0, torch.zeros(3, 2))


@probe
def with_weights(model: Any, weights: dict[str, Any], x: Any) -> Any:
    model.load_state_dict(weights)
    return model(x)


@question("weights")
@weight(1)
def test_weights(student: Student, rng: np.random.Generator) -> None:
    """Affine(n) scales and shifts"""
    scale, shift, x = (torch.from_numpy(rng.random(3)) for _ in range(3))
    net = student.make("Affine", 3)
    got = student.probe(with_weights, net, {"scale": scale, "shift": shift}, x.float())
    expect_array(got, (scale * x + shift).float())


@probe
def gradient_of(function: Any, x: Any) -> Any:
    x.requires_grad_()
    function(x).sum().backward()
    return x.grad


@question("gradient")
@weight(1)
def test_gradient(student: Student, rng: np.random.Generator) -> None:
    """Gradients go back through softplus"""
    x = torch.from_numpy(rng.normal(size=5))
    expect_array(student.probe(gradient_of, "softplus", x), torch.sigmoid(x))


@question("differences")
@weight(1)
def test_differences(student: Student, rng: np.random.Generator) -> None:
    """ridge_gradient(w) is the gradient of your ridge(w)"""
    w = rng.random(4) + 1
    got = student.call("ridge_gradient", w)
    expect_gradient(lambda x: student.call("ridge", x), w, got, rng=rng)


@question("causal")
@weight(1)
def test_causal(student: Student, rng: np.random.Generator) -> None:
    """running_mean(x) does not look ahead"""
    x = rng.random((2, 6))
    expect_causal(lambda inputs: student.call("running_mean", inputs), x, rng=rng)
    expect_array(student.call("running_mean", x)[:, 1], x[:, :2].mean(1))


@question("repeatable")
@weight(1)
def test_repeatable(student: Student) -> None:
    """sample(seed) follows from its seed"""
    got = expect_deterministic(lambda: student.call("sample", 3))
    expect(np.shape(got) == (5,), "another shape")
    expect(not np.array_equal(got, student.call("sample", 4)), "the same for another seed")


def slowly(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> None:
    for one in a:
        for other in b:
            np.abs(one - other).sum()


@question("vectorised")
@time_limit(20)
@weight(1)
def test_vectorised(student: Student, rng: np.random.Generator) -> None:
    """distances(a, b) works without loops over the points"""
    a, b = rng.random((300, 3)), rng.random((400, 3))
    expect_array(student.call("distances", a, b), np.abs(a[:, None] - b[None]).sum(-1))
    expect_vectorised(lambda: student.call("distances", a, b), lambda: slowly(a, b))


@question("rule")
@weight(1)
def test_rule(student: Student, rng: np.random.Generator) -> None:
    """solve(a, b) solves a x = b without inverting a"""
    a, b = rng.random((4, 4)) + 4 * np.eye(4), rng.random(4)
    expect_no_call(student.source("solve"), "np.linalg.inv")
    expect_array(a @ student.call("solve", a, b), b)


SALES = """
CREATE TABLE sales (name TEXT, price REAL);
INSERT INTO sales VALUES ('pen', 2), ('pen', 3), ('ink', 7);
"""


@probe
def rows_of(query: str, database: str) -> list[Any]:
    import sqlite3

    connection = sqlite3.connect(":memory:")
    connection.executescript(database)
    return connection.execute(query).fetchall()


@question("query")
@weight(1)
def test_query(student: Student) -> None:
    """query sums the prices of each name, in order"""
    expect_equal(student.probe(rows_of, "query", SALES), [("ink", 7.0), ("pen", 5.0)])


@question("trained")
@time_limit(20)
@weight(1)
def test_trained(student: Student, rng: np.random.Generator) -> None:
    """train(x, y, steps) fits a line"""
    x, others = (torch.from_numpy(rng.random((64, 2))).float() for _ in range(2))
    slope = torch.from_numpy(rng.uniform(1, 3, (2, 1))).float()
    net = student.call("train", x, x @ slope + 0.5, 1000, keep=True)
    error = ((net(others) - others @ slope - 0.5) ** 2).mean()
    expect(bool(error < 0.01), f"a loss of {error:.3g}", hidden="a loss that is too high")


@question("accuracy")
@weight(1)
def test_accuracy(student: Student, training: Training) -> None:
    """with epochs, the line is found"""
    epochs = int(expect_between(student.value("epochs"), 1, 10_000))
    training.check_bounds(steps=epochs)
    median = training.median(training.remembered(accuracies, epochs), at_least=0.9, seeds=7)
    expect(median.reached, f"a median of {median.value:.0%}", hidden="a low accuracy")


@question("frame")
@weight(1)
def test_frame(student: Student) -> None:
    """best(runs) is the best run of each learning rate"""
    runs = pd.DataFrame({"lr": [0.1, 0.2, 0.1], "loss": [3.0, 2.0, 1.0], "run": ["a", "b", "c"]})
    expected = pd.DataFrame({"lr": [0.1, 0.2], "loss": [1.0, 2.0], "run": ["c", "b"]})
    expect_frame(student.call("best", runs), expected, ignore_index=True)


@question("estimator")
@weight(1)
def test_estimator(student: Student) -> None:
    """model is fitted to 3 x + 1"""
    model = student.remote("model")
    expect_array(model.call("predict", np.array([[20.0], [30.0]])), np.array([61.0, 91.0]))


@question("module")
@weight(1)
def test_module(student: Student) -> None:
    """Bag in bag.py counts words"""
    bag = student.make("Bag")
    bag.call("add", "to be or not to be")
    expect_equal(bag.get("counts"), {"to": 2, "be": 2, "or": 1, "not": 1})


@question("array_file")
@weight(1)
def test_array_file(files: Files) -> None:
    """weights.npy sums to 1"""
    weights = files.array("weights.npy")
    expect_number(float(weights.sum()), 1.0, atol=1e-6)


@question("picture")
@weight(1)
def test_picture(files: Files) -> None:
    """picture.png is all red"""
    pixels = files.image("picture.png")
    expect(pixels.ndim == 3, "a picture without colours")
    expect_array(pixels[..., :3].reshape(-1, 3).mean(0), np.array([255.0, 0.0, 0.0]))
