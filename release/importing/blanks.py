"""Solutions with one blank answer come in; as many blanks at once as tell the same go out.

Each answer blank alone is a submission for each answer, with every question in each: that grows
with the square of the questions. Answers that no question needs together can be blank in one
submission, and a check that fails there misses the one that it needs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from autograder.model.manifest import Assignment, Question
from autograder.slicing.statements import facts_of
from release.importing.surroundings import statements
from release.markup.source import plain_python
from release.markup.templates import AblatedSolution

#: A notebook and the index of a cell in it.
Cell = tuple[str, int]


@dataclass(frozen=True)
class Blanks:
    """A submission with some answers blank.

    Attributes:
        answers: each with the cells that were changed for it.
    """

    files: Mapping[str, bytes]
    answers: tuple[tuple[AblatedSolution, frozenset[Cell]], ...]

    def missed(self, failed: Iterable[Question], needs: Needs) -> list[AblatedSolution]:
        """The answers that questions with a failing check need."""
        lost = [needs.of(question) for question in failed]
        return [answer for answer, cells in self.answers if any(cells & each for each in lost)]


class Needs:
    """Which cells of the solution a question may depend on, by the names in them."""

    def __init__(self, solution: Mapping[str, bytes]) -> None:
        self._cells: dict[str, list[tuple[frozenset[str], frozenset[str]]]] = {}
        self._found: dict[str, frozenset[Cell]] = {}
        self._unclear: set[str] = set()
        for file, data in solution.items():
            self._read(file, sources_of(file, data))

    def of(self, question: Question) -> frozenset[Cell]:
        """The cells; all of the notebook where that cannot be told."""
        if question.id not in self._found:
            self._found[question.id] = self._reach(question)
        return self._found[question.id]

    def _read(self, file: str, sources: Sequence[str]) -> None:
        cells = []
        for source in sources:
            if source and plain_python(source) is None:
                self._unclear.add(file)
            facts = [facts_of(node) for node in statements(source)]
            binds = frozenset(name for each in facts for name in each.binds | each.touched)
            uses = frozenset(name for each in facts for name in each.uses | each.deferred)
            cells.append((binds, uses))
        self._cells[file] = cells

    def _reach(self, question: Question) -> frozenset[Cell]:
        file = question.notebook
        cells = self._cells.get(file, [])
        if not question.names or question.run == "all" or file in self._unclear:
            return frozenset((file, at) for at in range(len(cells)))
        names, found = set(question.names), set[int]()
        while True:
            more = {at for at, (binds, _uses) in enumerate(cells) if binds & names} - found
            if not more:
                return frozenset((file, at) for at in found)
            found |= more
            names.update(*(cells[at][1] for at in more))


def together(
    assignment: Assignment,
    solution: Mapping[str, bytes],
    answers: Sequence[AblatedSolution],
    needs: Needs,
) -> list[Blanks]:
    """The answers in as few submissions as keep those apart that a question needs together."""
    reaches = [needs.of(question) for question in assignment.questions]
    groups: list[list[tuple[AblatedSolution, frozenset[Cell]]]] = []
    for answer in answers:
        cells = _changed(solution, answer)
        for group in groups:
            taken = frozenset(cell for _each, own in group for cell in own)
            if not cells & taken and not any(cells & each and taken & each for each in reaches):
                group.append((answer, cells))
                break
        else:
            groups.append([(answer, cells)])
    return [Blanks(_with(solution, group), tuple(group)) for group in groups]


def sources_of(file: str, data: bytes) -> list[str]:
    """The code of each cell, empty for other cells; a module is one cell."""
    if not file.endswith(".ipynb"):
        return [data.decode("utf-8", errors="replace")]
    cells = json.loads(data)["cells"]
    return ["".join(c["source"]) if c["cell_type"] == "code" else "" for c in cells]


def _changed(solution: Mapping[str, bytes], answer: AblatedSolution) -> frozenset[Cell]:
    return frozenset(
        (file, at)
        for file, data in answer.files.items()
        for at, (before, after) in enumerate(
            zip(sources_of(file, solution[file]), sources_of(file, data), strict=True)
        )
        if before != after
    )


def _with(
    solution: Mapping[str, bytes], group: Sequence[tuple[AblatedSolution, frozenset[Cell]]]
) -> dict[str, bytes]:
    made = dict(solution)
    for answer, cells in group:
        for file, data in answer.files.items():
            if not file.endswith(".ipynb"):
                made[file] = data
                continue
            notebook, blank = json.loads(made[file]), json.loads(data)
            for name, at in cells:
                if name == file:
                    notebook["cells"][at] = blank["cells"][at]
            made[file] = json.dumps(notebook, ensure_ascii=False).encode()
    return made
