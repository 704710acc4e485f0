"""The wire: every value that may cross comes back equal, no other crosses, no bytes do harm."""

from __future__ import annotations

import enum
import functools
import math
import operator
import socket
import struct
import threading
import time
import tracemalloc
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse
import torch
from conftest import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from wire_values import FRAMES, PLAIN, parts_frame, with_odd_parts, written_again

from autograder import wire
from autograder.checks.wording import _INSTEAD
from autograder.wire import Limits, UnsupportedValue, WireError
from autograder.wire.codec import PREFIX
from autograder.wire.elements import DTYPES
from autograder.wire.limits import DEFAULT_LIMITS, octets
from autograder.wire.row import MAX_TYPE_NAME, REASONS


def pandas_index(labels: list[str]) -> object:
    import pandas as pd

    return pd.Index(labels, dtype=object)


FEW = settings(max_examples=examples(150), suppress_health_check=list(HealthCheck))
SMALL = Limits(header=1 << 16, body=1 << 16)
TORCH_TYPES = [
    *(torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64),
    *(torch.uint16, torch.uint32, torch.uint64),
    *(torch.float16, torch.float32, torch.float64, torch.complex64, torch.complex128),
    torch.bfloat16,
]


def frame(value: object, limits: Limits = DEFAULT_LIMITS) -> bytes:
    return b"".join(bytes(buffer) for buffer in wire.encode(value, limits))


def decode(data: bytes, limits: Limits = DEFAULT_LIMITS, seconds: float = 5.0) -> object:
    """What the grader makes of these bytes, when the peer sends them and hangs up."""
    ours, theirs = socket.socketpair()

    def feed() -> None:
        with theirs, suppress(OSError):  # the decoder may have seen enough
            theirs.sendall(data)

    feeder = threading.Thread(target=feed)
    feeder.start()
    try:
        with ours:
            return wire.receive(ours, deadline=time.monotonic() + seconds, limits=limits)
    finally:
        feeder.join()


def trip(value: object) -> Any:
    return decode(frame(value))


def bits(tensor: torch.Tensor) -> bytes:
    return tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()


def assert_same(back: Any, value: Any) -> None:
    """Equal in type, shape, element type and every bit; dicts also in their order."""
    if isinstance(value, torch.Tensor):
        assert type(back) is torch.Tensor
        assert (back.dtype, back.shape) == (value.dtype, value.shape)
        assert bits(back) == bits(value)
    elif isinstance(value, np.generic):
        assert type(back) is type(value)
        assert back.tobytes() == value.tobytes()
    elif isinstance(value, np.ndarray):
        assert type(back) is np.ndarray
        assert (back.dtype, back.shape) == (value.dtype.newbyteorder("="), value.shape)
        native = np.asarray(value).astype(back.dtype)
        assert back.tobytes() == native.tobytes()
        assert back.flags.writeable and back.flags.c_contiguous
    elif isinstance(value, dict):
        assert type(back) is dict
        assert len(back) == len(value)
        for (back_key, back_item), (key, item) in zip(back.items(), value.items(), strict=True):
            assert_same(back_key, key)
            assert_same(back_item, item)
    elif isinstance(value, list | tuple):
        assert type(back) is type(value)
        assert len(back) == len(value)
        for back_item, item in zip(back, value, strict=True):
            assert_same(back_item, item)
    elif isinstance(value, float):
        assert type(back) is float
        assert struct.pack("<d", back) == struct.pack("<d", value)
    else:
        assert type(back) is type(value)
        assert back == value


# --- what may cross ---------------------------------------------------------------------------

arrays = st.sampled_from(DTYPES).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0))
)
texts = st.text(st.characters(exclude_categories=["Cs"]))
keys = st.one_of(texts, st.integers(-(2**63), 2**63 - 1), st.floats(), st.booleans())
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**4095), 2**4095 - 1),
    st.floats(),
    texts,
    st.binary(),
    arrays,
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner),
        st.lists(inner).map(tuple),
        st.dictionaries(keys, inner),
    ),
    max_leaves=20,
)


