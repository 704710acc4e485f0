"""What Gradescope shows of a check: rich where it helps, each thing once, the cause first."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder import gradescope
from autograder.gradescope import rich
from autograder.gradescope.repeat import repeated
from autograder.model.manual import Override
from autograder.model.pictures import Picture, compare
from autograder.model.report import BY_STAFF, CheckResult, Leaderboard, Report
from autograder.model.text import MAX_FILE, MAX_TEXT, dumped, fitted, without_html

SCHEMA = json.loads(gradescope.SCHEMA.read_text(encoding="utf-8"))
CHECK = CheckResult("a::b", "Q1", "Title", "1.1", False, 0.0, 2.0, "failed", "Came back: x")
NOT_THERE = (
    "Came back: part1.ipynb is not in the submission, which holds x.pdf.\n"
    "Hint: Submit part1.ipynb under that name."
)
PICTURES = compare(np.zeros((8, 8)), np.eye(8))


class Tags(HTMLParser):
    """Collects tags with their attributes, and the text outside of them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def results_of(*checks: CheckResult, **report: Any) -> dict[str, Any]:
    data = gradescope.results(Report("s", "a", 10.0, checks, **report))
    jsonschema.validate(data, SCHEMA)
    return data


def entry_of(check: CheckResult) -> dict[str, Any]:
    (entry,) = results_of(check)["tests"]
    return dict(entry)


def test_plain_words_stay_text() -> None:
    assert entry_of(CHECK)["output"] == "Came back: x"
    assert "output_format" not in entry_of(CHECK)


def test_code_and_aligned_lines_are_shown_as_such() -> None:
    message = "Came back: an error at `x = y < 1`.\na   b\n1   2\nHint: Look at `x`."
    entry = entry_of(replace(CHECK, message=message))
    assert entry["output_format"] == "html"
    assert entry["output"].split("\n") == [
        "<p><strong>Came back:</strong> an error at <code>x = y &lt; 1</code>.</p>",
        "<pre>a   b",
        "1   2</pre>",
        "<p><strong>Hint:</strong> Look at <code>x</code>.</p>",
    ]


def test_points_given_by_staff_are_said_in_place_of_an_old_failure() -> None:
    override = Override(0.0, "SECRET REASON")
    failed = replace(CHECK, message="Came back: `x`", pictures=PICTURES, override=override)
    full = entry_of(replace(failed, status="passed", score=2.0))
    assert full["output"] == BY_STAFF
    assert full["status"] == "passed"
    part = entry_of(replace(failed, status="partial", score=1.0))
    found = Tags(part["output"])
    assert found.text.split("\n")[:2] == [
        f"{BY_STAFF} The check itself had said:",
        "Came back: x",
    ]
    missing = "Came back: two.ipynb is not in the submission, which holds no notebook."
    twice = [replace(CHECK, message=missing, override=override, id=name) for name in "ab"]
    entries = results_of(*twice)["tests"]
    assert all(entry["output"].startswith(BY_STAFF) for entry in entries)


def test_pictures_of_public_checks_alone() -> None:
    assert len(PICTURES) == 3
    entry = entry_of(replace(CHECK, pictures=PICTURES))
    found = Tags(entry["output"])
    images = [attrs for tag, attrs in found.tags if tag == "img"]
    assert [image["src"] for image in images] == [
        f"data:image/png;base64,{picture.png}" for picture in PICTURES
    ]
    for picture in PICTURES:  # whoever sees no picture reads what is on it
        assert picture.title in found.text
        assert picture.alt in found.text
    hidden = entry_of(replace(CHECK, pictures=PICTURES, hidden=True))
    assert "<img" not in hidden["output"]
    assert hidden["output"] == "Came back: x"


def test_pictures_of_a_submission_are_bounded() -> None:
    large = (Picture("Came back", "alt", base64.b64encode(bytes(90_000)).decode()),)
    many = [replace(CHECK, id=str(n), pictures=large) for n in range(20)]
    data = results_of(*many)
    shown = [test for test in data["tests"] if "<img" in test["output"]]
    assert 0 < len(shown) < 20
    assert sum(len(test["output"]) for test in shown) < rich.MAX_PICTURES + 20_000
    assert len(dumped(data).encode()) < MAX_FILE


def test_a_picture_that_is_no_base64_is_not_shown() -> None:
    odd = (Picture("t", "a", 'x"><script>alert(1)</script>'),)
    assert entry_of(replace(CHECK, pictures=odd))["output"] == "Came back: x"


@given(
    st.lists(
        st.sampled_from(
            [*"<>&\"'`\n \t:x", "<script>", "</pre>", "Came back: ", "Hint: ", "`<b>`", "a   b"]
        ),
        max_size=30,
    ).map("".join),
    st.text(max_size=20),
)
def test_nothing_of_a_students_becomes_markup(message: str, alt: str) -> None:
    check = replace(CHECK, message=message, pictures=(Picture(alt, alt, "QUJD"),))
    entry = entry_of(check)
    assert entry["output_format"] == "html"
    found = Tags(entry["output"])
    assert {tag for tag, _ in found.tags} <= {"p", "pre", "strong", "code", "br", "img"}
    assert [tag for tag, _ in found.tags].count("img") == 1
    assert all(set(attrs) <= {"src", "alt"} for _, attrs in found.tags)
    assert not found.open


