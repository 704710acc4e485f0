"""What an import has written comes in; what in it looks like an answer and is shipped goes out.

The original has shipped it to students, so that a release of ours may. Each such text becomes an
entry `[[allow]]` of the manifest, where a person can see it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from nbformat import NotebookNode

from autograder.model.manifest import Allowed, Assignment
from release.leaks import gather, scan
from release.leaks.answers import ANSWER_LINE, share_in
from release.leaks.lines import all_bare
from release.leaks.scanning import is_named_secret
from release.leaks.texts import decoded
from release.markup.cell_roles import Role, parts_of
from release.markup.lint import comments_of
from release.markup.marker_scan import remarks
from release.markup.markers import Markers, bare, markers_of, of_tool
from release.markup.model import Answer, Location, MarkerError
from release.markup.regions import find_markdown_regions, find_regions
from release.markup.templates import solved, strip

REASON = "the original ships it"
#: A file with such a share of an answer is a copy of it.
COPIED = 0.5


def of_notebook(notebook: NotebookNode, file: str, tool: str) -> tuple[Allowed, ...]:
    """The remarks that students get and that a strip would take for unknown markers.

    Raises:
        MarkerError: something else than a remark is wrong.
    """
    markers = of_tool(tool)
    found: dict[str, str] = {}
    parts = parts_of(notebook, file, markers)
    for number, (cell, part) in enumerate(zip(notebook.cells, parts, strict=True), start=1):
        if part.role is not Role.STAFF and cell.cell_type in ("code", "markdown"):
            _add(cell, Location(file, number), markers, found)
    return tuple(Allowed(file, text, REASON) for text in found.values())


def _add(cell: NotebookNode, location: Location, markers: Markers, found: dict[str, str]) -> None:
    find = find_regions if cell.cell_type == "code" else find_markdown_regions
    while True:
        try:
            find(cell.source, location, replace(markers, allowed=frozenset(found)))
        except MarkerError as error:
            text = _remark(cell, error.line)
            if not bare(text) or bare(text) in found or markers.is_edge(text):
                raise
            found[bare(text)] = text
        else:
            return


def _remark(cell: NotebookNode, at: int) -> str:
    """The text of the remark on a line of a cell."""
    line = cell.source.split("\n")[at]
    comments = comments_of(cell.source) if cell.cell_type == "code" else None
    own = next((comment.text for comment in comments or () if comment.line == at), None)
    return (line if own is None else own).strip().removeprefix("#").strip()


def of_files(public: Path, files: Sequence[str], tool: str) -> Iterator[Allowed]:
    """The names of public files, and the remarks in modules, that a leak scan would stop at."""
    for name in files:
        if is_named_secret(name):
            yield Allowed(name, name, REASON)
        if name.endswith(".py"):
            lines = (public / name).read_text(encoding="utf-8", errors="replace").split("\n")
            for at, _why in remarks(lines, of_tool(tool)):
                yield Allowed(name, lines[at].strip(), REASON)


def of_answers(assignment: Assignment, bundle: Path) -> tuple[Allowed, ...]:
    """Parts of answers and hidden tests that also stand in what the original gives to students.

    Templates and the tests that students have are its text. Any other file is looked at for single
    lines: one that holds half of an answer, or more, is a copy of it, and is for a person to judge.

    Args:
        bundle: an empty folder, in which the templates and the public folder are put together.
    """
    stripped = strip(assignment)
    for name, data in stripped.files.items():
        (bundle / name).parent.mkdir(parents=True, exist_ok=True)
        (bundle / name).write_bytes(data)
    for path in sorted(assignment.public.rglob("*")):
        target = bundle / path.relative_to(assignment.public)
        if path.is_file() and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    checks = assignment.public_checks.name
    secrets = gather(
        stripped.answers,
        staff=assignment.folder,
        hidden_checks=assignment.hidden_checks,
        public_checks=assignment.public_checks,
        solved=solved(assignment),
        templates=stripped.files,
        markers=markers_of(assignment.markers),
    )
    found = scan(
        bundle,
        None,
        secrets,
        assignment.allowed,
        elsewhere=stripped.allowed,
        hand_in=(*assignment.files, *stripped.files),
        top=assignment.name,
    )
    lines = {each.file for each in found.findings if each.what == ANSWER_LINE}
    quoting = _quoting(bundle, lines - stripped.files.keys(), stripped.answers)
    return tuple(
        dict.fromkeys(
            Allowed(each.file, each.shown or each.secret, REASON)
            for each in found.findings
            if (each.shown or each.secret)
            and (
                each.file in stripped.files
                or each.file.startswith(f"{checks}/")
                or (each.what == ANSWER_LINE and each.file in quoting)
            )
        )
    )


def _quoting(bundle: Path, files: Iterable[str], answers: Sequence[Answer]) -> frozenset[str]:
    """Those of the files that are text and hold less than half of each answer."""
    found = ((name, bundle / name) for name in files)
    texts = ((name, decoded(path.read_bytes())) for name, path in found if path.is_file())
    bare_texts = ((name, all_bare([text])) for name, text in texts if text is not None)
    return frozenset(
        name
        for name, text in bare_texts
        if all(share_in(answer, text) < COPIED for answer in answers)
    )
