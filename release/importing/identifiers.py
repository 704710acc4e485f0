"""Names of another tool come in; ids that are valid and unique here go out."""

from __future__ import annotations

import re

#: As long as a manifest takes for a question, and nbformat for a cell.
QUESTION, CELL = 32, 64


def key(identifier: str) -> str:
    """What two ids must not share: functions are named after them."""
    return re.sub(r"\W", "_", identifier).lower()


def unique(name: str, taken: set[str], length: int) -> str:
    """A valid id like `name` whose key no other has; the key is added to `taken`."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-_") or "question"
    made = plain[:length]
    number = 1
    while key(made) in taken:
        number += 1
        end = f"-{number}"
        made = plain[: length - len(end)] + end
    taken.add(key(made))
    return made
