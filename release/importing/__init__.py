"""An assignment of otter-grader or nbgrader comes in; the same in our folder layout goes out."""

from __future__ import annotations

import re
from pathlib import Path

from release.importing import nbgrader, otter
from release.importing.checks import translate
from release.importing.folders import Plan, place, refuse_existing
from release.importing.locating import expanded, locate, sort_files
from release.importing.model import Imported, ImportFailed, Kind, Left, Question
from release.importing.packages import NOSE, modules_of
from release.markers import of_tool

__all__ = ["ImportFailed", "Imported", "Kind", "Left", "import_assignment"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def import_assignment(
    kind: Kind, source: Path, out: Path, name: str | None = None, *, strict: bool = False
) -> Imported:
    """Make `assignment/NAME` and `solutions/NAME` of another tool's assignment.

    Args:
        source: its notebook, or the folder that holds it (nbgrader: all notebooks of it).
        out: the folder that holds, or will hold, `assignment/` and `solutions/`.
        name: what to call it; None takes that of the notebook or folder.
        strict: leave out the tests that only the student's process could judge.

    Raises:
        ImportFailed: it is not there, not that tool's, or the target exists.
        SourceError, MarkerError, StripError: a notebook cannot be read, or would not be stripped.
    """
    if kind not in ("otter", "nbgrader"):
        raise ImportFailed(f"found the tool {kind!r}; give otter or nbgrader.")
    located = locate(kind, source)
    name = _valid_name(name, located.name)
    refuse_existing(out, name)
    sheets = tuple((otter if kind == "otter" else nbgrader).read(p) for p in located.notebooks)
    named = expanded(located.folder, tuple(file for sheet in sheets for file in sheet.files))
    markers = of_tool(kind, strict=False)
    files = sort_files(located.folder, (*located.others, *named), located.notebooks, markers)
    own = frozenset(path.parts[0].removesuffix(".py") for path in (*files.public, *files.modules))
    modules = modules_of(sheets, own)
    questions: list[Question] = []
    left = [*modules.left(name), *files.left]
    for sheet in sheets:
        left += sheet.left
    taken: set[str] = set()
    for sheet in sheets:
        known = own | ({NOSE} if modules.nose else set())
        made, lost = translate(sheet, taken, own=known, strict=strict)
        questions += made
        left += lost
    plan = Plan(
        kind,
        name,
        located.folder,
        sheets,
        files,
        modules,
        tuple(questions),
        tuple(dict.fromkeys(left)),
        strict=strict,
    )
    return place(plan, out)


def _valid_name(given: str | None, found: str) -> str:
    if given is None:
        return re.sub(r"[^A-Za-z0-9._-]+", "-", found).strip("-._")[:64] or "imported"
    if not _NAME.fullmatch(given):
        raise ImportFailed(
            f"found the name {given!r}; use up to 64 letters, digits, '.', '_' and '-', with a "
            "letter or digit first."
        )
    return given
