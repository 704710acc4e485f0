"""A notebook's cells come in; what a name means to a test at a certain cell goes out."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from importlib.util import find_spec
from pathlib import Path

from autograder.slicing.edits import rewritten
from autograder.slicing.statements import facts_of
from release.importing.model import SourceCell
from release.importing.names import bound_names
from release.markup.source import plain_python

#: Of the builtins, those that a check must not copy: they reach into the notebook or the machine.
BARRED = frozenset(
    "input exec eval globals locals vars open compile breakpoint exit quit __import__".split()
)
#: Attributes whose call gives another value each time, or reads a file.
_IMPURE = frozenset(
    "random randn rand randint choice shuffle permutation normal uniform default_rng seed "
    "manual_seed load loadtxt genfromtxt read_csv read_json read_text read_bytes fromfile open "
    "urlopen get_ipython time now".split()
)


#: Names that a notebook has without binding them.
_OF_IPYTHON = frozenset({"get_ipython", "display", "In", "Out", "_"})


class Meaning(Enum):
    """What a free name of a test stands for."""

    IMPORT = "import"
    COPY = "copy"  # a definition that the staff gave, and that a check may hold itself
    ASKED = "asked"  # of the student's notebook
    BUILTIN = "builtin"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Named:
    """A name's meaning.

    Attributes:
        cell: where an asked name is bound, its number in the notebook.
        form: of an asked name, what binds it.
        given: an asked name that is bound in no answer.
        why: of an unknown name.
    """

    meaning: Meaning
    cell: int = 0
    form: type[ast.AST] = ast.Name
    given: bool = False
    why: str = ""
    imports: tuple[str, ...] = ()
    copies: dict[str, str] = field(default_factory=dict)


_DEFINITION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class _Binding:
    cell: int
    node: ast.stmt
    answer: bool
    uses: frozenset[str]


def statements(source: str) -> Sequence[ast.stmt]:
    """The statements of a cell; none where it is no Python."""
    python = plain_python(source) if source else None
    return ast.parse(python).body if python else ()


def importable(module: str) -> bool:
    """Whether a module can be imported here; one of its top level is enough to say no."""
    try:
        return find_spec(module.partition(".")[0]) is not None
    except (ImportError, ValueError):
        return False


class Surroundings:
    """All that a notebook binds at its top level, by name, in order."""

    def __init__(self, cells: Sequence[SourceCell], own: frozenset[str] = frozenset()) -> None:
        self._own = own
        self._answers = [cell.number for cell in cells if cell.answer]
        self._bindings: dict[str, list[_Binding]] = {}
        self._imports: dict[str, ast.stmt] = {}
        self._tests: dict[str, list[tuple[int, ast.stmt]]] = {}
        self.modules: dict[str, None] = {}
        self.stars: list[str] = []
        for cell in cells:
            for node in statements(cell.source):
                self._add(node, cell)
            for node in statements(cell.test):
                for name in bound_names(node) if not isinstance(node, ast.Expr) else ():
                    self._tests.setdefault(name, []).append((cell.number, node))

    def meaning(self, name: str, at: int, *, copies: bool = True) -> Named:
        """What `name` means to a test in the cell `at`.

        Args:
            copies: a check may hold given definitions itself.
        """
        above = [b for b in self._bindings.get(name, ()) if b.cell < at]
        answers = [binding for binding in above if binding.answer]
        if answers:
            return _asked(above[-1], given=False)
        if name in self._imports:
            return self._imported(name)
        if above:
            return self._given(name, above, at) if copies else _asked(above[-1], given=True)
        if name in vars(builtins) and name not in BARRED:
            return Named(Meaning.BUILTIN)
        node = self.in_tests(name, at)
        if isinstance(node, ast.Import | ast.ImportFrom) and not getattr(node, "level", 0):
            return Named(Meaning.IMPORT, imports=(ast.unparse(node),))
        given = [cell for cell in self._answers if cell < at]
        if given and node is None and not self.stars and name not in BARRED | _OF_IPYTHON:
            # The solution lacks it, or its cell is no Python: a student is to bind it above.
            return Named(Meaning.ASKED, max(given))
        return Named(Meaning.UNKNOWN, why=self._unknown(name))

    def solution(self, name: str, at: int) -> Named | None:
        """What a name stands for in the solution, as a check can hold it; None if it cannot."""
        if name in self._bindings:
            return self._copied(name, at, (), answers=True) or self._data(name, at)
        return self._part(name, at, ())

    def _data(self, name: str, at: int) -> Named | None:
        """Given data, which the solution has as every student has."""
        above = [b for b in self._bindings[name] if b.cell < at]
        if not above or any(b.answer or isinstance(b.node, _DEFINITION) for b in above):
            return None
        return _asked(above[-1], given=True)

    def importable(self, module: str) -> bool:
        """Whether a check can import a module: one that is installed, or the assignment's own."""
        return module.partition(".")[0] in self._own or importable(module)

    def last_cell(self, name: str, at: int) -> int:
        """The last cell above `at` that binds a name; 0 if none does."""
        return max((b.cell for b in self._bindings.get(name, ()) if b.cell < at), default=0)

    def in_tests(self, name: str, at: int) -> ast.stmt | None:
        """What binds a name in a cell of tests above `at`, which students may not see."""
        above = [node for cell, node in self._tests.get(name, ()) if cell < at]
        return above[-1] if above else None

    def import_text(self, name: str) -> str | None:
        """The statement that the notebook imports a name with, whether it works here or not."""
        node = self._imports.get(name)
        return None if node is None else ast.unparse(node)

    def bound_in(self, cell: int) -> frozenset[str]:
        """The names that a cell binds."""
        found = self._bindings.items()
        return frozenset(name for name, each in found if any(b.cell == cell for b in each))

    def _add(self, node: ast.stmt, cell: SourceCell) -> None:
        if isinstance(node, ast.Import | ast.ImportFrom):
            self._add_import(node)
            return
        for inner in ast.walk(node):
            nested = isinstance(inner, ast.Import | ast.ImportFrom)
            if nested and not isinstance(node, ast.FunctionDef | ast.ClassDef):
                self._add_import(inner)
        facts = facts_of(node)
        uses = facts.uses | facts.deferred
        for name in facts.binds | facts.touched:
            binding = _Binding(cell.number, node, bool(cell.answer), uses)
            self._bindings.setdefault(name, []).append(binding)

    def _add_import(self, node: ast.AST) -> None:
        assert isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names:
            one: ast.stmt
            if isinstance(node, ast.Import):
                one = ast.Import([alias])
                self.modules.setdefault(alias.name)
            else:
                one = ast.ImportFrom(node.module, [alias], node.level)
                self.modules.update(dict.fromkeys(_modules_of(node, alias)))
            if alias.name == "*":
                self.stars.append(getattr(node, "module", None) or "?")
            else:
                self._imports[alias.asname or alias.name.partition(".")[0]] = one

    def _imported(self, name: str) -> Named:
        node = self._imports[name]
        relative = isinstance(node, ast.ImportFrom) and bool(node.level)
        module = node.module if isinstance(node, ast.ImportFrom) else _first(node)
        if relative or not self.importable(module or ""):
            return Named(
                Meaning.UNKNOWN, why=f"`{ast.unparse(node)}` cannot be imported on this machine"
            )
        return Named(Meaning.IMPORT, imports=(ast.unparse(node),))

    def _given(self, name: str, above: Sequence[_Binding], at: int) -> Named:
        copied = self._copied(name, at, ())
        if copied is not None:
            return copied
        return _asked(above[-1], given=True)

    def _copied(
        self, name: str, at: int, above: tuple[str, ...], *, answers: bool = False
    ) -> Named | None:
        """A definition with all that it uses, or None if it may differ from time to time."""
        bindings = [b for b in self._bindings.get(name, ()) if b.cell < at]
        if answers and all(isinstance(each.node, ast.FunctionDef) for each in bindings):
            bindings = bindings[-1:]  # the last one counts
        if len(bindings) != 1 or not _is_pure(bindings[0].node):
            return None
        if bindings[0].answer and not answers:
            return None
        imports: dict[str, None] = {}
        copies: dict[str, str] = {}
        for used in sorted(bindings[0].uses - {name, *above}):
            part = self._part(used, at, (*above, name), answers=answers)
            if part is None:
                return None
            imports.update(dict.fromkeys(part.imports))
            copies.update(part.copies)
        if not (text := rewritten(bindings[0].node)):
            return None
        copies[name] = text
        return Named(Meaning.COPY, imports=tuple(imports), copies=copies)

    def _part(
        self, name: str, at: int, above: tuple[str, ...], *, answers: bool = False
    ) -> Named | None:
        if name in self._bindings:
            return self._copied(name, at, above, answers=answers)
        named = self.meaning(name, at)
        return named if named.meaning in (Meaning.IMPORT, Meaning.BUILTIN) else None

    def _unknown(self, name: str) -> str:
        if name in BARRED:
            return f"`{name}` has no place in a check"
        if name in self._bindings:
            return f"`{name}` is bound only below the test"
        if self.stars:
            return f"`{name}` may come from `from {self.stars[0]} import *`"
        return f"`{name}` is bound nowhere in the notebook"


