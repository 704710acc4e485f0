"""An exception out of the student's code comes in; one that a test can catch as that goes out."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from contextlib import contextmanager

from autograder.model.findings import CheckFailed


@contextmanager
def raising() -> Iterator[None]:
    """An exception of Python's own out of the student's code can be caught as what it is."""
    try:
        yield
    except CheckFailed as failed:
        made = _as_raised(failed)
        if made is failed:
            raise
        raise made from failed


def _as_raised(failed: CheckFailed) -> CheckFailed:
    name, message = failed.raised or ("", "")
    kind = getattr(builtins, name, None)
    if not isinstance(kind, type) or not issubclass(kind, Exception) or isinstance(failed, kind):
        return failed
    both = type(name, (CheckFailed, kind), {"__str__": lambda _self: message})
    try:
        made: CheckFailed = both(failed.finding, failed.raised)
    except TypeError:  # one that is made of more than a message
        return failed
    made.args = (message,)
    return made
