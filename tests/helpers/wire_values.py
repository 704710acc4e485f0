"""Ordinary values that a course's answers return, of every row of the wire's table.

Tests, the fuzzer and its mutations begin with them.
"""

from __future__ import annotations

import array
import enum
import importlib.util
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any

import numpy as np
import scipy.sparse
import torch

from autograder.wire import codec
from autograder.wire.encoder import Encoder
from autograder.wire.limits import DEFAULT_LIMITS
from autograder.wire.types import ROWS, arrays, find_row

HAS_PANDAS = importlib.util.find_spec("pandas") is not None
Point = namedtuple("Point", "x y")


class Color(enum.Enum):
    RED = "r"
    BLUE = "b"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Mode(enum.StrEnum):
    TRAIN = "train"


class Flags(enum.Flag):
    A = 1
    B = 2


@dataclass
class Config:
    lr: float
    layers: list[int] = field(default_factory=lambda: [4, 2])


@dataclass(frozen=True)
class Cell:
    row: int
    column: int


class Text(str):
    def __str__(self) -> str:
        return "something else"


class Number(int):
    def __int__(self) -> int:
        return -1


class Box(list[Any]):
    def __iter__(self) -> Any:
        return iter("lies")

    def __len__(self) -> int:
        return 99


class Table(dict[Any, Any]):
    def items(self) -> Any:
        return "lies"

    def __len__(self) -> int:
        return 99


class Units(np.ndarray[Any, Any]):
    pass


class Tagged(torch.Tensor):
    @classmethod
    def __torch_function__(cls, *_args: Any, **_options: Any) -> Any:
        raise RuntimeError("asked")


def moved() -> OrderedDict[str, int]:
    """An OrderedDict whose order is not that of the dict below."""
    made = OrderedDict(a=1, b=2)
    made.move_to_end("a")
    return made


