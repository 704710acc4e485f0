"""Why a part of a test has no translation, and what to do about it."""

from __future__ import annotations


class Untranslatable(Exception):
    """A part of a test; `line` is counted from 1 in the test's source."""

    def __init__(self, line: int, why: str, remedy: str) -> None:
        super().__init__(why)
        self.line = line
        self.why = why
        self.remedy = remedy


DESCRIBER = (
    "write a public describer that says what is asked of it, and a check with student.describe"
)
REWRITE = "write a check of it by hand"
UNWRITABLE = "Python 3.11 cannot write one of its f-strings"
