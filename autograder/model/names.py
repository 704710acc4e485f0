"""A file's path comes in; which of the files that an assignment asks for it may be goes out.

What browsers, Colab, Jupyter, file managers, course platforms and students do to a name is known:
a number or "copy" at its end, "Copy of" or the student's name before it, a second extension. No
other name is taken for one that was asked for; and what the file holds decides between several.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from enum import IntEnum
from pathlib import PurePosixPath

#: What may be added to a name on one side: a student's name and number, or a platform's.
MAX_ADDED = 60
#: Extensions that are added to, or put in place of, the right one: the file itself is the same.
EXTRA = (".txt", ".json")

_COUNTER = re.compile(r"(?:[ _-]*\(\d{1,3}\)|[ _-]+copy(?:[ _-]*\(?\d{1,3}\)?)?|\.\d{1,3})$")
_BEFORE = re.compile(rf"[\w .,()+@'-]{{0,{MAX_ADDED}}}[ _.-]")
_BEHIND = re.compile(rf"(?:\d{{1,2}}|[ _.,(+@-][\w .,()+@'-]{{0,{MAX_ADDED}}})")


class Match(IntEnum):
    """How a file's name agrees with the one asked for; the smaller, the better."""

    PATH = 0
    NAME = 1
    VARIANT = 2
    NONE = 3


def match(path: PurePosixPath, wanted: str) -> Match:
    """How a path agrees with the name (or path) of a file asked for, whatever its letter case."""
    mine, asked = PurePosixPath(_plain(str(path))), PurePosixPath(_plain(wanted))
    if mine == asked or (len(asked.parts) > 1 and mine.match(str(asked))):
        return Match.PATH
    if mine.name == asked.name:
        return Match.NAME
    return Match.VARIANT if _is_variant(mine.name, asked) else Match.NONE


def is_copy(path: PurePosixPath, wanted: str) -> bool:
    """Whether a file is the one asked for, or named as programs name copies of it.

    No more than that: ``log_b.csv`` is no ``log.csv``, where both may be asked for.
    """
    mine, asked = PurePosixPath(_plain(str(path))), PurePosixPath(_plain(wanted))
    if len(asked.parts) > 1 and not (mine.parent / asked.name).match(str(asked)):
        return False
    rest, found = _without_extensions(mine.name, asked.suffix)
    while rest.startswith("copy of "):
        rest = rest.removeprefix("copy of ")
    return rest == asked.stem and asked.suffix in found


def owners(path: PurePosixPath, names: Iterable[str]) -> frozenset[str]:
    """Those of the names asked for that a path agrees with best.

    ``lab_part2 (1).ipynb`` agrees with ``lab.ipynb`` too, but not if ``lab_part2.ipynb`` is asked
    for.
    """
    ranked = {name: (match(path, name), -len(PurePosixPath(name).stem)) for name in names}
    best = min(ranked.values(), default=(Match.NONE, 0))
    if best[0] is Match.NONE:
        return frozenset()
    kept = best if best[0] is Match.VARIANT else best[:1]
    return frozenset(name for name, rank in ranked.items() if rank[: len(kept)] == kept)


def _plain(name: str) -> str:
    """One spelling of letters that systems write in several, and of spaces."""
    return unicodedata.normalize("NFC", " ".join(name.split())).casefold()


def _is_variant(name: str, asked: PurePosixPath) -> bool:
    rest, found = _without_extensions(name, asked.suffix)
    if asked.suffix in found:
        return rest == asked.stem or _is_decorated(rest, asked.stem)
    return rest == asked.stem  # "lab", "lab.json": nothing else may be added to these


def _without_extensions(name: str, suffix: str) -> tuple[str, set[str]]:
    """The name without what stands behind its stem, and which extensions stood there."""
    found: set[str] = set()
    while True:
        ends = [each for each in (suffix, *EXTRA) if name.endswith(each)]
        counter = _COUNTER.search(name[-MAX_ADDED:])
        if ends:
            found.add(ends[0])
            name = name[: -len(ends[0])]
        elif counter:
            name = name[: -len(counter[0])]
        else:
            return name, found


def _is_decorated(rest: str, stem: str) -> bool:
    """Whether a name is the stem with something added, set apart from it by a sign."""
    for at in {rest.find(stem), rest.rfind(stem)} - {-1}:
        before, behind = rest[:at], rest[at + len(stem) :]
        if all(
            not text or form.fullmatch(text)
            for text, form in ((before, _BEFORE), (behind, _BEHIND))
        ):
            return True
    return False
