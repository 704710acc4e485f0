"""The checks that students have too: they find slips, they do not prove an answer right."""

import numpy as np
import pandas as pd
import torch
from gradescope_utils.autograder_utils.decorators import number, weight
from torch import nn

from autograder.checks import (
    Student,
    expect,
    expect_array,
    expect_shape,
    expect_type,
    probe,
    question,
)


@probe
def generator(seed: int) -> np.random.Generator:
    """Random numbers for the student's code."""
    return np.random.default_rng(seed)


@probe
def counting_model(characters: int, block: int) -> nn.Module:
    """A network that is sure that the next number in turn comes next."""

    class Counting(nn.Module):
        def forward(self, x):
            if x.shape[1] > block:
                raise ValueError(f"a window of {x.shape[1]} characters; {block} are allowed")
            return 9.0 * torch.eye(characters)[(x + 1) % characters]

    model = Counting()
    model.block = block
    return model


@probe
def letters(alphabet: str) -> object:
    """A tokenizer of these letters."""

    class Letters:
        def encode(self, text):
            return [alphabet.index(char) for char in text]

        def decode(self, numbers):
            return "".join(alphabet[int(number)] for number in numbers)

    tokenizer = Letters()
    tokenizer.vocabulary = list(alphabet)
    return tokenizer


@question("C1")
@weight(1)
@number("C1.1")
def test_there_and_back(student: Student) -> None:
    """decode gives back what encode was given"""
    tokenizer = student.make("Tokenizer", "a dog on a wall")
    numbers = tokenizer.call("encode", "a long gown")
    expect(
        isinstance(numbers, list) and len(numbers) == 11,
        f"`encode` gives {numbers!r} for a text of 11 characters.",
        hint="It returns a list with one number for each character.",
    )
    back = tokenizer.call("decode", numbers)
    expect(back == "a long gown", f"{back!r}, where 'a long gown' was encoded.")


@question("C2")
@weight(2)
@number("C2.1")
def test_first_batch(student: Student) -> None:
    """a batch is a pair of whole-number tensors of shape (batch_size, block)"""
    rng = student.probe(generator, 1, keep=True)
    given = student.call("batches", torch.arange(50), 6, 4, rng, keep=True)
    for batch in given.take(1):
        x, y = batch
        expect_shape(x, (4, 6), "i")
        expect_shape(y, (4, 6), "i")
        return
    expect(False, "no batch at all, of 50 numbers.", hint="Use `yield`.")


@question("C3")
@weight(2)
@number("C3.1")
def test_first_place(student: Student, rng: np.random.Generator) -> None:
    """the first place sees only itself, so that it gets its own value"""
    q, k = (torch.from_numpy(rng.normal(size=(2, 5, 3))).float() for _ in range(2))
    v = torch.from_numpy(rng.normal(size=(2, 5, 4))).float()
    found = expect_shape(student.call("causal_attention", q, k, v), (2, 5, 4))
    expect_array(
        found[:, 0],
        v[:, 0].numpy(),
        atol=1e-5,
        hint="Its weights are 1 for itself and 0 for all that comes after it.",
    )


@question("C4")
@weight(1)
@number("C4.1")
def test_logits(student: Student) -> None:
    """the logits have the shape (batch, time, vocabulary_size)"""
    model = student.make("CharModel", 11, 8, 6)
    expect_shape(model(torch.zeros(3, 5, dtype=torch.int64)), (3, 5, 11))


@question("C5")
@weight(2)
@number("C5.1")
def test_one_loss_for_each_batch(student: Student) -> None:
    """train returns the loss of each batch, as a list of floats"""
    model = student.make("CharModel", 7, 8, 4)
    x = torch.arange(12).reshape(3, 4) % 7
    losses = student.call("train", model, [(x, (x + 1) % 7)] * 5, 0.01)
    expect(
        isinstance(losses, list) and not any(isinstance(loss, torch.Tensor) for loss in losses),
        f"{losses!r}.",
        hint="`loss.item()` makes a float of a tensor.",
    )
    expect(len(losses) == 5, f"{len(losses)} losses for 5 batches.")


@question("C6")
@weight(1)
@number("C6.1")
def test_length(student: Student) -> None:
    """generate goes on for n characters after the prompt"""
    model = student.probe(counting_model, 4, 8, keep=True)
    tokenizer = student.probe(letters, "abcd", keep=True)
    text = student.call("generate", model, tokenizer, "ab", 3, temperature=0)
    expect(
        text == "abcda",
        f"{text!r}, where 'ab' goes on with 'cda'.",
        hint="The prompt is part of the text; the logits of the last place say what comes next.",
    )


@question("C7a")
@weight(1)
@number("C7.1")
def test_labels(student: Student) -> None:
    """plot_losses draws lines with labels, and a legend"""
    plot = student.figure("plot_losses", [3.0, 2.0, 1.0, 2.0], window=2).plot
    plot.line("loss")
    plot.line("mean")
    expect(
        plot.legend is not None and {"loss", "mean"} <= set(plot.legend),
        "a figure whose legend does not name both lines.",
        hint="`plt.legend()` shows the labels of the lines, if it is called after drawing them.",
    )


@question("C8")
@weight(2)
@number("C8.1")
def test_one_hot_row(student: Student) -> None:
    """one_hot gives a row for each place with enough characters before it"""
    expect_array(
        student.call("one_hot", np.array([2, 0, 1]), 1, 3),
        np.array([[0.0, 0, 1], [1, 0, 0]]),
        hint="Nothing comes after the last character, so that it makes no row.",
    )


@question("C9")
@weight(1)
@number("C9.1")
def test_probabilities_sum_to_one(student: Student) -> None:
    """the probabilities of all characters sum to 1, after any context"""
    model = student.make("NgramModel", 1)
    model.call("fit", "abracadabra")
    for context in "abr":
        total = sum(model.call("probability", context, char) for char in "abcdr")
        expect(
            abs(total - 1) < 1e-9,
            f"probabilities that sum to {total:.4f} after {context!r}.",
            hint="Add the size of the vocabulary below the line, and one above it.",
        )


@question("C11")
@weight(1)
@number("C11.1")
def test_columns_are_kept(student: Student) -> None:
    """best_runs returns a frame with the columns of runs.csv"""
    names = ["run", "lr", "width", "steps", "train_loss", "val_loss"]
    rows = [["a", 0.1, 16, 200, 2.0, 2.2], ["b", 0.1, 32, 200, 1.8, 2.1]]
    found = student.call("best_runs", pd.DataFrame(rows, columns=names))
    expect_type(found, "DataFrame")
    columns = found.columns.tolist()
    expect(columns == names, f"a frame with the columns {', '.join(map(str, columns))}.")
