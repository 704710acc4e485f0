"""A running notebook's names come in; the same requests as elsewhere are answered from them.

Values go through the wire's form and back, so that what could not be handed in does not pass here,
and a check that writes into what it got changes nothing of the student's.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from autograder.model.findings import Finding, code_line
from autograder.model.manifest import Assignment, Question
from autograder.sandbox import worker
from autograder.sandbox.requests import NotThere, Replayed, Requests
from autograder.slicing.answers import Plan
from autograder.slicing.notebook import Cell
from autograder.slicing.slicer import Slice, slice_cells
from autograder.wire import UnsupportedValue, copied
from autograder.wire.protocol import Replay

#: The numbers of executed cells by the file names that IPython compiles them under.
CellNumbers = Callable[[], Mapping[str, int]]


class LiveAnswers:
    """What the running notebook has defined."""

    def __init__(
        self, assignment: Assignment, names: Mapping[str, Any], numbers: CellNumbers
    ) -> None:
        self.assignment = assignment
        self.names = names
        self._numbers = numbers
        self.slow: set[tuple[str, int, int]] = set()

    def slice(self, question: Question, *, whole: bool = False) -> Slice:  # noqa: ARG002
        """Nothing to run; the names that are not there yet."""
        missing = tuple(name for name in question.names if name not in self.names)
        return Slice(question.names, (), missing, ())

    def corrected(self, question: Question) -> bool:  # noqa: ARG002
        """No: names are as they are now."""
        return False

    def sources(self, question: Question, cells: set[int]) -> list[tuple[int, str]]:  # noqa: ARG002
        """None: nothing is run."""
        return []

    def written(self, question: Question) -> Slice:
        """What the executed cells hold, in the order in which they were run."""
        numbers = sorted(self._numbers().items(), key=lambda item: item[1])
        texts = [(number, "".join(linecache.getlines(name))) for name, number in numbers]
        cells = [Cell(number, None, "code", text) for number, text in texts]
        return slice_cells(cells, question.names)

    def files(self, question: Question, plan: Slice) -> dict[str, bytes]:  # noqa: ARG002
        """None: what is there lies where the notebook runs."""
        return {}

    def unreadable(self, question: Question, plan: Slice | Finding, name: str) -> str:  # noqa: ARG002
        """Nothing: what cannot be read has not been run."""
        return ""

    def line(self, _question: Question, _plan: Plan, cell: int, line: int, _file: str = "") -> str:
        """The line of an executed cell, quoted."""
        files = {number: name for name, number in self._numbers().items()}
        text = linecache.getline(files.get(cell, ""), line).strip()
        return code_line(text) if text else ""

    def lines(self, question: Question, plan: Plan) -> int:  # noqa: ARG002
        """None that would tell: whose notebook it is sees the inputs anyway."""
        return 0

    def undefined(self, question: Question, name: str, plan: Slice) -> Finding:
        """What to say of a name that no executed cell has defined."""
        text = f"`{name}` is not defined in this notebook yet."
        others = {q.notebook for q in self.assignment.questions if set(q.names) & set(self.names)}
        if question.names == plan.missing and others and question.notebook not in others:
            return Finding(text, f"{question.id} belongs to {question.notebook}; check it there.")
        return Finding(text, "Run the cell that defines it, then check again.")


class LiveRequests(Requests):
    """Answers from the running notebook's own names, in its own process."""

    def __init__(
        self, names: dict[str, Any], describers: Iterable[str], numbers: CellNumbers
    ) -> None:
        super().__init__()
        self._worker = worker.Worker(names, describers, cell_of=self._cell_of)
        self._numbers = numbers

    def close(self) -> None:
        """Nothing to end."""

    def replay(self, replay: Replay, deadline: float) -> Replayed:  # noqa: ARG002
        """Nothing to run: the notebook has run."""
        return Replayed({})

    def shown(self, deadline: float) -> object:  # noqa: ARG002
        """It has been printed and drawn already, and is gone."""
        raise NotThere(
            "What a cell prints or draws is looked at by `autograder check`, when the notebook "
            "has been saved."
        )

    def _exchange(self, request: dict[str, Any], deadline: float) -> object:  # noqa: ARG002
        """The reply; no deadline: a student who is tired of waiting interrupts the kernel."""
        theirs = self._worker.objects.references
        reply = self._worker.answer(copied(request, self.references, theirs))
        error = reply.get("error")
        if isinstance(error, dict) and error["type"] == "KeyboardInterrupt":
            raise KeyboardInterrupt
        try:
            return copied(reply, theirs, self.references)
        except UnsupportedValue as unsupported:
            return worker.unsupported(unsupported)

    def _cell_of(self, file: str) -> int | None:
        """The number of an executed cell, as in ``In [7]``."""
        return self._numbers().get(file)
