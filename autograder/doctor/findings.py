"""What is known of one thing that the harness needs goes out as a value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How good it is."""

    good = "good"
    #: Something cannot be done here that need not be done here.
    note = "note"
    #: The harness cannot do its work.
    bad = "bad"


@dataclass(frozen=True)
class Diagnosis:
    """What was looked at, what is there, and what to do if that is not enough."""

    what: str
    found: str
    level: Level = Level.good
    remedy: str = ""