ZONE = timezone(timedelta(hours=5, minutes=30))
#: Those without pandas, by what they are.
PLAIN: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    "bool": lambda: True,
    "int": lambda: -(2**70),
    "float": lambda: 0.1,
    "complex": lambda: 1 - 2j,
    "str": lambda: "ä\N{SNOWMAN}",
    "bytes": lambda: b"\0\xff",
    "bytearray": lambda: bytearray(b"ab"),
    "memoryview": lambda: memoryview(b"abcd")[::2],
    "list": lambda: [1, [2.0, "x"]],
    "tuple": lambda: (1, (2, 3)),
    "dict": lambda: {"a": [1], "b": {}},
    "set": lambda: {1, "a", (2, 3), None},
    "frozenset": lambda: frozenset({1, 2}),
    "set of frozensets": lambda: {frozenset({1}), frozenset()},
    "range": lambda: range(0, 10**30, 7),
    "slice": lambda: slice(1, None, 2),
    "tuple keys": lambda: {(0, 1): "a", (1, 0): "b"},
    "bytes keys": lambda: {b"a": 1, (b"b", 2): np.zeros(2)},
    "None as key": lambda: {None: 1},
    "date keys": lambda: {date(2020, 1, 1): 1.5},
    "NumPy keys": lambda: {np.int64(3): 1, np.str_("a"): 2},
    "enum keys": lambda: {Color.RED: 1},
    "dict_keys": {"a": 1}.keys,
    "dict_values": {"a": 1}.values,
    "dict_items": {"a": 1}.items,
    "mappingproxy": lambda: MappingProxyType({"a": 1}),
    "deque": lambda: deque([1, 2], maxlen=2),
    "Counter": lambda: Counter("abca"),
    "defaultdict": lambda: defaultdict(list, a=[1]),
    "OrderedDict": lambda: OrderedDict(a=1),
    "moved OrderedDict": moved,
    "namedtuple": lambda: Point(1, [2]),
    "str subclass": lambda: Text("text"),
    "int subclass": lambda: Number(3),
    "float subclass": lambda: type("Rate", (float,), {})(0.5),
    "list subclass": lambda: Box([1, 2]),
    "dict subclass": lambda: Table(a=1),
    "set subclass": lambda: type("Bag", (set,), {})({1}),
    "path": lambda: Path("a/b.csv"),
    "array.array": lambda: array.array("d", [1.0, 2.0]),
    "date": lambda: date(2024, 2, 29),
    "datetime": lambda: datetime(2024, 2, 29, 23, 59, 59, 999999),
    "aware datetime": lambda: datetime(2024, 2, 29, tzinfo=ZONE),
    "UTC datetime": lambda: datetime(2024, 2, 29, tzinfo=UTC),
    "time": lambda: time(1, 2, 3, 4),
    "aware time": lambda: time(1, 2, tzinfo=ZONE),
    "timedelta": lambda: timedelta(days=-1, microseconds=5),
    "Decimal": lambda: Decimal("-12.50"),
    "special Decimals": lambda: [Decimal("Infinity"), Decimal("0E-5"), Decimal("1E+9")],
    "Fraction": lambda: Fraction(-2, 3),
    "Enum": lambda: Color.RED,
    "IntEnum": lambda: Level.HIGH,
    "StrEnum": lambda: Mode.TRAIN,
    "Flag": lambda: Flags.A | Flags.B,
    "dataclass": lambda: Config(0.1),
    "frozen dataclass as key": lambda: {Cell(0, 1): 5},
    "SimpleNamespace": lambda: SimpleNamespace(a=1, b=[2]),
    "array": lambda: np.arange(6.0).reshape(2, 3),
    "array without dimensions": lambda: np.array(3),
    "bool array": lambda: np.array([True, False]),
    "complex array": lambda: np.array([1j], dtype=np.complex64),
    "str array": lambda: np.array(["a", "", "ä\N{SNOWMAN}"]),
    "bytes array": lambda: np.array([b"ab", b"c"]),
    "dates in an array": lambda: np.array(["2020-01-01", "NaT"], dtype="datetime64[D]"),
    "time spans in an array": lambda: np.array([1, 2], dtype="timedelta64[10ms]"),
    "object array": lambda: np.array([1, "a", None, [2]], dtype=object),
    "structured array": lambda: np.array([(1, 2.5)], dtype=[("a", "i4"), ("b", "f8")]),
    "structured scalar": lambda: np.array([(1, 2.5)], dtype=[("a", "i4"), ("b", "f8")])[0],
    "masked array": lambda: np.ma.masked_array([1.0, 2.0], [True, False]),
    "matrix": lambda: np.ones((2, 2)).view(np.matrix),
    "array subclass": lambda: np.ones(2).view(Units),
    "np.float64": lambda: np.float64(3),
    "np.float32": lambda: np.float32(0.1),
    "np.int64": lambda: np.int64(-3),
    "np.bool_": lambda: np.bool_(False),
    "np.complex128": lambda: np.complex128(1j),
    "np.str_": lambda: np.str_("ab"),
    "np.bytes_": lambda: np.bytes_(b"ab"),
    "np.datetime64": lambda: np.datetime64("2020-01-01T12:00"),
    "np.timedelta64": lambda: np.timedelta64(3, "D"),
    "np.dtype": lambda: np.dtype("float32"),
    "tensor": lambda: torch.arange(6.0).reshape(2, 3),
    "bfloat16 tensor": lambda: torch.ones(3).bfloat16(),
    "tensor without dimensions": lambda: torch.tensor(3),
    "tensor of a graph": lambda: torch.ones(2, requires_grad=True) * 2,
    "Parameter": lambda: torch.nn.Parameter(torch.ones(2)),
    "tensor subclass": lambda: torch.ones(2).as_subclass(Tagged),
    "state_dict": lambda: torch.nn.Linear(2, 1).state_dict(),
    "max of a tensor": lambda: torch.eye(2).max(dim=0),
    "torch.Size": lambda: torch.ones(2, 3).shape,
    "torch.dtype": lambda: torch.float32,
    "torch.device": lambda: torch.device("cuda", 1),
    "sparse tensor": lambda: torch.eye(3).to_sparse(),
    "uncoalesced tensor": lambda: torch.sparse_coo_tensor([[0, 0]], [1.0, 2.0], (2**40,)),
    "sparse rows": lambda: torch.eye(3).to_sparse_csr(),
    "csr matrix": lambda: scipy.sparse.csr_matrix(np.eye(3)),
    "csc array": lambda: scipy.sparse.csc_array(np.eye(3)),
    "coo matrix": lambda: scipy.sparse.coo_matrix(np.eye(3)),
    "lil matrix": lambda: scipy.sparse.lil_matrix(np.eye(3)),
}


