"""What the leak scan gives out: findings, and what was looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """Something of the staff's that is in the bundle.

    Attributes:
        what: what it is, as "a line of an answer".
        location: where in the bundle.
        secret: where in the staff's folder it comes from.
        shown: a short excerpt of it.
        file: the bundle's file, as an allowance names it.
        remedy: what to do about it.
    """

    what: str
    location: str
    secret: str
    shown: str
    file: str = ""
    remedy: str = ""

    def sentence(self) -> str:
        """Both places and what to do, in one sentence."""
        shown = f" ({self.shown})" if self.shown else ""
        origin = f", which is from {self.secret}" if self.secret else ""
        return f"{self.location}: found {self.what}{shown}{origin}; {self.remedy}."


@dataclass(frozen=True)
class ScannedFile:
    """One file of the bundle, and how many parts of which kinds were looked at in it.

    Attributes:
        unread: what of it nobody looked at, as "a.png: pixels".
    """

    name: str
    size: int
    parts: Mapping[str, int]
    unread: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scan:
    """What was found, in which files it was looked for, and how many secrets of each kind."""

    findings: tuple[Finding, ...]
    looked_at: tuple[ScannedFile, ...]
    secrets: Mapping[str, int]
