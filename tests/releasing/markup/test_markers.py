"""Every marker style in use: what students get for it, and the error for each way to break it."""

from __future__ import annotations

import ast
import re
import textwrap

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from release.markup.model import Location, MarkerError
from release.markup.regions import find_markdown_regions, find_regions
from release.markup.strip import strip_notebook
from release.markup.strip_cell import MARKDOWN_STUB, StripError, strip_code

LOCATION = Location("hw.ipynb", 2)
STUB = "...  # your code"
RULE = "#" * 60


def lines(text: str) -> str:
    return textwrap.dedent(text).strip("\n")


def stripped(source: str) -> str:
    return strip_code(lines(source), LOCATION).source


#: The two lines of each pair whose lines students keep, as the courses spell them.
SHOWN_PAIRS = [
    ("### START CODE HERE ### (≈ 2 lines of code)", "### END CODE HERE ###"),
    ("### START CODE HERE ###", "# END CODE HERE"),
    ("# YOUR CODE STARTS HERE", "# YOUR CODE ENDS HERE"),
    ("### BEGIN YOUR SOLUTION", "### END YOUR SOLUTION"),
    ("### YOUR CODE HERE (~6-8 Lines)", "### END YOUR CODE"),
    ("# BEGIN YOUR CODE HERE", "# END YOUR CODE HERE"),
    ("# BEGIN_YOUR_CODE (our solution is 2 lines of code, but don't worry)", "# END_YOUR_CODE"),
    ("# ====== START YOUR CODE HERE ======", "# ====== END YOUR CODE HERE ======"),
    (
        "# *****START OF YOUR CODE (DO NOT DELETE/MODIFY THIS LINE)*****",
        "# *****END OF YOUR CODE (DO NOT DELETE/MODIFY THIS LINE)*****",
    ),
    ("# start of your code", "# end of your code"),
    ("#Your Code Here", "##   end   your   code   ##"),
    ("#### start code here", "########## END CODE HERE #"),
]


@pytest.mark.parametrize(("opening", "closing"), SHOWN_PAIRS)
def test_pairs_that_students_keep(opening: str, closing: str) -> None:
    source = f"def f(x):\n    {opening}\n    y = x + 1\n    {closing}\n    return y"
    expected = source.replace("y = x + 1", "y = None  # your code")
    assert stripped(source) == expected
    assert stripped(expected) == expected


HIDDEN_PAIRS = {
    "nbgrader": ("a = 1\n### BEGIN SOLUTION\nb = 2\nc = 3\n### END SOLUTION", f"a = 1\n{STUB}"),
    "no space": ("#BEGIN SOLUTION\nb = 2\n#END SOLUTION", STUB),
    "lower case": ("# begin solution\nb = 2\n# end solution", STUB),
    "needed below": (
        "# BEGIN SOLUTION\nb = 2\n# END SOLUTION\nprint(b)",
        "b = None  # your code\nprint(b)",
    ),
    "no prompt": (
        "a = 1\n# BEGIN SOLUTION NO PROMPT\nb = 2\n# END SOLUTION\nc = 3",
        "a = 1\nc = 3",
    ),
    "empty block": (
        "def f():\n    # BEGIN SOLUTION NO PROMPT\n    return 2\n    # END SOLUTION",
        f"def f():\n    {STUB}",
    ),
    "hidden tests": (
        "assert f(1) == 2\n### BEGIN HIDDEN TESTS\nassert f(2) == 3\n### END HIDDEN TESTS",
        "assert f(1) == 2",
    ),
    "mark scheme": ("a = 1\n# BEGIN MARK SCHEME\n# two points\n# END MARK SCHEME", "a = 1"),
    "ignore": ("a = 1\n# BEGIN IGNORE\nprint(a)\n# END IGNORE", "a = 1"),
    "indented otherwise": (
        "def f():\n# BEGIN SOLUTION\n    return 1\n# END SOLUTION",
        f"def f():\n    {STUB}",
    ),
    "prompt": (
        '# BEGIN SOLUTION NO PROMPT\ndef f(x):\n    return x\n# END SOLUTION\n""" # BEGIN PROMPT\n'
        'def f(x):\n    ...\n""" # END PROMPT',
        "def f(x):\n    ...",
    ),
    "prompt, indented": (
        'def f(x):\n    """ # BEGIN PROMPT\n    y = ...\n    """; # END PROMPT\n'
        "    y = x # SOLUTION NO PROMPT\n    return y",
        "def f(x):\n    y = ...\n    return y",
    ),
}


