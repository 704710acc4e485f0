"""An assignment comes in; what it asks for, and what of it is locked, goes out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from autograder.model.manifest import Assignment
from release.packages import own_package
from release.packages.locks import (
    LOCK_FILE,
    Locked,
    covers,
    here,
    inputs_in,
    inputs_of,
    joined,
    read_lock,
)
from release.packages.requirements import REQUIREMENTS, Asked, read_requirements


@dataclass(frozen=True)
class Packages:
    """An assignment's packages beside the harness's.

    Attributes:
        requirements, lock: the two files of the assignment, which may both be missing.
        command: what brings all in order.
        harness_lock, own_lock: the texts of the locks; empty where there is no file.
    """

    requirements: Path
    lock: Path
    command: str
    asked: tuple[Asked, ...]
    harness_lock: str
    own_lock: str

    @cached_property
    def harness(self) -> tuple[Locked, ...]:
        """The entries of the harness's own lock."""
        return read_lock(self.harness_lock)

    @cached_property
    def own(self) -> tuple[Locked, ...]:
        """The entries of the assignment's own lock."""
        return read_lock(self.own_lock)

    @cached_property
    def needs_lock(self) -> bool:
        """Whether anything is asked for that the harness's lock does not hold."""
        locked = here(self.harness)
        return not all(covers(locked, asked) for asked in self.asked)

    @property
    def inputs(self) -> str:
        """What an assignment's lock has to be made from."""
        return inputs_of(self.asked, self.harness_lock)

    @property
    def is_locked(self) -> bool:
        """Whether the assignment's lock is made from what is asked now, and from this harness."""
        if not self.needs_lock:
            return not self.own_lock
        return inputs_in(self.own_lock) == self.inputs


def packages_of(assignment: Assignment) -> Packages:
    """Read an assignment's requirements and the locks.

    Raises:
        PackagesError: the requirements cannot be read.
    """
    requirements = assignment.public / REQUIREMENTS
    lock = assignment.folder / LOCK_FILE
    return Packages(
        requirements=requirements,
        lock=lock,
        command=f"autograder setup {_shown(assignment.folder)}",
        asked=read_requirements(requirements),
        harness_lock=own_package.lock(),
        own_lock=lock.read_text(encoding="utf-8") if lock.is_file() else "",
    )


def _shown(folder: Path) -> Path:
    """The folder as somebody types it."""
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder


def shipped_lock(assignment: Assignment) -> str:
    """The one lock that a Gradescope bundle has: the harness's, and what the assignment adds."""
    found = packages_of(assignment)
    return joined(found.harness_lock, found.own_lock)


def shipped_requirements(assignment: Assignment) -> str:
    """What the grader's image gets of the assignment's requirements; empty if it asks for none."""
    return "".join(f"{asked}\n" for asked in packages_of(assignment).asked)


def own_packages(assignment: Assignment) -> tuple[str, ...]:
    """The names of the packages that ship beside the harness's own."""
    return tuple(entry.name for entry in packages_of(assignment).own if entry.applies)
