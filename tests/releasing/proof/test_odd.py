"""A release tries odd answers in place of each asked name: none may pass or break a check."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from conftest import TWO_FUNCTIONS
from rich.console import Console

from autograder.model import manifest
from autograder.model.manifest import Question
from release.build import Release, build
from release.proof.odd import ODD, OddError, Target, _rounds
from release.proof.proof import ProofFailed
from release.terminal import print_release


@pytest.fixture
def staff(tmp_path: Path) -> Path:
    shutil.copytree(TWO_FUNCTIONS, tmp_path / "two")
    return tmp_path / "two" / "staff"


def replaced(staff: Path, line: str) -> None:
    """Put another line in place of the first check's comparison."""
    path = staff / "checks" / "test_two.py"
    old = 'expect_array(student.call("row_sums", matrix), matrix.sum(axis=1))'
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, line, 1))


def released(staff: Path, tmp_path: Path) -> Release:
    return build(manifest.load(staff), tmp_path / "dist")


def refused(staff: Path, tmp_path: Path) -> list[str]:
    with pytest.raises(ProofFailed) as caught:
        released(staff, tmp_path)
    assert not (tmp_path / "dist").exists()
    return [line for line in str(caught.value).splitlines() if line.startswith("  - ")]


def shown(release: Release) -> str:
    console = Console(record=True, width=300)
    print_release(console, release)
    return console.export_text()


def test_checks_that_compare_refuse_all(staff: Path, tmp_path: Path) -> None:
    release = released(staff, tmp_path)
    tried = release.proof.odd
    assert len(tried) == 4 * len(ODD)  # four checks, each of one name
    assert {(each.check, each.name) for each in tried} == {
        ("1.1", "row_sums"), ("1.2", "row_sums"), ("2.1", "box_blur"), ("2.2", "box_blur"),
    }  # fmt: skip
    assert not [each for each in tried if each.problem or each.passed or each.tripped]
    assert "32 odd answers were tried: none breaks a check, none passes." in shown(release)
    assert '"tried": 32' in release.record.read_text()


def test_a_check_that_passes_on_odd_answers(staff: Path, tmp_path: Path) -> None:
    """An empty array passes ``allclose``; what is no number is left out of a loop."""
    replaced(
        staff,
        "got = student.call('row_sums', matrix)\n"
        "    assert np.allclose(np.asarray(got).ravel()[:5], matrix.sum(axis=1)[:np.size(got)])",
    )
    [problem] = refused(staff, tmp_path)
    assert (
        "1.1: where `row_sums` is or returns an empty list or an empty array, it gives" in problem
    )


PASSES_ON_TEXT = (
    "got = student.call('row_sums', matrix)\n"
    "    if not isinstance(got, str): expect_array(got, matrix.sum(axis=1))"
)


def test_what_passes_can_be_allowed_with_a_reason(staff: Path, tmp_path: Path) -> None:
    replaced(staff, PASSES_ON_TEXT)
    [problem] = refused(staff, tmp_path)
    assert problem == (
        "  - 1.1: where `row_sums` is or returns a text, it gives 1 of 1 points; compare type, "
        "shape and values there, or allow it by an entry [[odd]] in mistakes/"
    )
    (staff / "mistakes").mkdir()
    entry = staff / "mistakes" / "odd.toml"
    entry.write_text('[[odd]]\ncheck = "1.1"\nanswer = "a text"\nreason = "read by hand"\n')
    assert "none passes; 1 are allowed to pass" in shown(released(staff, tmp_path))


def test_an_allowance_does_not_rot(staff: Path, tmp_path: Path) -> None:
    (staff / "mistakes").mkdir()
    entry = staff / "mistakes" / "odd.toml"
    entry.write_text('[[odd]]\ncheck = "1.1"\nanswer = "a text"\nreason = "read by hand"\n')
    assert (
        "allows 1.1 to pass on a text, but it does not; take it out" in refused(staff, tmp_path)[0]
    )
    entry.write_text('[[odd]]\ncheck = "1.1"\nanswer = "a txt"\nreason = "read by hand"\n')
    with pytest.raises(OddError, match="'a txt' is no odd answer; choose from None, a text"):
        released(staff, tmp_path)
    entry.write_text('[[odd]]\ncheck = "1.1"\n')
    with pytest.raises(OddError, match="it has the keys check; answer, check, reason are needed"):
        released(staff, tmp_path)


