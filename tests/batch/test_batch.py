"""Many submissions: nothing is lost, nothing is done twice, and one does not harm another."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from batches import SEED, Course, without_times
from conftest import needs_root

from autograder.batch.command import BatchError, why
from autograder.batch.entries import Entry, Person
from autograder.batch.grades import tables
from autograder.batch.outcome import Batch, GradedSubmission
from autograder.batch.store import StoreError, opened_store
from autograder.grading.processes import ForkServer
from autograder.grading.session import Session
from autograder.model import manifest
from autograder.model.report import CheckResult, Report

ALL = {"1.1", "1.2", "2.1", "2.2"}


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return Course(tmp_path)


def reasons(course: Course, name: str) -> str:
    assignment = manifest.load(course.assignment.folder)
    assert why(course.options(seed=None), name, assignment, course.templates, course.said) == 0
    return course.said.export_text()


@needs_root
def test_a_batch_from_its_first_run_to_an_edited_check(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    course.hand_in("right")
    course.hand_in("wrong", ("axis=1", "axis=0"))
    (course.source / "broken.ipynb").write_text("{")
    (course.source / "empty").mkdir()
    assert course.run() == 0
    assert course.scores() == {"right": 4, "wrong": 2, "broken": 0, "empty": 0}
    assert course.out.stat().st_mode & 0o777 == 0o700
    extra = json.loads((course.out / "results" / "right.json").read_text())["extra_data"]
    assert extra["seed"] == SEED
    assert set(extra["sha256"]) == {"two.ipynb"}
    rows = list(csv.DictReader(io.StringIO((course.out / "grades.csv").read_text())))
    assert {row["Name"]: row["Total Score"] for row in rows}["wrong"] == "2.0"
    # What could not be read stands in all of the staff's lists, with the reason.
    remarks = {row["Submission ID"]: row["Remarks"] for row in rows}
    assert remarks["right"] == remarks["wrong"] == ""
    assert "No readable notebook: two.ipynb is not in the submission" in remarks["broken"]
    assert "broken.ipynb: this is not a notebook" in remarks["broken"]
    assert "No readable notebook: two.ipynb is not in the submission" in remarks["empty"]
    said = " ".join(course.said.export_text(clear=False).split())
    assert "No readable notebook 2: broken, empty" in said
    assert said.count("No readable notebook") == 3  # and each with its reason
    shown = (course.out / "report.html").read_text()
    assert '<th scope="row">No readable notebook</th>' in shown

    # Nothing has changed: no process is started, no byte is written anew.
    before = {p: p.stat().st_mtime_ns for p in (course.out / "results").iterdir()}
    with monkeypatch.context() as patched:
        patched.setattr(Session, "__enter__", lambda _self: pytest.fail("a session was started"))
        assert course.run(seed=None) == 0
        (course.out / "results" / "wrong.json").unlink()
        assert course.run(seed=None) == 0
    again = {p: p.stat().st_mtime_ns for p in (course.out / "results").iterdir()}
    assert again.keys() == before.keys()
    assert {p.stem for p in again if again[p] != before[p]} == {"wrong"}
    assert "need not be graded" in reasons(course, "right")

    # One submission has changed: it is graded, and of it what its edit touches.
    course.hand_in("right", word="and more")
    assert "two.ipynb has changed" in reasons(course, "right")
    right, wrong = course.record("right"), course.record("wrong")
    assert course.run(seed=None) == 0
    assert course.record("right") != right
    assert course.record("wrong") == wrong
    assert course.ran("right") == {"1.1"}  # the only one that reads files

    # One check has changed.
    path = course.assignment.hidden_checks / "test_two.py"
    path.write_text(path.read_text().replace("(3, 8)", "(3, 9)"))
    text = reasons(course, "wrong")
    assert "hidden test_two.py::test_oblong has changed" in text
    assert "test_square has" not in text
    assert course.run(seed=None) == 0
    assert course.ran("right") == course.ran("wrong") == {"1.2"}
    assert course.scores()["wrong"] == 2
    # What held the student's code when a remembered verdict came about is not forgotten.
    results = json.loads((course.out / "results" / "right.json").read_text())
    assert "seccomp" in results["extra_data"]["sandbox"]


@needs_root
def test_a_submission_that_kills_its_session_costs_nobody_else_anything(course: Course) -> None:
    for name in "abcd":
        course.hand_in(name, word="KILL-THE-SESSION" if name == "b" else "")
    assert course.run() == 1
    assert course.scores() == {"a": 4, "b": 0, "c": 4, "d": 4}
    assert "ended early" in str(course.record("b")) or "Peer" in str(course.record("b"))
    rows = list(csv.reader(io.StringIO((course.out / "grades-moodle.csv").read_text())))
    assert [row[1] for row in rows[1:]] == ["a", "c", "d"]
    # An internal error is no result: it is graded again.
    assert "internal error" in reasons(course, "b")
    course.hand_in("b")
    assert course.run() == 0
    assert course.scores()["b"] == 4


def command(course: Course) -> list[str]:
    words = [str(Path(sys.executable).with_name("autograder")), "batch", str(course.source)]
    words += ["--assignment", str(course.assignment.folder), "--out", str(course.out)]
    return [*words, "--cache", str(course.folder / "memory"), "--jobs", "2"]


def stopped_in_the_middle(course: Course, number: int) -> subprocess.Popen[str]:
    """Start the command, and send it a signal when some are graded."""
    process = subprocess.Popen(command(course), stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while len(list((course.out / "records").glob("[!.]*"))) < 2:
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.02)
    os.kill(process.pid, number)
    process.wait(timeout=30)
    return process


@needs_root
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_stopped_in_the_middle_the_same_command_goes_on(course: Course, number: int) -> None:
    names = [f"s{n}" for n in range(8)]
    for name in names:
        course.hand_in(name, word="SLOWLY")
    process = stopped_in_the_middle(course, number)
    kept = {
        name: course.record(name)
        for name in names
        if (course.out / "records" / f"{name}.json").exists()
    }
    assert 2 <= len(kept) < len(names)
    assert not any(record["report"]["faults"] for record in kept.values())
    if number != signal.SIGKILL:
        assert process.returncode == 130
        assert process.stdout is not None
        assert "Stopped" in process.stdout.read()
    assert course.run(seed=None) == 0
    assert course.scores() == dict.fromkeys(names, 4)
    assert {name: course.record(name) for name in kept} == kept
    assert [path.name for path in course.out.rglob(".*")] == [".lock"]  # nothing half written


@needs_root
def test_a_full_disk_is_one_sentence_and_costs_nothing_that_was_graded(course: Course) -> None:
    for n in range(6):
        course.hand_in(f"s{n}")
    course.out.mkdir()
    mounted = ["mount", "-t", "tmpfs", "-o", "size=48k", "tmpfs", str(course.out)]
    if subprocess.run(mounted, check=False, capture_output=True).returncode:
        pytest.skip("a file system of its own cannot be mounted here")
    try:
        with pytest.raises(StoreError, match="the disk is full") as caught:
            course.run()
        assert "\n" not in str(caught.value)
        kept = sorted(path.stem for path in (course.out / "records").glob("*.json"))
        assert 0 < len(kept) < 6
        for name in kept:
            assert course.record(name)["report"]["checks"]
        assert not list(course.out.rglob(".*-*"))
        assert all(json.loads(path.read_text()) for path in (course.out / "results").iterdir())
        subprocess.run(["mount", "-o", "remount,size=8m", str(course.out)], check=True)
        before = {name: course.record(name) for name in kept}
        assert course.run() == 0
        assert len(course.scores()) == 6
        assert {name: course.record(name) for name in kept} == before
    finally:
        subprocess.run(["umount", str(course.out)], check=True)


def test_one_command_at_a_time_and_only_in_its_own_folder(tmp_path: Path) -> None:
    with opened_store(tmp_path / "out", "two", None) as store:
        assert store.seed > 0
        with (
            pytest.raises(StoreError, match="another command"),
            opened_store(store.folder, "two", 1),
        ):
            pass
    with (
        pytest.raises(StoreError, match="not of 'three'"),
        opened_store(tmp_path / "out", "three", 1),
    ):
        pass
    with opened_store(tmp_path / "out", "two", None) as again:
        assert again.seed == store.seed
    with pytest.raises(StoreError, match="found out"), opened_store(tmp_path, "two", None):
        pass


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"format": 1}', "null", "\x00" * 100])
def test_a_torn_record_is_none(tmp_path: Path, text: str) -> None:
    with opened_store(tmp_path / "out", "two", None) as store:
        (store.folder / "records" / "a.json").write_text(text)
        assert store.record("a") is None


def test_grades_hold_no_formula_and_no_score_of_a_fault() -> None:
    check = CheckResult("t::a", "Q1", "", "1", True, 1.5, 2, "passed")
    report = Report("x", "two", 4, (check,))
    evil = Person("=HYPERLINK(1)", "+1", "@x", "17")
    entries = [
        Entry("a", "a", (), (evil, Person(" \t-2", "", "", "18")), platform="canvas"),
        Entry("b", "=1+1", ()),
    ]
    faulty = replace(report, faults=("x",))
    graded = (GradedSubmission(entries[0], report, {}), GradedSubmission(entries[1], faulty, {}))
    assignment = manifest.load(Path(__file__).parents[1] / "assignments/two_functions/staff")
    texts = tables(Batch(assignment, graded))
    rows = {name: list(csv.reader(io.StringIO(text))) for name, text in texts.items()}
    cells = [cell for table in rows.values() for row in table for cell in row]
    assert not [cell for cell in cells if cell.strip().startswith(tuple("=+-@"))]
    assert rows["grades.csv"][1][:4] == ["'=HYPERLINK(1)", "'+1", "'@x", "1.5"]
    assert rows["grades.csv"][3][3] == ""
    assert [row[1] for row in rows["grades-canvas.csv"]] == ["ID", "", "17", "18"]
    assert [row[0] for row in rows["grades-moodle.csv"]] == ["Identifier", "", ""]


@needs_root
def test_an_export_becomes_grades_by_name(course: Course) -> None:
    course.hand_in("right")
    export = course.folder / "export.zip"
    with zipfile.ZipFile(export, "w") as archive:
        data = (course.source / "right" / "two.ipynb").read_bytes()
        archive.writestr("x/submission_1/two.ipynb", data)
        archive.writestr("x/submission_2/../../../evil/two.ipynb", data)
        people = ":submitters:\n  - :name: {}\n    :sid: '0{}'\n    :email: {}@example.edu\n"
        text = "".join(
            f"submission_{n}:\n  " + people.format(name, n, n)
            for n, name in enumerate(["Ann Lee", '"=1+1 \\e[31m"'], start=1)
        )
        archive.writestr("x/submission_metadata.yml", text)
    assert course.run(source=export) == 0
    first = list(csv.DictReader(io.StringIO((course.out / "grades.csv").read_text())))
    assert [(row["Name"], row["SID"], row["Total Score"]) for row in first] == [
        ("Ann Lee", "01", "4.0"),
        ("'=1+1 \N{REPLACEMENT CHARACTER}[31m", "02", "0.0"),
    ]
    canvas = list(csv.DictReader(io.StringIO((course.out / "grades-canvas.csv").read_text())))
    assert [row["SIS Login ID"] for row in canvas] == ["", "1@example.edu", "2@example.edu"]
    kept = course.record("submission_1")
    assert course.run(source=export, no_cache=True) == 0
    assert course.record("submission_1") != kept  # it was graded anew, with times of its own
    assert course.ran("submission_1") == ALL
    with pytest.raises(BatchError, match="no such submission; ids are submission_1"):
        why(course.options(source=export), "x", course.assignment, course.templates, course.said)


@needs_root
def test_sessions_of_one_fork_server_grade_when_it_has_died(course: Course) -> None:
    course.hand_in("right")
    submission = course.source / "right"
    with ForkServer(course.assignment) as fork_server:
        sessions = [
            Session(course.assignment, course.templates, fork_server=fork_server) for _ in "ab"
        ]
        with sessions[0] as first, sessions[1] as second:
            assert [session.grade(submission).score for session in (first, second)] == [4, 4]
            assert fork_server._process is not None
            before = fork_server._process
            before.kill()
            before.wait()
            assert first.grade(submission).score == 4  # it lives without
            second.close()
            assert second.grade(submission).faulty  # the one that finds it dead
            assert second.grade(submission).score == 4
            assert fork_server._process is not before


@needs_root
def test_memory_changes_no_result(course: Course) -> None:
    course.hand_in("right")
    course.hand_in("wrong", ("axis=1", "axis=0"))
    assert course.run(slots=1) == 0
    assert course.run(slots=1, out=course.folder / "again") == 0
    assert course.ran("right")
    again = course.record("right", course.folder / "again")["report"]["checks"]
    assert not any(check["seconds"] for check in again)
    assert without_times(course.out) == without_times(course.folder / "again")


@needs_root
def test_the_report_and_pages_of_feedback(course: Course) -> None:
    """Made at the end, linked to each other, and made anew only where a result is newer."""
    course.hand_in("right")
    course.hand_in("wrong", ("axis=1", "axis=0"))
    assert course.run(feedback=True) == 0
    report = (course.out / "report.html").read_text()
    assert "Two small functions" in report
    assert "pages/wrong.html" in report
    student = (course.out / "feedback" / "wrong.html").read_text()
    staff = (course.out / "pages" / "wrong.html").read_text()
    assert "test_two.py" in staff
    assert "test_two.py" not in student
    assert "row_sums" in student
    written = {page: page.stat().st_mtime_ns for page in course.out.glob("*/*.html")}
    assert len(written) == 4
    course.hand_in("right", word="and more")
    assert course.run(feedback=True) == 0
    again = {page: page.stat().st_mtime_ns for page in course.out.glob("*/*.html")}
    assert {page.stem for page in again if again[page] != written[page]} == {"right"}


@needs_root
def test_a_report_while_others_wait(course: Course) -> None:
    for name in ("one", "two"):
        course.hand_in(name)
    assert course.run() == 0
    (course.out / "records" / "two.json").unlink()
    (course.out / "report.html").unlink()
    ran = subprocess.run(
        [sys.executable, "-m", "autograder", "report", str(course.out)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "1 submissions are not graded yet" in " ".join(ran.stdout.split())
    assert '"one"' in (course.out / "report.html").read_text()
    nothing = subprocess.run(
        [sys.executable, "-m", "autograder", "report", str(course.source)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert nothing.returncode == 2
    assert "no batch was graded into this folder" in " ".join(nothing.stderr.split())
