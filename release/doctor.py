"""What releasing needs here, and what Gradescope's image will have, goes out for the doctor."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from autograder.doctor import Diagnosis, Level
from autograder.sandbox.lockdown import LAYERS, Grading
from release.bundles.container import ContainerError, find_engine
from release.packages.agreement import differing, needed
from release.packages.locks import here, read_lock
from release.packages.own_package import description, lock
from release.packages.requirements import PackagesError
from release.packages.uv import find_uv

#: As `gradescope/setup.sh` takes it, where nobody says otherwise.
PYTHON = "3.12"
#: Of the lock, the packages that people ask about.
NAMED = ("numpy", "matplotlib", "scipy", "pytest")


def findings() -> Iterator[Diagnosis]:
    """What is found, one after the other."""
    yield _uv()
    yield _engine()
    yield _locked()
    yield _image()


def _uv() -> Diagnosis:
    try:
        uv = find_uv()
    except PackagesError as error:
        return Diagnosis("uv", "not found", Level.bad, str(error))
    said = subprocess.run([uv, "--version"], capture_output=True, text=True, check=False).stdout
    return Diagnosis(
        "uv", f"{said.strip().removeprefix('uv ') or 'does not say its version'}, {uv}"
    )


def _engine() -> Diagnosis:
    try:
        find_engine()
    except ContainerError as error:
        what = "`autograder gradescope-local` cannot build an image here"
        return Diagnosis("Containers", what, Level.note, str(error))
    found = next(name for name in ("docker", "podman") if shutil.which(name))
    return Diagnosis("Containers", f"{found} answers, for `autograder gradescope-local`")


def _locked() -> Diagnosis:
    """Whether what is installed is what proves and ships."""
    wrong = differing(read_lock(lock()), needed(_roots()))
    if not wrong:
        return Diagnosis("Locked versions", "what ships is installed in the versions of the lock")
    more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
    return Diagnosis(
        "Locked versions",
        f"{wrong[0].finding}{more}",
        Level.note,
        "Nothing can be released so; `autograder setup ASSIGNMENT` installs the locked versions.",
    )


def _image() -> Diagnosis:
    locked = here(read_lock(lock()))
    shipped = [name for name in needed(_roots()) if name in locked]
    named = ", ".join(f"{n} {locked[canonicalize_name(n)].version}" for n in NAMED)
    held = ", ".join(each.name for each in LAYERS if Grading.ROOT in each.required_of)
    return Diagnosis(
        "Gradescope's image",
        f"Python {PYTHON}, {len(shipped)} packages of the lock ({named}) and what an "
        f"assignment's requirements.txt adds (torch as CPU build); it grades as root, and nothing "
        f"without {held}",
    )


def _roots() -> list[Requirement]:
    return [Requirement(text) for text in description().dependencies]