def test_a_missing_notebook_is_said_once() -> None:
    lost = [replace(CHECK, id=str(n), message=NOT_THERE) for n in range(25)]
    cases = f"0 of 2 cases passed.\n3-4: {NOT_THERE}\n5-6: {NOT_THERE}"
    other = replace(CHECK, id="o", message="Came back: part1.ipynb: this is my text")
    data = results_of(*lost, replace(CHECK, id="c", message=cases), other, notes=("A note.",))
    text = "part1.ipynb is not in the submission, which holds x.pdf."
    assert data["output"] == f"{text} Submit part1.ipynb under that name.\nA note."
    short = "part1.ipynb could not be graded: the top of this page says why."
    assert [test["output"] for test in data["tests"]] == [short] * 26 + [other.message]
    assert dumped(data).count("is not in the submission") == 1


def test_each_notebook_that_cannot_be_read_is_said_once() -> None:
    broken = "Came back: p.ipynb: this file is empty; save it again.\nHint: x"
    checks = [replace(CHECK, id=f"{n}", message=broken) for n in range(3)]
    checks += [replace(CHECK, id=f"m{n}", message=NOT_THERE) for n in range(2)]
    lines = results_of(*checks)["output"].splitlines()
    assert [line.split(" ")[0] for line in lines] == ["p.ipynb:", "part1.ipynb"]
    (alone,) = results_of(checks[0])["tests"]
    assert "this file is empty" in alone["output"]


def test_a_value_that_a_student_returned_is_no_missing_notebook() -> None:
    quoted = replace(CHECK, message="Came back: 'a.ipynb is not in the submission, x'")
    data = results_of(quoted, replace(quoted, id="2"))
    assert data["output"] == ""


@pytest.mark.parametrize("status", ["failed", "partial", "skipped", "fault"])
def test_a_voluntary_check_is_never_shown_as_failed(status: Any) -> None:
    check = replace(CHECK, max_score=0.0, status=status)
    entry = next(e for e in results_of(check)["tests"] if e["name"] == "Title")
    assert not {"status", "score", "max_score"} & entry.keys()
    assert entry["output"].startswith("Came back: x")
    assert rich.NO_POINTS in entry["output"]
    assert entry_of(replace(check, status="passed"))["status"] == "passed"


def test_what_staff_alone_see_shows_nowhere_else() -> None:
    board = (Leaderboard("secret accuracy", 0.5, "desc"),)
    secret = replace(
        CHECK, title="secret title", message="secret words", visibility="hidden", leaderboard=board
    )
    data = results_of(secret, replace(CHECK, leaderboard=(Leaderboard("open", 1, "asc"),)))
    (entry,) = [test for test in data["tests"] if test["name"] == "secret title"]
    assert entry["visibility"] == "hidden"
    rest = {**data, "tests": [test for test in data["tests"] if test is not entry]}
    assert "secret" not in dumped(rest)
    assert [row["name"] for row in data["leaderboard"]] == ["open"]


def test_the_cause_stands_first() -> None:
    message = "1 of 3 cases passed.\nCame back: your code was stopped (out of memory).\nHint: Less."
    assert entry_of(replace(CHECK, message=message))["output"] == (
        "Came back: your code was stopped (out of memory).\nHint: Less.\n1 of 3 cases passed."
    )


def test_staff_read_first_what_ended_a_check() -> None:
    trace = "told\nTraceback\n  x\nHarnessFault: the sandbox lost seccomp"
    fault = replace(CHECK, status="fault", message="not yours", staff=trace)
    data = results_of(fault, faults=("Traceback (most recent call last):\n  y\nOSError: full",))
    first, second, *rest = data["tests"][-1]["output"].splitlines()
    assert first == "OSError: full"
    assert second == "a::b: HarnessFault: the sandbox lost seccomp"
    assert "  y" in rest
    assert rich.faults(["one line"]) == "one line"


def test_html_that_is_cut_becomes_text() -> None:
    """Where the file is too large, and where earlier results are handed over again."""
    message = "\n".join(f"Came back: `x{n} < 1` & more" for n in range(150))
    many = tuple(replace(CHECK, id=str(n), message=message) for n in range(150))
    data = gradescope.results(Report("s", "a", 10.0, many))
    assert {test["output_format"] for test in data["tests"]} == {"html"}
    small = fitted(data)
    assert all("output_format" not in test for test in small["tests"])
    assert small["tests"][0]["output"].startswith("Came back: x0 < 1 & more")
    one = gradescope.results(Report("s", "a", 10.0, (replace(CHECK, pictures=PICTURES),)))
    one["tests"][0]["output"] += "x" * MAX_TEXT
    again = repeated(one, "A line.", 10.0, {}, leaderboard=False)
    assert again is not None
    assert "output_format" not in again["tests"][0]
    assert again["tests"][0]["output"].startswith("Came back: x")
    assert "data:image" not in again["tests"][0]["output"]


@pytest.mark.parametrize("odd", [{}, {"output": 1, "output_format": "html"}, {"output": "<p>"}])
def test_what_is_no_html_stays(odd: dict[str, Any]) -> None:
    assert without_html(odd) == odd


def test_written_and_read_again(tmp_path: Path) -> None:
    check = replace(CHECK, message="Came back: `x`", pictures=PICTURES)
    gradescope.write_results(Report("s", "a", 2.0, (check,)), tmp_path / "results.json")
    jsonschema.validate(json.loads((tmp_path / "results.json").read_text()), SCHEMA)
