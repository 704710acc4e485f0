"""What goes back to students: pages and PDFs with points of checks and of people, and uploads."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from pathlib import Path

import pypdf
import pytest
from command_line import run as command_line
from PIL import Image
from reviewed import READING, answer, results

from autograder.batch.handback import Form, HandbackError, Target, Wish, hand_back
from autograder.batch.kept import read_kept
from autograder.model.manifest import load
from autograder.pages.handback import printed, sheets
from autograder.review.events import Decision
from autograder.review.journal import Journal

LONG = "\n\n".join(f"Line {n} of a long answer." for n in range(120))
WORDS: dict[str, dict[str, str | None]] = {
    "ada": {"Q2": "It is **faster**. <script>alert('ran')</script>"},
    "bo": {"Q2": LONG},
}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    results(tmp_path / "out", WORDS)
    kept = read_kept(tmp_path / "out")
    event = Decision(
        by="Grace",
        question="Q2",
        answers={"ada": kept.answers["ada"]["Q2"].digest},
        items=("speed",),
        comment="Well said.",
    )
    Journal(kept.folder, kept.grades.take).append(lambda: event)
    return tmp_path / "out"


def text_of(data: bytes) -> list[str]:
    pages = pypdf.PdfReader(io.BytesIO(data)).pages
    return [" ".join(page.extract_text().split()) for page in pages]


def test_a_page_has_points_of_both_comments_and_the_answer(out: Path) -> None:
    done = command_line("feedback", out)
    assert done.returncode == 0, done.stderr
    page = (out / "handback" / "html" / "ada.html").read_text()
    for part in ("Student ada", "Says that it is faster", "Well said.", "<strong>faster</strong>"):
        assert part in page
    assert "<strong>4</strong> of 10 points" in page
    assert "4 of these points are given by people and still out" in page
    for hidden in ("<script>alert", "Grace", "test_reading.py"):
        assert hidden not in page


def test_the_same_on_paper(out: Path) -> None:
    done = hand_back(out, Wish(Form.pdf))
    assert (done.count, done.problems) == (2, ())
    words = " ".join(text_of((done.folder / "ada.pdf").read_bytes()))
    assert "Well said." in words
    assert "It is faster." in words


def test_sheets_have_fixed_pages_for_each_question(out: Path) -> None:
    done = hand_back(out, Wish(Form.sheets))
    free = {name: text_of((done.folder / f"{name}.pdf").read_bytes()) for name in WORDS}
    assert len(free["ada"]) == 4
    assert len(free["bo"]) > 5
    starts = [page for page in free["bo"] if " · " in page[:120] and "Student bo" in page]
    assert len(starts) == 4  # each begins on a page of its own
    fixed = hand_back(out, Wish(Form.sheets, pages=2))
    assert any("bo: Q2 goes on for" in problem for problem in fixed.problems)
    for name in WORDS:
        pages = text_of((fixed.folder / f"{name}.pdf").read_bytes())
        assert len(pages) == 8
        assert [n for n, page in enumerate(pages) if f"Student {name}" in page] == [0, 2, 4, 6]
        assert "Well said." not in " ".join(pages)


def test_nothing_is_fetched_for_a_pdf(tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    Image.new("RGB", (9, 9), (200, 0, 0)).save(secret)
    inside = base64.b64encode(secret.read_bytes()).decode()

    def pictures(source: str) -> int:
        data = printed(f'<!doctype html><title>t</title><img src="{source}"><p>words</p>')
        return sum(len(page.images) for page in pypdf.PdfReader(io.BytesIO(data)).pages)

    assert pictures(secret.as_uri()) == 0
    assert pictures("http://127.0.0.1:9/x.png") == 0
    assert pictures(f"data:image/png;base64,{inside}") == 1  # the control


def test_a_question_without_an_answer_has_its_pages() -> None:
    assignment = load(READING)
    only = {"Q2": answer(assignment.question("Q2"), "Words.")}
    assert len(text_of(sheets("s", assignment, only, 1).pdf)) == 4


def test_a_zip_is_named_as_the_platform_wants(out: Path) -> None:
    with pytest.raises(HandbackError, match="its own download"):
        hand_back(out, Wish(target=Target.moodle))
    path = out / "submissions.json"
    listed = json.loads(path.read_text())
    for number, row in enumerate(listed["submissions"], start=70):
        row["platform"] = "moodle"
        row["origin"] = f"Student {row['id']}_{number}_assignsubmission_file_"
    path.write_text(json.dumps(listed))
    done = hand_back(out, Wish(target=Target.moodle))
    assert done.archive is not None
    assert zipfile.ZipFile(done.archive).namelist() == [
        "Student ada_70_assignsubmission_file_/feedback.html",
        "Student bo_71_assignsubmission_file_/feedback.html",
    ]
    paper = hand_back(out, Wish(Form.sheets, 2, Target.gradescope))
    assert paper.archive is not None
    names = zipfile.ZipFile(paper.archive).namelist()
    assert names == ["Student ada-ada.pdf", "Student bo-bo.pdf"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--pages", "2"], "--sheets"),
        (["--zip", "gradescope"], "--pdf"),
        (["--zip", "fax"], "choose from moodle, gradescope"),
    ],
)
def test_what_cannot_be_made_is_one_sentence(out: Path, options: list[str], says: str) -> None:
    done = command_line("feedback", out, *options)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
