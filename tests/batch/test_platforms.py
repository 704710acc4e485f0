"""Every platform, driven through its whole life: recognised, read, graded, feedback handed back.

A new platform is a module, a row in its table and a row here.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from conftest import TWO_FUNCTIONS, examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.batch.contents import read
from autograder.batch.entries import Entry, InZip, OnDisk, Person, SourceError
from autograder.batch.grades import tables
from autograder.batch.handback import Target
from autograder.batch.outcome import Batch, GradedSubmission
from autograder.batch.platforms import BY_KEY, PLATFORMS, blackboard, sakai
from autograder.batch.shelves import LEFT_BEHIND
from autograder.batch.sources import Source, submissions
from autograder.model import manifest
from autograder.model.manifest import Assignment
from autograder.model.report import CheckResult, Report

NOTEBOOK = b'{"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}'
OTHER = NOTEBOOK + b" "
#: Of each, what a system leaves behind beside submissions.
JUNK = {".DS_Store": b"x", "desktop.ini": b"x", "__MACOSX/._x": b"x", "Thumbs.db": b"x"}


@dataclass(frozen=True)
class Row:
    """One platform: an export of two people, and what is to come of it.

    Attributes:
        inside: the folder of the export that its archive unpacks to.
        own: files of the platform's own, which nobody misses.
        older: files of attempts that do not count.
        created: when the first was submitted.
        cells: of the platform's own table of grades, the rows for both.
        feedback: where the first one's page belongs in what is handed back.
    """

    key: str
    files: Mapping[str, bytes]
    ids: tuple[str, str]
    people: tuple[Person, ...]
    inside: str = ""
    own: frozenset[str] = frozenset()
    older: frozenset[str] = frozenset()
    created: str = ""
    cells: tuple[list[str], ...] = ()
    feedback: str = ""
    names: frozenset[str] = field(default=frozenset({"two.ipynb"}))


METADATA = b"""---
submission_101:
  :submitters:
  - :name: Jane Doe
    :sid: '007'
    :email: jane@example.edu
  :created_at: 2026-10-02 10:00:00.000000000 Z
submission_102:
  :submitters:
  - :name: Max Roe
