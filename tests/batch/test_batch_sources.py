"""Where submissions come from: exports as platforms write them, hostile names, plain folders."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from conftest import TWO_FUNCTIONS

from autograder.batch.contents import Content, read
from autograder.batch.entries import Entry, SourceError, identifier
from autograder.batch.platforms.gradescope_metadata import read_metadata
from autograder.batch.sources import submissions
from autograder.model import manifest
from autograder.model.manifest import Assignment

NOTEBOOK = json.dumps({"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}).encode()

METADATA = """---
submission_101:
  :submitters:
  - :name: Jane Doe
    :sid: '0012345'
    :email: jane@example.edu
  - :name: "=cmd|' /C calc'!A0"
    :sid:
    :email: john@example.edu
  :created_at: !ruby/object:ActiveSupport::TimeWithZone
    utc: 2026-10-01 23:14:32.123456000 Z
  :score: 4.0
  :results:
    tests:
    - output: |
        :submitters:
        - :name: forged
      name: "a
        submission_102:"
submission_102:
  :submitters:
  - :name: Max
  :created_at: 2026-10-02 10:00:00.000000000 Z
"""


@pytest.fixture(scope="module")
def two() -> Assignment:
    return manifest.load(TWO_FUNCTIONS / "staff")


def write_files(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def found(path: Path, assignment: Assignment) -> tuple[list[Entry], dict[str, Content]]:
    with submissions(path, assignment) as source:
        entries = list(source.entries)
        return entries, {entry.id: read(entry, assignment) for entry in entries}


def described(path: Path, assignment: Assignment) -> tuple[str, list[str], dict[str, str]]:
    """Whose export it is, the ids in it, and what is left out."""
    with submissions(path, assignment) as source:
        left = {item.name: item.reason for item in source.ignored if not item.expected}
        return source.platform, [entry.id for entry in source.entries], left


@pytest.fixture(params=["folder", "zip"])
def laid_out(request: pytest.FixtureRequest, tmp_path: Path):  # type: ignore[no-untyped-def]
    """Lays files out in a folder, or in a zip of it."""

    def lay_out(files: dict[str, bytes]) -> Path:
        if request.param == "folder":
            return write_files(tmp_path / "export", files)
        (tmp_path / "export.zip").write_bytes(zipped(files))
        return tmp_path / "export.zip"

    return lay_out


def test_an_export_of_gradescope(laid_out, two: Assignment) -> None:  # type: ignore[no-untyped-def]
    top = "assignment_9_export"
    path = laid_out(
        {
            f"{top}/submission_metadata.yml": METADATA.encode(),
            f"{top}/submission_101/two.ipynb": NOTEBOOK,
            f"{top}/submission_101/notes.txt": b"x",
            f"{top}/submission_102/sub/two.ipynb": NOTEBOOK,
            f"{top}/submission_103/two.ipynb": NOTEBOOK,
        }
    )
    entries, contents = found(path, two)
    assert [entry.id for entry in entries] == ["submission_101", "submission_102", "submission_103"]
    jane, john = entries[0].people
    assert (jane.name, jane.sid, jane.email) == ("Jane Doe", "0012345", "jane@example.edu")
    assert (john.name, john.sid) == ("=cmd|' /C calc'!A0", "")
    assert entries[1].created.startswith("2026-10-02 10:00:00")
    assert entries[2].people == ()
    assert list(contents["submission_101"].files) == ["two.ipynb"]
    assert [name for name, _ in contents["submission_101"].skipped] == ["notes.txt"]
    assert list(contents["submission_102"].files) == ["sub/two.ipynb"]


@pytest.mark.parametrize(
    "text",
    [
        "submission_1: !!python/object/apply:os.system ['touch /tmp/autograder-was-here']\n",
        "submission_1:\n  :submitters: !!python/name:os.system\n",
        "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nsubmission_1:\n  :submitters: *c\n",
        "submission_1:\n  :submitters: " + "[" * 5000 + "\n",
        "submission_1:\n  :submitters: " + "{a: " * 900 + "1" + "}" * 900 + "\n",
        "? [1, 2]\n: x\n",
        "- a\n- b\n",
        "\t\x00",
        "",
        "submission_1: [\n",
        "submission_1:\n  :submitters:\n  - :name: {a: b}\n    :sid: [1]\n  - 7\n",
    ],
)
def test_hostile_metadata_ends_well(text: str) -> None:
    try:
        known = read_metadata(text.encode())
    except SourceError as error:
        assert "submission_metadata.yml" in str(error)
        assert "\n" not in str(error)
    else:
        assert all(isinstance(p.name, str) for what in known.values() for p in what.people)
    assert not Path("/tmp/autograder-was-here").exists()


def test_an_export_of_canvas(laid_out, two: Assignment) -> None:  # type: ignore[no-untyped-def]
    path = laid_out(
        {
            "doejane_12345_678_two.ipynb": b"old",
            "doejane_12345_679_two-1.ipynb": NOTEBOOK,
            "roemax_LATE_777_680_work-2.zip": zipped({"in/two.ipynb": NOTEBOOK}),
            "poejo_778_text.html": b"<p>",
            "__MACOSX/x": b"",
        }
    )
    entries, contents = found(path, two)
    assert {entry.id: entry.late for entry in entries} == {
        "12345": False,
        "777": True,
        "778": False,
    }
    assert entries[0].people[0].name == "doejane"
    assert contents["12345"].files == {"two.ipynb": NOTEBOOK}
    assert contents["777"].files == {"in/two.ipynb": NOTEBOOK}
    assert contents["778"].files == {}


def test_an_export_of_moodle(laid_out, two: Assignment) -> None:  # type: ignore[no-untyped-def]
    path = laid_out(
        {
            "Jane van der Doe_5001_assignsubmission_file_/two.ipynb": NOTEBOOK,
            "Jane van der Doe_5001_assignsubmission_onlinetext_/onlinetext.html": b"<p>",
            "Max_Roe_5002_assignsubmission_file_two.ipynb": NOTEBOOK,
        }
    )
    entries, contents = found(path, two)
    assert [(e.id, e.people[0].name) for e in entries] == [
        ("5001", "Jane van der Doe"),
        ("5002", "Max_Roe"),
    ]
    assert contents["5001"].files == contents["5002"].files == {"two.ipynb": NOTEBOOK}


def test_plain_folders_zips_and_notebooks(laid_out, two: Assignment) -> None:  # type: ignore[no-untyped-def]
    path = laid_out(
        {
            "alice/two.ipynb": NOTEBOOK,
            "bob.zip": zipped({"two.ipynb": NOTEBOOK, "../../etc/two.ipynb": NOTEBOOK}),
            "carol.ipynb": NOTEBOOK,
            "dave/work.zip": zipped({"two.ipynb": NOTEBOOK}),
            "erna.zip": b"PK broken",
            "notes.txt": b"x",
            ".hidden/two.ipynb": NOTEBOOK,
        }
    )
    _, contents = found(path, two)
    assert {name: list(content.files) for name, content in contents.items()} == {
        "alice": ["two.ipynb"],
        "bob": ["two.ipynb"],
        "carol": ["carol.ipynb"],
        "dave": ["two.ipynb"],
        "erna": [],
    }
    assert "damaged" in contents["erna"].skipped[0][1]


def test_a_folder_around_them_is_looked_into(laid_out, two: Assignment) -> None:  # type: ignore[no-untyped-def]
    path = laid_out({"all/a/two.ipynb": NOTEBOOK, "all/b/two.ipynb": NOTEBOOK})
    assert [entry.id for entry in found(path, two)[0]] == ["a", "b"]


def test_hostile_names_become_no_paths(tmp_path: Path, two: Assignment) -> None:
    names = ["..", "a/../../b", "\x1b[31mred", "x" * 300, "-rf", "A", "a", "=1+1", "ä ö"]
    files = {f"{name}/two.ipynb": NOTEBOOK for name in names}
    (tmp_path / "x.zip").write_bytes(zipped(files))
    entries, _ = found(tmp_path / "x.zip", two)
    lower = [entry.id.lower() for entry in entries]
    assert len(set(lower)) == len(lower)
    for entry in entries:
        assert "/" not in entry.id
        assert entry.id.strip("-.") == entry.id
        assert len(entry.id) <= 80
        assert entry.label.isprintable()


def test_ids_stay_apart_whatever_the_letter_case() -> None:
    first = identifier("Ann", set())
    second = identifier("ann", {first.lower()})
    assert first == "Ann"
    assert second != "ann"
    assert second.startswith("ann-")


@pytest.mark.parametrize("what", ["missing", "empty", "text", "broken"])
def test_what_holds_no_submission_is_one_sentence(
    what: str, tmp_path: Path, two: Assignment
) -> None:
    path = tmp_path / "given"
    if what == "empty":
        path.mkdir()
    elif what == "text":
        path.write_text("x")
    elif what == "broken":
        path.write_bytes(zipped({"a/two.ipynb": NOTEBOOK}).replace(b"PK\1\2", b"XX\1\2"))
    with pytest.raises(SourceError, match="given") as caught, submissions(path, two):
        pass
    assert "\n" not in str(caught.value)


def test_a_bomb_and_an_odd_entry_are_left_out(tmp_path: Path, two: Assignment) -> None:
    bomb = zipped({"two.ipynb": bytes(101 * 10**6)})
    odd = io.BytesIO()
    with zipfile.ZipFile(odd, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("b/inner.zip", zipped({"two.ipynb": NOTEBOOK}))
        archive.writestr("b/two.ipynb", NOTEBOOK)
        archive.writestr("c/bomb.zip", bomb, zipfile.ZIP_STORED)
    (tmp_path / "x.zip").write_bytes(odd.getvalue())
    _, contents = found(tmp_path / "x.zip", two)
    assert contents["b"].files == {}
    assert all("unusual method" in reason for _, reason in contents["b"].skipped)
    assert contents["c"].files == {}
    assert "larger than allowed" in contents["c"].skipped[0][1]


# --- what only looks like an export ---------------------------------------------------------------

PLAIN = ("alice.ipynb", "bob.zip", "carol/two.ipynb")
LOOK_ALIKES = [
    "hw_4_2_final.ipynb",
    "hw_LATE_4_2_final.zip",
    "me_7_text.html",
    "Ann_5_assignsubmission_file_two.ipynb",
    "Ann_5_assignsubmission_file_/two.ipynb",
    "submission_7/two.ipynb",
    "submission_metadata.yml",
    "submission_metadata.yml/two.ipynb",
]


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_one_name_makes_no_export_of_a_plain_folder(laid_out, two: Assignment, name: str) -> None:  # type: ignore[no-untyped-def]
    """Everybody else would be dropped without a word."""
    files = {
        each: zipped({"two.ipynb": NOTEBOOK}) if each.endswith("zip") else NOTEBOOK
        for each in (*PLAIN, name)
    }
    platform, ids, ignored = described(laid_out(files), two)
    assert platform == ""
    assert {"alice", "bob", "carol"} <= set(ids)
    assert len(ids) + len(ignored) == 4


@pytest.mark.parametrize(
    "names",
    [
        ["hw_4_2_ann.ipynb", "hw_4_2_bob.ipynb", "hw_4_2_cleo.ipynb"],
        ["hw_4_1_ann.ipynb", "hw_4_2_bob.ipynb", "hw_4_3_cleo.ipynb"],
        ["hw_3_1_ann.ipynb", "hw_4_2_bob.ipynb", "hw_4_3_cleo.ipynb"],
        ["ann_4_1_x.ipynb", "bob_4_2_x.ipynb", "cleo_5_3_x.ipynb"],
        ["ann_4_1_x.ipynb", "bob_5_1_x.ipynb", "cleo_6_1_x.ipynb"],
        [f"{n}_5_assignsubmission_file_two.ipynb" for n in ("Ann", "Bob", "Cleo")],
    ],
)
def test_names_with_the_same_number_stay_apart(laid_out, two: Assignment, names: list[str]) -> None:  # type: ignore[no-untyped-def]
    """Three students would become one submission."""
    platform, ids, ignored = described(laid_out(dict.fromkeys(names, NOTEBOOK)), two)
    assert (platform, len(ids), ignored) == ("", 3, {})


def test_an_export_stays_one_whatever_a_student_calls_a_file(laid_out, two: Assignment) -> None:  # type: ignore[no-untyped-def]
    files = {
        "doejane_12345_678_Untitled.ipynb": NOTEBOOK,
        "doejane_12345_679_Untitled1.ipynb": NOTEBOOK,
        "roemax_777_680_hw_4_2_final.ipynb": NOTEBOOK,
        "roemax_777_681_x_9_assignsubmission_file_y.ipynb": NOTEBOOK,
        "poejo_LATE_778_682_submission_metadata.yml": b"x",
    }
    platform, ids, ignored = described(laid_out(files), two)
    assert (platform, sorted(ids), ignored) == ("Canvas", ["12345", "777", "778"], {})


def test_a_single_student_of_canvas(laid_out, two: Assignment) -> None:  # type: ignore[no-untyped-def]
    files = dict.fromkeys(["doejane_4_678_two.ipynb", "doejane_4_679_two-1.ipynb"], NOTEBOOK)
    platform, ids, ignored = described(laid_out(files), two)
    assert (platform, ids) == ("Canvas", ["4"])
    assert ignored == {
        "doejane_4_678_two.ipynb": "it was submitted again; doejane_4_679_two-1.ipynb is newer"
    }


def test_what_lies_beside_an_export_is_named(laid_out, two: Assignment) -> None:  # type: ignore[no-untyped-def]
    for files, platform in (
        ({"doejane_4_678_two.ipynb": NOTEBOOK, "roe_5_679_two.ipynb": NOTEBOOK}, "Canvas"),
        ({"Jane_5_assignsubmission_file_/two.ipynb": NOTEBOOK}, "Moodle"),
    ):
        path = laid_out({**files, "grades.csv": b"x", "__MACOSX/x": b"", ".DS_Store": b""})
        found, _ids, ignored = described(path, two)
        assert (found, set(ignored)) == (platform, {"grades.csv"})
        assert ignored["grades.csv"] == f"it is no part of an export of {platform}"
        for each in files:
            if path.is_dir():
                (path / each).unlink()


def test_an_export_of_gradescope_with_another_folder_is_none(laid_out, two: Assignment) -> None:  # type: ignore[no-untyped-def]
    files = {
        "submission_metadata.yml": METADATA.encode(),
        "submission_101/two.ipynb": NOTEBOOK,
        "carol/two.ipynb": NOTEBOOK,
    }
    platform, ids, ignored = described(laid_out(files), two)
    assert (platform, sorted(ids)) == ("", ["carol", "submission_101"])
    assert set(ignored) == {"submission_metadata.yml"}


def test_what_a_plain_folder_leaves_out_is_named(laid_out, two: Assignment) -> None:  # type: ignore[no-untyped-def]
    files = {
        "alice/two.ipynb": NOTEBOOK,
        "bob.tar.gz": b"x",
        "carol.pdf": b"x",
        ".dave/two.ipynb": NOTEBOOK,
        "\x1b[31mred\n.txt": b"x",
        "Thumbs.db": b"x",
    }
    platform, ids, ignored = described(laid_out(files), two)
    assert (platform, ids) == ("", ["alice"])
    assert set(ignored) == {"bob.tar.gz", "carol.pdf", ".dave", "\ufffd[31mred .txt"}
    assert "unpack it" in ignored["bob.tar.gz"]


def test_names_that_differ_in_case_or_in_the_form_of_letters_stay_apart(
    tmp_path: Path, two: Assignment
) -> None:
    names = ["ann", "ANN", "J\u00f6rg", "Jo\u0308rg", "ann.ipynb", "ann.zip"]
    files = {
        name if "." in name else f"{name}/two.ipynb": zipped({"two.ipynb": NOTEBOOK})
        if name.endswith("zip")
        else NOTEBOOK
        for name in names
    }
    (tmp_path / "x.zip").write_bytes(zipped(files))
    entries, contents = found(tmp_path / "x.zip", two)
    assert len({entry.id.lower() for entry in entries}) == len(names)
    assert all(list(content.files) for content in contents.values())


def test_a_link_is_named_and_not_followed(tmp_path: Path, two: Assignment) -> None:
    folder = write_files(tmp_path / "in", {"alice/two.ipynb": NOTEBOOK})
    (folder / "bob").symlink_to(folder / "alice")
    (folder / "carol.ipynb").symlink_to(folder / "alice" / "two.ipynb")
    _platform, ids, ignored = described(folder, two)
    assert ids == ["alice"]
    assert set(ignored) == {"bob", "carol.ipynb"}


def test_an_empty_folder_in_a_zip_is_somebodys_submission(tmp_path: Path, two: Assignment) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("alice/two.ipynb", NOTEBOOK)
        archive.writestr("bob/", b"")
    assert described(tmp_path / "x.zip", two) == ("", ["alice", "bob"], {})


def test_a_remark_beside_the_only_folder_joins_nobody(laid_out, two: Assignment) -> None:  # type: ignore[no-untyped-def]
    files = {"all/a/two.ipynb": NOTEBOOK, "all/b/two.ipynb": NOTEBOOK, "readme.txt": b"x"}
    platform, ids, ignored = described(laid_out(files), two)
    assert (platform, ids, set(ignored)) == ("", ["a", "b"], {"readme.txt"})
