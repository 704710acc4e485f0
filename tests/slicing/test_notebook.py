"""Reading notebooks: magics become nothing, cells find their template cells, nothing breaks."""

from __future__ import annotations

import ast
import json
import sys
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from conftest import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.slicing.alignment import Alignment, align
from autograder.slicing.edits import Edit, Source
from autograder.slicing.magics import python_source
from autograder.slicing.notebook import Cell, Notebook, NotebookError, parse
from autograder.slicing.slicer import slice_question
from autograder.slicing.versions import explained, newer_syntax

# --- magics ---------------------------------------------------------------------------------------

PLAIN = ["x = 1", "y = 'ä→😀'", "print(x)  # naïve", "z = [1,", "     2]", "w = {'%': 5 % 3}"]
WHOLE = ["x = 1", "y = 'ä→😀'", "print(x)  # naïve", "w = {'%': 5 % 3}", "pass"]
MAGICS = [
    "%matplotlib inline", "!pip install -q torch", "?help", "help?", "print??", "%load_ext wandb",
    "!nvidia-smi | head -3", "%cd /content/é", "files = !ls *.py", "%time y = 3", "t = %timeit x",
    "n = %time len('ü')", "!!ls", "%env A=b", "%pip install 'a>=1'", "get_ipython().system('ls')",
    "get_ipython().run_line_magic('time', 'y = 3')", "v = get_ipython().getoutput('ls')",
    "!echo one \\\n    two", "%config InlineBackend.figure_format = 'retina'",
]  # fmt: skip
HEADS = [
    "if True:",
    "for i in range(2):",
    "with open('a') as f:",
    "def f():",
    "while False:",
    "try:",
]


@st.composite
def cells_with_magics(draw: Callable[..., Any]) -> str:
    def block(depth: int, pad: str) -> list[str]:
        lines: list[str] = []
        for _ in range(draw(st.integers(1, 4))):
            kind = draw(st.integers(0, 3))
            if kind == 0 and depth:
                head = draw(st.sampled_from(HEADS))
                inner = pad + draw(st.sampled_from([" ", "  ", "    ", "\t"]))
                lines += [pad + head, *block(depth - 1, inner)]
                lines += [pad + "finally:", inner + "pass"] if head == "try:" else []
                lines += [pad + "else:", *block(0, inner)] if head.startswith(("if", "for")) else []
            elif kind == 1:
                lines.append(pad + draw(st.sampled_from(WHOLE)))
            else:
                lines.append(pad + draw(st.sampled_from(MAGICS)))
        return lines

    empty = [""] * draw(st.integers(0, 2))
    return "\n".join([*empty, *block(2, ""), *[""] * draw(st.integers(0, 2))])


@settings(max_examples=examples(150))
@given(cells_with_magics())
def test_magics_leave_the_python_lines_as_they_are(source: str) -> None:
    result = python_source(source)
    ast.parse(result)
    before, after = source.split("\n"), result.split("\n")
    assert len(before) == len(after)
    for one, other in zip(before, after, strict=True):
        if one.strip() in [*WHOLE, *HEADS, "else:", "finally:"]:
            assert one == other
    assert not any(
        mark in result for mark in ("!pip", "%matplotlib", "run_line_magic", "getoutput")
    )


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("%%time\nx = 1\n!ls", "None\nx = 1\nNone"),
        ("%%capture out\n%%time\nx = 1", "None\nNone\nx = 1"),
        ("%%bash\nls\nx = 1", "\n\n"),
        ("\n\n%%time\nx = 1", "\n\nNone\nx = 1"),
        ("%time x = f(1)  # ü", "x = f(1)"),
        ("x = %time f(1)", "x = f(1)"),
        ("%time x = 1; y = 2", "x = 1; y = 2"),
        ("x = get_ipython().run_line_magic('time', 'y = 3')", "x = None"),
        ("get_ipython().run_line_magic('time', 'x = 1 # c'); y = 2", "x = 1; y = 2"),
        ("x = !ls", "x = []"),
        ("!echo one \\\n  two\nx = 1", "None\n\nx = 1"),
        ("if 1:\n  !ls\nelse:\n  %cd a", "if 1:\n  None\nelse:\n  __import__('os').chdir('a')"),
        ("%cd 'a b'", "__import__('os').chdir('a b')"),
        ("%env A=b c", "__import__('os').environ.__setitem__('A', 'b c')"),
        ("%env A b", "__import__('os').environ.__setitem__('A', 'b')"),
        ("%mkdir -p a/b", "__import__('os').makedirs('a/b', exist_ok=True)"),
        ("%load_ext autoreload\n%autoreload 2", "None\nNone"),
        ("%run other.ipynb", "None"),
        (
            "%run -i other",
            "exec(compile(open('other.py', encoding='utf-8').read(), 'other.py', 'exec'))",
        ),
        ("%%memit -r 1\nx = 1", "None\nx = 1"),
        ("%%no_such_magic\nx = 1\n!ls", "None\nx = 1\nNone"),
        (
            "%%writefile a.py\nx = 'ü'\n",
            "open('a.py', 'w', encoding='utf-8').write(\"x = 'ü'\\n\"\n\n)",
        ),
        ("%%file -a 'a.py'\nx", "open('a.py', 'a', encoding='utf-8').write('x'\n)"),
        ("IN = 'google.colab' in str(get_ipython())", "IN = 'google.colab' in str(get_ipython())"),
    ],
)
def test_magics_one_by_one(source: str, expected: str) -> None:
    assert python_source(source) == expected


