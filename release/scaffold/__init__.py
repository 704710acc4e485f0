"""A name comes in; a small assignment that releases and grades at once goes out."""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from autograder.model.errors import UserError

__all__ = ["New", "ScaffoldError", "new_assignment"]

#: As the manifest's schema has it.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PARTS = Path(__file__).with_name("parts")
#: What the files say in place of the assignment's name.
_PLACEHOLDER = "@NAME@"
#: Ends the names of Python files among the parts, which no tool should take for our own code.
_PART = ".in"


class ScaffoldError(UserError):
    """An assignment that cannot be begun; names the name or folder, and what to do."""


@dataclass(frozen=True)
class New:
    """The two folders of a new assignment."""

    name: str
    public: Path
    staff: Path

    @property
    def files(self) -> tuple[Path, ...]:
        """All files of both, in the order of their paths."""
        found = (path for folder in (self.public, self.staff) for path in folder.rglob("*"))
        return tuple(sorted(path for path in found if path.is_file()))


def new_assignment(name: str, out: Path) -> New:
    """Make `assignment/NAME` and `solutions/NAME` below `out`.

    Raises:
        ScaffoldError: the name is none that a manifest takes, or one of the folders is there.
    """
    if not _NAME.fullmatch(name):
        raise ScaffoldError(
            f"found the name {name!r}; use up to 64 letters, digits, '.', '_' and '-', with a "
            "letter or digit first."
        )
    made = New(name, out / "assignment" / name, out / "solutions" / name)
    for folder in (made.public, made.staff):
        if folder.exists():
            raise ScaffoldError(
                f"{folder}: found it there already; take another name or another --out, nothing "
                "is overwritten."
            )
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".new-") as work:
        for folder in (made.public, made.staff):
            _copy(_PARTS / folder.parent.name, Path(work) / folder.parent.name, name)
        for folder in (made.public, made.staff):
            folder.parent.mkdir(exist_ok=True)
            shutil.move(Path(work) / folder.parent.name, folder)
    return made


def _copy(source: Path, target: Path, name: str) -> None:
    for part in sorted(path for path in source.rglob("*") if path.is_file()):
        path = target / str(part.relative_to(source)).removesuffix(_PART)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = part.read_text(encoding="utf-8")
        path.write_text(text.replace(_PLACEHOLDER, name), encoding="utf-8")
