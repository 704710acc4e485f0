"""What a student's code may return: each kind crosses as said here, or is refused with a reason."""

from __future__ import annotations

import contextlib
import copy
import json
import math
import random
import struct
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse
import torch
import wire_values
from conftest import examples
from crossed import BECOMES, expectation, same
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wire_values import FRAMES, ODD, PLAIN, parts_frame, with_odd_parts

from autograder import wire
from autograder.wire import UnsupportedValue, WireError, codec, copied
from autograder.wire.encoder import Encoder
from autograder.wire.limits import Limits
from autograder.wire.row import MAX_EQUAL_HASHES
from autograder.wire.types import ROWS, find_row
from autograder.wire.values import NamedTuple, Record, type_name

#: Those that are refused, and why.
REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "generator": (lambda: (x for x in "ab"), "lazy"),
    "iterator": (lambda: iter([1]), "lazy"),
    "zip": (lambda: zip("ab", "cd", strict=True), "lazy"),
    "function": (lambda: test_the_table_is_large, "function"),
    "built-in function": (lambda: len, "function"),
    "class": (lambda: int, "class"),
    "module": (lambda: math, "object"),
    "object": (object, "object"),
    "exception": (lambda: ValueError("x"), "object"),
    "network": (lambda: torch.nn.Linear(2, 1), "object"),
    "optimizer in a list": (
        lambda: [torch.optim.SGD([torch.ones(1, requires_grad=True)])],
        "object",
    ),
    "three dots": (lambda: ..., "missing"),
    "long double": (lambda: np.longdouble(1), "elements"),
    "quantised tensor": (
        lambda: torch.quantize_per_tensor(torch.ones(1), 1, 0, torch.qint8),
        "elements",
    ),
}


def test_the_table_is_large() -> None:
    assert len(PLAIN) + len(REFUSED) >= 92
    assert BECOMES.keys() <= PLAIN.keys()


@pytest.mark.parametrize("name", [*PLAIN, *FRAMES])
@pytest.mark.filterwarnings("ignore::UserWarning")  # torch, on compressed tensors
def test_it_crosses(name: str) -> None:
    value = (PLAIN | FRAMES)[name]()
    expected, kind = expectation(name, value)
    got = copied(value)
    assert same(got, expected), f"{got!r} is not {expected!r}"
    assert type_name(got) == kind
    again = copied(got)
    assert same(again, expected), "what has crossed crosses back"
    assert type_name(again) == kind


def test_the_comparison_can_fail() -> None:
    assert not same(np.zeros(2), np.zeros(3))
    assert not same(np.zeros(2), np.zeros(2, dtype=np.float32))
    assert not same([1], [True])
    assert not same({1}, {True})
    assert not same({1}, frozenset({1}))
    assert not same({"a": 1, "b": 2}, {"b": 2, "a": 1})
    assert not same(torch.zeros(2), torch.ones(2))
    assert not same(scipy.sparse.coo_matrix(np.eye(2)), scipy.sparse.csr_matrix(np.eye(2)))


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_it_is_refused(name: str) -> None:
    make, reason = REFUSED[name]
    with pytest.raises(UnsupportedValue) as caught:
        copied({"deep": [make()]})
    assert caught.value.reason == reason


# --- what a check's author has of them ----------------------------------------------------------


def test_numpy_scalars_are_numbers() -> None:
    value = copied(np.float64(3))
    assert value == 3
    assert f"{value:.2f}" == "3.00"
    assert f"{copied(np.float32(0.5)):.1f}" == "0.5"
    assert isinstance(value, float)
    assert not copied(np.bool_(False))
    assert copied(np.bool_(True))
    assert copied(np.int64(3)) + 1 == 4
    assert type(copied(np.array(3.0))) is np.ndarray


def test_subclasses_behave_as_their_base() -> None:
    from wire_values import Box, Number, Table, Text

    values: dict[str, Any] = {"a": Box([1, Number(2)]), "b": Table(x=Text("y"))}
    back: Any = copied(values)
    assert json.dumps(back) == '{"a": [1, 2], "b": {"x": "y"}}'
    assert (f"{back['a'][1]:03d}", back["a"][1] + 1, back["b"]["x"].upper()) == ("002", 3, "Y")
    assert len(back["a"]) == 2
    assert list(back["b"].items()) == [("x", "y")]
    assert copy.deepcopy(back) == back


