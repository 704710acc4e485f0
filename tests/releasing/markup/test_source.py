"""Solved sources from files: percent scripts and notebooks of several formats, and what fails."""

import json
import warnings
from pathlib import Path

import nbformat
import pytest

from autograder.model.errors import UserError
from release.markup.source import SourceError, plain_python, read_source
from release.markup.strip import strip_notebook

SCRIPT = """\
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] id="intro"
# # Filters

# %% id="averaging" tags=["graded"]
# %matplotlib inline
# !ls
import numpy as np

# %%
x = 1
"""


def write(tmp_path, text, name="hw.ipynb"):
    path = tmp_path / name
    path.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")
    return path


def code(source, **more):
    return {
        "cell_type": "code",
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": 3,
        **more,
    }


def notebook(*cells, minor=5):
    return {"nbformat": 4, "nbformat_minor": minor, "metadata": {}, "cells": list(cells)}


def test_percent_script(tmp_path):
    found = read_source(write(tmp_path, SCRIPT, "hw.py"))
    assert (found.nbformat, found.nbformat_minor) == (4, 5)
    assert found.metadata.kernelspec.name == "python3"
    assert [cell.cell_type for cell in found.cells] == ["markdown", "code", "code"]
    assert [cell.get("id") for cell in found.cells] == ["intro", "averaging", None]
    assert found.cells[1].metadata == {"id": "averaging", "tags": ["graded"]}
    assert found.cells[1].source == "%matplotlib inline\n!ls\nimport numpy as np"


def test_a_script_reads_the_same_each_time_and_with_a_byte_order_mark(tmp_path):
    once = read_source(write(tmp_path, SCRIPT, "hw.py"))
    assert once == read_source(write(tmp_path, "\ufeff" + SCRIPT.replace("\n", "\r\n"), "b.py"))


def test_notebook_keeps_ids_and_outputs(tmp_path):
    cells = [code("x = 1", id="one"), code(["x\n", "= 2"], id="b", metadata={"id": "two"})]
    found = read_source(write(tmp_path, notebook(*cells)))
    assert [cell.id for cell in found.cells] == ["one", "two"]
    assert found.cells[1].source == "x\n= 2"
    assert found.cells[0].execution_count == 3


def test_duplicate_ids_are_neither_mended_nor_warned_of(tmp_path):
    path = write(tmp_path, notebook(code("x", id="a"), code("y", id="a"), code("z")))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = read_source(path)
    assert [cell.get("id") for cell in found.cells] == ["a", "a", None]


def test_older_formats_get_no_random_ids(tmp_path):
    old = notebook(code("x = 1"), code("y", metadata={"id": "colab-1"}), minor=0)
    found = read_source(write(tmp_path, old))
    assert (found.nbformat_minor, [cell.get("id") for cell in found.cells]) == (
        5,
        [None, "colab-1"],
    )


def test_nbformat_3(tmp_path):
    node = nbformat.v3.new_notebook(
        worksheets=[nbformat.v3.new_worksheet(cells=[nbformat.v3.new_code_cell(input="x = 1")])]
    )
    found = read_source(write(tmp_path, nbformat.v3.writes_json(node)))
    assert (found.nbformat, found.nbformat_minor) == (4, 5)
    assert [(cell.source, "id" in cell) for cell in found.cells] == [("x = 1", False)]


@pytest.mark.parametrize(
    ("name", "content", "finding", "remedy"),
    [
        ("hw.py", None, "no such file", "check the path"),
        ("hw.txt", b"# %%\n", "suffix '.txt'", "a notebook (.ipynb)"),
        ("hw.py", b"# %%\nx = '\xff'\n", "not UTF-8 at offset 10", "save it as UTF-8"),
        ("hw.py", b"x = 1\n# %%time\n", 'no "# %%" line', "start each cell"),
        ("hw.ipynb", b"", "no valid JSON", "save the notebook again"),
        ("hw.ipynb", b"{'a': 1}", "no valid JSON", "save the notebook again"),
        ("hw.ipynb", b"[1]", "nbformat None", "nbformat 3 or 4"),
        ("hw.ipynb", b'{"nbformat": 2}', "nbformat 2", "nbformat 3 or 4"),
        ("hw.ipynb", b'{"nbformat": 4}', "an invalid notebook", "save it again"),
        ("hw.ipynb", json.dumps(notebook({"a": 1})).encode(), "an invalid notebook", "save it"),
        ("hw.ipynb", json.dumps(notebook(code(1))).encode(), "an invalid notebook", "save it"),
        ("hw.ipynb", json.dumps(notebook("x")).encode(), "an invalid notebook", "save it"),
    ],
)
def test_errors(tmp_path, name, content, finding, remedy):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SourceError) as caught:
        read_source(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: found ")
    assert finding in message
    assert remedy in message
    assert "\n" not in message
    assert isinstance(caught.value, UserError)


def test_plain_python_keeps_the_lines():
    source = "!pip install a \\\n   b\nx = !ls\nif x:\n    %cd it's\ns = '''\n%d\n''' % 1\nx?"
    python = "pass\n\nx = None\nif x:\n    pass\ns = '''\n%d\n''' % 1\npass"
    assert plain_python(source) == python
    assert plain_python("x = (") is None
    assert plain_python("x = '\0'") is None


MYST = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  name: python3
  display_name: Python 3
---

# Means

```{code-cell} ipython3
:tags: [graded]
# BEGIN SOLUTION
mean = sum(x) / len(x)
# END SOLUTION
```

+++ {"id": "why"}

Why?
"""
QUARTO = """---
title: Means
format: html
---

# Means

```{python}
#| label: mean
# BEGIN SOLUTION
mean = sum(x) / len(x)
# END SOLUTION
```

Why?
"""


@pytest.mark.parametrize(("name", "text"), [("a.md", MYST), ("a.qmd", QUARTO), ("a.Rmd", QUARTO)])
def test_texts_with_cells(name: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(text)
    cells = read_source(path).cells
    assert [cell.cell_type for cell in cells] == ["markdown", "code", "markdown"]
    assert "mean = sum(x) / len(x)" in cells[1].source
    made = strip_notebook(read_source(path), file=name)
    assert "sum(x)" not in made.notebook.cells[1].source
    assert [answer.text for answer in made.answers] == ["mean = sum(x) / len(x)"]


@pytest.mark.parametrize("name", ["a.md", "a.qmd"])
def test_a_text_without_cells_is_an_error(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text("# Only text\n")
    with pytest.raises(SourceError, match="found no cell of code; start each with"):
        read_source(path)
