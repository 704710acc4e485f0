"""A course's nbgrader_config.py and cells come in; what it says and cells spelled as usual go out.

nbgrader takes any line that holds a delimiter's text for the delimiter, whatever else it says. Here
each becomes the line that nbgrader itself writes, so that reading them needs no second grammar.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from release.markup.model import Location
from release.markup.source import plain_python

CONFIG = "nbgrader_config.py"
#: How far above an assignment the file may lie: course/source/ASSIGNMENT.
_LEVELS = 4


@dataclass(frozen=True)
class Delimiters:
    """What opens and closes regions in a course's notebooks, and what replaces answers.

    Attributes:
        regions: by the standard words, the text that opens and the text that closes.
        stub: the course's own for code; empty for nbgrader's.
        text_stub: the course's own for words; empty for nbgrader's.
        header, footer: notebooks whose cells students get around each of the course's.
        due: due dates, by assignment.
    """

    regions: dict[str, tuple[str, str]]
    stub: str = ""
    text_stub: str = ""
    header: Path | None = None
    footer: Path | None = None
    due: Mapping[str, str] = field(default_factory=dict)


_NAMES = {
    "SOLUTION": ("ClearSolutions", "solution"),
    "HIDDEN TESTS": ("ClearHiddenTests", "test"),
    "MARK SCHEME": ("ClearMarkScheme", "mark_scheme"),
}
#: What nbgrader puts in place of answers.
_CODE_STUB, _TEXT_STUB = "# YOUR CODE HERE raise NotImplementedError()", "YOUR ANSWER HERE"
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
    code = stub.get("python") if isinstance(stub, dict) else stub
    return Delimiters(
        regions,
        _own(code, _CODE_STUB) if plain_python(_own(code, _CODE_STUB)) else "",
        _own(values.get("ClearSolutions.text_stub"), _TEXT_STUB),
        _beside(path, values.get("IncludeHeaderFooter.header")),
        _beside(path, values.get("IncludeHeaderFooter.footer")),
        {name: date for name, date in _due(values) if name and date},
    )


def _own(value: object, usual: str) -> str:
    """A text that is not nbgrader's own."""
    return value if isinstance(value, str) and value.split() != usual.split() else ""


def _beside(config: Path, value: object) -> Path | None:
    """A file of the course that a setting names; one elsewhere is none of its."""
    if not isinstance(value, str) or not value:
        return None
    found = (config.parent / value).resolve()
    return found if found.is_relative_to(config.parent) and found.is_file() else None


def _due(values: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for section in ("CourseDirectory", "NbGrader"):
        entries = values.get(f"{section}.db_assignments")
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict):
                yield str(entry.get("name") or ""), str(entry.get("duedate") or "")


def _settings(tree: ast.Module) -> Iterator[tuple[str, object]]:
    """`c.ClearSolutions.code_stub = {...}`: what stands after `c.`, and the value."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign) or len(node.targets) != 1:
            continue
        target = ast.unparse(node.targets[0])
        if target.startswith("c."):
            try:
                yield target.removeprefix("c."), _value(node.value)
            except (ValueError, TypeError, RecursionError):
                continue


def _value(node: ast.expr) -> object:
    """A literal; `dict(name="ps1")` is one, too.

    Raises:
        ValueError, TypeError: it is something else.
    """
    if isinstance(node, ast.List):
        return [_value(each) for each in node.elts]
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "dict" and not node.args:
        return {each.arg: _value(each.value) for each in node.keywords if each.arg}
    found: object = ast.literal_eval(node)
    return found


def standardised(source: str, delimiters: Delimiters, location: Location) -> str:
    """The cell's text, each delimiter on a line of its own in nbgrader's own spelling.

    Raises:
        MarkerError: a region does not end, or a second one begins in it, which nbgrader refuses.
    """
    for words, (opening, closing) in delimiters.regions.items():
        if opening in source or closing in source:
            source = _standardised(source, words, opening, closing, location)
    return source


def _standardised(source: str, words: str, opening: str, closing: str, location: Location) -> str:
    made: list[str] = []
    opened = -1
    for at, line in enumerate(source.split("\n")):
        indent = line[: len(line) - len(line.lstrip())]
        if opening in line:
            if opened >= 0:
                found = f'a second "{opening}" before the one of line {opened + 1} has ended'
                raise location.error(at, found, f'put "{closing}" above it')
            opened = at
            made.append(f"{indent}### BEGIN {words}")
        elif closing in line:
            # What was never opened is dropped, as nbgrader does.
            made.append(f"{indent}### END {words}" if opened >= 0 else "")
            opened = -1
        else:
            made.append(line)
    if opened >= 0:
        raise location.error(opened, f'"{opening}" without an end', f'put "{closing}" below it')
    return "\n".join(made)
