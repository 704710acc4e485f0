"""The lines of a text cell come in; what stands behind the labels of answers goes out as regions.

    **Your answer:** Because.          becomes   **Your answer:** *Your answer here.*
    $\\color{blue}{\\textit Your Answer:}$ Because.

An answer goes to the next label, heading or rule, else to the end of the cell (cs231n, EECS 498).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from release.markup.model import Region

#: What stands for an answer in words.
MARKDOWN_STUB = "*Your answer here.*"
_STYLE = r"(?:\$?\\(?:color|textcolor|text\w*)\b\s*(?:\{\w+\})?[{\s]*)*"
_LABEL = re.compile(
    rf"^(?P<label>[ \t>]*(?:#+[ \t]+)?{_STYLE}[*_`<>\w]*?[*_`]*\s*"
    r"(?:(?:your|my)\s+(?:answers?|explanations?|responses?)|answers?)\b"
    r"(?:\s+\([^()\n]*\))?[*_`}$]*\s*:[*_`}$]*)(?P<rest>.*)$",
    re.IGNORECASE,
)
_ENDS = re.compile(r"^(?:#{1,6}\s|-{3,}\s*$|\*{3,}\s*$|_{3,}\s*$)")


def is_label(line: str) -> bool:
    """Whether a line begins with the label of an answer."""
    return bool(_LABEL.match(line))


def label_regions(lines: Sequence[str], taken: Collection[int]) -> Iterator[Region]:
    """The regions behind the labels that stand outside other answers."""
    labels = {
        at: match
        for at, line in enumerate(lines)
        if at not in taken and (match := _LABEL.match(line))
    }
    for at, match in labels.items():
        ends = (
            n
            for n in range(at + 1, len(lines))
            if n in labels or n in taken or _ENDS.match(lines[n])
        )
        end = next(ends, len(lines))
        while end > at + 1 and not lines[end - 1].strip():
            end -= 1
        label = match["label"]
        if match["rest"].strip() or any(line.strip() for line in lines[at + 1 : end]):
            yield Region(at, end, "", at + 1, stub=f"{label} {MARKDOWN_STUB}", label=label)
