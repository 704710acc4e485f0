"""The command line as people expect it: paths, encodings, progress, exit codes, and its log."""

from __future__ import annotations

import io
import os
import pty
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from command_line import COMMAND, run
from conftest import TWO_FUNCTIONS, Notebook, needs_root
from rich.console import Console

from autograder.cli import application
from autograder.commands import home
from autograder.home.table import ReportView
from autograder.model import course, faults, manifest
from autograder.model.report import CheckResult, Report
from autograder.pages.console import PlainConsole, replace_what_cannot_be_shown
from autograder.pages.stages import lines
from release.markup.templates import solved, templates
from release.proof.proof import Proof, _lost_by_solution
from release.terminal import _untitled

STAFF = TWO_FUNCTIONS / "staff"
WRONG = ("np.asarray(matrix).sum(axis=1)", "np.asarray(matrix).sum(axis=0)")


@pytest.fixture
def blank(tmp_path: Path) -> Path:
    path = tmp_path / "in" / "two.ipynb"
    path.parent.mkdir()
    path.write_bytes(templates(manifest.load(STAFF))["two.ipynb"])
    return path


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    notebook = Notebook(solved(manifest.load(STAFF))["two.ipynb"]).edit("row-sums", WRONG)
    return notebook.save(tmp_path / "wrong" / "two.ipynb")


# --- what every command has ---------------------------------------------------------------------


def test_the_version_is_that_of_the_installation() -> None:
    assert run("--version").stdout.startswith(f"dl-autograder {version('dl-autograder')} (Python ")


@pytest.mark.parametrize("command", ["", "grade", "release", "check", "doctor"])
def test_h_is_help(command: str) -> None:
    done = run(*command.split(), "-h")
    assert done.returncode == 0
    assert "Usage: autograder" in done.stdout


