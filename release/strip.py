"""A solved notebook comes in, the template that students receive goes out: a stub for each answer.

The template holds nothing that a run or an editor added: no outputs, no counts, no metadata but
the kernel's name, the cells' ids and tags. The same notebook gives the same bytes, and a template
is its own template.
"""

import ast
import copy
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import nbformat
from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from autograder.errors import UserError
from release.regions import Place, Region, find_regions
from release.source import plain_python

_IPYTHON = TransformerManager()  # type: ignore[no-untyped-call]
_NO_STUBS: Mapping[str, str] = MappingProxyType({})
_CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")  # as in nbformat's schema
_NOTEBOOK_METADATA = {
    "kernelspec": ("name", "display_name", "language"),
    "language_info": ("name",),
}


class StripError(UserError):
    """A notebook that has no template; names the file, the cell, the finding and the remedy."""


@dataclass(frozen=True)
class _Job:
    file: str
    stubs: Mapping[str, str]


def strip_notebook(
    solved: NotebookNode, *, file: str, stubs: Mapping[str, str] = _NO_STUBS
) -> NotebookNode:
    """Make the template of a solved notebook, which is not changed.

    Args:
        solved: a notebook of nbformat 4, as `release.source.read_source` returns it.
        file: what errors call the notebook.
        stubs: by the id that a cell has in the source, the stub for each of its regions.

    Raises:
        MarkerError: a TODO box is broken.
        StripError: a solved or stripped cell is not Python, an id is invalid or used twice, or a
            stub belongs to no cell with a region.
    """
    template = copy.deepcopy(solved)
    for step in _PIPELINE:
        step(template, _Job(file, stubs))
    return template


def stripped_source(source: str, place: Place, stub: str | None = None) -> str:
    """Replace each answer of a code cell by `stub`, or by what the code below it needs."""
    _check_python(source, place, "the solved cell", "correct it")
    regions = find_regions(source, place)
    python = plain_python(source)
    lines = source.split("\n")
    for region in reversed(regions):
        own = _default_stub(python, region, regions) if stub is None else stub.rstrip("\n")
        answer = [region.indent + line if line.strip() else "" for line in own.split("\n")]
        lines[region.start : region.end] = answer
    stripped = "\n".join(lines)
    _check_python(stripped, place, "the stripped cell", "give the cell a stub that fits there")
    return stripped


def _check_python(source: str, place: Place, what: str, remedy: str) -> None:
    try:
        ast.parse(_IPYTHON.transform_cell(source))
    except (SyntaxError, ValueError) as error:
        blank = len(source) - len(source.lstrip())  # the transformer drops blank lines at the top
        line = (getattr(error, "lineno", None) or 1) + source[:blank].count("\n")
        finding = getattr(error, "msg", str(error))
        raise StripError(
            f"{place.file}, cell {place.cell}, line {line}: "
            f"found {what} not to be Python ({finding}); {remedy}."
        ) from error


def _replace_answers(notebook: NotebookNode, job: _Job) -> None:
    unused = set(job.stubs)
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type != "code":
            continue
        place = Place(job.file, number)
        given = _explicit_id(cell)
        stub = job.stubs.get(given) if isinstance(given, str) else None
        if stub is not None and find_regions(cell.source, place):
            unused.discard(given)
        cell.source = stripped_source(cell.source, place, stub)
    if unused:
        raise StripError(
            f"{job.file}: found stubs for {', '.join(sorted(unused))}, "
            "but no code cell with that id and a TODO box; correct the id or drop the stub."
        )


def _clear_outputs(notebook: NotebookNode, _job: _Job) -> None:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
            cell.execution_count = None


def _keep_student_metadata(notebook: NotebookNode, _job: _Job) -> None:
    fields = _NOTEBOOK_METADATA.items()
    kept = {key: _only(notebook.metadata.get(key, {}), names) for key, names in fields}
    notebook.metadata = _only(kept, [key for key, value in kept.items() if value])
    for cell in notebook.cells:
        cell.metadata = _only(cell.metadata, ("id", "tags"))


def _only(mapping: Mapping[str, Any], keys: Sequence[str]) -> NotebookNode:
    kept = {key: mapping[key] for key in keys if key in mapping}
    return NotebookNode(kept)  # type: ignore[no-untyped-call]


def _give_ids(notebook: NotebookNode, job: _Job) -> None:
    """Give each cell its explicit id, else one made from what students see of the cell anyway."""
    seen: Counter[tuple[str, str]] = Counter()
    owners: dict[str, int] = {}
    for number, cell in enumerate(notebook.cells, start=1):
        key = (cell.cell_type, cell.source)
        seen[key] += 1
        given = _explicit_id(cell)
        cell_id = _derived_id(*key, seen[key]) if given is None else given
        found = f"{job.file}, cell {number}: found the id {cell_id!r}"
        if not isinstance(cell_id, str) or not _CELL_ID.fullmatch(cell_id):
            raise StripError(f"{found}; use 1 to 64 letters, digits, - and _.")
        if cell_id in owners:
            raise StripError(f"{found}, as cell {owners[cell_id]} has; give it another one.")
        owners[cell_id] = number
        # Colab drops nbformat's id but keeps the metadata's.
        cell.id = cell.metadata.id = cell_id