def test_namedtuples() -> None:
    back: Any = copied(PLAIN["namedtuple"]())
    assert type(back) is NamedTuple
    assert (back.x, back.y, back[0], back._fields) == (1, [2], 1, ("x", "y"))
    assert back._asdict() == {"x": 1, "y": [2]}
    with pytest.raises(AttributeError, match="a tuple Point has no field 'z'"):
        _ = back.z
    best: Any = copied(torch.eye(2).max(dim=0))
    assert torch.equal(best.values, torch.ones(2))


def test_records() -> None:
    back: Any = copied(PLAIN["dataclass"]())
    assert (back.lr, back["lr"], back.layers, back._fields) == (0.1, 0.1, [4, 2], ("lr", "layers"))
    assert repr(back) == "Config(lr=0.1, layers=[4, 2])"
    assert copy.deepcopy(back) == back
    with pytest.raises(AttributeError, match="a record Config has no field 'rate'"):
        _ = back.rate
    with pytest.raises(AttributeError):
        back.lr = 1
    assert back != Record("Config", {"lr": 0.2, "layers": [4, 2]})


def test_fields_override_no_method() -> None:
    """A field called as a tuple's or a record's own method is to be had by name alone."""
    fields = ("count", "index", "_asdict", "_values", "_type_name")
    tuples: Any = decoded("n", "P", (1, 2, 3, 4, 5), *fields)
    assert tuples.count(1) == 1
    assert tuples._asdict()["count"] == 1
    assert type_name(tuples) == "P"
    pairs = [part for number, name in enumerate(fields) for part in (name, number)]
    record: Any = decoded("R", "P", *pairs)
    assert record._asdict() == dict(zip(fields, range(5), strict=True))
    assert record["_type_name"] == 4
    assert type_name(record) == "P"


def test_refused_classes_of_a_student_end_nothing() -> None:
    """Whatever their classes do when they are looked at is a value that may not cross."""

    @dataclass
    class Odd:
        @property
        def x(self) -> int:
            raise KeyError("odd")

        x: int  # type: ignore[no-redef]

    value = object.__new__(Odd)
    with pytest.raises(UnsupportedValue) as caught:
        copied([value])
    assert caught.value.what.startswith("an object of type Odd that raises")


# --- hostile parts ------------------------------------------------------------------------------


def read(frame: bytes) -> object:
    """What the decoder makes of a frame."""
    header, body = codec.sizes(frame[: codec.PREFIX.size])
    rest = memoryview(frame)[codec.PREFIX.size :]
    plan = codec.Plan(bytes(rest[:header]), body)
    at, buffers = header, []
    for size in plan.buffer_sizes:
        buffers.append(memoryview(bytearray(rest[at : at + size])))
        at += size
    return plan.value(buffers)


def decoded(tag: str, *parts: Any) -> object:
    """What becomes of a row's parts."""
    return read(parts_frame(tag.encode(), parts))


def counts(*numbers: int) -> np.ndarray[Any, Any]:
    return np.array(numbers, dtype=np.int64)


