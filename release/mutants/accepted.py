"""``mutants.toml`` of a staff folder comes in; the mutants that staff accept, with reasons, go out.

Not every change makes an answer wrong, and not every wrong one can be told from a right one. What
staff have looked at stands in the file, so that only new survivors are shown::

    [[accepted]]
    mutant = "3fa9c1d2e0"        # as the table names it; it stays while its lines do
    reason = "any learning rate that reaches the accuracy is right"
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping

from autograder.model.errors import UserError
from autograder.model.manifest import Assignment

FILE = "mutants.toml"
_KEYS = {"mutant", "reason"}


class AcceptedError(UserError):
    """``mutants.toml`` is wrong; the text names the entry."""


def accepted_mutants(assignment: Assignment) -> Mapping[str, str]:
    """The reason for each mutant that staff accept, by its id.

    Raises:
        AcceptedError: it is no TOML, or an entry has other keys or an empty reason.
    """
    path = assignment.folder / FILE
    if not path.is_file():
        return {}
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AcceptedError(f"{path}: this is not valid TOML: {error}; mend that line.") from None
    if unknown := sorted(set(tree) - {"accepted"}):
        raise AcceptedError(f"{path}: {unknown[0]} is unknown; only [[accepted]] may stand here.")
    found: dict[str, str] = {}
    for number, entry in enumerate(tree.get("accepted", []), start=1):
        where = f"{path}, accepted {number}"
        if set(entry) != _KEYS or not all(isinstance(v, str) and v.strip() for v in entry.values()):
            raise AcceptedError(f"{where}: give it the keys mutant and reason, each with a text.")
        if entry["mutant"] in found:
            raise AcceptedError(f"{where}: {entry['mutant']} stands there twice; take one out.")
        found[entry["mutant"]] = entry["reason"]
    return found
