"""Submitted CSV and JSON files come in; wrong ones go out.

A part of a file is what a question may ask for: a whole table, or one value of a JSON file. What
loses points where that part is missing tells which questions judge it.
"""

from __future__ import annotations

import copy
import csv
import hashlib
import io
import itertools
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from release.mutants.making import Mutant

Rows = list[list[str]]
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Part:
    """A table, or one value of a JSON file.

    Attributes:
        path: to the value, by keys and places; empty for a table.
    """

    file: str
    path: Path = ()

    @property
    def name(self) -> str:
        """What staff call it."""
        return ".".join(map(str, self.path)) or self.file


def parts(files: Mapping[str, bytes]) -> Iterator[Part]:
    """The parts of the files that are tables or JSON; of lists, each item."""
    for name, data in sorted(files.items()):
        if name.endswith(".csv") and _table(data):
            yield Part(name)
        elif name.endswith(".json"):
            try:
                tree = json.loads(data)
            except ValueError:
                continue
            yield from (Part(name, path) for path in _leaves(tree))


def missing(part: Part, files: Mapping[str, bytes]) -> Mutant:
    """The solution without a part."""
    if not part.path:
        return _mutant(part, "missing", "no file", None, files)
    return _changed(part, files, "missing", "no value", _deleted)


def file_mutants(part: Part, files: Mapping[str, bytes]) -> Iterator[Mutant]:
    """The mutants of one part."""
    made = _table_mutants(part, files) if not part.path else _value_mutants(part, files)
    seen = {files[part.file]}
    for mutant in made:
        data = mutant.files[part.file]
        if data is not None and data not in seen:
            seen.add(data)
            yield mutant


def _mutant(
    part: Part, operator: str, what: str, data: bytes | None, files: Mapping[str, bytes]
) -> Mutant:
    before = files[part.file].decode("utf-8", "replace")
    after = "" if data is None else data.decode("utf-8", "replace")
    key = f"{part.file}\0{part.name}\0{operator}\0{what}"
    return Mutant(
        hashlib.sha256(key.encode()).hexdigest()[:10],
        (),
        operator,
        f"{part.name}: {what}",
        part.file,
        part.file,
        _first_difference(before, after),
        before,
        after,
        {part.file: data},
        computes=False,
    )


def _first_difference(before: str, after: str) -> int:
    """The first line, from 1, that is another one."""
    pairs = zip(before.split("\n"), after.split("\n"), strict=False)
    return next((n for n, (one, other) in enumerate(pairs, start=1) if one != other), 1)


# --- tables --------------------------------------------------------------------------------------


def _table(data: bytes) -> Rows | None:
    """The rows, header first; None if it is no table of several rows."""
    try:
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error):
        return None
    rows = [row for row in rows if row]
    even = len(rows) > 2 and len({len(row) for row in rows}) == 1
    return rows if even else None


def _text(rows: Rows, delimiter: str = ",") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return out.getvalue().encode("utf-8")


def _table_mutants(part: Part, files: Mapping[str, bytes]) -> Iterator[Mutant]:
    rows = _table(files[part.file])
    assert rows is not None
    head, *body = rows

    def made(operator: str, what: str, changed: Rows) -> Mutant:
        return _mutant(part, operator, what, _text([head, *changed]), files)

    last, middle = len(body) - 1, len(body) // 2
    for what, at in (("first", 0), ("middle", middle), ("last", last)):
        yield made("missing row", f"without the {what} row", body[:at] + body[at + 1 :])
    yield made("missing row", "no rows", [])
    yield made("swapped rows", "the first two rows swapped", [body[1], body[0], *body[2:]])
    yield made("swapped rows", "rows reversed", body[::-1])
    yield made("swapped rows", "the last row twice", [*body, body[-1]])
    for column, name in enumerate(head):
        yield from _column_mutants(part, files, rows, column)
        renamed = [*head[:column], f"{name}_", *head[column + 1 :]]
        data = _text([renamed, *body])
        yield _mutant(part, "renamed column", f"{name} called {name}_", data, files)
    for one, other in itertools.pairwise(range(len(head))):
        order = [*range(one), other, one, *range(other + 1, len(head))]
        swapped = [[row[n] for n in order] for row in body]
        yield made("swapped columns", f"{head[one]} and {head[other]} swapped", swapped)
    for name, data in sorted(files.items()):
        other_rows = _table(data) if name.endswith(".csv") and name != part.file else None
        if other_rows and other_rows[0] == head:
            yield _mutant(part, "copied", f"a copy of {PurePosixPath(name).name}", data, files)


