"""Texts of any origin come in; what a terminal shows of them, and nothing that steers it, goes out.

Names of files and of students, messages and values are shown as they are: square brackets are no
markup, colons no emoji, and no character of theirs is a command to the terminal.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterable
from typing import Any, TextIO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from autograder.model.findings import clean

#: What stands for a character that an encoding lacks; of one width, so that tables keep theirs.
_PLAIN = str.maketrans("✓✗◐–—…·’‘“”«»×→", "+x~--.-''\"\"<>x>")
_HANDLER = "autograder.plain"


def replace_what_cannot_be_shown(*streams: TextIO) -> None:
    """Have streams write what their encoding lacks as a plain character like it, or as ``?``.

    A pipe has the encoding of the system, which may be one of 256 characters; a name that is not in
    it must not end a grading.
    """
    codecs.register_error(_HANDLER, _plain)
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_HANDLER)


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end].translate(_PLAIN)
    return "".join(c if c.isascii() else "?" for c in lacking), error.end


class PlainConsole(Console):
    """The console of all commands; styles are given by ``Text`` and never in a text."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "markup": False, "emoji": False})

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """What is written, piece by piece, control characters and marks of direction replaced."""
        for segment in super().render(renderable, options):
            if segment.control or segment.text.isprintable():
                yield segment
            else:
                yield Segment(clean(segment.text, len(segment.text)), segment.style)
