"""Events come in, one line each, on the disk before anybody is told; all of them go out, in order.

Several processes may write: each holds a lock while it reads what is new and adds its line. What a
kill has left half written is a line of its own that is no event: it is left out, and said.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from autograder.model.errors import UserError
from autograder.model.files import keep_names
from autograder.review.events import Event, EventError, event_of

FILE = "decisions.jsonl"


class JournalError(UserError):
    """The journal cannot be read or written; the text says what to do."""


class Journal:
    """The journal of one folder of results.

    Args:
        take: is called with each event, in the order of the file.

    Attributes:
        problems: lines that are no events, in words.
    """

    def __init__(self, folder: Path, take: Callable[[Event], None]) -> None:
        self.path = folder / FILE
        self.problems: list[str] = []
        self._take = take
        self._offset = 0
        self._lines = 0

    def refresh(self) -> None:
        """Take in what others have added since."""
        try:
            if not self.path.exists() or self.path.stat().st_size == self._offset:
                return
            with self._opened(os.O_RDONLY, fcntl.LOCK_SH) as descriptor:
                self._read(descriptor)
        except OSError as error:
            raise self._refused(error) from None

    def append(self, make: Callable[[], Event]) -> Event:
        """Add the event that ``make`` gives; it is asked when all that others added is known.

        What ``make`` raises is raised, and nothing is added.
        """
        try:
            new = not self.path.exists()
            with self._opened(os.O_RDWR | os.O_APPEND | os.O_CREAT, fcntl.LOCK_EX) as descriptor:
                broken = self._read(descriptor)
                event = make()
                # Behind half a line it would be the other half.
                data = (b"\n" if broken else b"") + event.to_line().encode() + b"\n"
                _write(descriptor, data)
                os.fsync(descriptor)
                if new:
                    keep_names(self.path.parent)
                self._read(descriptor)
        except OSError as error:
            raise self._refused(error) from None
        return event

    @contextmanager
    def _opened(self, flags: int, lock: int) -> Iterator[int]:
        descriptor = os.open(self.path, flags | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, lock)
            yield descriptor
        finally:
            os.close(descriptor)

    def _read(self, descriptor: int) -> bool:
        """Take in what is new; whether half a line stands at the end.

        Nobody writes meanwhile, so half a line is what a kill has left.
        """
        size = os.fstat(descriptor).st_size
        data = bytearray()
        while self._offset + len(data) < size:
            piece = os.pread(descriptor, size - self._offset - len(data), self._offset + len(data))
            if not piece:
                break
            data += piece
        *lines, rest = bytes(data).split(b"\n")
        for line in lines:
            self._lines += 1
            self._offset += len(line) + 1
            if line.strip():
                self._event(line)
        if rest and self.problems[-1:] != [self._half]:
            self.problems.append(self._half)
        return bool(rest)

    @property
    def _half(self) -> str:
        return (
            f"{self.path}, line {self._lines + 1}: only half of a decision was written, when "
            "something ended the program; it is left out: decide that one again."
        )

    def _event(self, line: bytes) -> None:
        try:
            event = event_of(line)
        except EventError as error:
            if self.problems[-1:] != [self._of_line(self._lines)]:
                words = f"{self.path}, line {self._lines}: {error}; it is left out"
                self.problems.append(f"{words}: decide that one again.")
            return
        self._take(event)

    def _of_line(self, number: int) -> str:
        """What was said of half a line before another one was added below it."""
        return self._half.replace(f"line {self._lines + 1}:", f"line {number}:")

    def _refused(self, error: OSError) -> JournalError:
        return JournalError(
            f"{self.path}: it cannot be read or written ({error.strerror or error}); nothing of "
            "what was decided before is lost: make room, or give yourself the right to write there."
        )


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
