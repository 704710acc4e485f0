"""Comparing data frames: right, wrong and odd answers, and what hidden texts keep."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from autograder.checks import expect_equal, expect_frame
from autograder.model.findings import CheckFailed, Finding

pd = pytest.importorskip("pandas")

FRAME = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"], "c": [0.5, np.nan, 1.5]})


def refused(got: object, expected: Any = FRAME, **options: Any) -> Finding:
    with pytest.raises(CheckFailed) as caught:
        expect_frame(got, expected, **options)
    finding = caught.value.finding
    hidden = finding.hidden if finding.hidden is not None else finding.public
    assert not re.search(r"\d|'[abcxyz]'", hidden)
    return finding


def changed(column: str, row: int, value: object) -> Any:
    frame = FRAME.copy()
    frame.loc[row, column] = value
    return frame


@pytest.mark.parametrize(
    ("got", "options"),
    [
        (FRAME.copy(), {}),
        (FRAME.astype({"a": float}), {}),
        (FRAME.astype({"a": "Int64", "b": "string"}), {}),
        (FRAME.astype({"b": "category", "c": "float32"}), {}),
        (FRAME.assign(c=FRAME.c * (1 + 1e-9)), {}),
        (FRAME[["c", "a", "b"]], {"ignore_column_order": True}),
        (FRAME.set_axis(["p", "q", "r"]), {"ignore_index": True}),
        (FRAME.iloc[::-1], {"ignore_order": True}),
        (FRAME.iloc[::-1].reset_index(drop=True), {"ignore_order": True, "ignore_index": True}),
        (FRAME.assign(a=FRAME.a + 1), {"atol": 1}),
        (FRAME.astype({"a": object}), {}),
    ],
)
def test_frames_that_are_alike(got: Any, options: dict[str, Any]) -> None:
    expect_frame(got, FRAME, **options)


@pytest.mark.parametrize(
    ("got", "options", "text"),
    [
        (None, {}, "nothing (None), where a DataFrame is expected"),
        ("x", {}, "a string ('x'), where a DataFrame is expected"),
        ([], {}, "a list, where a DataFrame is expected"),
        ({"a": [1]}, {}, "a dictionary, where a DataFrame is expected"),
        (FRAME.to_numpy(), {}, "an array, where a DataFrame is expected"),
        (FRAME.a, {}, "a Series, where a DataFrame is expected"),
        (pd.DataFrame(), {}, "a DataFrame that lacks columns 'a', 'b', 'c'"),
        (FRAME.rename(columns={"a": "A"}), {}, "lacks column 'a' and has column 'A' too many"),
        (FRAME[["b", "a", "c"]], {}, "another order: 'b', 'a', 'c' instead of 'a', 'b', 'c'"),
        (FRAME[:2], {}, "a DataFrame of 2 rows instead of 3"),
        (FRAME.astype({"a": str}), {}, "text in column 'a', where numbers are expected"),
        (FRAME.assign(b=[1, 2, 3]), {}, "numbers in column 'b', where text is expected"),
        (
            FRAME.astype({"a": float}),
            {"check_dtype": "exact"},
            "dtype float64 in column 'a' instead",
        ),
        (FRAME.iloc[::-1], {}, "other row labels (index): 2 instead of 0 in row 0"),
        (FRAME.set_axis(["p", "q", "r"]), {}, "(index): 'p' instead of 0 in row 0"),
        (changed("a", 2, 5), {}, "1 of 9 values differs, in row 2, column 'a': 5 instead of 3"),
        (changed("c", 1, 2.0), {}, "column 'c': 2 instead of nothing (NaN)"),
        (changed("c", 0, np.nan), {}, "column 'c': nothing (NaN) instead of 0.5"),
        (changed("b", 0, "X"), {"check_dtype": None}, "column 'b': 'X' instead of 'x'"),
        (changed("b", 0, None), {}, "column 'b': nothing (NaN) instead of 'x'"),
        (
            changed("a", 2, 5)[::-1],
            {"ignore_order": True, "ignore_index": True},
            "1 row of 3 differs: 'a' 5, 'b' 'z', 'c' 1.5 is not expected, 'a' 3, 'b' 'z', 'c' 1.5",
        ),
    ],
)
def test_frames_that_differ(got: object, options: dict[str, Any], text: str) -> None:
    assert text in refused(got, **options).public


def test_series() -> None:
    expect_frame(FRAME.c, FRAME.c.rename("other"))
    assert "the first in row 0: 'x' instead of 'X'" in refused(FRAME.b, FRAME.b.str.upper()).public
    assert "single brackets" in refused(FRAME[["a"]], FRAME.a).hint
    assert "numbers, where text is expected" in refused(FRAME.a, FRAME.b).public
    counts = FRAME.b.value_counts()
    expect_frame(counts.sample(frac=1, random_state=1), counts, ignore_order=True)


def test_odd_frames() -> None:
    twice = pd.DataFrame([[1, 2], [3, 4]], columns=["x", "x"])
    expect_frame(twice, twice.copy())
    refused(twice + 1, twice)
    grouped = FRAME.groupby(["a", "b"]).sum()
    expect_frame(grouped, grouped.copy())
    refused(grouped.reset_index(), grouped)
    expect_frame(pd.DataFrame(), pd.DataFrame())
    lists = pd.DataFrame({"d": [[1, 2], None]})
    expect_frame(lists, lists.copy())
    refused(pd.DataFrame({"d": [[1, 3], None]}), lists)
    large = pd.DataFrame({"d": [10**400, 1]}, dtype=object)
    expect_frame(large, large.copy())
    zoned = pd.DataFrame({"d": pd.to_datetime(["2020-01-01"]).tz_localize("UTC")})
    refused(zoned, pd.DataFrame({"d": pd.to_datetime(["2020-01-01"])}))
    # A number of a customer is no measurement, even where pandas has made a float of it.
    refused(pd.DataFrame({"d": [12345678, None]}), pd.DataFrame({"d": [12345679, None]}))
    with pytest.raises(TypeError, match="a list to compare with"):
        expect_frame(FRAME, [1])


def test_rows_in_any_order_within_the_tolerance() -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.random((300, 3)))
    table.iloc[:20, 0] = 0.123454999999
    near = table.sample(frac=1, random_state=1) * (1 + 1e-9 * rng.standard_normal((300, 3)))
    expect_frame(near, table, ignore_order=True, ignore_index=True)
    spoilt = near.copy()
    spoilt.iloc[7, 1] = 9.0
    finding = refused(spoilt, table, ignore_order=True)
    assert "1 row of 300 differs" in finding.public
    repeated = pd.concat([table[:299], table[:1]])
    refused(repeated, table, ignore_order=True, ignore_index=True)


def test_frames_inside_other_values() -> None:
    expect_equal({"table": FRAME}, {"table": FRAME.copy()})
    with pytest.raises(CheckFailed, match=r"at \['table'\]: a DataFrame of the right form"):
        expect_equal({"table": changed("a", 2, 5)}, {"table": FRAME})
