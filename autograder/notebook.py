"""The bytes of a notebook come in, its cells as plain Python and aligned to the template go out.

Read leniently, without nbformat: a notebook whose outputs or metadata break the format's rules
still holds a student's answer. Any format from 3 to 4.5 is taken. A plain Python module counts as a
notebook of one cell.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from autograder.errors import UserError
from autograder.spans import Edit, Source

#: The id of the one cell that a plain Python module is read as.
MODULE_CELL = "module"
MAX_CELLS = 5_000
MAX_CELL_CHARACTERS = 1_000_000
MAX_PAIRS = 250_000

#: Cell magics whose body runs as Python in the notebook's own namespace.
BODY_RUNS = {"time", "capture", "prun", "wandb"}
#: Line magics whose argument runs as a statement in the notebook's own namespace.
STATEMENT_RUNS = {"time", "prun"}


class NotebookError(UserError):
    """A file that is no notebook; the text says what was found and how to hand in a good one."""


@dataclass(frozen=True)
class Cell:
    """One cell: its number as the student counts (from 1), its id if it has one, kind and text."""

    number: int
    id: str | None
    kind: str
    source: str

    @cached_property
    def python(self) -> str:
        """The cell as plain Python with the same line numbers; magics and shell lines do nothing.

        Raises:
            SyntaxError: the cell is no Python even so.
        """
        return python_source(self.source) if self.kind == "code" else ""

    @cached_property
    def comments(self) -> frozenset[str]:
        """The comment lines of two words or more, in one spelling: the text of the banner."""
        lines = (line.strip().strip("#").strip() for line in _comment_lines(self.source))
        words = (re.findall(r"\w+", line.lower()) for line in lines)
        return frozenset(" ".join(line) for line in words if len(line) > 1)

    @cached_property
    def lines(self) -> frozenset[str]:
        """The cell's lines without white space at both ends, empty ones left out."""
        return frozenset(line.strip() for line in self.source.splitlines() if line.strip())


@dataclass(frozen=True)
class Notebook:
    """A notebook's name and cells."""

    name: str
    cells: tuple[Cell, ...]


# --- reading ------------------------------------------------------------------------------------


def parse(data: bytes, name: str) -> Notebook:
    """Read a notebook of format 3 or 4, or a Python module, told by its name.

    Raises:
        NotebookError: it is not JSON, or JSON without cells; or a module that is not UTF-8.
    """
    if name.lower().endswith(".py"):
        return _parse_module(data, name)
    return Notebook(name, tuple(_cells(raw_cells(data, name))))


def raw_cells(data: bytes, name: str) -> list[Any]:
    """The cells of a notebook as its JSON has them; cell N of `parse` is the one at N - 1.

    Raises:
        NotebookError: it is not JSON, or JSON without cells.
    """
    try:
        # Whole numbers as floats: no cell needs one, and Python refuses those of 4,300 digits.
        tree = json.loads(data.decode("utf-8-sig"), parse_int=float)
    except json.JSONDecodeError as error:
        raise NotebookError(
            f"{name}: this is not a notebook, its text breaks at line {error.lineno}, column "
            f"{error.colno}; download the notebook again as .ipynb and hand that in."
        ) from None
    except (UnicodeDecodeError, ValueError, RecursionError, MemoryError):
        raise NotebookError(
            f"{name}: this is not a notebook, it cannot be read as JSON text; download the "
            "notebook again as .ipynb and hand that in."
        ) from None
    cells = _cells_of(tree)
    if cells is None:
        raise NotebookError(
            f"{name}: this file holds no notebook cells; download the notebook again as .ipynb "
            "and hand that in."
        )
    return cells


def _parse_module(data: bytes, name: str) -> Notebook:
    try:
        source = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotebookError(
            f"{name}: this file is not text in UTF-8, its byte {error.start} is none; save it as "
            "UTF-8 and hand it in again."
        ) from None
    source = source[:MAX_CELL_CHARACTERS].replace("\r\n", "\n").replace("\r", "\n")
    return Notebook(name, (Cell(1, MODULE_CELL, "code", source),))


