"""Values for results.json come in; the same, fit for any reader and small enough, go out.

Gradescope names no limits of size. These are far below any that users have reported.
"""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Mapping
from typing import Any

from autograder.model.findings import clean

#: Bytes in UTF-8, of one text and of the whole file.
MAX_TEXT = 10_000
MAX_FILE = 1_000_000
#: A share of the file that nothing of a run's own making fills.
MAX_EXTRA = 200_000
MAX_DEPTH = 12
MAX_NAME = 200

#: Code in a sentence.
CODE = re.compile(r"`([^`\n]+)`")
_BREAK = re.compile(r"\s*(?:<br>|</p>|</pre>)\s*")
_TAG = re.compile(r"<[^<>]*>")

CUT = "\n[… {} characters were left out here, the text was too long …]\n"
SHORTENED = "Some messages below were shortened to fit the page; your points are not affected."


def bounded(text: str, limit: int = MAX_TEXT) -> str:
    """A text made fit to show, of at most ``limit`` bytes; what is left out is in the middle.

    The beginning says what happened, the end of a traceback why.
    """
    size = len(text)
    if size > 4 * limit:  # not to clean megabytes that nobody will read
        text = text[: 2 * limit] + text[-2 * limit :]
    shown = clean(text, len(text))
    if size <= 4 * limit and len(shown.encode()) <= limit:
        return shown
    room = max(limit - len(CUT.format(size).encode()), 0)
    head = shown.encode()[: room * 2 // 3].decode(errors="ignore")
    tail_size = room - room * 2 // 3
    tail = shown.encode()[-tail_size:].decode(errors="ignore") if tail_size else ""
    return head + CUT.format(size - len(head) - len(tail)) + tail


def plain(value: object, depth: int = MAX_DEPTH) -> Any:
    """A value of JSON that every reader takes: no NaN, no lone surrogates, no endless depth."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if abs(value) < 1 << 53 else str(float(value)) if abs(value) < 10**300 else "?"
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, str):
        return bounded(value)
    if depth == 0:
        return "…"
    if isinstance(value, dict):
        return {bounded(str(key), MAX_NAME): plain(v, depth - 1) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, depth - 1) for item in value]
    return bounded(repr(value))


def fitted(data: dict[str, Any]) -> dict[str, Any]:
    """Results that fit the file: shorter messages first, fewer entries last."""
    extra = data.get("extra_data", {})
    if size_of(extra) > MAX_EXTRA:
        kept = {key: value for key, value in extra.items() if size_of(value) < MAX_EXTRA // 20}
        kept = kept if size_of(kept) <= MAX_EXTRA else {}
        data = {**data, "extra_data": {**kept, "left_out": "what was too large for the file"}}
    for limit in (MAX_TEXT // 2, 2000, 500, 100):
        if size_of(data) <= MAX_FILE:
            return data
        output = data.get("output", "")
        note = "" if SHORTENED in output else f"{SHORTENED}\n"
        tests = [_shorter(test, limit) for test in data.get("tests", ())]
        data = {**data, "output": bounded(note + output), "tests": tests}
    if size_of(data) <= MAX_FILE:
        return data
    tests = data.get("tests", [])
    name = f"{len(tests)} checks, too many to be shown one by one"
    # The total stands for all; without one, it would be taken from the entries.
    total = round(math.fsum(test.get("score", 0) for test in tests), 6)
    entry = {"name": name, "status": "failed", "visibility": _strictest(data)}
    return {"score": total, **data, "tests": [entry], "leaderboard": []}


def _shorter(test: dict[str, Any], limit: int) -> dict[str, Any]:
    shorter = {key: value for key, value in without_html(test).items() if key != "extra_data"}
    return {**shorter, "output": bounded(shorter.get("output", ""), limit)}


def without_html(test: Mapping[str, Any]) -> dict[str, Any]:
    """An entry whose HTML is made text again: cut anywhere, that stays readable."""
    if test.get("output_format") != "html" or not isinstance(test.get("output"), str):
        return dict(test)
    words = _BREAK.sub("\n", test["output"])
    text = html.unescape(_TAG.sub("", words)).strip()
    return {**{k: v for k, v in test.items() if k != "output_format"}, "output": text}


def _strictest(data: dict[str, Any]) -> str:
    """A hidden entry keeps Gradescope from showing the total; so does what stands for it."""
    kinds = {test.get("visibility", data.get("visibility", "visible")) for test in data["tests"]}
    return "visible" if kinds <= {"visible"} else "hidden"


def size_of(data: object) -> int:
    """Bytes of a value as it is written."""
    return len(dumped(data).encode())


def dumped(data: object) -> str:
    """The text of results.json.

    Raises:
        ValueError, TypeError: JSON has no form for a value.
    """
    return json.dumps(data, allow_nan=False, ensure_ascii=False, indent=1)
