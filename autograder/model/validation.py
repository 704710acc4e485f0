"""A manifest's tables come in; what is wrong with them, and on which line, goes out."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from autograder.model import manual
from autograder.model.errors import UserError

SCHEMA = Path(__file__).parents[1] / "schemas" / "manifest.schema.json"


class ManifestError(UserError):
    """The manifest is missing or wrong; the text names the file, the line and the key."""


class Lines:
    """Finds the line on which a key stands; tomllib keeps no positions."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.lines = text.splitlines()

    def error(self, key: Sequence[str | int], message: str) -> ManifestError:
        """That something is wrong with a key, as a sentence."""
        name = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in key)
        return ManifestError(
            f"{self.path}, line {self.line(key)}, key '{name.lstrip('.') or '(top)'}': {message}."
        )

    def line(self, key: Sequence[str | int]) -> int:
        """The line, from 1, of a key or of the table that lacks it."""
        at, rest = self._header(key)
        for part in rest:
            if isinstance(part, str):
                pattern = re.compile(rf"\s*[\"']?{re.escape(part)}[\"']?\s*=")
                stop = next(
                    (
                        number
                        for number in range(at + 1, len(self.lines))
                        if re.match(r"\s*\[", self.lines[number])
                    ),
                    len(self.lines),
                )
                at = next((n for n in range(at, stop) if pattern.match(self.lines[n])), at)
        return at + 1

    def _header(self, key: Sequence[str | int]) -> tuple[int, Sequence[str | int]]:
        """The line of the table that holds ``key``, and what of the key is inside it."""
        if len(key) >= 2 and isinstance(key[0], str) and isinstance(key[1], int):
            pattern = re.compile(rf"\s*\[\[\s*{re.escape(key[0])}\s*\]\]")
            found = [n for n, line in enumerate(self.lines) if pattern.match(line)]
            return (found[key[1]], key[2:]) if key[1] < len(found) else (0, key)
        names = [part for part in key if isinstance(part, str)]
        for length in range(len(names), 0, -1):  # [a.b] before [a]
            if list(key[:length]) != names[:length]:
                continue
            dotted = r"\s*\.\s*".join(rf"[\"']?{re.escape(name)}[\"']?" for name in names[:length])
            pattern = re.compile(rf"\s*\[\s*{dotted}\s*\]")
            found = [n for n, line in enumerate(self.lines) if pattern.match(line)]
            if found:
                return found[0], key[length:]
        return 0, key


def validate_numbers(value: Any, key: tuple[str | int, ...], where: Lines) -> None:
    """TOML can write nan and inf, and no comparison of a schema refuses the first."""
    if isinstance(value, float) and not math.isfinite(value):
        raise where.error(key, f"found {value}; write a finite number")
    pairs: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for part, inner in pairs:
        validate_numbers(inner, (*key, part), where)


@cache
def _schema() -> Any:
    return json.loads(SCHEMA.read_text(encoding="utf-8"))


def validate_schema(data: dict[str, Any], where: Lines) -> None:
    """Refuse what the schema refuses.

    Raises:
        ManifestError: the first such thing, in the order of the lines.
    """
    # Imported here: the worker reads no manifest.
    from jsonschema import Draft202012Validator

    errors = Draft202012Validator(_schema()).iter_errors(data)
    first = min(errors, key=lambda error: where.line(list(error.absolute_path)), default=None)
    if first is None:
        return
    key = list(first.absolute_path)
    if first.validator == "additionalProperties" and isinstance(first.instance, dict):
        known = sorted(first.schema["properties"])
        unknown = next(name for name in first.instance if name not in known)
        raise where.error([*key, unknown], f"unknown; the known keys are {', '.join(known)}")
    if first.validator == "required":
        lacking = next(name for name in first.validator_value if name not in first.instance)
        raise where.error(key, f"the key '{lacking}' is missing; add it")
    if first.validator == "dependentRequired":
        present = {name for name in first.validator_value if name in first.instance}
        wanted = {other for name in present for other in first.validator_value[name]}
        lacking = ", ".join(f"'{name}'" for name in sorted(wanted - set(first.instance)))
        raise where.error(
            key, f"a question about a notebook needs {lacking} too; add what is missing"
        )
    hint = first.schema.get("description") if isinstance(first.schema, dict) else None
    raise where.error(key, first.message + (f" ({hint.rstrip('.')})" if hint else ""))


def validate_references(data: dict[str, Any], folder: Path, where: Lines) -> None:
    """Refuse names of files, notebooks and questions that mean nothing, or two things.

    Raises:
        ManifestError: the first such thing.
    """
    public = folder / data["public"]
    if not public.is_dir():
        raise where.error(["public"], f"the folder {public} does not exist; name an existing one")
    files = [entry["file"] for entry in data["notebook"]]
    for number, entry in enumerate(data["notebook"]):
        if files.index(entry["file"]) != number:
            raise where.error(["notebook", number, "file"], "a second notebook of this name")
        template = folder / "templates" / entry["file"]
        if not (folder / entry["source"]).is_file() and not template.is_file():
            raise where.error(
                ["notebook", number, "source"],
                f"the solution notebook {entry['source']} does not exist in {folder}; add it",
            )
    identifiers = [entry["id"] for entry in data["question"]]
    for number, entry in enumerate(data["question"]):
        if identifiers.index(entry["id"]) != number:
            raise where.error(["question", number, "id"], "a second question of this id")
        if entry.get("notebook", files[0]) not in files:
            raise where.error(
                ["question", number, "notebook"],
                f"'{entry['notebook']}' is none of the notebooks ({', '.join(files)})",
            )
        if problem := manual.problem_of(entry):
            raise where.error(["question", number, *problem[0]], problem[1])
        if "file" in entry and not any(
            PurePosixPath(entry["file"]).match(pattern) for pattern in data.get("files", ())
        ):
            raise where.error(
                ["question", number, "file"],
                f"'{entry['file']}' is none of the files that are submitted; add it to 'files'",
            )
        by_people = (
            entry.get("manual") and entry.get("manual_points", entry["points"]) == (entry["points"])
        )
        if "notebook" in entry and "names" not in entry and not by_people:
            run = entry.get("run") or data["notebook"][files.index(entry["notebook"])].get("run")
            if run not in ("cell", "all"):
                raise where.error(
                    ["question", number],
                    "a question about a notebook needs 'names' too; add what checks may ask for, "
                    'or say run = "cell" if they look at what its cell prints or draws',
                )