ones = np.ones(2)
PARTS: dict[str, tuple[Any, ...]] = {
    "set with a list": ("s", [1]),
    "set with a set": ("s", {1}),
    "set with a tuple of lists": ("s", (1, [2])),
    "set with an array": ("s", ones),
    "frozenset with a dict": ("z", {}),
    "complex of texts": ("c", "1", "2"),
    "range without steps": ("r", 0, 1, 0),
    "range of floats": ("r", 0.0, 1, 1),
    "Decimal of a huge exponent": ("d", "1E+999999999"),
    "Decimal that signals": ("d", "sNaN"),
    "Decimal of many digits": ("d", "1" * 1001),
    "Decimal of other digits": ("d", "\N{ARABIC-INDIC DIGIT ONE}"),
    "Fraction by zero": ("q", 1, 0),
    "Fraction by less": ("q", 1, -1),
    "Fraction of bools": ("q", True, True),
    "datetime out of range": ("t", 10_000, 1, 1, 0, 0, 0, 0, None),
    "datetime of a zone of days": ("t", 2020, 1, 1, 0, 0, 0, 0, 10**12),
    "datetime of a huge zone": ("t", 2020, 1, 1, 0, 0, 0, 0, 10**40),
    "date 0": ("y", 0, 1, 1),
    "date of bools": ("y", True, True, True),
    "time span out of range": ("e", 10**12, 0, 0),
    "time span of floats": ("e", 1.0, 0, 0),
    "record of a dunder": ("R", "P", "__class__", 1),
    "record of no identifier": ("R", "P", "a b", 1),
    "record of a field twice": ("R", "P", "a", 1, "a", 2),
    "record without a value": ("R", "P", "a"),
    "record without parts": ("R",),
    "record of a long name": ("R", "P" * 101),
    "record of a numeric name": ("R", 1),
    "namedtuple of too few names": ("n", "P", (1, 2), "x"),
    "namedtuple of a dunder": ("n", "P", (1,), "__len__"),
    "named None": ("n", "P", None),
    "named record": ("n", "P", Record("R", {})),
    "list with fields": ("n", "P", [1], "x"),
    "Enum of too few parts": ("E", "Color", "RED"),
    "objects of another shape": ("o", (3,), 1, 2),
    "objects of a huge shape": ("o", (2**39, 0, 2**39), 1),
    "objects of a negative shape": ("o", (-1, -1), 1),
    "objects of a shape of bools": ("o", (True,), 1),
    "field twice": ("f", (2,), False, "a", ones, "a", ones),
    "fields of several shapes": ("f", (3,), False, "a", ones),
    "field of no array": ("f", (2,), False, "a", [1, 2]),
    "mask of another shape": ("m", ones, np.zeros(3, dtype=bool)),
    "mask of numbers": ("m", ones, ones),
    "dtype by a text": ("p", "O"),
    "dtype by a lookup": ("p", "f8,f8"),
    "tensor of texts": ("X", "T", "dense", np.array(["a"]), False),
    "tensor of half a float": ("X", "T", "dense", ones, True),
    "tensor of another layout": ("X", "T", "mkldnn", ones, False),
    "index out of range": ("X", "T", "coo", (2,), ones, False, counts(0, 2).reshape(1, 2), False),
    "negative index": ("X", "T", "coo", (2,), ones, False, counts(0, -1).reshape(1, 2), False),
    "another nnz": ("X", "T", "coo", (9,), ones, False, counts(1, 2, 3).reshape(1, 3), False),
    "more dimensions than size": ("X", "T", "coo", (9,), ones, False, np.zeros((2, 2), "i8"), True),
    "values of another size": ("X", "T", "coo", (9, 3), ones, False, np.zeros((1, 2), "i8"), True),
    "size beyond 2^63": (
        "X",
        "T",
        "coo",
        (2**40, 2**40),
        ones,
        False,
        np.zeros((2, 2), "i8"),
        True,
    ),
    "negative size": ("X", "T", "coo", (-1,), ones, False, np.zeros((1, 2), "i8"), True),
    "rows too few": ("X", "T", "csr", (3, 2), ones, False, counts(0, 1), counts(0, 1, 2)),
    "rows that go back": ("X", "T", "csr", (3, 2), ones, False, counts(0, 1), counts(0, 3, 1, 2)),
    "rows from 1": ("X", "T", "csr", (1, 2), ones, False, counts(0, 1), counts(1, 2)),
    "column out of range": ("X", "T", "csr", (1, 2), ones, False, counts(0, 2), counts(0, 2)),
    "no rows but values": ("X", "T", "csr", (0, 2), ones, False, counts(0, 1), counts(2)),
    "Size of a huge length": ("x", 2**64),
    "Size of texts": ("x", "3"),
    "dtype of torch by a lookup": ("k", "load"),
    "device by a lookup": ("v", "privateuseone", None),
    "device of a huge index": ("v", "cuda", 2**40),
    "csr out of range": ("w", "csr", True, (1, 2), ones, counts(0, 2), counts(0, 2)),
    "csc negative": ("w", "csc", False, (2, 1), ones, counts(0, -1), counts(0, 2)),
    "coo out of range": ("w", "coo", False, (2, 2), ones, counts(0, 1), counts(0, 2)),
    "coo of another nnz": ("w", "coo", False, (2, 2), ones, counts(0), counts(0)),
    "sparse of a negative shape": ("w", "coo", False, (-2, 2), np.ones(0), counts(), counts()),
    "sparse by a lookup": ("w", "linalg", True, (2, 2), ones, counts(0, 1), counts(0, 1)),
}


