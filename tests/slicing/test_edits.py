"""What is cut out of a student's text is the same code, whatever that text looks like."""

from __future__ import annotations

import ast
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.batch.fingerprints import _stream
from autograder.slicing.edits import Edit, Source, rewritten, spelled
from autograder.slicing.magics import python_source
from autograder.slicing.notebook import Cell, parse
from autograder.slicing.slicer import slice_cells
from autograder.slicing.statements import facts_of, symbols

#: In Python 3.11 the standard library refuses to write each of these.
UNWRITABLE = (
    "print(f\"{'\N{MAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER} done' if True else ''}\")",
    "print(f\"{'\N{NO-BREAK SPACE}'.join([])}\")",
    "print(f\"{'\N{SOFT HYPHEN}'}\")",
    "assert f\"{'\N{ZERO WIDTH NON-JOINER}'!r:>{'\N{BYTE ORDER MARK}'!s}}\"",
    f"big = 0x{'f' * 4000}",
)
SIMPLE = st.sampled_from(
    [
        "x = 1",
        'é = \'ä\N{GRINNING FACE}\' + """a\n  b\N{LINE SEPARATOR}"""',
        "x = (1,\n\n  # a @ comment\n 2)",
        "y = 1 + \\\n\t2",
        "print(f'''{x}\n {x!r:>{3}} {{}}''')",
        "del x",
        "x: 'ä' = [n for n in range(3) if n]",
        "a = b = lambda ö: ö @ ö",
        "from os import (path,\n sep as s)",
        *UNWRITABLE,
    ]
)
DECORATORS = st.sampled_from(
    ["", "@d\n", "@ d\n@(e @ f)\n", "@(\n  # a @ b\n  d('ä'))\n", "@ \\\n d\n", "@(d)  # ö\n\n"]
)
HEADS = st.sampled_from(
    ["def f(ä='ö'):", "async def g():", "class A:", "if ä:", "while 'ß': # \N{GRINNING FACE}"]
)


def _indented(text: str, by: str) -> str:
    """A block, its lines within texts and brackets left as they are."""
    whole = ast.parse(text)
    inside = {n for s in ast.walk(whole) if isinstance(s, ast.expr) for n in _later_lines(s)}
    inside |= {n for s in whole.body for n in _later_lines(s) if not hasattr(s, "body")}
    lines = text.split("\n")
    return "\n".join(
        # A form feed ends what counts as indentation.
        line if n in inside or not line else "\f" * line.startswith("\f") + by + line.lstrip("\f")
        for n, line in enumerate(lines, 1)
    )


def _later_lines(node: ast.expr | ast.stmt) -> range:
    return range(node.lineno + 1, (node.end_lineno or 0) + 1)


@st.composite
def programs(draw: st.DrawFn, depth: int = 2) -> str:
    """Statements of all kinds, one below or beside the other, with odd space between them."""
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        if depth and draw(st.booleans()):
            head = draw(HEADS)
            sign = draw(DECORATORS) if head.startswith(("def", "async", "class")) else ""
            by = draw(st.sampled_from(["  ", "\t", "    "]))
            feed = draw(st.sampled_from(["", "\f"]))
            body = _indented(draw(programs(depth - 1)), by)
            parts.append(f"{sign}{feed}{head}\n{body}")
        else:
            beside = draw(st.sampled_from(["; ", " ;\t", "\n", "\n\n\f", "\n# ä\n"]))
            parts.append(beside.join(draw(st.lists(SIMPLE, min_size=1, max_size=3))))
    return "\n".join(parts)


def _dump(node: ast.AST) -> str:
    """``ast.dump``, which refuses numbers of more than 4,300 digits too."""
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        return ast.dump(node)
    finally:
        sys.set_int_max_str_digits(before)


def _same(text: str, node: ast.stmt) -> bool:
    return [_dump(each) for each in ast.parse(text).body] == [_dump(node)]


