"""A written assignment comes in; its solution with answers altered, a few submissions, goes out.

Each submission has one alteration in every third answer, so that a handful tries all of the
notebook, whatever the number of questions. What is wrong above is wrong below, too, for the check
and for the test that it was made of: they are compared on the same submission.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from autograder.model.manifest import Assignment
from release.importing.altered import Altered, altered
from release.importing.names import bound_names
from release.importing.surroundings import statements
from release.markers import Fate, Markers, markers_of
from release.places import MarkerError, Place
from release.regions import find_regions
from release.templates import solved

#: Alterations of each answer, spread over what it has.
MOST = 4
#: Of the answers, one in so many is altered in a submission.
APART = 3


@dataclass(frozen=True)
class Change:
    """An alteration in its place.

    Attributes:
        cell: its number in our notebook, from 1.
        names: what the cell binds.
    """

    notebook: str
    cell: int
    altered: Altered
    names: frozenset[str]

    def __str__(self) -> str:
        where = f"{self.notebook}, cell {self.cell}, line {self.altered.line}"
        return f"`{_short(self.altered.before)}` became `{_short(self.altered.after)}` ({where})"


@dataclass(frozen=True)
class Mutant:
    """A submission with alterations."""

    files: Mapping[str, bytes]
    changes: tuple[Change, ...]


def mutants(assignment: Assignment) -> Iterator[Mutant]:
    """The submissions; none where no answer holds anything to alter."""
    files = solved(assignment)
    answers = list(_answers(assignment, files))
    for turn in range(MOST):
        for start in range(APART):
            changes = [each[turn] for each in answers[start::APART] if turn < len(each)]
            if changes:
                yield Mutant(_with(files, changes), tuple(changes))


def _answers(assignment: Assignment, files: Mapping[str, bytes]) -> Iterator[Sequence[Change]]:
    """The alterations of each cell with an answer."""
    markers = markers_of(assignment.markers, [each.text for each in assignment.allowed])
    for entry in assignment.notebooks:
        cells = json.loads(files[entry.file])["cells"] if not entry.is_module else ()
        for number, cell in enumerate(cells, start=1):
            if cell["cell_type"] != "code":
                continue
            source = "".join(cell["source"])
            found = altered(source, _lines(source, Place(entry.file, number), markers))
            names = frozenset(n for node in statements(source) for n in bound_names(node))
            chosen = found[:: max(1, len(found) // MOST)][:MOST]
            if chosen:
                yield [Change(entry.file, number, each, names) for each in chosen]


def _lines(source: str, place: Place, markers: Markers) -> frozenset[int]:
    try:
        regions = find_regions(source, place, markers)
    except MarkerError:  # the release says so
        return frozenset()
    return frozenset(
        line + 1
        for region in regions
        if region.fate is not Fate.STAFF
        for line in range(*region.cut.indices(source.count("\n") + 1))
    )


def _with(files: Mapping[str, bytes], changes: Sequence[Change]) -> dict[str, bytes]:
    made = dict(files)
    for name in {change.notebook for change in changes}:
        notebook = json.loads(made[name])
        for change in changes:
            if change.notebook == name:
                notebook["cells"][change.cell - 1]["source"] = change.altered.source
        made[name] = json.dumps(notebook, ensure_ascii=False).encode()
    return made


def _short(text: str) -> str:
    line = " ".join(text.split()).replace("`", "'")
    return line if len(line) <= 60 else line[:60] + "..."