@FEW
@given(values)
def test_round_trip(value: object) -> None:
    assert_same(trip(value), value)


@pytest.mark.parametrize("value", [2**4095 - 1, -(2**4095), 2**63, -1, 0, 255, 256], ids=hex)
def test_integers(value: int) -> None:
    assert trip(value) == value


@pytest.mark.parametrize(
    "value", [math.nan, -math.nan, math.inf, -math.inf, -0.0, 5e-324, 1.7976931348623157e308]
)
def test_floats_keep_every_bit(value: float) -> None:
    assert_same(trip(value), value)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize(
    "make",
    [
        lambda a: a,
        lambda a: a[::2, ::-1],
        lambda a: a.T,
        np.asfortranarray,
        lambda a: a.astype(a.dtype.newbyteorder(">")),
        lambda a: np.broadcast_to(a[:1], (7, 5)),
        lambda a: a[:0],
        lambda a: a[2, 3],
        lambda a: a[2:3, 3].reshape(()),
        lambda a: a.reshape((1,) * 30 + a.shape),
    ],
    ids="plain strided transposed fortran bigendian broadcast empty scalar 0d 32d".split(),
)
def test_arrays(dtype: np.dtype[Any], make: Callable[[Any], Any]) -> None:
    plain = (np.arange(20).reshape(4, 5) % 2).astype(dtype)
    assert_same(trip(make(plain)), make(plain))


@pytest.mark.parametrize("dtype", TORCH_TYPES, ids=str)
@pytest.mark.parametrize(
    "make",
    [
        lambda t: t,
        lambda t: t[::2],
        lambda t: t.T,
        lambda t: t[:1].expand(7, 5),
        lambda t: t[:0],
        lambda t: t[2, 3],
    ],
    ids="plain strided transposed expanded empty 0d".split(),
)
def test_tensors(dtype: torch.dtype, make: Callable[[Any], Any]) -> None:
    plain = (torch.arange(20).reshape(4, 5) % 2).to(dtype)
    assert_same(trip(make(plain)), make(plain))


def test_special_tensors() -> None:
    parameter = torch.nn.Parameter(torch.rand(3, 2))
    assert_same(trip(parameter), parameter.detach())
    grown = torch.rand(3, requires_grad=True) * 2
    assert_same(trip(grown), grown.detach())
    turned = torch.view_as_complex(torch.rand(4, 2)).conj()
    assert turned.is_conj()
    assert torch.equal(trip(turned), turned.resolve_conj())
    imaginary = turned.imag
    assert imaginary.is_neg()
    assert torch.equal(trip(imaginary), imaginary.resolve_neg())
    special = torch.tensor([math.nan, math.inf, -0.0]).bfloat16()
    assert bits(trip(special)) == bits(special)


def test_arrays_from_a_frame_do_not_share_memory() -> None:
    first, second = trip([np.zeros(3), np.zeros(3)])
    first[:] = 1
    assert second.sum() == 0


def test_lone_surrogates_become_question_marks() -> None:
    assert trip(["a\ud800b", {"a": "\udcff"}]) == ["a?b", {"a": "?"}]


def test_key_types_are_kept() -> None:
    value = {1: "a", "1": "b", 2.0: "c", False: "d"}
    assert [type(key) for key in trip(value)] == [int, str, float, bool]


# --- what may not -----------------------------------------------------------------------------


def subclass(base: type) -> type:
    return type("Sub", (base,), {})


def nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


def self_containing() -> object:
    loop: list[object] = []
    loop.append(loop)
    return loop


def exploding() -> object:
    """2^30 items in 31 lists."""
    value: object = 1
    for _ in range(30):
        value = [value, value]
    return value


