"""A check's outcome comes in; what Gradescope shows of it, as text or as HTML, goes out.

HTML is written where text says less: for code, for lines that are aligned, and for pictures of what
came back beside what was expected. Gradescope cleans it and may drop tags (its documentation names
none), so that every word stands in it as text, too; all that is not of our own making is escaped.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise

from autograder.model.pictures import Picture
from autograder.model.report import CheckResult, student_message
from autograder.model.text import CODE, MAX_TEXT, bounded

#: Characters of one check's HTML, and of all pictures of a submission.
MAX_HTML, MAX_PICTURES = 4 * MAX_TEXT, 300_000
NO_POINTS = "No points depend on this check."

_LABEL = re.compile(r"(Came back|Hint|Note): ")
_ALIGNED = re.compile(r"\s|.*(\t|\S {2,}\S)")
_CASES = re.compile(r"\d+ of \d+ cases passed\.\n")
_BASE64 = re.compile(r"[A-Za-z0-9+/=]+")


class ReportView:
    """What is shown of each check of one submission, whose pictures share their room."""

    def __init__(self) -> None:
        self._left = MAX_PICTURES

    def entry(self, check: CheckResult) -> dict[str, str]:
        """The output of a check, and its format where that is not text."""
        message = student_message(check, cause_first(check.message))
        if is_voluntary(check) and check.status != "passed":
            message = f"{message}\n{NO_POINTS}".strip()
        text = bounded(message)
        pictures = () if check.hidden or check.passed_by_staff else self._fitting(check.pictures)
        if not (pictures or CODE.search(text) or _aligned_lines(text)):
            return {"output": text}
        rich = "\n".join([*_blocks(text), *map(_picture, pictures)])
        bound = MAX_HTML + sum(len(picture.png) for picture in pictures)
        if len(rich) > bound:
            return {"output": text}
        return {"output": rich, "output_format": "html"}

    def _fitting(self, pictures: Sequence[Picture]) -> tuple[Picture, ...]:
        """All pictures of a check, or none: what came back says nothing without its counterpart."""
        size = sum(len(picture.png) for picture in pictures)
        if size > self._left or not all(_BASE64.fullmatch(picture.png) for picture in pictures):
            return ()
        self._left -= size
        return tuple(pictures)


def is_voluntary(check: CheckResult) -> bool:
    """Whether a check is worth nothing, so that nobody fails by it."""
    return check.max_score == 0


def cause_first(message: str) -> str:
    """A message that begins with what went wrong; how many cases passed comes last."""
    match = _CASES.match(message)
    if match is None:
        return message
    return f"{message[match.end() :]}\n{match[0].strip()}"


def faults(texts: Iterable[str]) -> str:
    """Faults for staff: first in a line each what ended it, then all there is to read."""
    listed = list(texts)
    causes = [_cause(text) for text in listed if len(text.strip().splitlines()) > 1]
    head = "\n".join(bounded(cause, 500) for cause in causes[:10])
    return "\n\n".join([*([head] if head else []), *listed])


def _cause(text: str) -> str:
    """The last line, which names the exception, behind the check that it is of."""
    lines = text.strip().splitlines()
    return lines[-1] if lines[0].startswith("Traceback") else f"{lines[0]}: {lines[-1]}"


def _aligned_lines(text: str) -> bool:
    """Whether two lines in a row are aligned by spaces."""
    marks = [bool(_ALIGNED.match(line)) for line in text.split("\n")]
    return any(one and other for one, other in pairwise(marks))


def _blocks(text: str) -> Iterator[str]:
    """A paragraph for each line, and one block for aligned ones."""
    lines = [line for line in text.split("\n") if line.strip()]
    for aligned, group in groupby(lines, key=lambda line: bool(_ALIGNED.match(line))):
        if aligned:
            yield f"<pre>{html.escape(chr(10).join(group))}</pre>"
        else:
            yield from (f"<p>{_line(line)}</p>" for line in group)


def _line(line: str) -> str:
    label = _LABEL.match(line)
    rest = line[label.end() :] if label else line
    head = f"<strong>{label[1]}:</strong> " if label else ""
    pieces = CODE.split(rest)  # text and code, in turn
    safe = [html.escape(piece) for piece in pieces]
    coded = (f"<code>{each}</code>" if n % 2 else each for n, each in enumerate(safe))
    return head + "".join(coded)


def _picture(picture: Picture) -> str:
    """A picture, and in words what is on it, for where it is not shown."""
    alt, title = html.escape(picture.alt), html.escape(picture.title)
    return (
        f'<p><strong>{title}:</strong> {alt}<br><img src="data:image/png;base64,{picture.png}" '
        f'alt="{alt}"></p>'
    )
