"""What keeps a release from being written although the solution and the template grade right."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from conftest import TWO_FUNCTIONS

from autograder.model import manifest
from release.build import LeakError, build
from release.proof.mistakes import MistakeError
from release.proof.proof import ProofFailed

WRONG = """
[[mistake]]
name = "columns for rows"
loses = ["1.1", "1.2"]

[[mistake.edit]]
notebook = "two.ipynb"
cell = "row-sums"
replace = [["axis=1", "axis=0"]]
"""
RIGHT = """
[[mistake]]
name = "einsum"
loses = []

[[mistake.edit]]
notebook = "two.ipynb"
cell = "row-sums"
replace = [["np.asarray(matrix).sum(axis=1)", "np.einsum('ij->i', matrix)"]]
"""


@pytest.fixture
def staff(tmp_path: Path) -> Path:
    shutil.copytree(TWO_FUNCTIONS, tmp_path / "two")
    return tmp_path / "two" / "staff"


def with_mistakes(staff: Path, text: str) -> None:
    (staff / "mistakes").mkdir()
    (staff / "mistakes" / "rows.toml").write_text(text)


def stopped(staff: Path, tmp_path: Path) -> str:
    with pytest.raises(ProofFailed) as caught:
        build(manifest.load(staff), tmp_path / "dist")
    assert not (tmp_path / "dist").exists()
    return str(caught.value)


def test_what_known_submissions_lose_is_proven(staff: Path, tmp_path: Path) -> None:
    with_mistakes(staff, WRONG + RIGHT)
    proof = build(manifest.load(staff), tmp_path / "dist").proof
    assert [proof.caught_by(check) for check in proof.solution.checks] == [1, 1, 0, 0]
    assert [each.checks for each in proof.ablations] == [("1.1", "1.2"), ("2.1", "2.2")]


def test_a_known_wrong_submission_that_loses_too_little(staff: Path, tmp_path: Path) -> None:
    with_mistakes(staff, WRONG.replace('["1.1", "1.2"]', '["1.1", "1.2", "2.1"]'))
    message = stopped(staff, tmp_path)
    assert "rows.toml, 'columns for rows': it loses points on 1.1, 1.2, but should on" in message
    assert "1.1, 1.2, 2.1; mend the check or the entry" in message


def test_a_right_submission_that_loses_points(staff: Path, tmp_path: Path) -> None:
    with_mistakes(staff, RIGHT.replace("ij->i", "ij->j"))
    assert "'einsum': it loses points on 1.1, 1.2, but should on none" in stopped(staff, tmp_path)


def test_a_mistake_that_finds_nothing_to_change(staff: Path, tmp_path: Path) -> None:
    with_mistakes(staff, WRONG.replace('"axis=1"', '"axis=2"'))
    with pytest.raises(MistakeError, match=r"'columns for rows': there is no 'axis=2' to replace"):
        build(manifest.load(staff), tmp_path / "dist")


def unasked(staff: Path) -> None:
    """A third answer, which no check asks for."""
    source = staff / "two.py"
    box = source.read_text().partition('# %% id="box-blur"')[2].replace("box_blur", "unasked")
    body = "    return image * size + 4321"
    box = re.sub(r"^    return .*$", body, box, flags=re.MULTILINE)
    source.write_text(f'{source.read_text()}\n\n# %% id="unasked"{box}')


def test_an_answer_that_no_check_misses(staff: Path, tmp_path: Path) -> None:
    unasked(staff)
    message = stopped(staff, tmp_path)
    assert "two.py, cell 4, line 6: no check misses the answer there" in message
    assert "'unasked'" in message


def listed(staff: Path, cell: str) -> None:
    path = staff / manifest.FILE_NAME
    line = 'source = "two.py"'
    path.write_text(path.read_text().replace(line, f'{line}\nunchecked = ["{cell}"]'))


def test_answers_that_are_listed_as_unchecked(staff: Path, tmp_path: Path) -> None:
    unasked(staff)
    listed(staff, "unasked")
    proof = build(manifest.load(staff), tmp_path / "dist").proof
    assert proof.ablations[2].checks == ()


def test_a_list_of_unchecked_answers_does_not_rot(staff: Path, tmp_path: Path) -> None:
    listed(staff, "row-sums")
    assert "`unchecked` lists 'row-sums', but no answer there" in stopped(staff, tmp_path)


PUBLIC = '''
import numpy as np
from autograder.checks import Student, expect_array, question
{imports}

@question("Q1")
def test_is_a_sum(student: Student) -> None:
    """row_sums of [[1, 2]] is [3]"""
    expect_array(student.call("row_sums", np.array([[1.0, 2.0]])), np.array([3.0]))
'''


def public_check(staff: Path, imports: str = "") -> None:
    folder = staff.parent / "public" / "checks"
    folder.mkdir()
    (folder / "test_public.py").write_text(PUBLIC.format(imports=imports))


def test_public_checks_run_from_the_student_bundle(staff: Path, tmp_path: Path) -> None:
    public_check(staff)
    proof = build(manifest.load(staff), tmp_path / "dist").proof
    assert proof.public is not None
    assert [check.status for check in proof.public.checks] == ["passed"]


def test_a_public_check_that_needs_something_hidden(staff: Path, tmp_path: Path) -> None:
    public_check(staff, "import helper_of_staff")
    (staff / "checks" / "helper_of_staff.py").write_text("SECRET = 1\n")
    with pytest.raises(LeakError, match=r"checks/test_public.py, line 4.*helper_of_staff"):
        build(manifest.load(staff), tmp_path / "dist")
    allow(staff, "checks/test_public.py", "helper_of_staff")
    message = stopped(staff, tmp_path)
    assert "public checks, run from student.zip" in message
    assert "helper_of_staff" in message


def allow(staff: Path, file: str, text: str) -> None:
    toml = staff / manifest.FILE_NAME
    entry = f'[[allow]]\nfile = "{file}"\ntext = "{text}"\nreason = "a gift"\n'
    toml.write_text(f"{toml.read_text()}\n{entry}")


def test_points_for_nothing_are_listed(staff: Path, tmp_path: Path) -> None:
    public_check(staff)
    path = staff.parent / "public" / "checks" / "test_public.py"
    weighed = "from gradescope_utils.autograder_utils.decorators import weight\n"
    text = path.read_text().replace("@question", "@weight(1)\n@question")
    text = re.sub(
        r"^    expect_array.*$", "    assert student is not None", text, flags=re.MULTILINE
    )
    path.write_text(weighed + text)
    toml = staff / manifest.FILE_NAME
    toml.write_text(toml.read_text().replace("points = 2", "points = 3", 1))
    proof = build(manifest.load(staff), tmp_path / "dist").proof
    assert [check.title for check in proof.for_nothing] == ["row_sums of [[1, 2]] is [3]"]


def test_a_leak_stops_the_release_and_can_be_allowed(staff: Path, tmp_path: Path) -> None:
    leaked = "np.asarray(matrix).sum(axis=1)"
    (staff.parent / "public" / "hints.md").write_text(f"Try `{leaked}`.\n")
    with pytest.raises(LeakError) as caught:
        build(manifest.load(staff), tmp_path / "dist")
    assert "hints.md" in str(caught.value)
    assert "two.py, cell 2, line 6" in str(caught.value)
    allow(staff, "hints.md", leaked)
    assert not build(manifest.load(staff), tmp_path / "dist").scan.findings