REFUSED: dict[str, Callable[[], object]] = {
    "functions in an array": lambda: np.array([len]),
    "structure with a function": lambda: np.array([(1.0, len)], dtype=[("a", "f8"), ("b", "O")]),
    "long double": lambda: np.ones(1, dtype=np.longdouble),
    "long double scalar": lambda: np.longdouble(1),
    "void": lambda: np.void(b"abc"),
    "parameter without data": torch.nn.UninitializedParameter,
    "sparse blocks": lambda: torch.eye(4).to_sparse_bsr((2, 2)),
    "quantised": lambda: torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8),
    "meta": lambda: torch.empty(3, device="meta"),
    "half complex": lambda: torch.zeros(2, dtype=torch.complex32),
    "float8": lambda: torch.zeros(2).to(torch.float8_e4m3fn),
    "generator": lambda: (i for i in range(3)),
    "function": lambda: len,
    "class": lambda: int,
    "exception": lambda: ValueError("x"),
    "module": lambda: math,
    "long int as key": lambda: {2**64: 1},
    "long int in a key": lambda: {(1, 2**64): 1},
    "long int in a set": lambda: {2**64},
    "class as key": lambda: {int: 1},
    "class in a set": lambda: {int},
    "list as key": lambda: {type("Hashed", (list,), {"__hash__": lambda _self: 1})(): 1},
    "Decimal that signals": lambda: Decimal("sNaN"),
    "Decimal of a huge exponent": lambda: Decimal("1e9999"),
    "Decimal of many digits": lambda: Decimal("1" * 2000),
    "three dots": lambda: ...,
    "object": object,
    "iterator": lambda: iter([1]),
    "map": lambda: map(len, []),
    "long int": lambda: 2**4095,
    "very long int": lambda: 1 << 10**7,
    "too deep": lambda: nested(40),
    "far too deep": lambda: nested(100_000),
    "itself": self_containing,
    "exploding": exploding,
    "too many items": lambda: [None] * 1_000_001,
    "too long a text": lambda: "a" * (33 << 20),
    "too long in bytes": lambda: "\u20ac" * (12 << 20),
    "too many texts": lambda: ["a" * (1 << 20)] * 40,
    "wide view": lambda: np.broadcast_to(np.zeros(1), (10**6, 10**6)),
    "wide view of a tensor": lambda: torch.zeros(1).bfloat16().expand(10**6, 10**6),
    "many wide views": lambda: [np.broadcast_to(np.zeros(1), (60 * 10**6,))] * 2,
    "no wide view": lambda: np.broadcast_to(np.zeros((1, 0)), (2**40, 0)),
    "many dimensions": lambda: torch.zeros((1,) * 40),
}


@pytest.mark.filterwarnings("ignore::UserWarning")  # torch, on its rarer kinds of tensor
@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED.keys())
def test_refused(make: Callable[[], object]) -> None:
    value = make()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        with pytest.raises(UnsupportedValue):
            wire.send(ours, value)
        assert not wire.pending(theirs), "a part of it was sent all the same"


@pytest.mark.parametrize(
    ("make", "what", "reason"),
    [
        (lambda: [subclass(object)()], "an object of type Sub", "object"),
        (lambda: torch.empty(3, device="meta"), "a tensor of torch.float32", "elements"),
        (lambda: (i for i in range(3)), "an object of type generator", "lazy"),
        (lambda: len, "an object of type builtin_function_or_method", "function"),
        (lambda: int, "an object of type type", "class"),
        (lambda: ..., "three dots (...)", "missing"),
        (self_containing, "a value nested more than 32 deep, or in itself", "deep"),
        (lambda: {int: 1}, "an object of type type", "class"),
        (lambda: {(np.zeros, 1): 1}, "an object of type builtin_function_or_method", "function"),
        (lambda: [None] * 1_000_001, "more than 1000000 items", "large"),
        (lambda: np.ones(1, np.longdouble), "an array of float128", "elements"),
    ],
)
def test_a_refusal_says_what_and_why(make: Callable[[], object], what: str, reason: str) -> None:
    with pytest.raises(UnsupportedValue) as caught:
        wire.encode(make())
    assert (caught.value.what, caught.value.reason) == (what, reason)
    assert reason in REASONS
    assert reason in _INSTEAD


