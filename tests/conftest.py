"""Fixtures for all tests: folders that the sandbox can read, assignments, sessions, notebooks."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import balance
import hypothesis
import pytest
from fork_servers import ForkServers
from one_wheel import OneWheel
from reach import Reach

from autograder.commands.options import cache_of
from autograder.grading import processes
from autograder.grading.session import Session
from autograder.model import manifest
from autograder.model.manifest import Assignment
from autograder.model.report import CheckResult, Report
from release.build import Release, build
from release.bundles import student
from release.markup.templates import solved, templates

#: Per cent of the examples that tests ask for by ``examples``; pytest --hypothesis-profile NAME.
PROFILES = {"fast": 10, "ci": 30, "nightly": 1000}
for _name, _share in PROFILES.items():
    # A busy machine is no failure.
    hypothesis.settings.register_profile(_name, deadline=None, max_examples=_share)
hypothesis.settings.load_profile("ci")

ROOT = Path(__file__).parent.parent
TWO_FUNCTIONS = ROOT / "tests" / "assignments" / "two_functions"

needs_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="the sandbox's change of user needs root; run in a container"
)


def needs_installed(*modules: str) -> pytest.MarkDecorator:
    """For tests whose workers import them; to do so here as well takes seconds."""
    lacking = [module for module in modules if find_spec(module) is None]
    return pytest.mark.skipif(bool(lacking), reason=f"not installed: {', '.join(lacking)}")


def examples(count: int) -> int:
    """So many examples of Hypothesis, fewer or more by profile; without it, a hundred is meant."""
    return max(1, count * hypothesis.settings.default.max_examples // 100)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """What `-n auto` stands for; tests that start no process wait for none."""
    return balance.workers(waiting="not process" not in config.option.markexpr)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> balance.LongestFirst | None:
    """What `--dist loadfile` stands for."""
    is_by_file = config.getvalue("dist") == "loadfile"
    return balance.LongestFirst(config, log) if is_by_file else None


SHARED = pytest.StashKey[tuple[ForkServers, OneWheel]]()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Do once what tests would do again and again; no fixture, of which all would be marked."""
    servers, wheel = session.stash[SHARED] = ForkServers(), OneWheel()
    processes.started = servers.started
    student.build_wheel = wheel.put


def pytest_sessionfinish(session: pytest.Session) -> None:
    for shared in session.stash[SHARED]:
        shared.close()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what starts processes, so that `make test-fast` can do without."""
    reach = Reach()
    for item in items:
        if reach.starts_a_process(item):
            item.add_marker("process")


@pytest.fixture(scope="session", autouse=True)
def _passable_temporary_folders(tmp_path_factory: pytest.TempPathFactory) -> None:
    """pytest keeps its folders private; the sandbox's user has to pass through them."""
    base = tmp_path_factory.getbasetemp()
    for folder in (base, *base.parents):
        if folder.stat().st_mode & stat.S_ISVTX:  # shared by all users, as anything above it
            break
        folder.chmod(folder.stat().st_mode | 0o111)


class Notebook:
    """A notebook on its way to a file: cells by id, edited as a student would."""

    def __init__(self, data: bytes) -> None:
        self.tree: dict[str, Any] = json.loads(data)

    @property
    def cells(self) -> list[dict[str, Any]]:
        return self.tree["cells"]

    def cell(self, identifier: str) -> dict[str, Any]:
        return next(cell for cell in self.cells if cell.get("id") == identifier)

    def source(self, identifier: str) -> str:
        return "".join(self.cell(identifier)["source"])

    def edit(self, identifier: str, *replacements: tuple[str, str]) -> Notebook:
        """Replace texts in a cell; each has to be there, or the test tests nothing."""
        text = self.source(identifier)
        for old, new in replacements:
            assert old in text, f"{old!r} is not in cell {identifier}"
            text = text.replace(old, new)
        self.cell(identifier)["source"] = text
        return self

    def set(self, identifier: str, source: str) -> Notebook:
        self.cell(identifier)["source"] = source
        return self

    def insert(self, before: str, source: str) -> Notebook:
        place = self.cells.index(self.cell(before))
        self.cells.insert(place, code_cell(source))
        return self

    def save(self, path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.tree), encoding="utf-8")
        return path


def code_cell(source: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": source,
    }


