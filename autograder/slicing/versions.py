"""Code that cannot be read comes in; the newer Python that it was written for goes out."""

from __future__ import annotations

import re
import sys
from contextlib import suppress

from autograder.slicing.magics import parse_python

#: The newest Python whose grammar is known here.
NEWEST = 14
#: What Python 3.12 brought and parso's grammars lack: type aliases, and quotes and backslashes
#: inside the braces of an f-string.
_TYPE_ALIAS = re.compile(r"^([ \t]*)type[ \t]+\w+(\[[^\n]*\])?[ \t]*=", re.MULTILINE)
_STRING = re.compile(r"(?P<kind>[a-zA-Z]{0,2})(?P<quote>\"\"\"|'''|\"|')")


def explained(message: str, source: str) -> str:
    """What the parser says of code, or that it is Python of another version, if it is."""
    newer = newer_syntax(source)
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    return message if newer is None else f"written for Python {newer}, graded by {here}"


def newer_syntax(source: str) -> str | None:
    """The oldest Python, as "3.12", newer than this one, that can read the source; else None."""
    from parso.grammar import load_grammar  # IPython needs it, so it is there

    plain = _TYPE_ALIAS.sub(r"\1_ =", _without_inner_strings(source))
    if sys.version_info < (3, 12):
        with suppress(SyntaxError):
            parse_python(plain)
            return "3.12"
    for minor in range(sys.version_info.minor + 1, NEWEST + 1):
        with suppress(NotImplementedError, RecursionError):  # this parso knows no such grammar
            grammar = load_grammar(version=f"3.{minor}")
            if not list(grammar.iter_errors(grammar.parse(plain))):
                return f"3.{minor}"
    return None


def _without_inner_strings(source: str) -> str:
    """The source with a number in place of each string inside the braces of an f-string."""
    pieces, at = [], 0
    while start := _STRING.search(source, at):
        end, text = _string(source, start)
        pieces += [source[at : start.start()], text]
        at = end
    return "".join([*pieces, source[at:]])


def _string(source: str, start: re.Match[str]) -> tuple[int, str]:
    """Where a string literal ends, and its text without the strings in its braces."""
    kind, quote = start["kind"].lower(), start["quote"]
    pieces, at, depth = [start[0]], start.end(), 0
    while at < len(source):
        if depth and (inner := _STRING.match(source, at)):
            at, _ = _string(source, inner)
            pieces.append("(0)")
        elif not depth and source.startswith(quote, at):
            return at + len(quote), "".join([*pieces, quote])
        else:
            step = 2 if source[at] == "\\" or source[at : at + 2] in ("{{", "}}") else 1
            step = 1 if depth else step
            part = source[at : at + step]
            if "f" in kind and step == 1:
                depth = max(depth + (part == "{") - (part == "}"), 0)
            pieces.append(part)
            at += step
    return at, "".join(pieces)
