"""What a grader asks of a worker, as both ends of the wire know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from autograder.wire.references import Reference


@dataclass(frozen=True)
class Step:
    """One top-level statement to run: ``source`` starts on ``line`` of the student's ``cell``.

    ``cell`` 0 stands for the template: an import that the student's notebook has lost.

    Attributes:
        binds: the names that are not to be had if it fails; ``*`` stands for any name.
        uses: the names without which it need not be tried.
        optional: it only may matter: it shares a budget of time with others of its kind.
        mixed: something inside it only may matter: it shares that budget too, and if it is stopped
            the steps without all such have to be run in place of these.
        why: what it is kept for, in words for staff; it does not cross the wire.
    """

    cell: int
    line: int
    source: str
    binds: tuple[str, ...]
    uses: tuple[str, ...]
    optional: bool = False
    mixed: bool = False
    why: str = ""

    @property
    def budgeted(self) -> bool:
        """Whether it is stopped when the time for what only may matter is over."""
        return self.optional or self.mixed


@dataclass(frozen=True)
class Replay:
    """All that a worker is told to run before a check asks for anything.

    Attributes:
        steps: what to run, in order.
        sources: by number, the text of the cells that the steps are taken from, for tracebacks and
            for ``inspect.getsource``.
        files: what else lies in the working folder, by relative path.
        optional_seconds: for all optional steps together; one that exceeds them is stopped.
        tolerant: try a step even if one that it uses has failed, as a kernel does.
        shown: the cells whose printed text and whose figures are kept.
    """

    steps: tuple[Step, ...]
    sources: Mapping[int, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    optional_seconds: float = 10.0
    tolerant: bool = False
    shown: tuple[int, ...] = ()

    def request(self) -> dict[str, Any]:
        """The same in plain values, as it crosses the wire."""
        rows = [
            [s.cell, s.line, s.source, list(s.binds), list(s.uses), s.budgeted] for s in self.steps
        ]
        return {
            "op": "replay",
            "steps": rows,
            "sources": [[number, text] for number, text in self.sources.items()],
            "files": dict(self.files),
            "optional_seconds": float(self.optional_seconds),
            "tolerant": self.tolerant,
            "shown": list(self.shown),
        }


@dataclass(frozen=True)
class Target:
    """What a request is about.

    Attributes:
        of: a name of the student's, or an object that stays with the student's code.
        path: attributes of it, with dots between them; empty for itself.
    """

    of: str | Reference
    path: str = ""

    def request(self) -> dict[str, Any]:
        """The same in plain values, as it crosses the wire."""
        key = "name" if isinstance(self.of, str) else "object"
        return {key: self.of, "path": self.path}