def _cells_of(tree: Any) -> list[Any] | None:
    if not isinstance(tree, dict):
        return None
    cells = tree.get("cells")
    if cells is None and isinstance(tree.get("worksheets"), list):  # format 3
        sheets = [sheet for sheet in tree["worksheets"] if isinstance(sheet, dict)]
        lists = [sheet["cells"] for sheet in sheets if isinstance(sheet.get("cells"), list)]
        cells = [cell for cells in lists for cell in cells]
    return cells if isinstance(cells, list) else None


def _cells(raw: list[Any]) -> Iterator[Cell]:
    for number, cell in enumerate(raw[:MAX_CELLS], start=1):
        if not isinstance(cell, dict):
            continue
        source = cell.get("source", cell.get("input", ""))
        if isinstance(source, list):
            source = "".join(line for line in source if isinstance(line, str))
        if not isinstance(source, str):
            source = ""
        source = _encodable(source[:MAX_CELL_CHARACTERS])
        metadata = cell.get("metadata")
        # Colab drops the format's own id but keeps its own in the metadata, so that one counts.
        colab = metadata.get("id") if isinstance(metadata, dict) else None
        identifier = colab if isinstance(colab, str) else cell.get("id")
        kind = cell.get("cell_type")
        yield Cell(
            number,
            _encodable(identifier) if isinstance(identifier, str) and identifier else None,
            kind if isinstance(kind, str) else "",
            source.replace("\r\n", "\n").replace("\r", "\n"),
        )


def _encodable(text: str) -> str:
    """Text without lone surrogates, which JSON may hold but nothing further on can encode."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _comment_lines(source: str) -> Iterator[str]:
    return (line for line in source.splitlines() if line.lstrip().startswith("#"))


# --- magics -------------------------------------------------------------------------------------


def python_source(source: str) -> str:
    """A cell's text as plain Python on the same lines; what only a shell or IPython runs is None.

    Raises:
        SyntaxError: the text is neither Python nor IPython's extension of it.
    """
    try:
        tree = parse_python(source)
    except SyntaxError:
        source = _without_cell_magic(source)
        source = _transformed(source)
        tree = parse_python(source)
    if "get_ipython" not in source:
        return source
    edits = list(_magic_edits(tree))
    return Source(source).whole(edits) if edits else source


def parse_python(source: str) -> ast.Module:
    """``ast.parse`` for text of any origin: every refusal is a SyntaxError, warnings are silent."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source)
        except (ValueError, RecursionError, MemoryError) as error:
            raise SyntaxError(f"the code is too deeply nested or unreadable: {error}") from None


def _transformed(source: str) -> str:
    if not source.strip():
        return source
    # Imported here: only a cell that is no plain Python needs it.
    from IPython.core.inputtransformer2 import TransformerManager

    manager = TransformerManager()  # type: ignore[no-untyped-call]
    manager.token_transformers = [_keeping_lines(t) for t in manager.token_transformers]
    try:
        transformed = str(manager.transform_cell(source))
    except SyntaxError:
        raise
    except Exception as error:
        raise SyntaxError(f"the code cannot be read: {error}") from None
    # IPython takes leading empty lines away; with them back, line numbers stay the student's.
    transformed = "\n" * _leading_newlines(source) + transformed
    return transformed if source.endswith("\n") else transformed.removesuffix("\n")


def _keeping_lines(transformer: Any) -> Any:
    """IPython's transformer, with the lines that it joins at a backslash made up for behind."""

    def transform(self: Any, lines: list[str]) -> list[str]:
        new: list[str] = transformer.transform(self, lines)
        behind = self.start_line + 1
        return [*new[:behind], *["\n"] * (len(lines) - len(new)), *new[behind:]]

    return type("KeepingLines", (transformer,), {"transform": transform})


