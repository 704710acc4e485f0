"""The manifest: what is read, and that each mistake is one sentence with its line and key."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from conftest import ROOT, TWO_FUNCTIONS

from autograder.model import gradescope_rules, manifest
from autograder.model.validation import ManifestError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(TWO_FUNCTIONS, tmp_path / "a")
    return tmp_path / "a" / "staff"


def test_reads_homework_four() -> None:
    assignment = manifest.load(ROOT / "solutions" / "hw4")
    assert assignment.points == 100
    assert assignment.question("H1").names == ("averaging_filtering",)
    assert assignment.public == ROOT / "assignment" / "hw4"
    assert assignment.runtime.prebind == ("hw4",)
    with pytest.raises(KeyError):
        assignment.question("H9")


def changed(folder: Path, old: str, new: str) -> str:
    """Edit the manifest, load it, and return the error's text."""
    path = folder / manifest.FILE_NAME
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ManifestError) as caught:
        manifest.load(folder)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("old", "new", "line", "parts"),
    [
        ('name = "two-functions"', 'name = "../x"', 2, ["'name'", "does not match"]),
        ('name = "two-functions"\n', "", 1, ["(top)", "'name' is missing"]),
        ("check_seconds = 5", "check_seconds = 0", 10, ["'limits.check_seconds'", "0"]),
        ("check_seconds = 5", "check_second = 5", 10, ["unknown", "check_seconds, file_mb"]),
        ("memory_mb = 1024", 'memory_mb = "much"', 12, ["'limits.memory_mb'", "integer"]),
        ('anchor = "box-blur"\n', "", 26, ["'question[1]'", "needs 'anchor' too"]),
        ('names = ["box_blur"]', "names = []", 31, ["'question[1].names'"]),
        ('names = ["box_blur"]', 'run = "slice"', 26, ["'question[1]'", "needs 'names' too"]),
        ('id = "Q2"', 'id = "Q1"', 27, ["'question[1].id'", "second question of this id"]),
        (
            'notebook = "two.ipynb"\nanchor = "box-blur"',
            'notebook = "one.ipynb"\nanchor = "box-blur"',
            29,
            ["'question[1].notebook'", "none of the notebooks (two.ipynb)"],
        ),
        ('source = "two.py"', 'source = "gone.py"', 16, ["gone.py does not exist"]),
        ('file = "two.ipynb"', 'file = "../two.ipynb"', 15, ["'notebook[0].file'", "layers/deep"]),
        ('file = "two.ipynb"', 'file = "a/../two.ipynb"', 15, ["'notebook[0].file'"]),
        ('file = "two.ipynb"', 'file = "/two.ipynb"', 15, ["'notebook[0].file'"]),
        ('file = "two.ipynb"', 'file = "C:/two.ipynb"', 15, ["'notebook[0].file'"]),
        ('public = "../public"', 'public = "../nowhere"', 4, ["'public'", "does not exist"]),
        ('imports = ["numpy"', 'imports = ["os; rm"', 7, ["'runtime.imports[0]'"]),
        ("[limits]", "[limit]", 9, ["'limit'", "unknown"]),
    ],
)
def test_each_mistake_names_its_line_and_key(
    folder: Path, old: str, new: str, line: int, parts: list[str]
) -> None:
    message = changed(folder, old, new)
    assert f"line {line}," in message
    for part in parts:
        assert part in message


RULES = """
[gradescope]
timeout_seconds = 1200
hidden_total = true
leaderboard = true

[gradescope.hidden_checks]
before_due = "hidden"

[gradescope.late]
grace_minutes = 15
percent_per_day = 12.5
floor_percent = 50

[gradescope.limit]
submissions = 5
hours = 24

[gradescope.extensions]
"Ada@Example.edu" = 2026-10-03T23:59:00-07:00
12345 = "2026-10-03T23:59:00Z"
"""


def with_rules(folder: Path) -> Path:
    path = folder / manifest.FILE_NAME
    path.write_text(path.read_text(encoding="utf-8") + RULES, encoding="utf-8")
    return folder


