"""The installed harness comes in; its package, its needs and its lock, for both bundles, go out.

All of it is read from what is installed, a wheel or a checkout, so that a course needs no checkout.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import autograder
from autograder.model.errors import UserError
from autograder.model.files import LEFT_BEHIND
from autograder.model.versions import DISTRIBUTION

PACKAGE = Path(autograder.__file__).parent
#: As the checkout and the wheel call the harness's own lock.
_LOCK = "requirements.lock"


class NotInstalledError(UserError):
    """The harness runs from files that nobody has installed."""


@dataclass(frozen=True)
class Description:
    """What the installed harness says of itself.

    Attributes:
        dependencies: of its core, without those of extras.
        extras: what each extra needs beside the core, by the extra's name.
        scripts: the commands, with the function that each starts.
    """

    name: str
    version: str
    summary: str
    requires_python: str
    dependencies: tuple[str, ...]
    extras: Mapping[str, tuple[str, ...]]
    scripts: Mapping[str, str]


def description() -> Description:
    """Read the metadata of the installed harness.

    Raises:
        NotInstalledError: there is none.
    """
    try:
        found = metadata.distribution(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        raise NotInstalledError(
            f"{PACKAGE}: this copy of the harness is not installed, so that nobody knows what it "
            f"needs; install its wheel by `pip install '{DISTRIBUTION}[staff]'`, or run `make "
            "setup` in its checkout."
        ) from None
    needs = [Requirement(text) for text in found.requires or ()]
    extras = found.metadata.get_all("Provides-Extra") or ()
    scripts = found.entry_points.select(group="console_scripts")
    return Description(
        name=found.metadata["Name"],
        version=found.version,
        summary=found.metadata["Summary"],
        requires_python=found.metadata["Requires-Python"],
        dependencies=tuple(str(need) for need in needs if _extra_of(need) is None),
        extras={extra: tuple(_of_extra(needs, extra)) for extra in extras},
        scripts={script.name: script.value for script in scripts},
    )


def _of_extra(needs: list[Requirement], extra: str) -> list[str]:
    """What an extra needs, without the mark that says so."""
    own = [need for need in needs if _extra_of(need) == canonicalize_name(extra)]
    for need in own:
        need.marker = None
    return [str(need) for need in own]


def _extra_of(need: Requirement) -> str | None:
    """The extra that a need is for, where its marker says ``extra == "..."`` and no more."""
    name, _, extra = str(need.marker or "").partition(" == ")
    return canonicalize_name(extra.strip("\"'")) if name == "extra" else None


def lock() -> str:
    """The lock of the harness's own packages: names, versions and hashes."""
    return resources.files("release").joinpath(_LOCK).read_text(encoding="utf-8")


def write_package(target: Path) -> None:
    """Copy the package, without what runs leave behind, into the folder ``target``."""
    ignored = shutil.ignore_patterns(*LEFT_BEHIND)
    shutil.copytree(PACKAGE, target / PACKAGE.name, ignore=ignored)


def digests() -> frozenset[str]:
    """SHA-256 of each file of the package."""
    files = (path for path in PACKAGE.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return frozenset(hashlib.sha256(path.read_bytes()).hexdigest() for path in files)