def test_a_magic_over_what_is_no_python_is_named() -> None:
    with pytest.raises(SyntaxError, match=r"invalid syntax.*%%sparksql.*taken for Python"):
        python_source("%%sparksql -o x\nselect * from y")


@pytest.mark.parametrize(
    ("source", "newer"),
    [
        ('print(f"{d["a"]}")', "3.12"),
        ("print(f\"{'\\n'.join(x)}\")", "3.12"),
        ("type V = list[int]", "3.12"),
        ("def f[T](x: T): pass", "3.12"),
        ("print x", None),
        ("x = (1,", None),
        ('x = f"{d["a"]" + 1', None),
        ("# don't\nx = 1 1", None),
    ],
)
def test_newer_syntax_is_told_from_mistakes(source: str, newer: str | None) -> None:
    if sys.version_info < (3, 12):
        assert newer_syntax(source) == newer
        assert (f"for Python {newer}" in explained("bad", source)) == (newer is not None)
    else:
        assert newer is None or python_source(source) == source


# --- the text of nodes ----------------------------------------------------------------------------

STATEMENTS = [
    "x = 'ä→😀'", "a = 1; b = 'é'; c = 3", "@deco\n@other('ü')\ndef f():\n\treturn '😀'",
    "\x0cy = 2", "if x:\n\tz = '→'; w = 1\nelse:\n\tz = 2", "t = '''a\nö\n'''", "u = (1 +\n  2)",
    "class A:\n    b = 'ß'", "v = 1 + \\\n  2", "# ä\nq = 1  # 😀", "for i in 'äö': pass; r = i",
]  # fmt: skip


@settings(max_examples=examples(150))
@given(st.lists(st.sampled_from(STATEMENTS), min_size=1, max_size=6))
def test_segments_and_edits_hit_just_their_node(parts: list[str]) -> None:
    text = "\n".join(parts)
    tree, source = ast.parse(text), Source(text)
    for node in tree.body:
        assert ast.dump(ast.parse(source.segment(node)).body[0]) == ast.dump(node)
    for n, node in enumerate(tree.body):
        edited = source.whole([Edit(node)])
        assert edited.count("\n") == text.count("\n")
        bodies = [ast.dump(part) for part in ast.parse(edited).body]
        expected = [ast.dump(part) for part in tree.body]
        expected[n] = ast.dump(ast.parse("None").body[0])
        assert bodies == expected


# --- alignment ------------------------------------------------------------------------------------

RULE = "#" * 60


def banner(text: str, answer: str = "") -> str:
    above = f"{RULE}\n# TODO: {text}\n# Hint: look at the lecture\n{RULE}"
    return f"{above}\n{answer}\n{RULE}\n#   END OF YOUR CODE   #\n{RULE}"


