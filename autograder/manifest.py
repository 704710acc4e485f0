"""An assignment's folder comes in, its validated description goes out.

A staff folder holds ``assignment.toml``, the solved sources and ``checks/``; the folder in a
Gradescope bundle holds ``templates/`` in place of the sources. Both are read here.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from autograder.errors import UserError

FILE_NAME = "assignment.toml"
SCHEMA = Path(__file__).with_name("schemas") / "manifest.schema.json"


class ManifestError(UserError):
    """The manifest is missing or wrong; the text names the file, the line and the key."""


@dataclass(frozen=True)
class Limits:
    """Bounds on one submission. Seconds are wall clock; memory is address space beyond start-up."""

    check_seconds: float = 20.0
    total_seconds: float = 540.0
    memory_mb: int = 2048
    file_mb: int = 64
    submission_mb: int = 100


@dataclass(frozen=True)
class Runtime:
    """What the clean process imports, and which of the public modules have a special part."""

    imports: tuple[str, ...] = ()
    prebind: tuple[str, ...] = ()
    describers: tuple[str, ...] = ()


@dataclass(frozen=True)
class NotebookEntry:
    """One notebook, or Python module, that students hand in as ``file``.

    Attributes:
        source: its solved form.
        stubs: by cell id, what replaces the answers there: one text for all, or one for each.
        unchecked: the ids of cells with answers that no check judges.
    """

    file: str
    source: str
    stubs: dict[str, str | list[str]] = field(default_factory=dict)
    unchecked: tuple[str, ...] = ()

    @property
    def is_module(self) -> bool:
        """Whether it is a plain Python file; its one cell has the id ``module``."""
        return self.file.endswith(".py")


@dataclass(frozen=True)
class Allowed:
    """A text in the student bundle that looks like an answer and is none."""

    file: str
    text: str
    reason: str


@dataclass(frozen=True)
class Question:
    """What is asked: the names wanted, in which notebook, at which template cell.

    A question about submitted files has no notebook, no anchor and no names.
    """

    id: str
    title: str
    points: float
    notebook: str = ""
    anchor: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Assignment:
    """A validated manifest. Paths are absolute."""

    folder: Path
    name: str
    title: str
    public: Path
    runtime: Runtime
    limits: Limits
    files: tuple[str, ...]
    notebooks: tuple[NotebookEntry, ...]
    questions: tuple[Question, ...]
    settings: dict[str, Any] = field(default_factory=dict)
    allowed: tuple[Allowed, ...] = ()

    @property
    def hidden_checks(self) -> Path:
        """Checks that students never see."""
        return self.folder / "checks"

    @property
    def public_checks(self) -> Path:
        """Checks that students receive."""
        return self.public / "checks"

    @property
    def templates(self) -> Path:
        """The stripped notebooks, where a bundle holds them."""
        return self.folder / "templates"

    @property
    def points(self) -> float:
        """The points of all questions together."""
        return sum(question.points for question in self.questions)

    def question(self, identifier: str) -> Question:
        """The question of that id.

        Raises:
            KeyError: there is none.
        """
        for question in self.questions:
            if question.id == identifier:
                return question
        raise KeyError(identifier)


def load(folder: Path) -> Assignment:
    """Read and validate the manifest in ``folder``.

    Raises:
        ManifestError: there is none, or it is not TOML, or it breaks a rule.
    """
    folder = folder.resolve()
    path = folder / FILE_NAME
    text = _text(path)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ManifestError(f"{path}: this is not valid TOML: {error}; mend that line.") from None
    where = _Lines(path, text)
    _validate_schema(data, where)
    _validate_references(data, folder, where)
    return Assignment(
        folder=folder,
        name=data["name"],
        title=data["title"],
        public=(folder / data["public"]).resolve(),
        runtime=Runtime(**{key: tuple(value) for key, value in data.get("runtime", {}).items()}),
        limits=Limits(**data.get("limits", {})),
        files=tuple(data.get("files", ())),
        notebooks=tuple(
            NotebookEntry(**{**entry, "unchecked": tuple(entry.get("unchecked", ()))})
            for entry in data["notebook"]
        ),
        questions=tuple(
            Question(**{**entry, "names": tuple(entry.get("names", ()))})
            for entry in data["question"]
        ),
        settings=data.get("checks", {}),
        allowed=tuple(Allowed(**entry) for entry in data.get("allow", ())),
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ManifestError(
            f"{path}: there is no manifest; give the folder that holds {FILE_NAME}."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestError(f"{path}: the manifest cannot be read: {error}.") from None


class _Lines:
    """Finds the line on which a key stands; tomllib keeps no positions."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.lines = text.splitlines()

    def error(self, key: Sequence[str | int], message: str) -> ManifestError:
        name = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in key)
        return ManifestError(
            f"{self.path}, line {self.line(key)}, key '{name.lstrip('.') or '(top)'}': {message}."
        )

    def line(self, key: Sequence[str | int]) -> int:
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
        if key and isinstance(key[0], str):
            pattern = re.compile(rf"\s*\[\s*{re.escape(key[0])}\s*\]")
            found = [n for n, line in enumerate(self.lines) if pattern.match(line)]
            if found:
                return found[0], key[1:]
        return 0, key


@cache
def _schema() -> Any:
    return json.loads(SCHEMA.read_text(encoding="utf-8"))


def _validate_schema(data: dict[str, Any], where: _Lines) -> None:
    # Imported here: the student's desk and the worker read no manifest.
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


def _validate_references(data: dict[str, Any], folder: Path, where: _Lines) -> None:
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
                f"the solved source {entry['source']} does not exist in {folder}; add it",
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