def _of_frames() -> dict[str, tuple[Any, ...]]:
    import pandas as pd

    two, names = pd.RangeIndex(2), pd.Index(["a"])
    dates = np.array([1, 2], dtype="M8[ns]")
    return {
        "column of another length": ("1", names, two, np.ones(3)),
        "column of two dimensions": ("1", names, two, np.ones((2, 2))),
        "column of texts of NumPy": ("1", names, two, np.array(["a", "b"])),
        "column with fields": ("1", names, two, np.zeros(2, dtype=[("a", "f8")])),
        "column that is a list": ("1", names, two, [1, 2]),
        "more labels than columns": ("1", pd.Index(["a", "b"]), two, ones),
        "labels that are a list": ("1", ["a"], two, ones),
        "frame without an index": ("1", names),
        "series of another length": ("2", two, "s", np.ones(3)),
        "series by no index": ("2", [0, 1], "s", ones),
        "series with a list as name": ("2", two, ["s"], ones),
        "index with lists": ("3", None, np.array([[1], None], dtype=object)),
        "index of halves": ("3", None, ones.astype(np.float16)),
        "index of years": ("3", None, np.array([2**62], dtype="M8[Y]")),
        "endless range": ("4", 0, 2**63, 1, None),
        "long range": ("4", 0, 10**12, 5, None),
        "huge steps": ("4", -(2**61), 2**61, 1, None),
        "range without steps": ("4", 0, 9, 0, None),
        "level's code out of range": ("5", ("k",), names, counts(0, 1)),
        "level's negative code": ("5", ("k",), names, counts(-2)),
        "levels of an endless range": ("5", ("k",), pd.RangeIndex(10**6), counts(0)),
        "categories of an endless range": ("6", counts(0), pd.RangeIndex(10**6), False),
        "codes of two lengths": ("5", ("k", "l"), names, names, counts(0), counts(0, 0)),
        "level twice the same": ("5", ("k",), pd.Index(["a", "a"]), counts(0)),
        "code out of range": ("6", counts(0, 1), names, False),
        "negative code": ("6", counts(-2), names, False),
        "huge code": ("6", counts(2**62), names, False),
        "codes of floats": ("6", ones, names, False),
        "category twice": ("6", counts(0), pd.Index(["a", "a"]), False),
        "mask of another length": ("7", ones, np.zeros(3, dtype=bool)),
        "masked dates": ("7", dates, np.zeros(2, dtype=bool)),
        "text that is none": ("8", True, "a", 1),
        "zone of a huge offset": ("9", dates, 10**30),
        "zoned numbers": ("9", ones, 0),
        "period by a lookup": ("0", "C", counts(1)),
        "period out of range": ("0", "M", counts(10**15)),
        "interval of unlike ends": ("-", ones, counts(1, 2), "left"),
        "interval of another end": ("-", ones, ones, "open"),
        "interval that goes back": ("-", ones, -ones, "left"),
        "Timestamp of a text": ("a", "2020-01-01", None),
        "Timestamp of no time": ("a", np.datetime64("NaT", "ns"), None),
        "Timestamp of years": ("a", np.datetime64(2**62, "Y"), None),
        "Period of a text": ("g", "M", "2020"),
        "Interval of texts": ("i", "a", "b", "left"),
        "NaT of parts": ("j", 1),
    }


