"""This Python comes in; whether its packages are those that each extra needs goes out."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

from autograder.doctor.findings import Diagnosis, Level
from autograder.model.versions import DISTRIBUTION

CORE = "the core"
#: What is said of packages; those of these extras have words of their own.
EXTRAS = {
    "pages": "HTML pages and reports",
    "batch": "many submissions",
    "release": "releasing",
    "review": "grading by hand",
    "watch": "check --watch",
    "torch": "deep learning",
    "pdf": "feedback as PDF",
    "cluster": "grading on a cluster",
}
AT_HOME = ("watch",)
NEEDED_BY_STAFF = ("pages", "batch", "release")
MOST_NAMED = 3


def python() -> Diagnosis:
    """The interpreter, and whether the sandbox's user can read it."""
    text = f"{platform.python_version()}, {sys.executable}"
    private = _private((Path(os.__file__), Path(sys.executable)))
    if private is not None and hasattr(os, "geteuid") and os.geteuid() == 0:
        return Diagnosis(
            "Python",
            text,
            Level.bad,
            f"{private} is closed to other users, so that the sandbox's cannot read Python; "
            "use a Python and an environment outside private folders.",
        )
    return Diagnosis("Python", text)


def _private(paths: tuple[Path, ...]) -> Path | None:
    """A folder on the way to one of some files that not everybody may pass."""
    folders = (folder for path in paths for folder in path.resolve().parents)
    return next((folder for folder in folders if not folder.stat().st_mode & 1), None)


def packages(*, at_home: bool) -> Iterator[Diagnosis]:
    """What each part of the harness needs, and what of it is here."""
    try:
        texts = distribution(DISTRIBUTION).requires or ()
    except PackageNotFoundError:
        yield Diagnosis(
            "Packages",
            "the harness runs from files that nobody has installed",
            Level.note,
            f"Install its wheel: pip install '{DISTRIBUTION}[staff]'.",
        )
        return
    needs = [Requirement(text) for text in texts]
    yield _of(CORE, "", needs, Level.bad)
    for extra, words in EXTRAS.items():
        if not at_home or extra in AT_HOME:
            level = Level.bad if extra in NEEDED_BY_STAFF else Level.note
            yield _of(f"for {words}", extra, needs, level)


def _of(words: str, extra: str, needs: list[Requirement], level: Level) -> Diagnosis:
    own = [
        need
        for need in needs
        if need.name != DISTRIBUTION
        and (need.marker is None) is not bool(extra)
        and (need.marker is None or need.marker.evaluate({"extra": extra}))
    ]
    lacking = [found for found in map(_lacking, own) if found]
    what = f"Packages, {words}"
    if not lacking:
        return Diagnosis(what, f"all {len(own)} are here")
    named = ", ".join(lacking[:MOST_NAMED])
    more = f" and {len(lacking) - MOST_NAMED} more" if len(lacking) > MOST_NAMED else ""
    package = f"{DISTRIBUTION}[{extra}]" if extra else DISTRIBUTION
    return Diagnosis(what, named + more, level, f"pip install '{package}'")


def _lacking(need: Requirement) -> str:
    """What is wrong with a package, in words; empty if nothing is."""
    try:
        installed = version(need.name)
    except PackageNotFoundError:
        return f"{need.name} is not installed"
    if need.specifier.contains(Version(installed), prereleases=True):
        return ""
    return f"{need.name} is {installed}, not {need.specifier}"
