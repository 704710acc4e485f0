"""A notebook's cells come in; its statements, and what is known of them as a whole, go out."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache

from autograder.slicing.astnodes import eager_nodes
from autograder.slicing.effects.analysis import SideEffects
from autograder.slicing.library.resources import RANDOM
from autograder.slicing.magics import parse_python
from autograder.slicing.notebook import Cell, Notebook
from autograder.slicing.packages import Packages
from autograder.slicing.scope import imported_paths
from autograder.slicing.statements import StatementFacts, facts_of, with_inner
from autograder.slicing.versions import explained

#: What every notebook has without binding it.
BUILTINS = frozenset(dir(builtins)) | {"get_ipython", "display", "__name__", "__file__"}
#: Builtins by which names come and go that no reading can tell; and those if they get nothing.
_DYNAMIC = frozenset({"exec", "eval", "globals"})
_DYNAMIC_HERE = frozenset({"locals", "vars"})


@dataclass(frozen=True)
class BrokenCell:
    """A cell that is no Python: the line, and what the parser says."""

    cell: int
    line: int
    message: str


@dataclass(frozen=True)
class Placed:
    """A top-level statement and where it stands; ``index`` counts those of all cells."""

    cell: Cell
    facts: StatementFacts
    index: int


class Program:
    """The statements of some cells, to be sliced for any set of names.

    Args:
        packages: what is known of code from outside, and the names that are bound before.
        template: what the notebook was made from, whose imports it may have lost.

    Attributes:
        prebound: the names that are bound before.
        imports: the import statements of the template's top level.
        first_seed: by random state, the index of the first statement that may seed it: before it,
            draws do not count.
    """

    def __init__(self, cells: Sequence[Cell], packages: Packages, template: Notebook) -> None:
        self.placed: list[Placed] = []
        self.broken: list[BrokenCell] = []
        self.prebound = frozenset(packages.prebound)
        self.imports = _imports(template)
        self._packages = packages
        for cell in cells:
            if cell.kind == "code":
                self._read(cell)
        lost = {n: p for f in self.imports for n, p in imported_paths(f.node).items()}
        self.effects = SideEffects((p.facts for p in self.placed), packages, lost=lost)
        self.first_seed = self._first_seeds()

    def _read(self, cell: Cell) -> None:
        try:
            for facts in _statements(cell):
                self.placed.append(Placed(cell, facts, len(self.placed)))
        except SyntaxError as error:
            message = explained(error.msg, cell.source)
            self.broken.append(BrokenCell(cell.number, error.lineno or 1, message))
        except RecursionError:
            self.broken.append(BrokenCell(cell.number, 1, "the code is too deeply nested"))

    def _first_seeds(self) -> dict[str, int]:
        first: dict[str, int] = {}
        for placed in self.placed:
            for inner in with_inner([placed.facts]):
                for state in self.effects.effect(inner.alone).shared.seeds & RANDOM:
                    first.setdefault(state, placed.index)
        return first

    @cached_property
    def dynamic(self) -> bool:
        """Whether names come and go in ways that no reading can tell."""
        bound = self.effects.bound
        return any(not _dynamic_names(placed.facts.node) <= bound for placed in self.placed)

    def lost_at(self, cell: Cell | None) -> set[str]:
        """Names that a cell speaks of which is no Python, and that no cell behind it binds."""
        if cell is None or all(broken.cell != cell.number for broken in self.broken):
            return set()
        behind = (p.facts.binds for p in self.placed if p.cell.number > cell.number)
        return set(re.findall(r"\w+", cell.source)) - set().union(*behind)

    def missing(self, names: Sequence[str]) -> tuple[str, ...]:
        """Those of the names that no statement defines."""
        return tuple(name for name in names if name not in self.effects.bound | self.prebound)

    def only_reads(self, facts: StatementFacts) -> bool:
        """A call that by the assignment's word only reads, and whose result nobody keeps."""
        node = facts.node
        if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
            return False
        path = self.effects.scope.path(node.value.func)
        return path is not None and self._packages.only_reads(path)


@lru_cache(maxsize=4)  # for a question's slice, and for all of its notebook
def read_program(cells: tuple[Cell, ...], packages: Packages, template: Notebook) -> Program:
    """The statements of some cells, which may have been read just before for another slice."""
    return Program(cells, packages, template)


@lru_cache(maxsize=1024)  # the questions of a notebook share most of its cells
def _statements(cell: Cell) -> tuple[StatementFacts, ...]:
    return tuple(facts_of(node) for node in parse_python(cell.python).body)


@lru_cache(maxsize=64)
def _imports(template: Notebook) -> tuple[StatementFacts, ...]:
    found = []
    for cell in template.cells:
        with suppress(SyntaxError, RecursionError):
            nodes = parse_python(cell.python).body if cell.kind == "code" else []
            found += [facts_of(n) for n in nodes if isinstance(n, ast.Import | ast.ImportFrom)]
    return tuple(found)


@lru_cache(maxsize=4096)
def _dynamic_names(node: ast.stmt) -> frozenset[str]:
    """The builtins in a statement by which names come and go that no reading can tell."""
    anywhere = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    calls = [n.func for n in eager_nodes(node) if isinstance(n, ast.Call) and not n.args]
    here = {called.id for called in calls if isinstance(called, ast.Name)}
    return frozenset((anywhere & _DYNAMIC) | (here & _DYNAMIC_HERE))
