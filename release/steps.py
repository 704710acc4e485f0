"""What a release is doing goes out to whoever shows it."""

from __future__ import annotations

from typing import Protocol


class Steps(Protocol):
    """Shows one step after the other."""

    def start(self, text: str, total: int | None = None) -> None:
        """A step begins, of so many parts where that is known; the one before has ended."""

    def advance(self) -> None:
        """A part of the step is done."""


class _Silent:
    def start(self, text: str, total: int | None = None) -> None:
        """Show nothing."""

    def advance(self) -> None:
        """Show nothing."""


SILENT: Steps = _Silent()
