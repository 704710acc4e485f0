"""What people decide, as values; lines of the journal come in and go out.

Each event says who and when. Nothing is ever taken back but by a further event.
"""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import ClassVar

MAX_COMMENT = 10_000
MAX_NAME = 100


class EventError(ValueError):
    """A line or a request that is no event; the text says why."""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True, kw_only=True)
class Event:
    """What all events have.

    Attributes:
        by: who has decided, in their own words.
        at: when, in ISO 8601, in UTC.
    """

    kind: ClassVar[str] = ""

    by: str
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    at: str = field(default_factory=_now)

    def to_line(self) -> str:
        """One line of JSON, without its end."""
        data = {"kind": self.kind, **asdict(self)}
        return json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))


@dataclass(frozen=True, kw_only=True)
class Decision(Event):
    """What the answers of a group have earned.

    Attributes:
        answers: by submission the digest of the answer that was read.
        items: ids of the rubric's items that hold.
        adjustment: points beside the rubric.
    """

    kind: ClassVar[str] = "decision"

    question: str
    answers: Mapping[str, str]
    items: tuple[str, ...] = ()
    adjustment: float = 0.0
    comment: str = ""


@dataclass(frozen=True, kw_only=True)
class RubricChange(Event):
    """An item of a rubric that is new, other than before, or taken out."""

    kind: ClassVar[str] = "rubric"

    question: str
    item: str
    text: str = ""
    points: float = 0.0
    removed: bool = False


@dataclass(frozen=True, kw_only=True)
class Overriding(Event):
    """Points in place of a check's own, for one submission; None gives the check's own back.

    Attributes:
        digest: of the submission's files that it was made for.
    """

    kind: ClassVar[str] = "override"

    submission: str
    check: str
    points: float | None
    reason: str = ""
    digest: str = ""


@dataclass(frozen=True, kw_only=True)
class Undo(Event):
    """An event that does not count any more."""

    kind: ClassVar[str] = "undo"

    of: str


KINDS: dict[str, type[Event]] = {
    kind.kind: kind for kind in (Decision, RubricChange, Overriding, Undo)
}


def event_of(line: str | bytes) -> Event:
    """The event of one line.

    Raises:
        EventError: it is none.
    """
    try:
        data = json.loads(line)
        made = KINDS[data.pop("kind")]
        if "items" in data:
            data["items"] = tuple(data["items"])
        return checked(made(**data))
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise EventError(f"no decision can be read there ({type(error).__name__})") from None


def checked(event: Event) -> Event:
    """The event, if every part of it is of its kind.

    Raises:
        EventError: one is not.
    """
    texts = [event.by, event.id, event.at]
    numbers: list[float] = []
    if isinstance(event, Decision):
        texts += [event.question, event.comment, *event.items, *event.answers.values()]
        texts += [*event.answers]
        numbers.append(event.adjustment)
    elif isinstance(event, RubricChange):
        texts += [event.question, event.item, event.text]
        numbers.append(event.points)
    elif isinstance(event, Overriding):
        texts += [event.submission, event.check, event.reason, event.digest]
        numbers += [] if event.points is None else [event.points]
    elif isinstance(event, Undo):
        texts.append(event.of)
    if not all(isinstance(text, str) and len(text) <= MAX_COMMENT for text in texts):
        raise EventError("a text is missing or too long")
    for number in numbers:
        is_number = isinstance(number, int | float) and not isinstance(number, bool)
        if not is_number or not math.isfinite(number) or abs(number) > 1e6:
            raise EventError("a number is none, or too large")
    return event
