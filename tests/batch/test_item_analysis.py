"""What a release has proved of the checks stands in the report on a batch, and why who fails."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from batches import Course
from browser import chromium, visited
from conftest import needs_root
from playwright.sync_api import Browser
from typer.testing import CliRunner

from autograder.cli import app
from autograder.model import manifest
from autograder.model.proven import RecordError
from release.build import build

ROWS = ".sum(axis=1)"
OBLONG = ".sum(axis=1) + (len(matrix) != np.shape(matrix)[1])"
MISTAKE = f"""
[[mistake]]
name = "wrong where it is not square"
loses = ["1.2"]
[[mistake.edit]]
notebook = "two.ipynb"
cell = "row-sums"
replace = [["{ROWS}", "{OBLONG}"]]
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@needs_root
def test_a_release_then_a_batch(
    tmp_path: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = Course(tmp_path)
    folder = course.assignment.folder
    toml = folder / "assignment.toml"
    toml.write_text(toml.read_text() + '\n[proof]\nmutants = "all"\n')
    (folder / "mistakes").mkdir()
    (folder / "mistakes" / "q1.toml").write_text(MISTAKE)
    monkeypatch.chdir(tmp_path)
    dist = tmp_path / "dist" / course.assignment.name
    made = build(manifest.load(folder), dist, cache=tmp_path / "memory")
    rows = {row["number"]: row for row in json.loads(made.record.read_text())["proof"]["checks"]}
    assert rows["1.2"]["caught_alone"] == ["wrong where it is not square"]
    assert rows["1.1"]["caught_alone"] == []
    # Each is run on all of them, also where another has failed.
    first, second = (rows[number]["mutants"] for number in ("1.1", "1.2"))
    assert 0 < second["seen"] < second["asked"]
    assert first == second

    course.hand_in("right")
    course.hand_in("wrong", (ROWS, OBLONG))
    course.hand_in("same", (ROWS, f"{OBLONG} * 2"))
    assert course.run() == 0
    (row,) = csv.DictReader(io.StringIO((course.out / "failures.csv").read_text()))
    assert (row["Group"], row["Submissions"], row["Check"]) == ("1", "2", "1.2")
    assert row["Ids"] == "same, wrong"
    assert row["May come of"].startswith("wrong where it is not square; mutant ")
    with visited(browser, course.out / "report.html") as visit:
        table = visit.page.locator("#checks-table tr", has_text="1.2").inner_text()
        assert f"{second['seen']} of {second['asked']}" in table
        assert "1 alone" in table
        cluster = visit.page.locator(".clusters li")
        assert "May come of: wrong where it is not square; mutant" in cluster.inner_text()
        assert "changed. Release again" not in visit.page.locator("#overview").inner_text()

    # An edit after the release is told; a record that is named is taken in place of it.
    path = folder / "checks" / "test_two.py"
    path.write_text(path.read_text() + "\n# edited\n")
    assert course.run() == 0
    assert "since then checks/test_two.py changed" in (course.out / "report.html").read_text()
    call = ["report", str(course.out), "--release"]
    told = CliRunner().invoke(app, [*call, str(dist)])
    assert told.exit_code == 0, told.output
    assert "since then" not in (course.out / "report.html").read_text()
    refused = CliRunner().invoke(app, [*call, str(tmp_path / "none")])
    assert isinstance(refused.exception, RecordError)
