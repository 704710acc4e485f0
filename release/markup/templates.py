"""An assignment's solved sources come in, its notebooks in both forms go out as bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

import nbformat
from nbformat import NotebookNode

from autograder.model.errors import UserError
from autograder.model.manifest import FILE_NAME, Allowed, Assignment, NotebookEntry, load
from release.markup.anchors import require_anchors
from release.markup.markers import KNOWN, Markers, bare, markers_of
from release.markup.model import Answer
from release.markup.source import is_percent, read_source
from release.markup.strip import blank_answers, strip_notebook


class TargetError(UserError):
    """A file that a template cannot be written to."""


#: The staff's folder with the solution's files that are no notebooks.
SUBMISSION = "submission"


@dataclass(frozen=True)
class Stripped:
    """The notebooks as students get them, by the name that they submit, and what was taken out.

    Attributes:
        allowed: the manifest's entries that speak of a remark in a source.
    """

    files: dict[str, bytes]
    answers: tuple[Answer, ...]
    allowed: tuple[Allowed, ...] = ()


def solved(assignment: Assignment) -> dict[str, bytes]:
    """The solution notebooks as ``.ipynb`` (modules as they are), by the name students submit.

    Raises:
        SourceError: a source cannot be read.
    """
    return {
        entry.file: _written(_with_ids(source_of(assignment, entry)), entry)
        for entry in assignment.notebooks
    }


def source_of(assignment: Assignment, entry: NotebookEntry) -> NotebookNode:
    """The solved source of a notebook or module. Raises SourceError."""
    return read_source(assignment.folder / entry.source, module=entry.is_module)


def solution_files(assignment: Assignment) -> dict[str, bytes]:
    """What belongs to the solution beside the notebooks: all below ``submission/``, by its path."""
    return _files(assignment.folder / SUBMISSION)


def blank_files(assignment: Assignment) -> dict[str, bytes]:
    """Files of the public folder that students fill in and submit, as they receive them."""
    return {
        name: data
        for name, data in _files(assignment.public).items()
        if any(PurePosixPath(name).match(pattern) for pattern in assignment.files)
    }


def _files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(found)}


def templates(assignment: Assignment) -> dict[str, bytes]:
    """The files of `strip`."""
    return strip(assignment).files


@dataclass(frozen=True)
class AblatedSolution:
    """A solution in which one answer is blank.

    Attributes:
        cell: the id that the answer's cell has in the source, empty if it has none.
        files: the notebook with the blank, by its name; the others are the solution's.
    """

    notebook: str
    cell: str
    answer: Answer
    files: dict[str, bytes]


def blanked(assignment: Assignment) -> Iterator[AblatedSolution]:
    """Each code answer of the assignment, left blank alone."""
    for entry in assignment.notebooks:
        made = blank_answers(
            source_of(assignment, entry),
            file=entry.source,
            stubs=entry.stubs,
            module=entry.is_module,
            markers=markers_for(assignment, entry),
        )
        for answer, notebook, explicit_id in made:
            data = _written(_with_ids(notebook), entry)
            cell = explicit_id if isinstance(explicit_id, str) else ""
            yield AblatedSolution(entry.file, cell, answer, {entry.file: data})


def strip(assignment: Assignment) -> Stripped:
    """Strip every notebook and module.

    Raises:
        SourceError, MarkerError, StripError: a source cannot be read or stripped.
        AnchorError: a question's anchor is no cell of its template, or of the wrong kind.
    """
    made = {
        entry.file: strip_notebook(
            source_of(assignment, entry),
            file=entry.source,
            stubs=entry.stubs,
            module=entry.is_module,
            markers=markers_for(assignment, entry),
        )
        for entry in assignment.notebooks
    }
    require_anchors(assignment, {name: template.notebook for name, template in made.items()})
    return Stripped(
        {e.file: _written(made[e.file].notebook, e) for e in assignment.notebooks},
        tuple(answer for template in made.values() for answer in template.answers),
        tuple(allowed for allowed in assignment.allowed if _speaks_of_source(assignment, allowed)),
    )


def markers_for(assignment: Assignment, entry: NotebookEntry) -> Markers:
    """What marks answers in one of an assignment's sources."""
    texts = (allowed.text for allowed in assignment.allowed if _is_about(allowed, entry))
    return markers_of(assignment.markers, texts)


def _is_about(allowed: Allowed, entry: NotebookEntry) -> bool:
    return any(fnmatchcase(name, allowed.file) for name in (entry.source, entry.file))


def _speaks_of_source(assignment: Assignment, allowed: Allowed) -> bool:
    return any(
        f" {bare(line)}".endswith(f" {bare(allowed.text)}")  # it may stand behind a statement
        for entry in assignment.notebooks
        if _is_about(allowed, entry)
        for cell in source_of(assignment, entry).cells
        for line in cell.source.split("\n")
    )


@dataclass(frozen=True)
class Preview:
    """What students would get of one source, and what was taken out."""

    data: bytes
    answers: tuple[Answer, ...]


def preview(
    source: Path, out: Path | None, *, open_ended: bool = False, allowed: Sequence[str] = ()
) -> Preview:
    """What students would get of one solved source, also written to ``out``.

    A manifest in the source's folder that names it says what marks answers there, too.

    Args:
        open_ended: an answer whose end is not marked goes to the end of its function or cell.
        allowed: remarks that look like markers and are none.

    Raises:
        ManifestError: there is a manifest beside it, which is wrong.
        SourceError, MarkerError, StripError: it cannot be read or stripped.
        TargetError: ``out`` is the source itself, or cannot be written.
    """
    module = source.suffix == ".py" and not is_percent(source)
    entry, markers = _described(source, module=module)
    markers = replace(
        markers,
        open_ended=markers.open_ended or open_ended,
        allowed=markers.allowed | frozenset(map(bare, allowed)),
    )
    solved_notebook = read_source(source, module=module)
    template = strip_notebook(
        solved_notebook, file=source.name, stubs=entry.stubs, module=module, markers=markers
    )
    data = _written(template.notebook, entry)
    made = Preview(data, template.answers)
    if out is None:
        return made
    if out.exists() and out.samefile(source):
        raise TargetError(f"{out}: this is the solution notebook itself; name another file.")
    try:
        out.write_bytes(data)
    except OSError as error:
        raise TargetError(f"{out}: it cannot be written ({error.strerror}).") from None
    return made


def _described(source: Path, *, module: bool) -> tuple[NotebookEntry, Markers]:
    """What the manifest beside a source says of it, if one does."""
    if (source.parent / FILE_NAME).is_file():
        assignment = load(source.parent)
        for entry in assignment.notebooks:
            if entry.source == source.name and entry.is_module == module:
                return entry, markers_for(assignment, entry)
    return NotebookEntry("module.py" if module else "notebook.ipynb", source.name), KNOWN


def _with_ids(notebook: NotebookNode) -> NotebookNode:
    for number, cell in enumerate(notebook.cells, start=1):
        cell.setdefault("id", f"cell-{number}")
    return notebook


def _written(notebook: NotebookNode, entry: NotebookEntry) -> bytes:
    if entry.is_module:
        return f"{notebook.cells[0].source}\n".encode()
    text = str(nbformat.writes(notebook))  # type: ignore[no-untyped-call]
    return text.encode("utf-8") + b"\n"
