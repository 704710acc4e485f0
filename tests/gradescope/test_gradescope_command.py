"""The whole run as Gradescope starts it: real files, real grading, a result whatever happens."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from conftest import ROOT, TWO_FUNCTIONS, Notebook, needs_root

from autograder import gradescope
from autograder.gradescope import command
from autograder.grading.session import Session
from autograder.model import manifest
from autograder.sandbox import landlock
from release.markup.templates import solved, templates

SCHEMA = json.loads(gradescope.SCHEMA.read_text(encoding="utf-8"))
CREATED, DUE = "2026-10-02T14:22:32.365935-07:00", "2026-10-01T23:59:00.000000-07:00"
METADATA: dict[str, Any] = {
    "id": 1,
    "created_at": CREATED,
    "assignment": {"due_date": DUE, "late_due_date": None, "total_points": "4.0"},
    "submission_method": "upload",
    "users": [{"id": 1, "email": "ada@example.edu", "name": "Ada"}],
    "previous_submissions": [],
}


@dataclass
class Place:
    """What Gradescope lays out, with an assignment's bundle beside it."""

    root: Path
    staff: Path
    lines: list[str] = field(default_factory=list)
    code: int = -1

    def metadata(self, **changes: object) -> Place:
        text = json.dumps({**METADATA, **changes})
        (self.root / "submission_metadata.json").write_text(text, encoding="utf-8")
        return self

    def rules(self, text: str) -> Place:
        path = self.staff / manifest.FILE_NAME
        path.write_text(f"{path.read_text(encoding='utf-8')}\n{text}", encoding="utf-8")
        return self

    def hand_in(self, change: Callable[[Notebook], object] = lambda _notebook: None) -> Place:
        notebook = Notebook(solved(manifest.load(TWO_FUNCTIONS / "staff"))["two.ipynb"])
        change(notebook)
        notebook.save(self.root / "submission" / "two.ipynb")
        return self

    def run(self) -> dict[str, Any]:
        self.code = command.run(self.staff, self.root, tell=self.lines.append)
        return self.results()

    def results(self) -> dict[str, Any]:
        (path,) = (self.root / "results").iterdir()  # and nothing half-written
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        jsonschema.validate(data, SCHEMA)
        return data


@pytest.fixture
def place(tmp_path: Path) -> Place:
    tmp_path.chmod(0o711)
    shutil.copytree(TWO_FUNCTIONS, tmp_path / "source")
    staff = tmp_path / "source" / "staff"
    (staff / "templates").mkdir()
    for name, data in templates(manifest.load(staff)).items():
        (staff / "templates" / name).write_bytes(data)
    (staff / "two.py").unlink()  # a bundle holds no solution
    (tmp_path / "submission").mkdir()
    return Place(tmp_path, staff)


@needs_root
def test_a_late_group_submission(place: Place) -> None:
    """Grace, a day's percentage, an extension that is too short, hidden checks, hashes."""
    place.hand_in().rules(
        """
        [gradescope]
        hidden_total = true
        [gradescope.late]
        percent_per_day = 10
        [gradescope.hidden_checks]
        before_due = "visible"
        after_due = "after_due_date"
        [gradescope.limit]
        submissions = 3
        hours = 24
        [gradescope.extensions]
        "bob@example.edu" = 2026-10-02T12:00:00-07:00
        """
    )
    users = [{"id": 1, "email": "ada@example.edu"}, {"id": 2, "email": "Bob@example.edu"}]
    data = place.metadata(users=users).run()
    assert place.code == 0, place.lines
    assert data["score"] == 3.6
    assert data["output"].splitlines() == [
        "This is graded submission 1 of 3 in 24 hours.",
        "Submitted 2 hours 22 minutes after your due date of 2026-10-02 12:00 (UTC-07:00), which "
        "counts as 1 day at 10 % a day: 90 % of your points count. "
        "If that date is not yours, tell the staff.",
        "4 of 4 points are judged by checks that you cannot see (4 until the due date has passed); "
        "as long as any is hidden, Gradescope shows no total, so go by the checks that you see and "
        "by the handout.",
    ]
    assert {test["visibility"] for test in data["tests"]} == {"after_due_date"}
    extra = data["extra_data"]
    assert extra["due"]["source"] == "manifest"
    assert extra["isolation"] == ("full" if landlock.version() else "minimum")
    assert {"uid", "seccomp"} <= set(extra["sandbox"])
    assert extra["harness_version"]
    assert len(extra["seconds"]) == 4
    handed_in = (place.root / "submission" / "two.ipynb").read_bytes()
    assert extra["sha256"] == {"two.ipynb": sha256(handed_in).hexdigest()}


