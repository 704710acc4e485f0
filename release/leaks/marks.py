"""The lines of a text come in; the marker words in it that no student may see go out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_HIDDEN = r"(?:BEGIN|END)\W*(?:SOLUTIONS?(?:\W*NO\W*PROMPT)?|HIDDEN\W*TESTS?|MARK\W*SCHEME)"
_ALONE = re.compile(
    rf"^\s*(?:\#+|//|<!--|\*\*|[\"']{{3}}|%)[\s#]*{_HIDDEN}[\s#:*\"'-]*(?:-->)?\s*$", re.IGNORECASE
)
#: With something behind it, only in capitals: "begin solution of ..." may be a sentence.
_CAPITALS = re.compile(r"^\s*#+\s*(?:BEGIN|END)\s+(?:SOLUTIONS?|HIDDEN\s+TESTS?|MARK\s+SCHEME)\b")
#: Otter's form at the end of a line of code. A heading in a text may be called Solution.
_BEHIND = re.compile(r"#\s*SOLUTION(?:\s*NO\s*PROMPT)?[\s#:]*$", re.IGNORECASE)
_OPENS = re.compile(
    r"^\s*#.*(?:\bTO[ \t]?DO\b|\b(?:START|BEGIN)(?:\s+OF)?\s+YOUR\s+(?:CODE|SOLUTION|ANSWER)\b"
    r"|\bSTART\s+CODE\s+HERE\b|\bYOUR\s+(?:CODE|ANSWER)\s+(?:STARTS\s+)?HERE\b)",
    re.IGNORECASE,
)
_CLOSES = re.compile(
    r"^\s*#.*(?:\bEND(?:\s+OF)?\s+YOUR\s+(?:CODE|SOLUTION|ANSWER)\b|\bEND\s+CODE\s+HERE\b"
    r"|\bYOUR\s+(?:CODE|ANSWER)\s+ENDS\s+HERE\b)",
    re.IGNORECASE,
)


def marks(lines: Sequence[str], *, is_code: bool) -> Iterator[tuple[int, str]]:
    """The number (from 0) of each line with a marker that should have been taken out, and why."""
    opened = 0
    for number, line in enumerate(lines):
        if _ALONE.match(line) or _CAPITALS.match(line) or (is_code and _BEHIND.search(line)):
            yield number, "a marker of an answer that was not taken out"
        elif is_code and _CLOSES.match(line):
            if opened == 0:
                yield number, "the end of an answer's box without its beginning"
            opened = max(0, opened - 1)
        elif is_code and _OPENS.match(line):
            opened += 1