def _column_mutants(
    part: Part, files: Mapping[str, bytes], rows: Rows, column: int
) -> Iterator[Mutant]:
    head, *body = rows
    try:
        numbers = [float(row[column]) for row in body]
    except ValueError:
        return
    for operator, what, values in _other_columns(numbers):
        texts = [v if isinstance(v, str) else f"{v:.15g}" for v in values]
        changed = [
            [*row[:column], text, *row[column + 1 :]] for row, text in zip(body, texts, strict=True)
        ]
        if list(map(_number, texts)) != numbers:
            data = _text([head, *changed])
            yield _mutant(part, operator, f"{head[column]} {what}", data, files)


def _number(text: str) -> float:
    return float(text) if text else math.nan


def _other_columns(v: Sequence[float]) -> Iterator[tuple[str, str, Sequence[float | str]]]:
    middle = len(v) // 2
    for factor, what in ((1000, "× 1000"), (0.001, "/ 1000"), (2**20, "in bytes"), (0.01, "/ 100")):
        yield "units", what, [n * factor for n in v]
    yield "rounding", "rounded", [float(round(n)) for n in v]
    yield "rounding", "to one digit", [float(f"{n:.0e}") for n in v]
    yield "sign", "negated", [-n for n in v]
    yield "constant column", "constant", [v[0]] * len(v)
    yield "constant column", "zero", [0.0] * len(v)
    yield "not monotone", "reversed", v[::-1]
    yield (
        "not monotone",
        "two swapped",
        [*v[: middle - 1], v[middle], v[middle - 1], *v[middle + 1 :]],
    )
    yield "not a number", "with a nan", [*v[:middle], "nan", *v[middle + 1 :]]
    yield "not a number", "with a gap", [*v[:middle], "", *v[middle + 1 :]]


# --- values of JSON ------------------------------------------------------------------------------


def _leaves(tree: Any, path: Path = ()) -> Iterator[Path]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from _leaves(value, (*path, key))
    elif isinstance(tree, list):
        for number, value in enumerate(tree):
            yield from _leaves(value, (*path, number))
    elif path:
        yield path


def _at(tree: Any, path: Path) -> Any:
    for key in path:
        tree = tree[key]
    return tree


def _changed(
    part: Part,
    files: Mapping[str, bytes],
    operator: str,
    what: str,
    change: Callable[[Any, str | int], None],
) -> Mutant:
    """A mutant by a function that changes what holds the value, in place."""
    tree = json.loads(files[part.file])
    change(_at(tree, part.path[:-1]), part.path[-1])
    data = json.dumps(tree, indent=2, ensure_ascii=False).encode("utf-8")
    return _mutant(part, operator, what, data, files)


def _deleted(holder: Any, key: str | int) -> None:
    del holder[key]


def _value_mutants(part: Part, files: Mapping[str, bytes]) -> Iterator[Mutant]:
    tree = json.loads(files[part.file])
    value, holder = _at(tree, part.path), _at(tree, part.path[:-1])
    siblings = list(holder.values()) if isinstance(holder, dict) else list(holder)
    others = [v for v in siblings if type(v) is type(value) and v != value]
    made = [*_other_values(value), *(("copied", f"as {other!r}", other) for other in others[:1])]
    for operator, what, new in made:

        def put(holder: Any, key: str | int, new: Any = new) -> None:
            holder[key] = copy.deepcopy(new)

        if new != value or isinstance(new, bool) is not isinstance(value, bool):
            yield _changed(part, files, operator, what, put)


def _other_values(value: Any) -> Iterator[tuple[str, str, Any]]:
    yield "nothing", "null", None
    if isinstance(value, bool):
        yield "boolean", str(not value).lower(), not value
    elif isinstance(value, int | float):
        for factor, what in ((1000, "× 1000"), (0.001, "/ 1000"), (2**20, "in bytes")):
            yield "units", what, value * factor
        if isinstance(value, int):
            yield "constant", "one more", value + 1
            yield "constant", "one less", value - 1
        yield "constant", "a tenth more", value * 1.1
        yield "sign", "negated", -value
        yield "rounding", "to one digit", float(f"{value:.0e}")
    elif isinstance(value, str) and value:
        yield "constant", "empty", ""
        for old, new in (("+", "-"), ("-", "+"), ("*", "+"), ("/", "*"), ("1", "2"), ("2", "1")):
            if old in value:
                yield "formula", f"{old} → {new}", value.replace(old, new, 1)
                yield "formula", f"the last {old} → {new}", new.join(value.rsplit(old, 1))