class Graded:
    """A report with its checks by number."""

    def __init__(self, report: Report) -> None:
        self.report = report

    @property
    def scores(self) -> dict[str, float]:
        return {check.number: check.score for check in self.report.checks}

    @property
    def messages(self) -> str:
        return "\n".join(check.message for check in self.report.checks)

    def check(self, number: str) -> CheckResult:
        return next(check for check in self.report.checks if check.number == number)

    def lost(self) -> dict[str, float]:
        """The points lost, by check; empty for full marks. No fault may hide among them."""
        assert not self.report.faulty, self.report.all_faults
        return {
            c.number: c.max_score - c.score for c in self.report.checks if c.score < c.max_score
        }


@pytest.fixture(scope="session")
def training_cache(hw4: Assignment) -> Path:
    """Trainings and verdicts by all that they follow from, where `make release` caches its own.

    On a new machine everything runs; after that, or after an edit, what is not cached.
    """
    folder = cache_of(None, hw4)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


@pytest.fixture(scope="session")
def hw4() -> Assignment:
    return manifest.load(ROOT / "solutions" / "hw4")


@pytest.fixture(scope="session")
def hw4_solved(hw4: Assignment) -> dict[str, bytes]:
    return solved(hw4)


@pytest.fixture(scope="session")
def hw4_templates(hw4: Assignment) -> dict[str, bytes]:
    return templates(hw4)


@pytest.fixture(scope="session")
def hw4_release(
    hw4: Assignment, training_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Release:
    """Homework 4 released, with all that its proof grades."""
    return build(hw4, tmp_path_factory.mktemp("release") / "hw4", cache=training_cache)


def part_of(
    assignment: Assignment, notebook: str, folder: Path, *, checks: str, check_seconds: float
) -> Assignment:
    """The part of an assignment that is about one notebook, with a shorter time limit.

    Endless loops then end soon, and one part's tests do not wait for another's.
    """
    text = (assignment.folder / manifest.FILE_NAME).read_text(encoding="utf-8")
    head, *tables = re.split(r"^(?=\[\[)", text, flags=re.MULTILINE)
    head, public = re.subn(r"^public = .*$", 'public = "../public"', head, flags=re.MULTILINE)
    head, limits = re.subn(
        r"^check_seconds = .*$", f"check_seconds = {check_seconds}", head, flags=re.MULTILINE
    )
    assert public == limits == 1
    kept = [table for table in tables if notebook in table]
    (folder / "staff" / "checks").mkdir(parents=True)
    (folder / "staff" / manifest.FILE_NAME).write_text(head + "".join(kept), encoding="utf-8")
    shutil.copyfile(assignment.hidden_checks / checks, folder / "staff" / "checks" / checks)
    source = next(entry.source for entry in assignment.notebooks if entry.file == notebook)
    shutil.copyfile(assignment.folder / source, folder / "staff" / source)
    shutil.copytree(assignment.public, folder / "public")
    for path in (folder / "public" / "checks").glob("test_*.py"):
        if path.name != checks:
            path.unlink()
    return manifest.load(folder / "staff")


@pytest.fixture(scope="session")
def hw4_session(
    hw4: Assignment, hw4_templates: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Session]:
    """Grades part H alone."""
    name = "HandDesignFilters.ipynb"
    folder = tmp_path_factory.mktemp("hw4")
    part = part_of(hw4, name, folder, checks="test_part_h.py", check_seconds=1.0)
    with Session(part, {name: hw4_templates[name]}) as session:
        yield session


@pytest.fixture
def answer(hw4_solved: dict[str, bytes]) -> Notebook:
    """The solved part H, to be spoilt."""
    return Notebook(hw4_solved["HandDesignFilters.ipynb"])


Grade = Callable[[Path], Graded]


@pytest.fixture
def grade(hw4_session: Session) -> Grade:
    return lambda path: Graded(hw4_session.grade(path))


@pytest.fixture
def grade_notebook(hw4_session: Session, tmp_path: Path) -> Callable[[Notebook], Graded]:
    """Write a notebook into a folder of its own and grade that."""

    def run(notebook: Notebook) -> Graded:
        notebook.save(tmp_path / "submission" / "HandDesignFilters.ipynb")
        return Graded(hw4_session.grade(tmp_path / "submission"))

    return run
