"""Every command and every file on a page of tutorial and how-to is run, as a reader would."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pages
import pytest
from conftest import ROOT, needs_root

pytestmark = needs_root

DOCS = ROOT / "docs"
TUTORIAL = DOCS / "tutorial" / "teachers.md"
PAGES = {
    path.relative_to(DOCS).as_posix(): pages.read(path)
    for path in sorted([*DOCS.glob("tutorial/*.md"), *DOCS.glob("how-to/*.md")])
}
RUN = [name for name, page in PAGES.items() if page.course and page.path != TUTORIAL]
#: Why a block may not be run.
REASONS = {
    "needs a browser",
    "needs a cluster",
    "needs a course of nbgrader's",
    "needs a log that is submitted",
    "needs Docker or Podman",
    "needs Gradescope",
    "needs the internet",
    "the tests have an environment of their own",
}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Path:
    """The folder at the end of the teachers' tutorial."""
    folder = tmp_path_factory.mktemp("course")
    pages.Reader(folder, Path(sys.executable).parent, cache).follow(pages.read(TUTORIAL))
    return folder


@pytest.fixture
def begin(course: Path, tmp_path: Path) -> Callable[[str], Path]:
    """The folder in which a page's reader begins."""

    def made(name: str) -> Path:
        folder = tmp_path / "course"
        if name == "tutorial":
            shutil.copytree(course, folder)
        else:
            folder.mkdir()
        if name == "student":
            shutil.copy(course / "dist" / "hw1" / "student.zip", folder)
        assert name in ("tutorial", "student", "empty")
        return folder

    return made


def test_the_tutorial(course: Path) -> None:
    assert (course / "results.json").is_file()
    assert (course / "results" / "grades.csv").is_file()


@pytest.mark.parametrize("name", RUN)
def test_a_page(name: str, begin: Callable[[str], Path], cache: Path) -> None:
    page = PAGES[name]
    pages.Reader(begin(page.course), Path(sys.executable).parent, cache).follow(page)


@pytest.mark.parametrize("name", PAGES)
def test_each_block_is_run_or_says_why_not(name: str) -> None:
    page = PAGES[name]
    left = [block for block in page.blocks if not (block.not_run or block.is_picture)]
    assert not left or page.course or page.run_by, f"{name}: nobody runs its blocks"
    if page.run_by:
        assert (ROOT / page.run_by).is_file()
        assert page.path.name in (ROOT / page.run_by).read_text(encoding="utf-8")
    assert {block.not_run for block in page.blocks} - {""} <= REASONS