def test_every_reason_has_its_hint() -> None:
    assert set(_INSTEAD) == set(REASONS)


# --- hostile bytes ------------------------------------------------------------------------------

HARMLESS = (WireError, wire.PeerClosed, wire.DeadlinePassed)


def raw(content: bytes, buffers: bytes = b"", **claims: int) -> bytes:
    """A frame by hand; ``header`` and ``body`` may claim other sizes."""
    sizes = {"header": len(content), "body": len(buffers)} | claims
    return PREFIX.pack(b"DLW2", sizes["header"], sizes["body"]) + content + buffers


def dims(*lengths: int, code: int = 11) -> bytes:
    return b"A" + bytes((code, len(lengths))) + struct.pack(f"<{len(lengths)}Q", *lengths)


def counted(tag: bytes, count: int, rest: bytes = b"") -> bytes:
    return tag + struct.pack("<I", count) + rest


HUGE_KEY = counted(b"I", 9, b"\0" * 8 + b"\1")
HOSTILE = {
    "other magic": b"DLW1" + raw(b"N")[4:],
    "pickle": b"\x80\x04\x95" + b"a" * 40,
    "header of 2^60 bytes": raw(b"N", header=2**60),
    "body of 2^60 bytes": raw(b"N", body=2**60),
    "header of 2^64-1 bytes": raw(b"N", header=2**64 - 1),
    "empty header": raw(b""),
    "header just too large": raw(b"N", header=DEFAULT_LIMITS.header + 1),
    "unknown tag": raw(b"Q"),
    "zero tag": raw(b"\0"),
    "count of 2^32-1, list": raw(counted(b"L", 2**32 - 1)),
    "count of 2^32-1, tuple": raw(counted(b"U", 2**32 - 1)),
    "count of 2^32-1, dict": raw(counted(b"M", 2**32 - 1)),
    "count of 2^32-1, text": raw(counted(b"S", 2**32 - 1)),
    "count of 2^32-1, int": raw(counted(b"I", 2**32 - 1)),
    "one item too few": raw(counted(b"L", 2, b"N")),
    "key without value": raw(counted(b"M", 1, b"T")),
    "cut float": raw(b"D\0\0"),
    "cut count": raw(b"L\0"),
    "cut dimensions": raw(dims(3)[:-1]),
    "trailing garbage in the header": raw(b"NN"),
    "trailing garbage in the body": raw(b"N", b"x"),
    "2^64 bytes by product": raw(dims(2**32, 2**32)),
    "0 bytes by product modulo 2^64": raw(dims(2**32, 2**29)),
    "bytes of 2^63": raw(b"B" + struct.pack("<Q", 2**63)),
    "zero times huge": raw(dims(0, 2**63)),
    "huge times zero": raw(dims(2**62, 2**62, 0)),
    "33 dimensions": raw(dims(*[1] * 33), b"\0" * 8),
    "255 dimensions": raw(b"A" + bytes((11, 255)) + b"\1" * 8 * 255),
    "unknown element type": raw(dims(1, code=14), b"\0" * 8),
    "another unknown element type": raw(dims(1, code=255), b"\0" * 2),
    "body shorter than its array": raw(dims(2), b"\0" * 15),
    "body longer than its array": raw(dims(2), b"\0" * 17),
    "body that never comes": raw(dims(2), body=16),
    "header that never comes": raw(b"N", header=10),
    "invalid UTF-8": raw(counted(b"S", 2, b"\xc3\x28")),
    "surrogate in UTF-8": raw(counted(b"S", 3, b"\xed\xa0\x80")),
    "overlong UTF-8": raw(counted(b"S", 2, b"\xc0\xaf")),
    "list as key": raw(counted(b"M", 1, counted(b"L", 0) + b"N")),
    "array as key": raw(counted(b"M", 1, dims(1) + b"N"), b"\0" * 8),
    "long int as key": raw(counted(b"M", 1, HUGE_KEY + b"N")),
    "long int": raw(counted(b"I", 513, b"\1" * 513)),
    "too deep": raw(counted(b"L", 1) * 40 + b"N"),
    "far too deep": raw(counted(b"L", 1) * 100_000 + b"N"),
    "too many items": raw(counted(b"L", 1_000_001, b"N" * 1_000_001)),
    "nothing": b"",
    "half a prefix": b"DLW2\0\0",
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_frames(data: bytes) -> None:
    with pytest.raises(HARMLESS):
        decode(data)


def test_the_handmade_frames_would_be_right_but_for_their_fault() -> None:
    """Positive control: the same builders make frames that are taken."""
    assert decode(raw(b"N")) is None
    assert decode(raw(counted(b"L", 1, b"T"))) == [True]
    assert decode(raw(counted(b"M", 1, counted(b"S", 1, b"a") + b"F"))) == {"a": False}
    assert_same(decode(raw(dims(2), b"\0" * 16)), np.zeros(2))
    assert_same(decode(raw(dims(0, 7))), np.zeros((0, 7)))


def rowed(tag: str, *parts: object) -> bytes:
    return parts_frame(tag.encode(), parts)


def number(*octets: int) -> bytes:
    return counted(b"I", len(octets), bytes(octets))


ONE = number(1)
#: Frames whose sizes and types are right, of which no encoder makes one; by what is wrong.
UNWRITTEN: dict[str, bytes] = {
    "bools of 2 and 255": raw(dims(4, code=0), b"\0\1\2\xff"),
    "a bool of 2": raw(b"G\0\2"),
    "an int of no bytes": raw(number()),
    "an int with a byte too many": raw(number(1, 0)),
    "a negative int with a byte too many": raw(number(0xFF, 0xFF)),
    "equal texts as keys": raw(counted(b"M", 2, (counted(b"S", 1, b"a") + b"N") * 2)),
    "True and 1 as keys": raw(counted(b"M", 2, b"TN" + ONE + b"N")),
    "0.0 and -0.0 as keys": raw(
        counted(b"M", 2, b"".join(b"D" + struct.pack("<d", zero) + b"N" for zero in (0.0, -0.0)))
    ),
    "equal bytes as keys": raw(counted(b"M", 2, (b"B" + struct.pack("<Q", 1) + b"N") * 2), b"aa"),
    "equal members": rowed("s", 1, 1),
    "1 and True as members": rowed("s", 1, True),
    "equal members of a frozenset": rowed("z", "a", "a"),
    "a text wider than its letters": raw(b"G\x21" + struct.pack("<I", 2) + b"a" + b"\0" * 7),
    "bytes wider than they are": raw(b"G\x20" + struct.pack("<I", 2) + b"a\0"),
    "objects, none times a huge side": rowed("o", (0, 1 << 39)),
    "a Fraction that can be reduced": rowed("q", 2, 4),
    "a Decimal with a zero in front": rowed("d", "007"),
    "a Decimal in another spelling": rowed("d", "1E+0"),
    "a time span of too many seconds": rowed("e", 0, 100_000, 0),
    "a time span of less than no microseconds": rowed("e", 0, 0, -1),
    "a name that steers": rowed("n", "a\x1b[2J", 1),
    "a record's name that steers": rowed("R", "a\u202e"),
    "a member's name that steers": rowed("E", "Color", "RED\n", 1),
    "a scalar with fields and a side": rowed("f", (2,), True, "a", np.zeros(2)),
    "a coalesced tensor that is none": rowed(
        "X", "Tensor", "coo", (3,), np.ones(2), False, np.array([[0, 0]]), True
    ),
    "a coalesced tensor out of order": rowed(
        "X", "Tensor", "coo", (3,), np.ones(2), False, np.array([[1, 0]]), True
    ),
    "a tensor of a type that torch lacks": rowed("X", "Tensor", "dense", np.array(["a"]), False),
    "halves of another type": rowed("X", "Tensor", "dense", np.zeros(2), True),
    "sparse rows with long indices": rowed(
        *("w", "csr", False, (1, 2), np.ones(1), np.array([0]), np.array([0, 1]))
    ),
    "an index of many sides": rowed("3", None, np.zeros((2, 2))) if FRAMES else raw(b"Q"),
    "an index of narrow floats": rowed("3", None, np.zeros(2, "f2")) if FRAMES else raw(b"Q"),
    "codes wider than they need": rowed(
        *("5", ("a",), pandas_index(["x"]), np.zeros(2, dtype="i8"))
    )
    if FRAMES
    else raw(b"Q"),
}


@pytest.mark.parametrize("data", UNWRITTEN.values(), ids=UNWRITTEN.keys())
def test_frames_that_no_encoder_makes(data: bytes) -> None:
    with pytest.raises(WireError):
        decode(data)


#: The same with what is wrong put right.
WRITTEN = {
    "bools": raw(dims(4, code=0), b"\0\1\1\0"),
    "int": raw(number(1)),
    "negative int": raw(number(0xFF)),
    "unequal keys": raw(counted(b"M", 2, b"TN" + number(2) + b"N")),
    "members": rowed("s", 1, 2),
    "text": raw(b"G\x21" + struct.pack("<I", 1) + b"a" + b"\0" * 3),
    "empty text": raw(b"G\x21" + struct.pack("<I", 1) + b"\0" * 4),
    "objects": rowed("o", (0, 1 << 20)),
    "Fraction": rowed("q", 1, 2),
    "Decimal": rowed("d", "7"),
    "time span": rowed("e", 1, 13_600, 0),
    "name": rowed("n", "a", 1),
    "fields": rowed("f", (2,), False, "a", np.zeros(2)),
    "coalesced": rowed("X", "Tensor", "coo", (3,), np.ones(2), False, np.array([[0, 1]]), True),
    "float with a payload": raw(b"D\1\0\0\0\0\0\xf0\x7f"),
    "32 sides": raw(dims(*[1] * 32), b"\0" * 8),
    "none times a long side": raw(dims(0, 30_000_000)),
}


@pytest.mark.parametrize("data", WRITTEN.values(), ids=WRITTEN.keys())
def test_their_right_twins_are_written_again_in_the_same_bytes(data: bytes) -> None:
    assert written_again(data, decode(data))


@pytest.mark.parametrize("make", (PLAIN | FRAMES).values(), ids=(PLAIN | FRAMES).keys())
def test_each_value_is_written_again_in_the_same_bytes(make: Callable[[], object]) -> None:
    data = frame(make())
    assert written_again(data, decode(data))


@pytest.mark.filterwarnings("ignore")  # of the libraries, on odd values
@settings(FEW, max_examples=examples(400))
@given(st.data())
def test_what_is_taken_is_written_again_in_the_same_bytes(data: st.DataObject) -> None:
    """The parts of good values of every row, changed; what the decoder takes has one frame."""
    changed = with_odd_parts(lambda options: data.draw(st.sampled_from(list(options))))
    with suppress(HARMLESS):
        assert written_again(changed, decode(changed))


def test_bools_of_other_bytes_cross_as_bools() -> None:
    """A bool that is neither makes NumPy and compilers disagree with themselves."""
    odd = np.array([0, 1, 2, 255], dtype=np.uint8).view(np.bool_)
    for value in (odd, torch.from_numpy(odd), [odd[3]]):
        back: Any = trip(value)
        assert np.asarray(back).view(np.uint8).max() == 1


def test_letters_that_are_none_cross_as_question_marks() -> None:
    odd = np.array([0x61, 0x110000, 0xD800], dtype="<u4").view("<U3")
    assert trip(odd).tolist() == ["a??"]


def test_keys_that_would_be_equal_on_the_other_side() -> None:
    node = dataclass(frozen=True, eq=False)(type("Node", (), {"__annotations__": {"n": int}}))
    with pytest.raises(UnsupportedValue, match="differ in nothing"):
        wire.encode({node(1): 1, node(1): 2})
    with pytest.raises(UnsupportedValue, match="differ in nothing"):
        wire.encode({node(1), node(1)})
    assert len(trip({node(1): 1, node(2): 2, (b"a", node(1)): 3, (b"b", node(1)): 4})) == 4
    with pytest.raises(UnsupportedValue, match="half a character"):
        wire.encode({"\ud800": 1, "?": 2})


def test_long_and_odd_names_of_members_cross() -> None:
    flags = enum.Flag("Flags", [f"a_rather_long_name_{n}" for n in range(20)])
    value = functools.reduce(operator.or_, flags)
    assert len(trip(value).name) == MAX_TYPE_NAME
    assert trip(enum.Enum("E", {"a\nb": 1})["a\nb"]).name == "a\N{REPLACEMENT CHARACTER}b"


def test_a_library_s_other_forms_of_a_value_cross() -> None:
    """What the other end would make otherwise is brought into its form before it is sent."""
    rows = scipy.sparse.csr_matrix(np.eye(3))
    rows.indices, rows.indptr = rows.indices.astype(np.int64), rows.indptr.astype(np.int64)
    back: Any = trip(rows)
    assert back.indices.dtype == np.int32
    assert (back.toarray() == np.eye(3)).all()
    single = torch.sparse_coo_tensor([[1]], [1.0], (3,), is_coalesced=False)
    assert torch.equal(trip(single).to_dense(), single.to_dense())


def test_integer_keys_cannot_be_made_to_collide() -> None:
    """Python's hash of an int is its remainder; half a million equal hashes take half an hour.

    So many as here take seconds, where a broken defence lets them through.
    """
    modulus = 2**61 - 1
    colliding = [k * modulus for k in range(1, 20_001)]

    def entry(key: int) -> bytes:
        length = octets(key)
        return counted(b"I", length, key.to_bytes(length, "little", signed=True)) + b"N"

    entries = b"".join(map(entry, colliding))
    started = time.process_time()
    with pytest.raises(WireError):
        decode(raw(counted(b"M", len(colliding), entries)))
    assert time.process_time() - started < 3
    worst = b"".join(entry(i << 43) for i in range(-100_000, 100_000))
    started = time.process_time()
    assert len(decode(raw(counted(b"M", 200_000, worst)))) == 200_000  # type: ignore[arg-type]
    assert time.process_time() - started < 5


@FEW
@given(st.binary(max_size=200))
def test_arbitrary_bytes(data: bytes) -> None:
    with pytest.raises(HARMLESS):
        decode(data, SMALL)


@FEW
@given(st.binary(max_size=200), st.binary(max_size=64))
def test_arbitrary_headers(header: bytes, body: bytes) -> None:
    with suppress(HARMLESS):
        decode(raw(header, body), SMALL)


@settings(FEW, max_examples=examples(300))
@given(values, st.data())
def test_mutated_frames(value: object, data: st.DataObject) -> None:
    good = bytearray(frame(value))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(good)))
        length = data.draw(st.integers(0, 4))
        good[place : place + length] = data.draw(st.binary(max_size=8))
    with suppress(HARMLESS):
        value = decode(bytes(good), SMALL)
        length = PREFIX.size + sum(PREFIX.unpack(good[: PREFIX.size])[1:])
        assert written_again(bytes(good[:length]), value)  # what is behind it is another frame's


