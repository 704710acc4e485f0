"""Texts of moments come in, moments with a time zone go out, and words for both.

A moment without an offset is refused: nobody could say which one is meant. Differences are taken
between moments in UTC, so that a day is 24 hours, also where clocks change.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_FORM = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})", re.ASCII)
#: Far enough from the ends of the calendar that sums of moments and spans stay inside.
_YEARS = range(1970, 2200)


def parse_time(text: str) -> datetime:
    """A moment in the one form taken: ``2018-07-01T14:22:32.365935-07:00``, or ``Z`` for UTC.

    Raises:
        ValueError: the text has another form, no offset, or names no day or year of use.
    """
    if not _FORM.fullmatch(text):
        raise ValueError("a time is written as 2018-07-01T14:22:32-07:00, with its offset")
    moment = datetime.fromisoformat(text)
    if moment.year not in _YEARS:
        raise ValueError(f"the year has to be in {_YEARS.start} to {_YEARS.stop - 1}")
    return moment


def between(earlier: datetime, later: datetime) -> timedelta:
    """The time that passes, whatever clocks show meanwhile; negative if it is the other way."""
    return later.astimezone(UTC) - earlier.astimezone(UTC)


def moment_words(moment: datetime) -> str:
    """A moment for a reader, to the minute, in its own zone: ``2018-07-01 14:22 (UTC-07:00)``."""
    offset = moment.strftime("%z")
    return f"{moment:%Y-%m-%d %H:%M} (UTC{offset[:3]}:{offset[3:5]})"


def span_words(span: timedelta) -> str:
    """A span for a reader, its two largest units: ``1 day 3 hours``."""
    minutes = int(span.total_seconds() // 60)
    days, minutes = divmod(minutes, 24 * 60)
    hours, minutes = divmod(minutes, 60)
    units = [(days, "day"), (hours, "hour"), (minutes, "minute")]
    words = [f"{count} {unit}{'s' * (count != 1)}" for count, unit in units if count]
    return " ".join(words[:2]) or "less than a minute"
