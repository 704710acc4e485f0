"""The harness's own checkout comes in; its package and files, as both bundles hold them, go out."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import autograder
from autograder.model.errors import UserError

PACKAGE = Path(autograder.__file__).parent
#: Left by runs and editors; never part of a bundle.
IGNORED = ("__pycache__", "*.pyc", ".*", "*~")


class CheckoutError(UserError):
    """The harness does not run from its checkout."""


def checkout_file(name: str) -> Path:
    """A file that lies beside the package in its checkout.

    Raises:
        CheckoutError: it is not there.
    """
    path = PACKAGE.parent / name
    if not path.is_file():
        raise CheckoutError(
            f"{path}: not found; release from a checkout of the harness, to take it along."
        )
    return path


def write_package(target: Path) -> None:
    """Copy the package, without what runs leave behind, into the folder ``target``."""
    ignored = shutil.ignore_patterns(*IGNORED)
    shutil.copytree(PACKAGE, target / PACKAGE.name, ignore=ignored)


def digests() -> frozenset[str]:
    """SHA-256 of each file of the package."""
    files = (path for path in PACKAGE.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return frozenset(hashlib.sha256(path.read_bytes()).hexdigest() for path in files)
