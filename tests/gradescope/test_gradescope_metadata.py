"""Times and submission_metadata.json: strict about moments, lenient about everything else."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.gradescope import metadata
from autograder.model.times import between, moment_words, parse_time, span_words

PACIFIC = timezone(timedelta(hours=-7))
#: As Gradescope documents it, and the fields that real files have beside those.
DOCUMENTED: dict[str, Any] = {
    "id": 123456,
    "created_at": "2018-07-01T14:22:32.365935-07:00",
    "assignment": {
        "due_date": "2018-07-31T23:00:00.000000-07:00",
        "group_size": 4,
        "group_submission": True,
        "id": 25828,
        "course_id": 1234,
        "late_due_date": None,
        "release_date": "2018-07-02T00:00:00.000000-07:00",
        "title": "Programming Assignment 1",
        "total_points": "20.0",
    },
    "submission_method": "upload",
    "users": [
        {"email": "student@example.com", "id": 1234, "name": "Student User"},
        {
            "email": "other@example.com",
            "id": 5,
            "name": "Other",
            "sid": None,
            "assignment": {"due_date": "2018-08-02T23:00:00.000000-07:00"},
        },
    ],
    "previous_submissions": [
        {
            "submission_time": "2017-04-06T14:24:48.087023-07:00",
            "score": 0.0,
            "autograder_error": True,
        },
        {
            "submission_time": "2018-04-06T14:24:48.087023-07:00",
            "score": 5.0,
            "autograder_error": False,
            "results": {"score": 5.0},
        },
    ],
}


def test_the_documented_file(tmp_path: Path) -> None:
    path = tmp_path / metadata.FILE_NAME
    path.write_text(json.dumps(DOCUMENTED), encoding="utf-8")
    found = metadata.read(path)
    assert found.notes == ()
    assert found.created == datetime(2018, 7, 1, 14, 22, 32, 365935, PACIFIC)
    assert found.due == datetime(2018, 7, 31, 23, tzinfo=PACIFIC)
    assert [user.id for user in found.users] == ["1234", "5"]
    assert [user.due for user in found.users] == [None, datetime(2018, 8, 2, 23, tzinfo=PACIFIC)]
    assert [entry.failed for entry in found.previous] == [True, False]
    assert found.previous[1].results == {"score": 5.0}


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"3",
        b'{"created_at": 3}',
        b"[" * 100_000,
        b'{"id": ' + b"9" * 10_000 + b"}",
    ],
)
def test_a_missing_or_broken_file_is_a_note(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / metadata.FILE_NAME
    if content is not None:
        path.write_bytes(content)
    found = metadata.read(path)
    assert found.notes
    assert found.created is None


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"created_at": "yesterday"}, "created_at: a time is written as"),
        ({"created_at": "2018-07-01T14:22:32"}, "created_at: a time is written as"),
        ({"created_at": None}, "created_at: missing"),
        ({"assignment": []}, "assignment: found list, expected dict"),
        ({"assignment": {"due_date": 5}}, "assignment.due_date: found int, expected str"),
        ({"users": "me"}, "users: found str, expected list"),
        ({"users": [7]}, "users[0]: found int, expected dict"),
        ({"users": [{"id": [], "email": 3}]}, "users[0].email: found int, expected str"),
        ({"previous_submissions": {}}, "previous_submissions: found dict, expected list"),
        ({"previous_submissions": [{}]}, "previous_submissions[0].submission_time: missing"),
        (
            {
                "previous_submissions": [
                    {"submission_time": "2018-01-01T00:00:00Z", "results": "none"}
                ]
            },
            "previous_submissions[0].results: found str, expected dict",
        ),
    ],
)
def test_a_wrong_field_costs_only_itself(change: dict[str, Any], note: str) -> None:
    found = metadata.parse({**DOCUMENTED, **change})
    assert any(note in line for line in found.notes), found.notes
    untouched = metadata.parse(DOCUMENTED)
    for field, key in [("created", "created_at"), ("due", "assignment"), ("users", "users")]:
        if key not in change:
            assert getattr(found, field) == getattr(untouched, field)


def test_previous_submissions_are_sorted_and_earlier() -> None:
    """A rerun may be shown submissions that came after."""
    times = [f"2018-0{month}-01T00:00:00-07:00" for month in (8, 3, 7, 1)]
    times += [DOCUMENTED["created_at"]]
    entries = [{"submission_time": time, "autograder_error": False} for time in times]
    found = metadata.parse({**DOCUMENTED, "previous_submissions": entries})
    assert [entry.time.month for entry in found.previous] == [1, 3, 7]


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON_VALUES)
def test_any_json_is_read(value: object) -> None:
    assert isinstance(metadata.parse(value), metadata.Metadata)


@given(st.binary(max_size=200))
def test_any_bytes_are_read(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("m") / metadata.FILE_NAME
    path.write_bytes(content)
    assert metadata.read(path).notes


# --- times ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2018-07-01T14:22:32.365935-07:00", datetime(2018, 7, 1, 21, 22, 32, 365935, UTC)),
        ("2018-07-01T14:22:32-07:00", datetime(2018, 7, 1, 21, 22, 32, tzinfo=UTC)),
        ("2018-07-01T14:22:32Z", datetime(2018, 7, 1, 14, 22, 32, tzinfo=UTC)),
        ("2018-07-01T14:22:32.5+05:30", datetime(2018, 7, 1, 8, 52, 32, 500000, UTC)),
    ],
)
def test_moments(text: str, moment: datetime) -> None:
    assert parse_time(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2018-07-01",
        "2018-07-01T14:22:32",
        "2018-07-01 14:22:32-07:00",
        "20180701T142232-0700",
        "2018-W26-7T14:22:32-07:00",
        "2018-07-01T14:22:32-0700",
        "2018-07-01T14:22:32 PDT",
        "2018-07-01T14:22:32-07:00\n",
        "2018-02-30T00:00:00Z",
        "2018-07-01T24:00:01Z",
        "2018-07-01T14:22:32+25:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "٢٠١٨-٠٧-٠١T14:22:32Z",
    ],
)
def test_no_moments(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_time(text)


@pytest.mark.parametrize(
    ("earlier", "later", "hours"),
    [
        # The clocks go back in California at 2018-11-04 02:00: that day has 25 hours.
        ("2018-11-03T23:00:00-07:00", "2018-11-04T23:00:00-08:00", 25),
        ("2018-11-04T01:30:00-07:00", "2018-11-04T01:30:00-08:00", 1),
        # and forward at 2018-03-11 02:00
        ("2018-03-10T23:00:00-08:00", "2018-03-11T23:00:00-07:00", 23),
        ("2018-07-01T00:00:00Z", "2018-07-01T00:00:00-07:00", 7),
        ("2018-07-01T00:00:00-07:00", "2018-07-01T00:00:00Z", -7),
    ],
)
def test_differences_are_of_real_time(earlier: str, later: str, hours: int) -> None:
    assert between(parse_time(earlier), parse_time(later)) == timedelta(hours=hours)


def test_words() -> None:
    assert moment_words(parse_time("2018-07-01T14:22:59-07:00")) == "2018-07-01 14:22 (UTC-07:00)"
    assert moment_words(parse_time("2018-07-01T14:22:59Z")) == "2018-07-01 14:22 (UTC+00:00)"
    spans = [timedelta(seconds=5), timedelta(minutes=1), timedelta(days=1, hours=3, minutes=7)]
    assert [span_words(span) for span in spans] == [
        "less than a minute",
        "1 minute",
        "1 day 3 hours",
    ]
    assert span_words(timedelta(days=2, minutes=4)) == "2 days 4 minutes"
