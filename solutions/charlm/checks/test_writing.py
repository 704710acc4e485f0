"""C6 and C7, hidden: drawn text, printed lines and pictures."""

import string
from collections import Counter

import numpy as np
import torch
from gradescope_utils.autograder_utils.decorators import number, weight
from reference import TRAIN
from torch import nn

from autograder.checks import RemoteObject, Student, expect, expect_array, fail, probe, question


@probe
def turning_model(turns: list[int], block: int) -> nn.Module:
    """A network that is sure of what comes next.

    It turns the last character into the next one; in a full window their sum with the oldest.
    """

    class Turning(nn.Module):
        def forward(self, x):
            if x.shape[1] > block:
                raise ValueError(f"a window of {x.shape[1]} characters; {block} are allowed")
            oldest = x[:, :1] * (x.shape[1] == block)
            return 6.0 * torch.eye(len(turns))[torch.tensor(turns)[(x + oldest) % len(turns)]]

    model = Turning()
    model.block = block
    return model


@probe
def forgetful_model(logits: list[float]) -> nn.Module:
    """A network that says the same of every place."""

    class Forgetful(nn.Module):
        block = 8

        def forward(self, x):
            return torch.tensor(logits).expand(*x.shape, len(logits))

    return Forgetful()


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


@probe
def backwards(text: str) -> str:
    return text[::-1]


def turning(student: Student, turns: list[int], block: int) -> tuple[RemoteObject, RemoteObject]:
    """A network and a tokenizer of as many letters as there are turns."""
    alphabet = string.ascii_lowercase[: len(turns)]
    model = student.probe(turning_model, turns, block, keep=True)
    return model, student.probe(letters, alphabet, keep=True)


def likeliest(prompt: str, turns: list[int], block: int, n: int) -> str:
    """What the turning network writes at temperature 0."""
    text = [string.ascii_lowercase.index(char) for char in prompt]
    for _ in range(n):
        oldest = text[-block] if len(text) >= block else 0
        text.append(turns[(text[-1] + oldest) % len(turns)])
    return "".join(string.ascii_lowercase[number] for number in text)


# --- drawn text -----------------------------------------------------------------------------------


@question("C6")
@weight(2)
@number("C6.2")
def test_likeliest(student: Student, rng: np.random.Generator) -> None:
    """at temperature 0 the likeliest character comes next, the same in each call"""
    turns = [int(n) for n in np.roll(np.arange(7), int(rng.integers(1, 6)))]
    model, tokenizer = turning(student, turns, 30)
    texts = [student.call("generate", model, tokenizer, "bad", 9, 0) for _ in range(2)]
    expect(
        all(isinstance(text, str) for text in texts),
        "",
        hidden="something else than a text.",
        hint="`tokenizer.decode` makes a text of numbers.",
    )
    expect(
        texts[0].startswith("bad") and len(texts[0]) == 12,
        "",
        hidden="a text that is not the prompt and n more characters.",
        hint="Append to the numbers of the prompt, once in each of n rounds.",
    )
    expect(
        texts[0] == texts[1] == likeliest("bad", turns, 30, 9),
        "",
        hidden="other characters than the likeliest ones.",
        hint="The logits of the last place say what comes next; `argmax` finds the largest.",
    )


@question("C6")
@weight(2)
@number("C6.3")
def test_window(student: Student, rng: np.random.Generator) -> None:
    """the network reads the last `block` characters, neither more nor fewer"""
    turns = [int(n) for n in np.roll(np.arange(7), int(rng.integers(1, 6)))]
    model, tokenizer = turning(student, turns, 4)
    prompt = "".join(rng.choice(list("abcdefg"), 9).tolist())
    expect(
        student.call("generate", model, tokenizer, prompt, 12, 0)
        == likeliest(prompt, turns, 4, 12),
        "",
        hidden="another text, after a prompt longer than a window.",
        hint="`numbers[-model.block:]` are the last ones.",
    )


