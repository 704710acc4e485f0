"""From the wheel alone, in an empty folder outside the checkout: all that a course does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import one_wheel
import pytest
from conftest import ROOT, needs_root
from installed import Environment, build_wheel, install

from autograder.model import manifest
from release.bundles import student as bundled
from release.markup.templates import solved
from release.packages.own_package import description

NOTEBOOK = "notebook.ipynb"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def staff(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """As `pip install 'dl-autograder[staff]'` makes it."""
    return install(wheel, tmp_path_factory.mktemp("staff"), ["staff"])


@pytest.fixture(scope="module")
def course(staff: Environment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course's folder with an assignment that is released."""
    folder = tmp_path_factory.mktemp("course")
    assert "autograder release solutions/hw1" in staff.said(folder, "new", "hw1")
    said = staff.said(folder, "release", "solutions/hw1")
    assert "1 public checks pass, run from student.zip." in said
    return folder


@pytest.fixture(scope="module")
def solution(course: Path) -> Path:
    made = solved(manifest.load(course / "solutions" / "hw1"))
    (course / "in").mkdir()
    (course / "in" / NOTEBOOK).write_bytes(made[NOTEBOOK])
    return course / "in"


@pytest.fixture(scope="module")
def student(course: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Environment, Path]:
    """A student's environment, of the wheel in student.zip, and the unpacked folder."""
    folder = tmp_path_factory.mktemp("student")
    with zipfile.ZipFile(course / "dist" / "hw1" / "student.zip") as archive:
        archive.extractall(folder)
    (wheel,) = (folder / "hw1").glob("*.whl")
    return install(wheel, folder, []), folder / "hw1"


def test_the_wheel_holds_all_files_of_both_packages(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    listed = ["git", "ls-files", "-co", "--exclude-standard", "autograder", "release"]
    files = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert held == {name for name in files.splitlines() if (ROOT / name).exists()}


def test_the_lock_that_is_shipped_is_the_checkouts(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert archive.read("release/requirements.lock") == (
            (ROOT / "requirements.lock").read_bytes()
        )


def test_a_students_wheel_has_a_version_of_its_content_and_its_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = []
    for needs in (("numpy>=1",), ("numpy>=1",), ("numpy>=2",)):
        described = replace(description(), dependencies=needs)
        monkeypatch.setattr(bundled, "description", lambda described=described: described)
        names.append(one_wheel.build_wheel(tmp_path).name)
    assert names[0] == names[1] != names[2]
    with zipfile.ZipFile(tmp_path / names[2]) as archive:
        told = next(name for name in archive.namelist() if name.endswith("/METADATA"))
        assert b"Requires-Dist: numpy>=2" in archive.read(told)


def test_a_release_holds_what_one_from_the_checkout_would(course: Path) -> None:
    with zipfile.ZipFile(course / "dist" / "hw1" / "gradescope.zip") as archive:
        names = set(archive.namelist())
        lock = archive.read("requirements.lock")
        told = archive.read("pyproject.toml").decode()
    assert lock == (ROOT / "requirements.lock").read_bytes()
    assert '"numpy>=1.26"' in told
    assert "torch" not in told  # which this homework does not import
    assert "jupytext" not in told
    assert {"setup.sh", "run_autograder", "autograder/cli.py"} <= names
    assert "autograder/schemas/manifest.schema.json" in names


@needs_root
def test_staff_grade_explain_and_strip(staff: Environment, course: Path, solution: Path) -> None:
    said = staff.said(
        course, "grade", solution, "-a", "solutions/hw1/assignment.toml", "-o", "results.json"
    )
    assert "10 / 10" in said
    assert json.loads((course / "results.json").read_text())["score"] == 10
    assert "kept" in staff.said(course, "explain", solution, "Q1", "-a", "solutions/hw1")
    source = "solutions/hw1/notebook.py"
    stripped = staff.run(course, "strip", source, PYTHONIOENCODING="ascii").stdout
    assert stripped == (course / "dist" / "hw1" / "student" / NOTEBOOK).read_bytes()


@needs_root
def test_staff_grade_a_batch_and_read_its_report(
    staff: Environment, course: Path, solution: Path
) -> None:
    for name in ("ann", "bob"):
        shutil.copytree(solution, course / "all" / name)
    said = staff.said(course, "batch", "all", "-a", "solutions/hw1", "-o", "graded")
    assert "Grading (2) ..." in said
    assert "10 of 10" in said
    assert (course / "graded" / "report.html").is_file()
    assert "report.html" in staff.said(course, "report", "graded")
    assert "2 files" in staff.said(course, "feedback", "graded")


def test_staff_import_and_set_up(staff: Environment, course: Path, tmp_path: Path) -> None:
    cells = [
        _cell("raw", "# ASSIGNMENT CONFIG\nname: lab\n"),
        _cell("raw", "# BEGIN QUESTION\nname: q1\npoints: 2\n"),
        _cell("raw", "# BEGIN SOLUTION"),
        _cell("code", "double = lambda x: 2 * x # SOLUTION"),
        _cell("raw", "# END SOLUTION"),
        _cell("raw", "# BEGIN TESTS"),
        _cell("code", "assert double(4) == 8"),
        _cell("raw", "# END TESTS"),
        _cell("raw", "# END QUESTION"),
    ]
    source = tmp_path / "lab.ipynb"
    source.write_text(
        json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})
    )
    staff.said(tmp_path, "import", "otter", source)
    assert (tmp_path / "solutions" / "lab" / manifest.FILE_NAME).is_file()
    assert "locked and installed" in staff.said(course, "setup", "solutions/hw1")