"""
NOTE = b"Name: Jane Doe (jane_doe)\nAssignment: HW_4\nName: Max (mroe)\n"
STAMP = "2026-10-01-23-14-32"
ROWS = (
    Row(
        "gradescope",
        {
            "submission_metadata.yml": METADATA,
            "submission_101/two.ipynb": NOTEBOOK,
            "submission_102/two.ipynb": OTHER,
        },
        ("submission_101", "submission_102"),
        (Person("Jane Doe", "007", "jane@example.edu"), Person("Max Roe")),
        inside="assignment_9_export/",
        own=frozenset({"submission_metadata.yml"}),
        created="2026-10-02 10:00:00.000000000 Z",
    ),
    Row(
        "canvas",
        {
            "doejane_12345_678_two.ipynb": b"old",
            "doejane_12345_679_two-1.ipynb": NOTEBOOK,
            "roemax_LATE_777_680_two.ipynb": OTHER,
        },
        ("12345", "777"),
        (Person("doejane", number="12345"), Person("roemax", number="777")),
        older=frozenset({"doejane_12345_678_two.ipynb"}),
        cells=(["doejane", "12345", "", "", "", "2.0"], ["roemax", "777", "", "", "", "0.0"]),
        feedback="doejane_12345_678_feedback.html",
    ),
    Row(
        "moodle",
        {
            "Jane Doe_5001_assignsubmission_file_/two.ipynb": NOTEBOOK,
            "Jane Doe_5001_assignsubmission_onlinetext_/onlinetext.html": b"<p>",
            "Max Roe_5002_assignsubmission_file_two.ipynb": OTHER,
        },
        ("5001", "5002"),
        (Person("Jane Doe", number="5001"), Person("Max Roe", number="5002")),
        cells=(
            ["Participant 5001", "Jane Doe", "", "", "2.0", "4.0"],
            ["Participant 5002", "Max Roe", "", "", "0.0", "4.0"],
        ),
        feedback="Jane Doe_5001_assignsubmission_file_/feedback.html",
    ),
    Row(
        "blackboard",
        {
            f"HW_4_jane_doe_attempt_{STAMP}.txt": NOTE,
            f"HW_4_jane_doe_attempt_{STAMP}_two.ipynb": NOTEBOOK,
            "HW_4_jane_doe_attempt_2026-09-30-10-00-00_two.ipynb": b"old",
            "HW_4_max_doe_attempt_2026-10-01-10-00-00_two.ipynb": OTHER,
        },
        ("jane_doe", "max_doe"),
        (Person("Jane Doe", login="jane_doe"), Person(login="max_doe")),
        inside="gradebook_CS1_HW204_2026-10-02/",
        own=frozenset({f"HW_4_jane_doe_attempt_{STAMP}.txt"}),
        older=frozenset({"HW_4_jane_doe_attempt_2026-09-30-10-00-00_two.ipynb"}),
        created="2026-10-01 23:14:32",
        cells=(["Doe", "Jane", "jane_doe", "", "2.0"], ["", "", "max_doe", "", "0.0"]),
    ),
    Row(
        "brightspace",
        {
            "index.html": b"<table>",
            "123-456 - Jane Doe - Oct 1, 2026 1114 PM/two.ipynb": NOTEBOOK,
            "123-456 - Jane Doe - Oct 1, 2026 914 AM/two.ipynb": b"old",
            "123-456 - Max - Roe - Sep 30, 2026 1205 AM - two.ipynb": OTHER,
        },
        ("Jane-Doe-123-456-", "Max---Roe-123-456-"),
        (Person("Jane Doe"), Person("Max - Roe")),
        own=frozenset({"index.html"}),
        older=frozenset({"123-456 - Jane Doe - Oct 1, 2026 914 AM"}),
        created="2026-10-01 23:14",
        cells=(["", "", "Doe", "Jane", "2.0", "#"], ["", "", "Roe", "Max -", "0.0", "#"]),
        feedback="123-456 - Jane Doe - Oct 1, 2026 1114 PM/feedback.html",
    ),
    Row(
        "sakai",
        {
            "grades.csv": b"HW 4,Points\n",
            "Doe, Jane(jdoe)/Submission attachment(s)/two.ipynb": NOTEBOOK,
            "Doe, Jane(jdoe)/Submission attachment(s)/data/x.csv": b"1",
            "Doe, Jane(jdoe)/Feedback Attachment(s)/two.ipynb": b"staff's",
            "Doe, Jane(jdoe)/timestamp.txt": b"20261001231432123",
            "Doe, Jane(jdoe)/comments.txt": b"",
            "Roe, Max(mroe)/timestamp.txt": b"20261001231432123",
            "Roe, Max(mroe)/Submission attachment(s)/two.ipynb": OTHER,
        },
        ("jdoe", "mroe"),
        (Person("Doe, Jane", login="jdoe"), Person("Roe, Max", login="mroe")),
        inside="HW 4/",
        own=frozenset(
            {
                "grades.csv",
                "Doe, Jane(jdoe)/Feedback Attachment(s)",
                "Doe, Jane(jdoe)/timestamp.txt",
                "Doe, Jane(jdoe)/comments.txt",
                "Roe, Max(mroe)/timestamp.txt",
            }
        ),
        created="2026-10-01 23:14:32",
        cells=(["jdoe", "jdoe", "Doe", "Jane", "2.0"], ["mroe", "mroe", "Roe", "Max", "0.0"]),
        feedback="HW 4/Doe, Jane(jdoe)/Feedback Attachment(s)/feedback.html",
    ),
    Row(
        "github",
        {
            "classroom_roster.csv": b"identifier,github_username,github_id,name\n"
            b"jane@example.edu,jane-doe,1,Jane Doe\n17,doe,2,Max Doe\n",
            "hw4-jane-doe/two.ipynb": NOTEBOOK,
            "hw4-jane-doe/.git/HEAD": b"ref: x",
            "hw4-doe/two.ipynb": OTHER,
            "hw4-doe/.git/HEAD": b"ref: x",
        },
        ("hw4-jane-doe", "hw4-doe"),
        (
            Person("Jane Doe", "", "jane@example.edu", login="jane-doe"),
            Person("Max Doe", "17", login="doe"),
        ),
        inside="hw4-submissions/",
        own=frozenset({"classroom_roster.csv"}),
    ),
    Row(
        "nbgrader",
        {
            "submitted/jdoe/two-functions/two.ipynb": NOTEBOOK,
            "submitted/jdoe/two-functions/timestamp.txt": b"2026-10-01 23:14:32.123456 UTC",
            "submitted/jdoe/ps0/two.ipynb": b"old",
            "submitted/mroe/two-functions/two.ipynb": OTHER,
            "source/two/two.ipynb": b"solution",
            "nbgrader_config.py": b"c = get_config()",
        },
        ("jdoe", "mroe"),
        (Person(sid="jdoe", login="jdoe"), Person(sid="mroe", login="mroe")),
        own=frozenset(
            {
                "source",
                "nbgrader_config.py",
                "submitted/jdoe/ps0",
                "submitted/jdoe/two-functions/timestamp.txt",
            }
        ),
        created="2026-10-01 23:14:32.123456 UTC",
        feedback="jdoe/two-functions/feedback.html",
    ),
    Row(
        "",
        {"jdoe/two.ipynb": NOTEBOOK, "mroe.ipynb.txt": OTHER},
        ("jdoe", "mroe"),
        (),
        inside="hw4/",
        names=frozenset({"two.ipynb", "mroe.ipynb"}),
    ),
)


@pytest.fixture(scope="module")
def two() -> Assignment:
    return manifest.load(TWO_FUNCTIONS / "staff")


@pytest.fixture(params=["folder", "zip"])
def laid_out(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """Lays files out in a folder, or in a zip of it."""

    def lay_out(files: Mapping[str, bytes]) -> Path:
        path = tmp_path / f"export{len(list(tmp_path.iterdir()))}"
        return in_folder(path, files) if request.param == "folder" else in_archive(path, files)

    return lay_out


def in_folder(path: Path, files: Mapping[str, bytes]) -> Path:
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def in_archive(path: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path.with_suffix(".zip"), "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path.with_suffix(".zip")


def test_feedback_can_be_packed_for_each_platform_that_takes_it() -> None:
    """And for Gradescope, where staff tell whose each PDF is."""
    taking = {row.key for row in ROWS if row.feedback}
    assert set(Target) == taking | {"gradescope"}


def test_each_platform_has_a_row_and_each_row_a_platform() -> None:
    assert [row.key for row in ROWS] == sorted(BY_KEY, key=[row.key for row in ROWS].index)
    assert len(BY_KEY) == len(PLATFORMS) == len(ROWS)


@pytest.mark.parametrize("wrapped", ["", "inside", "deep"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.key or "plain")
def test_a_platform_from_its_export_to_its_grades(
    row: Row, wrapped: str, laid_out: Any, two: Assignment
) -> None:
    """Also with folders around it, and with what systems leave behind beside it."""
    around = {"": "", "inside": row.inside or "export/", "deep": f"all/{row.inside or 'x/'}"}[
        wrapped
    ]
    junk = {**JUNK, **{f"{around}{name}": data for name, data in JUNK.items()}}
    files = {**{f"{around}{name}": data for name, data in row.files.items()}, **junk}
    with submissions(laid_out(files), two) as source:
        _recognised(row, around, source, two)
        texts = _graded(row, source, two)
    for name, text in texts.items():
        if name != "grades.csv":
            assert text.count("\n") >= 3, name
    if row.cells:
        written = list(csv.reader(io.StringIO(texts[f"grades-{row.key}.csv"])))
        assert sorted(written[-2:]) == sorted(row.cells)


def _recognised(row: Row, around: str, source: Source, two: Assignment) -> None:
    platform = BY_KEY[row.key]
    assert source.platform == platform.TITLE
    by_id = {entry.id: entry for entry in source.entries}
    assert len(by_id) == 2
    first, second = (_starting(by_id, name) for name in row.ids)
    people = tuple(person for entry in (first, second) for person in entry.people)
    assert people == row.people
    assert first.created == row.created
    assert {entry.platform for entry in by_id.values()} == {row.key}
    contents = [read(entry, two).files for entry in (first, second)]
    assert [list(found.values()) for found in contents] == [[NOTEBOOK], [OTHER]]
    assert {name for found in contents for name in found} == row.names
    ignored = {item.name: item for item in source.ignored}
    assert len(ignored) == len(source.ignored)
    named = {n.removeprefix(around): i for n, i in ignored.items() if i.reason != LEFT_BEHIND}
    assert {name for name, item in named.items() if item.expected} == row.own
    assert {name for name, item in named.items() if not item.expected} == row.older
    page = platform.feedback(first, "feedback.html")
    assert page in {row.feedback, row.feedback.replace(row.inside, around, 1)}
    assert ".." not in PurePosixPath(page).parts


def _starting(by_id: Mapping[str, Entry], name: str) -> Entry:
    """The id, or one that begins so where it had to be cleaned."""
    return next(entry for key, entry in by_id.items() if key == name or name in f"{key}-")


def _graded(row: Row, source: Source, two: Assignment) -> dict[str, str]:
    graded = []
    for entry in source.entries:
        points = 2.0 if entry.id.startswith(row.ids[0].rstrip("-")) else 0.0
        check = CheckResult("t::a", "Q1", "", "1", True, points, 2, "passed")
        graded.append(GradedSubmission(entry, Report(entry.id, "two", 4.0, (check,)), {}))
    return tables(Batch(two, tuple(graded)))


# --- what only looks like an export ---------------------------------------------------------------

PLAIN = ("alice.ipynb", "bob.zip", "carol/two.ipynb")
LOOK_ALIKES = [
    f"HW_4_jdoe_attempt_{STAMP}_two.ipynb",
    f"HW_4_jdoe_attempt_{STAMP}.txt",
    "1-2 - Ann - Oct 1, 2026 1114 PM/two.ipynb",
    "1-2 - Ann - Oct 1, 2026 1114 PM - two.ipynb",
    "Doe, Jane(jdoe)/Submission attachment(s)/two.ipynb",
    "Doe, Jane(jdoe)/timestamp.txt",
    "hw4-doe/.git/HEAD",
    "submitted/jdoe/two-functions/two.ipynb",
    "jdoe/two/timestamp.txt",
    "index.html",
    "grades.csv",
    "classroom_roster.csv",
]


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_one_name_makes_no_export_of_a_plain_folder(
    laid_out: Any, two: Assignment, name: str
) -> None:
    """Everybody else would be dropped."""
    files = dict.fromkeys((*PLAIN, name), NOTEBOOK)
    with submissions(laid_out(files), two) as source:
        assert source.platform == ""
        assert {"alice", "bob", "carol"} <= {entry.id for entry in source.entries}
        assert len(source.entries) + len(source.ignored) == 4


def test_folders_around_are_told_from_one_students(laid_out: Any, two: Assignment) -> None:
    several = [
        ["hw4/jdoe/two.ipynb", "hw4/eroe/two.ipynb", "hw4/desktop.ini"],
        ["hw4/jdoe/two.ipynb", "hw4/eroe/two.ipynb", "hw4/notes.txt", "hw4/grades.csv"],
        ["a/b/c/jdoe/two.ipynb", "a/b/c/eroe/two.ipynb"],
        ["hw4/jdoe/two.ipynb", "hw4/eroe.ipynb"],
        ["hw4/jdoe/two.ipynb", "hw4/eroe.zip"],
        ["hw4/jdoe.ipynb", "hw4/eroe.ipynb"],
        ["hw4/two_jdoe.ipynb", "hw4/two_eroe.ipynb"],
        ["hw4/two.ipynb", "hw4/jdoe/two.ipynb", "hw4/eroe/two.ipynb"],
    ]
    for names in several:
        with submissions(laid_out(dict.fromkeys(names, NOTEBOOK)), two) as source:
            assert {"jdoe", "eroe"} <= {e.id.removeprefix("two_") for e in source.entries}, names
    one = [
        ["alice/two.ipynb"],
        ["alice/two.ipynb", "alice/old/two.ipynb"],
        ["alice/two.ipynb", "alice/two (1).ipynb", "alice/scratch.ipynb"],
        ["alice/two.ipynb", "alice/data/x.csv", "alice/notes/y.txt"],
        ["alice/work/two.ipynb"],
    ]
    for names in one:
        with submissions(laid_out(dict.fromkeys(names, NOTEBOOK)), two) as source:
            assert [entry.id for entry in source.entries] == ["alice"], names


def test_a_note_of_blackboard_names_its_own_user_only(laid_out: Any, two: Assignment) -> None:
    """All but its first line is the student's."""
    notes = {"jdoe": b"Name: Max Roe (mroe)\n", "mroe": b"\nName: Jane (jdoe)\n", "z": b"\xff" * 9}
    files = {f"HW_{user}_attempt_{STAMP}.txt": note for user, note in notes.items()}
    with submissions(laid_out(files), two) as source:
        assert source.platform == "Blackboard"
        people = [entry.people[0] for entry in source.entries]
        assert people == [Person(login=user) for user in notes]
        assert all(not entry.parts for entry in source.entries)


