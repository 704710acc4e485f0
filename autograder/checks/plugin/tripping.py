"""An exception out of a check comes in; whether what came back is to blame for it goes out.

A check that writes ``float(got)`` trips where ``got`` is None. That is the student's odd value, and
no internal error: the check fails, the student reads what came back, and staff where it was.
The line is drawn so that a check with a bug of its own is not taken for that: something must have
come back before, and the exception must come out of the check's own code or of a library that it
called. A bug that the line lets through shows where the solution is graded: it does not pass.
So does a check that takes all of the memory by itself.
"""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

import autograder
from autograder.checks.figures import Figure, looked_for, without
from autograder.checks.plugin.locations import Locations, frames, said
from autograder.checks.plugin.model import Check
from autograder.checks.received import RETURNED, WORDS, Reply, shown
from autograder.model.errors import HarnessFault, UserError
from autograder.model.findings import Finding, quoted
from autograder.wire import UnsupportedValue

_HARNESS = Path(autograder.__file__).resolve().parent
#: Modules of the harness that only work on what a check gives them.
_COMPARING = (
    *("checks/expect", "checks/cache.py", "checks/received.py", "model/pictures.py"),
    *("checks/properties.py", "checks/timing.py", "checks/figures.py", "checks/source.py"),
    "checks/remote.py",  # it tells what a remote object is asked for in vain
    # Scores and entries of the leaderboard, which a check may make of what came back.
    *("checks/plugin/model.py", "checks/plugin/wrappers.py"),
)
#: What a value cannot be to blame for.
_OWN = (HarnessFault, UserError, ImportError, TimeoutError, pytest.FixtureLookupError)
#: Why a value that follows from what came back may not be sent on, where that may be to blame.
_GROWN = frozenset(("large", "deep"))
#: What the machine lacks, not the value.
_MACHINE = frozenset(
    (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.EIO, errno.ENOMEM, errno.EAGAIN)
)


def over(
    error: BaseException, check: Check, where: Locations, *, left_behind: bool = False
) -> Reply | None:
    """What came back last, if the check tripped over what came back; None for any other error.

    Args:
        left_behind: the error comes of what the check has left behind, and not out of its code.
    """
    last = last_reply(check)
    if last is None or not isinstance(error, Exception) or isinstance(error, _OWN):
        return None
    if isinstance(error, NameError) and not isinstance(error, UnboundLocalError):
        return None  # one that is unbound may come of a loop over nothing
    if isinstance(error, SyntaxError) and not str(error.filename).startswith("<"):
        return None  # a module's; only a text that was parsed has no file
    if isinstance(error, OSError) and error.errno in _MACHINE:
        return None
    if isinstance(error, UnsupportedValue) and error.reason in _GROWN:
        return last
    return last if left_behind or _in_check(error, where) else None


def finding(reply: Reply, error: BaseException) -> Finding:
    """What a student reads; a hidden check tells of a kind of value and no more."""
    name = quoted(reply.name)
    if isinstance(reply.value, Figure) and (kind := looked_for(reply.value)):
        lacks = without(kind)
        return Finding(f"{name} {reply.verb} {lacks.public}", lacks.hint)
    if not reply.came:
        text = f"{name} gave nothing that this check can work with."
        return Finding(text, "Call it in your notebook on a small input of the same kind.")
    hint = (
        "Does the function return its result?"
        if reply.verb == RETURNED and reply.value is None
        else "Compare its type, shape and contents with what the task asks for."
    )
    what = "which this check cannot work with"
    return Finding(
        f"{name} {reply.verb} {shown(reply.value)}, {what} ({said(error)}).",
        hint,
        f"{name} {reply.verb} {WORDS[reply.kind]}, {what}.",
    )


def endless(reply: Reply) -> Finding:
    """What a student reads where a check does not come to an end with what came back."""
    name = quoted(reply.name)
    hint = "Compare its size and its contents with what the task asks for."
    what = "with which this check comes to no end"
    if not reply.came:
        return Finding(f"{name} gave nothing that this check comes to an end with.", hint)
    return Finding(
        f"{name} {reply.verb} {shown(reply.value)}, {what}.",
        hint,
        f"{name} {reply.verb} {WORDS[reply.kind]}, {what}.",
    )


def last_reply(check: Check) -> Reply | None:
    """What came back last, of the student's code or else of a file."""
    sources = (check.student, check.files)
    replies = [source.received.last for source in sources if source is not None]
    return next((reply for reply in replies if reply is not None), None)


def _in_check(error: BaseException, where: Locations) -> bool:
    """Whether it comes out of the check's code, or of a library that it called, not the harness."""
    for file, _line in reversed(list(frames(error.__traceback__))):
        path = file.resolve()
        if where.holds(path):
            return True
        if path.is_relative_to(_HARNESS):
            inner = path.relative_to(_HARNESS).as_posix()
            if not inner.startswith(_COMPARING):
                return False
    return False
