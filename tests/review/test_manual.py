"""What people grade: what the manifest says of it, where the answers are, and who is told of it."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import TWO_FUNCTIONS, Notebook

from autograder.batch import grades
from autograder.batch.entries import Entry, Person
from autograder.batch.outcome import Batch, GradedSubmission
from autograder.gradescope.output import problem_of, results
from autograder.model import manifest
from autograder.model.manifest import Assignment
from autograder.model.manual import ManualPart, Override, RubricItem
from autograder.model.report import CheckResult, Report
from autograder.model.submission import collect_for
from autograder.model.validation import ManifestError
from autograder.pages.feedback import feedback_page
from autograder.pages.questions import STAFF, STUDENT
from autograder.slicing.answers import Answers
from autograder.slicing.by_hand import ManualAnswer, asked_in, manual_answers
from autograder.slicing.notebook import parse
from release.bundles.student import public_manifest
from release.markup.templates import solved, templates

READING = TWO_FUNCTIONS.parent / "reading" / "staff"


@pytest.fixture(scope="module")
def reading() -> Assignment:
    return manifest.load(READING)


@pytest.fixture(scope="module")
def blank(reading: Assignment) -> dict[str, bytes]:
    return templates(reading)


@pytest.fixture
def answer(reading: Assignment) -> Notebook:
    return Notebook(solved(reading)["reading.ipynb"])


def collected(
    reading: Assignment,
    blank: dict[str, bytes],
    folder: Path,
    notebook: Notebook,
    form: object = None,
) -> dict[str, ManualAnswer]:
    notebook.save(folder / "in" / "reading.ipynb")
    if form is not None:
        (folder / "in" / "form.json").write_text(
            form if isinstance(form, str) else json.dumps(form)
        )
    (folder / "copy").mkdir(exist_ok=True)
    submission = collect_for(reading, folder / "in", folder / "copy")
    parsed = {name: parse(data, name) for name, data in blank.items()}
    found = manual_answers(reading, Answers(reading, parsed, submission))
    return {each.question: each for each in found}


def test_what_was_asked_stands_above_the_answer(
    reading: Assignment, blank: dict[str, bytes]
) -> None:
    template = parse(blank["reading.ipynb"], "reading.ipynb")
    found = {q.id: asked_in(q, template) for q in reading.manual_questions}
    (asked,) = found["Q2"]
    assert asked["source"].startswith("## Why no loop?") and "Say in a sentence" in asked["source"]
    assert found["Q4"] == []  # a field of a file


# --- the manifest --------------------------------------------------------------------------------


def test_points_are_of_checks_and_of_people(reading: Assignment) -> None:
    q1, q2, q3, q4 = reading.questions
    assert reading.points == 10
    assert [q.checked_points for q in reading.questions] == [2, 0, 0, 0]
    assert [q.only_manual for q in reading.questions] == [False, True, True, True]
    assert q1.manual is not None and q2.manual is not None
    assert q1.manual.counts_from == "ceiling"
    assert q2.manual.most == 5
    named = {item.text: item.id for item in q2.manual.rubric}
    assert named["Names a source"] == "source"
    assert re.fullmatch(r"[0-9a-f]{8}", named["Says why: one call in C"])
    assert (q3.manual, q4.manual) == (
        ManualPart(2, shows="outputs"),
        ManualPart(1, file="form.json", field="answers.memory"),
    )


@pytest.mark.parametrize(
    ("counts_from", "items", "adjustment", "score"),
    [
        ("zero", [], 0, 0.0),
        ("zero", [0.1, 0.2], 0, 0.3),
        ("zero", [2, 2, 1, 5], 0, 5.0),
        ("zero", [-1], 0, 0.0),
        ("ceiling", [], 0, 4.0),
        ("ceiling", [-0.1, -0.2], 0, 3.7),
        ("ceiling", [-9], 0, 0.0),
        ("ceiling", [], 9, 5.0),
        ("zero", [1], 0.5, 1.5),
    ],
)
def test_a_rubric_is_exact_and_stays_within_its_bounds(
    counts_from: str, items: list[float], adjustment: float, score: float
) -> None:
    part = ManualPart(4, 1, (RubricItem("a", "b", 1),), counts_from)
    assert part.score(items, adjustment) == score


@pytest.mark.parametrize(
    ("old", "new", "key", "says"),
    [
        ('manual = true\nfile = "form.json"', 'file = "form.json"', "question[3].file", "manual"),
        ("manual_points = 1", "manual_points = 4", "manual_points", "4 of 3 points"),
        ('file = "form.json"\nfield = "answers.memory"\n', "", "question[3]", "find the answer"),
        ('field = "answers.memory"\n', "", "question[3]", "both 'file' and 'field'"),
        ('"form.json"]', '"other.json"]', "question[3].file", "add it to 'files'"),
        ('id = "wrong"', 'id = "speed"', "rubric[3]", "second item"),
        ('shows = "outputs"', 'shows = "all"', "shows", "is not one of"),
        ("manual_points = 1", "manual_points = 0.5", "question[0]", ""),
    ],
)
def test_a_wrong_manifest_names_its_line(
    tmp_path: Path, old: str, new: str, key: str, says: str
) -> None:
    import shutil

    shutil.copytree(READING.parent, tmp_path / "a")
    path = tmp_path / "a" / "staff" / "assignment.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    if not says:  # the control: what is no mistake is none
        manifest.load(path.parent)
        return
    with pytest.raises(ManifestError) as caught:
        manifest.load(path.parent)
    assert key in str(caught.value)
    assert says in str(caught.value)
    assert "line " in str(caught.value)


def test_students_get_no_rubric(reading: Assignment, tmp_path: Path) -> None:
    text = public_manifest(reading)
    for secret in ("rubric", "Has a loop", "Says", "bonus"):
        assert secret not in text
    (tmp_path / "checks").mkdir()
    for entry in reading.notebooks:
        path = tmp_path / "checks" / "templates" / entry.file
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}")
    (tmp_path / "checks" / "assignment.toml").write_text(text)
    told = manifest.load(tmp_path / "checks")
    assert [q.checked_points for q in told.questions] == [2, 0, 0, 0]
    assert told.questions[3].manual == reading.questions[3].manual


# --- where the answers are -----------------------------------------------------------------------


def test_answers_are_found(
    reading: Assignment, blank: dict[str, bytes], answer: Notebook, tmp_path: Path
) -> None:
    answer.cell("figure")["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": "[1. 1. 1.]\n"}
    ]
    form = {"answers": {"memory": "Three arrays."}}
    found = collected(reading, blank, tmp_path, answer, form)
    assert {name: each.state for name, each in found.items()} == dict.fromkeys(found, "given")
    assert [cell["source"] for cell in found["Q4"].cells] == ["Three arrays."]
    assert found["Q3"].cells[0]["source"] == ""
    assert found["Q3"].cells[0]["outputs"][0]["text"] == "[1. 1. 1.]\n"
    assert "outputs" not in found["Q1"].cells[0]
    assert found["Q2"].where == "reading.ipynb, cell 4"


def test_a_blank_answer_is_told_from_one_that_is_gone(
    reading: Assignment, blank: dict[str, bytes], tmp_path: Path
) -> None:
    given = Notebook(blank["reading.ipynb"])
    found = collected(reading, blank, tmp_path / "1", given, {"answers": {"memory": " "}})
    states = {name: each.state for name, each in found.items()}
    assert states == {"Q1": "blank", "Q2": "blank", "Q3": "blank", "Q4": "blank"}
    given.cells.clear()
    found = collected(reading, blank, tmp_path / "2", given, "{]")
    assert found["Q4"].state == "missing"
    assert "no JSON" in found["Q4"].where
    assert {found[name].state for name in ("Q1", "Q2", "Q3")} == {"missing"}


def test_an_answer_below_its_cell_counts(
    reading: Assignment, blank: dict[str, bytes], tmp_path: Path
) -> None:
    given = Notebook(blank["reading.ipynb"])
    place = given.cells.index(given.cell("why")) + 1
    given.cells.insert(place, {"cell_type": "markdown", "metadata": {}, "source": "It is faster."})
    found = collected(reading, blank, tmp_path, given)["Q2"]
    assert found.state == "given"
    assert "It is faster." in [cell["source"] for cell in found.cells]


def test_what_reads_the_same_is_the_same(
    reading: Assignment, blank: dict[str, bytes], answer: Notebook, tmp_path: Path
) -> None:
    words = ["It is  faster.\n", "It is faster.", "It is slower."]
    found = [
        collected(reading, blank, tmp_path / str(n), answer.set("why", text))["Q2"]
        for n, text in enumerate(words)
    ]
    assert found[0].same == found[1].same != found[2].same
    assert found[0].digest != found[1].digest


def test_a_deep_form_and_a_huge_picture_are_refused(
    reading: Assignment, blank: dict[str, bytes], answer: Notebook, tmp_path: Path
) -> None:
    picture = {"output_type": "display_data", "data": {"image/png": "A" * 4_000_000}}
    answer.cell("figure")["outputs"] = [picture]
    found = collected(reading, blank, tmp_path, answer, "[" * 200_000)
    assert found["Q4"].state == "missing"
    assert found["Q3"].cells[0]["left_out"]
    assert "outputs" not in found["Q3"].cells[0]


# --- who is told ---------------------------------------------------------------------------------


def report_of(reading: Assignment, **scores: float | None) -> Report:
    check = CheckResult(
        "test_reading.py::test_row_sums", "Q1", "sums", "1", True, 2.0, 2.0, "passed"
    )
    given = [
        replace(part, score=scores.get(part.question), items=(("Says <b>it</b>", 2.0),))
        for part in reading.ungraded
    ]
    return Report("s", "reading", reading.points, (check,), manual=tuple(given))


FULL = {"Q1": 0.7, "Q2": 5.0, "Q3": 0.0, "Q4": 1.0}


def table(text: str) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_points_that_are_out_are_told_everywhere(reading: Assignment) -> None:
    out = report_of(reading, Q2=3.0)
    assert (out.score, out.max_score, out.points_out) == (5.0, 10, 4)
    assert Report.from_dict(json.loads(json.dumps(out.to_dict()))) == out
    data = results(out)
    assert problem_of(data) is None
    tests = {test["name"]: test for test in data["tests"]}
    waiting = tests["Q3 A figure of the sums (graded by people)"]
    assert "still out" in waiting["output"]
    assert not {"score", "max_score", "status"} & set(waiting)
    assert tests["Q2 Why no loop? (graded by people)"]["score"] == 3.0
    done = GradedSubmission(Entry("b", "b", (), (Person("Bo"),)), report_of(reading, **FULL), {})
    batch = Batch(reading, (GradedSubmission(Entry("a", "a", (), (Person("Al"),)), out, {}), done))
    made = grades.tables(batch)
    first, second = table(made["grades.csv"])
    out_words = [first[name] for name in ("Status", "Points Out", "Total Score")]
    assert out_words == ["Points out", "4.0", "5.0"]
    assert first["Q1: Row sums, in good style (3 pts)"] == ""
    assert (second["Status"], second["Q1: Row sums, in good style (3 pts)"]) == ("Graded", "2.7")
    for name in ("grades-canvas.csv", "grades-moodle.csv"):
        assert "Bo" in made[name]
        assert "Al" not in made[name]


def test_an_override_is_told_to_staff_and_in_the_table(reading: Assignment) -> None:
    report = report_of(reading, **FULL)
    given = Override(0.0, "the data was wrong", "Ada")
    check = replace(report.checks[0], override=given)
    report = replace(report, checks=(check,))
    made = grades.tables(Batch(reading, (GradedSubmission(Entry("b", "b", ()), report, {}),)))
    (row,) = table(made["grades.csv"])
    words = "2 instead of 0 by Ada (the data was wrong)"
    assert row["Changed By Hand"] == f"test_reading.py::test_row_sums: {words}"
    assert results(report)["tests"][0]["extra_data"]["override"]["automatic"] == 0.0


def test_the_page_shows_what_people_gave(
    reading: Assignment, blank: dict[str, bytes], answer: Notebook, tmp_path: Path
) -> None:
    answer.save(tmp_path / "in" / "reading.ipynb")
    (tmp_path / "copy").mkdir()
    submission = collect_for(reading, tmp_path / "in", tmp_path / "copy")
    parsed = {name: parse(data, name) for name, data in blank.items()}
    report = report_of(reading, Q1=0.7, Q2=5.0)
    graded = replace(report.manual[1], comment="Well <i>said</i>", by="Ada", again="it changed")
    report = replace(report, manual=(report.manual[0], graded, *report.manual[2:]))
    student = feedback_page(report, submission, reading, parsed, STUDENT)
    assert "3 of these points are given by people and still out" in student
    assert "Says &lt;b&gt;it&lt;/b&gt;" in student
    assert "Well &lt;i&gt;said&lt;/i&gt;" in student
    assert "it changed" not in student
    staff = feedback_page(report, submission, reading, parsed, STAFF)
    assert "Ada · it changed" in staff
