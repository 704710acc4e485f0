"""A written assignment comes in; its solution with answers altered, a few submissions, goes out.

Each submission has one change in every third answer, so that a handful tries all of the notebook,
whatever the number of questions. What is wrong above is wrong below, too, for the check and for the
test that it was made of: they are compared on the same submission.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from autograder.model.manifest import Assignment
from release.importing.names import bound_names
from release.importing.surroundings import statements
from release.markup.templates import solved
from release.mutants.code import Code, Mutation, inner, short
from release.mutants.making import mutated, mutations_at
from release.mutants.regions import AnswerCell, answer_cells

#: Changes of each answer, spread over what it has.
MOST = 4
#: Of the answers, one in so many is changed in a submission.
APART = 3


@dataclass(frozen=True)
class Change:
    """A change in its place.

    Attributes:
        cell: its number in our notebook, from 1; 0 in a module.
        line: in the cell, from 1.
        before, after: that line, in both.
        names: what the cell binds.
    """

    notebook: str
    cell: int
    line: int
    before: str
    after: str
    names: frozenset[str]

    def __str__(self) -> str:
        cell = f", cell {self.cell}" if self.cell else ""
        before, after = (short(text).replace("`", "'") for text in (self.before, self.after))
        return f"`{before}` became `{after}` ({self.notebook}{cell}, line {self.line})"


@dataclass(frozen=True)
class Mutant:
    """A submission with changes."""

    files: Mapping[str, bytes]
    changes: tuple[Change, ...]


def mutants(assignment: Assignment) -> Iterator[Mutant]:
    """The submissions; none where no answer holds anything to change.

    Raises:
        SourceError, MarkerError, StripError: a source cannot be read.
    """
    solution = solved(assignment)
    answers = [(cell, chosen(cell.code)) for cell in answer_cells(assignment)]
    answers = [(cell, texts) for cell, texts in answers if texts]
    for turn in range(MOST):
        for start in range(APART):
            changed = [(c, texts[turn]) for c, texts in answers[start::APART] if turn < len(texts)]
            if changed:
                files = dict(solution)
                for cell, text in changed:
                    files[cell.file] = cell.with_text(text, files[cell.file])
                yield Mutant(files, tuple(_change(cell, text) for cell, text in changed))


def chosen(code: Code) -> Sequence[str]:
    """The text of a cell with one thing changed in its answers, a few times, spread over them."""
    found = list(_mutations(code))
    step = max(1, len(found) // MOST)
    texts: dict[str, None] = {}
    for at in range(0, len(found), step):
        # What says the same in other words is none: the next one may be.
        made = (mutated(code, change) for change in found[at : at + step])
        text = next((t for t in made if t is not None and t not in texts), None)
        if text is not None:
            texts.setdefault(text)
    return tuple(texts)[:MOST]


def _mutations(code: Code) -> Iterator[Mutation]:
    """All changes but for those of a `while`, which might never end then."""
    for node in code.nodes:
        if not any(isinstance(each, ast.While) for each in (node, *inner(node, code))):
            yield from mutations_at(code, node)


def _change(cell: AnswerCell, text: str) -> Change:
    before, after = cell.text.split("\n"), text.split("\n")
    at = next((at for at, pair in enumerate(zip(before, after, strict=False)) if len({*pair}) > 1))
    names = frozenset(name for node in statements(cell.text) for name in bound_names(node))
    return Change(cell.file, cell.location.cell, at + 1, before[at], after[at], names)
