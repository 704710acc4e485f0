"""Tables come out of the code's own tables, in place of `<!-- generated: NAME -->` in a page.

A hook of MkDocs. What is a fact of the code is written down there alone: the commands and their
options, the manifest's keys, the markers, what a worker gives up, the fields of results.json.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

ROOT = Path(__file__).parent.parent
SCHEMAS = ROOT / "autograder" / "schemas"
NONE: Mapping[str, object] = MappingProxyType({})
_PLACEHOLDER = re.compile(r"^<!-- generated: ([\w-]+) -->$", re.MULTILINE)
# MkDocs loads a hook by its path, without the folder of the checkout.
sys.path.insert(0, str(ROOT))


def on_page_markdown(markdown: str, **_: object) -> str:
    """What MkDocs calls for each page.

    Raises:
        KeyError: a page asks for a table that is not there.
    """
    return filled(markdown)


def filled(markdown: str) -> str:
    """A page with all its tables in it."""
    return _PLACEHOLDER.sub(lambda match: "\n".join(TABLES[match.group(1)]()), markdown)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _table(*heads: str) -> list[str]:
    return [_row(*heads), "|" + "---|" * len(heads)]


# --- the command line ---


def _commands() -> Mapping[str, Any]:
    import typer.main

    from autograder.cli import app

    found: Any = typer.main.get_command(app)
    return dict(sorted(found.commands.items()))


def _written(parameter: Any) -> str:
    """How a parameter is given: its names, and what stands behind them."""
    if parameter.param_type_name == "argument":
        return f"`{_metavar(parameter)}`"
    names = ", ".join(f"`{name}`" for name in parameter.opts)
    return names if parameter.is_flag else f"{names} `{_metavar(parameter)}`"


def _metavar(parameter: Any) -> str:
    shown: str = parameter.metavar or parameter.name.rstrip("_").upper()
    if parameter.param_type_name == "option" and not parameter.metavar:
        annotation = parameter.type_descriptor.annotation
        shown = {"Path": "PATH", "int": "NUMBER", "float": "NUMBER"}.get(
            getattr(annotation, "__name__", ""), shown
        )
    several = "..." if parameter.nargs == -1 else ""
    return f"{shown}{several}"


def _command(name: str, command: Any) -> Iterator[str]:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option"]
    usage = [_metavar(p) if p.required else f"[{_metavar(p)}]" for p in arguments]
    usage += [f"{p.opts[0]} {_metavar(p)}" for p in options if p.required]
    more = ["[OPTIONS]"] if any(not p.required for p in options) else []
    yield f"### `autograder {name}`"
    yield ""
    yield str(command.help).strip()
    yield ""
    yield "```text"
    yield " ".join(["autograder", name, *usage, *more])
    yield "```"
    yield ""
    if command.params:
        yield from _table("", "")
        for parameter in (*arguments, *options):
            needed = " Required." if parameter.required else ""
            yield _row(_written(parameter), f"{parameter.help or ''}{needed}")
        yield ""


def command_line() -> Iterator[str]:
    """A section for each command, in the order of their names."""
    for name, command in _commands().items():
        yield from _command(name, command)


# --- JSON Schemas ---


def _schema(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SCHEMAS / name).read_text(encoding="utf-8"))
    return loaded


def _resolved(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    reference = node.get("$ref", "")
    return schema["$defs"][reference.rpartition("/")[2]] if reference else node


def _kind(schema: dict[str, Any], node: dict[str, Any]) -> str:
    node = _resolved(schema, node)
    if "enum" in node:
        return ", ".join(f"`{json.dumps(value)}`" for value in node["enum"])
    if "anyOf" in node:
        return " or ".join(_kind(schema, one) for one in node["anyOf"])
    kinds = node.get("type", "object")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    said = " or ".join({"object": "table", "array": "list"}.get(kind, kind) for kind in kinds)
    if kinds == ["array"] and "items" in node:
        said = f"list of {_kind(schema, node['items'])}"
    return said + _bounds(node)


def _bounds(node: dict[str, Any]) -> str:
    words = {
        "minimum": "at least",
        "exclusiveMinimum": "above",
        "maximum": "at most",
        "multipleOf": "a multiple of",
    }
    said = [f"{word} {node[key]}" for key, word in words.items() if key in node]
    return f" ({', '.join(said)})" if said else ""


def _keys(
    schema: dict[str, Any],
    node: dict[str, Any],
    defaults: Mapping[str, object] = NONE,
) -> Iterator[str]:
    yield from _table("key", "kind", "meaning")
    for key, value in node["properties"].items():
        needed = " **Required.**" if key in node.get("required", ()) else ""
        default = f" Default: {defaults[key]:g}." if key in defaults else ""
        meaning = f"{value.get('description', '')}{needed}{default}"
        yield _row(f"`{key}`", _kind(schema, value), meaning.strip())
    yield ""


def _tables(schema: dict[str, Any], node: dict[str, Any], name: str) -> Iterator[str]:
    """A section for a table of the manifest, and those of the tables in it."""
    node = _resolved(schema, node)
    is_list = node.get("type") == "array"
    body = _resolved(schema, node["items"]) if is_list else node
    yield f"## `{'[[' if is_list else '['}{name}{']]' if is_list else ']'}`"
    yield ""
    yield str(node.get("description", body.get("description", "")))
    yield ""
    if "properties" not in body:
        return
    yield from _keys(schema, body, _defaults(name))
    for key, value in body["properties"].items():
        if _holds_keys(schema, value):
            yield from _tables(schema, value, f"{name}.{key}")


def _defaults(name: str) -> Mapping[str, object]:
    """What numbers of a table are where the manifest does not say."""
    from autograder.model.manifest import Limits, TrainingRules

    rules: dict[str, Any] = {"limits": Limits, "training": TrainingRules}
    found = fields(rules[name]) if name in rules else ()
    return {one.name: one.default for one in found if isinstance(one.default, int | float)}


def _holds_keys(schema: dict[str, Any], node: dict[str, Any]) -> bool:
    node = _resolved(schema, node)
    inner = _resolved(schema, node.get("items", node))
    return inner.get("type") == "object" and "properties" in inner


def manifest() -> Iterator[str]:
    """A section for each table of the manifest, from its schema."""
    schema = _schema("manifest.schema.json")
    plain = {k: v for k, v in schema["properties"].items() if not _is_table(schema, v)}
    yield "## Above all tables"
    yield ""
    yield from _keys(schema, {"properties": plain, "required": schema["required"]})
    for key, value in schema["properties"].items():
        if _is_table(schema, value):
            yield from _tables(schema, value, key)


def _is_table(schema: dict[str, Any], node: dict[str, Any]) -> bool:
    node = _resolved(schema, node)
    return node.get("type") == "object" or _holds_keys(schema, node)


def results() -> Iterator[str]:
    """The fields of results.json, from its schema."""
    schema = _schema("results.schema.json")
    yield "## The file"
    yield ""
    yield from _keys(schema, schema)
    yield "## An entry of `tests`"
    yield ""
    yield from _keys(schema, schema["$defs"]["test"])
    yield "## An entry of `leaderboard`"
    yield ""
    yield from _keys(schema, schema["$defs"]["leaderboard"])


# --- the code's own tables ---


def _left(shown: bool, fate: Any) -> str:
    from release.markup.markers import Fate

    if shown:
        return "both lines and a stub"
    return "nothing" if fate in (Fate.GONE, Fate.STAFF) else "a stub"


def marker_pairs() -> Iterator[str]:
    """A row for each pair of lines around an answer."""
    from release.markup.markers import PAIRS

    yield from _table("opens", "closes", "what students get", "used by")
    for pair in PAIRS:
        closes = "a bare line of the ornaments" if pair.ruled else f"`{pair.closing_words}`"
        left = _left(pair.shown, pair.fate)
        yield _row(f"`{pair.opening_words}`", closes, left, pair.origin)


def line_marks() -> Iterator[str]:
    """A row for each remark at the end of a statement."""
    from release.markup.markers import LINE_MARKS, Fate

    yield from _table("at the end of a statement", "what students get", "letter case")
    for mark in LINE_MARKS:
        left = "the statement with `...`" if mark.fate is Fate.STUB else "nothing"
        case = "capitals only" if mark.exact else "does not matter"
        yield _row(f"`# {mark.words}`", left, case)


def layers() -> Iterator[str]:
    """What a worker gives up, in the order in which it does."""
    from autograder.sandbox.lockdown import BOTH, LAYERS

    def words(kinds: frozenset[Any]) -> str:
        if not kinds:
            return "–"
        return "both" if kinds == BOTH else str(next(iter(kinds)).value)

    yield from _table("layer", "what is given up", "needed by", "required of")
    for each in LAYERS:
        needed, required = words(each.needed_by), words(each.required_of)
        yield _row(f"`{each.name}`", each.gives_up, needed, required)


# --- files above docs/ that are pages, too ---


def _file(name: str) -> Iterator[str]:
    yield from (ROOT / name).read_text(encoding="utf-8").splitlines()


TABLES: dict[str, Callable[[], Iterator[str]]] = {
    "command-line": command_line,
    "manifest": manifest,
    "results": results,
    "marker-pairs": marker_pairs,
    "line-marks": line_marks,
    "layers": layers,
    "security": partial(_file, "SECURITY.md"),
    "changelog": partial(_file, "CHANGELOG.md"),
    "contributing": partial(_file, "CONTRIBUTING.md"),
}
