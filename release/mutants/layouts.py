"""A solved notebook comes in; the same in other cells, and as other editors save it, goes out."""

from __future__ import annotations

import ast
import copy
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from release.markup.source import plain_python
from release.mutants.regions import AnswerCell
from release.mutants.rewrites import HELPER, only_in_functions, through_helper

Tree = dict[str, Any]
#: The notebook in another layout; None where that would change what it does.
Layout = Callable[[Tree, Sequence[AnswerCell]], Tree | None]


def code_cell(source: str) -> Tree:
    """A cell as a student adds one: nothing tells where it belongs."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": source,
    }


def _rebuilt(tree: Tree, change: Callable[[int, Tree], list[Tree]]) -> Tree:
    cells = [new for n, cell in enumerate(tree["cells"]) for new in change(n, cell)]
    return {**tree, "cells": cells}


def split(tree: Tree, answers: Sequence[AnswerCell]) -> Tree | None:
    """Each answer over two cells."""
    parts = {a.number: found for a in answers if (found := _halves(a)) is not None}

    def change(number: int, cell: Tree) -> list[Tree]:
        if number not in parts:
            return [cell]
        first, second = parts[number]
        return [{**cell, "source": first}, code_cell(second)]

    return _rebuilt(tree, change) if parts else None


def _halves(answer: AnswerCell) -> tuple[str, str] | None:
    """The cell's text, cut between two statements of which the second is in the answer."""
    if answer.text.lstrip().startswith("%%"):
        return None
    lines = answer.text.split("\n")
    body = answer.code.tree.body
    for one, two in reversed(list(pairwise(body))):
        if answer.code.is_inside(two) and one.end_lineno is not None:
            first = two.lineno - 1 - len(getattr(two, "decorator_list", ()))
            if first >= one.end_lineno:
                return "\n".join(lines[:first]), "\n".join(lines[first:])
    return None


def helper_in_cell_above(tree: Tree, answers: Sequence[AnswerCell]) -> Tree | None:
    """Answers use a function of a cell of its own above."""
    return _with_helper(tree, answers, above=True)


def helper_in_cell_below(tree: Tree, answers: Sequence[AnswerCell]) -> Tree | None:
    """Functions use one of a cell below, which is there when they are called."""
    return _with_helper(tree, [a for a in answers if only_in_functions(a.code)], above=False)


def _with_helper(tree: Tree, answers: Sequence[AnswerCell], *, above: bool) -> Tree | None:
    texts = {a.number: text for a in answers if (text := through_helper(a.code)) is not None}

    def change(number: int, cell: Tree) -> list[Tree]:
        if number not in texts:
            return [cell]
        own = {**cell, "source": texts[number]}
        return [code_cell(HELPER), own] if above else [own, code_cell(HELPER)]

    return _rebuilt(tree, change) if texts else None


def merged(tree: Tree, answers: Sequence[AnswerCell]) -> Tree | None:
    """Each answer's cell together with the next cell of code."""
    numbers = {a.number for a in answers}
    cells = [dict(cell) for cell in tree["cells"]]
    gone: set[int] = set()
    for number in sorted(numbers, reverse=True):
        later = (n for n, c in enumerate(cells) if n > number and c["cell_type"] == "code")
        below = next(later, None)
        if below is None or below in numbers or below in gone:
            continue
        text = "".join(cells[below]["source"])
        if not text.lstrip().startswith("%%"):
            cells[number]["source"] = f"{''.join(cells[number]['source'])}\n\n{text}"
            gone.add(below)
    kept = [cell for n, cell in enumerate(cells) if n not in gone]
    return {**tree, "cells": kept} if gone else None


def into_setup(tree: Tree, answers: Sequence[AnswerCell]) -> Tree | None:
    """Answers that are functions or classes, in the cell of the imports."""
    names = {a.number: _defined(a) for a in answers}
    bound = [n for number in names for n in names[number] or ()]
    sources = ["".join(c["source"]) for c in tree["cells"] if c["cell_type"] == "code"]
    moved = [
        a
        for a in answers
        if (own := names[a.number])
        and all(bound.count(n) == 1 and sum(_binds(s, n) for s in sources) == 1 for n in own)
    ]
    at = _imports_at(tree)
    if at is None or not moved or any(a.number <= at for a in moved):
        return None
    texts = "\n\n\n".join(a.text for a in moved)
    numbers = {a.number for a in moved}

    def change(number: int, cell: Tree) -> list[Tree]:
        if number == at:
            return [{**cell, "source": f"{''.join(cell['source'])}\n\n\n{texts}"}]
        return [] if number in numbers else [cell]

    return _rebuilt(tree, change)


def _defined(answer: AnswerCell) -> set[str] | None:
    """What a cell defines, if it does nothing else and needs nothing but imports to do it."""
    found: set[str] = set()
    for node in answer.code.tree.body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.decorator_list:
            return None
        needed = node.bases if isinstance(node, ast.ClassDef) else []
        needed = [*needed, *(node.args.defaults if isinstance(node, ast.FunctionDef) else [])]
        used = {n.id for each in needed for n in ast.walk(each) if isinstance(n, ast.Name)}
        if not used <= set(answer.code.vocabulary.modules):
            return None
        found.add(node.name)
    return found


def _binds(source: str, name: str) -> bool:
    python = plain_python(source)
    return python is not None and any(
        (isinstance(n, ast.FunctionDef | ast.ClassDef) and n.name == name)
        or (isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store) and n.id == name)
        for n in ast.walk(ast.parse(python))
    )