@FEW
@given(values, st.data())
def test_cut_frames(value: object, data: st.DataObject) -> None:
    good = frame(value)
    with pytest.raises(wire.PeerClosed):
        decode(good[: data.draw(st.integers(0, len(good) - 1))])


@pytest.mark.parametrize(
    "data",
    [
        raw(b"N", header=2**60),
        raw(b"N", body=2**60),
        raw(counted(b"L", 2**32 - 1) + b"N" * 1000),
        raw(dims(2**40)),
        raw(dims(2**32, 2**29)),
        raw(dims(0, 2**60)),
        raw(b"B" + struct.pack("<Q", 2**50), body=2**50),
        raw(counted(b"I", 2**31)),
        raw(counted(b"L", 4000, dims(8000) * 4000), body=8000 * 8 * 4000),
    ],
)
def test_claims_allocate_nothing(data: bytes) -> None:
    limits = Limits(header=1 << 20, body=1 << 20)
    tracemalloc.start()
    try:
        with pytest.raises(HARMLESS):
            decode(data, limits)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 << 20


def test_a_frame_as_large_as_allowed_stays_within_its_limits() -> None:
    """The most lists that a header can hold: the tree may be larger, but in proportion."""
    limits = Limits(header=1 << 18, body=0)
    count = ((1 << 18) - 5) // 5
    tracemalloc.start()
    try:
        decode(raw(counted(b"L", count, counted(b"L", 0) * count)), limits)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10 << 20