@pytest.mark.parametrize("name", HIDDEN_PAIRS)
def test_pairs_that_students_do_not_see(name: str) -> None:
    source, expected = HIDDEN_PAIRS[name]
    assert strip_code(source, LOCATION).source == expected
    assert strip_code(expected, LOCATION).source == expected


LINE_MARKS = {
    "assignment": ("x = 5 # SOLUTION", "x = ...  # your code"),
    "lower case": ("x = 5  # solution", "x = ...  # your code"),
    "no space": ("x = 5 #SOLUTION", "x = ...  # your code"),
    "attribute": ("self.x = 5 # SOLUTION", "self.x = ...  # your code"),
    "item": ("d['a # b'] = 5 # SOLUTION", "d['a # b'] = ...  # your code"),
    "chain": ("a = b = 5 # SOLUTION", "a = b = ...  # your code"),
    "unpacking": ("a, b = f() # SOLUTION", "a, b = ..., ...  # your code"),
    "augmented": ("x += 5 # SOLUTION", "x += ...  # your code"),
    "power": ("x **= 5 # SOLUTION", "x **= ...  # your code"),
    "annotated": ("x: int = 1 # SOLUTION", "x: int = ...  # your code"),
    "return": ("def f():\n    return 1 # SOLUTION", "def f():\n    return ...  # your code"),
    "call": ("plot(x) # SOLUTION", STUB),
    "several lines, first": (
        "x = [ # SOLUTION\n    1,\n    2,\n]\ny = 1",
        "x = ...  # your code\ny = 1",
    ),
    "several lines, last": ("x = [\n    1,\n    2,\n] # SOLUTION", "x = ...  # your code"),
    "several lines, middle": ("x = f(\n    1, # SOLUTION\n    2,\n)", "x = ...  # your code"),
    "brackets": ("x = (1 +\n     2) # SOLUTION", "x = ...  # your code"),
    "letters of several bytes": ("größe = 'ä' # SOLUTION", "größe = ...  # your code"),
    "if": ("if x > 0: # SOLUTION\n    y = 1", "if None:  # your code\n    y = 1"),
    "elif": (
        "if x:\n    a\nelif x > 0: # SOLUTION\n    b",
        "if x:\n    a\nelif None:  # your code\n    b",
    ),
    "while": ("while x > 0: # SOLUTION\n    x -= 1", "while None:  # your code\n    x -= 1"),
    "for": ("for i, x in enumerate(z): # SOLUTION\n    y", "for i, x in ():  # your code\n    y"),
    "on one line": ("if x: y = 3 # SOLUTION", "if x: y = ...  # your code"),
    "no prompt": ("a = 1\nb = 2 # SOLUTION NO PROMPT\nc = 3", "a = 1\nc = 3"),
    "no prompt, all of a block": ("if x:\n    b = 2 # SOLUTION NO PROMPT", f"if x:\n    {STUB}"),
    "seed": ("import random\nrandom.seed(4) # SEED\nx = 1", "import random\nx = 1"),
    "ignore": ("print(x) # IGNORE\nx = 1", "x = 1"),
    "two": ("a = 1 # SOLUTION\nb = 2 # SOLUTION", "a = ...  # your code\nb = ...  # your code"),
    "inside a pair": ("# BEGIN SOLUTION\na = 1 # SOLUTION\n# END SOLUTION", STUB),
}


@pytest.mark.parametrize("name", LINE_MARKS)
def test_marks_at_the_ends_of_statements(name: str) -> None:
    source, expected = LINE_MARKS[name]
    assert strip_code(source, LOCATION).source == expected
    assert strip_code(expected, LOCATION).source == expected