def _imports_at(tree: Tree) -> int | None:
    """The last cell of code whose statements are imports."""
    found = None
    for number, cell in enumerate(tree["cells"]):
        python = plain_python("".join(cell["source"])) if cell["cell_type"] == "code" else None
        body = ast.parse(python).body if python is not None else []
        if body and all(isinstance(n, ast.Import | ast.ImportFrom) for n in body):
            found = number
    return found


# --- editors -------------------------------------------------------------------------------------


def ids_lost(tree: Tree, _answers: Sequence[AnswerCell]) -> Tree:
    """As editors of nbformat 4.4 save it: no cell has an id."""
    return {**_plain(tree), "nbformat_minor": 4}


def _plain(tree: Tree) -> Tree:
    """The notebook without its cells' ids."""

    def change(_number: int, cell: Tree) -> list[Tree]:
        metadata = {k: v for k, v in cell["metadata"].items() if k != "id"}
        return [{**{k: v for k, v in cell.items() if k != "id"}, "metadata": metadata}]

    return _rebuilt(tree, change)


def by_colab(tree: Tree, _answers: Sequence[AnswerCell]) -> Tree:
    """As Google Colab saves it: lines as a list, ids of its own, outputs."""

    def change(number: int, cell: Tree) -> list[Tree]:
        lines = "".join(cell["source"]).splitlines(keepends=True)
        metadata: Tree = {"id": f"{number:x}aB-{number * 7919 % 65536:04x}"}
        saved = {**cell, "source": lines, "metadata": metadata}
        if cell["cell_type"] == "code":
            metadata |= {"colab": {"base_uri": "https://localhost:8080/"}}
            saved |= {"execution_count": number, "outputs": [_stream("done\n")]}
        return [saved]

    metadata = {"colab": {"provenance": []}, "kernelspec": {"name": "python3"}, "language_info": {}}
    return {**_rebuilt(_plain(tree), change), "nbformat_minor": 0, "metadata": metadata}


def by_vscode(tree: Tree, _answers: Sequence[AnswerCell]) -> Tree:
    """As VS Code saves it: ids of eight digits, its own metadata."""

    def change(number: int, cell: Tree) -> list[Tree]:
        metadata = {"vscode": {"languageId": "python"}} if cell["cell_type"] == "code" else {}
        lines = "".join(cell["source"]).splitlines(keepends=True)
        return [{**cell, "id": f"{number:08x}", "metadata": metadata, "source": lines}]

    return _rebuilt(_plain(tree), change)


def by_jupyterlab(tree: Tree, _answers: Sequence[AnswerCell]) -> Tree:
    """As JupyterLab saves it: run, with new ids."""

    def change(number: int, cell: Tree) -> list[Tree]:
        saved = {**cell, "id": f"{number * 2654435761 % 2**32:08x}-lab", "metadata": {"tags": []}}
        if cell["cell_type"] == "code":
            saved |= {"execution_count": number + 1, "outputs": [_stream("a line\n")]}
        return [saved]

    return _rebuilt(_plain(tree), change)


def _stream(text: str) -> Tree:
    return {"name": "stdout", "output_type": "stream", "text": [text]}


def windows_lines(tree: Tree, _answers: Sequence[AnswerCell]) -> Tree:
    """Lines end as on Windows."""

    def change(_number: int, cell: Tree) -> list[Tree]:
        return [{**cell, "source": "".join(cell["source"]).replace("\n", "\r\n")}]

    return _rebuilt(tree, change)


def more_cells(tree: Tree, _answers: Sequence[AnswerCell]) -> Tree:
    """Cells of the student's between all others."""

    def change(number: int, cell: Tree) -> list[Tree]:
        if number % 2:
            note = {"cell_type": "markdown", "metadata": {}, "source": "A note."}
            return [cell, note]
        return [cell, code_cell(f"looked_at_{number} = {number}\nprint(looked_at_{number})")]

    return _rebuilt(tree, change)


def timed(tree: Tree, answers: Sequence[AnswerCell]) -> Tree:
    """``%%time`` on top of each answer's cell."""
    numbers = {a.number for a in answers if not a.text.lstrip().startswith(("%", "!"))}

    def change(number: int, cell: Tree) -> list[Tree]:
        text = "".join(cell["source"])
        return [{**cell, "source": f"%%time\n{text}"} if number in numbers else cell]

    return _rebuilt(tree, change)


LAYOUTS: dict[str, Layout] = {
    "split over two cells": split,
    "helper in a cell above": helper_in_cell_above,
    "helper in a cell below": helper_in_cell_below,
    "merged with the cell below": merged,
    "moved to the set-up": into_setup,
    "ids lost": ids_lost,
    "saved by Colab": by_colab,
    "saved by VS Code": by_vscode,
    "saved by JupyterLab": by_jupyterlab,
    "lines of Windows": windows_lines,
    "cells added": more_cells,
    "%%time on top": timed,
}


def renamed(files: Mapping[str, bytes], entries: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """The submission's files under other names, with what that is called."""
    yield "downloaded twice", {_numbered(n, entries): data for n, data in files.items()}
    yield "in a folder", {f"my homework/{name}": data for name, data in files.items()}
    yield (
        "copied in Drive",
        {
            f"Copy of {name}" if name in entries and "/" not in name else name: data
            for name, data in files.items()
        },
    )


def _numbered(name: str, entries: Sequence[str]) -> str:
    if name not in entries:
        return name
    stem, _, suffix = name.rpartition(".")
    return f"{stem} (1).{suffix}"


def laid_out(data: bytes, layout: Layout, answers: Sequence[AnswerCell]) -> bytes | None:
    """A notebook's file in another layout."""
    tree = layout(copy.deepcopy(json.loads(data)), answers)
    return None if tree is None else json.dumps(tree, ensure_ascii=False).encode("utf-8")
