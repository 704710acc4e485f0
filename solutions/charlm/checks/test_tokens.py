"""C1 and C2, hidden: the tokenizer and the batches, on texts that are drawn anew for every run."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from gradescope_utils.autograder_utils.decorators import number, weight

from autograder.checks import RemoteObject, Student, expect, expect_shape, fail, probe, question

LETTERS = list("abcdefghijklmnopqrstuvwxyz .,;\n")


@probe
def generator(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


# --- the tokenizer --------------------------------------------------------------------------------


def drawn(rng: np.random.Generator) -> tuple[list[str], str]:
    """Some letters, and a text in which each of them stands."""
    letters = sorted(rng.choice(LETTERS, size=12, replace=False).tolist())
    return letters, "".join(rng.permutation(letters * 4).tolist())


@question("C1")
@weight(2)
@number("C1.2")
def test_vocabulary(student: Student, rng: np.random.Generator) -> None:
    """the vocabulary is a sorted list of all characters, each once"""
    letters, text = drawn(rng)
    found = student.make("Tokenizer", text).get("vocabulary")
    expect(
        isinstance(found, list),
        "a vocabulary that is no list.",
        hidden="a vocabulary that is no list.",
        hint="`sorted` makes a list.",
    )
    expect(len(found) == len(set(found)), "", hidden="a vocabulary with something in it twice.")
    expect(
        set(found) == set(letters),
        "",
        hidden="a vocabulary of other characters than those of the text.",
        hint="Blanks and line ends are characters too.",
    )
    expect(found == letters, "", hidden="a vocabulary in another order.", hint="Sort it.")


@question("C1")
@weight(2)
@number("C1.3")
def test_encoding(student: Student, rng: np.random.Generator) -> None:
    """a character's number is its place in the vocabulary, in both directions"""
    letters, text = drawn(rng)
    tokenizer = student.make("Tokenizer", text)
    word = "".join(rng.permutation(letters).tolist())
    numbers = [letters.index(char) for char in word]
    expect(
        list(tokenizer.call("encode", word)) == numbers,
        "",
        hidden="other numbers than the places in the vocabulary.",
        hint="The first character of the vocabulary has the number 0.",
    )
    expect(
        tokenizer.call("decode", numbers) == word,
        "",
        hidden="another text out of `decode`.",
        hint="The number is a place in the sorted vocabulary, not in the text.",
    )


@question("C1")
@weight(2)
@number("C1.4")
def test_unknown_characters(student: Student) -> None:
    """encode raises a ValueError that names an unknown character"""
    tokenizer = student.make("Tokenizer", "the wall is white")
    _, message = tokenizer.raises(ValueError, "encode", "while?")
    expect(
        "?" in message,
        "",
        hidden="a ValueError whose message does not name the character.",
        hint="Put the character itself into the message.",
    )


@question("C1")
@weight(1)
@number("C1.5")
def test_two_tokenizers(student: Student) -> None:
    """a tokenizer is not changed by using it, or by another one"""
    one, other = student.make("Tokenizer", "abc\n"), student.make("Tokenizer", "cx")
    expect(one.call("encode", "") == [], "", hidden="something else than an empty list for ''.")
    expect(one.call("decode", []) == "", "", hidden="something else than '' for an empty list.")
    expect(
        one.call("decode", one.call("encode", "cab\n")) == "cab\n"
        and other.call("encode", "xc") == [1, 0],
        "",
        hidden="other numbers, with two tokenizers of different texts.",
        hint="What a tokenizer knows belongs into `self`.",
    )


# --- batches --------------------------------------------------------------------------------------

Pair = tuple[torch.Tensor, torch.Tensor]


def pairs(items: Sequence[Any], shape: tuple[int, int]) -> list[Pair]:
    """The batches, each of which has to be a pair of whole-number tensors of that shape."""
    if not items:
        raise fail("no batch at all.", hint="Use `yield`, once for each batch.")
    for item in items:
        if not isinstance(item, tuple | list) or len(item) != 2:
            raise fail("a batch that is no pair.", hint="`yield x, y`")
        for part in item:
            expect_shape(part, shape, "i")
    return [(torch.as_tensor(x), torch.as_tensor(y)) for x, y in items]


def batches(student: Student, tokens: torch.Tensor, seed: int | RemoteObject) -> list[Pair]:
    """All batches of windows of five numbers, four at a time."""
    rng = student.probe(generator, seed, keep=True) if isinstance(seed, int) else seed
    made = student.call("batches", tokens, 5, 4, rng, keep=True)
    return pairs(list(made), (4, 5))


@question("C2")
@weight(3)
@number("C2.2")
def test_targets(student: Student, rng: np.random.Generator) -> None:
    """y is one place further on than x, and both are windows of the text"""
    tokens = torch.from_numpy(rng.permutation(200))
    place = torch.argsort(tokens)
    for x, y in batches(student, tokens, 3):
        expect(
            bool(((x >= 0) & (x < 200) & (y >= 0) & (y < 200)).all()),
            "",
            hidden="numbers that are not in the text.",
        )
        expect(
            bool((place[x].diff(dim=1) == 1).all()),
            "",
            hidden="rows of x that are no windows of the text.",
            hint="A row holds numbers that stand side by side.",
        )
        expect(
            not torch.equal(x, y),
            "",
            hidden="a y that is the same as x.",
            hint="y is what comes after each number of x.",
        )
        expect(
            bool((place[y] == place[x] + 1).all()),
            "",
            hidden="a y that is not x, one place further on.",
            hint="Its first number is the second one of x.",
        )


@question("C2")
@weight(3)
@number("C2.3")
def test_one_pass(student: Student) -> None:
    """one pass has each window at most once, and as many as fill whole batches"""
    starts = torch.cat([x[:, 0] for x, _ in batches(student, torch.arange(41), 4)]).tolist()
    expect(
        len(starts) == len(set(starts)),
        "",
        hidden="a window that comes twice in one pass.",
        hint="`rng.permutation` gives each number once.",
    )
    expect(
        len(starts) == 36,  # each start from 0 to 35, in nine batches
        "",
        hidden="another number of batches.",
        hint="The last window is the one whose y ends with the text; what fills no batch is left "
        "out, and nothing else.",
    )


@question("C2")
@weight(2)
@number("C2.4")
def test_order(student: Student, rng: np.random.Generator) -> None:
    """the order is random, and follows from the generator that is given"""
    seed = int(rng.integers(1000))
    text = torch.arange(200)
    first, again = batches(student, text, seed), batches(student, text, seed)
    starts = torch.cat([x[:, 0] for x, _ in first])
    expect(
        bool((starts.diff() < 0).any()) and bool((starts.diff() > 1).any()),
        "",
        hidden="windows in the order of the text.",
        hint="Shuffle the starts.",
    )
    expect(
        all(torch.equal(x, other) for (x, _), (other, _) in zip(first, again, strict=True)),
        "",
        hidden="other batches, with a generator of the same seed.",
        hint="Use `rng`, and no other source of random numbers.",
    )
    shared = student.probe(generator, seed, keep=True)
    passes = [batches(student, text, shared) for _ in range(2)]
    expect(
        not torch.equal(passes[0][0][0], passes[1][0][0]),
        "",
        hidden="the same order in a second pass with the same generator.",
        hint="Use `rng` itself; a generator that is made anew begins anew.",
    )
