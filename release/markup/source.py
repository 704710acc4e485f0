"""A solved source's path comes in, an nbformat v4.5 notebook goes out.

A source is a percent script (`.py`), an `.ipynb`, a text with code cells (`.md` in MyST's form,
Quarto's `.qmd`, `.Rmd`), or a plain Python module, which is read as a notebook of one cell with the
id "module".

A cell of that notebook has an id only if its author gave one: in the cell's metadata (`# %% id="x"`
in a percent script, Colab's convention), or in the file of an `.ipynb`. The random ids that
jupytext and nbformat make up on reading are taken off again; `strip` gives stable ones.
"""

import ast
import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.reader import reads as read_any_version

from autograder.model.errors import UserError
from autograder.slicing.notebook import MODULE_CELL

_PERCENT_CELL = re.compile(r"^# ?%%+(\s|$)", re.MULTILINE)
_CODE_CELL = re.compile(r"^```+\{code-cell\}", re.MULTILINE)
_PYTHON_CHUNK = re.compile(r"^```+\{python\b", re.MULTILINE)
_MAGIC_LINE = re.compile(r"^\s*[%!?]|=\s*[%!]|\?\s*$")
_MAGIC_VALUE = re.compile(r"^(?P<targets>\s*[\w., ]+=)\s*[%!]")


class SourceError(UserError):
    """A solved source that cannot be read; names the file, what was found and what to do."""


def read_source(path: Path, *, module: bool = False) -> NotebookNode:
    """Read a script, a text, or an `.ipynb` of nbformat 3 or 4, as an nbformat v4.5 notebook.

    Magics that a percent script keeps as comments (`# %matplotlib inline`) come back as magics.

    Args:
        module: read a plain Python module as one cell.

    Raises:
        SourceError: the file is missing, of another kind, not UTF-8, not JSON, no notebook, or a
            script without a cell.
    """
    readers = {".py": _read_module} if module else _READERS
    if path.suffix not in readers:
        wanted = (
            "a Python module (.py)"
            if module
            else "a percent script (.py), a notebook (.ipynb) or a text with code cells (.md, .qmd)"
        )
        raise SourceError(f"{path}: found the suffix {path.suffix!r}; give {wanted}.")
    if not path.is_file():
        raise SourceError(f"{path}: found no such file; check the path of the solved source.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{path}: found a byte that is not UTF-8 at offset {error.start}; save it as UTF-8."
        ) from error
    return readers[path.suffix](text, path)


def is_percent(path: Path) -> bool:
    """Whether a Python file has cells, marked by `# %%`."""
    try:
        return bool(_PERCENT_CELL.search(path.read_text(encoding="utf-8-sig")))
    except (OSError, UnicodeDecodeError):
        return False  # reading it says why


@lru_cache(maxsize=16)  # the parser of markers and the stripper ask for the same cell in turn
def plain_python(source: str) -> str | None:
    """Replace the IPython lines of a cell by Python, line for line, or None if that won't parse.

    For reading only: which lines are strings, which names are bound. IPython's own transformer
    joins and drops lines, so that its line numbers are not those of the cell.
    """
    lines = source.split("\n")
    while True:
        try:
            ast.parse("\n".join(lines))
        except SyntaxError as error:
            # Only the line that stops the parser: elsewhere a `%` may be in a string.
            at = (error.lineno or 0) - 1
            if not (0 <= at < len(lines) and _MAGIC_LINE.search(lines[at])):
                return None
            _replace_magic(lines, at)
        except ValueError:  # a null byte
            return None
        else:
            return "\n".join(lines)


def _replace_magic(lines: list[str], at: int) -> None:
    goes_on = lines[at].rstrip().endswith("\\")
    value = _MAGIC_VALUE.match(lines[at])
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    lines[at] = f"{value['targets']} None" if value else f"{indent}pass"
    while goes_on and at + 1 < len(lines):
        at += 1
        goes_on = lines[at].rstrip().endswith("\\")
        lines[at] = ""


