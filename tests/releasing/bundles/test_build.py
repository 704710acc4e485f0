"""A whole release: what students get, what Gradescope gets, and the proof that stops a bad one."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from importlib.metadata import version
from pathlib import Path

import nbformat
import pytest
from conftest import TWO_FUNCTIONS, needs_root
from one_wheel import build_wheel

from autograder.model import manifest
from autograder.model.manifest import Assignment
from release.build import Release, build
from release.bundles.bundle import BundleError
from release.markup.anchors import AnchorError
from release.markup.templates import solution_files, solved, strip
from release.proof.proof import ProofFailed

ANSWERS = ("filter_size**2", "-4", "ndimage.convolve(image, kernel)", "[0, 1, 0]")


@pytest.fixture
def staff(tmp_path: Path) -> Path:
    shutil.copytree(TWO_FUNCTIONS, tmp_path / "two")
    return tmp_path / "two" / "staff"


def names(archive: Path) -> list[str]:
    with zipfile.ZipFile(archive) as opened:
        return opened.namelist()


def test_students_get_valid_notebooks_without_answers(hw4_release: Release) -> None:
    notebook = hw4_release.folder / "student" / "HandDesignFilters.ipynb"
    tree = nbformat.read(notebook, as_version=4)
    nbformat.validate(tree)
    assert [cell.id for cell in tree.cells if cell.cell_type == "code"][:2] == ["setup", "imports"]
    code = [cell for cell in tree.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    averaging = next(cell for cell in code if cell.id == "averaging").source
    assert "# TODO: Build the averaging kernel" in averaging
    assert "END OF YOUR CODE" in averaging
    assert "filtered_image = None  # your code" in averaging
    for path in (hw4_release.folder / "student").rglob("HandDesign*"):
        text = path.read_text(encoding="utf-8")
        assert not [answer for answer in ANSWERS if answer in text], path


def test_student_bundle_is_the_public_folder_the_notebooks_and_what_checks_them(
    hw4: Assignment, hw4_release: Release
) -> None:
    public = {
        path.relative_to(hw4.public).as_posix()
        for path in hw4.public.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    notebooks = {entry.file for entry in hw4.notebooks}
    pristine = {f"checks/templates/{name}" for name in notebooks}
    (wheel,) = (hw4_release.folder / "student").glob("dl_autograder-*-py3-none-any.whl")
    added = {*notebooks, *pristine, "checks/assignment.toml", "checks/handout.json", wheel.name}
    assert set(names(hw4_release.student_zip)) == {f"hw4/{name}" for name in public | added}


def test_a_solved_student_bundle_passes_at_home(
    hw4: Assignment, hw4_solved: dict[str, bytes], hw4_release: Release, tmp_path: Path
) -> None:
    with zipfile.ZipFile(hw4_release.student_zip) as archive:
        archive.extractall(tmp_path)
    for name, data in hw4_solved.items():
        (tmp_path / "hw4" / name).write_bytes(data)
    ran = subprocess.run(
        [sys.executable, "-m", "autograder", "check"],
        cwd=tmp_path / "hw4",
        capture_output=True,
        text=True,
        check=False,
    )
    texts = [path.read_text(encoding="utf-8") for path in hw4.public_checks.glob("test_*.py")]
    checks = sum(text.count("\ndef test_") for text in texts)
    assert ran.stdout.count("✓") == checks, ran.stdout + ran.stderr
    assert "✗" not in ran.stdout


def test_gradescope_bundle_holds_the_grader_and_no_solved_source(
    hw4: Assignment, hw4_release: Release
) -> None:
    held = names(hw4_release.gradescope_zip)
    for name in (
        "setup.sh",
        "run_autograder",
        "Dockerfile",
        "requirements.lock",
        "autograder/schemas/results.schema.json",
        "content/solutions/hw4/assignment.toml",
        "content/solutions/hw4/checks/test_part_h.py",
        "content/solutions/hw4/templates/HandDesignFilters.ipynb",
        "content/assignment/hw4/hw4/__init__.py",
    ):
        assert name in held
    secret = [entry.source for entry in hw4.notebooks] + ["mistakes/", "submission/"]
    assert not [name for name in held if any(part in name for part in secret)]
    with zipfile.ZipFile(hw4_release.gradescope_zip) as archive:
        for script in ("setup.sh", "run_autograder"):
            assert archive.getinfo(script).external_attr >> 16 == 0o100755
            text = archive.read(script).decode()
            assert "content/solutions/hw4" in text
            assert "@STAFF@" not in text
            subprocess.run(["bash", "-n"], input=text, text=True, check=True)


def test_proof_of_homework_four(hw4_release: Release) -> None:
    assert hw4_release.proof.solution.score == 100
    assert hw4_release.proof.blank.score == 0


def test_two_releases_are_the_same_bytes(
    staff: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of all that there is: from the stripping to the proof, nothing is remembered."""
    monkeypatch.setattr("release.bundles.student.build_wheel", build_wheel)
    assignment = manifest.load(staff)
    first, again = (build(assignment, tmp_path / name) for name in ("first", "again"))
    assert_the_same_bytes(first, again)


