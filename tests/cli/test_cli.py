"""The command line as a user meets it: real processes, exit codes, files and words."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema
import pytest
from command_line import run
from conftest import ROOT, TWO_FUNCTIONS, Notebook, needs_root

from autograder import gradescope
from autograder.model import manifest
from release.markup.templates import solved, templates

NOBODY = 65534


def valid_results(path: Path) -> dict[str, object]:
    data: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.validate(data, json.loads(gradescope.SCHEMA.read_text(encoding="utf-8")))
    return data


@pytest.fixture
def staff(tmp_path: Path) -> Path:
    shutil.copytree(TWO_FUNCTIONS, tmp_path / "two")
    return tmp_path / "two" / "staff"


@pytest.fixture
def solution(tmp_path: Path) -> Path:
    notebooks = solved(manifest.load(TWO_FUNCTIONS / "staff"))
    return Notebook(notebooks["two.ipynb"]).save(tmp_path / "in" / "two.ipynb")


@needs_root
def test_grade_prints_a_table_and_writes_results(
    staff: Path, solution: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out" / "results.json"
    done = run("grade", solution, "--assignment", staff, "--out", out, "--seed", 11)
    assert done.returncode == 0, done.stderr
    assert "4 / 4" in done.stdout
    assert "box_blur with an even size" in done.stdout
    assert "seed 11" in done.stdout
    data = valid_results(out)
    assert data["score"] == 4


@needs_root
def test_grade_of_a_bundle_uses_its_templates(staff: Path, solution: Path, tmp_path: Path) -> None:
    """A folder with templates needs no solved source."""
    assignment = manifest.load(staff)
    (staff / "templates").mkdir()
    for name, data in templates(assignment).items():
        (staff / "templates" / name).write_bytes(data)
    (staff / "two.py").unlink()
    done = run("grade", solution, "-a", staff, "-o", tmp_path / "results.json")
    assert done.returncode == 0, done.stderr
    assert valid_results(tmp_path / "results.json")["score"] == 4


@needs_root
def test_a_bad_submission_is_graded_not_refused(staff: Path, tmp_path: Path) -> None:
    broken = tmp_path / "two.ipynb"
    broken.write_text("{", encoding="utf-8")
    done = run("grade", broken, "-a", staff, "-o", tmp_path / "results.json")
    assert done.returncode == 0
    assert "Traceback" not in done.stdout + done.stderr
    assert valid_results(tmp_path / "results.json")["score"] == 0


def test_a_wrong_manifest_is_one_sentence_and_still_a_result(staff: Path, tmp_path: Path) -> None:
    path = staff / manifest.FILE_NAME
    path.write_text(path.read_text().replace("points = 2", 'points = "two"', 1))
    out = tmp_path / "results.json"
    done = run("grade", tmp_path, "-a", staff, "-o", out)
    assert done.returncode == 2
    assert "line 24" in done.stderr
    assert "'question[0].points'" in done.stderr.replace("\n", "")
    assert "Traceback" not in done.stderr
    assert "not your fault" in str(valid_results(out)["output"])


@needs_root
def test_a_harness_fault_says_so_and_exits_differently(
    staff: Path, solution: Path, tmp_path: Path
) -> None:
    checks = staff / "checks" / "test_two.py"
    checks.write_text(checks.read_text() + "\nimport gone\n")
    done = run("grade", solution, "-a", staff, "-o", tmp_path / "results.json")
    assert done.returncode == 1
    assert "No module named 'gone'" in done.stdout
    extra = valid_results(tmp_path / "results.json")["extra_data"]
    assert isinstance(extra, dict)
    assert extra["harness_fault"] is True


@needs_root
def test_a_plain_user_grades_behind_landlock_and_a_second_filter(
    solution: Path, tmp_path: Path
) -> None:
    tmp_path.chmod(0o755)
    solution.parent.chmod(0o755)
    staff = TWO_FUNCTIONS / "staff"
    done = run("grade", solution, "-a", staff, user=NOBODY, group=NOBODY, cwd="/")
    assert done.returncode == 0, done.stderr
    assert "4 / 4" in done.stdout
    assert "WITHOUT the full sandbox" not in done.stdout


def test_what_is_required_and_cannot_be_had_refuses_unless_overridden(
    solution: Path, tmp_path: Path
) -> None:
    tmp_path.chmod(0o755)
    solution.parent.chmod(0o755)
    words = ("grade", solution, "-a", TWO_FUNCTIONS / "staff", "--require", "uid,seccomp")
    refused = run(*words, user=NOBODY, group=NOBODY, cwd="/")
    assert refused.returncode == 2
    assert "here uid cannot be had; run as root" in " ".join(refused.stderr.split())
    unknown = run(*words[:-1], "uid,walls")
    assert unknown.returncode == 2
    assert "found walls; choose from" in unknown.stderr
    unsafe = run(*words, "--allow-unsafe", user=NOBODY, group=NOBODY, cwd="/")
    assert unsafe.returncode == 0, unsafe.stderr
    assert "4 / 4" in unsafe.stdout
    assert "WITHOUT the full sandbox" in unsafe.stdout


@needs_root
def test_release_from_the_command_line(tmp_path: Path) -> None:
    out = tmp_path / "dist"
    done = run("release", TWO_FUNCTIONS / "staff", "--out", out, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert "Two small functions" in done.stdout
    assert (out / "student.zip").is_file()
    assert (out / "gradescope.zip").is_file()


def test_release_of_a_broken_box_is_one_sentence(staff: Path, tmp_path: Path) -> None:
    source = staff / "two.py"
    source.write_text(source.read_text().replace("END OF YOUR CODE", "END OF YOUR CDE", 1))
    done = run("release", staff, "--out", tmp_path / "dist")
    assert done.returncode == 2
    assert "two.py, cell 2, line " in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "dist").exists()


def test_help_names_the_commands() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert "grade" in done.stdout
    assert "release" in done.stdout


def test_a_new_assignment_from_the_command_line_releases(tmp_path: Path) -> None:
    done = run("new", "hw9", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "autograder release" in done.stdout
    done = run("release", "solutions/hw9", "--cache", tmp_path / "cache", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "dist" / "hw9" / "RELEASE.json").is_file()
    again = run("new", "hw9", cwd=tmp_path)
    assert again.returncode == 2
    assert "Traceback" not in again.stderr


def test_an_import_that_cannot_be_is_one_sentence(tmp_path: Path) -> None:
    done = run("import", "otter", tmp_path / "nothing.ipynb", "--out", tmp_path)
    assert done.returncode == 2
    assert "nothing.ipynb" in done.stderr
    assert "Traceback" not in done.stderr


def test_explain_shows_what_the_leak_scan_looked_at(staff: Path, tmp_path: Path) -> None:
    done = run("release", staff, "--out", tmp_path / "dist", "--explain")
    assert done.returncode == 0, done.stderr
    assert "Leak scan: what was looked at" in done.stdout
    assert "two.ipynb" in done.stdout
    (staff.parent / "public" / "hints.md").write_text("np.asarray(matrix).sum(axis=1)\n")
    done = run("release", staff, "--out", tmp_path / "dist", "--explain")
    assert done.returncode == 2
    assert "hints.md, line 1" in done.stdout
    assert "What is no leak can be allowed" in done.stderr