def test_a_student_puts_no_file_among_those_of_staff(laid_out: Any, two: Assignment) -> None:
    """What lies in Sakai's folder of feedback is the staff's; what lies elsewhere is named."""
    files = {
        "Doe, Jane(jdoe)/Feedback Attachment(s)/two.ipynb": NOTEBOOK,
        "Doe, Jane(jdoe)/two.ipynb": NOTEBOOK,
        "Doe, Jane(jdoe)/timestamp.txt": b"no time",
        "Roe, Max(mroe)/Submission attachment(s)/two.ipynb": OTHER,
    }
    with submissions(laid_out(files), two) as source:
        assert source.platform == "Sakai"
        jane = next(entry for entry in source.entries if entry.id == "jdoe")
        assert (jane.parts, jane.created) == ((), "")
        left = {item.name: item.reason for item in source.ignored if not item.expected}
        assert left == {"Doe, Jane(jdoe)/two.ipynb": sakai.NOT_SUBMITTED}


@pytest.mark.parametrize(
    "origin",
    ["../x", "/etc", "a/../../b", "C:/x", "a\\b", "a\x1b[31m", "a//b", "", "a/./b", "a\nb"],
)
def test_no_page_of_feedback_leaves_its_zip(origin: str) -> None:
    forms = {
        "moodle": f"{origin}_5_assignsubmission_file_",
        "canvas": f"{origin}_5_6_two.ipynb",
        "brightspace": f"1-2 - {origin} - Oct 1, 2026 1114 PM",
    }
    for key, platform in BY_KEY.items():
        for form in (origin, forms.get(key, origin)):
            entry = Entry("x", "x", (), platform=key, origin=form)
            path = platform.feedback(entry, "feedback.html")
            assert path == "" or {"", ".", ".."}.isdisjoint(path.split("/"))
            assert path.isprintable()
            assert "\\" not in path