def _cell(kind: str, source: str) -> dict[str, object]:
    code = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return {"cell_type": kind, "metadata": {}, "source": source, **code}


def test_gradescopes_image_is_asked_for(staff: Environment, course: Path, solution: Path) -> None:
    """Without a container engine it gets as far as saying so; its bundle was found."""
    said = staff.said(
        course, "gradescope-local", solution, "-a", "solutions/hw1", code=2, PATH="/nowhere"
    )
    assert "neither docker nor podman was found" in said


@needs_root
def test_the_core_alone_grades_as_gradescopes_image_does(
    student: tuple[Environment, Path], course: Path, solution: Path, tmp_path: Path
) -> None:
    """The image has what the core needs, and none of the extras."""
    with zipfile.ZipFile(course / "dist" / "hw1" / "gradescope.zip") as archive:
        archive.extractall(tmp_path / "source")
    root = tmp_path / "root"
    shutil.copytree(solution, root / "submission")
    (folder,) = (tmp_path / "source" / "content").rglob(manifest.FILE_NAME)
    student[0].said(root, "gradescope", "-a", folder, "--root", root)
    results = json.loads((root / "results" / "results.json").read_text())
    assert results["score"] == 10
    assert results["extra_data"]["sandbox"]


def test_students_check_and_hand_in(student: tuple[Environment, Path], solution: Path) -> None:
    """The exit code is that of pytest: 1 where a check does not pass."""
    environment, folder = student
    said = environment.said(folder, "check", code=1)
    assert "0 / 1" in said
    blank = (folder / NOTEBOOK).read_bytes()
    shutil.copyfile(solution / NOTEBOOK, folder / NOTEBOOK)
    assert "1 / 1" in environment.said(folder, "check")
    assert "Submit" in environment.said(folder, "submit-zip")
    assert (folder / "hw1-submission.zip").is_file()
    (folder / NOTEBOOK).write_bytes(blank)


def test_students_are_shown_what_works_for_them(student: tuple[Environment, Path]) -> None:
    environment, folder = student
    said = environment.said(folder, "--help")
    shown = {line.split()[1] for line in said.splitlines() if line.startswith("│ ")}
    assert {"check", "submit-zip", "doctor"} <= shown
    assert not shown & {"grade", "batch", "release", "new", "strip", "gradescope", "review"}
    assert "Isolation" not in environment.said(folder, "doctor")


def test_students_notebooks_check_themselves(student: tuple[Environment, Path]) -> None:
    environment, folder = student
    program = "from autograder.notebook import check\ncheck()\n"
    done = subprocess.run(
        [environment.python, "-c", program],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "HOME": str(environment.home)},
        check=False,
    )
    assert "Public checks · hw1" in done.stdout, done.stderr


def test_what_an_extra_lacks_is_said_in_one_sentence(
    wheel: Path, course: Path, tmp_path: Path
) -> None:
    """The wheel without its extras, as somebody installs it who has not read on."""
    bare = install(wheel, tmp_path, [])
    said = bare.said(tmp_path, "release", course / "solutions" / "hw1", code=2)
    assert "pip install 'dl-autograder[staff]'" in said
    assert "is not installed" in bare.said(tmp_path, "doctor", code=1)
