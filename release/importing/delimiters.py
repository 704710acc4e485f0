"""A course's nbgrader_config.py and cells come in; cells with the standard delimiters go out.

nbgrader takes any line that holds a delimiter's text for the delimiter, whatever else it says. Here
each becomes the line that nbgrader itself writes, so that reading them needs no second grammar.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from release.places import Place

CONFIG = "nbgrader_config.py"
#: How far above an assignment the file may lie: course/source/ASSIGNMENT.
_LEVELS = 4


@dataclass(frozen=True)
class Delimiters:
    """What opens and closes regions in a course's notebooks, and what replaces answers.

    Attributes:
        regions: by the standard words, the text that opens and the text that closes.
        stub: the course's own for code; empty for nbgrader's.
    """

    regions: dict[str, tuple[str, str]]
    stub: str = ""


_NAMES = {
    "SOLUTION": ("ClearSolutions", "solution"),
    "HIDDEN TESTS": ("ClearHiddenTests", "test"),
    "MARK SCHEME": ("ClearMarkScheme", "mark_scheme"),
}
STANDARD = Delimiters({words: (f"BEGIN {words}", f"END {words}") for words in _NAMES})


def delimiters_of(folder: Path) -> Delimiters:
    """What the nearest nbgrader_config.py above an assignment says; it is read, never run."""
    folder = folder.resolve()
    for above in [folder, *folder.parents][:_LEVELS]:
        path = above / CONFIG
        if path.is_file():
            return _read(path)
    return STANDARD


def _read(path: Path) -> Delimiters:
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return STANDARD
    values = dict(_settings(tree))
    regions = {}
    for words, (section, name) in _NAMES.items():
        usual = STANDARD.regions[words]
        found = [values.get(f"{section}.{edge}_{name}_delimeter") for edge in ("begin", "end")]
        opening, closing = (
            f if isinstance(f, str) and f else u for f, u in zip(found, usual, strict=True)
        )
        regions[words] = opening, closing
    stub = values.get("ClearSolutions.code_stub")
    own = stub.get("python") if isinstance(stub, dict) else None
    return Delimiters(regions, own if isinstance(own, str) else "")


def _settings(tree: ast.Module) -> Iterator[tuple[str, object]]:
    """`c.ClearSolutions.code_stub = {...}`: what stands after `c.`, and the value."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign) or len(node.targets) != 1:
            continue
        target = ast.unparse(node.targets[0])
        if target.startswith("c."):
            try:
                yield target.removeprefix("c."), ast.literal_eval(node.value)
            except ValueError:
                continue


def standardised(source: str, delimiters: Delimiters, place: Place) -> str:
    """The cell's text, each delimiter on a line of its own in nbgrader's own spelling.

    Raises:
        MarkerError: a region does not end, or a second one begins in it, which nbgrader refuses.
    """
    for words, (opening, closing) in delimiters.regions.items():
        if opening in source or closing in source:
            source = _standardised(source, words, opening, closing, place)
    return source


def _standardised(source: str, words: str, opening: str, closing: str, place: Place) -> str:
    made: list[str] = []
    opened = -1
    for at, line in enumerate(source.split("\n")):
        indent = line[: len(line) - len(line.lstrip())]
        if opening in line:
            if opened >= 0:
                found = f'a second "{opening}" before the one of line {opened + 1} has ended'
                raise place.error(at, found, f'put "{closing}" above it')
            opened = at
            made.append(f"{indent}### BEGIN {words}")
        elif closing in line:
            # What was never opened is dropped, as nbgrader does.
            made.append(f"{indent}### END {words}" if opened >= 0 else "")
            opened = -1
        else:
            made.append(line)
    if opened >= 0:
        raise place.error(opened, f'"{opening}" without an end', f'put "{closing}" below it')
    return "\n".join(made)