def test_a_compressed_note_is_not_unpacked_without_end(tmp_path: Path, two: Assignment) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"HW_jdoe_attempt_{STAMP}.txt", b"Name: J (jdoe)\n" + bytes(50 << 20))
        archive.writestr(f"HW_mroe_attempt_{STAMP}.txt", b"Name: M (mroe)\n")
    with submissions(tmp_path / "x.zip", two) as source:
        assert [entry.people[0].name for entry in source.entries] == ["", "M"]
    assert blackboard.MAX_NOTE < 50 << 20


# --- nothing vanishes -----------------------------------------------------------------------------

NAMES = st.sampled_from(
    [
        *("two.ipynb", "two (1).ipynb", "a.ipynb", "b.ipynb.txt", "x.zip", "x.rar", "notes.txt"),
        *("desktop.ini", ".DS_Store", "._x", ".env", "index.html", "grades.csv", "grades.xls"),
        *("submission_metadata.yml", "timestamp.txt", "comments.txt", "classroom_roster.csv"),
        *("doejane_1_2_two.ipynb", "doejane_1_3_two-1.ipynb", "roemax_LATE_4_5_a.zip"),
        *("roemax_4_text.html", "Jane_5_assignsubmission_file_two.ipynb"),
        *(f"HW_jdoe_attempt_{STAMP}.txt", f"HW_jdoe_attempt_{STAMP}_two.ipynb"),
        *(f"HW_mroe_attempt_{STAMP}_two.ipynb", "HW_mroe_attempt_2026-01-01-00-00-00_two.ipynb"),
        *("1-2 - J D - Oct 1, 2026 1114 PM - two.ipynb", "1-2 - J D - Oct 2, 2026 100 AM - x.py"),
        *("D, J(jd)_Submission attachment(s)_two.ipynb", "D, M(md)_Submission attachment(s)_x"),
    ]
)
FOLDERS = st.sampled_from(
    [
        *("hw4", "jdoe", "eroe", "two", "ps0", "__MACOSX", ".git", ".hidden", "submitted"),
        *("submission_101", "submission_102", "Jane_5_assignsubmission_file_", "source"),
        *("1-2 - J D - Oct 1, 2026 1114 PM", "1-2 - J D - Oct 2, 2026 100 AM", "hw4-a", "hw4-b"),
        *("D, J(jd)", "D, M(md)", "Submission attachment(s)", "Feedback Attachment(s)", "data"),
    ]
)
ANY = st.tuples(st.lists(FOLDERS, max_size=4), NAMES).map(lambda p: "/".join([*p[0], p[1]]))
#: Mostly of one platform, so that whole exports come about, with something else among it.
OF_ONE = st.sampled_from(ROWS).flatmap(
    lambda row: st.lists(st.sampled_from(sorted(row.files)), min_size=1, unique=True)
)
TREES = st.one_of(
    st.lists(ANY, min_size=1, max_size=14, unique=True),
    st.tuples(
        OF_ONE, st.lists(st.sampled_from(["x.txt", ".DS_Store", "._x", "a.ipynb"]), unique=True)
    )
    .map(lambda parts: [*parts[0], *parts[1]])
    .flatmap(lambda names: st.sampled_from(["", "hw4/"]).map(lambda top: [top + n for n in names])),
)


