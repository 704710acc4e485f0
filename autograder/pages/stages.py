"""Stages of a long command come in; in a terminal a bar, and in a log lines, go out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import ProgressColumn, Task
from rich.text import Text


class Parts(ProgressColumn):
    """How many parts of a stage are done, where it is known how many there are."""

    def render(self, task: Task) -> Text:
        """As 3/12; nothing where nobody knows, or there is but one."""
        known = f"{task.completed:.0f}/{task.total:.0f}" if (task.total or 0) > 1 else ""
        return Text(known, "progress.download")


class Lines:
    """For output that is no terminal: a line as a stage begins, and one with its time as it ends.

    Each is written out at once, so that a log shows what is being done.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._text = ""
        self._started = 0.0

    def start(self, text: str, total: int | None = None) -> None:
        """A stage begins, of so many parts where that is known; the one before has ended."""
        self.end()
        self._text, self._started = text, time.monotonic()
        self._print(f"{text} ({total}) ..." if total else f"{text} ...")

    def advance(self) -> None:
        """A part is done; a log needs no line for each."""

    def end(self, how: str = "took") -> None:
        """The stage has ended."""
        if self._text:
            self._print(f"{self._text} {how} {time.monotonic() - self._started:.1f} s")
            self._text = ""

    def _print(self, line: str) -> None:
        self._console.print(Text(line), soft_wrap=True)


@contextmanager
def lines(console: Console) -> Iterator[Lines]:
    """Stages as lines; the last one says that it was stopped, where an error ends it."""
    shown = Lines(console)
    try:
        yield shown
    except BaseException:
        shown.end("was stopped after")
        raise
    shown.end()
