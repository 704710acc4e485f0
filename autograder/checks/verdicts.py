"""A check and what it looks at come in; its outcome goes out, if one is cached for just that.

A verdict follows from the harness, the libraries, the check's own code and that of the modules
beside it, the public folder, the manifest, the seed, and what the check asks of the submission: the
statements that its question's names depend on, the submitted files, or both. All of it is in the
key, so that after an edit of one answer, or of one check, only what it touches is run again.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from functools import cache, cached_property
from importlib.metadata import distributions
from pathlib import Path
from typing import Any, TypeGuard

import autograder
from autograder.checks.cache import Store, digest
from autograder.model.manifest import FILE_NAME, Assignment, Question
from autograder.model.submission import Submission
from autograder.slicing.answers import Answers
from autograder.slicing.slicer import Slice

_FORMAT = 7
#: Of the harness, the rooms and modules that run before or after checks, and change no verdict.
OUTER = frozenset(("batch", "gradescope", "home", "pages", "__main__.py", "cli.py", "notebook.py"))


def cache_key(assignment: Assignment, conditions: Iterable[str]) -> str:
    """A digest of all that every check's verdict follows from, but for the submission.

    Args:
        conditions: how the sandbox stands.
    """
    return digest(cache_key_parts(assignment, conditions))


def cache_key_parts(assignment: Assignment, conditions: Iterable[str]) -> dict[str, str]:
    """What `cache_key` is a digest of, a digest for each part by its name."""
    return {
        **machine_parts(conditions),
        "manifest": digest((assignment.folder / FILE_NAME).read_bytes()),
        "public folder": shared(assignment.public),
        "modules beside the checks": shared(assignment.hidden_checks),
    }


def machine_parts(conditions: Iterable[str]) -> dict[str, str]:
    """The parts of `cache_key_parts` that follow from the machine and not from the assignment."""
    return {
        "harness": harness_part(),
        "libraries": libraries_part(),
        "sandbox": digest(sorted(conditions)),
    }


def harness_part() -> str:
    """A digest of the harness, but for what runs before or after checks."""
    harness = Path(autograder.__file__).parent
    code = [
        p for p in sorted(harness.rglob("*.py")) if p.relative_to(harness).parts[0] not in OUTER
    ]
    return digest([_FORMAT, _contents(harness, code)])


def libraries_part() -> str:
    """A digest of Python's version, and of the names and versions of all that is installed."""
    libraries = sorted({f"{found.name} {found.version}" for found in distributions()})
    return digest([sys.version, libraries])


def shared(folder: Path, of: Callable[[Path], bool] = lambda _path: True) -> str:
    """A digest of all in a folder that is no file of checks, and that ``of`` holds for."""
    return digest(_contents(folder, [p for p in _files(folder) if not _holds_checks(p) and of(p)]))


def check_codes(assignment: Assignment) -> dict[str, str]:
    """A digest of each check's own code, by file and function; of a whole file without any."""
    codes: dict[str, str] = {}
    folders = {"public": assignment.public_checks, "hidden": assignment.hidden_checks}
    for kind, folder in folders.items():
        for path in filter(_holds_checks, _files(folder)):
            name = f"{kind} {path.relative_to(folder).as_posix()}"
            try:
                parts = _parts_in(path.read_bytes())
            except (SyntaxError, ValueError):
                codes[name] = digest(path.read_bytes())
                continue
            checks = [check for check, _told in parts if check]
            found = {f"{name}::{check}": _code_in(parts, check) for check in checks}
            codes |= found or {name: digest(path.read_bytes())}
    return codes


def _files(folder: Path) -> list[Path]:
    """All files below a folder, in the order of their names, but for what runs leave behind."""
    found = sorted(folder.rglob("*"))
    return [path for path in found if path.is_file() and "__pycache__" not in path.parts]


def is_check_name(name: str) -> bool:
    """Whether pytest takes a file or function of that name for checks."""
    return name.startswith("test_")


def _holds_checks(path: Path) -> bool:
    return path.suffix == ".py" and is_check_name(path.name)


def _contents(folder: Path, paths: Iterable[Path]) -> list[list[str | bytes]]:
    return [[path.relative_to(folder).as_posix(), path.read_bytes()] for path in paths]