if FRAMES:
    PARTS |= _of_frames()


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.filterwarnings("ignore")
def test_hostile_parts(name: str) -> None:
    tag, *parts = PARTS[name]
    started = time.process_time()
    with contextlib.suppress(UnsupportedValue):  # if the encoder will not even write it
        frame = parts_frame(tag.encode(), tuple(parts))
        with pytest.raises(WireError) as caught:
            read(frame)
        assert "MemoryError" not in str(caught.value), "it was to be made all the same"
    assert time.process_time() - started < 3


def test_the_hostile_parts_would_be_right_but_for_their_fault() -> None:
    """Positive control: the same builder makes frames that are taken."""
    indices = counts(0, 1).reshape(1, 2)
    assert decoded("X", "T", "coo", (2,), ones, False, indices, False) is not None
    assert decoded("X", "T", "csr", (1, 2), ones, False, counts(0, 1), counts(0, 2)) is not None
    short = counts(0, 1).astype("i4"), counts(0, 2).astype("i4")
    assert decoded("w", "csr", True, (1, 2), ones, *short) is not None
    assert decoded("s", 1, (2, 3)) == {1, (2, 3)}
    assert decoded("R", "P", "a", 1) == Record("P", {"a": 1})
    assert decoded("d", "1E+1000") == Decimal("1E+1000")


@pytest.mark.skipif(not FRAMES, reason="pandas is not installed")
def test_the_hostile_frames_would_be_right_but_for_their_fault() -> None:
    import pandas as pd

    two = pd.RangeIndex(2)
    assert decoded("1", pd.Index(["a"]), two, ones) is not None
    codes = counts(0, -1).astype("i1")
    assert decoded("6", codes, pd.Index(["a"]), False) is not None
    assert decoded("5", ("k",), pd.Index(["a"], name="k"), codes) is not None
    assert decoded("0", "M", counts(1, -(2**63))) is not None


def test_every_row_is_attacked() -> None:
    attacked = {tag for tag, *_ in PARTS.values()}
    rows = {row.tag.decode() for row in ROWS}
    without = {"h", "l", "b", "u"}  # attacked by odd parts, below
    pandas = set("1234567890-abgiju")
    assert rows - attacked - without - (set() if FRAMES else pandas) == set()


def test_a_sparse_tensor_of_a_huge_size_takes_no_memory() -> None:
    back: Any = decoded(
        "X", "T", "coo", (2**60,), ones, False, counts(3, 2**59).reshape(1, 2), True
    )
    assert back.shape == (2**60,)


@pytest.mark.parametrize("tag", ["s", "z", "M"])
@pytest.mark.parametrize("count", [MAX_EQUAL_HASHES + 1, 20_000])
def test_colliding_keys(tag: str, count: int) -> None:
    """Half a million members of one hash would take an hour; how numbers are hashed is known."""
    keys = [complex(-1000003.0 * k, float(k)) for k in range(1, count + 1)]
    assert len(set(map(hash, keys[:100]))) == 1, "they do collide"
    if tag == "M":
        encoder = Encoder(Limits(items=10**7))
        encoder.count(b"M", len(keys))
        for key in keys:
            encoder.in_key = 1
            encoder.add(key, 1)
            encoder.in_key = 0
            encoder.add(None, 1)
        frame = codec.PREFIX.pack(codec.MAGIC, len(encoder.header), 0) + bytes(encoder.header)
    else:
        frame = parts_frame(tag.encode(), tuple(keys))
    started = time.process_time()
    with pytest.raises(WireError, match="collide"):
        read(frame)
    assert time.process_time() - started < 10


def test_honest_keys_do_not_collide() -> None:
    grid = [(x, y) for x in range(-60, 60) for y in range(-60, 60)]
    assert copied(set(grid)) == set(grid)
    points = {complex(x, y) for x in range(-50, 50) for y in range(-50, 50)}
    assert copied(points) == points
    days = {date(2020, 1, 1) + timedelta(days=n): n for n in range(5000)}
    assert copied(days) == days
    stamps = {np.datetime64("2020-01-01") + n: n for n in range(5000)}
    assert copied(stamps) == stamps
    shares = {n / 7: n for n in range(20_000)}
    assert copied(shares) == shares


