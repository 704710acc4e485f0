"""What a file of the bundle is taken apart into, so that each part can be searched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from release.leaks.lines import Page

#: Archives in archives are opened this far down.
DEEPEST = 5
#: What is unpacked in one scan, in bytes; beyond it an archive counts as one that hides something.
MOST_BYTES = 256_000_000
MOST_MEMBERS = 20_000
#: The kind of the pages made of what can be read in files that are no text.
BINARY = "printable strings"


@dataclass(frozen=True)
class Code:
    """Text that may be Python; ``start`` is the number of lines above it in its place."""

    where: str
    text: str
    start: int = 0

    def location(self, line: int) -> str:
        """The place of one of its lines, from 1."""
        return f"{self.where}, line {self.start + line}"


@dataclass(frozen=True)
class Blob:
    """Bytes that may be a copy of a file of the staff's, or of a picture."""

    where: str
    data: bytes


@dataclass(frozen=True)
class Oddity:
    """Something that does not belong into a bundle, whatever it holds; and what to do about it.

    Several of one ``group`` make one finding.
    """

    where: str
    what: str
    remedy: str
    group: str = ""


@dataclass(frozen=True)
class Unread:
    """Something that nobody looked at, such as a picture's pixels."""

    where: str
    what: str


@dataclass(frozen=True)
class Compiled:
    """What compiled Python uses: in order, or as names only if another version compiled it."""

    where: str
    used: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()

    @cached_property
    def joined(self) -> str:
        """What is used, as it is searched."""
        return joined(self.used)


@dataclass(frozen=True)
class PartKind:
    """A part that was looked at, for the count only."""

    kind: str


Part = Page | Code | Blob | Oddity | Unread | Compiled | PartKind


def joined(used: Iterable[str]) -> str:
    """Names, values and operators in a row, so that a row inside another one is found."""
    return "".join(f"\x1f{token}\x1f" for token in used)


@dataclass
class Budget:
    """What may still be unpacked in this scan.

    Attributes:
        known: digests of the harness's own files, which its wheel holds and which are no secret.
    """

    known: frozenset[str] = frozenset()

    bytes_left: int = MOST_BYTES
    members_left: int = MOST_MEMBERS
    depth: int = field(default=0)

    def take(self, size: int) -> bool:
        """Whether a member of that size may be unpacked; if so, it is counted."""
        if size > self.bytes_left or self.members_left <= 0 or self.depth >= DEEPEST:
            return False
        self.bytes_left -= size
        self.members_left -= 1
        return True
