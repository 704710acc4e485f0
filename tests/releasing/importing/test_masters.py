"""Masters of every otter-grader become ours: fences, texts, and marks that a line cannot hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbformat import NotebookNode
from test_importing import OTTER, code, raw, save, words

from release.importing import ImportFailed, import_assignment, otter
from release.importing.line_answers import paired
from release.importing.locating import locate
from release.importing.masters import read_master
from release.importing.model import Sheet
from release.markup.markers import OTTER as TOOL
from release.markup.markers import of_tool
from release.markup.strip import strip_notebook


def fence(kind: str, settings: str, before: str = "", after: str = "") -> NotebookNode:
    return words(f"{before}\n\n```\nBEGIN {kind}\n{settings}\n```\n{after}")


OLD = [
    fence("ASSIGNMENT", "files:\n    - data.csv\ngenerate:\n    seed: 42"),
    code("import math"),
    fence("QUESTION", "name: q1\npoints: 2", "**Question 1.** A prime."),
    code("x = 2  # SOLUTION"),
    code("## Test ##\nisinstance(x, int)", "True"),
    code("# HIDDEN TEST\nx", "2"),
    words("This cell is not part of a question."),
    code("y = 3"),
    fence("QUESTION", "name: q2\nmanual: true", "**Question 2.** Why?"),
    words("_Write here._"),
    words("**SOLUTION:** since the secret is forty-two."),
    words("Between two questions."),
    fence("QUESTION", "name: q3", "**Question 3.**"),
    code("## Ignore ##\nmath.nothing = 1"),
    code("def double(x):\n    return ..."),
    code("## solution ##\ndef double(x):\n    return 2 * x"),
    code('""" # BEGIN TEST CONFIG\nhidden: true\n""" # END TEST CONFIG\ndouble(4)', "8"),
    code("# This is in no question."),
]


def shown(sheet: Sheet) -> str:
    """What students get of a notebook that was read."""
    notebook = sheet.notebook.copy()
    notebook.cells = [each.cell for each in sheet.cells if each.cell is not None]
    stripped = strip_notebook(notebook, file="n.ipynb", markers=of_tool(TOOL, strict=False))
    return "\n\n".join(cell.source for cell in stripped.notebook.cells)


def test_fences_of_old_masters_hold_questions_answers_and_tests(tmp_path: Path) -> None:
    sheet = otter.read(save(tmp_path / "n.ipynb", OLD))
    assert sheet.files == ("data.csv",)
    first, third = sheet.questions
    assert (first.name, first.points, first.title) == ("q1", 2, "Question 1. A prime")
    assert [(p.hidden, p.weight) for p in first.planned] == [(False, 1), (True, 1)]
    assert [p.tests[0].source.strip() for p in first.planned] == [
        "isinstance(x, int)",
        "# HIDDEN\nx",
    ]
    assert [(p.hidden, p.tests[0].output) for p in third.planned] == [(True, "8")]
    assert any(each.what == "question q2" and each.cell == 9 for each in sheet.left)
    # The numbers are those of the cells in the original.
    assert [p.tests[0].cell for p in first.planned] == [5, 6]
    text = shown(sheet)
    for kept in (
        "not part of a question",
        "y = 3",
        "_Write here._",
        "in no question",
        "return ...",
    ):
        assert kept in text
    for gone in ("forty-two", "2 * x", "x = 2", "isinstance", "BEGIN", "math.nothing"):
        assert gone not in text, text


def test_a_question_without_an_answer_has_its_tests(tmp_path: Path) -> None:
    cells = [
        code("x = 2  # SOLUTION"),
        fence("QUESTION", "name: q1"),
        code("## Test ##\nx", "2"),
        fence("QUESTION", "name: q2\nmanual: true", "Plot it."),
        code("# BEGIN SOLUTION\nprint(x)\n# END SOLUTION"),
        words("The end."),
    ]
    sheet = otter.read(save(tmp_path / "n.ipynb", cells))
    assert [question.name for question in sheet.questions] == ["q1"]
    assert "print(x)" not in shown(sheet)
    assert "The end." in shown(sheet)


def test_settings_that_are_no_yaml_are_named_by_cell(tmp_path: Path) -> None:
    path = save(tmp_path / "n.ipynb", [words("Hi"), fence("QUESTION", "name: [q1")])
    with pytest.raises(ImportFailed, match=r"n\.ipynb, cell 2: found settings that are no YAML"):
        otter.read(path)