def test_the_box_of_cs231n_with_a_pair_inside() -> None:
    source = f"""
        def forward(x, w, b):
            out = None
            {RULE}
            # TODO: Implement the affine forward pass.                 #
            {RULE}
            # *****START OF YOUR CODE (DO NOT DELETE/MODIFY THIS LINE)*****

            out = x @ w + b

            # *****END OF YOUR CODE (DO NOT DELETE/MODIFY THIS LINE)*****
            {RULE}
            #                     END OF YOUR CODE                     #
            {RULE}
            return out
    """
    expected = lines(source).replace(
        "\n\n    out = x @ w + b\n\n", "\n    out = None  # your code\n"
    )
    assert stripped(source) == expected


def test_the_box_of_eecs498_keeps_its_remark_and_its_pass() -> None:
    source = f"""
        def backward(x):
            {RULE}
            # TODO: Implement the backward pass.                       #
            {RULE}
            # Replace "pass" statement with your code
            x.grad = 2 * x
            {RULE}
            #                     END OF YOUR CODE                     #
            {RULE}
    """
    assert stripped(source) == lines(source).replace("x.grad = 2 * x", "pass")
    needed = lines(source).replace("x.grad = 2 * x", "y = 2 * x") + "\n    return y"
    assert strip_code(needed, LOCATION).source == needed.replace(
        "y = 2 * x", "y = None  # your code"
    )


def test_what_cs224n_tells_below_its_opening_stays() -> None:
    source = """
        def f(x):
            ### YOUR CODE HERE (~2 Lines)
            ### TODO:
            ###     1. add one
            ### the result is a tensor
            # the trick is to add
            y = x + 1
            ### END YOUR CODE
            return y
    """
    expected = lines(source).replace(
        "    # the trick is to add\n    y = x + 1", "    y = None  # your code"
    )
    assert stripped(source) == expected


