"""A report comes in; Gradescope's results.json, valid and written at one stroke, goes out."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from autograder.gradescope.rich import ReportView, faults, is_voluntary
from autograder.model.errors import HarnessFault
from autograder.model.files import write_atomically
from autograder.model.manifest import SHARED
from autograder.model.manual import ManualResult
from autograder.model.missing_files import said_once
from autograder.model.report import HARNESS_FAULT, CheckResult, Leaderboard, Report, student_notes
from autograder.model.text import MAX_NAME, bounded, dumped, fitted, plain

SCHEMA = Path(__file__).parents[1] / "schemas" / "results.schema.json"


@dataclass(frozen=True)
class Additions:
    """What Gradescope's policies add to a report.

    Attributes:
        score: the total that counts; None for that of the report.
        lines: sentences for the student.
        staff: plain values for ``extra_data``.
    """

    score: float | None = None
    lines: tuple[str, ...] = ()
    staff: Mapping[str, Any] = field(default_factory=dict)


def write_results(report: Report, path: Path, additions: Additions = Additions()) -> None:
    """Write results.json for ``report``, whatever happens.

    The file is validated before it is moved into place. Should the report itself not fit the
    contract, a valid file that says so is written instead, and the fault is raised afterwards.

    Raises:
        HarnessFault: the report broke the contract.
        OSError: the file cannot be written.
    """
    write_data(results(report, additions), path)


def write_data(data: dict[str, Any], path: Path) -> None:
    """Write results that are in Gradescope's form already; as `write_results`."""
    problem = problem_of(data)
    if problem is not None:
        fault = f"the report broke the contract of results.json: {problem}"
        write_failure(path, fault)
        raise HarnessFault(fault)
    write_atomically(path, dumped(fitted(data)))


def is_written(data: dict[str, Any], path: Path) -> bool:
    """Whether a file holds these results already."""
    try:
        return path.read_text(encoding="utf-8") == dumped(fitted(data))
    except (OSError, ValueError, TypeError, RecursionError):
        return False


def write_failure(path: Path, fault: str, staff: Mapping[str, Any] | None = None) -> None:
    """Write a results.json that says kindly that the harness failed; staff read ``fault``."""
    write_atomically(path, dumped(fitted(failed_results(fault, staff or {}))))


def results(report: Report, additions: Additions = Additions()) -> dict[str, Any]:
    """The report in Gradescope's form, as plain values."""
    report, shown = said_once(report), ReportView()
    tests = [_test(check, shown) for check in report.checks]
    tests += [_manual(part) for part in report.manual]
    if report.faulty:
        tests.append(_staff_entry(faults(report.all_faults)))
    notes = student_notes(report, additions.lines)
    extra = {
        "assignment": report.assignment,
        "max_score": report.max_score,
        "seed": report.seed,
        "sandbox": list(report.layers),
        "unsafe": report.unsafe,
        "harness_version": report.version,
        "harness_fault": report.faulty,
        "flags": [bounded(flag, 1000) for flag in report.flags],
        **({"shared_points": report.shared_points} if report.shared_points else {}),
        **({"points_out": report.points_out} if report.manual else {}),
        "seconds": {check.id: check.seconds for check in report.checks},
        **additions.staff,
    }
    data: dict[str, Any] = {
        "score": report.score if additions.score is None else additions.score,
        "execution_time": report.seconds,
        "output": bounded("\n".join(notes)),
        # Plain text: Gradescope itself escapes it.
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "stdout_visibility": "hidden",
        "tests": tests,
        "extra_data": plain(extra),
    }
    # Everybody reads the leaderboard: of a check that only staff see, nothing stands there.
    seen = [check for check in report.checks if check.visibility != "hidden"]
    boards = [_leaderboard(entry) for check in seen for entry in check.leaderboard]
    return data | ({"leaderboard": boards} if boards else {})


def _test(check: CheckResult, shown: ReportView) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": bounded(check.title, MAX_NAME),
        "score": check.score,
        "max_score": check.max_score,
        "status": "passed" if check.status == "passed" else "failed",
        **shown.entry(check),
        "visibility": check.visibility,
        "extra_data": {"id": check.id, "passed": check.passed, "cases": check.cases},
    }
    if is_voluntary(check) and check.status != "passed":
        for name in ("score", "max_score", "status"):  # with any of them it would have a colour
            del entry[name]
    if check.medians:
        entry["extra_data"]["medians"] = plain([asdict(median) for median in check.medians])
    if check.shared:
        entry["extra_data"]["trust"] = SHARED
    if check.override is not None:
        entry["extra_data"]["override"] = {
            "automatic": check.override.automatic,
            "reason": bounded(check.override.reason, 1000),
            "by": bounded(check.override.by, MAX_NAME),
        }
    if check.number:
        entry["number"] = check.number
    if check.tags:
        entry["tags"] = list(check.tags)
    return entry


def _manual(part: ManualResult) -> dict[str, Any]:
    """What people grade. Before they have, it has neither points nor a mark of right or wrong."""
    entry: dict[str, Any] = {
        "name": bounded(f"{part.question} {part.title} (graded by people)", MAX_NAME),
        "visibility": "visible",
    }
    if part.score is None:
        out = f"The {part.max_score:g} points that people give are still out."
        return {**entry, "output": out if part.max_score else "People have not read it yet."}
    lines = [f"{points:+g}: {text}" for text, points in part.items]
    lines += [f"{part.adjustment:+g}: beside the rubric"] if part.adjustment else []
    return {
        **entry,
        "score": part.score,
        "max_score": part.max_score,
        "status": "passed" if part.score >= part.max_score else "failed",
        "output": bounded("\n".join([*lines, part.comment]).strip()),
    }


def _staff_entry(fault: str) -> dict[str, Any]:
    """Students never see this entry; it carries what is needed to mend the harness."""
    return {
        "name": "Internal error (staff only)",
        "status": "failed",
        "output": bounded(fault),
        "visibility": "hidden",
    }


def _leaderboard(entry: Leaderboard) -> dict[str, Any]:
    value = entry.value
    if isinstance(value, float | int) and not math.isfinite(value):
        value = str(value)  # JSON has no NaN
    return {"name": entry.name, "value": value, "order": entry.order}


def failed_results(fault: str, staff: Mapping[str, Any]) -> dict[str, Any]:
    """What results.json holds where the harness failed as a whole."""
    return {
        "score": 0.0,
        "output": HARNESS_FAULT,
        "output_format": "text",
        "stdout_visibility": "hidden",
        "tests": [_staff_entry(fault)],
        "extra_data": {**plain(dict(staff)), "harness_fault": True},
    }


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def problem_of(data: dict[str, Any]) -> str | None:
    """What in ``data`` breaks the contract, or None."""
    try:
        dumped(data).encode()
    except (TypeError, ValueError, RecursionError) as error:
        return str(error)
    broken = next(iter(_validator().iter_errors(data)), None)
    return None if broken is None else f"{broken.json_path}: {broken.message[:500]}"