def _explicit_id(cell: NotebookNode) -> object:
    return cell.metadata.get("id", cell.get("id"))


def _derived_id(cell_type: str, source: str, occurrence: int) -> str:
    text = f"{cell_type}\0{source}\0{occurrence}"
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _validate(notebook: NotebookNode, job: _Job) -> None:
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        finding = str(error).partition("\n")[0]
        raise StripError(
            f"{job.file}: found an invalid notebook ({finding}); correct its cells' metadata."
        ) from error


_PIPELINE: tuple[Callable[[NotebookNode, _Job], None], ...] = (
    _replace_answers,
    _clear_outputs,
    _keep_student_metadata,
    _give_ids,
    _validate,
)


def _default_stub(python: str | None, region: Region, regions: Sequence[Region]) -> str:
    """Give the names that the answer binds and the code below it reads, else an ellipsis."""
    names = _names_needed(python, region, regions) if python is not None else []
    return "\n".join(f"{name} = None  # your code" for name in names) or "...  # your code"


def _names_needed(python: str, region: Region, regions: Sequence[Region]) -> list[str]:
    answers = {line for each in regions for line in range(each.start + 1, each.end + 1)}
    below = frozenset(range(region.end + 1, python.count("\n") + 2)) - answers
    flow = _Flow(range(region.start + 1, region.end + 1), below)
    for statement in _scope_of(region, ast.parse(python)):
        flow.visit(statement)
    return [name for name in flow.bound if name in flow.read]


def _scope_of(region: Region, module: ast.Module) -> list[ast.stmt]:
    """Return the body of the innermost function or class around the region, or the module's."""
    body = module.body
    for node in ast.walk(module):  # from the outside in
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            last = node.end_lineno or node.lineno
            if node.lineno <= region.start < last:
                body = node.body
    return body


class _Flow(ast.NodeVisitor):
    """Follows one scope in order: what the answer binds, what the code below reads from above.

    A name that the code below has bound again is its own from there on; what one branch binds
    may be unbound after it.
    """

    def __init__(self, answer: range, below: frozenset[int]) -> None:
        self.bound: dict[str, None] = {}  # in order of first binding
        self.read: set[str] = set()
        self._answer = answer
        self._below = below
        self._own: frozenset[str] = frozenset()
        self._nested = 0

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self._bind(node.id, node)
        elif node.lineno in self._below and node.id not in self._own:
            self.read.add(node.id)

    def visit_Assign(self, node: ast.Assign) -> None:
        self._visit_all([node.value, *node.targets])

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._visit_all([node.annotation, *([node.value, node.target] if node.value else [])])

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        # It needs a name that is bound already, so that the answer is not what binds it.
        target = node.target
        if isinstance(target, ast.Name):
            target = ast.copy_location(ast.Name(target.id, ast.Load()), target)
        self._visit_all([node.value, target])

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self._visit_all([node.value, node.target])

    def visit_alias(self, node: ast.alias) -> None:
        self._bind(node.asname or node.name.partition(".")[0], node)

    def visit_If(self, node: ast.If | ast.While) -> None:
        self.visit(node.test)
        self._visit_branches(node.body, node.orelse)

    visit_While = visit_If

    def visit_For(self, node: ast.For) -> None:
        self._visit_all([node.iter, node.target])
        self._visit_branches(node.body, node.orelse)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._visit_all([*node.decorator_list, *node.args.defaults])
        self._bind(node.name, node)
        self._visit_nested(node)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._bind(node.name, node)
        self._nested += 1
        self.generic_visit(node)
        self._nested -= 1

    def _visit_nested(self, node: ast.AST) -> None:
        """Visit a scope of its own, whose parameters and variables hide those around it."""
        around, inside = self._own, list(ast.walk(node))
        names = [each for each in inside if isinstance(each, ast.Name)]
        self._own |= {each.id for each in names if isinstance(each.ctx, ast.Store)}
        self._own |= {each.arg for each in inside if isinstance(each, ast.arg)}
        self._nested += 1
        self.generic_visit(node)
        self._nested -= 1
        self._own = around

    visit_Lambda = visit_ListComp = visit_SetComp = _visit_nested
    visit_DictComp = visit_GeneratorExp = _visit_nested

    def _visit_branches(self, *branches: Sequence[ast.AST]) -> None:
        around = self._own
        for branch in branches:
            self._visit_all(branch)
            self._own = around

    def _visit_all(self, nodes: Sequence[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def _bind(self, name: str, node: ast.Name | ast.alias | ast.stmt) -> None:
        if self._nested:
            return
        if node.lineno in self._answer:
            self.bound.setdefault(name)
        elif node.lineno in self._below:
            self._own |= {name}
