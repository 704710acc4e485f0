"""The journal of decisions: nothing is lost, whoever writes beside and whatever ends it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from typing import Any

import pytest

from autograder.model.manifest import Question
from autograder.model.manual import ManualPart, RubricItem
from autograder.model.report import CheckResult, Report
from autograder.review.events import Decision, Event, Overriding, RubricChange, Undo
from autograder.review.journal import FILE, Journal, JournalError
from autograder.review.rescoring import CHANGED, GONE, OTHER_FILES, AnswerKey, Grades, read_grades

RUBRIC = (RubricItem("a", "right", 2), RubricItem("b", "wrong", -1))
QUESTION = Question("Q1", "why", 4, manual=ManualPart(4, rubric=RUBRIC))
KEY = AnswerKey("d1", "s1", "given")


def decision(submission: str = "s", by: str = "Ada", **more: Any) -> Decision:
    values = {"items": ("a",), **more}
    return Decision(by=by, question="Q1", answers={submission: "d1"}, **values)


def read(folder: Path) -> tuple[list[Event], list[str]]:
    events: list[Event] = []
    journal = Journal(folder, events.append)
    journal.refresh()
    return events, journal.problems


def written(folder: Path, *events: Event) -> None:
    journal = Journal(folder, lambda _event: None)
    for event in events:
        journal.append(lambda event=event: event)  # type: ignore[misc]


# --- the file ------------------------------------------------------------------------------------


def test_what_is_written_comes_back_frozen(tmp_path: Path) -> None:
    events = [
        decision(comment="Well “said”\n\N{GRINNING FACE}", adjustment=0.5),
        RubricChange(by="Ada", question="Q1", item="c", text="new", points=1),
        Overriding(by="Bo", submission="s", check="t", points=1.5, reason="r", digest="f"),
        Overriding(by="Bo", submission="s", check="t", points=None),
        Undo(by="Ada", of="x"),
    ]
    written(tmp_path, *events)
    found, problems = read(tmp_path)
    assert found == events
    assert problems == []
    with pytest.raises(FrozenInstanceError):
        found[0].by = "Eve"  # type: ignore[misc]
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0
    lines = [json.loads(line) for line in (tmp_path / FILE).read_text().splitlines()]
    assert all(line["by"] and line["at"] and line["kind"] for line in lines)


def test_half_a_line_is_left_out_with_a_word_and_what_follows_counts(tmp_path: Path) -> None:
    first, second, third = decision("s1"), decision("s2"), decision("s3")
    written(tmp_path, first, second)
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes()[:-20])
    found, problems = read(tmp_path)
    assert found == [first]
    assert len(problems) == 1
    assert "line 2: only half of a decision" in problems[0]
    written(tmp_path, third)
    found, problems = read(tmp_path)
    assert found == [first, third]
    assert len(problems) == 1
    assert "line 2" in problems[0]


@pytest.mark.parametrize(
    "line",
    [
        "[]", "{}", "nonsense", "[" * 100_000, '{"kind": "os.system"}', '{"kind": "undo"}',
        '{"kind": "decision", "by": 1, "id": "x", "at": "", "question": "", "answers": {}}',
        '{"kind": "undo", "by": "x", "of": "y", "more": 1}',
        '{"kind": "override", "by": "x", "submission": "s", "check": "c", "points": NaN}',
        '{"kind": "override", "by": "x", "submission": "s", "check": "c", "points": true}',
    ],
)  # fmt: skip
def test_a_line_that_is_no_event_breaks_nothing(tmp_path: Path, line: str) -> None:
    first, last = decision("s1"), decision("s2")
    text = f"{first.to_line()}\n{line}\n{last.to_line()}\n"
    (tmp_path / FILE).write_text(text)
    found, problems = read(tmp_path)
    assert found == [first, last]
    assert len(problems) == 1
    assert "line 2" in problems[0]


WRITER = """
import sys
from pathlib import Path
from autograder.review.events import Decision
from autograder.review.journal import Journal
journal = Journal(Path(sys.argv[1]), lambda event: None)
for number in range(int(sys.argv[3])):
    event = Decision(by=sys.argv[2], question="Q1", answers={f"s{number}": "d"}, comment="x" * 300)
    journal.append(lambda: event)
    print(event.id, flush=True)
