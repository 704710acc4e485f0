"""A line as some format writes it comes in; the line that a reader would see in its place goes out.

The form is a fixed point: an answer that JSON, HTML and an address have encoded one after the other
has the same form as the answer itself.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Sequence
from urllib.parse import unquote

#: So many encodings on top of each other are taken off.
_ROUNDS = 6

_QUOTED = re.compile(r"%[0-9A-Fa-f]{2}")
_ESCAPES = re.compile(r"\\[nrtfv]")
_CODE_POINTS = re.compile(
    r"\\{1,8}(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2}))"
)
_STRING_ESCAPE = re.compile(r"\\{1,8}([nrt\"'/])")
_ESCAPED = {"n": "\n", "r": "\n", "t": "\t"}
#: Colours of a terminal and what else it is told; also as a string writes the escape character, and
#: where a browser or an editor has dropped it.
_TERMINAL = re.compile(
    r"[\x1b\x9b\u241b](?:\[[0-9;:?]*[@-~]|\][^\x07\x1b]{0,300}(?:\x07|\x1b\\)"
    r"|[()][A-Z0-9]|[=>78cDEHMNOZ])"
    r"|(?:\\{1,8}(?:x1b|u001b|033|e)|\^\[)\[[0-9;:?]*[A-Za-z]"
    r"|\[\d{1,3}(?:;\d{1,3})*m",
    re.IGNORECASE,
)
_MAY_HAVE_CODES = re.compile(r"[\x1b\x9b\u241b\x08]|\\[xu0e]|\[\d")
_OVERSTRUCK = re.compile(r"[^\x08]\x08")

_SIGNS = {
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u02d7\ufe58",
    "*": "\u2217\u22c6\u204e\u2731\u22c5\u00d7",
    "/": "\u2044\u2215\u29f8\u00f7",
    "~": "\u02dc\u223c\u2053",
    "^": "\u02c6\u2303",
    ":": "\u2236\ua789",
    "|": "\u2223\u2758\u00a6",
    "<": "\u2329\u27e8\u3008",
    ">": "\u232a\u27e9\u3009",
    "!=": "\u2260",
    "<=": "\u2264\u2a7d",
    ">=": "\u2265\u2a7e",
    "==": "\u2a75",
    "->": "\u2192\u27f6",
    '"': "\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb\u2032\u2033\u2034"
    "\u2035\u2036\u02b9\u02ba\u02bb\u02bc\u02bd\u02ee\u00b4\u2039\u203a\u300c\u300d\u300e\u300f\u301d\u301e\u301f"
    "\u275b\u275c\u275d\u275e",
    # What marks a line that goes on, a space or a line's end.
    " ": "\u21aa\u21a9\u23ce\u2423\u00b6\u240a\u2420\u2028\u2029\u0085\u1680",
}  # fmt: skip
_TYPOGRAPHY = str.maketrans(
    {letter: sign for sign, letters in _SIGNS.items() for letter in letters}
)
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\ufff9-\ufffc\U000e0000-\U000e0fff]"
)


def spelled_out(line: str) -> str:
    """The line without what HTML, JSON, LaTeX, addresses and terminals write in place of a sign."""
    return _settled(line, (_once,))


def unescaped(line: str) -> str:
    """The line without escapes and entities, its signs as they are; an escaped line end is one."""
    return _settled(line, STEPS)


def _settled(line: str, steps: Sequence[Callable[[str], str]]) -> str:
    """The line after as many rounds of all steps as change it, up to a bound."""
    for _ in range(_ROUNDS):
        plain = line
        for step in steps:
            plain = step(plain)
        if plain == line:
            break
        line = plain
    return line


def without_colours(text: str) -> str:
    """A text without what a terminal is told beside it."""
    return _OVERSTRUCK.sub("", _TERMINAL.sub("", text))


def without_string_escapes(text: str) -> str:
    """A text without what JSON and programs write for a sign in a string."""
    if "\\" not in text:
        return text
    text = _CODE_POINTS.sub(_character, text)
    return _STRING_ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), text)


def without_quoting(text: str) -> str:
    """A text without what an address writes for a sign."""
    return unquote(text) if "%" in text and _QUOTED.search(text) else text


def without_entities(text: str) -> str:
    """A text without what HTML writes for a sign."""
    return html.unescape(text) if "&" in text else text


#: Each takes one kind of escapes off, once.
STEPS = (without_colours, without_string_escapes, without_quoting, without_entities)


def _once(line: str) -> str:
    if _MAY_HAVE_CODES.search(line):
        line = without_colours(line)
    if "\\" in line:
        line = _ESCAPES.sub(" ", _CODE_POINTS.sub(_character, line)).replace("\\_", "_")
    line = without_entities(without_quoting(line))
    if not line.isascii():
        line = _INVISIBLE.sub("", line.translate(_TYPOGRAPHY))
        line = unicodedata.normalize("NFKC", line).translate(_TYPOGRAPHY)
    return line


def _character(match: re.Match[str]) -> str:
    point = int(next(group for group in match.groups() if group), 16)
    return chr(point) if point < 0x110000 and not 0xD800 <= point < 0xE000 else ""