@question("C6")
@weight(2)
@number("C6.4")
def test_temperature(student: Student) -> None:
    """at a temperature above 0 characters are drawn from softmax(logits / T)"""
    logits = [1.0, 0.0, 0.5]
    model = student.probe(forgetful_model, logits, keep=True)
    tokenizer = student.probe(letters, "xyz", keep=True)
    for temperature in (0.5, 2.0):
        text = student.call("generate", model, tokenizer, "x", 1200, temperature)
        if not isinstance(text, str) or len(text) != 1201:
            raise fail("no text of n characters after the prompt.")
        counts = np.array([text[1:].count(char) for char in "xyz"]) / 1200
        expected = torch.tensor(logits).div(temperature).softmax(0).numpy()
        # Six standard deviations of a frequency out of 1200, at most.
        expect(
            bool((np.abs(counts - expected) < 0.09).all()),
            "",
            hidden="other characters than those of softmax(logits / T), too often.",
            hint="Divide the logits by the temperature, and draw one number.",
        )


@question("C6")
@weight(1)
@number("C6.5")
def test_samples_are_printed(student: Student) -> None:
    """show_samples prints a line for each prompt: the prompt, an arrow, its completion"""
    printed = student.output("show_samples", backwards, ["on the wall", "ada"])
    lines = [" ".join(line.split()) for line in printed.splitlines() if line.strip()]
    expect(
        lines == ["on the wall -> llaw eht no", "ada -> ada"],
        "",
        hidden="other lines.",
        hint="Call `complete` once for each prompt, and print both with ' -> ' in between.",
    )


# --- pictures -------------------------------------------------------------------------------------


@question("C7a")
@weight(2)
@number("C7.2")
def test_lines(student: Student, rng: np.random.Generator) -> None:
    """plot_losses draws the losses and their running mean, each where it belongs"""
    losses = rng.uniform(1, 3, 25).tolist()
    plot = student.figure("plot_losses", losses, window=4).plot
    loss, mean = plot.line("loss"), plot.line("mean")
    expect_array(np.asarray(loss.y, float), np.array(losses), hint="Draw the losses as they are.")
    expect_array(np.asarray(loss.x, float), np.arange(25.0), hint="Steps are counted from 0.")
    means = np.convolve(losses, np.ones(4) / 4, mode="valid")
    expect_array(
        np.asarray(mean.y, float),
        means,
        hint="There are as many means as there are runs of `window` steps in a row.",
    )
    expect_array(
        np.asarray(mean.x, float),
        np.arange(3.0, 25),
        hint="The first mean stands at step window - 1.",
    )


@question("C7a")
@weight(1)
@number("C7.3")
def test_names_of_axes(student: Student) -> None:
    """plot_losses names both axes"""
    plot = student.figure("plot_losses", [3.0, 2.0, 1.0], window=2).plot
    expect(
        bool(plot.xlabel.strip() and plot.ylabel.strip()),
        "",
        hidden="a picture in which an axis has no name.",
        hint="`plt.xlabel` and `plt.ylabel`.",
    )


@question("C7b")
@weight(3)
@number("C7.4")
def test_bars(student: Student) -> None:
    """ten bars show how often the most frequent characters stand in train_text"""
    plot = student.figure().plot
    _, lengths = plot.bar_values()
    expect(
        len(lengths) == 10,
        "",
        hidden="a picture that has not ten bars.",
        hint="`plt.bar`, with the ten characters and their counts.",
    )
    expected = [count for _, count in Counter(TRAIN).most_common(10)]
    expect_array(
        lengths,
        np.array(expected, float),
        hint="Count in train_text, blanks and line ends too; the most frequent comes first.",
    )


@question("C7b")
@weight(1)
@number("C7.5")
def test_title(student: Student) -> None:
    """the picture has a title, and both axes have a name"""
    figure = student.figure()
    plot = figure.plot
    expect(
        bool((plot.title or figure.title).strip() and plot.xlabel.strip() and plot.ylabel.strip()),
        "",
        hidden="a picture that lacks its title or the name of an axis.",
        hint="`plt.title`, `plt.xlabel`, `plt.ylabel`, before plt.show().",
    )