class Verdicts:
    """The cached outcomes that one submission's checks may have."""

    def __init__(
        self,
        store: Store,
        common: str,
        answers: Answers,
        submission: Submission,
        seed: int,
        *,
        no_cache: bool = False,
        second_look: bool = True,
    ) -> None:
        self._store = store
        self._common = common
        self._answers = answers
        self._submission = submission
        self._seed = seed
        self._no_cache = no_cache
        self._second_look = second_look
        self._looks: dict[tuple[str, bool], str] = {}
        self._texts: dict[str, str] = {}

    def get(self, key: str) -> dict[str, Any] | None:
        """What `put` was given for a check of that key, which looks at the same."""
        if self._no_cache:
            return None
        found = self._store.get(key)
        return found if isinstance(found, dict) else None

    def put(self, key: str, outcome: dict[str, Any]) -> None:
        """Keep an outcome that JSON can hold."""
        self._store.put(key, outcome)

    def key(
        self,
        path: Path,
        name: str,
        question: Question,
        fixtures: Iterable[str],
        *,
        whole: bool = False,
    ) -> str:
        """A digest of all that a check's verdict follows from.

        Args:
            path: the check's file.
            name: its function.
            fixtures: what it asks for.
            whole: it may follow from all of the notebook and of the files, by a second look.

        Raises:
            HarnessFault: there is nothing to look at, because manifest and template disagree.
        """
        asked = set(fixtures)
        seen: dict[str, object] = {}
        if "student" in asked:
            all_run = self._answers.assignment.runs_whole(question)
            seen["student"] = self._looked_at(question, whole=all_run)
            if whole:
                everything = self._looked_at(question, whole=True)
                seen["notebook"] = [self._second_look, self._cells(question), everything]
        if "files" in asked:
            seen["files"] = self._files
        return digest([self._common, code_of(path, name), question.id, self._seed, seen])

    def mark(self, path: Path, name: str, question: Question) -> str:
        """What is cached where the outcome of a second look at the same notebook is.

        To be asked for after the key of what the check looks at first, by which it is read.

        Args:
            path: the check's file.
            name: its function.
        """
        told = [self._second_look, self._cells(question)]
        return digest(["mark", self._common, code_of(path, name), question.id, self._seed, told])

    def _looked_at(self, question: Question, *, whole: bool) -> str:
        """A digest of what is run for a question, made once for all of its checks."""
        key = question.id, whole
        if key not in self._looks:
            self._looks[key] = digest(self._all_looked_at(question, whole=whole))
        return self._looks[key]

    def _cells(self, question: Question) -> str:
        """A digest of the text of all cells of a question's notebook, made once for all of its."""
        if question.notebook not in self._texts:
            self._texts[question.notebook] = digest(self._answers.cells(question))
        return self._texts[question.notebook]

    def _all_looked_at(self, question: Question, *, whole: bool) -> list[object]:
        """What is run for a question, its files, and what messages may quote or speak of."""
        plan = self._answers.slice(question, whole=whole)
        if not isinstance(plan, Slice):
            return [type(plan).__name__, asdict(plan)]
        aside = {"left_out", "imports"}  # what is not run has no part in it
        cells = {step.cell for step in plan.steps} | {broken.cell for broken in plan.broken}
        files = self._answers.files(question, plan)
        read = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
        what = {name: value for name, value in asdict(plan).items() if name not in aside}
        broken = {cell.cell for cell in plan.broken}
        quoted = [[*at, text] for at, text in self._answers.quotable(question, plan).items()]
        unread = [text for cell, text in self._answers.cells(question) if cell in broken]
        sources = self._answers.sources(question, cells)
        return [type(plan).__name__, what, sources, quoted, unread, read]

    @cached_property
    def _files(self) -> dict[str, str]:
        """Read once: several checks look at them."""
        read = self._submission.read
        return {str(f): hashlib.sha256(read(f)).hexdigest() for f in self._submission.files}


@cache
def code_of(path: Path, name: str) -> str:
    """A digest of a check's code: its file without the other checks in it, whatever its layout.

    Args:
        name: the check's function; empty for what is no check.
    """
    return _code_in(_parts_of(path), name)


@cache
def _parts_of(path: Path) -> Sequence[tuple[str, str]]:
    return _parts_in(path.read_bytes())


def _parts_in(data: bytes) -> Sequence[tuple[str, str]]:
    """The statements of a file: the check that each is, empty for others, and a digest.

    Raises:
        SyntaxError, ValueError: it is no Python.
    """
    return [
        (node.name if _is_check(node) else "", digest(ast.dump(node)))
        for node in ast.parse(data).body
    ]


def _code_in(parts: Sequence[tuple[str, str]], name: str) -> str:
    return digest([told for check, told in parts if check in ("", name)])


def _is_check(node: ast.stmt) -> TypeGuard[ast.FunctionDef]:
    return isinstance(node, ast.FunctionDef) and is_check_name(node.name)