BROKEN = {
    "slip in BEGIN": ("### BEGIN SOLUTOIN\nx = 1\n### END SOLUTION", 1, 'write "BEGIN SOLUTION"'),
    "BEING": ("### BEING SOLUTION\nx = 1", 1, 'write "BEGIN SOLUTION"'),
    "plural": ("### BEGIN SOLUTIONS\nx = 1\n### END SOLUTIONS", 1, 'write "BEGIN SOLUTION"'),
    "with THE": ("# BEGIN THE SOLUTION\nx = 1\n# END SOLUTION", 1, 'write "BEGIN SOLUTION"'),
    "one word": ("# BEGINSOLUTION\nx = 1\n# END SOLUTION", 1, 'write "BEGIN SOLUTION"'),
    "slip in END": ("# BEGIN SOLUTION\nx = 1\n# END SOLUTON", 3, 'write "END SOLUTION"'),
    "slip in HIDDEN": (
        "# BEGIN HIDEN TESTS\nassert x\n# END HIDDEN TESTS",
        1,
        '"BEGIN HIDDEN TESTS"',
    ),
    "singular": ("# BEGIN HIDDEN TEST\nassert x\n# END HIDDEN TEST", 1, '"BEGIN HIDDEN TESTS"'),
    "first word lost": ("# HIDDEN TESTS\nassert x\n# END HIDDEN TESTS", 1, '"BEGIN HIDDEN TESTS"'),
    "STAR": ("### STAR CODE HERE ###\nx = 1\n### END CODE HERE ###", 1, '"START CODE HERE"'),
    "last word lost": ("### START CODE ###\nx = 1\n### END CODE ###", 1, '"START CODE HERE"'),
    "GOES": ("# Your code goes here\nx = 1", 1, 'write "YOUR CODE HERE"'),
    "ADD": ("# Add your code here\nx = 1", 1, 'write "YOUR CODE HERE"'),
    "no end": ("x = 1\n# BEGIN SOLUTION\ny = 1", 2, 'put "END SOLUTION" below'),
    "no end of a shown one": ("### YOUR CODE HERE\ny = 1", 1, 'put "END YOUR CODE" below'),
    "no beginning": ("y = 1\n### END SOLUTION", 2, 'put "BEGIN SOLUTION" or'),
    "nested": ("# BEGIN SOLUTION\n# BEGIN SOLUTION\nx\n# END SOLUTION", 2, "end that one first"),
    "crossed": (
        "# BEGIN SOLUTION\n# BEGIN HIDDEN TESTS\nx\n# END SOLUTION\n# END HIDDEN TESTS",
        2,
        'with "END SOLUTION"',
    ),
    "another's end": ("# BEGIN SOLUTION\nx\n### END YOUR CODE", 3, 'with "END SOLUTION"'),
    "a box in a pair": (
        f"# BEGIN SOLUTION\n{RULE}\n# TODO: x\n{RULE}\nx\n# END SOLUTION",
        2,
        'with "END SOLUTION"',
    ),
    "code below the inner pair": (
        f"{RULE}\n# TODO: x\n{RULE}\n# *START OF YOUR CODE*\nx = 1\n# *END OF YOUR CODE*\nz\n"
        f"{RULE}\n# END OF YOUR CODE\n{RULE}",
        7,
        "move it above that line",
    ),
    "in a string": ('x = """\n# BEGIN SOLUTION\n"""', 2, "move it out of the string"),
    "a mark in a string": ('x = """\ny = 1 # SOLUTION\n"""', 2, "move it out of the string"),
    "a mark at a string's end": ('x = "1 # SOLUTION"', 1, "move it out of the string"),
    "behind a statement": ("x = 1 # END SOLUTION", 1, "a line of its own"),
    "TODO": ("# TODO: average\nx = 1", 1, "if an answer stands below, put an"),
    "two bare rules": (
        f"{RULE}\n# TODO: x\n{RULE}\nx = 1\n{RULE}\ny = 1\n{RULE}",
        7,
        "end the answer above with",
    ),
    "an end box without its words": (
        f"{RULE}\n# TODO: x\n{RULE}\nx = 1\n{RULE}\n{RULE}",
        1,
        'say ends = "cell"',
    ),
    "a box of another function": (
        f"def f():\n    {RULE}\n    # TODO: x\n    {RULE}\n    x = 1\ndef g():\n    {RULE}\n"
        f"    # TODO: y\n    {RULE}\n    y = 1\n    {RULE}\n    # END OF YOUR CODE\n    {RULE}",
        7,
        "end that one first",
    ),
    "your code behind a statement": ("x = 1  # your code", 1, "name its words under [markers]"),
    "TODO without the rules": (
        "# TODO: average\nx = 1\n# END OF YOUR CODE",
        3,
        "put one rule of #",
    ),
    "slip in SOLUTION": ("x = 1 # SOLUTOIN", 1, 'write "SOLUTION"'),
    "SOLUTIONS": ("x = 1 # SOLUTIONS", 1, 'write "SOLUTION"'),
    "slip in NO PROMPT": ("x = 1 # SOLUTION NO PROPMT", 1, 'write "SOLUTION NO PROMPT"'),
    "on its own line": ("# SOLUTION\nx = 1", 1, "put it behind the answer"),
    "a remark with a solution": ("# Solution: add one\nx = 1", 1, "BEGIN SOLUTION"),
    "seed in lower case": ("random.seed(1)  # seed", 1, 'write "SEED"'),
    "def": ("def f(): # SOLUTION\n    return 1", 1, "around the whole of it"),
    "with": ("with open(x) as f: # SOLUTION\n    y", 1, "around the whole of it"),
    "else": ("if x:\n    y\nelse: # SOLUTION\n    z", 3, "around the whole of it"),
    "no prompt on a head": ("for x in y: # SOLUTION NO PROMPT\n    z", 1, "around the whole of it"),
    "several statements": ("x = 1; y = 2 # SOLUTION", 1, "a line and a marker of its own"),
    "twice": ("x = [ # SOLUTION\n    1 ] # SOLUTION", 2, "keep one"),
    "prompt without an end": ('""" # BEGIN PROMPT\nx = ...\n"""', 1, 'put "END PROMPT"'),
    "prompt without a beginning": ('"""\nx = ...\n""" # END PROMPT', 3, "# BEGIN PROMPT"),
    "prompt without quotes": ("# BEGIN PROMPT\nx = ...\n# END PROMPT", 1, "# BEGIN PROMPT"),
    "on a shell line": ("files = !ls # SOLUTION", 1, "around it"),
    "in a shell script": ("%%bash\nif true; then ls; fi # SOLUTION", 2, "that is not Python"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_marker_is_an_error_with_its_place_and_remedy(name: str) -> None:
    source, line, remedy = BROKEN[name]
    with pytest.raises(MarkerError) as caught:
        find_regions(source, LOCATION)
    message = str(caught.value)
    assert message.startswith(f"hw.ipynb, cell 2, line {line}: found "), message
    assert remedy in message
    assert message.count("\n") == 0


@pytest.mark.parametrize(
    "source",
    [
        "# Run your code with several seeds\nx = 1",
        "# the solution of x = a + b is found below by the solver, in a loop\nx = 1",
        "size = 64  # resolution",
        "x = absolution  # ablution",
        "# Tests\nassert x",
        "# Begin training\ntrain()",
        "# End of part one",
        "# Here the code starts to pay\nx = 1",
        "pass  # ignored",
        "x = 1  # seeds",
        "print('END SOLUTION')",
        "x = 1  # type: ignore",
        "return ...  # your code",
        "# TODO: set the folder of your Drive\nFOLDER = None",
        "# Start here\nx = 1",
        "# hints\n# code\nx = 1",
    ],
)
def test_ordinary_remarks_are_no_markers(source: str) -> None:
    assert find_regions(source, LOCATION) == ()


# --- markdown -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Why?\n\n### BEGIN SOLUTION\nBecause.\n### END SOLUTION", f"Why?\n\n{MARKDOWN_STUB}"),
        (
            "Why?\n<!-- BEGIN SOLUTION -->\nBecause.\n<!-- END SOLUTION -->",
            f"Why?\n{MARKDOWN_STUB}",
        ),
        ("Why?\n### BEGIN MARK SCHEME\n2 points\n### END MARK SCHEME", "Why?"),
        ("<!-- your code here -->\n1\n<!-- end your code -->\n", None),
    ],
)
def test_markdown_answers(source: str, expected: str | None) -> None:
    solved = new_notebook(cells=[new_markdown_cell(source, id="m")])
    template = strip_notebook(solved, file="hw.ipynb")
    kept = source.replace("\n1\n", f"\n{MARKDOWN_STUB}\n")
    assert template.notebook.cells[0].source == (kept if expected is None else expected)
    assert [answer.text in source for answer in template.answers] == [True]


