"""Who submitted what: attempts, groups, a roster; nothing passes in silence."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from batches import Course
from conftest import TWO_FUNCTIONS, needs_root
from hypothesis import given
from hypothesis import strategies as st

from autograder.batch import attendance
from autograder.batch.attendance import attend, moment_of
from autograder.batch.entries import Entry, Ignored, Person
from autograder.batch.grades import tables
from autograder.batch.kept import read_kept
from autograder.batch.outcome import Batch, GradedSubmission
from autograder.batch.roster import Roster, RosterError, read_roster
from autograder.batch.tables import MAX_ROWS, read_table
from autograder.model import manifest
from autograder.model.report import CheckResult, Report

JANE = Person("Jane Doe", "7", "jane@example.edu")
MAX = Person("Max Roe", "8", "max@example.edu")
EARLIER, LATER = "2024-11-03 01:30:00 -07:00", "2024-11-03 01:10:00 -08:00"


def roster_of(tmp_path: Path, text: str | bytes) -> Roster:
    path = tmp_path / "roster.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_roster(path)


def told(found: attendance.Attendance) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(notice.kind, notice.who, notice.ids) for notice in found.notices]


def test_of_two_attempts_the_newest_counts_and_the_other_is_named() -> None:
    """Also where clocks went back in between."""
    old, new = (Entry(n, n, (), (JANE,), when) for n, when in (("a", EARLIER), ("b", LATER)))
    for entries in ([old, new], [new, old]):
        found = attend(entries)
        assert [entry.id for entry in found.entries] == ["b"]
        assert told(found) == [(attendance.OLDER, "Jane Doe", ("b",))]
        assert "a (2024-11-03 01:30:00 -07:00) was not graded" in found.notices[0].text


def test_an_older_group_counts_for_the_others_in_it() -> None:
    group = Entry("a", "a", (), (JANE, MAX), EARLIER)
    alone = Entry("b", "b", (), (JANE,), LATER)
    found = attend([group, alone])
    assert [entry.people for entry in found.entries] == [(MAX,), (JANE,)]
    assert told(found) == [
        (attendance.OLDER, "Jane Doe", ("b", "a")),
        (attendance.GROUP, "Jane Doe, Max Roe", ("a",)),
    ]


@pytest.mark.parametrize("times", [("", ""), (EARLIER, EARLIER), (EARLIER, "2024-11-03 09:00:00")])
def test_where_no_time_tells_neither_goes_to_a_platform(times: tuple[str, str]) -> None:
    entries = [Entry(n, n, (), (JANE,), when) for n, when in zip("ab", times, strict=True)]
    found = attend([*entries, Entry("c", "c", (), (MAX,))])
    assert [entry.id for entry in found.entries] == ["a", "b", "c"]
    assert told(found) == [(attendance.TWICE, "Jane Doe", ("a", "b"))]
    texts = graded(found)
    rows = list(csv.DictReader(io.StringIO(texts["grades.csv"])))
    assert [row["Remarks"] != "" for row in rows] == [True, True, False]
    canvas = list(csv.DictReader(io.StringIO(texts["grades-canvas.csv"])))
    assert [row["Student"] for row in canvas[1:]] == ["Max Roe"]


def graded(found: attendance.Attendance) -> dict[str, str]:
    check = CheckResult("t::a", "Q1", "", "1", True, 1.0, 2, "passed")
    rows = tuple(GradedSubmission(e, Report(e.id, "two", 4, (check,)), {}) for e in found.entries)
    assignment = manifest.load(TWO_FUNCTIONS / "staff")
    return tables(Batch(assignment, rows, attendance=found))


def test_the_same_name_alone_makes_nobody_the_same_person() -> None:
    wei = Person("Wei Wang")
    found = attend([Entry("a", "a", (), (wei,), EARLIER), Entry("b", "b", (), (wei,), LATER)])
    assert [entry.id for entry in found.entries] == ["a", "b"]
    assert told(found) == [(attendance.SAME_NAME, "Wei Wang", ("a", "b"))]
    others = [Entry(n, n, (), (Person("Wei Wang", n),)) for n in "12"]
    assert told(attend(others)) == []


def test_a_roster_tells_who_is_missing_and_who_is_strange(tmp_path: Path) -> None:
    roster = roster_of(
        tmp_path,
        "Name,SID,Email\nJane Doe,7,jane@example.edu\nMax Roe,8,max@example.edu\nEva,9,e@x.edu\n",
    )
    entries = [Entry("a", "a", (), (JANE,)), Entry("b", "b", (), (Person("Zoe", "99"), MAX))]
    found = attend(entries, [Ignored("x.rar", "why"), Ignored("y", "own", expected=True)], roster)
    assert told(found) == [
        (attendance.LEFT_OUT, "x.rar", ()),
        (attendance.GROUP, "Zoe, Max Roe", ("b",)),
        (attendance.STRANGER, "Zoe", ("b",)),
        (attendance.ABSENT, "Eva", ()),
    ]
    rows = list(csv.DictReader(io.StringIO(graded(found)["grades.csv"])))
    status = {row["Name"]: (row["Status"], row["Total Score"], row["Remarks"]) for row in rows}
    assert status["Eva"] == ("Nothing submitted", "", "")
    assert status["x.rar"] == ("Left out", "", "why")
    assert status["Jane Doe"][:2] == ("Graded", "1.0")
    assert "y" not in status


ROSTERS = {
    "gradescope": "First Name,Last Name,SID,Email\nJane,Doe,7,jane@example.edu\n",
    "canvas": "Student,ID,SIS User ID,SIS Login ID,Section\n    Points Possible,,,,\n"
    '"Doe, Jane",12345,7,jane@example.edu,A\n',
    "moodle": "Identifier,Full name,ID number,Email address\n"
    "Participant 5001,Jane Doe,7,jane@example.edu\n",
    "blackboard": "Last Name\tFirst Name\tUsername\tStudent ID\nDoe\tJane\tjane\t7\n",
    "brightspace": "OrgDefinedId,Username,Last Name,First Name,Email\n"
    "#7,jane,Doe,Jane,jane@example.edu\n",
    "github": "identifier,github_username,github_id,name\njane@example.edu,jane,1,Jane Doe\n",
    "nbgrader": "id,first_name,last_name,email\njane,Jane,Doe,jane@example.edu\n",
    "german": "Name;Email\nDoe, Jane;jane@example.edu\n",
}
PEOPLE = {
    "gradescope": Person("J.", "7", "JANE@example.edu"),
    "canvas": Person("doejane", number="12345"),
    "moodle": Person("Jane Doe", number="5001"),
    "blackboard": Person(login="jane"),
    "brightspace": Person("Jane Doe"),
    "github": Person(login="Jane"),
    "nbgrader": Person(sid="jane", login="jane"),
    "german": Person("janedoe"),
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("name", ROSTERS)
def test_lists_of_platforms_serve_as_rosters(tmp_path: Path, name: str, encoding: str) -> None:
    roster = roster_of(tmp_path, ROSTERS[name].encode(encoding))
    assert len(roster.people) == 1
    found = attend([Entry("a", "a", (), (PEOPLE[name],))], roster=roster)
    assert told(found) == []
    (jane,) = found.entries[0].people
    assert jane.name in ("Jane Doe", "Doe, Jane")
    assert jane.sid == "7" or jane.email.lower() == "jane@example.edu"


def test_folders_are_found_on_a_roster_by_login_number_or_name(tmp_path: Path) -> None:
    text = "Name,SID,Username\nJane Doe,7,jdoe\nMax Roe,8,mroe\nJörg Voß,9,jv\nEva,10,e\n"
    roster = roster_of(tmp_path, text)
    origins = ["in/jdoe", "8.zip", "Zoe", "Voß_Jörg.ipynb.txt", "guest"]
    found = attend((Entry(o, o, (), origin=o) for o in origins), roster=roster)
    names = [entry.people[0].name if entry.people else "" for entry in found.entries]
    assert names == ["Jane Doe", "Max Roe", "", "Jörg Voß", ""]
    kinds = [(kind, who) for kind, who, _ids in told(found)]
    assert kinds == [
        (attendance.STRANGER, "Zoe"),
        (attendance.STRANGER, "guest"),
        (attendance.ABSENT, "Eva"),
    ]


def test_two_of_a_name_are_not_taken_for_one_on_the_roster(tmp_path: Path) -> None:
    """Else the older of two people's submissions would not be graded."""
    roster = roster_of(tmp_path, "Name,Email\nWei Wang,wei@example.edu\n")
    wei = Person("Wei Wang")
    found = attend(
        [Entry("a", "a", (), (wei,), EARLIER), Entry("b", "b", (), (wei,), LATER)], roster=roster
    )
    assert [entry.people for entry in found.entries] == [(wei,), (wei,)]
    kinds = [kind for kind, _who, _ids in told(found)]
    assert kinds == [attendance.SAME_NAME, *[attendance.STRANGER] * 2, attendance.ABSENT]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no column"),
        (b"a,b\n1,2\n", "no column"),
        (b"\xff\xfe\x00", "no column"),
        (b"Name\n" + b"x\n" * (MAX_ROWS + 2), "no column"),
        (None, "cannot be read"),
    ],
)
def test_a_bad_roster_is_one_sentence(tmp_path: Path, data: bytes | None, words: str) -> None:
    path = tmp_path / "roster.csv"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(RosterError, match=words) as caught:
        read_roster(path)
    assert "\n" not in str(caught.value)
    assert "roster.csv" in str(caught.value)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_none(data: bytes) -> None:
    for row in read_table(b"Name,Email\n" + data):
        assert set(row) == {"name", "email"}


