"""A solution comes in; all its mutants go out, each with the questions that should see it.

Some kinds of change find much, others little: in a study on homework 4 constants, dropped keywords,
confused functions and what a sibling's check judges paid off; of dropped statements and of None
nearly all were found. Of those a sample is taken, by content, so that it stays the same.
"""

from __future__ import annotations

import ast
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from autograder.model.manifest import Assignment
from release.mutants.code import Code, Mutation
from release.mutants.operators import OPERATORS
from release.mutants.regions import AnswerCell, answer_cells, questions_at
from release.mutants.slips import SLIPS

#: Of these kinds one in so many is taken.
SAMPLED = {"dropped statement": 3, "None": 4, "swapped items": 2, "removed call": 2}


@dataclass(frozen=True)
class Mutant:
    """The solution with one change that makes an answer wrong.

    Attributes:
        id: of the change, from what it changes; the same as long as that is the same.
        questions: ids of those that should see it; empty where nobody knows.
        beside: ids of others that may judge the same file, though they do not miss it most.
        operator: the kind of the change.
        what: the change in a few words, the same wherever the same is done.
        file: what is changed, as it is submitted, at ``location`` in the staff's words.
        line: of the cell or file, from 1.
        before, after: the text of the cell or file.
        files: what differs from the solution's files; None takes a file away.
        computes: its values may be compared with the solution's.
    """

    id: str
    questions: tuple[str, ...]
    operator: str
    what: str
    file: str
    location: str
    line: int
    before: str
    after: str
    files: Mapping[str, bytes | None] = field(repr=False)
    computes: bool = True
    beside: tuple[str, ...] = ()

    @property
    def judged_by(self) -> tuple[str, ...]:
        """All questions of which a check may see it."""
        return (*self.questions, *self.beside)

    def submission(self, solution: Mapping[str, bytes]) -> dict[str, bytes]:
        """All files."""
        changed = {**solution, **self.files}
        return {name: data for name, data in changed.items() if data is not None}


def code_mutants(assignment: Assignment, question: str = "") -> Iterator[Mutant]:
    """The mutants of the answers in code.

    Args:
        question: the id of the only one whose answers are changed; empty for all.
    """
    for cell in answer_cells(assignment):
        seen: set[str] = set()
        ids: Counter[str] = Counter()
        for change in mutations(cell.code):
            found = questions_at(cell, change.line)
            asked = tuple(q.id for q in found if q.points)
            worthless = bool(found) and not asked  # nothing can be lost there
            if worthless or (question and question not in asked):
                continue
            text = mutated(cell.code, change)
            if text is None or text in seen:
                continue
            seen.add(text)
            if _is_taken(cell, change):
                key = _changed_lines(cell, text)
                ids[key] += 1
                yield _mutant(cell, change, text, asked, f"{key}\0{ids[key]}")


def mutations(code: Code) -> Iterator[Mutation]:
    """All changes of a cell's answers."""
    for node in code.nodes:
        yield from mutations_at(code, node)


def mutations_at(code: Code, node: ast.AST) -> Iterator[Mutation]:
    """All changes of one node."""
    for operator in (*SLIPS, *OPERATORS):
        yield from operator(code, node)


def mutated(code: Code, change: Mutation) -> str | None:
    """The cell's text with a change made; None if it says the same then, or is no Python."""
    text = code.applied(change.changes)
    try:
        python = ast.dump(ast.parse(_python_of(code, change)))
    except (SyntaxError, ValueError, RecursionError):
        return None
    return text if python != ast.dump(code.tree) else None


def _python_of(code: Code, change: Mutation) -> str:
    """The same change made to the cell without its magics, which stand outside of the answers."""
    if code.text == code.python:
        return code.applied(change.changes)
    return code.as_python(change.changes)


def _is_taken(cell: AnswerCell, change: Mutation) -> bool:
    share = SAMPLED.get(change.operator, 1)
    key = f"{cell.file} {cell.id} {change.operator} {change.what}"
    return int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) % share == 0


def _changed_lines(cell: AnswerCell, text: str) -> str:
    """What is other than in the solution: an edit elsewhere in the cell changes nothing of it."""
    old, new = cell.text.split("\n"), text.split("\n")
    while old and new and old[0] == new[0]:
        del old[0], new[0]
    while old and new and old[-1] == new[-1]:
        del old[-1], new[-1]
    return "\n".join([cell.file, cell.id, *map(str.strip, old), "->", *map(str.strip, new)])


def _mutant(
    cell: AnswerCell, change: Mutation, text: str, asked: tuple[str, ...], key: str
) -> Mutant:
    number = f", cell {cell.location.cell}" if cell.location.cell else ""
    digest = hashlib.sha256(key.encode()).hexdigest()
    return Mutant(
        digest[:10],
        asked,
        change.operator,
        change.what,
        cell.file,
        f"{cell.location.file}{number}",
        change.line,
        cell.text,
        text,
        {cell.file: cell.with_text(text)},
        computes=change.operator != "in place",
    )