@pytest.mark.parametrize(
    ("source", "remedy"),
    [
        ("### BEGIN SOLUTON\nx\n### END SOLUTION", 'write "BEGIN SOLUTION"'),
        ("x\n### END SOLUTION", 'put "BEGIN SOLUTION"'),
        ("### BEGIN SOLUTION\nx", 'put "END SOLUTION"'),
        ("## Solution\nBecause.", "BEGIN SOLUTION"),
        ("**Solution:** because.", "BEGIN SOLUTION"),
    ],
)
def test_broken_markdown_answers(source: str, remedy: str) -> None:
    with pytest.raises(MarkerError, match=re.escape(remedy)):
        find_markdown_regions(source, LOCATION)


def test_ordinary_markdown() -> None:
    text = "# Question 1\nWrite your code between the lines.\n## Start here\n**Hint**: the solution"
    assert find_markdown_regions(text, LOCATION) == ()


# --- cells ----------------------------------------------------------------------------------------


def sources(*cells: nbformat.NotebookNode) -> list[str]:
    template = strip_notebook(new_notebook(cells=list(cells)), file="hw.ipynb")
    return [cell.source for cell in template.notebook.cells]


def nbgrader(cell: nbformat.NotebookNode, **kept: object) -> nbformat.NotebookNode:
    cell.metadata["nbgrader"] = {"grade": False, "solution": False, "locked": False, **kept}
    return cell