def _frames() -> dict[str, Callable[[], Any]]:
    import pandas as pd

    frame = pd.DataFrame({"a": [1, 2, 3], "b": [0.5, None, 1.5], "c": ["x", "y", None]})
    days = pd.date_range("2020-01-01", periods=3)
    return {
        "DataFrame": frame.copy,
        "DataFrame without rows": lambda: frame[:0],
        "DataFrame without columns": lambda: frame[[]],
        "DataFrame of one column twice": lambda: frame[["a", "a"]],
        "DataFrame of many types": lambda: frame.assign(
            d=days,
            e=days - days[0],
            f=pd.Categorical(["u", "v", "u"], categories=["v", "u"], ordered=True),
            g=pd.array([1, None, 2]),
            h=pd.array([True, None, False]),
            i=pd.array(["a", None, "b"], dtype="string"),
            j=[[1], {"a": 2}, None],
            k=days.tz_localize("UTC"),
            l=pd.period_range("2020-01", periods=3, freq="M"),
            m=pd.array([1.5, None, 2.5], dtype="Float64"),
        ),
        "DataFrame by group": lambda: frame.groupby(["c", "a"]).agg({"b": ["mean", "max"]}),
        "describe": frame.describe,
        "Series": lambda: frame["b"],
        "value_counts": frame["c"].value_counts,
        "Series by dates": lambda: pd.Series([1, 2, 3], index=days, name="price"),
        "dtypes": lambda: frame["a"].astype("int8"),
        "Index": lambda: pd.Index(["a", "b"], name="key"),
        "Index of tuples": lambda: pd.Index([(1, 2), (3, 4)], tupleize_cols=False),
        "RangeIndex": lambda: pd.RangeIndex(0, 10**8, 5, name="n"),
        "MultiIndex": lambda: pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["k", None]),
        "DatetimeIndex": lambda: days,
        "zoned DatetimeIndex": lambda: days.tz_localize("Europe/Paris"),
        "TimedeltaIndex": lambda: days - days[0],
        "PeriodIndex": lambda: pd.period_range("2020", periods=2, freq="Q"),
        "IntervalIndex": lambda: pd.interval_range(0, 3),
        "CategoricalIndex": lambda: pd.CategoricalIndex(["a", "b"]),
        "Categorical": lambda: pd.Categorical(["a", None, "b"]),
        "cut": lambda: pd.cut([1, 2, 3], 2),
        "Int64 array": lambda: pd.array([1, None]),
        "string array": lambda: pd.array(["a", None], dtype="string"),
        "Timestamp": lambda: pd.Timestamp("2020-01-01 12:00:00.123456789"),
        "zoned Timestamp": lambda: pd.Timestamp("2020-01-01", tz="Asia/Kolkata"),
        "Timedelta": lambda: pd.Timedelta("1 day 3 ns"),
        "Period": lambda: pd.Period("2020-05", freq="M"),
        "Interval": lambda: pd.Interval(0.0, 1.5, closed="both"),
        "NaT": lambda: pd.NaT,
        "NA": lambda: pd.NA,
    }


#: Those with pandas; none where it is not installed.
FRAMES: dict[str, Callable[[], Any]] = _frames() if HAS_PANDAS else {}