def test_the_shell_completes_commands() -> None:
    words = {"_AUTOGRADER_COMPLETE": "complete_bash", "COMP_WORDS": "autograder gr"}
    done = subprocess.run(
        COMMAND,
        env={**os.environ, **words, "COMP_CWORD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["grade", "gradescope", "gradescope-local"]


MISSING = [
    ("check", "-f", "gone"),
    ("check", "gone.ipynb"),
    ("submit-zip", "-f", "gone"),
    ("grade", "gone", "-a", STAFF),
    ("grade", ".", "-a", "gone"),
    ("grade", ".", "-a", "gone/assignment.toml"),
    ("explain", "gone", "Q1", "-a", STAFF),
    ("explain", ".", "Q1", "-a", "gone"),
    ("batch", "gone", "-a", STAFF, "-o", "out"),
    ("batch", ".", "-a", "gone", "-o", "out"),
    ("batch", ".", "-a", STAFF, "-o", "out", "--roster", "gone.csv"),
    ("report", "gone"),
    ("review", "gone"),
    ("feedback", "gone"),
    ("override", "gone", "ann", "1.1", "--points", "1"),
    ("gradescope", "-a", "gone", "--root", "."),
    ("gradescope", "-a", STAFF, "--root", "gone"),
    ("release", "gone"),
    ("release", STAFF, "--diff", "gone"),
    ("mutate", "gone"),
    ("setup", "gone"),
    ("gradescope-local", "gone", "-a", STAFF),
    ("gradescope-local", ".", "-a", "gone"),
    ("gradescope-local", ".", "-a", STAFF, "--bundle", "gone.zip"),
    ("gradescope-local", ".", "-a", STAFF, "--bundle", ".", "--metadata", "gone.json"),
    ("strip", "gone.py"),
    ("import", "otter", "gone.ipynb"),
    ("import", "nbgrader", "gone"),
]


@pytest.mark.parametrize("words", MISSING, ids=lambda words: " ".join(map(str, words))[:40])
def test_a_missing_path_is_one_sentence_and_exit_2(
    words: tuple[object, ...], tmp_path: Path
) -> None:
    if words[0] == "check" and words[1] == "gone.ipynb":  # in a folder that has an assignment
        (tmp_path / "checks").mkdir()
        text = (STAFF / manifest.FILE_NAME).read_text().replace('"../public"', '".."')
        (tmp_path / "checks" / manifest.FILE_NAME).write_text(text)
        (tmp_path / "checks" / "two.py").touch()
    done = subprocess.run(
        [*COMMAND, *map(str, words)],
        cwd=tmp_path,
        env={**os.environ, "COLUMNS": "1000"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "gone" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_missing_submission_still_leaves_results(tmp_path: Path) -> None:
    done = run("grade", tmp_path / "gone", "-a", STAFF, "-o", tmp_path / "results.json")
    assert done.returncode == 2
    assert "not your fault" in (tmp_path / "results.json").read_text(encoding="utf-8")


def test_an_assignment_is_its_folder_or_its_manifest(tmp_path: Path) -> None:
    shutil.copytree(TWO_FUNCTIONS, tmp_path / "two")
    source = tmp_path / "two" / "staff" / "two.py"
    source.write_text(source.read_text().replace("END OF YOUR CODE", "END OF YOUR CDE", 1))
    said = {
        run("release", tmp_path / "two" / "staff" / name).stderr for name in ("", "assignment.toml")
    }
    assert len(said) == 1
    assert "two.py, cell 2, line " in said.pop()


@needs_root
def test_a_course_may_have_brackets_in_its_name(blank: Path, tmp_path: Path) -> None:
    """pytest takes what stands in brackets for a test's parameters."""
    shutil.copytree(TWO_FUNCTIONS, tmp_path / "CS [182]" / "two")
    done = run("grade", blank, "-a", tmp_path / "CS [182]" / "two" / "staff")
    assert done.returncode == 0, done.stdout
    assert "0 / 4" in done.stdout


# --- encodings ----------------------------------------------------------------------------------


@needs_root
@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii", "utf-8"])
def test_what_an_encoding_lacks_is_replaced(blank: Path, encoding: str) -> None:
    odd = blank.parent.rename(blank.parents[1] / "Übung → 学生")
    done = subprocess.run(
        [*COMMAND, "grade", odd, "-a", STAFF],
        env={**os.environ, "PYTHONIOENCODING": encoding, "COLUMNS": "200"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shown = done.stdout.decode(encoding)
    assert "0 / 4" in shown
    name = {
        "cp1252": "Übung > ??",
        "cp437": "Übung > ??",
        "ascii": "?bung > ??",
        "utf-8": "Übung → 学生",
    }
    assert name[encoding] in shown
    # Passed and failed stay apart where their signs are lacking.
    assert ("  ✗   1.1" if encoding == "utf-8" else "| x | 1.1") in shown


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_errors_too(tmp_path: Path, encoding: str) -> None:
    done = subprocess.run(
        [*COMMAND, "release", tmp_path / "→"],
        env={**os.environ, "PYTHONIOENCODING": encoding, "COLUMNS": "1000"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert b"/>: there is no such file" in done.stderr


def test_a_stripped_notebook_is_written_as_it_is(tmp_path: Path) -> None:
    source = tmp_path / "two.py"
    text = (STAFF / "two.py").read_text(encoding="utf-8")
    source.write_text(text.replace("# # ", "# # Größe → ", 1), encoding="utf-8")
    run("strip", source, "-o", tmp_path / "two.ipynb")
    done = subprocess.run(
        [*COMMAND, "strip", source],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == (tmp_path / "two.ipynb").read_bytes()


def test_a_replacement_is_as_wide_as_what_it_replaces() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="strict")
    replace_what_cannot_be_shown(stream)
    stream.write("✓✗◐–—…·’‘“”«»×→é")
    stream.flush()
    assert stream.buffer.getvalue() == b"+x~--.-''\"\"<>x>?"  # type: ignore[attr-defined]


# --- progress -----------------------------------------------------------------------------------


@needs_root
def test_a_log_shows_each_stage_as_it_begins_and_its_time(tmp_path: Path) -> None:
    done = run("release", STAFF, "-o", tmp_path / "dist")
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    begun = [line.removesuffix(" ...") for line in said if line.endswith(" ...")]
    assert begun[0] == "stripping the notebooks"
    assert "grading the solution and the starter notebook" in begun
    for stage in begun:
        name = stage.partition(" (")[0]
        (ended,) = [line for line in said if line.startswith(f"{name} took ")]
        assert said.index(ended) == said.index(f"{stage} ...") + 1


def test_a_stage_that_fails_is_not_said_to_have_ended() -> None:
    console = Console(file=io.StringIO(), width=80)

    def stage() -> None:
        with lines(console) as shown:
            shown.start("looking for leaks")
            raise ValueError

    with pytest.raises(ValueError):
        stage()
    said = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert said[0] == "looking for leaks ..."
    assert said[1].startswith("looking for leaks was stopped after 0.")


@needs_root
def test_a_terminal_shows_no_unknown_count(blank: Path) -> None:
    seen = in_terminal(*COMMAND, "grade", str(blank), "-a", str(STAFF))
    assert "Starting the sandbox" in seen
    assert "Checking" in seen
    assert "/?" not in seen


def in_terminal(*words: str) -> str:
    """What a command writes into a terminal."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120"}
    with subprocess.Popen(words, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        seen = b""
        while True:
            try:
                piece = os.read(ours, 1 << 16)
            except OSError:  # as Linux says that the other end is closed
                break
            if not piece:
                break
            seen += piece
        process.wait()
    os.close(ours)
    return seen.decode("utf-8", "replace")


# --- what staff read, and exit codes ------------------------------------------------------------


@needs_root
def test_staff_read_in_the_terminal_what_students_do_not(wrong: Path) -> None:
    done = run("grade", wrong, "-a", STAFF)
    assert done.returncode == 0
    assert "For staff: " in done.stdout


def check_result(status: str, **more: object) -> CheckResult:
    fields = {"question": "Q1", "title": "t", "number": "1.1", "hidden": False, "score": 0.0}
    return CheckResult(
        **{"id": "a.py::b", **fields, "max_score": 1.0, "status": status, **more}  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("status", "code"), [("passed", 0), ("partial", 1), ("failed", 1), ("skipped", 1), ("fault", 3)]
)
def test_check_ends_as_pytest_does(status: str, code: int) -> None:
    report = Report("s", "a", 1.0, (check_result("passed"), check_result(status)))
    assert home._exit_code(report) == code


def test_students_do_not_read_staffs_text() -> None:
    report = Report("s", "a", 1.0, (check_result("failed", message="Wrong.", staff="secret"),))
    assert "secret" not in repr(ReportView(report, 1.0))


def test_without_the_release_tool_only_what_works_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("autograder.cli.added", lambda _group: [])
    shown = {command.name for command in application().registered_commands if not command.hidden}
    names = {command.callback.__name__ for command in application().registered_commands}  # type: ignore[union-attr]
    monkeypatch.undo()
    application()
    assert shown == {None, "submit-zip"}
    assert {"check", "doctor", "gradescope", "grade"} <= names
    assert "release" not in names


# --- causes first -------------------------------------------------------------------------------


def test_a_wrong_sum_of_points_is_one_line(tmp_path: Path) -> None:
    shutil.copytree(TWO_FUNCTIONS, tmp_path / "two")
    path = tmp_path / "two" / "staff" / manifest.FILE_NAME
    path.write_text(path.read_text().replace("points = 2", "points = 3", 1))
    done = run("release", path, "-o", tmp_path / "dist")
    assert done.returncode == 2
    assert done.stderr.count("\n  - ") == 1
    assert "Q1: its checks are worth 2 points, the manifest says 3" in done.stderr.replace(
        "\n", " "
    )


def test_checks_without_a_docstring_are_named() -> None:
    checks = (
        check_result("passed", id="a.py::test_many_rows", title="many rows", number="1.1"),
        check_result("passed", id="a.py::test_few", title="few are enough", number="1.2"),
    )
    report = Report("s", "a", 4.0, checks)
    (advice,) = _untitled(Proof(report, report))
    assert advice.startswith("Advice: 1.1 has no docstring; students read 'many rows'.")
    few = Report("s", "a", 4.0, checks[1:])
    assert not list(_untitled(Proof(few, few)))


def test_what_follows_from_a_cause_is_left_out() -> None:
    broken = {"staff": "checks/a.py, line 3: No module named 'x'", "message": "The grader failed"}
    checks = (
        check_result("failed", id="a.py::first", message="cause"),
        check_result("skipped", id="a.py::second", message="this one has to pass first"),
        check_result("fault", id="a.py::third", **broken),
        check_result("fault", id="a.py::fourth", **broken),
    )
    problems = _lost_by_solution(Report("s", "a", 4.0, checks))
    assert len(problems) == 2
    assert "first" in problems[0]
    assert "cause" in problems[0]
    assert "third (and 1 more check likewise)" in problems[1]
    said = check_result("failed", message="Came back: something else", staff="a mean of 288")
    (problem,) = _lost_by_solution(Report("s", "a", 4.0, (said,)))
    assert problem.endswith("Came back: something else\nFor staff: a mean of 288")
    only = _lost_by_solution(Report("s", "a", 4.0, checks[1:2]))
    assert "this one has to pass first" in only[0]


# --- the log of internal errors -----------------------------------------------------------------


@needs_root
def test_a_fault_of_a_grading_is_logged(
    blank: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    shutil.copytree(TWO_FUNCTIONS, tmp_path / "two")
    checks = tmp_path / "two" / "staff" / "checks" / "test_two.py"
    checks.write_text(checks.read_text() + "\nimport gone\n")
    done = run("grade", blank, "-a", tmp_path / "two" / "staff")
    assert done.returncode == 1
    log = tmp_path / "state" / "dl-autograder" / faults.LOG
    assert str(log) in done.stdout
    text = log.read_text(encoding="utf-8")
    assert f"grade {blank} -a" in text
    assert f"assignment: {tmp_path / 'two' / 'staff'}" in text
    assert f"dl-autograder {version('dl-autograder')}, Python " in text
    assert "No module named 'gone'" in text
    assert log.stat().st_mode & 0o777 == 0o600


RAISES = """
import sys
from autograder import cli
from autograder.model.errors import HarnessFault
def fail(*_, **__): raise HarnessFault("the wire is cut")
cli.app = fail
sys.argv = ["autograder", "grade", "x"]
cli.main()
"""


def raised(state: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", RAISES],
        env={**os.environ, "XDG_STATE_HOME": str(state), "COLUMNS": "1000"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_internal_error_names_its_log(tmp_path: Path) -> None:
    done = raised(tmp_path)
    assert done.returncode == 1
    assert "HarnessFault: the wire is cut" in done.stderr
    assert "Traceback" not in done.stderr
    log = tmp_path / "dl-autograder" / faults.LOG
    assert str(log) in done.stderr
    assert "Traceback" in log.read_text(encoding="utf-8")
    raised(tmp_path)
    assert log.read_text(encoding="utf-8").count("==== 20") == 2


def test_where_no_log_can_be_written_the_traceback_is_shown(tmp_path: Path) -> None:
    (tmp_path / "dl-autograder").touch()  # a file where the folder would be
    done = raised(tmp_path)
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "cannot be written" in done.stderr


def test_the_log_does_not_grow_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(faults, "MOST_BYTES", 500)
    for number in range(9):
        path = faults.write_log([f"fault {number}" + "x" * 200])
    assert path is not None
    assert "fault 8" in path.read_text(encoding="utf-8")
    assert sum(file.stat().st_size for file in path.parent.iterdir()) < 5000


def test_a_log_that_is_a_link_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    folder = tmp_path / "dl-autograder"
    folder.mkdir()
    (tmp_path / "other").touch()
    (folder / faults.LOG).symlink_to(tmp_path / "other")
    assert faults.write_log(["fault"]) is None
    assert not (tmp_path / "other").read_bytes()


def test_nothing_is_said_where_nothing_failed() -> None:
    console = PlainConsole(file=io.StringIO())
    faults.print_faults(console, ())
    assert console.file.getvalue() == ""  # type: ignore[attr-defined]


# --- the machine, and the course's folder -------------------------------------------------------


@needs_root
def test_the_doctor_says_what_holds_a_submission() -> None:
    done = run("doctor")
    assert done.returncode == 0, done.stdout
    for words in ("Python: 3.", "Landlock", "as root (user 0): session", "Gradescope's image:"):
        assert words in done.stdout


def test_the_doctor_finds_what_a_plain_user_lacks() -> None:
    done = run("doctor", user=65534, group=65534, cwd="/")
    assert "as a plain user (user 65534): " in done.stdout


@pytest.mark.parametrize(
    ("staff", "expected"),
    [("solutions/hw1", ""), ("solutions/week1/hw1", ""), ("elsewhere/hw1", "here")],
)
def test_a_release_is_built_in_the_courses_folder(
    staff: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / staff
    shutil.copytree(STAFF, folder)
    (folder / "../public").resolve().mkdir()
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    assignment = manifest.load(folder)
    found = (Path.cwd() / course.dist(assignment)).resolve()
    assert found == tmp_path / expected / "dist" / "two-functions"