LOADERS, EPOCHS = "make train_loader_dict and valid_loader", "choose num_epochs so that it works"
TEMPLATE = {
    "imports": "import numpy as np\nimport torch",
    "e2": banner(LOADERS),
    "train2": "for n in num_images_list:\n    train(train_loader_dict[n])\nplot_sizes(results)",
    "e3": banner(EPOCHS),
    "show3": "confusion = evaluate(model, valid_loader)\nplot_confusion(confusion)",
    "e4a": banner(LOADERS + " with a domain shift"),
    "e4b": banner(EPOCHS),
    "train4": "shifted = run_shift(train_loader_dict)\nplot_shift(shifted)",
    "e5": banner(LOADERS),
    "show5": "show_permuted(train_loader_dict)",
}
ANSWERS = {
    "e2": "train_loader_dict = 2", "e3": "num_epochs = 3", "e4a": "train_loader_dict = 4",
    "e4b": "num_epochs = 4", "e5": "train_loader_dict = 5",
}  # fmt: skip
NAMES = {"e2": "train_loader_dict", "e3": "num_epochs", "e4a": "train_loader_dict",
         "e4b": "num_epochs", "e5": "train_loader_dict"}  # fmt: skip
Cells = list[tuple[str | None, str]]


def build(cells: Sequence[tuple[str | None, str]]) -> Notebook:
    numbered = enumerate(cells, start=1)
    return Notebook("n.ipynb", tuple(Cell(n, i, "code", source) for n, (i, source) in numbered))


def template() -> Notebook:
    return build(list(TEMPLATE.items()))


def answered() -> Cells:
    filled = {
        k: v.replace(f"{RULE}\n\n", f"{RULE}\n{ANSWERS.get(k, '')}\n") for k, v in TEMPLATE.items()
    }
    return list(filled.items())


def without_ids(cells: Cells) -> Cells:
    return [(None, source) for _id, source in cells]


def without_banners(cells: Cells) -> Cells:
    return [(i, ANSWERS.get(str(i), source)) for i, source in cells]


def found(cells: Cells) -> dict[str, str]:
    """What each question's slice says, for all anchors."""
    alignment = align(build(cells), template())
    plans = {q: slice_question(alignment, q, [name]) for q, name in NAMES.items()}
    return {q: "\n".join(step.source for step in plan.steps) for q, plan in plans.items()}


def split(cells: Cells) -> Cells:
    """Each answer is typed in a cell of its own behind the banner's."""
    result: Cells = []
    for identifier, source in cells:
        answer = ANSWERS.get(str(identifier))
        result.append((identifier, source if answer is None else source.replace(answer, "")))
        result += [] if answer is None else [(None, answer)]
    return result


def with_junk(cells: Cells) -> Cells:
    return [
        cell
        for pair in cells
        for cell in (pair, (None, "print('look')"), (None, "# my notes here"))
    ]


