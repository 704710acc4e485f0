"""Dates and durations of Python, NumPy and pandas are compared by what they say."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import numpy as np
import pytest

from autograder.checks import expect_equal
from autograder.model.findings import CheckFailed

pd = pytest.importorskip("pandas")

DAY, NOON = date(2026, 1, 2), datetime(2026, 1, 2, 12)
ZONED = pd.Timestamp("2026-01-02", tz="UTC")
#: Each spelled by several libraries.
ALIKE = {
    "day": [DAY, np.datetime64(DAY), np.datetime64(DAY, "ns"), pd.Timestamp(DAY)],
    "moment": [NOON, np.datetime64(NOON), pd.Timestamp(NOON)],
    "duration": [
        timedelta(days=3),
        np.timedelta64(72, "h"),
        np.timedelta64(3, "D"),
        pd.Timedelta(days=3),
    ],
    "none": [np.datetime64("NaT"), pd.NaT],
}


@pytest.mark.parametrize("kind", ALIKE)
def test_whose_they_are_does_not_matter(kind: str) -> None:
    for got in ALIKE[kind]:
        for expected in ALIKE[kind]:
            expect_equal(got, expected)
            expect_equal([{"when": got}], [{"when": expected}])


@pytest.mark.parametrize("kind", ALIKE)
def test_another_one_is_told(kind: str) -> None:
    others = [value for name in ALIKE if name != kind for value in ALIKE[name]]
    for expected in ALIKE[kind]:
        for got in others:
            with pytest.raises(CheckFailed) as caught:
                expect_equal(got, expected)
            finding = caught.value.finding
            assert " a date, where a date or time" not in f" {finding.public}"
            assert "2026" not in str(finding.hidden)


@pytest.mark.parametrize(
    ("got", "expected", "public"),
    [
        (datetime(2026, 1, 2), DAY, "datetime.datetime(2026, 1, 2, 0, 0) instead of"),
        (time(12), np.datetime64(NOON), "datetime.time(12, 0) instead of"),
        (ZONED, DAY, "tz='UTC') instead of"),
        (ZONED, np.datetime64(DAY), "tz='UTC') instead of"),
        (np.timedelta64(1, "M"), np.timedelta64(30, "D"), "np.timedelta64(1,'M') instead of"),
        (3, np.timedelta64(3, "D"), "a number (3), where a duration is expected"),
        (np.timedelta64(3, "D"), 3, "a duration, where a number is expected"),
        (None, pd.NaT, "nothing (None), where a date or time is expected"),
        ("2026-01-02", np.datetime64(DAY), "a string ('2026-01-02'), where a date or time is"),
    ],
)
def test_what_is_not_the_same(got: object, expected: object, public: str) -> None:
    with pytest.raises(CheckFailed) as caught:
        expect_equal(got, expected)
    assert public in caught.value.finding.public
