"""The helpers by which checks compare: right, wrong and odd answers, and what hidden texts keep."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import fractions
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from autograder.checks import (
    expect,
    expect_array,
    expect_between,
    expect_equal,
    expect_number,
    expect_shape,
    expect_text,
    expect_type,
)
from autograder.checks.expect.tolerance import Tolerance
from autograder.checks.expect.words import quoted, told_apart
from autograder.model.findings import CheckFailed, Finding
from autograder.wire import copied

Check = Callable[[Any], object]


def refused(check: Check, got: object) -> Finding:
    with pytest.raises(CheckFailed) as caught:
        check(got)
    return caught.value.finding


# --- arrays ---------------------------------------------------------------------------------------

EXPECTED = np.array([[0.5, 1.0], [1.5, 2.0]])


@pytest.mark.parametrize(
    ("got", "text"),
    [
        (None, "nothing (None)"),
        ([[0.5, 1.0], [1.5, 2.0]], "a list, where"),
        (0.5, "a number (0.5), where"),
        (np.array(0.5), "shape ()"),
        (np.empty((0, 2)), "shape (0, 2)"),
        (EXPECTED[:, :1], "shape (2, 1)"),
        (EXPECTED.astype(int), "array of int64"),
        (EXPECTED > 0, "array of bool"),
        (np.full((2, 2), np.nan), "NaN"),
        (np.full((2, 2), np.inf), "infinite"),
        (
            EXPECTED + np.array([[0, 0], [0, 1e-3]]),
            "1 of 4 elements differs, at [1, 1]: 2.001 instead of 2",
        ),
    ],
)
def test_expect_array_refuses(got: object, text: str) -> None:
    with pytest.raises(CheckFailed) as caught:
        expect_array(got, EXPECTED)
    finding = caught.value.finding
    assert text in finding.text(hidden=False)
    hidden = finding.text(hidden=True)
    assert not any(number in hidden for number in ("2.001", "(2, 1)", "(0, 2)", "int64"))


@given(st.integers(0, 2**32 - 1))
def test_expect_array_takes_what_is_equal_within_tolerance(seed: int) -> None:
    rng = np.random.default_rng(seed)
    expected = rng.random((3, 4))
    expect_array(expected + rng.uniform(-9e-7, 9e-7, (3, 4)), expected)
    expect_array(expected.astype(np.float32), expected)
    wrong = expected.copy()
    wrong[rng.integers(3), rng.integers(4)] += rng.choice([-1, 1]) * 2e-6
    with pytest.raises(CheckFailed):
        expect_array(wrong, expected)


def test_expect_array_names_a_known_mistake() -> None:
    with pytest.raises(CheckFailed) as caught:
        expect_array(-EXPECTED, EXPECTED, hint="Other.", mistakes=[(-EXPECTED, "Mind the sign.")])
    assert "Mind the sign." in caught.value.finding.text(hidden=True)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_expect_shape_refuses_what_is_no_number(odd: float) -> None:
    """What a check goes on with: NaN is not larger than any tolerance of its own."""
    for array in (np.array([0.5, odd]), np.array([0.5, odd], dtype="f4"), np.array([1j, odd])):
        kind = array.dtype.kind
        assert "NaN" in refused(lambda got, kind=kind: expect_shape(got, (2,), kind), array).public
        tensor = torch.from_numpy(array)
        assert "NaN" in refused(lambda got, kind=kind: expect_shape(got, (2,), kind), tensor).public


def test_nan_is_close_to_nothing() -> None:
    nan, one = np.array([np.nan, 1.0]), np.array([1.0, np.nan])
    for allowed in (Tolerance(0.0, 0.0), Tolerance(1e9, 1e9)):
        for got, expected in ((nan, one), (nan, nan)):
            assert not allowed.close(got, expected)[0]
        assert allowed.close(nan, nan, equal_nan=True).all()


def test_expect_shape_returns_the_array() -> None:
    assert expect_shape(EXPECTED, (2, 2)) is EXPECTED
    with pytest.raises(CheckFailed):
        expect_shape(EXPECTED, (2, 2), "i")
    with pytest.raises(CheckFailed):
        expect(False, "wrong")


MILLION = np.random.default_rng(0).random(10**6)


def test_the_tolerance_follows_the_type() -> None:
    total = np.array([MILLION.sum()])
    looped = np.cumsum(MILLION.astype(np.float32))[-1:]
    expect_array(np.array([MILLION.astype(np.float32).sum()]), total)
    expect_array(looped, total)
    expect_array(torch.tensor(MILLION, dtype=torch.float32).sum(0, keepdim=True), total)
    finding = refused(lambda got: expect_array(got, total), (total * 1.001).astype(np.float32))
    assert "500659 instead of 500159" in finding.public
    expect_array(total.astype(np.float32).astype(np.float64), total)  # as tensor.tolist() gives
    refused(lambda got: expect_array(got, total), total * (1 + 1e-6))
    third = np.array([1 / 3, 2 / 3])
    expect_array(third.astype(np.float16), third)
    expect_array(torch.tensor(third, dtype=torch.bfloat16), third)
    refused(lambda got: expect_array(got, third), third.astype(np.float16) * np.float16(1.1))
    expect_array(third.astype(np.complex64), third.astype(complex))
    refused(lambda got: expect_array(got, third.astype(complex)), third + 1e-5j)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_zeros_are_no_small_gradients(dtype: type) -> None:
    small = np.array([1e-5, -2e-5, 3e-5], dtype)
    expect_array(small * dtype(1 + 1e-6), small)
    refused(lambda got: expect_array(got, small), np.zeros(3, dtype))
    # What is left of zeros by rounding is no small number.
    expect_array(np.array([3e-17]), np.array([-1e-17]))
    expect_array(np.array([2e-8], np.float32), np.array([1e-17]))


def test_explicit_tolerances_keep_their_meaning() -> None:
    expect_array(EXPECTED + 0.9e-3, EXPECTED, atol=1e-3)
    refused(lambda got: expect_array(got, EXPECTED, atol=1e-3), EXPECTED + 1.1e-3)
    refused(lambda got: expect_array(got, EXPECTED, atol=0), np.float32(0.1) * EXPECTED * 10)
    expect_array(EXPECTED * 1.0009, EXPECTED, rtol=1e-3)
    expect_array(EXPECTED * 0 + 9e-7, EXPECTED * 0, rtol=1e-3)
    expect_array(np.array([3, 5], np.uint8), np.array([4, 4]), atol=1)


def test_whole_numbers_are_compared_exactly() -> None:
    expected = np.array([2**53, 1])
    expect_array(expected.copy(), expected)
    expect_array(np.array([4, 1], np.uint8), np.array([4, 1]))
    finding = refused(lambda got: expect_array(got, expected), expected + np.array([1, 0]))
    assert "9007199254740993 instead of 9007199254740992" in finding.public
    refused(lambda got: expect_array(got, expected), expected.astype(float))


@given(st.floats(-1e9, 1e9), st.floats(1e-15, 1))
def test_two_numbers_are_never_written_alike(number: float, share: float) -> None:
    other = number + share * max(abs(number), 1e-300)
    if number != other:
        got, expected = told_apart(number, other)
        assert got != expected
    got, expected = told_apart(np.float32(number), number)
    assert got != expected or np.float32(number) == number


def test_as_many_digits_are_written_as_it_takes() -> None:
    assert told_apart(500159.25, 500159.375) == ("500159.2", "500159.4")
    assert told_apart(0.1 + 0.2, 0.3) == ("0.30000000000000004", "0.29999999999999999")
    assert told_apart(1 + 2j, 1 + 2.0000001j) == ("1+2j", "1+2.0000001j")


@pytest.mark.parametrize(
    ("got", "text"),
    [
        (torch.tensor(EXPECTED.T.copy(), requires_grad=True), "2 of 4 elements differ, most at"),
        (torch.empty((2, 2), device="meta"), "a tensor of torch.float32 that cannot be read"),
        (torch.tensor([1.0]).to_sparse(), "an array of shape (1,)"),
        (np.array([[1, None], [2, 3]], dtype=object), "an array of Python objects"),
        (np.array([["a", "b"], ["c", "d"]]), "an array of <U1"),
        (np.zeros((2, 2), complex), "an array of complex128"),
        (np.zeros((2, 2), "M8[s]"), "an array of datetime64[s]"),
        ("text", "a string ('text')"),
        ({}, "a dictionary"),
        (object(), "an object of type object"),
        ([[0.5, 1.0], [1.5]], "a list, where"),
    ],
)
def test_odd_values_are_no_arrays(got: object, text: str) -> None:
    finding = refused(lambda got: expect_array(got, EXPECTED), got)
    assert text in finding.public
    assert not re.search(r"\d", finding.text(hidden=True))


def test_a_huge_sparse_tensor_is_not_made_dense() -> None:
    huge = torch.sparse_coo_tensor([[0], [0]], [1.0], (10**9, 10**9), check_invariants=True)
    assert (
        "(1000000000, 1000000000)" in refused(lambda got: expect_array(got, EXPECTED), huge).public
    )
    expect_array(torch.tensor(EXPECTED).to_sparse(), EXPECTED)


def test_tensors_and_numbers_count_as_arrays() -> None:
    expect_array(torch.tensor(EXPECTED, requires_grad=True), EXPECTED)
    expect_array(EXPECTED, torch.tensor(EXPECTED))
    expect_array(torch.tensor(EXPECTED + 0j).conj(), EXPECTED + 0j)
    for number in (0.5, np.float64(0.5), np.array(0.5), torch.tensor(0.5)):
        expect_array(number, np.array(0.5))
    finding = refused(lambda got: expect_array(got, np.array(0.25)), 0.5)
    assert finding.public == "an array of the right shape with other values: 0.5 instead of 0.25."
    expect_array(np.empty((0, 3)), np.empty((0, 3), int))
    expect_array(np.array(["a", "b"]), np.array(["a", "b"]))
    assert (
        "'b' instead of 'c'"
        in refused(lambda got: expect_array(got, np.array(["a", "c"])), np.array(["a", "b"])).public
    )
    expect_array(np.array([True, False]), np.array([True, False]))
    refused(lambda got: expect_array(got, np.array([True, False])), np.array([True, True]))


def test_lists_count_as_arrays_if_said_so() -> None:
    expect_array(EXPECTED.tolist(), EXPECTED, convert=True)
    expect_array(tuple(map(tuple, EXPECTED.tolist())), EXPECTED, convert=True)
    for odd in ([[0.5, 1.0], [1.5]], [[0.5, None], [1, 2]], [["a", 1.0], [1, 2]], [{}, []]):
        refused(lambda got: expect_array(got, EXPECTED, convert=True), odd)


def test_what_is_not_finite() -> None:
    masked = np.array([1.0, -np.inf, 0.5])
    expect_array(masked.copy(), masked)
    finding = refused(lambda got: expect_array(got, masked), np.array([1.0, -1e9, 0.5]))
    assert "at other places than expected at [1]: -1e+09 instead of -inf" in finding.public.replace(
        "-1000000000", "-1e+09"
    )
    assert "instead of -inf" in refused(lambda got: expect_array(got, masked), -masked).public
    holes = np.array([1.0, np.nan])
    with pytest.raises(ValueError, match="equal_nan=True"):
        expect_array(holes, holes)
    expect_array(holes.copy(), holes, equal_nan=True)
    refused(lambda got: expect_array(got, holes, equal_nan=True), holes[::-1])
    finding = refused(lambda got: expect_array(got, EXPECTED), EXPECTED * [[1, np.nan], [1, 1]])
    assert "(1 of 4, the first at [0, 1])" in finding.public


def test_a_known_mistake_may_have_another_shape() -> None:
    finding = refused(
        lambda got: expect_array(got, EXPECTED, mistakes=[(EXPECTED[0], "One row only.")]),
        EXPECTED[0],
    )
    assert finding.hint == "One row only."
    assert "shape (2,)" in finding.public


# --- numbers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (3, 3),
        (3.0, 3),
        (2.0000000000000004, 2),
        (np.float32(0.3), 0.3),
        (np.array([0.3]), 0.3),
        (torch.tensor([[0.3]], requires_grad=True), 0.3),
        (torch.tensor(0.3).item(), 0.3),
        (torch.tensor(0.3, dtype=torch.bfloat16), 0.3),
        (0.1 + 0.2, 0.3),
        (decimal.Decimal("0.3"), 0.3),
        (fractions.Fraction(9, 3), 3),
        (np.nan, np.nan),
        (-np.inf, -np.inf),
        (True, True),
        (np.bool_(False), False),
        (1 + 2j, 1 + 2j),
        (2, 2 + 0j),
        (10**400, 10**400),
    ],
)
def test_numbers_of_all_kinds(got: object, expected: object) -> None:
    expect_number(got, expected)


@pytest.mark.parametrize(
    ("got", "text"),
    [
        (4, "4 instead of 3"),
        (3.001, "3.001 instead of 3"),
        (3 + 1e-5, "3.00001 instead of 3"),
        (np.nan, "NaN, which is no number"),
        (-np.inf, "-inf instead of 3"),
        (10**400, "a whole number of 1329 bits"),
        (decimal.Decimal("1e999999999"), "inf instead of 3"),
        (decimal.Decimal("sNaN"), "NaN, which is no number"),
        (None, "nothing (None), where a number is expected"),
        ("3", "a string ('3'), where a number is expected"),
        (True, "a true/false value (True), where a number is expected"),
        ([3], "a list, where a number is expected"),
        ({}, "a dictionary, where a number is expected"),
        (np.arange(3), "an array of shape (3,), where one number is expected"),
        (np.empty(0), "an array of shape (0,), where one number is expected"),
        (torch.ones(2, 2), "a tensor of shape (2, 2), where one number is expected"),
        (np.array(["3"]), "an array, where a number is expected"),
        (torch.empty(1, device="meta"), "a tensor, where a number is expected"),
        (3 + 1j, "a complex number (3+1j), where a real number is expected"),
        (object(), "an object of type object"),
    ],
)
def test_numbers_refuse(got: object, text: str) -> None:
    finding = refused(lambda got: expect_number(got, 3), got)
    assert text in finding.public
    assert not re.search(r"\d", finding.text(hidden=True))


def test_whole_numbers_are_exact_and_floats_are_not() -> None:
    refused(lambda got: expect_number(got, 1_000_001), 1_000_000.0)
    refused(lambda got: expect_number(got, 0.3), 0.30003)
    # A literal of the check's own that float32 can hold loosens nothing.
    refused(lambda got: expect_number(got, 0.5), 0.50003)
    refused(lambda got: expect_number(got, 4e-8), 0.0)
    expect_number(3, 3.2, atol=0.3)
    finding = refused(lambda got: expect_number(got, 0.5, mistakes=[(0.25, "Halved twice.")]), 0.25)
    assert finding.hint == "Halved twice."
    assert expect_number(np.float32(2), 2) == 2
    with pytest.raises(TypeError, match="which is no number"):
        expect_number(3, "3")


def test_between() -> None:
    assert expect_between(torch.tensor(0.5), 0, 1) == 0.5
    expect_between(1, 1, 1)
    expect_between(-5, None, 0)
    assert "from 0 to 1" in refused(lambda got: expect_between(got, 0, 1), 2).public
    assert "of at least 0" in refused(lambda got: expect_between(got, 0, None), -1).public
    for odd in (np.nan, None, "0.5", [0.5], True, 0.5j):
        refused(lambda got: expect_between(got, 0, 1), odd)
    with pytest.raises(ValueError, match="no number from 2 to 1"):
        expect_between(1, 2, 1)


# --- any values -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("got", "expected", "text"),
    [
        ({"layers": [1, 2, {"w": 3.0}]}, {"layers": [1, 2, {"w": 3.5}]},
         "at ['layers'][2]['w']: 3 instead of 3.5"),
        ([1, 2], (1, 2), "a list, where a tuple is expected"),
        ((1, 2), [1, 2], "a tuple, where a list is expected"),
        ([1, 2, 9], [1, 2], "a list of 3 elements instead of 2; the first one too many is 9"),
        ([], [1], "a list of 0 elements instead of 1"),
        ({"a": 1}, {"b": 1}, "a dictionary that lacks 'b' and has 'a' too many"),
        ({1, 2}, {1, 4}, "a set that lacks 4 and has 2 too many"),
        ("x" * 99 + "a", "x" * 99 + "b", "…'xxxxxxxxxxxxxxxa' instead of …'xxxxxxxxxxxxxxxb'"),
        (1, True, "a number (1), where a true/false value is expected"),
        ([None], [1], "at [0]: nothing (None), where a number is expected"),
        ("1", 1, "a string ('1'), where a number is expected"),
        (0, None, "a number (0), where None is expected"),
        ({"w": np.zeros(3)}, {"w": np.ones(3)}, "at ['w']: an array of the right shape"),
        ({"w": [1.0]}, {"w": np.ones(1)}, "at ['w']: a list, where an array is expected"),
        (datetime.date(2020, 1, 1), datetime.date(2020, 1, 2), "2020, 1, 1"),
        (range(3), range(4), "range(0, 3) instead of range(0, 4)"),
        (b"ab", b"ac", "b'ab' instead of b'ac'"),
        (object(), "a", "an object of type object, where a string is expected"),
    ],
)  # fmt: skip
def test_equal_names_the_first_difference(got: object, expected: object, text: str) -> None:
    finding = refused(lambda got: expect_equal(got, expected), got)
    assert text in finding.public
    hidden = finding.text(hidden=True)
    assert not re.search(r"\d", hidden)
    for part in ("layers", "'b'", "'w'", "xx"):
        assert part not in hidden


def test_equal_takes_what_is_equal() -> None:
    for got, expected in [
        ({"b": [0.1 + 0.2], "a": (None, "x")}, {"a": (None, "x"), "b": [0.3]}),
        ({0.1 + 0.2, 1}, {0.3, 1}),
        ([np.float32(0.5), np.int64(3)], [0.5, 3]),
        ([float("nan")], [float("nan")]),
        ({"w": torch.ones(2)}, {"w": np.ones(2)}),
        (torch.Size([2, 3]), (2, 3)),
        ([], []),
    ]:
        expect_equal(got, expected)
    expect_equal([1, (2, 3)], (1, [2, 3]), any_sequence=True)
    expect_equal([1.1], [1.0], atol=0.2)
    finding = refused(lambda got: expect_equal(got, "Yes", hint="Other."), "yes")
    assert finding.hint == "Mind upper and lower case."
    finding = refused(lambda got: expect_equal(got, [2], mistakes=[([1], "One less.")]), [1])
    assert finding.hint == "One less."


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=4)
    | st.tuples(inner, inner)
    | st.sets(st.integers() | st.text(max_size=3), max_size=4),
    max_leaves=12,
)  # fmt: skip
WORDS_ONLY = re.compile(r"[\sA-Za-z/(),.:?'-]*")


@given(PLAIN)
def test_every_value_equals_itself(value: object) -> None:
    expect_equal(value, value)


@given(PLAIN, PLAIN)
def test_hidden_texts_hold_words_alone(got: object, expected: object) -> None:
    checks: list[Check] = [
        lambda got: expect_equal(got, expected),
        lambda got: expect_array(got, np.array([0.125, 0.25]), convert=True),
        lambda got: expect_number(got, 0.125),
        lambda got: expect_between(got, 0.25, 0.75),
        lambda got: expect_type(got, np.ndarray),
        lambda got: expect_text(got, "17 of 23\n5"),
        lambda got: expect_text(got, contains="17", pattern="^[5-7]+$"),
    ]
    for check in checks:
        try:
            check(got)
        except CheckFailed as failed:
            hidden = failed.finding.hidden
            assert WORDS_ONLY.fullmatch(failed.finding.public if hidden is None else hidden)


def test_long_values_are_quoted_short() -> None:
    nested: Any = [1] * 60
    for _ in range(20):
        nested = [nested] * 60
    assert len(quoted(nested)) <= 60
    assert len(quoted("x" * 10**6)) <= 60


# --- types ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("got", "kinds"),
    [
        (3, int),
        (np.int64(3), int),
        (np.float32(2), float),
        (np.float64(2), float),
        (torch.tensor(2.0), float),
        (True, bool),
        ([1], "list"),
        (np.zeros(2), ("DataFrame", np.ndarray)),
        (datetime.datetime(2020, 1, 1), datetime.date),
        (torch.zeros(2), "Tensor"),
        (torch.zeros(2), "torch.Tensor"),
        (None, type(None)),
    ],
)
def test_types(got: object, kinds: Any) -> None:
    expect_type(got, kinds)


@pytest.mark.parametrize(
    ("got", "kinds", "text"),
    [
        (True, int, "a true/false value (True), where a value of type int"),
        (3.5, int, "a number (3.5) of type float, where a value of type int"),
        (3, (float, "Tensor"), "where a value of type float or Tensor"),
        (None, list, "nothing (None), where"),
        ([1], tuple, "a list, where"),
        (np.zeros(2), int, "an array, where"),
        ("x", "list", "a string ('x'), where"),
    ],
)
def test_types_refuse(got: object, kinds: Any, text: str) -> None:
    finding = refused(lambda got: expect_type(got, kinds), got)
    assert text in finding.public
    assert not re.search(r"\d|'x'", finding.text(hidden=True))


def test_hidden_texts_name_no_type_of_the_students() -> None:
    kind = type("SecretInput", (), {})
    for check in (
        lambda got: expect_type(got, list),
        lambda got: expect_equal(got, [1]),
        lambda got: expect_number(got, 1),
        lambda got: expect_array(got, EXPECTED),
    ):
        finding = refused(check, kind())
        assert "SecretInput" in finding.public
        assert "SecretInput" not in finding.text(hidden=True)


# --- text -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("got", "expected", "options"),
    [
        ("5\n", "5", {}),
        ("a\r\nb", "a\nb\n", {}),
        (" a  b \n\n c", "a b\nc", {"ignore_space": True}),
        ("Yes", "yes", {"ignore_case": True}),
        ("loss 0.5, accuracy 0.9", None, {"contains": ["accuracy", "loss"]}),
        ("Epoch 1\nEpoch 2", None, {"pattern": r"^Epoch \d$"}),
        ("EPOCH", None, {"pattern": "^epoch$", "ignore_case": True}),
    ],
)
def test_text(got: str, expected: str | None, options: dict[str, Any]) -> None:
    expect_text(got, expected, **options)


@pytest.mark.parametrize(
    ("got", "expected", "options", "text"),
    [
        ("a b", "a  b", {}, "'a·b' instead of 'a··b'"),
        ("a\tb", "a b", {}, "'a→b' instead of 'a·b'"),
        ("one\ntwo\n", "one\nTwo\n", {}, "line 2 is 'two' instead of 'Two'"),
        ("one", "one\ntwo", {}, "ends after 1 line, where line 2 is expected: 'two'"),
        ("one\ntwo", "one", {}, "with more than the 1 line expected; line 2 is 'two'"),
        ("", "a", {}, "'' instead of 'a'"),
        ("x" * 500 + "a", "x" * 500 + "b", {}, "xxxa' instead of '…"),
        ("abc", None, {"contains": ["a", "z"]}, "text without 'z'"),
        ("abc", None, {"pattern": r"^\d+$"}, "text that does not look as asked for: 'abc'"),
        ("a\n\nB", "a\nb", {"ignore_space": True}, "line 2 is 'B' instead of 'b'"),
        (None, "a", {}, "nothing (None), where text is expected"),
        (5, "5", {}, "a number (5), where text is expected"),
        (["a"], "a", {}, "a list, where text is expected"),
        (b"a", "a", {}, "bytes (b'a'), where text is expected"),
        ("x" * 2_000_000, "a", {}, "more than 1,000,000 characters"),
    ],
)  # fmt: skip
def test_text_refuses(
    got: object, expected: str | None, options: dict[str, Any], text: str
) -> None:
    finding = refused(lambda got: expect_text(got, expected, **options), got)
    assert text in finding.public
    assert not re.search(r"\d|two|'|xx|B", finding.hidden or "no hidden text 1")


def test_text_asked_for_nothing() -> None:
    with pytest.raises(ValueError, match="asked for nothing"):
        expect_text("a")


# --- what came of the student's own types ---------------------------------------------------------


@dataclasses.dataclass
class Point:
    x: float
    tags: list[str]


def crossed(value: object) -> object:
    """The value as it comes back from a student's code."""
    return copied(value)