EDITS: dict[str, Callable[[Cells], Cells]] = {
    "as it is": lambda cells: cells,
    "ids lost": without_ids,
    "banners deleted": without_banners,
    "both lost": lambda cells: without_ids(without_banners(cells)),
    "split": split,
    "split, ids lost": lambda cells: without_ids(split(cells)),
    "junk": with_junk,
    "junk, ids lost": lambda cells: without_ids(with_junk(cells)),
    "junk, banners deleted": lambda cells: with_junk(without_banners(cells)),
    "copied cells": lambda cells: [cell for c in cells for cell in (c, c)],
    "copied cells, ids lost": lambda cells: without_ids([cell for c in cells for cell in (c, c)]),
    "first cells merged": lambda cells: [("imports", cells[0][1] + "\n" + cells[1][1]), *cells[2:]],
    "no training cells": lambda cells: [c for c in cells if str(c[0]) in ANSWERS],
    "no training cells, ids lost": lambda cells: without_ids(
        [c for c in cells if str(c[0]) in ANSWERS]
    ),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_each_anchor_finds_its_own_answer(edit: Callable[[Cells], Cells]) -> None:
    assert found(edit(answered())) == ANSWERS


@pytest.mark.parametrize("gone", list(ANSWERS))
@pytest.mark.parametrize("lost", [False, True])
def test_deleted_answer_is_not_taken_from_a_question_with_the_same_banner(
    gone: str, lost: bool
) -> None:
    cells = [cell for cell in answered() if cell[0] != gone]
    said = found(without_ids(cells) if lost else cells)
    assert {q: text for q, text in said.items() if q != gone} == {
        q: text for q, text in ANSWERS.items() if q != gone
    }


def test_reordered_cells_with_ids() -> None:
    cells = dict(answered())
    order = ["imports", "e5", "show5", "e4a", "e4b", "train4", "e2", "train2", "e3", "show3"]
    assert found([(i, cells[i]) for i in order]) == ANSWERS


def test_colab_ids_stand_in_the_metadata() -> None:
    raw = {
        "cells": [
            {"cell_type": "code", "source": [source], "metadata": {"id": i}, "id": f"other{i}"}
            for i, source in answered()
        ],
        "nbformat": 4,
    }
    student = parse(json.dumps(raw).encode(), "n.ipynb")
    assert align(student, template()).pairs == {n: n for n in range(len(TEMPLATE))}


def test_deleted_anchor_lies_behind_its_predecessor() -> None:
    cells = [cell for cell in answered() if cell[0] not in {"e4a", "e4b"}]
    cells.insert(5, (None, "train_loader_dict = 44"))
    assert found(cells)["e4a"] == "train_loader_dict = 44"


# --- robustness -----------------------------------------------------------------------------------

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["cells", "source", "input", "metadata", "id", "cell_type", "worksheets"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)
sources = st.text(max_size=60) | st.lists(
    st.sampled_from(["x", " ", "=", "1", "\n", "(", ")", ":", "if", "%", "!", "\\", "'", "lambda",
                     "\t", "@", "?", "for", "in", "*", "\0", "\ud800", "é", ";", "yield", "await"]),
    max_size=25,
).map("".join)  # fmt: skip


def use(student: Notebook) -> None:
    """Everything that the harness does with a notebook."""
    alignment: Alignment = align(student, template())
    assert 0 <= alignment.quality <= 1
    slice_question(alignment, "e4a", ["train_loader_dict", "x"])
    align(template(), student)


def read(data: bytes) -> None:
    try:
        student = parse(data, "n.ipynb")
    except NotebookError:
        return
    use(student)


@settings(max_examples=examples(150))
@given(st.binary(max_size=60) | json_values.map(lambda v: json.dumps(v).encode()))
def test_any_bytes_and_any_json(data: bytes) -> None:
    read(data)


@settings(max_examples=examples(200))
@given(st.lists(sources, max_size=3), st.sampled_from(["code", "markdown", 5, None]))
def test_any_cell_text(texts: list[str], kind: object) -> None:
    raw = {"cells": [{"cell_type": kind, "source": text} for text in texts]}
    read(json.dumps(raw).encode())


@pytest.mark.parametrize(
    "source",
    [
        "x = " + "+".join(["a"] * 20_000),
        "x = " + "(" * 200 + "1" + ")" * 200,
        "x = " + "[" * 90 + "1" + "]" * 90,
        "x = " + "-" * 3000 + "1",
        "x = a" + ".b" * 900 + ".append(1)",
        "x = a" + "(1)" * 600,
        "x = " + "9" * 5000,
        "x = '''never closed\n" * 3,
        "x = 1\0",
        "x = '\ud800'",
        "%%time\n" * 2000,
        "!ls\n" * 300,
        "x = f(" * 80,
        "\n".join(" " * n + "if a:" for n in range(95)) + "\n" + " " * 95 + "x = 1",
        "x = 1\n" * 5_000,
        "\n".join(f"v{n} = v{n - 1} + f(v{n - 2})" for n in range(500)) + "\nx = v499",
        "while x: x = x.y" + " if x else x" * 500,
    ],
    ids=lambda s: s[:12].strip(),
)
def test_hostile_cells(source: str) -> None:
    cells = [{"cell_type": "code", "source": source}, {"cell_type": "code", "source": "y = 1"}]
    student = parse(json.dumps({"cells": cells}).encode(), "n.ipynb")
    use(student)
    plan = slice_question(align(student, template()), "show5", ["y"])
    assert [step.source for step in plan.steps] == ["y = 1"]


def test_hostile_json() -> None:
    for text in (
        "[" * 100_000,
        '{"cells": ' + "[" * 900 + "]" * 900 + "}",
        '{"cells": [{"cell_type": ' + "[" * 900 + "]" * 900 + ', "source": "x"}]}',
        '{"cells": [{"cell_type": "code", "source": "x = 1", "n": ' + "9" * 50_000 + "}]}",
        '{"worksheets": [{"cells": 5}, 3]}',
        '{"cells": {"a": 1}}',
        "NaN",
    ):
        read(text.encode())


def test_indented_cells_are_dedented() -> None:
    assert python_source(textwrap.indent("x = 1\ny = 2", "  ")) == "x = 1\ny = 2"
