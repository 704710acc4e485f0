"""What the code imports is what the installed metadata says, room by room."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator, Mapping
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from conftest import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import autograder
from release.packages.own_package import description

#: What a room may import beside the core, by the extras that its users have.
ROOMS = {
    "autograder/batch/cluster.py": ("cluster",),
    "autograder/batch": ("batch", "review"),
    "autograder/home/watch.py": ("watch",),
    "autograder/pages/handback.py": ("pages", "pdf"),
    "autograder/pages": ("pages",),
    "autograder/review": ("review",),
    "release": ("release",),
}
#: Needed, and imported nowhere by name.
NOT_IMPORTED = {
    "gradescope-utils": "checks are marked by its decorators",
    "matplotlib": "students' figures",
    "scipy": "checks and notebooks",
    "setuptools": "builds the wheel for students, in a process of its own",
    "uv": "locks and installs packages, as a program",
}


def modules() -> Iterator[Path]:
    for package in ("autograder", "release"):
        for path in sorted((ROOT / package).rglob("*.py")):
            # What an import writes for the course is no code of the tool's.
            if "importing/parts" not in path.as_posix():
                yield path


def imports(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.partition(".")[0], node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0], node.lineno


def third_party(path: Path) -> Iterator[tuple[str, int]]:
    own = {"autograder", "release", "__future__", *sys.stdlib_module_names}
    return ((name, line) for name, line in imports(path) if name not in own)


def extras_of(path: Path) -> tuple[str, ...]:
    name = path.relative_to(ROOT).as_posix()
    fitting = [room for room in ROOMS if name == room or name.startswith(f"{room}/")]
    return ROOMS[max(fitting, key=len)] if fitting else ()


def names(requirements: tuple[str, ...]) -> set[str]:
    return {canonicalize_name(Requirement(text).name) for text in requirements}


def declared(extras: tuple[str, ...]) -> set[str]:
    """What an installation with some extras has: its own needs, and those of the extras in them."""
    found = names(description().dependencies)
    todo, seen = list(extras), set[str]()
    while todo:
        extra = todo.pop()
        if extra in seen:
            continue
        seen.add(extra)
        for text in description().extras[extra]:
            requirement = Requirement(text)
            if requirement.name == description().name:
                todo += requirement.extras
            found.add(canonicalize_name(requirement.name))
    return found


@pytest.fixture(scope="module")
def holders() -> Mapping[str, list[str]]:
    return packages_distributions()


def test_each_import_of_a_library_is_declared_for_those_who_run_it(
    holders: Mapping[str, list[str]],
) -> None:
    undeclared = [
        f"{path.relative_to(ROOT)}:{line}: {name}, of {holders[name]}"
        for path in modules()
        for name, line in third_party(path)
        if not {canonicalize_name(each) for each in holders[name]} & declared(extras_of(path))
    ]
    assert not undeclared, "\n".join(undeclared)


@pytest.mark.parametrize("extras", [(), ("release",), ("pages",), ("batch",), ("review",)])
def test_nothing_is_declared_that_nobody_imports(
    extras: tuple[str, ...], holders: Mapping[str, list[str]]
) -> None:
    used = {
        canonicalize_name(holder)
        for path in modules()
        for name, _line in third_party(path)
        for holder in holders[name]
    }
    needs = description().dependencies if not extras else description().extras[extras[0]]
    unused = names(needs) - used - NOT_IMPORTED.keys() - {description().name}
    assert not unused


def test_the_metadata_are_those_of_the_checkout() -> None:
    """A stale installation would test another one."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert sorted(description().dependencies) == sorted(project["dependencies"])
    assert names(description().extras["release"]) == names(
        project["optional-dependencies"]["release"]
    )
    assert description().version == project["version"]


def test_nothing_that_students_have_imports_the_release_tool() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in modules()
        if path.is_relative_to(ROOT / "autograder")
        for name, line in imports(path)
        if name == "release"
    ]
    assert not found
    assert Path(autograder.__file__).is_relative_to(ROOT)  # what is tested is the checkout
