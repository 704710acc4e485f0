"""Texts, keys and labels as NumPy spells them cross in any value of pandas, and come out equal.

``list(np.unique(texts))`` holds ``np.str_``, which pandas keeps as they are.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from conftest import examples
from crossed import same_frames
from hypothesis import given, settings
from hypothesis import strategies as st
from wire_values import parts_frame, written_again

from autograder.wire import UnsupportedValue, WireError, codec, copied

pd = pytest.importorskip("pandas")

ARROW = importlib.util.find_spec("pyarrow") is not None
STORAGES = [
    *("object", "string", None),
    # With pyarrow, texts come in the storage that pandas then prefers.
    pytest.param("string[python]", marks=pytest.mark.skipif(ARROW, reason="pyarrow")),
    pytest.param("string[pyarrow]", marks=pytest.mark.skipif(not ARROW, reason="no pyarrow")),
]


class Lying(str):
    """A text that says of itself what it likes."""

    def __eq__(self, _other: object) -> bool:
        return True

    def __str__(self) -> str:
        return "other"

    __hash__ = str.__hash__


WORDS = st.text("abcä\N{SNOWMAN}", max_size=4)
SPELLINGS: tuple[Callable[[str], str], ...] = (str, np.str_)
TEXTS = st.builds(lambda spell, word: spell(word), st.sampled_from(SPELLINGS), WORDS)
NUMBERS = st.integers(-(2**40), 2**40)
SCALARS = st.one_of(
    TEXTS,
    NUMBERS | NUMBERS.map(np.int64),
    st.booleans() | st.booleans().map(np.bool_),
    st.floats(allow_nan=False) | st.floats(allow_nan=False).map(np.float64),
    st.floats(allow_nan=False, width=32).map(np.float32),
    st.dates().map(np.datetime64) | st.dates() | st.datetimes(),
    st.timedeltas().map(np.timedelta64) | st.timedeltas() | st.none(),
)
#: Names of columns and indexes.
LABELS = st.one_of(TEXTS, NUMBERS.map(np.int64), st.booleans().map(np.bool_), st.none())
FEW = settings(max_examples=examples(60), deadline=None)


def crosses(value: Any) -> Any:
    """The value as it arrives: equal, and written again in the same bytes."""
    got = copied(value)
    assert same_frames(got, value)
    frame = b"".join(map(bytes, codec.encode(got)))
    assert written_again(frame, got)
    return got


@pytest.mark.parametrize("storage", STORAGES)
@FEW
@given(texts=st.lists(TEXTS | st.none(), min_size=1, max_size=6), name=LABELS)
def test_columns_of_texts(storage: str | None, texts: list[Any], name: object) -> None:
    series = pd.Series(texts, dtype=storage, name=name)
    got = crosses(series)
    if series.dtype != object:
        assert all(type(cell) is str for cell in got.array if not pd.isna(cell))
        crosses(series.array)
    crosses(pd.DataFrame({"n": range(len(texts)), "text": series}))


@pytest.mark.parametrize("storage", STORAGES)
@FEW
@given(texts=st.lists(TEXTS, min_size=1, max_size=6, unique=True), name=LABELS)
def test_labels_of_texts(storage: str | None, texts: list[Any], name: object) -> None:
    index = pd.Index(texts, dtype=storage, name=name)
    crosses(index)
    crosses(pd.Series(range(len(texts)), index=index))
    crosses(pd.DataFrame(np.eye(len(texts)), columns=index))
    crosses(pd.MultiIndex.from_product([index, [np.int64(1), 2]], names=[name, np.str_("n")]))
    crosses(pd.Categorical([*texts, None], categories=index))
    crosses(pd.Series(index).astype("category"))
    frame = pd.DataFrame(np.eye(len(texts)))
    frame.columns = texts
    crosses(frame)


@FEW
@given(cells=st.lists(SCALARS, min_size=1, max_size=6), name=LABELS)
def test_columns_of_anything(cells: list[Any], name: object) -> None:
    series = pd.Series(cells, dtype=object, name=name)
    crosses(series)
    crosses(pd.DataFrame({"cells": series}))
    crosses(pd.Series([cells, {"k": cells}], dtype=object))
    crosses(pd.Series([0], name=(name, *cells)))


def of_rows() -> Any:
    names = np.array(["tea", "mate", "tea"])
    columns = list(np.unique(["n", "d"]))
    return pd.DataFrame([(name, np.int64(3)) for name in names], columns=columns)


@pytest.mark.parametrize(
    "make",
    [
        lambda: of_rows().groupby("d").sum(),
        of_rows()["d"].value_counts,
        lambda: of_rows().pivot_table(index="d", columns="d", values="n"),
        lambda: pd.crosstab(of_rows()["d"], of_rows()["d"]),
        lambda: pd.get_dummies(of_rows()),
        lambda: pd.concat([of_rows()] * 2, keys=list(np.array(["u", "v"]))),
        lambda: of_rows().melt(),
        lambda: pd.cut([1.0, 2.0, 3.0], 2, labels=list(np.array(["low", "high"]))),
        lambda: pd.DataFrame({name: [1] for name in np.unique(["a", "b"])}),
    ],
)
def test_what_pandas_makes_of_them(make: Callable[[], Any]) -> None:
    crosses(make())


def test_a_text_of_a_subclass_is_its_base_s() -> None:
    """Wherever pandas keeps one; the object column tells its type, and no more."""
    texts = [Lying("a"), Lying("b")]
    for storage in ("object", None):
        got: Any = copied(pd.DataFrame({"t": pd.Series(texts, texts, dtype=storage)}))
        cells = [*got["t"], *got.index]
        assert [str.__str__(cell) for cell in cells] == ["a", "b"] * 2
        assert not any(cell == "another" for cell in cells)
        assert not any(isinstance(cell, Lying) for cell in cells)
    categories: Any = copied(pd.Categorical(texts))
    assert not (categories == "another").any()


@pytest.mark.parametrize("cell", [np.str_("a"), Lying("a"), 1, b"a"])
def test_the_decoder_takes_plain_texts_alone(cell: object) -> None:
    frame = parts_frame(b"8", (True, cell))
    header, _body = codec.sizes(frame[: codec.PREFIX.size])
    with pytest.raises(WireError):
        codec.Plan(frame[codec.PREFIX.size :][:header], 0).value([memoryview(b"a")])
    codec.Plan(parts_frame(b"8", (True, "a"))[codec.PREFIX.size :], 0).value([])


LONG = np.array([1], dtype=np.longdouble)


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda: pd.DataFrame({"b": [1], "a": LONG}), "a DataFrame whose column 'a' holds {}"),
        (lambda: pd.DataFrame({7: LONG}), "a DataFrame whose column 7 holds {}"),
        (lambda: pd.DataFrame({"b": [1], (1, 2): LONG}), "a DataFrame whose column {}"),
        (lambda: pd.DataFrame({np.str_("a"): [{"k": LONG}]}), "a DataFrame whose column 'a' holds "
         "a dict whose key 'k' holds {}"),
        (lambda: pd.DataFrame({"b": [1]}, index=LONG), "a DataFrame whose index holds {}"),
        (lambda: pd.DataFrame({Lying("a"): LONG}), "a DataFrame whose column 'a' holds {}"),
        (lambda: pd.DataFrame({"\x1b" * 99: LONG}), "a DataFrame whose column '"
         + "\N{REPLACEMENT CHARACTER}" * 40 + "' holds {}"),
        (lambda: pd.Series(LONG, name="s"), "a Series 's' that holds {}"),
        (lambda: {"r": [{"k": LONG}]}, "a dict whose key 'r' holds a dict whose key 'k' holds {}"),
        (lambda: {(1, 2): LONG}, "a dict that holds {}"),
        (lambda: {"k" * 40: {"l" * 40: {"m" * 40: {"n" * 40: LONG}}}}, None),
        (lambda: {"k": [None] * 1_000_001}, "more than 1000000 items"),
    ],
)  # fmt: skip
def test_a_refusal_says_where(make: Callable[[], Any], what: str | None) -> None:
    with pytest.raises(UnsupportedValue) as caught:
        copied({"value": make()})  # as a reply
    said = caught.value.what
    if what is None:
        assert said.startswith("a dict whose key 'mmm")
        assert said.endswith("float128")
    elif what.endswith("column {}"):
        assert said == "a DataFrame whose column number 2 holds an array of float128"
    else:
        assert said == what.format("an array of float128")


def test_what_the_other_end_would_refuse_is_said_in_its_words() -> None:
    odd = pd.Series([pd.Interval(np.float32(0), np.float32(1))], dtype=object, name="i")
    with pytest.raises(UnsupportedValue) as caught:
        copied({"value": odd})
    assert caught.value.what == "a Series 'i' that holds an interval that is none"