def test_records_are_compared_by_fields() -> None:
    expect_equal(crossed(Point(1.0, ["a"])), Point(1.0 + 1e-9, ["a"]))
    expect_equal(crossed([Point(1.0, [])]), [Point(1.0, [])])
    for got, text in (
        (crossed(Point(1.0, ["b"])), "at ['tags'][0]: b instead of a"),
        (crossed(Point(2.0, ["a"])), "at ['x']: 2 instead of 1"),
        ({"x": 1.0, "tags": ["a"]}, "a dictionary, where a record of type Point is expected"),
        (None, "nothing (None), where a record of type Point is expected"),
    ):
        with pytest.raises(CheckFailed) as failed:
            expect_equal(got, Point(1.0, ["a"]))
        assert text in failed.value.finding.public.replace("'b'", "b").replace("'a'", "a")
        assert "Point" not in (failed.value.finding.hidden or "") or "expected" in text


def test_types_of_the_students_are_known_by_name() -> None:
    expect_type(crossed(Point(1.0, [])), "Point")
    expect_type(crossed(collections.Counter("aa")), ("Counter", "OrderedDict"))
    expect_type(crossed(collections.Counter("aa")), dict)
    with pytest.raises(CheckFailed, match="a dictionary"):
        expect_type(crossed({}), "Counter")