@needs_root
def test_nothing_submitted_and_no_metadata(place: Place) -> None:
    shutil.rmtree(place.root / "submission")
    data = place.run()
    assert (place.code, data["score"]) == (0, 0)
    assert "there is no such submission" in data["output"]
    assert any("submission_metadata.json cannot be read" in line for line in place.lines)
    assert "not your fault" not in data["output"]


@needs_root
def test_unreadable_files_and_broken_metadata(place: Place) -> None:
    place.hand_in()
    (place.root / "submission" / "copy.ipynb").symlink_to("/etc/passwd")
    place.metadata(created_at=[], assignment="x", users={}, previous_submissions=7)
    place.rules("[gradescope.late]\npercent_per_day = 10")
    data = place.run()
    assert (place.code, data["score"]) == (0, 4)
    assert len(data["extra_data"]["metadata_notes"]) == 4
    assert "the late policy was not applied: no time of submission, or no due date" in place.lines
    assert "copy.ipynb was left out" in data["output"]


@needs_root
def test_the_limit_repeats_the_last_results_and_runs_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.rules("[gradescope.limit]\nsubmissions = 1\nhours = 24").hand_in()
    first = place.metadata().run()
    assert first["score"] == 4
    monkeypatch.setattr(command, "Session", None)  # a call would be a fault
    previous = {"submission_time": CREATED, "score": 4.0, "autograder_error": False}
    place.metadata(
        created_at="2026-10-03T14:22:32-07:00",
        previous_submissions=[{**previous, "results": first}],
    )
    second = place.run()
    assert place.code == 0, place.lines
    assert (second["score"], second["tests"]) == (4, first["tests"])
    assert second["output"].startswith(
        "This submission was not graded: the one graded submission in 24 hours is used. "
    )
    assert "submitted from 2026-10-03 14:23 (UTC-07:00) on." in second["output"]
    assert second["extra_data"]["repeated"] is True
    assert second["extra_data"]["seed"] == first["extra_data"]["seed"]


def test_a_wrong_manifest(place: Place) -> None:
    place.rules("[gradescope]\ntimeout = 5").metadata().hand_in()
    data = place.run()
    assert (place.code, data["score"]) == (2, 0)
    assert "not your fault" in data["output"]
    (entry,) = data["tests"]
    assert entry["visibility"] == "hidden"
    assert "key 'gradescope.timeout': unknown; the known keys are" in entry["output"]
    assert data["extra_data"]["excused"] == [CREATED]


def test_no_bundle(place: Place) -> None:
    shutil.rmtree(place.staff / "templates")
    (place.staff / "two.py").write_text("", encoding="utf-8")
    data = place.hand_in().run()
    assert place.code == 2
    assert "there is no template; give the assignment's folder" in data["tests"][0]["output"]


@needs_root
def test_a_check_that_breaks_is_a_fault(place: Place) -> None:
    checks = place.staff / "checks" / "test_two.py"
    checks.write_text(f"{checks.read_text(encoding='utf-8')}\nimport gone\n", encoding="utf-8")
    data = place.hand_in().metadata().run()
    assert place.code == 1
    assert "No module named 'gone'" in data["tests"][-1]["output"]
    assert any("No module named 'gone'" in line for line in place.lines)


@needs_root
@pytest.mark.parametrize("own", [True, False])
def test_whose_fault_it_was(place: Place, own: bool) -> None:
    """The harness fails on the submission alone, or on the starter notebook too."""
    checks = place.staff / "checks" / "test_two.py"
    when = "if type(got) is str:" if own else "if True:"
    check = f"""
import os


@question("Q1")
@weight(0)
@number("9")
def test_crash(student: Student) -> None:
    try:
        got = student.call("row_sums", np.ones((2, 2)))
    except BaseException:
        got = None
    {when}
        os.kill(os.getpid(), 11)
"""
    checks.write_text(checks.read_text(encoding="utf-8") + check, encoding="utf-8")
    place.rules("[gradescope.limit]\nsubmissions = 2\nhours = 24")
    place.hand_in(lambda notebook: notebook.edit("row-sums", ("return ", "return 'a' or ")))
    data = place.metadata().run()
    extra = data["extra_data"]
    assert place.code == 1
    assert extra["harness_fault"]
    assert extra["own_faults"] == ([CREATED] if own else [])
    assert extra["excused"] == ([] if own else [CREATED])
    assert any("not on the starter notebook" in line for line in place.lines) == own