def test_two_bundles_of_homework_four_are_the_same_bytes(
    hw4: Assignment, hw4_release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of one proof, which takes a minute of training each time."""
    monkeypatch.setattr("release.build.prove", lambda *_, **__: hw4_release.proof)
    assert_the_same_bytes(hw4_release, build(hw4, hw4_release.folder.with_name("again")))


def assert_the_same_bytes(first: Release, again: Release) -> None:
    for name in ("student.zip", "gradescope.zip", "RELEASE.json"):
        assert (first.folder / name).read_bytes() == (again.folder / name).read_bytes()


def test_the_record_holds_versions_hashes_and_proof(hw4_release: Release) -> None:
    record = json.loads(hw4_release.record.read_text(encoding="utf-8"))
    for path in (hw4_release.student_zip, hw4_release.gradescope_zip):
        assert record["bundles"][path.name] == {
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "bytes": path.stat().st_size,
        }
    student = hw4_release.folder / "student"
    assert set(record["student"]) == {
        path.relative_to(student).as_posix() for path in student.rglob("*") if path.is_file()
    }
    assert record["versions"]["torch"] == version("torch")
    assert "HandDesignFilters.py" in record["sources"]
    assert sum(check["solution"] for check in record["proof"]["checks"]) == record["points"] == 100
    assert len(record["proof"]["mistakes"]) == len(hw4_release.proof.mistakes) > 100
    assert len(record["proof"]["public_checks"]) == 7
    assert record["leak_scan"]["searched_for"]["answers with syntax trees"] == 15
    text = hw4_release.record.read_text(encoding="utf-8")
    assert str(hw4_release.folder.parent) not in text
    assert str(Path.home()) not in text


@needs_root
def test_the_gradescope_bundle_grades_by_itself(
    hw4: Assignment, hw4_release: Release, training_cache: Path, tmp_path: Path
) -> None:
    """Unpacked and run with its own copy of the harness, as run_autograder does it."""
    tmp_path.chmod(0o711)
    source = tmp_path / "source"
    with zipfile.ZipFile(hw4_release.gradescope_zip) as archive:
        archive.extractall(source)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
    environment = tmp_path / "env"
    site = next((environment / "lib").iterdir()) / "site-packages"
    # The bundle in place of the checkout; everything else from the locked environment.
    (site / "bundle.pth").write_text(f"{source}\n{sysconfig.get_path('purelib')}\n")
    submission = tmp_path / "submission"
    submission.mkdir()
    for name, data in (solved(hw4) | solution_files(hw4)).items():
        (submission / name).parent.mkdir(exist_ok=True)
        (submission / name).write_bytes(data)
    line = (source / "run_autograder").read_text(encoding="utf-8")
    line = line.replace("/opt/grader/bin/python", str(environment / "bin" / "python"))
    script = tmp_path / "run_autograder"
    line = line.replace("/opt/content", "/autograder/source/content")
    script.write_text(line.replace("/autograder", str(tmp_path)), encoding="utf-8")
    caches = {**os.environ, "XDG_CACHE_HOME": str(training_cache.parents[1])}
    done = subprocess.run(["bash", script], capture_output=True, text=True, check=False, env=caches)
    data = json.loads((tmp_path / "results" / "results.json").read_text(encoding="utf-8"))
    assert data["score"] == 100, done.stdout + done.stderr
    assert not data["extra_data"]["harness_fault"]


def test_a_check_that_the_solution_fails_stops_the_release(staff: Path, tmp_path: Path) -> None:
    target = tmp_path / "dist"
    build(manifest.load(staff), target)
    before = (target / "student.zip").read_bytes()
    checks = staff / "checks" / "test_two.py"
    text = checks.read_text().replace("matrix.sum(axis=1))", "matrix.sum(axis=1) + 1)", 1)
    checks.write_text(text)
    with pytest.raises(ProofFailed) as caught:
        build(manifest.load(staff), target)
    message = str(caught.value)
    assert "1.1 test_two.py::test_square: the solution gets 0 of 1 points (failed)" in message
    assert "other values" in message
    assert "test_odd" not in message
    assert (target / "student.zip").read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"dist", "two"}


def test_a_hidden_check_that_the_blank_template_passes_stops_the_release(
    staff: Path, tmp_path: Path
) -> None:
    checks = staff / "checks" / "test_two.py"
    location = 'expect_array(student.call("row_sums", matrix), matrix.sum(axis=1))'
    checks.write_text(checks.read_text().replace(location, "assert matrix.any()", 1))
    with pytest.raises(ProofFailed, match=r"test_square: the starter notebook gets 1 of 1 points"):
        build(manifest.load(staff), tmp_path / "dist")
    assert not (tmp_path / "dist").exists()


def test_a_check_that_crashes_stops_the_release_with_its_traceback(
    staff: Path, tmp_path: Path
) -> None:
    checks = staff / "checks" / "test_two.py"
    checks.write_text(checks.read_text().replace("matrix = rng", "matrix = undefined_rng", 1))
    with pytest.raises(ProofFailed, match=r"(?s)\(fault\).*NameError.*undefined_rng"):
        build(manifest.load(staff), tmp_path / "dist")


def test_an_anchor_that_is_no_cell(staff: Path, tmp_path: Path) -> None:
    path = staff / manifest.FILE_NAME
    path.write_text(path.read_text().replace('"box-blur"', '"blur"'))
    said = (
        "question Q2 names the anchor 'blur', but two.ipynb has no code cell of that id; "
        '`box_blur` is defined in the cell box-blur: write anchor = "box-blur", or give that cell '
        "the id 'blur'. Its cells: imports (`import numpy as np`), row-sums (`def "
        "row_sums(matrix):`), box-blur (`def box_blur(image, size):`)."
    )
    with pytest.raises(AnchorError, match=re.escape(said)):
        build(manifest.load(staff), tmp_path / "dist")
    path.write_text(path.read_text().replace('["box_blur"]', '["nowhere"]'))
    with pytest.raises(AnchorError, match=r"; correct the anchor, or give the cell that id\. Its"):
        build(manifest.load(staff), tmp_path / "dist")


@pytest.mark.parametrize("form", ["id", "metadata"])
def test_a_notebooks_cells_have_ids_of_the_format_or_in_the_metadata(
    staff: Path, form: str
) -> None:
    path = staff / manifest.FILE_NAME
    path.write_text(path.read_text().replace('source = "two.py"', 'source = "two.ipynb"'))
    tree = json.loads(solved(manifest.load(TWO_FUNCTIONS / "staff"))["two.ipynb"])
    for number, cell in enumerate(tree["cells"]):
        name = cell["id"]
        cell["id"], cell["metadata"] = f"0000000{number}", {}
        if name == "box-blur":
            cell.update({"id": name} if form == "id" else {"metadata": {"id": name}})
        if name == "row-sums":
            cell["id"] = name
    (staff / "two.ipynb").write_text(json.dumps(tree))
    stripped = json.loads(strip(manifest.load(staff)).files["two.ipynb"])
    assert "box-blur" in [cell["id"] for cell in stripped["cells"]]


def test_a_public_file_with_a_notebooks_name(staff: Path, tmp_path: Path) -> None:
    (staff.parent / "public" / "two.ipynb").write_text("{}")
    with pytest.raises(BundleError, match="holds a file of a notebook's name"):
        build(manifest.load(staff), tmp_path / "dist")
