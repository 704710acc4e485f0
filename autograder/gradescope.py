"""A report comes in; Gradescope's results.json, valid and written at one stroke, goes out."""

from __future__ import annotations

import json
import math
import os
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from autograder.errors import HarnessFault
from autograder.feedback import clean
from autograder.results import HARNESS_FAULT, CheckResult, Leaderboard, Report

SCHEMA = Path(__file__).with_name("schemas") / "results.schema.json"

#: Gradescope names no limit; these are far below any that users have reported. In characters.
MAX_OUTPUT = 10_000
MAX_STAFF_TEXT = 20_000

UNSAFE = "Graded without the full sandbox; staff should not publish this score."


def write_results(report: Report, path: Path) -> None:
    """Write results.json for ``report``, whatever happens.

    The file is validated before it is moved into place. Should the report itself not fit the
    contract, a valid file that says so is written instead, and the fault is raised afterwards.

    Raises:
        HarnessFault: the report broke the contract.
        OSError: the file cannot be written.
    """
    data = results(report)
    problem = _problem(data)
    if problem is not None:
        fault = f"the report broke the contract of results.json: {problem}"
        write_failure(path, fault)
        raise HarnessFault(fault)
    write_atomically(path, json.dumps(data, allow_nan=False, indent=1))


def write_failure(path: Path, fault: str) -> None:
    """Write a results.json that says kindly that the harness failed; staff read ``fault``."""
    write_atomically(path, json.dumps(_failed_results(fault), allow_nan=False, indent=1))


def results(report: Report) -> dict[str, Any]:
    """The report in Gradescope's form, as plain values."""
    tests = [_test(check) for check in report.checks]
    if report.faulty:
        tests.append(_staff_entry("\n\n".join(report.all_faults)))
    notes = [*report.notes, *([UNSAFE] if report.unsafe else [])]
    notes += [f"{name} was left out: {reason}." for name, reason in report.skipped[:10]]
    data: dict[str, Any] = {
        "score": report.score,
        "execution_time": report.seconds,
        "output": clean("\n".join(notes), MAX_OUTPUT),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "stdout_visibility": "hidden",
        "tests": tests,
        "extra_data": {
            "assignment": report.assignment,
            "max_score": report.max_score,
            "seed": report.seed,
            "sandbox": list(report.primitives),
            "unsafe": report.unsafe,
            "harness_version": report.version,
            "harness_fault": report.faulty,
            "flags": [clean(flag, 1000) for flag in report.flags],
            "seconds": {check.id: check.seconds for check in report.checks},
        },
    }
    boards = [_leaderboard(c.leaderboard) for c in report.checks if c.leaderboard is not None]
    return data | ({"leaderboard": boards} if boards else {})


def _test(check: CheckResult) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": clean(check.title, 200),
        "score": check.score,
        "max_score": check.max_score,
        "status": "passed" if check.status == "passed" else "failed",
        "output": clean(check.message, MAX_OUTPUT),
        "visibility": check.visibility,
        "extra_data": {"id": check.id, "passed": check.passed, "cases": check.cases},
    }
    if check.number:
        entry["number"] = check.number
    if check.tags:
        entry["tags"] = list(check.tags)
    return entry


def _staff_entry(fault: str) -> dict[str, Any]:
    """Students never see this entry; it carries what is needed to mend the harness."""
    return {
        "name": "Harness fault (staff only)",
        "status": "failed",
        "output": clean(fault, MAX_STAFF_TEXT),
        "visibility": "hidden",
    }


def _leaderboard(entry: Leaderboard) -> dict[str, Any]:
    value = entry.value
    if isinstance(value, float | int) and not math.isfinite(value):
        value = str(value)  # JSON has no NaN
    return {"name": entry.name, "value": value, "order": entry.order}


def _failed_results(fault: str) -> dict[str, Any]:
    return {
        "score": 0.0,
        "output": HARNESS_FAULT,
        "output_format": "text",
        "stdout_visibility": "hidden",
        "tests": [_staff_entry(fault)],
        "extra_data": {"harness_fault": True},
    }


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def _problem(data: dict[str, Any]) -> str | None:
    """What in ``data`` breaks the contract, or None."""
    try:
        json.dumps(data, allow_nan=False)
    except (TypeError, ValueError) as error:
        return str(error)
    broken = next(iter(_validator().iter_errors(data)), None)
    return None if broken is None else f"{broken.json_path}: {broken.message[:500]}"


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old one or the new one, and nothing between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