def _leading_newlines(source: str) -> int:
    return source[: len(source) - len(source.lstrip())].count("\n")


def _without_cell_magic(source: str) -> str:
    """The body behind cell magics, or empty lines where another program would run it."""
    head = ""
    while magic := re.match(r"(\s*)%%(\w+).*", source):
        if magic[2] not in BODY_RUNS:
            return head + "\n" * source.count("\n")
        head += f"{magic[1]}None"
        source = source[magic.end() :]
    return head + source


def _magic_edits(tree: ast.Module) -> Iterator[Edit]:
    """Edits that take out each call on ``get_ipython()``, the outermost where they are nested."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Call) and _is_shell_call(node):
            yield Edit(node, _magic_text(node, alone=False))
        elif isinstance(node, ast.Expr) and _is_shell_call(node.value):
            yield Edit(node, _magic_text(node.value, alone=True))
        else:
            pending.extend(ast.iter_child_nodes(node))


def _is_shell_call(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Call)
        and isinstance(node.func.value.func, ast.Name)
        and node.func.value.func.id == "get_ipython"
    )


def _magic_text(node: ast.AST, *, alone: bool) -> str:
    """What a call on ``get_ipython()`` comes to; ``alone``: as a statement of its own."""
    assert isinstance(node, ast.Call)
    assert isinstance(node.func, ast.Attribute)
    if node.func.attr == "getoutput":
        return "[]"
    arguments = [a.value if isinstance(a, ast.Constant) else None for a in node.args]
    if node.func.attr == "run_line_magic" and len(arguments) == 2:
        name, statement = arguments
        if name in STATEMENT_RUNS and isinstance(statement, str):
            return _one_line(statement, alone=alone) or "None"
    return "None"


def _one_line(statement: str, *, alone: bool) -> str:
    """The statement on one line and without comments; empty where that cannot be."""
    try:
        body = parse_python(statement).body
        simple = all(isinstance(part, ast.Expr) or (alone and _is_simple(part)) for part in body)
        text = "; ".join(ast.unparse(part) for part in body) if simple else ""
    except (SyntaxError, RecursionError):
        return ""
    return text if "\n" not in text and (alone or len(body) == 1) else ""


def _is_simple(node: ast.stmt) -> bool:
    return not isinstance(getattr(node, "body", None), list) and not isinstance(node, ast.Match)


# --- alignment ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Alignment:
    """Which of the student's cells stands for which cell of the template (positions from 0)."""

    student: Notebook
    template: Notebook
    pairs: dict[int, int] = field(default_factory=dict)

    @cached_property
    def quality(self) -> float:
        """The share of the template's code cells that were found, from 0 to 1."""
        code = [n for n, cell in enumerate(self.template.cells) if cell.kind == "code"]
        return sum(n in self.pairs for n in code) / max(len(code), 1)

    def cell_at(self, anchor: str) -> Cell | None:
        """The student's cell that stands for the template cell ``anchor``, if it is still there."""
        place = next((n for n, c in enumerate(self.template.cells) if c.id == anchor), -1)
        return self.student.cells[self.pairs[place]] if place in self.pairs else None

    def up_to(self, anchor: str) -> tuple[Cell, ...]:
        """The student's cells down to the answer at ``anchor``, cells added behind it included.

        They end where the next code cell of the template begins. An anchor cell that the student
        deleted is taken to lie behind its nearest predecessor that is still there.

        Raises:
            KeyError: the template has no such cell.
        """
        position = next((n for n, c in enumerate(self.template.cells) if c.id == anchor), None)
        if position is None:
            raise KeyError(anchor)
        earlier = [place for n, place in self.pairs.items() if n < position]
        here = self.pairs.get(position, max(earlier, default=-1))
        later = [
            place
            for n, place in self.pairs.items()
            if n > position and place > here and self.template.cells[n].kind == "code"
        ]
        return self.student.cells[: min(later, default=len(self.student.cells))]


