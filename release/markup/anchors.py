"""Questions and stripped notebooks come in; a question whose cell is not there goes out, in words.

Jupyter shows no ids, and those that it makes up say nothing: a message names each cell by its first
line too, and the one that defines what the question asks for.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from itertools import islice

from nbformat import NotebookNode

from autograder.model.errors import UserError
from autograder.model.findings import code_line
from autograder.model.manifest import Assignment, Question
from autograder.slicing.statements import facts_of
from release.markup.source import plain_python

#: So many cells are listed.
MAX_LISTED = 30


class AnchorError(UserError):
    """A question's anchor is no cell of its notebook."""


def require_anchors(assignment: Assignment, notebooks: Mapping[str, NotebookNode]) -> None:
    """See to it that each question's cell is there, and of the right kind.

    Args:
        notebooks: as students get them, by the name that they submit.

    Raises:
        AnchorError: one is not.
    """
    for question in assignment.questions:
        if not question.notebook:
            continue
        # Only people can judge words.
        kinds = ("code", "markdown") if question.only_manual else ("code",)
        cells = [c for c in notebooks[question.notebook].cells if c.cell_type in kinds]
        if question.anchor not in [cell.id for cell in cells]:
            raise AnchorError(
                f"{assignment.folder.name}: question {question.id} names the anchor "
                f"'{question.anchor}', but {question.notebook} has no {' or '.join(kinds)} cell "
                f"of that id; {_remedy(question, cells)}. Its cells: {_listed(cells)}."
            )


def _remedy(question: Question, cells: Sequence[NotebookNode]) -> str:
    for name in question.names:
        found = [cell.id for cell in cells if cell.cell_type == "code" and _binds(cell, name)]
        if len(found) == 1:
            return (
                f'`{name}` is defined in the cell {found[0]}: write anchor = "{found[0]}", or give '
                f"that cell the id '{question.anchor}'"
            )
    return "correct the anchor, or give the cell that id"


def _binds(cell: NotebookNode, name: str) -> bool:
    """Whether a cell defines a name at its top level."""
    nodes = ast.parse(plain_python(cell.source) or "").body
    defining = (node for node in nodes if not isinstance(node, ast.Import | ast.ImportFrom))
    return any(name in facts_of(node).binds for node in defining)


def _listed(cells: Sequence[NotebookNode]) -> str:
    told = [f"{cell.id} ({_first_line(cell)})" for cell in islice(cells, MAX_LISTED)]
    more = [f"and {len(cells) - MAX_LISTED} more"] if len(cells) > MAX_LISTED else []
    return ", ".join([*told, *more]) or "none"


def _first_line(cell: NotebookNode) -> str:
    """What one knows a cell by: its first line, of code one that is no remark if there is any."""
    lines = [line for line in cell.source.split("\n") if line.strip()]
    telling = [line for line in lines if not line.lstrip().startswith("#")]
    shown = telling if cell.cell_type == "code" and telling else lines
    return code_line(shown[0][:60]) if shown else "empty"