# --- arrays of texts ----------------------------------------------------------------------------


def texts(
    code: int, width: int, shape: tuple[int, ...], body: bytes, size: int | None = None
) -> bytes:
    header = b"A" + bytes((code,)) + struct.pack("<I", width) + bytes((len(shape),))
    header += struct.pack(f"<{len(shape)}Q", *shape)
    return codec.PREFIX.pack(codec.MAGIC, len(header), size or len(body)) + header + body


@pytest.mark.parametrize(
    "frame",
    [
        texts(33, 2**32 - 1, (1,), b""),
        texts(33, 2**24, (2**20,), b"", size=500 << 20),
        texts(33, 2**24, (2**62,), b""),
        texts(32, 2**24, (2**40, 2**40), b""),
        texts(33, 0, (1,), b""),
        texts(32, 0, (2**60,), b""),
        texts(33, 1, (1,), struct.pack("<I", 0x110000)),
        texts(33, 1, (1,), b"\xff" * 4),
        texts(33, 1, (1,), struct.pack("<I", 0xD800)),
        texts(33, 2, (1,), struct.pack("<I", 65)),
        texts(34, 0, (1,), b"\0" * 8),
        codec.PREFIX.pack(codec.MAGIC, 6, 0) + b"G\x22\x0e\x01\x00\x00",
        codec.PREFIX.pack(codec.MAGIC, 14, 0) + b"G\x22\x63\x01\x00\x00\x00" + b"\0" * 7,
        codec.PREFIX.pack(codec.MAGIC, 6, 0) + b"G\x21\xff\xff\xff\0",
    ],
)
def test_hostile_texts(frame: bytes) -> None:
    with pytest.raises(WireError):
        read(frame)


def test_texts_by_hand_are_right() -> None:
    back: Any = read(texts(33, 1, (2,), struct.pack("<II", 65, 0x10FFFF)))
    assert back.tolist() == ["A", "\U0010ffff"]


def test_lone_surrogates_in_arrays() -> None:
    back: Any = copied(np.array(["a\ud800"]))
    assert back.tolist() == ["a?"]


# --- any parts ----------------------------------------------------------------------------------


