"""A requirements.txt comes in; the packages that the grader needs of it go out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import NormalizedName, canonicalize_name

from autograder.model.errors import UserError

REQUIREMENTS = "requirements.txt"
#: What people open notebooks with. Nothing imports it, and it would double the grader's image.
FRONT_ENDS = frozenset(map(canonicalize_name, ("jupyter", "jupyterlab", "nbclassic", "notebook")))
_COMMENT = re.compile(r"(?:^|\s)#.*")


class PackagesError(UserError):
    """The assignment's packages cannot be had, or are not those that ship; says what to do."""


@dataclass(frozen=True)
class Asked:
    """A package that an assignment asks for.

    Attributes:
        line: where it stands in the file, from 1.
    """

    requirement: Requirement
    line: int

    @property
    def name(self) -> NormalizedName:
        """The package's name, in the one spelling that is compared."""
        return canonicalize_name(self.requirement.name)

    def __str__(self) -> str:
        return str(self.requirement)


def read_requirements(path: Path) -> tuple[Asked, ...]:
    """The packages of a requirements.txt that code may import; none where there is no file.

    Raises:
        PackagesError: a line is no package's name with its versions.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise PackagesError(f"{path}: it cannot be read ({error}); save it as UTF-8.") from None
    lines = [_COMMENT.sub("", line).strip() for line in text.splitlines()]
    asked = [_asked(path, number, line) for number, line in enumerate(lines, start=1) if line]
    return tuple(each for each in asked if each.name not in FRONT_ENDS)


def _asked(path: Path, number: int, line: str) -> Asked:
    try:
        requirement = Requirement(line)
    except InvalidRequirement:
        requirement = None
    # An address cannot be locked by name and version, and Gradescope may not reach it.
    if requirement is None or requirement.url:
        raise PackagesError(
            f"{path}, line {number}: found '{line}'; write one package a line by its name and "
            "versions, as pandas>=2, without options, files and addresses."
        )
    return Asked(requirement, number)
