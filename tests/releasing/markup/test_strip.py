"""From the solution notebook to the template: stubs, ids, metadata; no answer in it anywhere."""

import ast
import copy
import hashlib
import json
import textwrap

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from test_regions import BOX, END, LOCATION, RULE, boxed_cells

from autograder.model.errors import UserError
from release.markup.regions import MarkerError, find_regions
from release.markup.source import read_source
from release.markup.strip import strip_notebook
from release.markup.strip_cell import StripError, strip_code

STUB = "...  # your code"


def box(answer, indent=""):
    text = f"{RULE}\n# TODO: x\n{RULE}\n{textwrap.dedent(answer)}\n{RULE}\n{END}\n{RULE}"
    return textwrap.indent(text, indent)


def stub_of(source, at=0):
    """Return the stub that stands for the answer of a region."""
    stripped = strip_code(source, LOCATION).source
    region = find_regions(stripped, LOCATION)[at]
    return "\n".join(stripped.split("\n")[region.start : region.end])


def notebook(*sources, **metadata):
    cells = [new_code_cell(source, id=f"c{at}") for at, source in enumerate(sources)]
    return new_notebook(cells=cells, metadata=metadata)


def strip(solved, **options):
    return strip_notebook(solved, file="hw.py", **options).notebook


def anonymous(solved):
    for cell in solved.cells:
        del cell["id"]
    return solved


@given(boxed_cells())
def test_only_answers_change(cell):
    stripped = strip_code(cell.source, LOCATION).source.split("\n")
    regions = find_regions("\n".join(stripped), LOCATION)
    assert len(regions) == len(cell.regions)
    inside = {line for each in regions for line in range(each.start, each.end)}
    assert [line for at, line in enumerate(stripped) if at not in inside] == cell.outside()
    assert {stripped[at].strip() for at in inside} <= {STUB}
    ast.parse(TransformerManager().transform_cell("\n".join(stripped)))


@given(st.lists(boxed_cells(), max_size=3))
def test_no_answer_is_left_and_the_bytes_are_stable(cells):
    solved = anonymous(notebook(*(cell.source for cell in cells)))
    for cell in solved.cells:
        cell.outputs = [new_output("stream", text=cell.source)]
        cell.metadata["title"] = cell.source
    before = copy.deepcopy(solved)
    template = nbformat.writes(strip(solved))
    assert solved == before
    assert not [secret for cell in cells for secret in cell.secrets if secret in template]
    assert nbformat.writes(strip(solved)) == template
    assert nbformat.writes(strip(nbformat.reads(template, as_version=4))) == template


@given(boxed_cells(min_boxes=1))
def test_deleting_any_marker_line_ships_nothing(cell):
    for at in cell.markers:
        with pytest.raises(MarkerError):
            strip(notebook("\n".join(cell.lines[:at] + cell.lines[at + 1 :])))


@given(boxed_cells(min_boxes=1), st.data())
def test_no_edit_of_one_line_ships_an_answer(cell, data):
    at = data.draw(st.integers(0, len(cell.lines) - 1))
    line = cell.lines[at]
    edits = [[], [line, line], [line, ""], ["  " + line], [line.lstrip()], [line[:-1]], [RULE]]
    edited = cell.lines[:at] + data.draw(st.sampled_from(edits)) + cell.lines[at + 1 :]
    try:
        template = nbformat.writes(strip(notebook("\n".join(edited))))
    except UserError:
        return
    assert not [secret for secret in cell.secrets if secret in template]


def test_the_example():
    assert strip_code(BOX, LOCATION).source == BOX.replace(
        "y = x + 1\nz = y", "y = None  # your code"
    )


