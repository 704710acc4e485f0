"""The hidden checks come in; the names and expected values that give them away go out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from release.leaks.trees import parsed

#: A number of fewer significant digits turns up by itself.
DIGITS = 5
#: So many constants in a row, of which three differ, are no coincidence ...
CONSTANTS = 4
#: ... and so many are none even where the template shows them.
TELLING_CONSTANTS = 8
#: A text of fewer signs (spaces not counted) that an answer is compared with is just a word.
COMPARED = 8

_NUMBER = re.compile(r"(?<![\w.])\d[\d_]*(?:,\d{3})*(?:\.\d[\d_]*)?(?:[eE][-+]?\d+)?")
_TOKEN = re.compile(r"\w[\w.]*")


@dataclass(frozen=True)
class Value:
    """A name or value of a hidden check, in the form in which it is searched; and its place.

    ``body`` is the syntax tree of the check that has the name.
    """

    form: str
    shown: str
    origin: str
    body: str = ""


@dataclass(frozen=True)
class Checks:
    """What a folder of checks must not give away."""

    names: tuple[Value, ...]
    modules: tuple[Value, ...]
    numbers: tuple[Value, ...]
    rows: tuple[Value, ...]
    texts: tuple[Value, ...]


def read_checks(folder: Path, label: str) -> Checks:
    """Names, modules and values of all Python files in a folder; ``label`` is what places call it.

    A file that is no Python counts with its name only.
    """
    values: dict[str, list[Value]] = {kind: [] for kind in Checks.__dataclass_fields__}
    for path in sorted(folder.rglob("*.py")) if folder.is_dir() else ():
        location = f"{label}/{path.relative_to(folder).as_posix()}"
        if path.stem not in ("__init__", "conftest"):
            values["modules"].append(Value(path.stem, path.name, location))
        tree = parsed(path.read_text(encoding="utf-8", errors="replace"))
        for node in ast.walk(tree) if tree else ():
            for kind, form, shown in _given_away(node):
                place_of_node = f"{location}, line {getattr(node, 'lineno', 1)}"
                body = ast.dump(node) if kind == "names" else ""
                values[kind].append(Value(form, shown, place_of_node, body))
    return Checks(**{kind: tuple(found) for kind, found in values.items()})


def _given_away(node: ast.AST) -> Iterator[tuple[str, str, str]]:
    """The kind, searched form and shown form of what a node gives away."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
        yield "names", node.name, node.name
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        digits = significant(repr(node.value))
        if len(digits) >= DIGITS:
            yield "numbers", digits, repr(node.value)
    elif isinstance(node, ast.List | ast.Tuple | ast.Set | ast.Dict):
        leaves = _leaves(node)
        row = tokens(" ".join(map(_written, leaves))) if leaves else ()
        if len(leaves or ()) >= CONSTANTS and len(set(row)) >= 3 and not _counts_up(leaves or []):
            yield "rows", in_row(row), ", ".join(map(str, leaves or ()))
        yield from (("texts", *text) for text in map(_compared, leaves or ()) if text)
    elif isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        constants = [side.value for side in sides if isinstance(side, ast.Constant)]
        yield from (("texts", *text) for text in map(_compared, constants) if text)


def _leaves(node: ast.expr) -> list[object] | None:
    """All constants of a nested literal in order; None if it holds anything else."""
    if isinstance(node, ast.Constant):
        return [node.value]
    if isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant):
        return [node.operand.value]
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        inner = [_leaves(element) for element in node.elts]
    elif isinstance(node, ast.Dict) and None not in node.keys:
        pairs = zip(node.keys, node.values, strict=True)
        inner = [_leaves(part) for pair in pairs for part in pair if part is not None]
    else:
        return None
    if any(part is None for part in inner):
        return None
    return [leaf for part in inner if part is not None for leaf in part]


def _counts_up(leaves: list[object]) -> bool:
    """1, 2, 3, 4 and 10, 20, 30, 40 are anybody's."""
    numbers = [leaf for leaf in leaves if isinstance(leaf, int | float)]
    steps = {later - earlier for earlier, later in pairwise(numbers)}
    return len(numbers) == len(leaves) and len(steps) == 1


def _compared(value: object) -> tuple[str, str] | None:
    """A text that is more than words: a formula, say."""
    if not isinstance(value, str) or re.fullmatch(r"[\w\s./-]*", value):
        return None
    form = "".join(value.split())
    return (form, value) if len(form) >= COMPARED else None


def _written(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def significant(number: str) -> str:
    """The significant digits of a number as it is written: `58_164_298` and `58.164298`."""
    mantissa = re.split(r"[eE]", number)[0]
    return re.sub(r"\D", "", mantissa).strip("0")


def roundings(digits: str) -> frozenset[str]:
    """A number's significant digits, and those of its roundings that still tell it."""
    digits = digits[:30]
    rounded = {significant(f"{int(digits):.{n - 1}e}") for n in range(DIGITS, len(digits))}
    return frozenset({digits, *(form for form in rounded if len(form) >= DIGITS)})


def numbers_in(line: str) -> Iterator[str]:
    """The significant digits of each long number in a line."""
    for match in _NUMBER.finditer(line):
        digits = significant(match[0])
        if len(digits) >= DIGITS:
            yield digits


def tokens(text: str) -> tuple[str, ...]:
    """The words and numbers of a text; 1.0 counts as 1."""
    return tuple(token.removesuffix(".0").rstrip(".") for token in _TOKEN.findall(text))


def in_row(row: tuple[str, ...]) -> str:
    """Words and numbers one after the other, so that brackets and commas do not matter."""
    return f",{','.join(row)},"
