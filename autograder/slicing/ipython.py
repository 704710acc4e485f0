"""A cell's text comes in; IPython's extensions of Python in it, written as Python's calls, go out.

The rules are IPython's own. It reads the whole cell again behind each extension that it has found,
which takes minutes for a long cell full of magics; here it reads on from the line where it was.
"""

from __future__ import annotations

import io
import tokenize
from typing import Any

from IPython.core.inputtransformer2 import (
    TokenTransformBase,
    TransformerManager,
    make_tokens_by_line,
)

#: So many lines are read at first, and twice as many each time that nothing is found in them.
FIRST_LINES, MOST_LINES = 4, 256
#: How often one line is transformed, as `,,f a` is, until it counts as no Python.
MAX_AGAIN = 20

#: The tokens of a logical line.
Tokens = list[tokenize.TokenInfo]


def transformed(source: str) -> str:
    """A cell as IPython would run it, on the same lines but for empty ones at the top.

    Raises:
        SyntaxError: it is no Python even so; IPython raises others too.
    """
    return str(_Transformer().transform_cell(source))


class _Transformer(TransformerManager):
    """IPython's, for cells of any length, which keeps the number of lines."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.token_transformers = [_keeping_lines(t) for t in self.token_transformers]

    def do_token_transforms(self, lines: list[str]) -> list[str]:
        """The lines without the extensions that only their tokens tell."""
        # As the tokenizer counts them; IPython ends some at form feeds.
        return _Pass(io.StringIO("".join(lines)).readlines(), self.token_transformers).run()


def _keeping_lines(transformer: Any) -> Any:
    """IPython's transformer, with the lines that it joins at a backslash made up for behind."""

    def transform(self: Any, lines: list[str]) -> list[str]:
        new: list[str] = transformer.transform(self, lines)
        behind = self.start_line + 1
        return [*new[:behind], *["\n"] * (len(lines) - len(new)), *new[behind:]]

    return type("KeepingLines", (transformer,), {"transform": transform})


class _Pass:
    """One pass over the lines of a cell."""

    def __init__(self, lines: list[str], transformers: list[Any]) -> None:
        self._transformers = transformers
        self._done: list[str] = []
        self._rest = lines[::-1]  # the last line first
        #: The indentation of the blocks around the next line.
        self._indents: list[str] = []

    def run(self) -> list[str]:
        """The lines, transformed.

        Raises:
            SyntaxError: a line goes on changing.
        """
        size, again, changing = FIRST_LINES, 0, -1
        while self._rest:
            # A head for each block around, so that what follows is indented by as much as it is.
            head = [f"{indent}if x:\n" for indent in ("", *self._indents)]
            lines = self._next(size)
            groups = _logical_lines([*head, *lines])
            at_end = len(lines) == len(self._rest)
            complete = groups if at_end else groups[:-1]  # the last one may go on
            found = self._found(complete)
            if not found:
                size = min(2 * size, MOST_LINES) if complete else 2 * size
                if at_end:
                    break
                if complete:
                    self._read(complete, complete[-1][-1].start[0] - len(head))
                continue
            before, size = _before(complete, found[0].start_line), FIRST_LINES
            line = before[-1][-1].start[0] if before else 0
            place = len(self._done) + line - len(head)
            again, changing = again + 1 if place == changing else 1, place
            if again > MAX_AGAIN:
                raise SyntaxError("a line changes each time that it is read as IPython's")
            changed = _changed(found, [*head, *lines])
            if changed is None:
                break
            del self._rest[len(self._rest) - len(lines) :]
            self._rest += changed[len(head) :][::-1]
            self._read(before, line - len(head))
        return [*self._done, *self._rest[::-1]]

    def _next(self, size: int) -> list[str]:
        """The next lines, down to one that does not go on behind a backslash."""
        size = min(size, len(self._rest))
        while size < len(self._rest) and self._rest[-size].endswith("\\\n"):
            size += 1
        return self._rest[len(self._rest) - size :][::-1]

    def _found(self, groups: list[Tokens]) -> list[TokenTransformBase]:
        """The next place of each kind, the first one first."""
        found = [each.find(groups) for each in self._transformers]
        return sorted((each for each in found if each), key=TokenTransformBase.sortby)

    def _read(self, groups: list[Tokens], lines: int) -> None:
        """Go on behind some logical lines, which are so many lines of the cell."""
        indents: list[str] = []
        for token in (token for group in groups for token in group):
            if token.type == tokenize.INDENT:
                indents.append(token.string)
            elif token.type == tokenize.DEDENT:
                indents.pop()
        self._indents = indents
        self._done += self._rest[len(self._rest) - lines :][::-1]
        del self._rest[len(self._rest) - lines :]


def _logical_lines(lines: list[str]) -> list[Tokens]:
    found: list[Tokens] = make_tokens_by_line(lines)
    return found


def _before(groups: list[Tokens], line: int) -> list[Tokens]:
    """The logical lines above the one that holds a line, counted from 0."""
    return [group for group in groups if group[-1].start[0] <= line]


def _changed(found: list[TokenTransformBase], lines: list[str]) -> list[str] | None:
    """The lines with the first place changed that can be; None if none can."""
    for transformer in found:
        try:
            changed: list[str] = transformer.transform(lines)
        except SyntaxError:
            continue
        return changed
    return None
