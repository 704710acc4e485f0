"""``mutants.toml`` of a staff folder comes in; what staff accept, with their reasons, goes out.

Not every change makes an answer wrong, and not every wrong one can be told from a right one. What
staff have looked at stands in the file, so that only new survivors are shown. Nor is every rewrite
right everywhere: where a task says that nothing is printed, a print costs points::

    [[accepted]]
    mutant = "3fa9c1d2e0"        # as the table names it; it stays while its lines do
    reason = "any learning rate that reaches the accuracy is right"

    [[rewrite]]
    check = "C5.3"               # its number
    rewrite = "prints"           # as the table names it
    reason = "the task says that nothing is printed"
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from autograder.model.errors import UserError
from autograder.model.manifest import Assignment

FILE = "mutants.toml"
_KEYS = {"accepted": ("mutant", "reason"), "rewrite": ("check", "rewrite", "reason")}


class AcceptedError(UserError):
    """``mutants.toml`` is wrong; the text names the entry."""


def accepted_mutants(assignment: Assignment) -> Mapping[str, str]:
    """The reason for each mutant that staff accept, by its id.

    Raises:
        AcceptedError: it is no TOML, or an entry has other keys or an empty text.
    """
    path = assignment.folder / FILE
    found: dict[str, str] = {}
    for where, entry in _entries(path, "accepted"):
        if entry["mutant"] in found:
            raise AcceptedError(f"{where}: {entry['mutant']} stands there twice; take one out.")
        found[entry["mutant"]] = entry["reason"]
    return found


def accepted_rewrites(assignment: Assignment) -> Mapping[tuple[str, str], str]:
    """The reason for each rewrite that may cost points on a check, by check and rewrite.

    Raises:
        AcceptedError: as `accepted_mutants` does.
    """
    entries = _entries(assignment.folder / FILE, "rewrite")
    return {(entry["check"], entry["rewrite"]): entry["reason"] for _where, entry in entries}


def _entries(path: Path, kind: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The entries of a kind, each with where it stands."""
    if not path.is_file():
        return
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AcceptedError(f"{path}: this is not valid TOML: {error}; mend that line.") from None
    if unknown := sorted(set(tree) - set(_KEYS)):
        known = " and ".join(f"[[{name}]]" for name in _KEYS)
        raise AcceptedError(f"{path}: {unknown[0]} is unknown; only {known} may stand here.")
    for number, entry in enumerate(tree.get(kind, []), start=1):
        where, keys = f"{path}, {kind} {number}", _KEYS[kind]
        texts = entry.values()
        if set(entry) != set(keys) or not all(isinstance(v, str) and v.strip() for v in texts):
            names = f"{', '.join(keys[:-1])} and {keys[-1]}"
            raise AcceptedError(f"{where}: give it the keys {names}, each with a text.")
        yield where, entry
