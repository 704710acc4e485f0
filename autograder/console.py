"""Texts of any origin come in; what a terminal shows of them, and nothing that steers it, goes out.

Names of files and of students, messages and values are shown as they are: square brackets are no
markup, colons no emoji, and no character of theirs is a command to the terminal.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from autograder.model.findings import clean


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
