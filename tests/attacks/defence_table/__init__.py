"""The tables of this folder come in; each defence, and how it is taken out, goes out.

A defence is a row ``[[defence]]`` of a table, with the name by which attacks call it in their
header (``defence: NAME``, or ``NAME + NAME`` where each of several is enough by itself). It is
taken out by ``steps`` of the lock-down that are left out, or by a patch: in ``file`` the exact text
``old``, there once, becomes ``new``; further ones stand in ``[[defence.also]]``. Some are the
design itself, which no patch takes out: ``design`` says what shows the attack to work without it,
and the attack's control is the proof. ``tests`` notice what no attack does.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
#: Between the names in an attack's header.
AND = " + "


class DefenceError(Exception):
    """A row is none, or fits the tree no more; the text says which, and what to do."""


@dataclass(frozen=True)
class Patch:
    """In a file, one text for another."""

    file: str
    old: str
    new: str

    def applied(self, text: str) -> str:
        """The file's text without the defence.

        Raises:
            ValueError: the old text is not there exactly once.
        """
        found = text.count(self.old)
        if found != 1:
            raise ValueError(
                f"{self.file} has the text {self.old.strip()[:80]!r} {found} times, and not once"
            )
        return text.replace(self.old, self.new)


@dataclass(frozen=True)
class Defence:
    """One row.

    Attributes:
        table: the file that it stands in.
        steps: of the lock-down, which are left out.
        tests: files of tests, or single ones (``FILE::TEST``), that fail without it.
        design: why no patch takes it out; empty for all others.
    """

    name: str
    table: str
    steps: frozenset[str]
    patches: tuple[Patch, ...]
    tests: tuple[str, ...]
    design: str

    @property
    def where(self) -> str:
        """The row, for messages."""
        return f"{self.table}: defence '{self.name}'"


def _read(table: str, row: Mapping[str, object]) -> Defence:
    """One row of a table.

    Raises:
        DefenceError: it says nothing sensible.
    """
    name = row.get("name")
    if not isinstance(name, str) or not name or AND in name:
        raise DefenceError(f"{table}: a row has no name that a header can have: {name!r}")
    more = row.get("also", [])
    assert isinstance(more, list)
    patches = [row, *more] if "file" in row else more
    known = {"name", "steps", "file", "old", "new", "also", "tests", "design"}
    if row.keys() - known:
        raise DefenceError(f"{table}: defence '{name}' has {sorted(row.keys() - known)}")
    defence = Defence(
        name,
        table,
        frozenset(row.get("steps", ())),  # type: ignore[call-overload]
        tuple(Patch(str(p["file"]), str(p["old"]), str(p["new"])) for p in patches),
        tuple(row.get("tests", ())),  # type: ignore[arg-type]
        str(row.get("design", "")),
    )
    ways = bool(defence.steps) + bool(defence.patches) + bool(defence.design)
    if ways != 1:
        raise DefenceError(
            f"{defence.where} needs steps, a patch or a reason for none; one of them"
        )
    return defence


def load(folder: Path = HERE) -> dict[str, Defence]:
    """All rows of all tables, by name.

    Raises:
        DefenceError: a row is none, or two have one name.
    """
    found: dict[str, Defence] = {}
    for path in sorted(folder.glob("*.toml")):
        for row in tomllib.loads(path.read_text(encoding="utf-8"))["defence"]:
            defence = _read(path.name, row)
            if defence.name in found:
                raise DefenceError(f"{defence.where} is also in {found[defence.name].table}")
            found[defence.name] = defence
    return found


def named(header: str) -> tuple[str, ...]:
    """The names in the ``defence:`` line of an attack."""
    return tuple(header.split(AND))


def patched(defences: Iterable[Defence], root: Path) -> dict[Path, str]:
    """By path, the text of each file of a tree when all the defences are taken out.

    Raises:
        DefenceError: a patch does not fit the tree.
    """
    texts: dict[Path, str] = {}
    for defence in defences:
        for patch in defence.patches:
            path = root / patch.file
            try:
                text = texts.get(path) or path.read_text(encoding="utf-8")
                texts[path] = patch.applied(text)
            except (OSError, ValueError) as error:
                raise DefenceError(
                    f"{defence.where} can no longer be taken out: {error}. The code has changed: "
                    "write the patch anew, or take out the row if the defence is gone."
                ) from None
    return texts