def _asked(binding: _Binding, *, given: bool) -> Named:
    node = binding.node
    form: type[ast.AST] = type(node)
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
        form = ast.FunctionDef
    return Named(Meaning.ASKED, binding.cell, form, given)


def _first(node: ast.stmt) -> str:
    return node.names[0].name if isinstance(node, ast.Import) else ""


def _modules_of(node: ast.ImportFrom, alias: ast.alias) -> Iterator[str]:
    """`from a import b` names the module `a`, and `a.b` if that is one."""
    if node.level or not node.module:
        return
    yield node.module
    top, *parts = [*node.module.split("."), alias.name]
    if not importable(top):
        return
    # Looked for in the folders: asking the import system would import the packages above it.
    spec = find_spec(top)
    for folder in (spec and spec.submodule_search_locations) or ():
        path = Path(folder, *parts)
        if path.with_suffix(".py").is_file() or (path / "__init__.py").is_file():
            yield f"{node.module}.{alias.name}"
            return


def _is_pure(node: ast.stmt) -> bool:
    """Whether running it anywhere gives the same: a definition, or a value made of such."""
    simple = isinstance(node, ast.Assign) and all(isinstance(t, ast.Name) for t in node.targets)
    if not simple and not isinstance(node, ast.FunctionDef):
        return False
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute) and inner.attr in _IMPURE:
            return False
        if isinstance(inner, ast.Name) and (inner.id in BARRED or inner.id in _IMPURE):
            return False
        if isinstance(inner, ast.Global | ast.Nonlocal):
            return False
    return True


def is_standard(module: str) -> bool:
    """Whether it comes with Python."""
    return module.partition(".")[0] in sys.stdlib_module_names