def align(student: Notebook, template: Notebook) -> Alignment:
    """Pair the cells: by id, then by the text of their comments, then by order and likeness."""
    pairs: dict[int, int] = {}
    _pair_by_id(student, template, pairs)
    _pair_by_comments(student, template, pairs)
    _pair_by_order(student, template, pairs)
    return Alignment(student, template, pairs)


def _free(cells: Sequence[Cell], taken: Iterable[int]) -> list[int]:
    return sorted(set(range(len(cells))).difference(taken))


def _pair_by_id(student: Notebook, template: Notebook, pairs: dict[int, int]) -> None:
    places: dict[str, list[int]] = {}
    for place, cell in enumerate(student.cells):
        if cell.id is not None:
            places.setdefault(cell.id, []).append(place)
    for position, cell in enumerate(template.cells):
        same = [n for n in places.get(cell.id or "", []) if student.cells[n].kind == cell.kind]
        if same:  # a copied cell keeps its id in some editors: take the one most like it
            pairs[position] = max(same, key=lambda n: _likeness(student.cells[n], cell))


def _pair_by_comments(student: Notebook, template: Notebook, pairs: dict[int, int]) -> None:
    """Pair cells that share most comment lines; where several do, by the order of the pairs found.

    Questions that ask for the same thing have the same banner, so texts that stand in one cell
    only are paired first; they tell where the others belong.
    """
    places = [n for n in _free(student.cells, pairs.values()) if student.cells[n].kind == "code"]
    candidates: list[tuple[float, int, int]] = []
    for position in _free(template.cells, pairs):
        wanted = template.cells[position].comments
        if template.cells[position].kind == "code" and wanted:
            shares = [(len(wanted & student.cells[n].comments) / len(wanted), n) for n in places]
            candidates += [(share, position, n) for share, n in shares if share >= 0.5]
    positions = Counter(position for _share, position, _place in candidates)
    rivals = Counter(place for _share, _position, place in candidates)
    sure = [c for c in candidates if positions[c[1]] == rivals[c[2]] == 1]
    pairs.update({position: place for _share, position, place in sure})
    known = dict(pairs)
    order = [(-c[0], _crossings(c[1], c[2], known), c[1], c[2]) for c in candidates]
    taken = set(pairs.values())
    for _share, _crossed, position, place in sorted(order):
        if position not in pairs and place not in taken:
            pairs[position] = place
            taken.add(place)


def _crossings(position: int, place: int, pairs: dict[int, int]) -> int:
    """How many of the pairs a further one would stand in another order to."""
    return sum((n < position) != (other < place) for n, other in pairs.items())


def _pair_by_order(student: Notebook, template: Notebook, pairs: dict[int, int]) -> None:
    """Pair what is left by the heaviest common subsequence, weighing pairs by likeness."""
    left = _free(template.cells, pairs)
    right = _free(student.cells, pairs.values())
    if len(left) * len(right) > MAX_PAIRS:
        return  # no honest notebook has so many cells that neither id nor comments tell
    weights = [[_likeness(template.cells[i], student.cells[j]) for j in right] for i in left]
    best = [[0.0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i in reversed(range(len(left))):
        for j in reversed(range(len(right))):
            paired = weights[i][j] + best[i + 1][j + 1] if weights[i][j] else 0.0
            best[i][j] = max(best[i + 1][j], best[i][j + 1], paired)
    i = j = 0
    while i < len(left) and j < len(right):
        if weights[i][j] and best[i][j] == weights[i][j] + best[i + 1][j + 1]:
            pairs[left[i]] = right[j]
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1


def _likeness(one: Cell, other: Cell) -> float:
    """The share of lines that two cells have in common; 0 below a third, or for unequal kinds."""
    if one.kind != other.kind:
        return 0.0
    union = one.lines | other.lines
    share = len(one.lines & other.lines) / len(union) if union else 0.0
    return share if share >= 1 / 3 else 0.0