def test_nbgrader_solution_cells_without_a_marker() -> None:
    picture = {"a.png": {"image/png": "AAAA"}}
    answer = new_markdown_cell("Because ![a](attachment:a.png)", attachments=picture)
    assert sources(
        nbgrader(new_code_cell("def f():\n    return 1"), solution=True),
        nbgrader(new_code_cell("a = 1\n# BEGIN SOLUTION\nb = 2\n# END SOLUTION"), solution=True),
        nbgrader(answer, solution=True, grade=True, points=2),
        nbgrader(new_code_cell("assert f() == 1"), grade=True, points=1, locked=True),
    ) == [STUB, f"a = 1\n{STUB}", MARKDOWN_STUB, "assert f() == 1"]


def test_nbgrader_cells_lose_metadata_and_attachments_and_stay_locked() -> None:
    picture = {"a.png": {"image/png": "AAAA"}}
    cells = [
        nbgrader(new_markdown_cell("![a](attachment:a.png)", attachments=picture), solution=True),
        nbgrader(new_code_cell("assert f() == 1"), grade=True, points=1),
        nbgrader(new_markdown_cell("Read this."), locked=True),
    ]
    made = strip_notebook(new_notebook(cells=cells), file="hw.ipynb").notebook.cells
    assert "attachments" not in made[0]
    assert [cell.metadata.get("editable", True) for cell in made] == [True, False, False]
    assert all("nbgrader" not in cell.metadata for cell in made)


def raw(text: str) -> nbformat.NotebookNode:
    return new_raw_cell(text)


def test_the_cells_of_otter() -> None:
    assert sources(
        raw("# ASSIGNMENT CONFIG\ninit_cell: false"),
        new_code_cell("import math"),
        raw("# BEGIN QUESTION\nname: q1\npoints: 2"),
        new_markdown_cell("Square it."),
        raw("# BEGIN SOLUTION"),
        new_code_cell("def square(x):\n    return x**2 # SOLUTION"),
        new_code_cell("unmarked = 1"),
        raw("# END SOLUTION"),
        raw("# BEGIN TESTS"),
        new_code_cell("square(2) == 4"),
        new_code_cell("# HIDDEN\nsquare(3) == 9"),
        raw("# END TESTS"),
        raw("# END QUESTION"),
        new_code_cell("## Ignore ##\nprint('staff')"),
        new_code_cell("print('after')"),
    ) == [
        "import math",
        "Square it.",
        "def square(x):\n    return ...  # your code",
        STUB,
        "print('after')",
    ]


def test_written_answers_of_otter_with_and_without_a_prompt() -> None:
    question, end = raw("# BEGIN QUESTION\nname: q\nmanual: true"), raw("# END QUESTION")
    solution = [raw("# BEGIN SOLUTION"), new_markdown_cell("Because."), raw("# END SOLUTION")]
    prompt = [raw("# BEGIN PROMPT"), new_markdown_cell("_Here._"), raw("# END PROMPT")]
    assert sources(question, *solution, end) == [MARKDOWN_STUB]
    assert sources(question, *prompt, *solution, end) == ["_Here._"]


def test_a_fence_of_otter_counts_as_a_raw_cell() -> None:
    fenced = [f"```otter\n{text}\n```" for text in ("# BEGIN QUESTION\nname: q", "# END QUESTION")]
    cells = [new_markdown_cell(fenced[0]), new_code_cell("x = 1"), new_markdown_cell(fenced[1])]
    assert sources(*cells) == ["x = 1"]