def test_the_rules_of_gradescope(folder: Path) -> None:
    rules = manifest.load(with_rules(folder)).gradescope
    assert rules.timeout_seconds == 1200
    assert (rules.leaderboard, rules.hidden_total) == (True, True)
    assert rules.hidden_checks == gradescope_rules.HiddenChecks("hidden", "hidden")
    assert rules.late == gradescope_rules.LatePolicy(12.5, 15, 50)
    assert rules.limit == gradescope_rules.SubmissionLimit(5, 24)
    assert {user: due.isoformat() for user, due in rules.extensions.items()} == {
        "ada@example.edu": "2026-10-03T23:59:00-07:00",
        "12345": "2026-10-03T23:59:00+00:00",
    }


def test_hidden_checks_after_the_due_date_alone(folder: Path) -> None:
    path = folder / manifest.FILE_NAME
    text = path.read_text(encoding="utf-8")
    for table, expected in [("", "visible"), ('after_due = "hidden"', "hidden")]:
        path.write_text(f"{text}\n[gradescope.hidden_checks]\n{table}", encoding="utf-8")
        rules = manifest.load(folder).gradescope
        assert rules.hidden_checks == gradescope_rules.HiddenChecks("visible", expected)


def test_the_rules_of_gradescope_are_off_by_default(folder: Path) -> None:
    rules = manifest.load(folder).gradescope
    assert rules == gradescope_rules.Gradescope()
    assert (rules.late, rules.limit, rules.leaderboard, rules.hidden_total) == (
        None,
        None,
        False,
        False,
    )
    assert rules.hidden_checks == gradescope_rules.HiddenChecks("visible", "visible")
    assert rules.timeout_seconds < 600


@pytest.mark.parametrize(
    ("old", "new", "line", "parts"),
    [
        ("hidden_total = true", "hidden = true", 36, ["'gradescope.hidden'", "unknown"]),
        ("leaderboard = true", "leaderboard = 1", 37, ["'gradescope.leaderboard'", "boolean"]),
        ("= 1200", "= 9999", 35, ["'gradescope.timeout_seconds'", "2400"]),
        ("= 1200", "= nan", 35, ["'gradescope.timeout_seconds'", "finite"]),
        (
            'before_due = "hidden"',
            'before_due = "never"',
            40,
            ["'gradescope.hidden_checks.before_due'", "after_due_date"],
        ),
        ("= 12.5", "= 112.5", 44, ["'gradescope.late.percent_per_day'", "100"]),
        ("percent_per_day = 12.5\n", "", 42, ["'gradescope.late'", "'percent_per_day' is missing"]),
        ("submissions = 5", "submissions = 0", 48, ["'gradescope.limit.submissions'", "0"]),
        ("hours = 24", "hours = 0", 49, ["'gradescope.limit.hours'"]),
        (
            "2026-10-03T23:59:00-07:00",
            "2026-10-03T23:59:00",
            52,
            ["'gradescope.extensions.Ada@Example.edu'", "with its offset"],
        ),
        ("2026-10-03T23:59:00-07:00", "2026-10-03", 52, ["found '2026-10-03'"]),
        ("2026-10-03T23:59:00-07:00", "7", 52, ["'gradescope.extensions.Ada@Example.edu'"]),
        ("2026-10-03T23:59:00Z", "2026-02-30T23:59:00Z", 53, ["'gradescope.extensions.12345'"]),
        ("12345 =", '"ada@example.edu" =', 53, ["a second due date of this student"]),
    ],
)
def test_mistakes_in_the_rules_name_their_line_and_key(
    folder: Path, old: str, new: str, line: int, parts: list[str]
) -> None:
    message = changed(with_rules(folder), old, new)
    assert f"line {line}," in message, message
    for part in parts:
        assert part in message


def test_not_toml(folder: Path) -> None:
    assert "not valid TOML" in changed(folder, "points = 2", "points = = 2")


def test_no_manifest(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"there is no manifest; give the folder that holds"):
        manifest.load(tmp_path)


def test_not_text(folder: Path) -> None:
    (folder / manifest.FILE_NAME).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ManifestError, match="cannot be read"):
        manifest.load(folder)
