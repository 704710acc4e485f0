"""The page's server: who may ask it what, what it notes, and what two at once do to each other."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from command_line import run as command_line
from reviewed import results
from starlette.testclient import TestClient

from autograder.batch.answers import read_answer
from autograder.batch.kept import read_kept
from autograder.batch.reviewing import ReviewError, sitting_of
from autograder.review.journal import FILE
from autograder.review.server import LOOPBACK, ServerSettings, application, listening
from autograder.review.sitting import Sitting

WORDS: dict[str, dict[str, str | None]] = {
    "ada": {"Q2": "It is faster.", "Q4": "a"},
    "bo": {"Q2": "It  is faster.\n", "Q4": "b"},
    "cy": {"Q2": "<script>alert(1)</script> No idea.", "Q4": "c"},
    "di": {"Q2": None},
    "eve": {"Q2": None},
}
SETTINGS = ServerSettings(8000, "s3cret-token")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    results(tmp_path / "out", WORDS)
    return tmp_path / "out"


@pytest.fixture
def sitting(out: Path) -> Sitting:
    return sitting_of(out)


class Client:
    """Somebody at the page."""

    def __init__(self, sitting: Sitting, grader: str = "Ada", **settings: Any) -> None:
        self.settings = replace(SETTINGS, **settings)
        base = f"http://{LOOPBACK}:{self.settings.port}"
        self.http = TestClient(application(sitting, self.settings), base_url=base)
        self.grader = grader

    def get(self, path: str, **query: str) -> Any:
        return self.http.get(
            f"/{self.settings.token}/{path}", params={"grader": self.grader, **query}
        )

    def post(self, path: str, **wish: Any) -> Any:
        return self.http.post(
            f"/{self.settings.token}/{path}", json={"grader": self.grader, **wish}
        )

    def overview(self, question: str = "Q2") -> Any:
        found = self.get("overview", question=question)
        assert found.status_code == 200, found.text
        return found.json()

    def look(self, group: str, question: str = "Q2", **more: str) -> Any:
        return self.get("answer", question=question, group=group, **more).json()

    def grade(self, group: str, *items: str, question: str = "Q2", **more: Any) -> Any:
        seen = more.pop("seen", None) or self.look(group, question)["seen"]
        wish = {"question": question, "group": group, "items": list(items), "seen": seen, **more}
        return self.post("grade", **wish)


@pytest.fixture
def ada(sitting: Sitting) -> Client:
    return Client(sitting)


def group_of(client: Client, count: int) -> str:
    return str(next(g["id"] for g in client.overview()["groups"] if g["count"] == count))


# --- who may ask ---------------------------------------------------------------------------------


def test_it_listens_on_the_loopback_alone() -> None:
    with listening() as made:
        assert made.family == socket.AF_INET
        assert made.getsockname()[0] == "127.0.0.1"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"host": "localhost:8000"}, 200),
        ({"host": "evil.example"}, 421),
        ({"host": "127.0.0.1:9"}, 421),
        ({"host": "127.0.0.1:8000.evil.example"}, 421),
        ({"origin": "http://127.0.0.1:8000"}, 200),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, 403),
        ({"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"}, 403),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, 200),
    ],
)
def test_another_host_or_site_is_refused(ada: Client, headers: dict[str, str], status: int) -> None:
    assert ada.http.get(f"/{SETTINGS.token}/", headers=headers).status_code == status


@pytest.mark.parametrize(
    "path", ["/", "/wrong/", "/s3cret-toke/", "/s3cret-token", "/static/x", "//"]
)
def test_without_the_token_there_is_nothing(ada: Client, path: str) -> None:
    found = ada.http.get(path, follow_redirects=False)
    assert found.status_code == 404
    assert "Grading" not in found.text


def test_what_changes_something_is_json_of_the_page_itself(ada: Client, out: Path) -> None:
    path = f"/{SETTINGS.token}/grade"
    body = json.dumps({"grader": "x"})
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        assert ada.http.post(path, content=body, headers={"content-type": kind}).status_code == 415
    json_kind = {"content-type": "application/json"}
    for bad in ("[]", "[" * 60_000, "{", '"x"'):
        assert ada.http.post(path, content=bad, headers=json_kind).status_code == 400
    assert ada.http.post(path, content="x" * 100_000, headers=json_kind).status_code == 413
    foreign = {**json_kind, "origin": "http://evil.example"}
    assert ada.http.post(path, content=body, headers=foreign).status_code == 403
    assert ada.http.get(path).status_code == 405
    assert not (out / FILE).exists()


def test_the_page_may_do_nothing_but_what_it_needs(ada: Client) -> None:
    found = ada.get("")
    policy = found.headers["content-security-policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["connect-src"] == "'self'"
    assert rules["form-action"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"
    assert "unsafe" not in policy
    assert found.headers["referrer-policy"] == "no-referrer"
    assert found.headers["cache-control"] == "no-store"
    assert SETTINGS.token not in found.text


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\u202eb"])
def test_a_grader_has_a_name(ada: Client, name: str) -> None:
    ada.grader = name
    assert ada.get("overview", question="Q2").status_code == 400


# --- what is shown and noted ---------------------------------------------------------------------


def test_alike_and_blank_answers_are_one_group_each(ada: Client, sitting: Sitting) -> None:
    found = ada.overview()
    assert sorted(g["count"] for g in found["groups"]) == [1, 2, 2]
    assert found["groups"][-1]["state"] == "blank"
    again = Client(sitting, "Bo").overview()
    assert [g["id"] for g in again["groups"]] == [g["id"] for g in found["groups"]]
    same = next(g["id"] for g in found["groups"] if g["count"] == 2 and g["state"] == "given")
    assert ada.grade(same, "speed", comment="  Yes. ").status_code == 200
    reports = {i.entry.id: i.report for i in read_kept(sitting.folder).batch.graded}
    assert [reports[name].manual[1].score for name in WORDS] == [2, 2, None, None, None]
    assert reports["bo"].manual[1].comment == "Yes."
    progress = {p["question"]: p["graded"] for p in ada.overview()["progress"]}
    assert progress == {"Q1": 0, "Q2": 2, "Q3": 0, "Q4": 0}
    assert ada.overview()["graders"] == [["Ada", 2]]


def test_a_students_markup_is_inert(ada: Client, sitting: Sitting) -> None:
    shown = ada.look(group_of(ada, 1))
    assert "No idea." in shown["html"]
    assert "<script" not in shown["html"]
    kept = read_answer(sitting.folder, "cy", "Q2")
    assert "<script>" in kept.cells[0]["source"]  # the control: it was there


def test_names_are_shown_on_request_unless_they_are_hidden(sitting: Sitting) -> None:
    ada = Client(sitting)
    group = group_of(ada, 1)
    assert ada.look(group)["names"] == []
    assert ada.look(group, names="1")["names"] == ["Student cy"]
    hidden = Client(sitting, hide_names=True)
    assert hidden.look(group, names="1")["names"] == []
    assert 'id="names"' not in hidden.get("").text


def test_two_at_once_do_not_replace_what_they_have_not_seen(sitting: Sitting, out: Path) -> None:
    other = sitting_of(out)  # another process, of which this one knows nothing
    ada, bo = Client(sitting), Client(other, "Bo")
    group = group_of(ada, 1)
    seen = bo.look(group)["seen"]
    assert ada.grade(group, "speed").status_code == 200
    late = bo.grade(group, "wrong", seen=seen)
    assert late.status_code == 409
    assert "Ada has graded this one meanwhile" in late.json()["error"]
    assert bo.look(group)["score"] == 2
    assert bo.grade(group, "wrong").status_code == 200  # seen, and decided again
    assert ada.look(group)["by"] == "Bo"
    assert len((out / FILE).read_text().splitlines()) == 2


def test_an_open_answer_is_left_to_who_has_it(sitting: Sitting) -> None:
    ada, bo = Client(sitting), Client(sitting, "Bo")
    group = group_of(ada, 1)
    ada.look(group)
    open_ = {g["id"]: g["open"] for g in bo.overview()["groups"]}
    assert open_.pop(group) == "Ada"
    assert set(open_.values()) == {""}
    assert {g["open"] for g in ada.overview()["groups"]} == {""}
    led = [ada.get("next", question="Q2", after="").json()["id"]]
    led.append(bo.get("next", question="Q2", after="").json()["id"])
    ada.grade(led[0])
    led.append(ada.get("next", question="Q2", after=led[0]).json()["id"])
    assert len(set(led)) == 3
    ada.grade(led[2])
    assert ada.get("next", question="Q2", after=led[2]).json() == {}


def test_a_changed_item_scores_everybody_anew_and_undo_takes_it_back(ada: Client) -> None:
    for group in ada.overview()["groups"]:
        ada.grade(group["id"], "speed")
    changed = ada.post("rubric", question="Q2", item="speed", text="Fast", points=1.5).json()
    assert {g["score"] for g in changed["groups"]} == {1.5}
    added = ada.post("rubric", question="Q2", text="New", points=-1).json()
    assert added["rubric"][-1]["text"] == "New"
    undone = [ada.post("undo").json() for _ in range(3)]
    assert [each["kind"] for each in undone] == ["rubric", "rubric", "decision"]
    found = ada.overview()
    assert found["rubric"][0]["text"] == "Says that it is faster"
    assert sorted(g["graded"] for g in found["groups"])[0] == 0
    for _ in range(2):
        assert ada.post("undo").status_code == 200
    assert ada.post("undo").status_code == 409


@pytest.mark.parametrize(
    "wish",
    [
        {"items": "speed"}, {"items": None}, {"comment": 3}, {"adjustment": "1"},
        {"adjustment": True}, {"adjustment": 1e9}, {"comment": "x" * 20_000}, {"question": "Q9"},
    ],
)  # fmt: skip
def test_what_is_no_decision_is_refused(ada: Client, out: Path, wish: dict[str, Any]) -> None:
    group = group_of(ada, 1)
    seen = ada.look(group)["seen"]
    good = {"question": "Q2", "group": group, "items": [], "seen": seen}
    assert ada.post("grade", **{**good, **wish}).status_code in (400, 404)
    assert not (out / FILE).exists() or not (out / FILE).read_text()
    assert ada.post("grade", **good).status_code == 200  # the control


def test_a_changed_answer_wants_a_second_look(ada: Client, out: Path) -> None:
    ada.grade(group_of(ada, 1), "speed")
    results(out, {**WORDS, "cy": {"Q2": "Another idea.", "Q4": "c"}}, files="g")
    found = ada.overview()
    (group,) = [g for g in found["groups"] if g["again"]]
    shown = ada.look(group["id"])
    assert "has changed" in shown["reason"]
    assert shown["score"] == 2
    assert "Another idea." in shown["html"]
    ada.grade(group["id"], "speed")
    assert not any(g["again"] for g in ada.overview()["groups"])


def test_an_address_on_paper_is_no_key_to_files(ada: Client) -> None:
    for path in ("../decisions.jsonl", "..%2fdecisions.jsonl", "answer/../../x"):
        assert ada.http.get(f"/{SETTINGS.token}/{path}").status_code == 404


def test_nothing_to_review_is_one_sentence(tmp_path: Path) -> None:
    done = command_line("review", tmp_path)
    assert done.returncode == 2
    assert "no batch was graded into this folder" in done.stderr
    results(tmp_path / "out", WORDS)
    listed = json.loads((tmp_path / "out" / "submissions.json").read_text())
    for question in listed["questions"]:
        question["manual"] = None
    (tmp_path / "out" / "submissions.json").write_text(json.dumps(listed))
    with pytest.raises(ReviewError, match="manual = true"):
        sitting_of(tmp_path / "out")


def test_answers_that_are_damaged_are_said(ada: Client, out: Path) -> None:
    group = group_of(ada, 1)
    (out / "answers" / "cy.json").write_text("[" * 100_000)
    assert "cannot be read" in ada.look(group)["html"]
