"""A check's status comes in; the word and the mark that say it goes out, never colour alone."""

from __future__ import annotations

STATUSES = {
    "passed": ("Passed", "✓"),
    "partial": ("Partly passed", "◐"),
    "failed": ("Failed", "✗"),
    "skipped": ("Not run", "–"),
    "fault": ("Grader failed", "!"),
}
