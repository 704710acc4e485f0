"""results.json: valid against the contract whatever the report holds, and written at one stroke."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder import gradescope
from autograder.model import files
from autograder.model import text as bounds
from autograder.model.errors import HarnessFault
from autograder.model.report import CheckResult, Leaderboard, Report

SCHEMA = json.loads(gradescope.SCHEMA.read_text(encoding="utf-8"))
CHECK = CheckResult("a::b", "Q1", "Title", "1.1", True, 1.5, 2.0, "partial", "Came back: x")
REPORT = Report("s", "a", 2.0, (CHECK,), seed=7, layers=("uid",), seconds=0.5, version="1")


def written(report: Report, path: Path) -> dict[str, object]:
    gradescope.write_results(report, path)
    data: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.validate(data, SCHEMA)
    return data


def test_fields(tmp_path: Path) -> None:
    data = written(REPORT, tmp_path / "results" / "results.json")
    assert data["score"] == 1.5
    assert data["tests"] == [
        {
            "name": "Title",
            "number": "1.1",
            "score": 1.5,
            "max_score": 2.0,
            "status": "failed",
            "output": "Came back: x",
            "visibility": "visible",
            "extra_data": {"id": "a::b", "passed": 0, "cases": 1},
        }
    ]
    extra = data["extra_data"]
    assert isinstance(extra, dict)
    assert (extra["seed"], extra["sandbox"], extra["harness_fault"]) == (7, ["uid"], False)


@pytest.mark.parametrize(("points", "failed"), [(0.0, False), (2.0, True)])
def test_what_is_voluntary_is_never_failed(tmp_path: Path, points: float, failed: bool) -> None:
    """Gradescope calls it passed then, as no point is lacking."""
    skipped = replace(CHECK, status="skipped", score=0.0, max_score=points)
    data = written(replace(REPORT, checks=(skipped,)), tmp_path / "results.json")
    (entry,) = data["tests"]  # type: ignore[misc]
    assert ("failed" in entry.values()) is failed
    assert entry["output"].startswith(CHECK.message)


def test_a_fault_is_kind_to_students_and_plain_to_staff(tmp_path: Path) -> None:
    fault = replace(CHECK, status="fault", score=0.0, message="not your fault", staff="Trace")
    data = written(replace(REPORT, checks=(fault,), faults=("Boom",)), tmp_path / "results.json")
    tests = data["tests"]
    assert isinstance(tests, list)
    assert tests[-1]["visibility"] == "hidden"
    assert "Boom" in tests[-1]["output"]
    assert "Trace" in tests[-1]["output"]
    assert all("Trace" not in entry["output"] for entry in tests[:-1])


def test_unsafe_is_said(tmp_path: Path) -> None:
    data = written(replace(REPORT, unsafe=True), tmp_path / "r.json")
    assert "without the full sandbox" in str(data["output"])


@pytest.mark.parametrize("value", [math.nan, math.inf, 3, 2.5, "*****"])
def test_leaderboard(tmp_path: Path, value: float | str) -> None:
    boards = (Leaderboard("accuracy", value, "desc"), Leaderboard("parameters", 606, "asc"))
    data = written(replace(REPORT, checks=(replace(CHECK, leaderboard=boards),)), tmp_path / "r")
    entries = data["leaderboard"]
    assert isinstance(entries, list)
    assert entries[0]["name"] == "accuracy"
    assert entries[1] == {"name": "parameters", "value": 606, "order": "asc"}


@given(
    message=st.text(max_size=500),
    title=st.text(max_size=300),
    note=st.text(max_size=300),
    visibility=st.sampled_from(["hidden", "after_due_date", "after_published", "visible"]),
    score=st.floats(0, 100, allow_nan=False),
)
def test_any_text_gives_a_valid_file(
    tmp_path_factory: pytest.TempPathFactory,
    message: str,
    title: str,
    note: str,
    visibility: str,
    score: float,
) -> None:
    check = replace(CHECK, message=message, title=title, visibility=visibility, score=score)
    written(
        replace(REPORT, checks=(check,), notes=(note,), skipped=((note, title),)),
        tmp_path_factory.mktemp("r") / "results.json",
    )


def test_outputs_are_bounded(tmp_path: Path) -> None:
    long = replace(CHECK, message="x" * 10**6 + "the end")
    path = tmp_path / "results.json"
    data = written(replace(REPORT, checks=(long,), notes=("y" * 10**6,)), path)
    assert path.stat().st_size < 30_000
    (test,) = data["tests"]  # type: ignore[misc]
    assert "characters were left out here" in test["output"]
    assert test["output"].endswith("the end")


@pytest.mark.parametrize("text", ["x", "é", "日本", "🙂", "a\n", '"', "\x00", "\ud800"])
@pytest.mark.parametrize("count", [1, 3000, 5000, 9999, 10_001, 500_000])
def test_a_text_is_bounded_in_bytes(text: str, count: int) -> None:
    shown = bounds.bounded(text * count)
    assert len(shown.encode()) <= bounds.MAX_TEXT
    if len((text * count).encode(errors="replace")) * 3 < bounds.MAX_TEXT:
        assert len(shown) == len(text * count)


@pytest.mark.parametrize("checks", [50, 400, 6000])
def test_the_whole_file_is_bounded(tmp_path: Path, checks: int) -> None:
    """Shorter messages first, fewer entries last; the total stays."""
    many = tuple(
        replace(CHECK, id=f"c{number}", score=0.1, message="é" * (9000 if checks < 6000 else 99))
        for number in range(checks)
    )
    path = tmp_path / "results.json"
    data = written(replace(REPORT, checks=many, max_score=10_000), path)
    assert path.stat().st_size <= bounds.MAX_FILE
    assert data["score"] == pytest.approx(checks / 10, abs=0)
    tests = data["tests"]
    assert isinstance(tests, list)
    assert len(tests) == (checks if checks < 6000 else 1)
    assert (bounds.SHORTENED in str(data["output"])) == (checks > 50)


def test_faults_keep_the_end_of_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    gradescope.write_failure(path, "frame\n" * 10**5 + "ValueError: this")
    data = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.validate(data, SCHEMA)
    assert data["tests"][0]["output"].endswith("ValueError: this")


def test_odd_values_for_staff_are_made_plain(tmp_path: Path) -> None:
    staff = {"nan": math.nan, "\ud800": "\ud800", "big": 10**400, "deep": [[[[]]]], "set": {1}}
    gradescope.write_results(REPORT, tmp_path / "r", gradescope.Additions(staff=staff))
    text = (tmp_path / "r").read_text(encoding="utf-8")
    assert json.loads(text)["extra_data"]["nan"] == "nan"
    assert "NaN" not in text


@pytest.mark.parametrize("bad", [{"visibility": "everyone"}, {"score": math.nan}])
def test_a_report_that_breaks_the_contract_is_replaced_and_raised(
    tmp_path: Path, bad: dict[str, object]
) -> None:
    path = tmp_path / "results.json"
    broken = replace(REPORT, checks=(replace(CHECK, **bad),))  # type: ignore[arg-type]
    with pytest.raises(HarnessFault, match="broke the contract"):
        gradescope.write_results(broken, path)
    data = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.validate(data, SCHEMA)
    assert data["score"] == 0
    assert "not your fault" in data["output"]


def test_an_old_file_survives_a_failed_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "results.json"
    path.write_text("old", encoding="utf-8")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        gradescope.write_results(REPORT, path)
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("data", "valid"),
    [
        ({"score": 1}, True),
        ({"score": 0, "stdout_visibility": "visible", "output": "x"}, True),
        ({"tests": [{"score": 1}], "execution_time": "12.34", "leaderboard": []}, True),
        ({"tests": [{"name": "no score"}]}, False),
        ({"tests": []}, False),
        ({}, False),
        ({"score": 1, "visibility": "nobody"}, False),
        ({"score": 1, "unknown": 1}, False),
        ({"score": 1, "tests": [{"status": "ok"}]}, False),
        ({"score": 1, "tests": [{"name": "a remark"}]}, True),
        ({"tests": [{"score": 1}, {"name": "no score"}]}, False),
        ({"score": 1, "execution_time": "soon"}, False),
        ({"score": 1, "execution_time": 12}, True),
        ({"score": True}, False),
        ({"score": "1"}, False),
        ({"score": 1, "tests": [{"output_format": "markdown"}]}, False),
        ({"score": 1, "tests": [{"number": 1.1}]}, False),
        ({"score": 1, "tests": [{"tags": "a"}]}, False),
        ({"score": 1, "leaderboard": [{"name": "a"}]}, False),
        ({"score": 1, "tests": {}}, False),
        ([], False),
    ],
)
def test_the_schema_is_the_contract(data: dict[str, object], valid: bool) -> None:
    """Files of gradescope-utils, autogradescope and otter pass."""
    assert jsonschema.Draft202012Validator(SCHEMA).is_valid(data) is valid
