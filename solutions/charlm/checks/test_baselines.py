"""C8 to C10, hidden: the classifier, the counts, and how many bits they need."""

import math
from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
from gradescope_utils.autograder_utils.decorators import number, weight
from reference import HARBOUR, HELD_OUT, TEST, TRAIN, as_number, numbered

from autograder.checks import (
    RemoteObject,
    Student,
    depends,
    expect,
    expect_array,
    expect_shape,
    fail,
    probe,
    question,
)


@probe
def generator(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


# --- the classifier -------------------------------------------------------------------------------


def one_hot(numbers: list[int], context: int, vocabulary: int) -> np.ndarray:
    """The characters before each place, one-hot, of shape (places, context * vocabulary)."""
    table = np.zeros((len(numbers) - context, context * vocabulary))
    for row in range(len(table)):
        for column in range(context):
            table[row, column * vocabulary + numbers[row + column]] = 1.0
    return table


@question("C8")
@weight(2)
@number("C8.2")
def test_one_hot(student: Student, rng: np.random.Generator) -> None:
    """one_hot marks the characters before each place, the oldest first"""
    numbers = rng.integers(0, 6, 20).tolist()
    expected = one_hot(numbers, 3, 6)
    turned = expected.reshape(-1, 3, 6)[:, ::-1].reshape(-1, 18)
    expect_array(
        student.call("one_hot", np.array(numbers), 3, 6),
        expected,
        hint="Row i holds the numbers i, ..., i + context - 1.",
        mistakes=[(turned, "The oldest character comes first.")],
    )


@question("C8")
@weight(4)
@number("C8.3")
def test_accuracy(student: Student, rng: np.random.Generator, settings: dict[str, Any]) -> None:
    """baseline predicts enough characters of an unknown text"""
    first, second, third = (numbered(HELD_OUT).numpy()[n : n - 2 or None] for n in range(3))
    size = len(set(HARBOUR))
    # Asked once for each pair that there is, in any order: in the rows of a text each answer
    # stands in the next row.
    pairs = rng.permutation(size**2)
    table = np.concatenate([np.eye(size)[pairs // size], np.eye(size)[pairs % size]], axis=1)
    predicted = expect_shape(student.remote("baseline").call("predict", table), (size**2,), "i")
    after = np.empty(size**2, dtype=np.int64)
    after[pairs] = predicted
    accuracy = float((after[first * size + second] == third).mean())
    expect(
        accuracy >= settings["accuracy"],
        "",
        hidden="predictions that are wrong too often.",
        hint="The row of numbers[i] and numbers[i + 1] belongs to numbers[i + 2]. Is it fitted on "
        "all of train_text?",
    )


# --- the counts -----------------------------------------------------------------------------------


def smoothed(text: str, context: int, before: str, char: str) -> float:
    """The probability with add-one smoothing, counted from scratch."""
    before = before[len(before) - context :]
    places = range(context, len(text))
    seen = Counter(text[i] for i in places if text[i - context : i] == before)
    return (seen[char] + 1) / (seen.total() + len(set(text)))


def fitted(student: Student, context: int, text: str) -> RemoteObject:
    model = student.make("NgramModel", context)
    model.call("fit", text, keep=True)
    return model


def same_probability(
    model: RemoteObject, text: str, context: int, before: str, char: str, hint: str
) -> None:
    found = model.call("probability", before, char)
    expect(
        abs(as_number(found) - smoothed(text, context, before, char)) < 1e-9,
        "",
        hidden="another probability.",
        hint=hint,
    )


def drawn(rng: np.random.Generator, letters: str, length: int = 300) -> str:
    return letters + "".join(rng.choice(list(letters), length).tolist())


@question("C9")
@weight(3)
@number("C9.2")
def test_probabilities(student: Student, rng: np.random.Generator) -> None:
    """probability is the smoothed share of a character after its context"""
    for context in (0, 1, 2):
        text = drawn(rng, "abcd")
        model = fitted(student, context, text)
        for char in "ad":
            before = "".join(rng.choice(list("abcd"), context).tolist())
            hint = (
                "Count what comes after each run of `context` characters, to the end of the text."
            )
            same_probability(model, text, context, before, char, hint)


@question("C9")
@weight(1)
@number("C9.3")
def test_longer_contexts(student: Student, rng: np.random.Generator) -> None:
    """of a longer context only its end counts; after one never seen all are equally likely"""
    text = drawn(rng, "abc") + "ccc"
    model = fitted(student, 2, text)
    hint = "The last `self.context` characters are those nearest to what comes next."
    same_probability(model, text, 2, "ccab", "c", hint)
    none = "A context of no characters is ''; mind what [-0:] takes."
    same_probability(fitted(student, 0, text), text, 0, "ab", "c", none)
    unseen = "Without any count the probability is one divided by the size of the vocabulary."
    same_probability(model, text, 2, "zz", "a", unseen)


@question("C9")
@weight(1)
@number("C9.4")
def test_fit(student: Student, rng: np.random.Generator) -> None:
    """fit returns the model itself, and forgets what an earlier fit has counted"""
    first, second = drawn(rng, "abc"), drawn(rng, "bcd") + "bb"
    model = student.make("NgramModel", 1)
    returned = model.call("fit", first, keep=True)
    expect(
        returned.type_name.split(".")[-1] == "NgramModel",
        "",
        hidden="something else than the model out of `fit`.",
        hint="`return self`.",
    )
    model.call("fit", second, keep=True)
    expect(
        list(model.get("vocabulary")) == list("bcd"),
        "",
        hidden="another vocabulary after a second `fit`.",
        hint="It holds the characters of the last text, sorted.",
    )
    same_probability(model, second, 1, "b", "c", "A second `fit` begins with empty counts.")


@question("C9")
@weight(2)
@number("C9.5")
def test_samples(student: Student, rng: np.random.Generator) -> None:
    """sample goes on by the probabilities, and all chance comes from the generator"""
    text = "abac" * 40
    model = fitted(student, 1, text)
    seed = int(rng.integers(1000))
    given = [student.probe(generator, seed, keep=True) for _ in range(2)]
    first, again = (model.call("sample", "ab", 900, each) for each in given)
    if not isinstance(first, str) or len(first) != 902 or not first.startswith("ab"):
        raise fail("no text of the start and `length` more characters.")
    expect(set(first) <= set("abc"), "", hidden="characters that are not in the vocabulary.")
    expect(
        first == again,
        "",
        hidden="another text, with a generator of the same seed.",
        hint="Draw with `rng` and with nothing else.",
    )
    after = Counter(second for one, second in pairwise(first) if one == "a")
    share = after["b"] / max(after.total(), 1)
    # Some 430 draws: six standard deviations are 0.15.
    expect(
        after.total() > 300 and abs(share - smoothed(text, 1, "a", "b")) < 0.15,
        "",
        hidden="characters that do not come as often as their probabilities say.",
        hint="`rng.choice(characters, p=probabilities)` draws one.",
    )


# --- bits -----------------------------------------------------------------------------------------


@probe
def biased_model(context: int, likely: float) -> object:
    """A model that expects the character to be the first one of its context."""

    class Biased:
        def probability(self, before, char):
            if len(before) != context:
                raise ValueError(f"a context of {len(before)} characters")
            return likely if char == before[0] else 1 - likely

    model = Biased()
    model.context = context
    return model


@question("C10")
@weight(3)
@number("C10.1")
def test_bits(student: Student, rng: np.random.Generator) -> None:
    """bits_per_character is the mean of -log2 p of any model"""
    likely = float(rng.uniform(0.6, 0.9))
    text = drawn(rng, "xy", 40)
    found = student.call(
        "bits_per_character", student.probe(biased_model, 3, likely, keep=True), text
    )
    hits = [text[i] == text[i - 3] for i in range(3, len(text))]
    bits = [-math.log2(likely if hit else 1 - likely) for hit in hits]
    found = as_number(found)
    expect(
        abs(found - sum(bits) * math.log(2) / len(bits)) > 1e-6,
        "",
        hidden="a number of nats.",
        hint="Bits are logarithms to the base 2.",
    )
    expect(
        abs(found - sum(bits) / len(bits)) < 1e-6,
        "",
        hidden="another number of bits.",
        hint="Divide by the number of characters that have `context` characters before them.",
    )


@question("C10")
@weight(1)
@number("C10.2")
@depends("test_bits")
def test_bits_of_the_counts(student: Student) -> None:
    """bigram_bits is what an NgramModel of two characters needs for test_text"""
    found = student.value("bigram_bits")
    counts = Counter(zip(TRAIN, TRAIN[1:], TRAIN[2:], strict=False))
    pairs = Counter(pairwise(TRAIN[:-1]))
    size = len(set(TRAIN))
    bits = [
        -math.log2((counts[a, b, c] + 1) / (pairs[a, b] + size))
        for a, b, c in zip(TEST, TEST[1:], TEST[2:], strict=False)
    ]
    expect(
        abs(as_number(found) - sum(bits) / len(bits)) < 1e-4,
        "",
        hidden="another number.",
        hint="Fit on train_text, ask for test_text. Is C9 right?",
    )
