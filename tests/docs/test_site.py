"""The documentation builds, strictly, and fetches nothing; its tables say what the code says."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest
from conftest import ROOT
from PIL import Image

from autograder import checks

pytest.importorskip("mkdocs")

DOCS = ROOT / "docs"
ABOVE = ("README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md")
#: What a page would fetch when it is shown. Links that a reader clicks are none.
FETCHED = re.compile(
    r"<(?:script|img|iframe|source)\b[^>]*\bsrc=[\"']?(?:https?:)?//"
    r"|<link\b(?=[^>]*rel=[\"']?(?:stylesheet|preconnect|icon|preload))[^>]*href=[\"']?(?:https?:)?//"
    r"|url\([\"']?(?:https?:)?//"
)


def build(folder: Path, site: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "-f", folder / "mkdocs.yml", "-d", site],
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "http_proxy": "http://127.0.0.1:9",
             "https_proxy": "http://127.0.0.1:9", "no_proxy": ""},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All pages, built where no network can be reached."""
    folder = tmp_path_factory.mktemp("site")
    done = build(ROOT, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_page_is_built(site: Path) -> None:
    pages = {path.relative_to(DOCS).with_suffix(".html") for path in DOCS.rglob("*.md")}
    assert {path for path in pages if not (site / path).is_file()} == set()
    assert not list(site.rglob("*.py"))


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    pages = [*site.rglob("*.html"), *site.rglob("*.css")]
    assert len(pages) > 30
    found = [(path.name, FETCHED.findall(path.read_text(encoding="utf-8"))) for path in pages]
    assert [(name, hits) for name, hits in found if hits] == []
    assert FETCHED.search('<script src="https://x.org/a.js">')
    assert FETCHED.search('<link rel="stylesheet" href="//x.org/a.css">')


def test_no_table_is_left_open(site: Path) -> None:
    assert not [p for p in site.rglob("*.html") if "<!-- generated" in p.read_text("utf-8")]


#: What a check has no use for, though other modules call it.
INTERNAL = {
    "Student": {"vary"},
    "RemoteObject": {"reference_for"},
    "Source": {"location", "nodes"},
}


@pytest.mark.parametrize("name", INTERNAL)
def test_what_the_reference_lists_of_a_class(site: Path, name: str) -> None:
    """All of its own members but what is internal; none that is inherited."""
    own = {member for member in vars(getattr(checks, name)) if not member.startswith("_")}
    assert own >= INTERNAL[name]
    text = (site / "reference" / "checks.html").read_text(encoding="utf-8")
    listed = set(re.findall(rf'id="autograder\.checks\.{name}\.(\w+)"', text))
    assert listed == own - INTERNAL[name]


def test_the_reference_says_what_a_figure_holds(site: Path) -> None:
    text = (site / "reference" / "checks.html").read_text(encoding="utf-8")
    for kind in (checks.Figure, checks.Axes, checks.Bars, checks.Line, checks.Points):
        assert f'id="autograder.checks.{kind.__name__}"' in text
        for part in dataclasses.fields(kind):
            assert part.name in (kind.__doc__ or ""), f"{kind.__name__}.{part.name}"
    assert "autograder.checks.Axes.bar_values" in text


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("reference/command-line.html", ["autograder batch", "--roster", "autograder check"]),
        ("reference/manifest.html", ["second_look_seconds", "[[question]]", "percent_per_day"]),
        ("reference/checks.html", ["expect_array", "Student", "keep", "CheckFailed"]),
        ("reference/markers.html", ["BEGIN HIDDEN TESTS", "SOLUTION NO PROMPT"]),
        ("reference/results.html", ["stdout_visibility", "max_score"]),
        ("explanation/isolation.html", ["no_new_privs", "landlock"]),
        ("project/security.html", ["Not promised"]),
        ("project/changelog.html", ["Unreleased"]),
        ("project/contributing.html", ["make test-fast"]),
    ],
)
def test_generated_tables_are_there(site: Path, page: str, words: list[str]) -> None:
    text = re.sub(r"<[^>]+>", "", (site / page).read_text(encoding="utf-8"))
    assert [word for word in words if word not in text] == []


@pytest.mark.parametrize(
    "broken", ["[x](nowhere.md)", "[x](index.md#nowhere)", "![x](images/nowhere.png)"]
)
def test_a_broken_link_fails(tmp_path: Path, broken: str) -> None:
    (tmp_path / "docs").mkdir()
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    config = re.sub(r"^(hooks|plugins|nav):\n(?:[ -].*\n)*", "", text, flags=re.MULTILINE)
    (tmp_path / "mkdocs.yml").write_text(config, encoding="utf-8")
    page = tmp_path / "docs" / "index.md"
    page.write_text("# A page\n", encoding="utf-8")
    assert build(tmp_path, tmp_path / "site").returncode == 0
    page.write_text(f"# A page\n\n{broken}\n", encoding="utf-8")
    done = build(tmp_path, tmp_path / "site")
    assert done.returncode != 0
    assert "nowhere" in done.stderr


@pytest.mark.parametrize("name", ABOVE)
def test_links_of_files_above_lead_somewhere(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    named = re.findall(r"`((?:docs|tests|solutions|assignment|autograder|release)/[\w./-]+)`", text)
    example = re.compile(r"(assignment|solutions)/(hw1|NAME)")
    wanted = [unquote(t) for t in (*targets, *named) if not example.match(t)]
    assert [target for target in wanted if not (ROOT / target).exists()] == []


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 130


def test_each_key_of_the_manifest_says_what_it_means() -> None:
    schema = json.loads((ROOT / "autograder/schemas/manifest.schema.json").read_text("utf-8"))

    def silent(node: dict, path: str) -> list[str]:  # type: ignore[type-arg]
        found = []
        for key, value in node.get("properties", {}).items():
            inner = value.get("items", value)
            if "description" not in value and "properties" not in inner:
                found.append(f"{path}{key}")
            found += silent(inner, f"{path}{key}.")
        return found

    assert silent(schema, "") == []


def test_pictures_are_small_and_each_is_shown() -> None:
    pictures = sorted((DOCS / "images").glob("*.png"))
    text = "".join(path.read_text(encoding="utf-8") for path in DOCS.rglob("*.md"))
    for path in pictures:
        assert path.stat().st_size < 150_000, path.name
        with Image.open(path) as picture:
            assert min(picture.size) > 300, path.name
        assert f"images/{path.name}" in text