def _covered(source: Source, root: Path) -> list[str]:
    """The paths in what was given of all that is in a submission; folders stand for all in them."""
    found = []
    for entry in source.entries:
        for part in entry.parts:
            if isinstance(part, OnDisk):
                inside = [p for p in part.path.rglob("*") if p.is_file()] if part.folder else []
                found += [str(p.relative_to(root)) for p in inside or [part.path]]
            elif isinstance(part, InZip):
                found.append(part.member.filename)
    return found


@given(names=TREES)
@settings(max_examples=examples(400), suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("archived", [False, True])
def test_nothing_of_any_tree_vanishes(
    names: list[str], archived: bool, tmp_path_factory: pytest.TempPathFactory, two: Assignment
) -> None:
    """Each file is in exactly one submission, or it, or a folder that it lies in, is named."""
    root = tmp_path_factory.mktemp("tree") / "in"
    files = {name: METADATA if "metadata" in name else NOTEBOOK for name in names}
    path = in_archive(root, files) if archived else in_folder(root, files)
    try:
        with submissions(path, two) as source:
            _nothing_vanished(source, names, root)
    except SourceError as error:
        assert "found no submission" in str(error)


def _nothing_vanished(source: Source, names: list[str], root: Path) -> None:
    covered = _covered(source, root)
    files = [name for name in covered if not (root / name).is_dir()]
    assert len(files) == len(set(files)), "a file is in two submissions"
    ignored = [item.name for item in source.ignored]
    assert len(ignored) == len(set(ignored)), "something is named twice"
    assert all(item.reason for item in source.ignored)
    for name in names:
        paths = [name, *map(str, PurePosixPath(name).parents)]
        named = [path for path in paths if path in ignored]
        assert (name in files) + bool(named) == 1, name


@given(
    students=st.lists(
        st.sampled_from(["jdoe", "eroe", "J D(x)", "hw4-a", "1-2 - J - Oct 1, 2026 900 AM", "two"]),
        min_size=2,
        max_size=5,
        unique=True,
    ),
    around=st.lists(st.sampled_from(["hw4", "two", "submitted", "x"]), max_size=3),
    beside=st.lists(NAMES.filter(lambda name: not name.endswith((".ipynb", ".zip"))), max_size=4),
)
@settings(max_examples=examples(200))
def test_no_two_students_folders_merge(
    students: list[str],
    around: list[str],
    beside: list[str],
    tmp_path_factory: pytest.TempPathFactory,
    two: Assignment,
) -> None:
    top = "".join(f"{name}/" for name in around)
    files = {f"{top}{name}/two.ipynb": NOTEBOOK for name in students}
    files |= {f"{top}{name}": METADATA for name in beside if name not in students}
    root = tmp_path_factory.mktemp("tree") / "in"
    with submissions(in_folder(root, files), two) as source:
        for entry in source.entries:
            whose = {str(p)[len(top) :].partition("/")[0] for p in _of(entry, root)}
            assert len(whose & set(students)) <= 1, entry.id
        taken = {str(p) for entry in source.entries for p in _of(entry, root)}
        named = {item.name for item in source.ignored}
        for name in students:
            assert f"{top}{name}/two.ipynb" in taken or f"{top}{name}" in named


def _of(entry: Entry, root: Path) -> list[Path]:
    paths = [part.path for part in entry.parts if isinstance(part, OnDisk)]
    inside = [p for path in paths for p in ([path] if path.is_file() else path.rglob("*"))]
    return [path.relative_to(root) for path in inside if path.is_file()]
