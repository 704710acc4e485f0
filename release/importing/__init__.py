"""An assignment of otter-grader or nbgrader comes in; the same in our folder layout goes out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from release.importing import nbgrader, otter
from release.importing.checks import translate
from release.importing.folders import Plan, place, refuse_existing
from release.importing.locating import expanded, locate, sort_files
from release.importing.model import Imported, ImportFailed, Kind, Left, Question, Sheet
from release.importing.surroundings import Surroundings, importable, is_standard
from release.markers import of_tool

__all__ = ["ImportFailed", "Imported", "Kind", "Left", "import_assignment"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
#: The tools' own modules, which no answer needs.
_TOOLS = frozenset({"otter", "nbgrader", "IPython", "pytest", "google"})


def import_assignment(kind: Kind, source: Path, out: Path, name: str | None = None) -> Imported:
    """Make `assignment/NAME` and `solutions/NAME` of another tool's assignment.

    Args:
        source: its notebook, or the folder that holds it (nbgrader: all notebooks of it).
        out: the folder that holds, or will hold, `assignment/` and `solutions/`.
        name: what to call it; None takes that of the notebook or folder.

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
    questions: list[Question] = []
    left = [*files.left]
    taken: set[str] = set()
    for sheet in sheets:
        left += sheet.left
        made, lost = translate(sheet, taken)
        questions += made
        left += lost
    modules, missing = _modules(sheets, files.public + files.modules)
    left += missing
    plan = Plan(
        kind,
        name,
        located.folder,
        sheets,
        files,
        modules,
        tuple(questions),
        tuple(dict.fromkeys(left)),
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


def _modules(
    sheets: Sequence[Sheet], files: Sequence[PurePosixPath]
) -> tuple[tuple[str, ...], list[Left]]:
    """What the notebooks import and can be imported here; and what cannot be."""
    own = {path.parts[0].removesuffix(".py") for path in files}
    wanted: dict[str, str] = {}
    for sheet in sheets:
        for module in Surroundings(sheet.cells).modules:
            top = module.partition(".")[0]
            if not is_standard(module) and top not in _TOOLS and top not in own:
                wanted.setdefault(module, sheet.file)
    left = [
        Left(
            file,
            0,
            0,
            f"`import {module}`",
            "the module is not installed here, so that answers that use it fail",
            "add it to the project's dependencies and to [runtime] imports",
        )
        for module, file in wanted.items()
        if not importable(module)
    ]
    return tuple(sorted(module for module in wanted if importable(module))), left
