"""A batch whose answers people grade: decisions outlive regrades, good grades outlive faults."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from command_line import run as command_line
from conftest import TWO_FUNCTIONS, Notebook, needs_root
from rich.console import Console

from autograder.batch import command
from autograder.batch.answers import read_answer
from autograder.batch.decided import OverrideError, Wish, override, publish
from autograder.batch.kept import read_kept
from autograder.batch.store import STANDS
from autograder.model import manifest
from autograder.model.report import BY_STAFF
from autograder.review.events import Decision
from autograder.review.journal import Journal
from release.markup.templates import solved, templates

pytestmark = needs_root


class Reading:
    """The assignment, submissions by name, and a folder of results."""

    def __init__(self, folder: Path) -> None:
        shutil.copytree(TWO_FUNCTIONS.parent / "reading", folder / "reading")
        self.staff = folder / "reading" / "staff"
        self.source, self.out, self.folder = folder / "in", folder / "out", folder
        self.assignment = manifest.load(self.staff)
        self.templates = templates(self.assignment)
        self.solution = solved(self.assignment)["reading.ipynb"]

    def hand_in(self, name: str, words: str, *edits: tuple[str, str]) -> None:
        notebook = Notebook(self.solution).set("why", words).edit("row-sums", *edits)
        notebook.save(self.source / name / "reading.ipynb")

    def run(self, **changes: Any) -> int:
        values = {"source": self.source, "out": self.out, "slots": 2, "scheduler": None}
        values |= {"seed": 3, "cache_dir": self.folder / "memory", "own_cache": True}
        options = command.BatchOptions(**{**values, **changes})
        assignment = manifest.load(self.staff)
        with (self.folder / "said.txt").open("a") as file:
            return command.run(options, assignment, self.templates, Console(file=file, width=200))

    def decide(self, *submissions: str, items: tuple[str, ...] = ("speed",)) -> None:
        kept = read_kept(self.out)
        answers = {name: kept.answers[name]["Q2"].digest for name in submissions}
        event = Decision(by="Ada", question="Q2", answers=answers, items=items, comment="Good.")
        Journal(self.out, kept.grades.take).append(lambda: event)

    def rows(self) -> dict[str, dict[str, str]]:
        with (self.out / "grades.csv").open() as file:
            return {row["Submission ID"]: row for row in csv.DictReader(file)}


def test_decisions_outlive_regrades_and_good_grades_outlive_faults(  # noqa: PLR0915
    tmp_path: Path,
) -> None:
    course = Reading(tmp_path)
    course.hand_in("ada", "It is faster.")
    course.hand_in("bo", "It  is faster.\n")
    course.hand_in("cy", "No idea.", ("sum(axis=1)", "sum(axis=0)"))
    assert course.run() == 0
    assert "autograder review" in (tmp_path / "said.txt").read_text().replace("\n", " ")
    rows = course.rows()
    assert {row["Status"] for row in rows.values()} == {"Points out"}
    assert rows["ada"]["Points Out"] == "8.0"
    assert len((course.out / "grades-canvas.csv").read_text().splitlines()) == 2
    kept = read_kept(course.out)
    same = {name: kept.answers[name]["Q2"].same for name in kept.answers}
    assert same["ada"] == same["bo"] != same["cy"]
    assert read_answer(course.out, "cy", "Q2").cells[0]["source"] == "No idea."

    # What people decide, and points in place of a check's.
    course.decide("ada", "bo")
    course.decide("cy", items=("wrong",))
    args = ("override", course.out, "cy", "1.1", "--points", "1.5", "--reason", "a typo of ours")
    done = command_line(*map(str, args), "--grader", "Bo")
    assert "1.5 points instead of 0" in done.stdout, done.stderr
    rows = course.rows()
    title = "Q2: Why no loop? (4 pts)"
    assert [rows[name][title] for name in ("ada", "bo", "cy")] == ["2.0", "2.0", "0.0"]
    assert "1.5 instead of 0 by Bo (a typo of ours)" in rows["cy"]["Changed By Hand"]
    results = json.loads((course.out / "results" / "cy.json").read_text())
    assert results["score"] == 1.5
    (entry,) = [test for test in results["tests"] if test.get("number") == "1.1"]
    assert BY_STAFF in entry["output"]
    assert "a typo of ours" not in entry["output"]  # the reason is the staff's
    report = (course.out / "report.html").read_text()
    assert "Changed by hand" in report
    assert "a typo of ours" in report

    # All is graded anew, one answer is other than before.
    course.hand_in("bo", "I do not know.")
    assert course.run(no_cache=True) == 0
    rows = course.rows()
    assert [rows[name][title] for name in ("ada", "bo", "cy")] == ["2.0", "2.0", "0.0"]
    again = {
        item.entry.id: item.report.manual[1].again for item in read_kept(course.out).batch.graded
    }
    assert [bool(again[name]) for name in ("ada", "bo", "cy")] == [False, True, False]
    assert rows["cy"]["Changed By Hand"]

    # The harness fails: the good grade stands, says so, and is made again at the next run.
    check = course.staff / "checks" / "test_reading.py"
    text = check.read_text()
    check.write_text(text.replace("    matrix =", "    raise RuntimeError('broken')\n    matrix ="))
    assert course.run() == 1
    rows = course.rows()
    assert rows["ada"]["Q1: Row sums, in good style (3 pts)"] == ""  # the style is still out
    ada = json.loads((course.out / "results" / "ada.json").read_text())
    assert ada["score"] == 4.0
    assert STANDS in ada["output"]
    assert "broken" in rows["ada"]["Flags"]
    assert "the older result stands" in (tmp_path / "said.txt").read_text()
    check.write_text(text)
    assert course.run() == 0
    assert STANDS not in (course.out / "results" / "ada.json").read_text()

    # The check's own points come back on request alone.
    words = override(course.out, Wish("cy", "1.1", None))
    assert "its own points" in words
    publish(course.out)
    assert course.rows()["cy"]["Changed By Hand"] == ""


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        (Wish("nobody", "1.1", 1, "r"), "no graded submission"),
        (Wish("ada", "9", 1, "r"), "names no check"),
        (Wish("ada", "q2", 1, "r"), "Q2 is graded by people.*autograder review"),
        (Wish("ada", "1.1", 1), "for a reason"),
        (Wish("ada", "1.1", None), "Nobody has changed"),
    ],
)
def test_an_override_that_means_nothing_is_one_sentence(
    results: Path, wish: Wish, says: str
) -> None:
    with pytest.raises(OverrideError, match=says):
        override(results, wish)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    course = Reading(tmp_path_factory.mktemp("course"))
    course.hand_in("ada", "It is faster.")
    assert course.run() == 0
    return course.out


def test_a_bonus_that_nobody_has_read_is_out_too(tmp_path: Path) -> None:
    course = Reading(tmp_path)
    path = course.staff / "assignment.toml"
    text = path.read_text()
    checked = text.partition("manual = true")[0].replace("points = 3", "points = 2")
    bonus = text.partition('id = "Q2"')[2].partition("[[question]]")[0]
    bonus = '[[question]]\nid = "Q2"' + bonus.replace("points = 4\n", "points = 0\n", 1)
    course.hand_in("ada", "It is faster.")
    path.write_text(checked + bonus)
    assert course.run() == 0
    row = course.rows()["ada"]
    assert (row["Status"], row["Max Points"], row["Points Out"]) == ("Points out", "2", "0.0")
    canvas = course.out / "grades-canvas.csv"
    assert len(canvas.read_text().splitlines()) == 2
    course.decide("ada")
    publish(course.out)
    row = course.rows()["ada"]
    assert (row["Status"], row["Total Score"]) == ("Graded", "3.0")
    assert len(canvas.read_text().splitlines()) == 3
