"""A submission's notebooks come in; what is the student's own in them goes out, fit to compare.

Code is parsed, never run. Its tokens, all free names alike, are cut into overlapping runs of
`RUN`; of the hashes of these, winnowing keeps some so that any common stretch of `RUN + WINDOW - 1`
tokens shares one (Schleimer, Wilkerson and Aiken, SIGMOD 2003).
"""

from __future__ import annotations

import ast
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from autograder.batch.contents import Content
from autograder.model.manifest import Assignment
from autograder.model.names import owners
from autograder.slicing.magics import parse_python
from autograder.slicing.notebook import Cell, NotebookError, NotebookTooLarge, parse
from autograder.slicing.tokens import says_nothing, tokens

RUN = 12
WINDOW = 4
#: Of one submission's code; what is longer was not written for a homework.
MAX_CHARACTERS = 400_000
_PUNCTUATION = frozenset({"(", ")", "[", "]"})
_FREE = zlib.crc32(b"$")
_BASE = np.uint64(0x9E3779B97F4A7C15)

Hashes = NDArray[np.uint64]


@dataclass(frozen=True)
class Own:
    """What a submission has beyond the template.

    Attributes:
        prints: the hashes kept of its code.
        texts: its longer texts in notebooks, by notebook.
    """

    prints: frozenset[int]
    texts: tuple[tuple[str, str], ...]


class Boilerplate:
    """The template's code and text, which every submission has."""

    def __init__(self, assignment: Assignment, templates: Mapping[str, bytes]) -> None:
        self._names = [entry.file for entry in assignment.notebooks]
        cells = [c for name, data in templates.items() for c in parse(data, name).cells]
        self._cells = {_bare(cell.source) for cell in cells}
        modules = [_read(path) for path in sorted(assignment.public.rglob("*.py"))]
        code = [_python(cell) for cell in cells if cell.kind == "code"] + modules
        runs = [_runs(_stream(text)) for text in code]
        self._runs = frozenset(value for found in runs for value in found.tolist())

    def own(self, content: Content) -> Own:
        """What of a submission is not given.

        Raises:
            MemoryError: there is not enough to read it.
        """
        prints: set[int] = set()
        texts: list[tuple[str, str]] = []
        left = MAX_CHARACTERS
        for name, data in content.files.items():
            asked = owners(PurePosixPath(name), self._names)
            if not name.lower().endswith(".ipynb") and not asked:
                continue
            try:
                is_module = any(each.endswith(".py") for each in asked)
                cells = parse(data, name, is_module=is_module).cells
            except NotebookTooLarge:
                raise MemoryError from None
            except NotebookError:
                continue
            for cell in cells:
                left -= len(cell.source)
                if left < 0 or _bare(cell.source) in self._cells:
                    continue
                if cell.kind == "code":
                    prints |= _winnowed(
                        [v for v in _runs(_stream(_python(cell))).tolist() if v not in self._runs]
                    )
                elif cell.kind == "markdown":
                    texts.append((name, cell.source))
        return Own(frozenset(prints), tuple(texts))


def _bare(text: str) -> str:
    return "".join(text.split())


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _python(cell: Cell) -> str:
    try:
        return cell.python
    except SyntaxError:
        return ""


def _stream(text: str) -> Hashes:
    """The code's tokens as numbers, free names all the same; none if it cannot be read."""
    try:
        tree = parse_python(text)
        statements = [node for node in tree.body if not says_nothing(node)]
        found = _numbers(statements)
    except (SyntaxError, RecursionError):
        found = []
    return np.array(found, np.uint64)


def _numbers(statements: Iterable[ast.stmt]) -> list[int]:
    return [
        _FREE if token.free else zlib.crc32(token.text.encode("utf-8", "replace"))
        for statement in statements
        for token in tokens(statement)
        if token.text not in _PUNCTUATION
    ]


def _runs(stream: Hashes) -> Hashes:
    """A hash of each run of `RUN` tokens."""
    count = len(stream) - RUN + 1
    if count <= 0:
        return np.empty(0, np.uint64)
    total = np.zeros(count, np.uint64)
    for start in range(RUN):  # modulo 2^64
        total = total * _BASE + stream[start : start + count]
    return total ^ (total >> np.uint64(29))


def _winnowed(runs: Sequence[int]) -> set[int]:
    """The smallest of each `WINDOW` neighbours."""
    return {
        min(runs[at : at + WINDOW]) for at in range(max(len(runs) - WINDOW + 1, min(len(runs), 1)))
    }