@settings(max_examples=examples(400), suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
@pytest.mark.filterwarnings("ignore")
def test_odd_parts(chance: random.Random) -> None:
    with contextlib.suppress(WireError):
        read(with_odd_parts(chance.choice))


@settings(max_examples=examples(400), suppress_health_check=list(HealthCheck))
@given(st.sampled_from(ROWS), st.lists(st.sampled_from(ODD), max_size=9))
@pytest.mark.filterwarnings("ignore")
def test_parts_of_any_kind(row: Any, parts: list[Any]) -> None:
    with contextlib.suppress(WireError):
        read(parts_frame(row.tag, tuple(parts)))


@pytest.mark.skipif(not FRAMES, reason="pandas is not installed")
@pytest.mark.parametrize("tag", ["5", "6"])
def test_colliding_categories(tag: str) -> None:
    """pandas hashes the folded halves of a number: those of one sum collide, all of them."""
    import pandas as pd

    high = np.random.default_rng(0).permutation(np.arange(1, 60_001, dtype=np.uint64) << 44)
    folded = high ^ (high >> 33)
    low = np.zeros_like(high)  # x ^ (x << 11) = folded, on the lower 32 bits
    for _ in range(6):
        low = (folded ^ (low << 11)) & 0xFFFFFFFF
    numbers = pd.Index((high ^ low).astype(np.int64))
    codes = np.zeros(1, dtype=np.int64)
    parts = (("k",), numbers, codes) if tag == "5" else (codes, numbers, False)
    frame = parts_frame(tag.encode(), parts)
    started = time.process_time()
    with pytest.raises(WireError, match="not sorted"):
        read(frame)
    assert time.process_time() - started < 5
    ordered = pd.Index(np.arange(60_000), name="k" if tag == "5" else None)
    codes = np.zeros(1, dtype=np.int32)  # as wide as pandas itself makes them
    parts = (("k",), ordered, codes) if tag == "5" else (codes, ordered, False)
    assert len(decoded(tag, *parts)) == 1  # type: ignore[arg-type]
    with pytest.raises(UnsupportedValue, match="not sorted"):
        copied(pd.Categorical(numbers, categories=numbers))


class Touched(BaseException):
    """Something was done with a part of which nothing is known."""


class Untouchable:
    __hash__ = None  # type: ignore[assignment]

    def _touched(self, *_args: object) -> Any:
        raise Touched

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = _touched
    __bool__ = __len__ = __iter__ = __getitem__ = __index__ = __int__ = __float__ = _touched
    __add__ = __radd__ = __mul__ = __abs__ = __neg__ = _touched


@pytest.mark.filterwarnings("ignore")
def test_no_row_does_anything_with_a_part_of_an_unknown_type() -> None:
    """Comparing alone may cost all of the memory; a RangeIndex writes itself out for it."""
    tried = set()
    for make in (PLAIN | FRAMES).values():
        value = make()
        row = None if type(value) is np.ndarray else find_row(type(value))
        if row is None:
            continue
        parts = row.apart(value)
        for index in range(len(parts)):
            with contextlib.suppress(Exception):
                row.together((*parts[:index], Untouchable(), *parts[index + 1 :]))
            tried.add((row.tag, index))
    assert len(tried) > 60
    with pytest.raises(Touched):
        _ = Untouchable() in ("left", "right")


def test_expensive_rows_count_as_many_items() -> None:
    """A frame is a few bytes in a header; a hundred thousand of them are not made."""
    if not FRAMES:
        pytest.skip("pandas is not installed")
    import pandas as pd

    empty = pd.DataFrame()
    assert len(copied([empty] * 100)) == 100  # type: ignore[arg-type]
    with pytest.raises(UnsupportedValue, match="items"):
        copied([empty] * 3000)
    one = parts_frame(b"1", (pd.RangeIndex(0), pd.RangeIndex(0)))[codec.PREFIX.size :]
    header = b"L" + struct.pack("<I", 3000) + one * 3000
    started = time.process_time()
    with pytest.raises(WireError, match="items"):
        read(codec.PREFIX.pack(codec.MAGIC, len(header), 0) + header)
    assert time.process_time() - started < 10


def test_names_of_types_are_cleaned() -> None:
    odd = type("a\u202eb\n", (int,), {})(1)
    assert type_name(copied(odd)) == "a\ufffdb\ufffd"
    assert type_name(copied([copied(odd)])[0]) == "a\ufffdb\ufffd"  # type: ignore[index]


# --- where a library is not loaded --------------------------------------------------------------


def test_without_the_libraries(tmp_path: Path) -> None:
    """A tensor or a frame of a student's does no harm where the grader has no torch, no pandas."""
    names = [
        "tensor",
        "bfloat16 tensor",
        "sparse tensor",
        "torch.Size",
        "torch.dtype",
        "csr matrix",
    ]
    made = {name: PLAIN[name]() for name in names}
    made |= {name: FRAMES[name]() for name in ("DataFrame", "Categorical") if FRAMES}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = b"".join(bytes(part) for part in wire.encode(made))
    (tmp_path / "frame").write_bytes(frame)
    program = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(Path(wire_values.__file__).parent)!r})
from autograder.wire import codec
from autograder.wire.values import type_name
frame = Path({str(tmp_path / "frame")!r}).read_bytes()
header, body = codec.sizes(frame[:codec.PREFIX.size])
plan = codec.Plan(frame[codec.PREFIX.size:][:header], body)
at, buffers = codec.PREFIX.size + header, []
for size in plan.buffer_sizes:
    buffers.append(memoryview(bytearray(frame[at:at + size])))
    at += size
value = plan.value(buffers)
assert not {{"torch", "pandas", "scipy.sparse"}} & set(sys.modules)
print([(name, type_name(part)) for name, part in value.items()])
print(value["bfloat16 tensor"].tolist(), value["torch.dtype"])
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert "('tensor', 'Tensor')" in run.stdout
    assert "[1.0, 1.0, 1.0] torch.float32" in run.stdout