@pytest.mark.parametrize(
    ("answer", "below", "stub"),
    [
        ("y = 1", "print(x)", ""),
        ("b = a = 1\nc = 2", "print(a, b)", "b a"),
        ("(p, *q), r[0] = f()", "q, p, r", "p q"),
        ("import numpy as np\nfrom os import path", "path(np)", "np path"),
        ("import os.path", "os", "os"),
        ("for i in x: pass", "print(i)", "i"),
        ("for i in x: pass", "for i in x: print(i)\nprint(i)", ""),
        ("i = 1", "print([i for i in x])", ""),
        ("i = 1", "print([i + j for j in x])", "i"),
        ("v = [n for n in x]", "print(n)", ""),
        ("def f():\n    inner = 1", "f(inner)", "f"),
        ("class Net:\n    size = 1", "Net(size)", "Net"),
        ("with open(x) as file: pass", "file", "file"),
        ("if (found := x): pass", "found", "found"),
        ("n: int = 1", "n", "n"),
        ("n: int", "n", ""),
        ("total += 1", "print(total)", ""),
        ("total = 1", "total += 1", "total"),
        ("y = 1", "y = 2\nprint(y)", ""),
        ("y = 1", "y = y + 2", "y"),
        ("y = 1", "if x:\n    y = 2\nprint(y)", "y"),
        ("y = 1", "def g(a=1):\n    return a + y", "y"),
        ("y = 1", "def g(y):\n    return y", ""),
        ("y = 1", "class A:\n    def f(self):\n        return y", "y"),
        ("net.fc = 1", "net.fc", ""),
        ("files = !ls", "%time print(files)\nlen(files)", "files"),
        ("x = %time f()\n", "x?", ""),
        ("", "print(x)", ""),
        ("# only a comment", "print(x)", ""),
    ],
)
def test_default_stub(answer, below, stub):
    names = "\n".join(f"{name} = None  # your code" for name in stub.split())
    assert stub_of(f"x = 1\n{box(answer)}\n{below}") == (names or STUB)


def test_default_stub_counts_only_public_code_below_in_the_same_scope():
    assert stub_of(f"print(y)\n{box('y = 1')}\n{box('print(y)')}") == STUB
    inside = f"def f(x):\n{box('y = x', '    ')}\n    return y\n"
    assert stub_of(inside) == "    y = None  # your code"
    assert stub_of(inside.replace("return y", "return x") + "print(y)") == f"    {STUB}"
    assert stub_of(f"{inside}{box('y = 3')}\nprint(y)", at=1) == "y = None  # your code"


def test_two_boxes_of_a_cell_get_their_own_names():
    source = f"{box('a = 1')}\nprint(a)\n{box('b = a')}\nprint(b)"
    assert [stub_of(source, at) for at in (0, 1)] == [f"{n} = None  # your code" for n in "ab"]


def test_given_stubs_are_indented_and_stand_for_each_region():
    source = f"def f(x):\n{box('y = x', '    ')}\n    return y\n{box('z = 1')}"
    stripped = strip(notebook(source), stubs={"c0": "if x:\n    y = 1\n\ny = 2\n"}).cells[0].source
    assert "\n    if x:\n        y = 1\n\n    y = 2\n    ####" in stripped
    assert "\nif x:\n    y = 1\n\ny = 2\n####" in stripped


def test_stubs_without_a_cell_are_an_error():
    with pytest.raises(StripError, match=r"^hw.py: found stubs for a, c1, but no cell"):
        strip(notebook(BOX, "x = 1"), stubs={"c0": "y = 0", "c1": "y", "a": "y"})


def test_a_stub_that_does_not_fit_is_an_error():
    with pytest.raises(StripError, match=r"hw.py, cell 2, line 6: found the stripped cell not"):
        strip(notebook("", BOX), stubs={"c1": "y = ("})
    with pytest.raises(StripError, match=r"line 6: .* not to be Python .*; give the cell a stub"):
        answer = box("'b': 2,")
        strip(notebook("x = {\n'a': 1,\n" + answer + "\n'c': 3}"))


def test_a_solved_cell_that_is_not_python_is_an_error():
    with pytest.raises(StripError, match=r"hw.py, cell 2, line 4: found the solved cell not .*;"):
        strip(notebook("x = 1", "\n\n# BEGIN SOLUTION\ny = = 2\n# END SOLUTION"))


def test_a_given_cell_may_be_anything():
    given = "Fill in: x = ____ and y == = 2"
    assert strip(notebook("x = 1", given)).cells[1].source == given