"""


def start(folder: Path, name: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(folder), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    writers = [start(tmp_path, name, 60) for name in ("Ada", "Bo", "Cy")]
    told = [line for writer in writers for line in writer.communicate(timeout=120)[0].split()]
    found, problems = read(tmp_path)
    assert problems == []
    assert len(told) == 180
    assert {event.id for event in found} == set(told)


def test_what_was_told_before_a_kill_is_there(tmp_path: Path) -> None:
    writer = start(tmp_path, "Ada", 100_000)
    assert writer.stdout is not None
    first = [writer.stdout.readline().strip() for _ in range(20)]
    os.kill(writer.pid, signal.SIGKILL)
    told = [*first, *(line.strip() for line in writer.stdout if line.endswith("\n"))]
    writer.wait(timeout=60)
    found, _problems = read(tmp_path)
    assert set(told) <= {event.id for event in found}
    written(tmp_path, decision())  # the lock went with the process
    assert len(read(tmp_path)[0]) == len(found) + 1


def test_one_writer_sees_what_another_has_added_before_it_decides(tmp_path: Path) -> None:
    seen: list[Event] = []
    journal = Journal(tmp_path, seen.append)
    other = decision("s1", "Bo")
    written(tmp_path, other)

    def make() -> Event:
        assert seen == [other]
        raise LookupError("somebody was faster")

    with pytest.raises(LookupError):
        journal.append(make)
    assert read(tmp_path)[0] == [other]


def test_a_disk_that_refuses_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(JournalError, match="cannot be read or written"):
        written(tmp_path, decision())


def test_ten_thousand_decisions_are_read_in_seconds_of_the_processor(tmp_path: Path) -> None:
    lines = [decision(f"s{n}", comment="some words " * 5).to_line() for n in range(10_000)]
    (tmp_path / FILE).write_text("\n".join(lines) + "\n")
    started = time.process_time()
    grades, problems = read_grades(tmp_path, [QUESTION])
    assert time.process_time() - started < 3  # the benchmark says how many
    assert problems == []
    assert grades.decision("Q1", "s9999") is not None


# --- points --------------------------------------------------------------------------------------


def grades_of(*events: Event) -> Grades:
    grades = Grades([QUESTION])
    for event in events:
        grades.take(event)
    return grades


def score(grades: Grades, submission: str = "s") -> float | None:
    return grades.result("Q1", submission, KEY).score


def test_a_change_of_the_rubric_counts_for_everybody() -> None:
    grades = grades_of(decision("s"), decision("t"), decision("u", items=("b",)))
    assert [score(grades, name) for name in "stu"] == [2, 2, 0]
    change = RubricChange(by="Ada", question="Q1", item="a", text="very right", points=3.5)
    grades.take(change)
    assert [score(grades, name) for name in "stu"] == [3.5, 3.5, 0]
    assert grades.result("Q1", "s", KEY).items == (("very right", 3.5),)
    grades.take(Undo(by="Ada", of=change.id))
    assert score(grades) == 2
    grades.take(RubricChange(by="Ada", question="Q1", item="a", removed=True))
    assert score(grades) == 0
    assert grades.result("Q1", "s", KEY).again == ""  # it was taken out on purpose


def test_undo_gives_back_what_was_there_before() -> None:
    first, second = decision(), decision(by="Bo", items=())
    grades = grades_of(first, second)
    assert score(grades) == 0
    assert grades.last_of("Ada") == first
    grades.take(Undo(by="Bo", of=second.id))
    assert score(grades) == 2
    grades.take(Undo(by="Bo", of=second.id))  # twice is once
    grades.take(Undo(by="Ada", of=first.id))
    assert score(grades) is None
    assert grades.last_of("Ada") is None


def test_a_changed_answer_and_a_lost_item_want_a_second_look() -> None:
    grades = grades_of(decision())
    again = [grades.result("Q1", "s", key).again for key in (KEY, replace(KEY, digest="d2"), None)]
    assert again == ["", CHANGED, ""]
    assert grades.result("Q1", "s", replace(KEY, digest="d2")).score == 2
    lost = Grades([replace(QUESTION, manual=ManualPart(4, rubric=RUBRIC[1:]))])
    lost.take(decision())
    assert lost.result("Q1", "s", KEY).again == GONE


def test_overrides_are_kept_apart_and_go_only_on_request() -> None:
    check = CheckResult("t", "Q1", "t", "1", True, 0.0, 2.0, "fault", staff="Traceback")
    report = Report("s", "a", 6, (check,))
    given = Overriding(by="Bo", submission="s", check="t", points=1.5, reason="r", digest="f")
    grades = grades_of(given)
    made = grades.applied("s", report, {}, "f")
    assert (made.checks[0].score, made.checks[0].status) == (1.5, "partial")
    assert made.checks[0].override is not None
    assert (made.checks[0].override.automatic, made.checks[0].override.again) == (0.0, "")
    assert not made.faulty
    later = grades.applied("s", report, {}, "g").checks[0].override
    assert later is not None
    assert later.again == OTHER_FILES
    assert grades.applied("other", report, {}, "f").checks == (check,)
    gone = grades.applied("s", replace(report, checks=()), {}, "f")
    assert "there is no such check now" in gone.flags[0]
    grades.take(Overriding(by="Bo", submission="s", check="t", points=None))
    assert grades.applied("s", report, {}, "f").checks == (check,)
