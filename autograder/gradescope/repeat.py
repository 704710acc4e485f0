"""The results of an earlier submission come in; the same, made safe, with a first line go out.

What Gradescope hands back was once results.json. It is read as if anyone had written it: unknown
keys are dropped, texts bounded, and what then breaks the contract cannot be handed over again.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from autograder.gradescope.metadata import Metadata
from autograder.gradescope.output import problem_of
from autograder.gradescope.policies import NOT_GRADED
from autograder.model.text import MAX_TEXT, bounded, plain, without_html
from autograder.model.times import parse_time

_TOP = frozenset(
    "score execution_time output output_format test_output_format test_name_format visibility "
    "stdout_visibility extra_data tests leaderboard".split()
)
_TEST = frozenset(
    "score max_score status name name_format number output output_format tags visibility "
    "extra_data".split()
)
_BOARD = frozenset(("name", "value", "order"))
MAX_EXCUSED = 100


def latest_results(metadata: Metadata) -> Mapping[str, Any] | None:
    """The results of the latest earlier submission that has some."""
    found = [entry.results for entry in metadata.previous if entry.results is not None]
    return found[-1] if found else None


def excused_of(metadata: Metadata) -> tuple[datetime, ...]:
    """When submissions were submitted that the harness failed, as the latest results list them."""
    return _moments(metadata, "excused")


def own_faults_of(metadata: Metadata) -> tuple[datetime, ...]:
    """When those were whose own content made the harness fail, as the latest results list them."""
    return _moments(metadata, "own_faults")


def _moments(metadata: Metadata, key: str) -> tuple[datetime, ...]:
    extra = (latest_results(metadata) or {}).get("extra_data")
    texts = extra.get(key) if isinstance(extra, dict) else None
    moments = []
    for text in texts[-MAX_EXCUSED:] if isinstance(texts, list) else ():
        try:
            moments.append(parse_time(str(text)))
        except ValueError:
            continue
    return tuple(moments)


def repeated(
    last: Mapping[str, Any],
    line: str,
    points: float,
    staff: Mapping[str, Any],
    *,
    leaderboard: bool,
) -> dict[str, Any] | None:
    """Earlier results in full under a line for the student; None if they are of no use.

    Args:
        points: what the assignment is worth; the total is kept within.
        staff: what to set in ``extra_data``.
        leaderboard: whether its entries are handed over too.
    """
    extra = last.get("extra_data")
    extra = extra if isinstance(extra, dict) else {}
    data = {key: value for key, value in plain(_uncut(last)).items() if key in _TOP}
    for key, known in (("tests", _TEST), ("leaderboard", _BOARD)):
        if isinstance(data.get(key), list):
            data[key] = [_only(item, known) for item in data[key]]
    if not leaderboard:
        data.pop("leaderboard", None)
    data["tests"] = data.get("tests", [])
    data["extra_data"] = {**plain(extra), **plain(dict(staff))}
    data["stdout_visibility"] = "hidden"
    format_ = data.setdefault("output_format", "text")
    if not isinstance(data.get("output", ""), str) or problem_of({"score": 0, **data}) is not None:
        return None
    score = _score(data)
    if score is None:
        return None
    shown = html.escape(line) if format_ in ("html", "simple_format") else line
    rest = _without_line(data.get("output", ""))
    data["output"] = bounded(f"{shown}\n\n{rest}".rstrip())
    data["score"] = min(max(score, 0.0), points)
    return data if problem_of(data) is None else None


def _uncut(last: Mapping[str, Any]) -> dict[str, Any]:
    """The same results, with text in place of HTML that is too long to be handed on."""
    tests = last.get("tests")
    if not isinstance(tests, list):
        return dict(last)
    return {**last, "tests": [without_html(t) if _is_long(t) else t for t in tests]}


def _is_long(test: object) -> bool:
    output = test.get("output") if isinstance(test, dict) else None
    return isinstance(output, str) and len(output.encode(errors="replace")) > MAX_TEXT


def _only(item: object, known: Iterable[str]) -> object:
    return {key: item[key] for key in known if key in item} if isinstance(item, dict) else item


def _score(data: Mapping[str, Any]) -> float | None:
    """The total that Gradescope took: the top-level score, else the sum of the entries."""
    if "score" in data:
        scores = [data["score"]]
    else:
        scores = [test["score"] for test in data["tests"] if "score" in test]
    if not scores or any(isinstance(score, bool) for score in scores):
        return None
    total = math.fsum(scores)
    return round(total, 6) if math.isfinite(total) else None


def _without_line(output: str) -> str:
    """The output without the line of an earlier repetition."""
    if not output.startswith(NOT_GRADED):
        return output
    return output.partition("\n\n")[2]
