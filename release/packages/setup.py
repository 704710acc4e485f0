"""An assignment comes in; its packages, locked and installed where this runs, go out."""

from __future__ import annotations

import importlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.model.manifest import Assignment
from release.packages.agreement import differences, shipped
from release.packages.locks import Locked, write_own
from release.packages.requirements import Asked, PackagesError
from release.packages.state import Packages, packages_of
from release.packages.uv import UvFailed, compile_lock, find_uv, install


@dataclass(frozen=True)
class SetUp:
    """What was done.

    Attributes:
        lock: the assignment's lock.
        locked: whether it was written anew; taken away counts too.
        packages: its entries for this machine.
        installed: what was installed, or brought to its locked version.
    """

    lock: Path
    locked: bool
    packages: tuple[Locked, ...]
    installed: tuple[Locked, ...]


def set_up(assignment: Assignment, *, upgrade: bool = False) -> SetUp:
    """Lock what the assignment asks for and install it; nothing is done twice.

    Args:
        upgrade: lock the newest versions that fit, in place of those that are locked already.

    Raises:
        PackagesError: requirements are wrong or cannot be had, or there is no uv.
        NotInstalledError: the harness is not installed.
    """
    found = packages_of(assignment)
    locked = not found.is_locked or (upgrade and found.needs_lock)
    if locked:
        _write_lock(found, upgrade=upgrade)
        found = packages_of(assignment)
    installed = _installed(found)
    return SetUp(found.lock, locked, tuple(e for e in found.own if e.applies), installed)


def _write_lock(found: Packages, *, upgrade: bool) -> None:
    if not found.needs_lock:
        found.lock.unlink()
        return
    asked = map(str, found.asked)
    try:
        compiled = compile_lock(
            find_uv(), asked, found.harness_lock, found.own_lock, upgrade=upgrade
        )
    except UvFailed as error:
        raise _unresolved(found, error) from None
    found.lock.write_text(write_own(compiled, found.harness, found.inputs), encoding="utf-8")


def _unresolved(found: Packages, error: UvFailed) -> PackagesError:
    if not error.unsolvable:
        return PackagesError(
            f"{found.requirements}: its packages could not be locked: {error}; is the package "
            "index reachable?"
        )
    asked = _blamed(found.asked, str(error))
    if asked is None:
        return PackagesError(
            f"{found.requirements}: its packages cannot be had together, and with the harness's "
            f"own: {error}; change a line."
        )
    return PackagesError(
        f"{found.requirements}, line {asked.line}: '{asked}' cannot be had beside the harness's "
        f"own packages and the other lines: {error}; change that line."
    )


def _blamed(asked: Sequence[Asked], reason: str) -> Asked | None:
    """The requirement that a reason names first."""
    found_at = {}
    for each in asked:
        pattern = rf"(?<![\w.-]){re.escape(each.name)}(?![\w-])"
        if match := re.search(pattern, reason):
            found_at[match.start()] = each
    return found_at[min(found_at)] if found_at else None


def _installed(found: Packages) -> tuple[Locked, ...]:
    """Install what lacks or has another version; what a package needs is known once it is there."""
    done: tuple[Locked, ...] = ()
    while wrong := differences(found, shipped(found)):
        lacking = tuple(difference.locked for difference in wrong)
        if again := set(lacking) & set(done):
            raise PackagesError(
                f"uv has installed {', '.join(sorted(e.name for e in again))}, and yet "
                f"{wrong[0].finding}; look whether another environment or PYTHONPATH comes first."
            )
        _install(found, lacking)
        done += lacking
    return done


def _install(found: Packages, lacking: Sequence[Locked]) -> None:
    names = ", ".join(f"{entry.name} {entry.version}" for entry in lacking)
    try:
        install(find_uv(), "".join(f"{entry.text}\n" for entry in lacking))
    except UvFailed as error:
        raise PackagesError(
            f"{names} could not be installed: {error}; is the package index reachable? Else name "
            f"other versions in {found.requirements}."
        ) from None
    importlib.invalidate_caches()
