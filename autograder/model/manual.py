"""What people grade: a question's rubric comes in; the points of what they decided go out.

A rubric counts from zero, or down from a ceiling. Its sum never leaves the bounds of the question:
nothing below zero, nothing above its points and its bonus.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

ZERO, CEILING = "zero", "ceiling"


@dataclass(frozen=True)
class RubricItem:
    """One line of a rubric.

    Attributes:
        id: what decisions call it; of its text, where the manifest gives it none.
        points: what it adds; below zero it takes.
    """

    id: str
    text: str
    points: float

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> RubricItem:
        """An item as the manifest has it."""
        text = str(data["text"])
        return cls(str(data.get("id") or item_id(text)), text, float(data["points"]))


def item_id(text: str) -> str:
    """The id of an item that was given none."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]


@dataclass(frozen=True)
class ManualPart:
    """What of a question people grade.

    Attributes:
        points: given by people; the rest of the question's points by checks.
        bonus: so much more than these can be earned.
        counts_from: ``zero``, or ``ceiling``: the rubric takes from all points.
        shows: of the answer's cell ``cell`` (all of it), ``code`` or ``outputs`` (figures).
        file: the JSON file in which the answer stands; empty if it stands in the anchor's cell.
        field: where in that file, keys joined by dots.
    """

    points: float
    bonus: float = 0.0
    rubric: tuple[RubricItem, ...] = ()
    counts_from: str = ZERO
    shows: str = "cell"
    file: str = ""
    field: str = ""

    @property
    def most(self) -> float:
        """The most that can be earned."""
        return float(_exact(self.points) + _exact(self.bonus))

    def score(self, items: Iterable[float], adjustment: float = 0.0) -> float:
        """The points of an answer that earned ``items`` and, beside the rubric, ``adjustment``."""
        start = _exact(self.points) if self.counts_from == CEILING else Fraction(0)
        total = start + sum((_exact(item) for item in items), _exact(adjustment))
        return float(min(max(total, Fraction(0)), _exact(self.points) + _exact(self.bonus)))


@dataclass(frozen=True)
class ManualResult:
    """The part of one question that people grade, of one submission.

    Attributes:
        score: None while nobody has graded it.
        items: of the rubric those that hold, in words, with their points.
        adjustment: points beside the rubric.
        by: who has decided.
        again: why it wants a second look; empty if it does not.
        blank: there is no answer.
    """

    question: str
    title: str
    max_score: float
    bonus: float = 0.0
    score: float | None = None
    items: tuple[tuple[str, float], ...] = ()
    adjustment: float = 0.0
    comment: str = ""
    by: str = ""
    again: str = ""
    blank: bool = False

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ManualResult:
        """The inverse of ``dataclasses.asdict``."""
        return cls(**{**data, "items": tuple((text, points) for text, points in data["items"])})


@dataclass(frozen=True)
class Override:
    """What a person gave in place of a check's own points.

    Attributes:
        automatic: what the check gave.
    """

    automatic: float
    reason: str
    by: str = ""
    again: str = field(default="")


def part_of(entry: Mapping[str, Any]) -> ManualPart | None:
    """What of a question of the manifest people grade; None if nothing."""
    if not entry.get("manual"):
        return None
    return ManualPart(
        points=float(entry.get("manual_points", entry["points"])),
        bonus=float(entry.get("bonus", 0.0)),
        rubric=tuple(RubricItem.from_dict(item) for item in entry.get("rubric", ())),
        counts_from=entry.get("rubric_from", ZERO),
        shows=entry.get("shows", "cell"),
        file=entry.get("file", ""),
        field=entry.get("field", ""),
    )


#: Keys of a question that say something of its manual part.
KEYS = ("manual_points", "bonus", "rubric", "rubric_from", "shows", "file", "field")


def problem_of(entry: Mapping[str, Any]) -> tuple[tuple[str | int, ...], str] | None:
    """What in a question's manual part contradicts itself: the key, and a sentence's end."""
    stray = next((key for key in KEYS if key in entry), None)
    if not entry.get("manual"):
        words = "this belongs to a question that people grade; add manual = true"
        return ((stray,), words) if stray else None
    if ("file" in entry) != ("field" in entry):
        return (), "an answer in a JSON file needs both 'file' and 'field'; add what is missing"
    if "file" not in entry and "notebook" not in entry:
        return (), (
            "people have to find the answer; add 'notebook' and 'anchor', or 'file' and 'field'"
        )
    if "file" in entry and "shows" in entry:
        return ("shows",), "this is about a cell, and the answer stands in a file; take it out"
    part = part_of(entry)
    assert part is not None
    if part.points > entry["points"]:
        return ("manual_points",), (
            f"found {part.points:g} of {entry['points']:g} points; write no more than 'points'"
        )
    known: set[str] = set()
    for number, item in enumerate(part.rubric):
        if item.id in known:
            return ("rubric", number), "a second item of this id or text; word it differently"
        known.add(item.id)
    return None


def _exact(number: float) -> Fraction:
    """The number as it is written: a tenth is a tenth."""
    return Fraction(str(number))