def forever(notebook: Notebook) -> None:
    notebook.edit("box-blur", ("return ndimage", "while True: pass\n    return ndimage"))


@needs_root
def test_it_stops_in_time_with_what_it_has(place: Place) -> None:
    place.staff.joinpath(manifest.FILE_NAME).write_text(
        (place.staff / manifest.FILE_NAME)
        .read_text(encoding="utf-8")
        .replace("check_seconds = 5", "check_seconds = 50"),
        encoding="utf-8",
    )
    place.rules("[gradescope]\ntimeout_seconds = 10").metadata().hand_in(forever)
    # As if the container had been slow to start.
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(command.Clock, "_reserve", 7.0)
        started = time.monotonic()
        data = place.run()
    assert time.monotonic() - started < 10
    assert place.code == 0, place.lines
    assert data["score"] == 2  # row_sums
    stopped = [test["output"] for test in data["tests"] if test["score"] == 0]
    assert len(stopped) == 2
    assert all("tell the staff" in output for output in stopped)
    assert "2 of 4 checks did not end" in data["extra_data"]["flags"][0]


def test_a_grader_that_hangs_is_stopped(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_arguments: object, **_options: object) -> None:
        time.sleep(60)

    monkeypatch.setattr(Session, "__enter__", hang)
    monkeypatch.setattr(command.Clock, "for_all", 0.2)
    data = place.hand_in().metadata().run()
    assert place.code == 1
    assert "stopped by SIGALRM before grading had ended" in data["tests"][0]["output"]


def test_a_run_that_is_killed_leaves_a_result(place: Place) -> None:
    place.hand_in().metadata()
    program = (
        "import os, signal, sys; from pathlib import Path\n"
        "from autograder.gradescope import command\n"
        "command.load = lambda folder: os.kill(os.getpid(), signal.SIGKILL)\n"
        "command.run(Path(sys.argv[1]), Path(sys.argv[2]))\n"
    )
    arguments = [sys.executable, "-c", program, place.staff, place.root]
    done = subprocess.run(arguments, check=False, timeout=60)
    assert done.returncode == -9
    data = place.results()
    assert data["score"] == 0
    assert "Grading was begun and did not end" in data["tests"][0]["output"]
    assert data["extra_data"]["excused"] == [CREATED]


def test_results_that_cannot_be_written_are_told(place: Place) -> None:
    (place.root / "results").write_text("no folder", encoding="utf-8")
    assert command.run(place.staff, place.root, tell=place.lines.append) == 1
    assert any("cannot be written" in line for line in place.lines)


def test_staff_who_do_not_listen_cost_nothing(place: Place) -> None:
    def tell(_line: str) -> None:
        raise BrokenPipeError

    assert command.run(place.root / "nowhere", place.root, tell=tell) == 2
    assert place.results()["score"] == 0


def run_script(place: Place, python: str) -> str:
    """What run_autograder prints, with its paths in the place's folder."""
    text = (ROOT / "release" / "bundles" / "gradescope" / "run_autograder").read_text(
        encoding="utf-8"
    )
    text = text.replace("/opt/grader/bin/python", python)
    text = text.replace("/opt/content/@STAFF@", str(place.staff))
    script = place.root / "run_autograder"
    script.write_text(text.replace("/autograder", str(place.root)), encoding="utf-8")
    done = subprocess.run(["bash", script], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0
    return done.stdout + done.stderr


@needs_root
def test_the_script_grades(place: Place) -> None:
    place.hand_in().metadata()
    printed = run_script(place, sys.executable)
    assert place.results()["score"] == 4, printed
    assert "4 of 4 points earned" in printed
    assert (place.root / "submission_metadata.json").stat().st_mode & 0o077 == 0


def test_the_script_leaves_a_result_where_the_grader_does_not_start(place: Place) -> None:
    run_script(place, "/nowhere/python")
    data = place.results()
    assert data["score"] == 0
    assert "not your fault" in data["output"]