def test_magics_stay():
    source = f"%matplotlib inline\nfiles = !ls\n{box('y = 1')}\ny?"
    assert strip_code(source, LOCATION).source == source.replace("y = 1", STUB)
    script = "%%bash\nif true; then ls; fi"
    assert strip_code(script, LOCATION).source == script


def test_outputs_counts_and_editor_metadata_go():
    solved = notebook(
        BOX,
        kernelspec={"name": "py", "display_name": "P", "language": "python", "x": 1},
        language_info={"name": "python", "version": "3.11"},
        colab={"provenance": []},
    )
    solved.cells[0].update(outputs=[new_output("stream", text="1")], execution_count=4)
    solved.cells[0].metadata.update(tags=["graded"], collapsed=True, name="z = y")
    template = strip(solved)
    assert template.metadata == {
        "kernelspec": {"name": "py", "display_name": "P", "language": "python"},
        "language_info": {"name": "python"},
    }
    assert (template.cells[0].outputs, template.cells[0].execution_count) == ([], None)
    assert template.cells[0].metadata == {"id": "c0", "tags": ["graded"]}


def test_markdown_stays_as_it_is():
    picture = {"a.png": {"image/png": "AAAA"}}
    text = f"{BOX}\n![a picture](attachment:a.png)"
    held = {**picture, "of_an_answer.png": {"image/png": "BBBB"}}  # shown nowhere any more
    solved = new_notebook(cells=[new_markdown_cell(text, id="m", attachments=held)])
    cell = strip(solved).cells[0]
    assert (cell.source, cell.attachments, cell.metadata) == (text, picture, {"id": "m"})


def test_explicit_ids_win_and_the_others_come_from_the_stripped_source():
    def ids(answer):
        solved = anonymous(notebook("x = 1", "x = 1", BOX.replace("z = y", answer), "y = 2"))
        solved.cells[3].metadata["id"] = "last"
        template = strip(solved)
        assert [cell.metadata.id for cell in template.cells] == [cell.id for cell in template.cells]
        return [cell.id for cell in template.cells]

    assert ids("z = 1") == ids("z = 2")
    texts = ["code\0x = 1\0001", "code\0x = 1\0002"]
    assert ids("z = 1")[:2] == [hashlib.sha256(text.encode()).hexdigest()[:8] for text in texts]
    assert ids("z = 1")[3] == "last"


@pytest.mark.parametrize("bad", ["", "a b", "é", "x" * 65, "a\n", 5])
def test_invalid_ids(bad):
    solved = notebook("x = 1", "y = 1")
    solved.cells[1].metadata["id"] = bad
    with pytest.raises(StripError, match=r"^hw.py, cell 2: found the id .*; use 1 to 64"):
        strip(solved)


def test_duplicate_ids():
    solved = notebook("x = 1", "y = 1")
    solved.cells[1].metadata["id"] = "c0"
    with pytest.raises(StripError, match=r"^hw.py, cell 2: found the id 'c0', as cell 1 has; give"):
        strip(solved)


def test_invalid_metadata():
    solved = notebook("x = 1")
    solved.cells[0].metadata["tags"] = 1
    with pytest.raises(StripError, match=r"^hw.py: found an invalid notebook \(.*\); correct"):
        strip(solved)


def test_from_files_of_both_kinds(tmp_path):
    script = tmp_path / "hw.py"
    text = BOX.replace("x = 1\n", "# %matplotlib inline\nx = 1\n")
    script.write_text(
        f'# %% [markdown] id="intro"\n# Hello\n\n# %% id="q1"\n{text}\n\n# %%\ny = 1\n'
    )
    template = strip(read_source(script))
    assert [cell.id for cell in template.cells][:2] == ["intro", "q1"]
    assert "%matplotlib inline\nx = 1\n" in template.cells[1].source
    assert "z = y" not in nbformat.writes(template)
    assert nbformat.writes(template) == nbformat.writes(strip(read_source(script)))

    saved = tmp_path / "hw.ipynb"
    nbformat.write(template, saved)
    assert nbformat.writes(strip(read_source(saved))) == nbformat.writes(template)
    old = json.loads(saved.read_text()) | {"nbformat_minor": 0}
    saved.write_text(json.dumps(old))
    assert nbformat.writes(strip(read_source(saved))) == nbformat.writes(template)
