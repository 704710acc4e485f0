"""The texts of lock files come in; packages with versions go out, and one lock for the grader.

A lock holds names, versions and hashes, as `uv pip compile` writes them. An assignment's own lock
has what the harness's lacks, and begins with a digest of all that it was made from.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from release.packages.requirements import Asked

LOCK_FILE = "requirements.lock"
_INPUTS = re.compile(r"^# inputs: sha256:([0-9a-f]{64})$", re.MULTILINE)
_HEADER = """\
# Made by `autograder setup`: what requirements.txt asks for beside the harness's own packages.
# inputs: sha256:{inputs}
"""


@dataclass(frozen=True)
class Locked:
    """One entry of a lock.

    Attributes:
        text: the entry as it stands there, with its hashes, without remarks.
    """

    text: str

    @cached_property
    def requirement(self) -> Requirement:
        """Name, version and marker; it says ``==`` one version."""
        return Requirement(self.text.partition("\n")[0].rstrip("\\ "))

    @cached_property
    def name(self) -> NormalizedName:
        """The package's name, in the one spelling that is compared."""
        return canonicalize_name(self.requirement.name)

    @property
    def version(self) -> str:
        """The locked version."""
        return next(iter(self.requirement.specifier)).version

    @cached_property
    def applies(self) -> bool:
        """Whether the entry is for this Python and platform."""
        marker = self.requirement.marker
        return marker is None or marker.evaluate()

    def is_version(self, version: str) -> bool:
        """Whether an installed version is the locked one.

        Builds for one kind of GPU have a local part (`2.9.0+cpu`), which a lock does not name.
        """
        return self.requirement.specifier.contains(Version(version), prereleases=True)


def read_lock(text: str) -> tuple[Locked, ...]:
    """The entries of a lock, in their order."""
    entries: list[list[str]] = []
    for line in text.splitlines():
        if line[:1].isalnum():
            entries.append([line])
        elif entries and line.strip().startswith("--hash="):
            entries[-1].append(line)
    return tuple(Locked("\n".join(lines)) for lines in entries)


def here(entries: Iterable[Locked]) -> Mapping[NormalizedName, Locked]:
    """The entries for this Python and platform, by name."""
    return {entry.name: entry for entry in entries if entry.applies}


def covers(locked: Mapping[NormalizedName, Locked], asked: Asked) -> bool:
    """Whether a lock's entries for this machine hold all that a requirement asks for."""
    found = locked.get(asked.name)
    if found is None or asked.requirement.extras:
        return False
    return asked.requirement.specifier.contains(found.version, prereleases=True)


def inputs_of(asked: Sequence[Asked], harness: str) -> str:
    """A digest of all that an assignment's lock follows from: what is asked, the harness's lock."""
    parts = "\n".join(sorted(map(str, asked)))
    return hashlib.sha256(f"{parts}\0{harness}".encode()).hexdigest()


def inputs_in(text: str) -> str | None:
    """The digest that a lock says it was made from."""
    found = _INPUTS.search(text)
    return found and found[1]


def write_own(compiled: str, harness: Iterable[Locked], inputs: str) -> str:
    """An assignment's own lock: of what was compiled with the harness's, what that lacks."""
    known = {str(entry.requirement) for entry in harness}
    own = [entry for entry in read_lock(compiled) if str(entry.requirement) not in known]
    return _HEADER.format(inputs=inputs) + "".join(f"{entry.text}\n" for entry in own)


def joined(harness: str, own: str) -> str:
    """Both locks as one; the harness's alone where the other is empty."""
    return harness + "".join(f"{entry.text}\n" for entry in read_lock(own))
