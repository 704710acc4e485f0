"""A submission's content comes in; the key of all that its result follows from goes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from autograder.batch.contents import Content
from autograder.checks.cache import digest
from autograder.checks.verdicts import basis_parts, check_codes
from autograder.grading.jobs import floor_of
from autograder.model.manifest import Assignment
from autograder.model.report import Report

#: A key: by the name of each part of it, its digest; those of checks in a table of their own.
Key = Mapping[str, Any]
FILES, CHECKS, SEED = "files", "checks", "seed"
#: Of digests that no student can choose.
_SHORT = 16


def common_key(
    assignment: Assignment, templates: Mapping[str, bytes], seed: int, user: int
) -> dict[str, Any]:
    """The parts of a key that are the same for all submissions of a batch."""
    parts = basis_parts(assignment, floor_of(user))
    parts["templates"] = digest(dict(sorted(templates.items())))
    short = {name: value[:_SHORT] for name, value in parts.items()}
    checks = {name: code[:_SHORT] for name, code in check_codes(assignment).items()}
    return {**short, SEED: seed, CHECKS: checks}


def key_of(common: Key, content: Content) -> dict[str, Any]:
    """All that a submission's result follows from."""
    return {**common, FILES: content.digest}


def completed(report: Report, content: Content) -> Report:
    """The report with what was found when the submission was read."""
    notes = (content.problem, *report.notes) if content.problem else report.notes
    return replace(report, notes=notes, skipped=(*content.skipped, *report.skipped))
