"""A check's status comes in; the word and the mark that say it goes out, never colour alone."""

from __future__ import annotations

from autograder.model.report import Status

STATUSES: dict[Status, tuple[str, str]] = {
    "passed": ("Passed", "✓"),
    "partial": ("Partly passed", "◐"),
    "failed": ("Failed", "✗"),
    "skipped": ("Not run", "–"),
    "fault": ("Grader failed", "!"),
}
