"""``mutants.toml`` of a staff folder comes in; what staff accept, with their reasons, goes out.

Not every change makes an answer wrong, and not every wrong one can be told from a right one. What
staff have looked at stands in the file, so that only new survivors are shown. One mutant is named
by its id, all of a kind by their question, kind and change, of which the last two may be patterns.
Nor is every rewrite right everywhere: where a task says that nothing is printed, a print costs
points::

    [[accepted]]
    mutant = "3fa9c1d2e0"        # as the table names it; it stays while its lines do
    reason = "any learning rate that reaches the accuracy is right"

    [[accepted]]
    question = "M2"
    kind = "rounding"
    change = "logs/*: memory rounded"
    reason = "real logs differ as much"

    [[rewrite]]
    check = "C5.3"               # its number
    rewrite = "prints"           # as the table names it
    reason = "the task says that nothing is printed"
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from autograder.model.errors import UserError
from autograder.model.manifest import Assignment
from release.mutants.making import Mutant

FILE = "mutants.toml"
_KEYS = {
    "accepted": (("mutant", "reason"), ("question", "kind", "change", "reason")),
    "rewrite": (("check", "rewrite", "reason"),),
}


class AcceptedError(UserError):
    """``mutants.toml`` is wrong; the text names the entry."""


@dataclass(frozen=True)
class Accepted:
    """One mutant that may survive, or all of a kind.

    Attributes:
        mutant: its id; empty for all of a kind.
        question, kind, change: of a kind: the question's id, and patterns with ``*`` and ``?`` for
            the kind of change and for the change in words.
    """

    reason: str
    mutant: str = ""
    question: str = ""
    kind: str = ""
    change: str = ""

    def covers(self, mutant: Mutant) -> bool:
        """Whether a mutant is meant."""
        if self.mutant:
            return mutant.id == self.mutant
        return (
            self.question in mutant.questions
            and fnmatchcase(mutant.operator, self.kind)
            and fnmatchcase(mutant.what, self.change)
        )

    def __str__(self) -> str:
        return self.mutant or f"{self.change} ({self.kind}) in {self.question}"


def accepted_mutants(assignment: Assignment) -> Sequence[Accepted]:
    """What staff accept.

    Raises:
        AcceptedError: it is no TOML, or an entry has other keys, an empty text, or an unknown
            question, or stands there twice.
    """
    known = {question.id for question in assignment.questions}
    found: list[Accepted] = []
    for where, entry in _entries(assignment.folder / FILE, "accepted"):
        accepted = Accepted(**entry)
        if accepted.question and accepted.question not in known:
            raise AcceptedError(
                f"{where}: there is no question '{accepted.question}'; "
                f"choose from {', '.join(sorted(known))}."
            )
        if any(str(each) == str(accepted) for each in found):
            raise AcceptedError(f"{where}: {accepted} stands there twice; take one out.")
        found.append(accepted)
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
        where, texts = f"{path}, {kind} {number}", entry.values()
        fits = any(set(entry) == set(keys) for keys in _KEYS[kind])
        if not fits or not all(isinstance(v, str) and v.strip() for v in texts):
            names = ", or ".join(f"{', '.join(k[:-1])} and {k[-1]}" for k in _KEYS[kind])
            raise AcceptedError(f"{where}: give it the keys {names}, each with a text.")
        yield where, entry
