"""An assignment of otter-grader or nbgrader comes in; the same in our folder layout goes out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from release.importing import nbgrader, otter
from release.importing.checks import translate
from release.importing.courses import packages_above
from release.importing.delimiters import CONFIG, delimiters_of
from release.importing.folders import Plan, locked, refuse_existing, write_assignment
from release.importing.locating import Located, expanded, locate, sort_files
from release.importing.model import Imported, ImportFailed, Kind, NotImported, Question, Sheet
from release.importing.packages import NOSE, forget_installed, modules_of
from release.markup.markers import of_tool

__all__ = ["ImportFailed", "Imported", "Kind", "Left", "import_assignment"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def import_assignment(
    kind: Kind,
    source: Path,
    out: Path,
    name: str | None = None,
    *,
    strict: bool = False,
    setup: bool = False,
) -> Imported:
    """Make `assignment/NAME` and `solutions/NAME` of another tool's assignment.

    Args:
        source: its notebook, or the folder that holds it (nbgrader: all notebooks of it).
        out: the folder that holds, or will hold, `assignment/` and `solutions/`.
        name: what to call it; None takes that of the notebook or folder.
        strict: leave out the tests that only the student's process could judge.
        setup: lock and install the packages first, as `autograder setup` does.

    Raises:
        ImportFailed: it is not there, not that tool's, the target exists, or its packages cannot
            be had.
        SourceError, MarkerError, StripError: a notebook cannot be read, or would not be stripped.
    """
    if kind not in ("otter", "nbgrader"):
        raise ImportFailed(f"found the tool {kind!r}; give otter or nbgrader.")
    located = locate(kind, source)
    name = _valid_name(name, located.name)
    refuse_existing(out, name)
    sheets = tuple((otter if kind == "otter" else nbgrader).read(p) for p in located.notebooks)
    plan = _planned(kind, name, located, sheets, strict=strict)
    if setup and plan.modules.packages:
        lock = locked(plan)
        forget_installed()
        plan = replace(_planned(kind, name, located, sheets, strict=strict), lock=lock)
    return write_assignment(plan, out)


def _planned(
    kind: Kind, name: str, located: Located, sheets: Sequence[Sheet], *, strict: bool
) -> Plan:
    """What is to be written, as far as it can be told without running anything."""
    named = expanded(located.folder, tuple(file for sheet in sheets for file in sheet.files))
    markers = of_tool(kind, strict=False)
    files = sort_files(located.folder, (*located.others, *named), located.notebooks, markers)
    own = frozenset(path.parts[0].removesuffix(".py") for path in (*files.public, *files.modules))
    course = packages_above(located.folder)
    helpers = [
        located.folder / path for path in (*files.public, *files.modules) if path.suffix == ".py"
    ]
    modules = modules_of(sheets, own, course, helpers)
    questions: list[Question] = []
    left = [*modules.left(name, located.folder), *course.left(modules.packages), *files.left]
    if kind == "nbgrader" and (due := delimiters_of(located.folder).due.get(located.folder.name)):
        why = "the manifest has no due date; the platform asks for it"
        left.append(NotImported(CONFIG, 0, 0, f"due date {due}", why, "set it on Gradescope"))
    for sheet in sheets:
        left += sheet.left
    taken: set[str] = set()
    for sheet in sheets:
        known = own | ({NOSE} if modules.nose else set())
        made, lost = translate(sheet, taken, own=known, strict=strict)
        questions += made
        left += lost
    return Plan(
        kind,
        name,
        located.folder,
        tuple(sheets),
        files,
        modules,
        tuple(questions),
        tuple(dict.fromkeys(left)),
        strict=strict,
    )


def _valid_name(given: str | None, found: str) -> str:
    if given is None:
        return re.sub(r"[^A-Za-z0-9._-]+", "-", found).strip("-._")[:64] or "imported"
    if not _NAME.fullmatch(given):
        raise ImportFailed(
            f"found the name {given!r}; use up to 64 letters, digits, '.', '_' and '-', with a "
            "letter or digit first."
        )
    return given