def _read_percent(text: str, path: Path) -> NotebookNode:
    if not _PERCENT_CELL.search(text):
        raise SourceError(f'{path}: found no "# %%" line; start each cell with one.')
    # Imported here: it takes a fifth of a second, and `.ipynb` sources do without.
    import jupytext

    notebook: NotebookNode = jupytext.reads(text, fmt="py:percent")
    return _valid(notebook, [None] * len(notebook.cells))


def _read_myst(text: str, path: Path) -> NotebookNode:
    """MyST's form: its header says so, or it has a `{code-cell}`."""
    return _read_text(text, path, "md:myst", "```{code-cell}", _CODE_CELL)


def _read_quarto(text: str, path: Path) -> NotebookNode:
    """Quarto's and R Markdown's form; of the languages, Python's cells alone are code."""
    return _read_text(text, path, "Rmd", "```{python}", _PYTHON_CHUNK)


def _read_text(
    text: str, path: Path, form: str, sign: str, pattern: re.Pattern[str]
) -> NotebookNode:
    if not pattern.search(text):
        raise SourceError(
            f"{path}: found no cell of code; start each with {sign} and end it with ```."
        )
    import jupytext

    notebook: NotebookNode = jupytext.reads(text, fmt=form)
    # What Quarto says to itself at the top is nothing that students need.
    if notebook.cells and notebook.cells[0].cell_type == "raw":
        del notebook.cells[0]
    return _valid(notebook, [None] * len(notebook.cells))


def _read_module(text: str, _path: Path) -> NotebookNode:
    cell = nbformat.v4.new_code_cell(  # type: ignore[no-untyped-call]
        text.rstrip("\n"), id=MODULE_CELL, metadata={"id": MODULE_CELL}
    )
    notebook: NotebookNode = nbformat.v4.new_notebook(cells=[cell])  # type: ignore[no-untyped-call]
    return notebook


def _read_ipynb(text: str, path: Path) -> NotebookNode:
    try:
        content = json.loads(text)
    except ValueError as error:
        raise SourceError(f"{path}: found no valid JSON ({error}); save the notebook again.") from (
            error
        )
    version = content.get("nbformat") if isinstance(content, dict) else None
    if version not in (3, 4):
        raise SourceError(
            f"{path}: found nbformat {version!r}; save it as a notebook of nbformat 3 or 4."
        )
    try:
        notebook = read_any_version(text)  # type: ignore[no-untyped-call]
        # nbformat 3 knows no ids; those of a 4.x file are kept from before the upgrade makes new.
        ids = [cell.get("id") for cell in notebook.cells] if version == 4 else None
        notebook = nbformat.v4.upgrade(notebook)  # type: ignore[no-untyped-call]
        return _valid(notebook, ids or [None] * len(notebook.cells))
    except (nbformat.ValidationError, AttributeError, KeyError, TypeError) as error:
        finding = str(error).partition("\n")[0]
        raise SourceError(
            f"{path}: found an invalid notebook ({finding}); save it again with Jupyter."
        ) from error


def _valid(notebook: NotebookNode, ids: list[Any]) -> NotebookNode:
    """Check `notebook` against the schema of 4.5, then give its cells their authors' ids."""
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for number, cell in enumerate(notebook.cells, start=1):
        cell.id = f"cell-{number}"  # nbformat's check would replace missing and duplicate ids
    nbformat.validate(notebook)
    for cell, found in zip(notebook.cells, ids, strict=True):
        chosen = cell.metadata.get("id", found)
        if chosen is None:
            del cell["id"]
        else:
            cell.id = chosen
    return notebook


_READERS = {
    ".py": _read_percent,
    ".ipynb": _read_ipynb,
    ".md": _read_myst,
    ".qmd": _read_quarto,
    ".Rmd": _read_quarto,
}
