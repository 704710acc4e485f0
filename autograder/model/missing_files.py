"""A report comes in; the same goes out, with a file that several checks lacked told of once.

One notebook that is not there, or cannot be read, is the cause of dozens of failures.
"""

from __future__ import annotations

import re
from dataclasses import replace

from autograder.model.report import CheckResult, Report

ON_A_PAGE = "the top of this page says why"
BELOW_A_TABLE = "it is said below the table why"

#: Of a notebook or module that is not there or cannot be read: the file, the sentence, the hint.
_NO_FILE = re.compile(
    r"^(?:[^\n]*?: )?Came back: (?P<why>(?P<file>[^\n`'\"]{1,200}?\.(?:ipynb|py))"
    r"(?: is not in the submission|: this )[^\n]*)(?:\nHint: (?P<hint>[^\n]*))?$",
    re.M,
)


def said_once(report: Report, where: str = ON_A_PAGE) -> Report:
    """The report with such a sentence among its notes, in place of in two or more checks.

    Args:
        where: what each of these checks says instead, behind "X could not be graded".
    """
    found = {check.id: match for check in report.checks if (match := _missing(check))}
    said = [match["why"] for match in found.values()]
    repeated = {key: match for key, match in found.items() if said.count(match["why"]) > 1}
    told = {match["why"]: match["hint"] or "" for match in repeated.values()}
    checks = [
        replace(check, message=f"{repeated[check.id]['file']} could not be graded: {where}.")
        if check.id in repeated
        else check
        for check in report.checks
    ]
    notes = (f"{why} {hint}".strip() for why, hint in told.items())
    return replace(report, checks=tuple(checks), notes=(*notes, *report.notes))


def _missing(check: CheckResult) -> re.Match[str] | None:
    if check.override is not None or check.status not in ("failed", "skipped"):
        return None
    return _NO_FILE.search(check.message)