def test_a_check_that_trips_is_told_of_as_advice(staff: Path, tmp_path: Path) -> None:
    replaced(
        staff,
        "got = student.call('row_sums', matrix)\n    assert float(got[2]) > 0\n"
        "    expect_array(got, matrix.sum(axis=1))",
    )
    release = released(staff, tmp_path)
    tripped = {each.answer for each in release.proof.odd if each.tripped}
    assert tripped == {
        "None",
        "a text",
        "an empty list",
        "NaN",
        "a number",
        "an empty array",
        "an array of three dimensions",
    }
    text = shown(release)
    assert "Advice: 1.1 trips over None, a text, an empty list, NaN, " in " ".join(text.split())
    assert "at hidden checks/test_two.py, line 15; students read" in " ".join(text.split())
    assert '"check": "1.1"' in release.record.read_text()


def test_a_check_that_breaks_on_an_odd_answer(staff: Path, tmp_path: Path) -> None:
    replaced(
        staff,
        "got = student.call('row_sums', matrix)\n    if isinstance(got, str): import not_there\n"
        "    expect_array(got, matrix.sum(axis=1))",
    )
    [problem] = refused(staff, tmp_path)
    assert "1.1: where `row_sums` is or returns a text, it ends in a fault, hidden" in problem
    assert "`if isinstance(got, str): import not_there`: ModuleNotFoundError" in problem


def test_an_odd_answer_to_a_name_that_is_described(staff: Path, tmp_path: Path) -> None:
    """What it is described as is no kind of its own: a number may be right there."""
    (staff.parent / "public" / "describe_two.py").write_text(
        "def size(value):\n    return {'size': float(value)}\n"
    )
    path = staff / manifest.FILE_NAME
    text = path.read_text().replace("[limits]", 'describers = ["describe_two"]\n\n[limits]')
    path.write_text(text.replace('["box_blur"]', '["box_blur", "SIZE"]'))
    source = staff / "two.py"
    answer = "    return ndimage.convolve(image, np.full((size, size), 1 / size**2))\n"
    end = source.read_text().partition(answer)[2]
    box = "#" * 60
    source.write_text(
        source.read_text()
        + f"\n{box}\n# TODO: a size\n{box}\nSIZE = 3\n{box}\n#  END OF YOUR CODE\n{box}\n"
    )
    assert end
    checks = staff / "checks" / "test_two.py"
    line = "    image = rng.random((12, 9))\n"
    checks.write_text(
        checks.read_text().replace(
            line, line + "    assert student.describe('SIZE', 'size')['size'] > 0\n", 1
        )
    )
    tried = [each for each in released(staff, tmp_path).proof.odd if each.name == "SIZE"]
    assert {each.answer for each in tried} == {odd.name for odd in ODD} - {"a text", "a number"}
    assert not any(each.passed for each in tried)


def test_names_that_no_question_shares_stand_together() -> None:
    def target(question: str, name: str) -> Target:
        entry = Question(id=question, title="", points=1, notebook="a.ipynb", anchor="x", names=())
        return Target(entry, name, called=False, kinds=frozenset())

    targets = [
        target("Q1", "a"), target("Q1", "b"), target("Q2", "c"), target("Q3", "b"),
        target("Q3", "c"),
    ]  # fmt: skip
    rounds = [[(t.question.id, t.name) for t in found] for found in _rounds(targets)]
    assert rounds == [
        [("Q1", "a"), ("Q2", "c"), ("Q3", "c")],
        [("Q1", "b"), ("Q3", "b")],
    ]