@pytest.mark.parametrize(
    ("cells", "location", "remedy"),
    [
        ([raw("# BEGIN QUESTION")], "cell 1", "END QUESTION"),
        ([raw("# END SOLUTION")], "cell 1", "BEGIN SOLUTION"),
        ([raw("# BEGIN QUESTION"), raw("# BEGIN QUESTION")], "cell 2", "END QUESTION"),
        (
            [raw("# BEGIN QUESTION"), raw("# BEGIN TESTS"), raw("# END QUESTION")],
            "cell 3",
            "END TESTS",
        ),
        ([raw("# BEGIN SOLUTOIN")], "cell 1", 'write "# BEGIN SOLUTION"'),
        ([raw("# BGIN TESTS")], "cell 1", 'write "# BEGIN TESTS"'),
        ([new_code_cell("# BEGIN TESTS\nassert f()")], "cell 1", "make the cell raw"),
    ],
)
def test_broken_blocks_of_cells(
    cells: list[nbformat.NotebookNode], location: str, remedy: str
) -> None:
    with pytest.raises(MarkerError) as caught:
        sources(*cells)
    assert str(caught.value).startswith(f"hw.ipynb, {location}, line 1: found ")
    assert remedy in str(caught.value)


def test_one_stub_for_each_answer() -> None:
    cell = new_code_cell("a = 1 # SOLUTION\nb = 2 # SOLUTION", id="c")
    made = strip_notebook(new_notebook(cells=[cell]), file="f", stubs={"c": ["a = 0", "b = 0"]})
    assert made.notebook.cells[0].source == "a = 0\nb = 0"
    with pytest.raises(StripError, match="found 1 stubs for 2 answers; give one for each"):
        strip_notebook(new_notebook(cells=[cell]), file="f", stubs={"c": ["a = 0"]})


# --- properties -----------------------------------------------------------------------------------

PAIRS = st.sampled_from([*SHOWN_PAIRS, ("# BEGIN SOLUTION", "# END SOLUTION")])


@st.composite
def marked_cells(draw: st.DrawFn) -> tuple[str, list[str], list[str]]:
    """A cell of marked and unmarked lines; its answer lines, and the others that are to stay."""
    cell: list[str] = []
    answers: list[str] = []
    given_lines: list[str] = []
    for number, kind in enumerate(draw(st.lists(st.sampled_from("gplnh"), max_size=8))):
        answer, visible = f"secret{number}z = {number}", f"visible{number} = {number}"
        indent = draw(st.sampled_from(["", "    "]))
        if indent:
            given_lines.append(f"def f{number}():")
            cell += [f"def f{number}():", f"{indent}pass"]
        if kind == "g":
            cell.append(indent + visible)
            given_lines.append(visible)
        elif kind == "p":
            opening, closing = draw(PAIRS)
            count = draw(st.integers(0, 3))
            inner = [f"{indent}secret{number}z{n} = {n}" for n in range(count)]
            cell += [indent + opening, *inner, indent + closing]
            answers += [line.strip() for line in inner]
        elif kind == "l":
            cell.append(f"{indent}{answer} # SOLUTION")
            answers.append(answer)
        elif kind == "n":
            cell.append(f"{indent}{answer} # SOLUTION NO PROMPT")
            answers.append(answer)
        else:
            cell += [
                f"{indent}# BEGIN HIDDEN TESTS",
                indent + answer,
                f"{indent}# END HIDDEN TESTS",
            ]
            answers.append(answer)
    return "\n".join(cell), answers, given_lines


@given(st.lists(marked_cells(), min_size=1, max_size=4))
def test_no_answer_survives_no_other_line_is_lost_and_twice_is_once(
    made: list[tuple[str, list[str], list[str]]],
) -> None:
    solved = new_notebook(
        cells=[new_code_cell(source, id=f"c{at}") for at, (source, _, _) in enumerate(made)]
    )
    template = strip_notebook(solved, file="hw.ipynb")
    assert [cell.id for cell in template.notebook.cells] == [f"c{at}" for at in range(len(made))]
    for cell, (_source, answers, given_lines) in zip(template.notebook.cells, made, strict=True):
        ast.parse(cell.source)
        assert not [answer for answer in answers if answer in cell.source]
        assert not re.search(r"secret\d+z\d* = \d", cell.source)
        rest = iter(line.strip() for line in cell.source.split("\n"))
        assert all(line in rest for line in given_lines)  # all of them, and in their order
    texts = [answer.text for answer in template.answers]
    assert all(any(line in text for text in texts) for _, answers, _ in made for line in answers)
    again = strip_notebook(template.notebook, file="hw.ipynb")
    assert again.notebook == template.notebook
