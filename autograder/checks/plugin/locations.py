"""Errors and files of checks come in; the words that tell staff where that is go out."""

from __future__ import annotations

import linecache
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from autograder.model.findings import clean, code_line
from autograder.model.manifest import Assignment


@dataclass(frozen=True)
class Location:
    """A line of a check's code, or of a module beside it; line 0 for the file as a whole."""

    file: Path
    line: int = 0


@dataclass(frozen=True)
class Locations:
    """Tells what is the checks' own code, and names it as staff know it."""

    public: Path
    hidden: Path

    @classmethod
    def of(cls, assignment: Assignment) -> Locations:
        """Those of an assignment."""
        return cls(assignment.public_checks.resolve(), assignment.hidden_checks.resolve())

    def holds(self, file: Path) -> bool:
        """Whether a file belongs to the checks."""
        return any(file.is_relative_to(folder) for folder in (self.public, self.hidden))

    def is_hidden(self, file: Path) -> bool:
        """Whether a file of checks is not handed out."""
        return not file.resolve().is_relative_to(self.public)

    def shown(self, at: Location) -> str:
        """File and line, as ``hidden checks/test_a.py, line 12``."""
        name = self.file(at.file)
        return f"{name}, line {at.line}" if at.line else name

    def file(self, file: Path) -> str:
        """A file of checks, and which of the two folders it is in."""
        file = file.resolve()
        for kind, folder in (("public", self.public), ("hidden", self.hidden)):
            if file.is_relative_to(folder):
                return f"{kind} checks/{file.relative_to(folder).as_posix()}"
        return file.name

    def innermost(self, error: BaseException) -> Location | None:
        """Where an error came out of the checks' own code; None if it did not pass through it."""
        if isinstance(error, SyntaxError) and error.filename and error.lineno:
            file = Path(error.filename)
            if self.holds(file.resolve()):
                return Location(file, error.lineno)
        found = None
        for file, line in frames(error.__traceback__):
            if self.holds(file.resolve()):
                found = Location(file, line)
        return found

    def sentence(self, error: BaseException, *, fallback: Path | None = None) -> str:
        """Where an error happened in the checks' code, that line, and what it was."""
        at = self.innermost(error)
        if at is None:
            return f"{self.file(fallback)}: {said(error)}" if fallback else said(error)
        text = code_line(linecache.getline(str(at.file), at.line))
        return f"{self.shown(at)}, {text}: {said(error)}"


def frames(trace: TracebackType | None) -> Iterator[tuple[Path, int]]:
    """File and line of each frame, the outermost first."""
    for frame, line in traceback.walk_tb(trace):
        yield Path(frame.f_code.co_filename), line


def said(error: BaseException) -> str:
    """An exception in one line: its type and what it says."""
    last = traceback.format_exception_only(error)[-1]
    return clean(" ".join(last.split()), 300)
