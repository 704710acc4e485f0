"""What went wrong comes in; what a student reads of it goes out: asked, came back, one hint.

A failure has two texts. The public one may show values. The hidden one reveals no input, no
expected value and no student output: it speaks of kinds and places only.
"""

from __future__ import annotations

import builtins
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

MAX_TEXT = 10_000
MAX_LINE = 160
MAX_NAME = 200

_QUOTED = re.compile(r"`[^`\n]*`|'[^'\n]{1,80}'|\"[^\"\n]{1,80}\"")
_NUMBER = re.compile(
    r"(?<![\w#])[-+]?(?:0x[0-9a-f]+|\d[\d_]*(?:\.\d*)?(?:e[-+]?\d+)?)", re.IGNORECASE
)
_ROW = re.compile(r"#(?:\s*,\s*#)+,?")

#: Exception types that a hidden check may name; a type of the student's own is a free text.
EXCEPTION_NAMES = frozenset(
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
)


@dataclass(frozen=True)
class Finding:
    """One thing that was found: ``public`` and ``hidden`` say what came back, ``hint`` what to do.

    ``hidden`` None: the public text holds no secret and serves for both. ``compared`` are the array
    that came back and the one that was expected, for a picture that public checks alone may show.
    """

    public: str
    hint: str = ""
    hidden: str | None = None
    compared: tuple[Any, Any] | None = None

    def text(self, *, hidden: bool) -> str:
        """What came back and the hint, for a student."""
        got = self.hidden if hidden and self.hidden is not None else self.public
        return "\n".join(
            [clean(f"Came back: {got}"), *([clean(f"Hint: {self.hint}")] * bool(self.hint))]
        )


def quoted(name: str) -> str:
    """A name as it stands in a sentence: in backticks, unless it is words such as "the input"."""
    return name if name.startswith("the ") else f"`{name}`"


class CheckFailed(Exception):
    """A check found the student's answer wrong.

    ``raised`` is the type and the message of the exception that student code ended with, if it was
    one: for checks that expect an exception. Both are texts of the student's own making.
    """

    def __init__(self, finding: Finding, raised: tuple[str, str] | None = None) -> None:
        super().__init__(finding.public)
        self.finding = finding
        self.raised = raised


def fail(
    public: str,
    *,
    hint: str = "",
    hidden: str | None = None,
    compared: tuple[Any, Any] | None = None,
) -> CheckFailed:
    """The exception to raise for a wrong answer: ``raise fail("...", hint="...", hidden="...")``.

    Args:
        public: what came back, for checks that students have; may show values.
        hint: one sentence that helps to find the mistake, without the answer.
        hidden: the same for hidden checks, without input, expected value and student output.
        compared: what came back and what was expected, for public checks to draw if they are
            pictures (see ``autograder.model.pictures``).
    """
    return CheckFailed(Finding(public, hint, hidden, compared))


def clean(text: str, limit: int = MAX_TEXT) -> str:
    """Text of any origin made fit to show: no control or direction characters, bounded length."""
    kept = "".join(
        c if c == "\n" or unicodedata.category(c)[0] != "C" else "\N{REPLACEMENT CHARACTER}"
        for c in text[: limit + 1]
    )
    return kept if len(kept) <= limit else kept[: limit - 1] + "…"


def shown(value: object) -> str:
    """A name or another text of any origin, on one line of bounded length."""
    return " ".join(clean(str(value), MAX_NAME).split())


def code_line(line: str) -> str:
    """One line of the student's code, quoted."""
    return f"`{clean(line.strip(), MAX_LINE)}`"


def exception_name(name: str, *, hidden: bool) -> str:
    """How to speak of an exception's type."""
    if name in EXCEPTION_NAMES:
        return name
    return "an exception" if hidden else clean(name, MAX_LINE)


def normalised(message: str) -> str:
    """A message without what differs from student to student: quoted names and code, numbers."""
    text = _QUOTED.sub("`…`", message)
    text = _ROW.sub("#, …", _NUMBER.sub("#", text))
    return " ".join(text.split())