QMD = """\
---
title: Lab
---

```otter
# ASSIGNMENT CONFIG
name: lab
```

# Lab

```{otter}
# BEGIN QUESTION
name: q1
points: 3
```

Write `double`.

<!-- # BEGIN SOLUTION -->

```{python}
def double(x):
    return 2 * x  # SOLUTION
```

<!-- # END SOLUTION -->

```otter
# BEGIN TESTS
```

```{python}
# HIDDEN
assert double(2) == 4
```

```otter
# END TESTS
```

```otter
# END QUESTION
```

The end.
"""


@pytest.mark.parametrize("suffix", [".qmd", ".Rmd"])
def test_texts_with_python_cells_are_masters(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"lab{suffix}"
    path.write_text(QMD)
    sheet = otter.read(path)
    assert sheet.file == "lab.ipynb"
    assert [(q.name, q.points) for q in sheet.questions] == [("q1", 3)]
    assert sheet.questions[0].planned[0].hidden
    text = shown(sheet)
    assert "2 * x" not in text
    assert "assert" not in text
    assert "The end." in text
    assert "Write `double`." in text


def test_texts_in_r_are_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "lab.qmd"
    path.write_text(QMD.replace("{python}", "{r}"))
    with pytest.raises(ImportFailed, match=r"lab\.qmd: found a text in R; only Python's"):
        import_assignment("otter", path, tmp_path / "out")


def test_what_students_got_is_no_master(tmp_path: Path) -> None:
    path = save(tmp_path / "n.ipynb", [code("x = ..."), code('grader.check("q1")')])
    with pytest.raises(ImportFailed, match="what otter-grader gives to students"):
        otter.read(path)


def test_raw_cells_as_the_documentation_shows_them(tmp_path: Path) -> None:
    cells = [
        raw(f'<div class="cell">\n<div>\n<pre>\n{each.source}\n</pre>\n</div>\n</div>')
        if each.cell_type == "raw"
        else each
        for each in OTTER
    ]
    sheet = otter.read(save(tmp_path / "n.ipynb", cells))
    assert [q.name for q in sheet.questions] == ["q1", "q2", "q4"]


def test_a_folder_of_masters_is_one_assignment(tmp_path: Path) -> None:
    folder = tmp_path / "week1"
    save(folder / "a.ipynb", OLD)
    save(folder / "b.ipynb", OTTER)
    save(folder / "notes.ipynb", [words("No master.")])
    (folder / "b.qmd").write_text(QMD)
    (folder / "syllabus.qmd").write_text("# Week 1\n")
    located = locate("otter", folder)
    assert [path.name for path in located.notebooks] == ["a.ipynb", "b.ipynb"]
    assert located.name == "week1"


def test_a_mark_that_is_none_to_otter_is_taken_off(tmp_path: Path) -> None:
    cells = [code("import math# BEGIN SOLUTION\n\nz = 1"), *OTTER]
    path = save(tmp_path / "n.ipynb", cells)
    assert read_master(path).notebook.cells[0].source == "import math\n\nz = 1"
    assert any((left.cell, left.line) == (1, 1) for left in otter.read(path).left)


@pytest.mark.parametrize(
    ("source", "made", "lines"),
    [
        ("x = 1  # SOLUTION", "x = 1  # SOLUTION", ()),
        (
            "while a: # SOLUTION NO PROMPT\n    a -= 1  #SOLUTION\nb = 1",
            "# BEGIN SOLUTION NO PROMPT\nwhile a:\n    a -= 1\n# END SOLUTION\nb = 1",
            (1,),
        ),
        (
            "def f():\n    for i in x:  # SOLUTION\n        i\n    return 1",
            "def f():\n    # BEGIN SOLUTION\n    for i in x:\n        i\n    # END SOLUTION\n"
            "    return 1",
            (2,),
        ),
        (
            "!cat a # SOLUTION NO PROMPT\n!ls",
            "# BEGIN SOLUTION NO PROMPT\n!cat a\n# END SOLUTION\n!ls",
            (1,),
        ),
        ("x = [  # SOLUTION\n    1]", "x = [  # SOLUTION\n    1]", ()),
    ],
)
def test_heads_and_magics_get_a_pair_of_marks(
    source: str, made: str, lines: tuple[int, ...]
) -> None:
    assert paired(source) == (made, lines)


def test_an_empty_raw_cell_as_an_answer_is_a_place_to_write(tmp_path: Path) -> None:
    cells = [
        raw("# BEGIN QUESTION\nname: q1\nmanual: true"),
        words("Why?"),
        raw("# BEGIN SOLUTION"),
        raw(""),
        raw("# END SOLUTION"),
        raw("# END QUESTION"),
        *OTTER[2:],
    ]
    imported = import_assignment("otter", save(tmp_path / "n.ipynb", cells), tmp_path / "out")
    assert imported.questions
