"""Rooms import only from rooms below them, wherever in a file the import stands: no circle."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

#: From the top down; those of one line know nothing of each other.
ROOMS = {
    "autograder": """
        __main__
        cli notebook
        commands
        batch home doctor
        gradescope review
        grading
        pages
        checks
        slicing sandbox
        wire
        model
        __init__
    """,
    "release": """
        cli doctor
        terminal
        build importing scaffold
        proof diff
        mutants leaks bundles
        packages
        markup
        steps
        __init__
    """,
}
MODULES = [
    path.relative_to(ROOT)
    for package in ROOMS
    for path in sorted((ROOT / package).rglob("*.py"))
    # What an import writes for the course is no code of the tool's.
    if "importing/parts" not in path.as_posix()
]


def floors(package: str) -> dict[str, int]:
    """How far below the top each room is."""
    lines = ROOMS[package].split("\n")
    return {room: number for number, line in enumerate(lines) for room in line.split()}


def room_of(path: Path) -> str:
    return path.parts[1].removesuffix(".py")


def imported(path: Path) -> Iterator[tuple[str, str, int]]:
    """Package, room and line of each import of a room of the project's."""
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            package, _, rest = name.partition(".")
            if package in ROOMS:
                room = rest.partition(".")[0]
                yield package, room if room in floors(package) else "__init__", node.lineno


@pytest.mark.parametrize("package", ROOMS)
def test_each_room_has_its_floor(package: str) -> None:
    there = {room_of(path) for path in MODULES if path.parts[0] == package}
    assert there == floors(package).keys()


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_a_room_imports_only_from_rooms_below_it(path: Path) -> None:
    own, depth = room_of(path), floors(path.parts[0])
    wrong = [
        f"{path}:{line}: {own} imports {package}.{room}"
        for package, room, line in imported(path)
        if package == path.parts[0] and room != own and depth[room] <= depth[own]
    ]
    assert not wrong, "\n".join(wrong)


def test_an_import_is_seen_wherever_it_stands() -> None:
    """As the commands import what they run: in the function that needs it."""
    path = Path("autograder/commands/home.py")
    assert ("autograder", "home") in {found[:2] for found in imported(path)}