#: Parts that no row wants there; or only by chance.
ODD: tuple[Any, ...] = (
    *(None, True, -1, 0, 1, 2**31, 2**62, 2**63 - 1, -(2**63), 2**4000, 1e308, float("nan"), 1j),
    *("", "x" * 100, "x" * 101, "csr", "dense", "Y-DEC", "ns", "left", "__class__", "float64"),
    *(b"", [], (), {}, (1, 2), (2**60, 2**60), (-1, 3), (0,), [[[1]]], {"a": 1}, {1}),
    *(np.zeros(0), np.zeros(3), np.arange(3), np.arange(-3, 0), np.arange(3, dtype="i4")),
    *(np.zeros((2, 3), dtype="i8"), np.array([0, 2**62]), np.array(3), np.zeros(3, dtype=bool)),
    *(np.array(["a", "b", "c"]), np.array(["NaT", 1, 2**62], dtype="M8[ns]"), np.float64("nan")),
    *(np.array([2**62, 1, -(2**62)], dtype="M8[Y]"), np.array([[1], 2, None], dtype=object)),
    *(np.datetime64(2**62, "s"), np.timedelta64("NaT"), np.float16(1), Decimal("NaN"), range(9)),
    *(date.max, datetime.min, timedelta.max, Color.RED, Config(1.0), slice(None)),
)


def written_again(frame: bytes, value: object) -> bool:
    """Whether a value that was decoded is written in the same bytes, sets in any order."""
    again = b"".join(bytes(buffer) for buffer in codec.encode(value))
    has_sets = {b"s"[0], b"z"[0]} & set(frame)
    return again == frame or (bool(has_sets) and Counter(again) == Counter(frame))


def near(part: Any, choose: Callable[[Sequence[Any]], Any]) -> Any:
    """A part of the same kind as a good one, which may stand for the same value or for none."""
    match part:
        case bool():
            return not part
        case int():
            return choose((part + 1, -part, part * 2, part * 10**6, part + (1 << 32)))
        case float():
            return choose((-part, float("nan"), part + 1))
        case str():
            return choose(
                (f"0{part}", f"{part}\0", f"{part} ", part.upper(), part[:-1], f"-{part}")
            )
        case tuple():
            return choose((part[::-1], part[:-1], part + part, (*part, 0)))
        case np.ndarray():
            kind = choose(("i1", "i4", "i8", "u1", "f4", "f8", "?", "O", "M8[s]", "M8[ns]"))
            with suppress(Exception):
                return choose((part[::-1], part[:-1], part[:, None], part.astype(kind)))
    return choose(ODD)


def parts_frame(tag: bytes, parts: tuple[Any, ...], claimed: int | None = None) -> bytes:
    """A frame of a row's parts, whatever they are; ``claimed`` is their number, if it lies."""
    encoder = Encoder(DEFAULT_LIMITS)
    encoder.count(tag, len(parts) if claimed is None else claimed)
    for part in parts:
        encoder.add(part, 1)
    body = b"".join(bytes(buffer) for buffer in encoder.buffers)
    prefix = codec.PREFIX.pack(codec.MAGIC, len(encoder.header), len(body))
    return prefix + bytes(encoder.header) + body


def with_odd_parts(choose: Callable[[Sequence[Any]], Any]) -> bytes:
    """A frame of a good value whose row got other parts, and it or one like it another tag."""
    value = choose(ALL)()
    row = find_row(type(value)) if type(value) is not np.ndarray else arrays.OBJECTS
    try:
        parts = list(row.apart(value)) if row else [value]
    except Exception:  # an array of numbers has no parts
        parts = [value]
    for _ in range(choose((1, 1, 1, 2, 3))):
        index = choose(range(len(parts) + 1))
        match choose(("odd", "odd", "near", "near", "near", "other", "less", "more", "twice")):
            case "near" if index < len(parts):
                parts[index] = near(parts[index], choose)
            case "odd":
                parts[index : index + 1] = [choose(ODD)]
            case "other":
                parts[index : index + 1] = [choose(ALL)()]
            case "less":
                del parts[index : index + 1]
            case "more":
                parts.insert(index, choose(ODD))
            case "twice":
                parts[index:index] = parts[index : index + 1]
    own = row.tag if row else b"n"
    return parts_frame(choose((own, own, own, choose(ROWS).tag)), tuple(parts))


ALL = tuple((PLAIN | FRAMES).values())