@given(programs(), st.sampled_from(["\n", "\r\n", "\r"]))
def test_each_statement_that_is_cut_out_is_the_same_code(program: str, newline: str) -> None:
    text = program.replace("\n", newline)
    tree, source = ast.parse(text), Source(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            if node in tree.body:
                assert _same(source.segment(node), node)
            line = source.first_line(node)
            assert line <= node.lineno
            assert text.replace(newline, "\n").split("\n")[line - 1].strip()


@given(programs())
def test_each_statement_of_a_block_can_be_read_by_itself(program: str) -> None:
    source = Source(program)
    for node in ast.walk(ast.parse(program)):
        if isinstance(node, ast.stmt):
            assert _same(source.dedented(node), node)


@given(programs(), st.randoms(use_true_random=False))
def test_what_is_taken_out_leaves_all_else_where_it_is(program: str, random: object) -> None:
    tree, source = ast.parse(program), Source(program)
    chosen = [node for node in tree.body if random.random() < 0.5]  # type: ignore[attr-defined]
    kept = {_dump(node): node.lineno for node in tree.body if node not in chosen}
    after = ast.parse(source.whole([Edit(node) for node in chosen])).body
    found = {_dump(node): node.lineno for node in after}
    assert kept.items() <= found.items()


@given(programs())
def test_every_statement_can_be_analysed(program: str) -> None:
    for node in ast.parse(program).body:
        assert facts_of(node).node is node
        assert spelled(node, Source(program))
    _stream(program)  # the search for similar code


@pytest.mark.parametrize("statement", UNWRITABLE)
def test_a_statement_that_cannot_be_written_anew_counts_as_any_other(statement: str) -> None:
    cells = [Cell(1, None, "code", f"{statement}\nanswer = 42"), Cell(2, None, "code", statement)]
    assert [step.source for step in slice_cells(cells, ["answer"]).steps] == ["answer = 42"]


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="mended in Python 3.12")
@pytest.mark.parametrize("statement", UNWRITABLE[:-1])
def test_control_the_standard_library_refuses_them(statement: str) -> None:
    with pytest.raises(ValueError, match="Unable to avoid backslash"):
        ast.unparse(ast.parse(statement))
    assert rewritten(ast.parse(statement).body[0]) == ""
    assert spelled(ast.parse(statement).body[0], Source(statement)) == statement


def test_what_is_written_anew_says_the_same() -> None:
    node = ast.parse("x  =  1").body[0]
    assert rewritten(node) == "x = 1"


@pytest.mark.parametrize(
    "statement",
    [
        "match x:\n case -1 + 2j | 'a' | {1: y, 'b': _, **rest}: z = y\n case A(1.5, b=-3): pass",
        "x = 1 .real, 1.0.real, 1j.imag, (1).real, -1, ...",
        "f'{x!r:{y}} {z=}'",
    ],
)
def test_names_are_found_beside_texts_and_numbers_of_all_kinds(statement: str) -> None:
    node = ast.parse(statement).body[0]
    here = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    found = {symbol.get_name() for symbol in symbols(node).get_symbols()}
    assert here <= found


def test_only_what_is_where_it_says_is_taken_out_of_an_f_string() -> None:
    cell = "a = f'''x\n{get_ipython()\n .getoutput(\"x\")}'''\n!ls\nb = !ls"
    assert python_source(cell).split("\n")[-2:] == ["None", "b = []"]
    ast.parse(python_source(cell))


def test_a_byte_order_mark_is_no_part_of_a_module() -> None:
    module = parse("\ufeffx = 'ä'\r\ny = 2\f\r\n".encode(), "m.py")
    assert [step.source for step in slice_cells(module.cells, ["x", "y"]).steps] == [
        "x = 'ä'",
        "y = 2",
    ]


def test_the_first_line_of_a_step_is_that_of_its_sign() -> None:
    text = "z = 1\n@(\n  staticmethod)\ndef f(): return 1"
    (step,) = slice_cells([Cell(1, None, "code", text)], ["f"]).steps
    assert (step.line, step.source) == (2, text[6:])