def test_a_claimed_body_is_not_touched_before_it_comes() -> None:
    """512 MB are announced, a few bytes come: no page of the buffer may have been written."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak starts anew
    before = peak_memory()
    size = DEFAULT_LIMITS.body
    with pytest.raises(wire.PeerClosed):
        decode(raw(b"B" + struct.pack("<Q", size), b"x" * 10, body=size))
    assert peak_memory() - before < 100 << 20


def peak_memory() -> int:
    """The most bytes that this process has held."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))


# --- deadlines ----------------------------------------------------------------------------------


@pytest.mark.timeout(30)
@pytest.mark.parametrize("good", [True, False])
def test_slow_drip(good: bool) -> None:
    """A byte now and then resets nothing: the deadline is for the whole frame."""
    ours, theirs = socket.socketpair()
    data = frame("x" * 100)
    stop = threading.Event()

    def drip() -> None:
        for number in range(len(data)):
            if stop.wait(0.001 if good else 0.05):
                return
            theirs.sendall(data[number : number + 1])

    thread = threading.Thread(target=drip)
    with ours, theirs:
        thread.start()
        started = time.monotonic()
        try:
            if good:
                assert wire.receive(ours, deadline=started + 5) == "x" * 100
            else:
                with pytest.raises(wire.DeadlinePassed):
                    wire.receive(ours, deadline=started + 0.5)
                assert time.monotonic() - started < 3
        finally:
            stop.set()
            thread.join()


