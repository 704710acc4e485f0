"""A small function of a check module comes in; source that runs beside the student's code goes out.

Some things can be asked only where the object is: how many parameters a network has, what its
gradients are. A probe asks them there. It is sent as text, and the student's process can read it
and change what it returns; so it holds no expected value, and what it returns is judged here.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import itertools
import linecache
import symtable
import sys
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from autograder.slicing.astnodes import bound_name
from autograder.slicing.statements import symbols

#: What runs checks is not there for probes.
_REFUSED = frozenset({"autograder", "gradescope_utils", "pytest"})
_BUILTINS = frozenset(dir(builtins)) | {"__name__"}
_MARK = "probe"


class Probe:
    """A function that can be sent over.

    Attributes:
        name: its name.
        source: a program that defines it, each line where it is in the check's file.
    """

    def __init__(self, function: Callable[..., Any], name: str, source: str) -> None:
        self._function = function
        self.name = name
        self.source = source

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Run it here, on objects of the check's own."""
        return self._function(*args, **kwargs)


def probe(function: Callable[..., Any]) -> Probe:
    """Mark a function of a check module as one that runs beside the student's code.

    It may use its parameters, what it defines itself, builtins and what its file imports.

    Raises:
        SyntaxError: it uses anything else, or is no plain function at the top of its file.
    """
    file = Path(inspect.getfile(function))
    lines, first = inspect.getsourcelines(function)
    text = textwrap.dedent("".join(lines))
    node = ast.parse(text).body[0]
    at = _Place(file, first)
    if not isinstance(node, ast.FunctionDef) or function.__qualname__ != function.__name__:
        raise at.error(1, "a probe is a plain function at the top of its file")
    if len(node.decorator_list) != 1:
        raise at.error(
            1, f"the probe `{node.name}` has other decorators, which cannot be sent over"
        )
    imports = _imports(file)
    used = []
    for name in sorted(_free_names(text, node)):
        line = _line_of(node, name)
        if name not in imports:
            raise at.error(
                line,
                f"the probe `{node.name}` uses `{name}`, which is not there where it runs; a probe "
                "may use its parameters, what it defines itself and what its file imports",
            )
        statement, module = imports[name]
        if (why := _refused(module, file)) is not None:
            raise at.error(line, f"the probe `{node.name}` uses `{name}`, {why}")
        used.append(statement)
    skipped = node.lineno - 1  # the decorator's lines
    body = "".join(StringIO(text).readlines()[skipped:])
    head = "; ".join(["from __future__ import annotations", *used])
    # Imports share the first line: then all others are where they are in the check's file.
    return Probe(function, node.name, f"{head}{chr(10) * (first + skipped - 1)}{body}")


@dataclass(frozen=True)
class _Place:
    file: Path
    first: int

    def error(self, line: int, message: str) -> SyntaxError:
        number = self.first + line - 1
        text = linecache.getline(str(self.file), number)
        return SyntaxError(message, (str(self.file), number, 1, text))


def _free_names(text: str, node: ast.FunctionDef) -> set[str]:
    """The names that a function looks up outside itself; those of annotations do not matter."""
    bare = ast.parse(text).body[0]
    assert isinstance(bare, ast.FunctionDef)
    bare.decorator_list = []
    for part in ast.walk(bare):
        if isinstance(part, ast.arg):
            part.annotation = None
        elif isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
            part.returns = None
        elif isinstance(part, ast.AnnAssign):
            part.annotation = ast.Constant(0)
    table = symbols(bare)
    return set(_globals(table)) - _BUILTINS - {node.name}


def _globals(table: symtable.SymbolTable) -> Iterable[str]:
    outermost = table.get_type() == "module"
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (outermost or symbol.is_global()):
            yield symbol.get_name()
    yield from itertools.chain.from_iterable(map(_globals, table.get_children()))


def _line_of(node: ast.FunctionDef, name: str) -> int:
    found = (n.lineno for n in ast.walk(node) if isinstance(n, ast.Name) and n.id == name)
    return min(found, default=node.lineno)


def _imports(file: Path) -> dict[str, tuple[str, str]]:
    """By name, the statement that a file imports it with, and the module that it comes from."""
    found: dict[str, tuple[str, str]] = {}
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found[bound_name(alias)] = ast.unparse(ast.Import([alias])), alias.name
        elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
            base = "." * node.level + (node.module or "")
            for alias in node.names:
                one = ast.ImportFrom(node.module, [alias], node.level)
                found[bound_name(alias)] = ast.unparse(one), base
    return found


def _refused(module: str, file: Path) -> str | None:
    """Why what comes from a module is not there for probes; None if it is."""
    root = module.split(".", maxsplit=1)[0]
    if root in _REFUSED:
        return f"of `{root}`, which runs the checks and is not there where it runs"
    found = sys.modules.get(module)
    origin = getattr(found, "__file__", None)
    if not root or (origin and Path(origin).resolve().is_relative_to(file.resolve().parent)):
        return "of a module beside the checks, which is not there where it runs"
    return None
