"""The text of an export's submission_metadata.yml comes in; who submitted what, and when, goes out.

The file is YAML as Ruby writes it, with symbols for keys. All earlier results are in it, which may
be a hundred megabytes: only what is needed is handed to the parser, told by its indentation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml  # type: ignore[import-untyped]

from autograder.batch.entries import Person, SourceError
from autograder.model.findings import shown

METADATA = "submission_metadata.yml"
MAX_PEOPLE = 100

_TOP = re.compile(r"[^\s#-].*")
_KEY = re.compile(r"  :?(?P<key>\w+):(\s|$)")
_WANTED = {"submitters", "created_at"}

#: Makes texts, lists and tables of whatever stands there, whichever class its tag names.
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_NOTHING = {"", "~", "null"}


@dataclass(frozen=True)
class Known:
    """What the export says of one submission."""

    people: tuple[Person, ...] = ()
    created: str = ""


def read_metadata(data: bytes) -> dict[str, Known]:
    """What is known of each submission, by the name of its folder.

    Raises:
        SourceError: it is no YAML, or YAML of another kind.
    """
    text = "\n".join(_needed(data.decode("utf-8-sig", "replace").splitlines()))
    try:
        tree = yaml.load(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise SourceError(
            f"{METADATA}: this is no YAML ({shown(getattr(error, 'problem', None) or error)}"
            f"{'' if mark is None else ' in its part on submitters'}); export once more."
        ) from None
    except (ValueError, TypeError, RecursionError, OverflowError) as error:
        raise SourceError(
            f"{METADATA}: it cannot be read ({type(error).__name__}); export once more."
        ) from None
    if not isinstance(tree, dict):
        raise SourceError(
            f"{METADATA}: found {type(tree).__name__}, expected a table of submissions; export "
            "once more."
        )
    return {str(name): _known(entry) for name, entry in tree.items()}


def _needed(lines: Iterable[str]) -> Iterator[str]:
    """The lines at the top, and those of the fields below them that are wanted."""
    wanted = False
    for line in lines:
        if _TOP.match(line):
            wanted = False
            yield line
        elif match := _KEY.match(line):
            wanted = match["key"] in _WANTED
        if wanted:
            yield line


def _known(entry: object) -> Known:
    if not isinstance(entry, dict):
        return Known()
    people = _field(entry, "submitters")
    listed = people[:MAX_PEOPLE] if isinstance(people, list) else []
    found = tuple(_person(item) for item in listed if isinstance(item, dict))
    created = _field(entry, "created_at")
    if isinstance(created, dict):  # of a class of Ruby's, with the moment in a field
        created = _field(created, "utc")
    return Known(found, _text(created))


def _person(item: Mapping[object, object]) -> Person:
    name, sid, email = (_text(_field(item, key)) for key in ("name", "sid", "email"))
    return Person(name, sid, email)


def _field(table: Mapping[object, object], key: str) -> object:
    """Ruby's symbol, or the plain text."""
    return table.get(f":{key}", table.get(key))


def _text(value: object) -> str:
    return shown(value) if isinstance(value, str) and value not in _NOTHING else ""
