"""An alignment and an answer's names come in; how far down the answer was corrected goes out.

An answer ends where the next code cell of the template begins. But who sees there that it was
wrong may mend it in a cell of their own below: in the run of the notebook that counts, too.
"""

from __future__ import annotations

from collections.abc import Iterable

from autograder.slicing.alignment import Alignment
from autograder.slicing.magics import parse_python
from autograder.slicing.notebook import Cell
from autograder.slicing.statements import facts_of


def corrected_at(alignment: Alignment, anchor: str, names: Iterable[str]) -> int | None:
    """The number of the student's cells down to the last that gives one of the names anew.

    Only cells that were added count, below the answer's own, and above where the template itself
    gives one of the names anew: from there on it is another question's. None if there are none.

    Raises:
        KeyError: the template has no such cell.
    """
    wanted = frozenset(names)
    cells, template = alignment.student.cells, alignment.template.cells
    begin = len(alignment.up_to(anchor))
    position = next(n for n, cell in enumerate(template) if cell.id == anchor)
    others = [
        place
        for n, place in alignment.pairs.items()
        if n > position and place >= begin and _changes(template[n], wanted)
    ]
    given = set(alignment.pairs.values())
    found = [
        place + 1
        for place in range(begin, min(others, default=len(cells)))
        if place not in given and _changes(cells[place], wanted)
    ]
    return max(found, default=None)


def _changes(cell: Cell, names: frozenset[str]) -> bool:
    """Whether a cell of code binds one of the names, or writes into what it stands for."""
    if cell.kind != "code" or not any(name in cell.source for name in names):
        return False
    try:
        facts = [facts_of(node) for node in parse_python(cell.python).body]
    except (SyntaxError, RecursionError):
        return False
    return any(names & (each.binds | each.writes | each.touched) for each in facts)
