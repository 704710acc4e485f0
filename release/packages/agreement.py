"""An assignment comes in; where the packages that prove it are not those that ship goes out.

What ships is what Gradescope's image gets: the harness's own needs without its extras, what the
assignment asks for, and all that these need, in the versions of the locks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution, version

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from autograder.model.manifest import Assignment
from release.packages.crossing import require_crossing_imports
from release.packages.imports import require_shipped_imports
from release.packages.locks import Locked, here
from release.packages.own_package import description
from release.packages.requirements import PackagesError
from release.packages.state import Packages, packages_of


@dataclass(frozen=True)
class Difference:
    """A package that ships, and is not installed in that version here.

    Attributes:
        installed: the version that is; None where there is none.
    """

    locked: Locked
    installed: str | None

    @property
    def finding(self) -> str:
        """Both versions, as the end of a sentence."""
        found = "is not installed" if self.installed is None else f"is {self.installed}"
        return f"{self.locked.name} {found} here, where the lock has {self.locked.version}"


def require_agreement(assignment: Assignment, solved: Mapping[str, bytes]) -> None:
    """Refuse to prove with other packages than those that ship.

    Args:
        solved: the solution notebooks by name; what they import has to ship too.

    Raises:
        PackagesError: the lock is not of the requirements, a package lacks or has another version,
            something is imported that does not ship, or a library whose values cross is not
            loaded where they arrive.
        NotInstalledError: the harness is not installed.
    """
    found = packages_of(assignment)
    if not found.is_locked:
        raise PackagesError(f"{found.lock}: {_stale(found)}; run `{found.command}`.")
    names = shipped(found)
    if wrong := differences(found, names):
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise PackagesError(
            f"{assignment.name} would be proven with other packages than those that ship: "
            f"{wrong[0].finding}{more}; run `{found.command}`."
        )
    require_shipped_imports(assignment, solved, names, found.requirements, found.command)
    require_crossing_imports(assignment, solved)


def _stale(found: Packages) -> str:
    if not found.own_lock:
        return f"there is none, and {found.requirements} asks for more than the harness has"
    if not found.needs_lock:
        return f"it is not needed any more, the harness has all that {found.requirements} asks for"
    return f"it was made from another {found.requirements.name}, or for another lock of the harness"


def differences(found: Packages, names: Iterable[NormalizedName]) -> tuple[Difference, ...]:
    """As `differing`, of an assignment's packages and the harness's."""
    return differing([*found.harness, *found.own], names)


def differing(lock: Iterable[Locked], names: Iterable[NormalizedName]) -> tuple[Difference, ...]:
    """Those of some packages that are not here in the locked version, in the order of the names."""
    locked = here(lock)
    entries = (locked[name] for name in sorted(names) if name in locked)
    pairs = ((entry, _installed(entry.name)) for entry in entries)
    return tuple(
        Difference(entry, installed)
        for entry, installed in pairs
        if installed is None or not entry.is_version(installed)
    )


def shipped(found: Packages) -> frozenset[NormalizedName]:
    """The names of all packages that ship, so far as they are installed or locked."""
    roots = [Requirement(text) for text in description().dependencies]
    roots += [asked.requirement for asked in found.asked]
    return frozenset(needed(roots)) | here(found.own).keys()


def needed(roots: Iterable[Requirement]) -> set[NormalizedName]:
    """The names of requirements and of all that the installed packages need in turn."""
    todo = [root for root in roots if root.marker is None or root.marker.evaluate()]
    seen: set[tuple[NormalizedName, frozenset[str]]] = set()
    while todo:
        requirement = todo.pop()
        key = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if key not in seen:
            seen.add(key)
            todo += _needs(*key)
    return {name for name, _extras in seen}


def _needs(name: NormalizedName, extras: frozenset[str]) -> Iterator[Requirement]:
    try:
        texts = distribution(name).requires or ()
    except PackageNotFoundError:
        return
    for text in texts:
        if not extras and "extra" in text.partition(";")[2]:
            continue  # most of them are, and reading each takes time
        requirement = Requirement(text)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": e}) for e in extras or ("",)):
            yield requirement


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