@pytest.mark.timeout(30)
def test_sending_to_a_peer_that_does_not_read() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        started = time.monotonic()
        with pytest.raises(wire.DeadlinePassed):
            wire.send(ours, np.zeros(10**7), deadline=started + 0.3)
        assert time.monotonic() - started < 2


def test_sending_to_a_closed_peer() -> None:
    ours, theirs = socket.socketpair()
    theirs.close()
    with closing(ours), pytest.raises(wire.PeerClosed):
        wire.send(ours, np.zeros(10**6))


@pytest.mark.timeout(30)
def test_a_deadline_in_the_past() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        wire.send(theirs, 1)
        with pytest.raises(wire.DeadlinePassed):
            wire.receive(ours, deadline=time.monotonic() - 1)


def test_pending() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert not wire.pending(ours)
        theirs.sendall(b"x")
        assert wire.pending(ours)
        assert wire.pending(ours), "looking takes nothing away"
    ours, theirs = socket.socketpair()
    theirs.close()
    with ours:
        assert not wire.pending(ours)


def test_descriptors_sent_along_do_not_arrive() -> None:
    """A worker may attach descriptors to its bytes; they must not pile up in the grader."""
    ours, theirs = socket.socketpair()
    with ours, theirs, open("/dev/null") as null:  # noqa: PTH123
        for _ in range(20):
            socket.send_fds(theirs, [frame(1)], [null.fileno()] * 50)
        probe = socket.socket()
        lowest = probe.fileno()
        probe.close()
        assert [wire.receive(ours) for _ in range(20)] == [1] * 20
        with socket.socket() as probe:
            assert probe.fileno() == lowest
