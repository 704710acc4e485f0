"""A release's record says of each check how good it was proved to be."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from autograder.model.proven import Cause, Proven, ProvenCheck, RecordError, read_record

ROW: dict[str, Any] = {
    "id": "test_a.py::test_a",
    "caught": 3,
    "caught_alone": ["one"],
    "mutants": {"asked": 5, "seen": 4},
    "causes": [{"message": "got #", "mutants": ["1 → 2 (a.py)"], "mistakes": ["one"]}],
}
CHECK = ProvenCheck(
    "test_a.py::test_a", 3, ("one",), 5, 4, (Cause("got #", ("1 → 2 (a.py)",), ("one",)),)
)


def record(folder: Path, row: dict[str, Any], **changes: Any) -> Path:
    data = {"assignment": "a", "sources": {}, "proof": {"checks": [row]}, **changes}
    path = folder / "RELEASE.json"
    path.write_text(json.dumps(data))
    return path


def test_what_it_says_crosses_a_file(tmp_path: Path) -> None:
    path = record(tmp_path, ROW)
    found = read_record(path, "a")
    assert found == Proven({CHECK.id: CHECK})
    assert read_record(tmp_path, "a") == found  # by its folder
    assert Proven.from_dict(json.loads(json.dumps(found.to_dict()))) == found
    assert CHECK.cause("got #") == CHECK.causes[0]
    assert CHECK.cause("another") is None


def test_an_older_release_and_one_without_mutants(tmp_path: Path) -> None:
    old = {"id": "test_a.py::test_a", "caught": 3}
    for row in (old, old | {"mutants": None}):
        found = read_record(record(tmp_path, row), "a")
        assert found.checks["test_a.py::test_a"] == ProvenCheck("test_a.py::test_a", 3)


def test_what_has_changed_since(tmp_path: Path) -> None:
    (tmp_path / "same.py").write_bytes(b"1")
    (tmp_path / "edited.py").write_bytes(b"2")
    names = {"same.py": b"1", "edited.py": b"1", "gone.py": b"1"}
    sources = {name: hashlib.sha256(data).hexdigest() for name, data in names.items()}
    path = record(tmp_path, ROW, sources=sources)
    assert read_record(path, "a", tmp_path).changed == ("edited.py", "gone.py")
    assert read_record(path, "a").changed == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"assignment": "a", "sources": [1], "proof": {"checks": []}}',
        "[" * 9999,
    ],
)
def test_what_is_no_record_is_one_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "RELEASE.json").write_text(text)
    with pytest.raises(RecordError, match="not the record of a release; give the"):
        read_record(tmp_path, "a")


def test_of_another_assignment(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="the record of a, but this is b"):
        read_record(record(tmp_path, ROW), "b")
    with pytest.raises(RecordError, match="not the record"):
        read_record(tmp_path / "none", "b")