@pytest.mark.parametrize(
    "text",
    [
        *("2026-10-01 23:14:32.123456000 Z", "2026-10-01T23:14:32Z", "2026-10-01 23:14"),
        *("2026-10-01 23:14:32.1 UTC", "2026-10-01 23:14:32 -07:00", "2026-10-01 23:14:32 +0200"),
    ],
)
def test_times_of_platforms_are_read(text: str) -> None:
    found = moment_of(text)
    assert found is not None
    assert (found.day, found.hour, found.minute) == (1, 23, 14)


@pytest.mark.parametrize("text", ["", "now", "2026-13-01 00:00", "2026-10-01", "2026-10-01 25:00"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert moment_of(text) is None


PERSONS = st.builds(
    Person, name=st.sampled_from(["", "J", "M"]), sid=st.sampled_from(["", "1", "2"])
).filter(lambda person: person != Person())


@given(
    st.lists(
        st.tuples(
            st.lists(PERSONS, max_size=3, unique=True).map(tuple),
            st.sampled_from(["", EARLIER, LATER]),
        ),
        max_size=6,
    )
)
def test_nobody_is_lost(rows: list[tuple[tuple[Person, ...], str]]) -> None:
    """All who submitted anything are in a submission that is graded, and all others are named."""
    entries = [Entry(str(n), str(n), (), people, when) for n, (people, when) in enumerate(rows)]
    found = attend(entries)
    kept = {entry.id: entry for entry in found.entries}
    signs = {p.sid or p.name for entry in found.entries for p in entry.people}
    assert signs == {p.sid or p.name for people, _ in rows for p in people}
    for entry in entries:
        if entry.id not in kept:
            assert any(entry.id in notice.text for notice in found.notices)
        elif not entry.people:
            assert kept[entry.id] == entry
    for sid in {p.sid for people, _ in rows for p in people if p.sid}:
        places = [e.id for e in found.entries for p in e.people if p.sid == sid]
        unsure = any(p.sid == sid for p in found.unsettled)
        assert len(set(places)) == 1 or unsure


@needs_root
def test_a_batch_with_a_roster(tmp_path: Path) -> None:
    """The table at the end, grades.csv and the report say the same."""
    course = Course(tmp_path)
    course.hand_in("jdoe")
    course.hand_in("guest", ("axis=1", "axis=0"))
    (course.source / "eva.rar").write_bytes(b"x")
    (course.source / "=1+1.7z").write_bytes(b"x")
    (course.source / ".DS_Store").write_bytes(b"x")
    roster = tmp_path / "roster.csv"
    roster.write_text("Name,Username\nJane Doe,jdoe\nEva <b>Roe</b>,eva\n")
    assert course.run(roster=roster) == 0
    said = course.said.export_text()
    report = (course.out / "report.html").read_text()
    text = (course.out / "grades.csv").read_text()
    rows = {row["Name"]: row for row in csv.DictReader(io.StringIO(text))}
    assert rows["Jane Doe"]["Total Score"] == "4.0"
    assert rows["Eva <b>Roe</b>"]["Status"] == "Nothing submitted"
    assert rows["'=1+1.7z"]["Status"] == rows["eva.rar"]["Status"] == "Left out"
    assert "submitted guest" in rows["guest"]["Remarks"]
    for words in ("eva.rar", "=1+1.7z", "guest", "Nothing submitted", ".DS_Store"):
        assert words in said
        assert words in report.replace("&#43;", "+")
    assert "<b>Roe" not in report
    assert said.rindex("Not graded, or to look at") > said.rindex("grades.csv")
    # Whoever grades by hand writes the tables anew, and all of that stays.
    assert tables(read_kept(course.out).batch)["grades.csv"] == text
    listed = json.loads((course.out / "submissions.json").read_text())
    assert [name for name, _ in listed["ignored"]] == [".DS_Store", "=1+1.7z", "eva.rar"]
