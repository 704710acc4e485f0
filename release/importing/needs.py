"""Translated statements come in; what they need around them, and whether they judge, go out."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

from release.importing.names import bound_names, expects_exception, last_name
from release.importing.surroundings import Named


@dataclass
class Needs:
    """What translated statements ask for and need around them.

    Attributes:
        asked: the wanted names.
        imports: import statements, as text, in order.
        copies: by name, definitions of the notebook, those that others use first.
    """

    asked: dict[str, Named] = field(default_factory=dict)
    imports: dict[str, None] = field(default_factory=dict)
    copies: dict[str, str] = field(default_factory=dict)

    def add(self, other: Needs) -> None:
        """Add what another needs."""
        self.asked.update(other.asked)
        self.imports.update(other.imports)
        self.copies.update(other.copies)


def judges(statements: Sequence[ast.stmt]) -> bool:
    """Whether anything in them can fail by intent."""
    for statement in statements:
        for node in ast.walk(statement):
            if isinstance(node, ast.Assert | ast.Raise):
                return True
            if not isinstance(node, ast.Call):
                continue
            if expects_exception(node) or "assert" in last_name(node.func).lower():
                return True
    return False


def without_idle_imports(statements: Sequence[ast.stmt]) -> list[ast.stmt]:
    """The statements without the imports that served only what was left out."""
    used = {
        node.id
        for statement in statements
        for node in ast.walk(statement)
        if isinstance(node, ast.Name)
    }
    return [
        statement
        for statement in statements
        if not isinstance(statement, ast.Import | ast.ImportFrom) or bound_names(statement) & used
    ]
