"""Policies: due dates, lateness, the limit, what is shown; and that any metadata ends well."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder import gradescope
from autograder.gradescope import decide, output, policies
from autograder.gradescope.metadata import Metadata, Previous, User, parse
from autograder.gradescope.policies import Due, due_of, lateness, quota
from autograder.gradescope.repeat import repeated
from autograder.model import text as bounds
from autograder.model.gradescope_rules import (
    Gradescope,
    HiddenChecks,
    LatePolicy,
    SubmissionLimit,
)
from autograder.model.report import CheckResult, Leaderboard, Report
from autograder.model.times import parse_time
from autograder.sandbox.lockdown import NAMES, isolation

SCHEMA = json.loads(gradescope.SCHEMA.read_text(encoding="utf-8"))
DUE = datetime(2026, 10, 1, 23, 59, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CHECK = CheckResult("a::b", "Q1", "Title", "1.1", True, 1.5, 2.0, "partial", "Came back: x")
REPORT = Report("s", "a", 2.0, (CHECK,), seed=7, layers=("uid",), seconds=0.5, version="1")


# --- due dates -----------------------------------------------------------------------------------

ADA, BOB = User("1", "ada@example.edu"), User("2", "Bob@Example.edu")


@pytest.mark.parametrize(
    ("users", "extensions", "due"),
    [
        ((), {}, Due(DUE, "assignment")),
        ((ADA,), {}, Due(DUE, "assignment")),
        ((replace(ADA, due=DUE),), {}, Due(DUE, "assignment")),
        ((replace(ADA, due=DUE + DAY),), {}, Due(DUE + DAY, "student")),
        ((ADA,), {"ada@example.edu": DUE + DAY}, Due(DUE + DAY, "manifest")),
        ((BOB,), {"bob@example.edu": DUE + DAY}, Due(DUE + DAY, "manifest")),
        ((BOB,), {"2": DUE + DAY}, Due(DUE + DAY, "manifest")),
        ((ADA,), {"2": DUE + DAY}, Due(DUE, "assignment")),
        # the later of the two that one student has
        (
            (replace(ADA, due=DUE + 2 * DAY),),
            {"1": DUE + DAY},
            Due(DUE + 2 * DAY, "student"),
        ),
        # an extension that lies before the due date takes nothing away
        ((ADA,), {"1": DUE - DAY}, Due(DUE, "assignment")),
        # a group has its best member's
        (
            (replace(ADA, due=DUE + DAY), BOB),
            {"bob@example.edu": DUE + 3 * DAY},
            Due(DUE + 3 * DAY, "manifest"),
        ),
        ((replace(ADA, due=DUE - DAY), BOB), {}, Due(DUE, "assignment")),
        ((User("", ""),), {"": DUE + DAY}, Due(DUE, "assignment")),
    ],
)
def test_due_dates(users: tuple[User, ...], extensions: dict[str, datetime], due: Due) -> None:
    assert due_of(Metadata(due=DUE, users=users), extensions) == due


def test_no_due_date() -> None:
    assert due_of(Metadata(users=(ADA,)), {}) is None
    assert due_of(Metadata(users=(ADA, BOB)), {"2": DUE}) == Due(DUE, "manifest")


# --- lateness ------------------------------------------------------------------------------------

TEN = LatePolicy(percent_per_day=10, grace_minutes=15, floor_percent=50)


@pytest.mark.parametrize(
    ("late", "days", "kept"),
    [
        (-5 * DAY, 0, 100),
        (timedelta(0), 0, 100),
        (timedelta(minutes=15), 0, 100),
        (timedelta(minutes=15, microseconds=1), 1, 90),
        (DAY, 1, 90),
        (DAY + timedelta(minutes=15), 1, 90),
        (DAY + timedelta(minutes=15, microseconds=1), 2, 80),
        (4 * DAY, 4, 60),
        (5 * DAY, 5, 50),
        (6 * DAY, 6, 50),
        (36_500 * DAY, 36_500, 50),
    ],
)
def test_lateness(late: timedelta, days: int, kept: int) -> None:
    found = lateness(TEN, DUE + late, DUE)
    assert (found.days, found.kept) == (days, kept)


def test_a_day_is_24_hours_where_clocks_change() -> None:
    policy = LatePolicy(percent_per_day=10)
    due = parse_time("2018-11-03T23:00:00-07:00")
    assert lateness(policy, parse_time("2018-11-04T22:00:00-08:00"), due).days == 1
    assert lateness(policy, parse_time("2018-11-04T22:00:01-08:00"), due).days == 2


@pytest.mark.parametrize(
    ("score", "percent", "days", "expected"),
    [
        (0.3, 10, 1, 0.27),
        (0.1 + 0.2, 10, 0, 0.3),
        (7, 30, 1, 4.9),
        (100, 33.3, 1, 66.7),
        (1 / 3, 50, 1, 0.166667),
        (5, 100, 1, 0.0),
        (5, 60, 2, 0.0),
    ],
)
def test_points_are_as_on_paper(score: float, percent: float, days: int, expected: float) -> None:
    found = lateness(LatePolicy(percent), DUE + days * DAY, DUE).score(score)
    assert found == expected
    assert len(json.dumps(found)) <= 8


@given(
    score=st.floats(0, 1e6, allow_nan=False),
    percent=st.floats(0, 100),
    grace=st.floats(0, 1e5),
    floor=st.floats(0, 100),
    hours=st.tuples(st.floats(-1000, 5000), st.floats(-1000, 5000)),
)
def test_later_never_counts_more(
    score: float, percent: float, grace: float, floor: float, hours: tuple[float, float]
) -> None:
    policy = LatePolicy(percent, grace, floor)
    early, late = (lateness(policy, DUE + h * HOUR, DUE).score(score) for h in sorted(hours))
    assert 0 <= late <= early <= score + 1e-6


def test_words_of_lateness() -> None:
    late = lateness(TEN, DUE + DAY + 3 * HOUR, DUE)
    assert late.words(TEN, 8.0) == (
        "Submitted 1 day 3 hours after your due date of 2026-10-01 23:59 (UTC+00:00), which counts "
        "as 2 days at 10 % a day: 80 % of your points count, 8 became 6.4. "
        "If that date is not yours, tell the staff."
    )
    assert "became" not in late.words(TEN, None)
    assert "costs nothing" in lateness(TEN, DUE + timedelta(minutes=3), DUE).words(TEN, 1.0)
    assert lateness(TEN, DUE, DUE).words(TEN, 1.0) == ""


# --- submission limit ----------------------------------------------------------------------------

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)
TWO_A_DAY = SubmissionLimit(2, 24)


def submitted(*hours: float, failed: tuple[float, ...] = ()) -> Metadata:
    """Submissions so many hours before now."""
    entries = [Previous(NOW - h * HOUR, h in failed) for h in sorted(hours, reverse=True)]
    return Metadata(created=NOW, previous=tuple(entries))


@pytest.mark.parametrize(
    ("hours", "used", "next_in"),
    [
        ((), 0, None),
        ((1,), 1, None),
        ((1, 2), 2, 22),
        ((1, 24), 1, None),  # exactly a window ago: out of it
        ((1, 23.999), 2, 0.001),
        ((5, 6, 7), 2, 17),  # the third was not graded and puts off nothing
        ((1, 2, 3, 23), 2, 1),
        ((1, 25, 26, 27), 1, None),
        ((30, 29, 28), 0, None),
        # 30 and 29 h ago were graded, 10 h ago not, 5 h ago again: one had left the window
        ((30, 29, 10, 5), 1, None),
    ],
)
def test_the_window(hours: tuple[float, ...], used: int, next_in: float | None) -> None:
    found = quota(TWO_A_DAY, submitted(*hours))
    assert found is not None
    assert found.used == used
    expected = None if next_in is None else NOW + next_in * HOUR
    assert found.next_at == expected


def test_what_failed_does_not_count() -> None:
    found = quota(TWO_A_DAY, submitted(1, 2, failed=(1,)))
    assert found is not None
    assert not found.reached
    found = quota(TWO_A_DAY, submitted(1, 2, 30), [NOW - 2 * HOUR, NOW - 30 * HOUR])
    assert found is not None
    assert not found.reached
    assert found.excused == (NOW - 2 * HOUR,)


def test_without_a_time_of_handing_in_there_is_no_window() -> None:
    assert quota(TWO_A_DAY, replace(submitted(1, 2), created=None)) is None


@given(st.lists(st.integers(1, 400), unique=True, max_size=30), st.integers(1, 4))
def test_the_next_that_is_said_to_count_counts(minutes: list[int], most: int) -> None:
    limit = SubmissionLimit(most, 1.5)
    entries = tuple(Previous(NOW - timedelta(minutes=m)) for m in sorted(minutes, reverse=True))
    found = quota(limit, Metadata(created=NOW, previous=entries))
    assert found is not None
    assert found.used <= most
    assert found.reached == (found.used == most)
    if found.next_at is None:
        return
    for shift, reached in [(timedelta(0), False), (-timedelta(microseconds=1), True)]:
        again = Metadata(created=found.next_at + shift, previous=(*entries, Previous(NOW)))
        later = quota(limit, again)
        assert later is not None
        assert later.reached == reached


def test_words_of_the_limit() -> None:
    graded, full = quota(TWO_A_DAY, submitted(1)), quota(TWO_A_DAY, submitted(1, 2))
    assert graded is not None
    assert full is not None
    assert graded.words() == "This is graded submission 2 of 2 in 24 hours."
    assert full.words() == (
        "This submission was not graded: all 2 graded submissions in 24 hours are used. Below are "
        "the results of your last graded one, and they still count; the next that is graded is one "
        "submitted from 2026-10-02 10:00 (UTC+00:00) on."
    )


# --- repeated results ----------------------------------------------------------------------------

LAST: dict[str, Any] = {
    "score": 1.5,
    "output": "A note.",
    "output_format": "text",
    "tests": [{"name": "t", "score": 1.5, "max_score": 2, "output": "Came back: x"}],
    "leaderboard": [{"name": "accuracy", "value": 91.2}],
    "extra_data": {"seed": 7},
    "new_field": 1,
}
LINE = "This submission was not graded: x."


def again(**changes: Any) -> dict[str, Any] | None:
    return repeated({**LAST, **changes}, LINE, 2.0, {"repeated": True}, leaderboard=True)


def test_the_last_results_come_again_in_full() -> None:
    data = again()
    assert data is not None
    jsonschema.validate(data, SCHEMA)
    assert data["output"] == f"{LINE}\n\nA note."
    assert (data["tests"], data["score"]) == (LAST["tests"], 1.5)
    assert data["leaderboard"] == LAST["leaderboard"]
    assert data["extra_data"] == {"seed": 7, "repeated": True}
    assert "new_field" not in data
    twice = repeated(data, LINE, 2.0, {}, leaderboard=False)
    assert twice is not None
    assert twice["output"] == data["output"]  # the line does not pile up
    assert "leaderboard" not in twice


@pytest.mark.parametrize(
    ("changes", "score"),
    [
        ({"score": 99}, 2.0),
        ({"score": -1}, 0.0),
        ({"tests": []}, 1.5),
        ({"execution_time": "1.5"}, 1.5),
        ({"score": math.nan}, None),
        ({"score": "1.5"}, None),
        ({"score": True}, None),
        ({"score": None}, None),
        ({"output": 7}, None),
        ({"tests": "none"}, None),
        ({"tests": [3]}, None),
        ({"tests": [{"score": "1"}]}, None),
        ({"visibility": "nobody"}, None),
        ({"extra_data": {"harness_fault": True}}, 1.5),
    ],
)
def test_broken_last_results(changes: dict[str, Any], score: float | None) -> None:
    data = again(**changes)
    assert (None if data is None else data["score"]) == score


def test_results_without_a_total_get_one() -> None:
    last = {"tests": [{"score": 0.1}, {"score": 0.2}, {"name": "informational"}]}
    data = repeated(last, LINE, 2.0, {}, leaderboard=True)
    assert data is not None
    assert data["score"] == 0.3


@pytest.mark.parametrize(("format_", "shown"), [("html", "a &lt; b"), ("text", "a < b")])
def test_the_line_is_escaped_for_the_declared_format(format_: str, shown: str) -> None:
    data = repeated({**LAST, "output_format": format_}, "a < b", 2.0, {}, leaderboard=True)
    assert data is not None
    assert data["output"].startswith(shown)


# --- what students see ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hidden", "own", "late", "shown"),
    [
        (True, "visible", False, "hidden"),
        (True, "visible", True, "after_published"),
        (True, "hidden", True, "hidden"),
        (True, "after_due_date", True, "after_published"),
        (False, "visible", False, "visible"),
        (False, "after_published", False, "after_published"),
    ],
)
def test_visibility(hidden: bool, own: str, late: bool, shown: str) -> None:
    rules = HiddenChecks(before_due="hidden", after_due="after_published")
    check = replace(CHECK, hidden=hidden, visibility=own)
    assert policies.visibility(check, rules, late) == shown


def presented(report: Report, rules: Gradescope, metadata: Metadata) -> dict[str, Any]:
    return gradescope.results(*decide.presented(report, decide.standing(metadata, rules)))


LATE = Metadata(created=DUE + HOUR, due=DUE)


def test_nothing_is_on_by_default() -> None:
    board = replace(CHECK, leaderboard=(Leaderboard("accuracy", 90.0, "desc"),))
    data = presented(replace(REPORT, checks=(board,)), Gradescope(), LATE)
    assert (data["score"], data["output"]) == (1.5, "")
    assert data["tests"][0]["visibility"] == "visible"
    assert "leaderboard" not in data
    data = presented(replace(REPORT, checks=(board,)), Gradescope(leaderboard=True), LATE)
    assert data["leaderboard"] == [{"name": "accuracy", "value": 90.0, "order": "desc"}]


def test_a_total_that_is_hidden_is_not_told_by_the_late_line() -> None:
    rules = Gradescope(late=LatePolicy(10))
    assert "1.5 became 1.35" in presented(REPORT, rules, LATE)["output"]
    hiding = replace(rules, hidden_checks=HiddenChecks("hidden", "hidden"), hidden_total=True)
    data = presented(REPORT, hiding, LATE)
    assert data["score"] == 1.35
    assert "90 % of your points count" in data["output"]
    assert "1.35" not in data["output"]
    assert (
        "2 of 2 points are judged by checks that you cannot see (2 at any time)" in data["output"]
    )


def test_the_hidden_total_is_told_by_when_it_can_be_seen() -> None:
    kinds = ("hidden", "after_due_date", "after_published", "visible", "visible")
    checks = tuple(replace(CHECK, visibility=kind, max_score=0.1) for kind in kinds)
    words = policies.hidden_total_words(replace(REPORT, checks=checks, max_score=0.5))
    assert words.startswith(
        "0.3 of 0.5 points are judged by checks that you cannot see (0.1 until the due date has "
        "passed, 0.1 until grades are published, 0.1 at any time)"
    )
    assert policies.hidden_total_words(replace(REPORT, checks=checks[3:])) == ""


def test_decisions_are_kept_for_staff() -> None:
    rules = Gradescope(late=LatePolicy(10), limit=TWO_A_DAY)
    extra = presented(REPORT, rules, replace(LATE, notes=("a note",)))["extra_data"]
    assert extra["due"] == {"at": DUE.isoformat(), "source": "assignment"}
    assert extra["late"] == {"seconds": 3600.0, "days": 1, "percent_kept": 90.0}
    assert extra["score_before_lateness"] == 1.5
    assert extra["limit"] == {"submissions": 2, "hours": 24, "used": 0, "next_at": None}
    assert extra["metadata_notes"] == ["a note"]
    assert extra["isolation"] == "minimum"


ROOTS = tuple(name for name in NAMES if name != "same_user")
PLAIN_USERS = tuple(name for name in NAMES if name != "uid")


@pytest.mark.parametrize(
    ("held", "word"),
    [
        (ROOTS, "full"),
        (PLAIN_USERS, "full"),
        (NAMES, "full"),
        (tuple("apart" if n == "same_user" else n for n in PLAIN_USERS), "full"),
        *((tuple(name for name in ROOTS if name != lost), "minimum") for lost in ROOTS),
        *((tuple(name for name in PLAIN_USERS if name != lost), "minimum") for lost in PLAIN_USERS),
        ((), "unknown"),
    ],
)
def test_isolation_is_full_if_all_holds_that_this_kind_of_user_needs(
    held: tuple[str, ...], word: str
) -> None:
    assert isolation(held, unsafe=False) == word
    assert isolation(held, unsafe=True) == "unsafe"


def test_a_failed_run_is_excused_in_the_next() -> None:
    rules = Gradescope(limit=SubmissionLimit(1, 24))
    faulty = replace(REPORT, faults=("Boom",))
    first = presented(faulty, rules, Metadata(created=NOW))
    assert first["extra_data"]["excused"] == [NOW.isoformat()]
    before = Previous(NOW, results=first)
    second = Metadata(created=NOW + HOUR, previous=(before,))
    here = decide.standing(second, rules)
    assert decide.repetition(here, 2.0) is None
    data = presented(REPORT, rules, second)
    assert data["extra_data"]["excused"] == [NOW.isoformat()]
    third = Metadata(
        created=NOW + 2 * HOUR, previous=(Previous(NOW), Previous(NOW + HOUR, results=data))
    )
    assert decide.repetition(decide.standing(third, rules), 2.0) is not None


def test_a_fault_of_its_own_content_counts() -> None:
    """And the next one too: an open limit would make the score an oracle without end."""
    rules = Gradescope(limit=SubmissionLimit(2, 24))
    faulty = replace(REPORT, faults=("Boom",))
    previous: list[Previous] = []
    for number in range(2):
        moment = NOW + number * HOUR
        here = decide.standing(Metadata(created=moment, previous=tuple(previous)), rules)
        assert decide.repetition(here, 2.0) is None
        data = gradescope.results(*decide.presented(faulty, here, own_fault=True))
        assert "excused" not in data["extra_data"] or data["extra_data"]["excused"] == []
        assert len(data["extra_data"]["own_faults"]) == number + 1
        assert any("not on the starter notebook" in flag for flag in data["extra_data"]["flags"])
        previous = [*(Previous(entry.time) for entry in previous), Previous(moment, results=data)]
    assert "number 2 of this student's" in data["extra_data"]["flags"][-1]
    third = decide.standing(Metadata(created=NOW + 2 * HOUR, previous=tuple(previous)), rules)
    again = decide.repetition(third, 2.0)
    assert again is not None, "what failed is repeated, and nothing is graded"
    assert len(again["extra_data"]["own_faults"]) == 2
    honest = gradescope.results(*decide.presented(REPORT, third))
    assert len(honest["extra_data"]["own_faults"]) == 2, "staff go on to see how often"


def test_no_more_are_excused_than_would_be_graded() -> None:
    limit = SubmissionLimit(2, 24)
    failed = [Previous(NOW + number * HOUR, failed=True) for number in range(5)]
    for count, used in ((2, 0), (3, 1), (4, 2)):
        found = policies.quota(limit, Metadata(NOW + 6 * HOUR, previous=tuple(failed[:count])))
        assert found is not None
        assert (found.used, found.reached) == (used, used == 2)
    later = policies.quota(limit, Metadata(NOW + 40 * HOUR, previous=tuple(failed)))
    assert later is not None
    assert later.used == 0


def test_rules_that_cannot_be_applied_are_told_to_staff() -> None:
    rules = Gradescope(late=LatePolicy(10), limit=SubmissionLimit(1, 1))
    assert len(decide.unapplied(decide.standing(Metadata(), rules))) == 2
    full = replace(submitted(0.5), due=DUE)
    (line,) = decide.unapplied(decide.standing(full, rules))
    assert "no earlier results" in line
    assert decide.unapplied(decide.standing(full, Gradescope())) == ()


# --- any metadata --------------------------------------------------------------------------------

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(["text", "html", "visible", "hidden", "x" * 20_000, "\ud800", "\x1b[31m"])
)
ANY = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
TIMES = st.datetimes(datetime(2026, 9, 1), datetime(2026, 11, 30), timezones=st.just(UTC)).map(
    datetime.isoformat
)


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return values | values | values | ANY


TESTS = st.lists(
    maybe(
        st.fixed_dictionaries(
            {},
            optional={
                "score": maybe(st.floats(0, 5)),
                "name": maybe(st.text(max_size=20)),
                "output": maybe(st.text()),
                "tags": maybe(st.lists(st.text(max_size=5), max_size=2)),
                "visibility": maybe(st.just("hidden")),
                "extra_data": maybe(st.dictionaries(st.text(max_size=8), ANY, max_size=2)),
            },
        )
    ),
    max_size=3,
)
RESULTS = st.fixed_dictionaries(
    {"score": maybe(st.floats(-5, 50))},
    optional={
        "output": maybe(st.text()),
        "output_format": maybe(st.sampled_from(["text", "md", "html"])),
        "tests": maybe(TESTS),
        "leaderboard": maybe(st.just([{"name": "accuracy", "value": math.inf}])),
        "extra_data": maybe(st.fixed_dictionaries({"excused": maybe(st.lists(TIMES))})),
    },
)
PREVIOUS = st.fixed_dictionaries(
    {"submission_time": maybe(TIMES)},
    optional={"autograder_error": ANY, "score": ANY, "results": maybe(RESULTS)},
)
USERS = st.fixed_dictionaries(
    {},
    optional={
        "id": ANY,
        "email": maybe(st.just("ada@example.edu")),
        "assignment": maybe(st.fixed_dictionaries({"due_date": maybe(TIMES)})),
    },
)
METADATA = st.fixed_dictionaries(
    {},
    optional={
        "created_at": maybe(TIMES),
        "assignment": maybe(st.fixed_dictionaries({"due_date": maybe(TIMES)})),
        "users": maybe(st.lists(maybe(USERS), max_size=3)),
        "previous_submissions": maybe(st.lists(maybe(PREVIOUS), max_size=4)),
    },
)
REPEATED = st.fixed_dictionaries(
    {
        "created_at": TIMES,
        "previous_submissions": st.lists(
            st.fixed_dictionaries({"submission_time": TIMES, "results": RESULTS}), min_size=1
        ),
    },
    optional={"users": st.lists(USERS, max_size=2)},
)
EVERYTHING = Gradescope(
    leaderboard=True,
    hidden_total=True,
    hidden_checks=HiddenChecks("hidden", "after_due_date"),
    late=LatePolicy(12.5, 10, 30),
    limit=SubmissionLimit(1, 200),
    extensions={"ada@example.edu": DUE},
)


@given(REPEATED | METADATA | ANY)
def test_any_metadata_gives_a_small_valid_file_with_a_fair_total(
    tmp_path_factory: pytest.TempPathFactory, value: object
) -> None:
    path: Path = tmp_path_factory.mktemp("r") / "results.json"
    here = decide.standing(parse(value), EVERYTHING)
    data = decide.repetition(here, REPORT.max_score)
    if data is None:
        report, additions = decide.presented(REPORT, here)
        gradescope.write_results(report, path, additions)
    else:
        output.write_data(data, path)
    text = path.read_text(encoding="utf-8")
    assert len(text.encode()) <= bounds.MAX_FILE
    found = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} in the file"))
    jsonschema.validate(found, SCHEMA)
    assert 0 <= found["score"] <= REPORT.max_score
    for entry in (found, *found["tests"]):
        assert len(entry.get("output", "").encode()) <= bounds.MAX_TEXT
    assert "\x1b" not in text
