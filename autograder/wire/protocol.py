"""What a grader asks of a worker, as both ends of the wire know it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """One top-level statement to run: ``source`` starts on ``line`` of the student's ``cell``.

    ``cell`` 0 stands for the template: an import that the student's notebook has lost.
    """

    cell: int
    line: int
    source: str
    binds: tuple[str, ...]
    uses: tuple[str, ...]
