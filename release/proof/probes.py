"""The folders of checks come in; what their probes give away to student code goes out.

A probe is sent to the process of the student's code, which can read it. So it may hold no value
that a check compares with, and must not compare with one itself.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from autograder.model.errors import UserError
from autograder.slicing.astnodes import attribute_name
from release.leaks.trees import parsed

#: Smaller numbers and shorter texts are in every program.
LEAST_NUMBER, LEAST_TEXT = 10, 3


class ProbeError(UserError):
    """Probes hold expected values; the text names each place."""


def look_at_probes(folders: Iterable[Path], staff: Path) -> None:
    """Refuse probes that hold what a check compares with.

    Args:
        folders: those of hidden and of public checks; they may be missing.
        staff: the folder that places are named from, where they are in it.

    Raises:
        ProbeError: there is such a probe.
    """
    found = []
    for folder in folders:
        for path in sorted(folder.rglob("*.py")) if folder.is_dir() else ():
            tree = parsed(path.read_text(encoding="utf-8", errors="replace"))
            if tree is not None:
                shown = path.relative_to(staff) if path.is_relative_to(staff) else path.name
                found += [f"{shown}, {text}" for text in _given_away(tree)]
    if found:
        lines = "\n".join(f"  - {line}" for line in found)
        raise ProbeError(
            f"Students' code can read a probe, so it must hold no expected value:\n{lines}\n"
            "Return what is there, and compare it in the check."
        )


def _given_away(tree: ast.Module) -> Iterator[str]:
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    probes = [node for node in functions if _is_probe(node)]
    others = [node for node in tree.body if node not in probes]
    expected = {value: line for node in others for value, line in _compared(node)}
    for probe in probes:
        told: set[object] = set()
        for value, line in _compared(probe):
            if isinstance(value, int | float):
                told.add(value)
                yield f"line {line}: the probe `{probe.name}` compares with {value!r}."
        for value, line in _constants(probe.body):
            if value in expected and value not in told:
                told.add(value)
                yield (
                    f"line {line}: the probe `{probe.name}` holds {value!r}, with which line "
                    f"{expected[value]} compares."
                )


def _is_probe(node: ast.FunctionDef) -> bool:
    return any(attribute_name(mark) == "probe" for mark in node.decorator_list)


def _compared(node: ast.AST) -> Iterator[tuple[object, int]]:
    """What some code compares with: in comparisons, and as arguments of `expect_...`."""
    for part in ast.walk(node):
        match part:
            case ast.Compare():
                yield from _constants([part.left, *part.comparators])
            case ast.Call() if attribute_name(part.func).startswith("expect_"):
                yield from _constants(part.args[1:])


def _constants(nodes: Iterable[ast.AST]) -> Iterator[tuple[object, int]]:
    """The constants in some code that are not in every program, and their lines."""
    for part in (part for node in nodes for part in ast.walk(node)):
        if isinstance(part, ast.Constant):
            match part.value:
                case bool():
                    pass
                case int() | float() as number if _tells(number):
                    yield number, part.lineno
                case str() as text if len(text) >= LEAST_TEXT:
                    yield text, part.lineno


def _tells(number: float) -> bool:
    return abs(number) >= LEAST_NUMBER or number != round(number, 1)
