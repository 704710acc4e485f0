"""What mutants are made of an answer: each is Python, and differs in an answer only."""

from __future__ import annotations

import ast
import csv
import io
import json
import shutil
from pathlib import Path

import pytest
from conftest import TWO_FUNCTIONS
from hypothesis import given
from hypothesis import strategies as st

from autograder.model import manifest
from release.markup.model import Region
from release.markup.source import plain_python
from release.mutants import tables
from release.mutants.code import Code, Vocabulary
from release.mutants.making import code_mutants, mutated, mutations

VOCABULARY = Vocabulary.of(
    ["import numpy as np\nimport torch\nfrom torch import nn", "valid_data = train_data = 0"]
)


def code_of(answer: str, *, above: str = "before = 1", below: str = "after = 1 + 2") -> Code:
    text = f"{above}\n{answer}\n{below}"
    first = above.count("\n") + 1
    region = Region(first, first + answer.count("\n") + 1, "", first)
    python = plain_python(text)
    assert python is not None
    return Code(text, python, (region,), VOCABULARY)


def made_of(answer: str, operator: str = "") -> set[str]:
    """The mutants of an answer that stands alone."""
    code = code_of(answer)
    texts = [
        (change.operator, mutated(code, change))
        for change in mutations(code)
        if operator in ("", change.operator)
    ]
    found = {text for _operator, text in texts if text is not None}
    return {t.removeprefix("before = 1\n").removesuffix("\nafter = 1 + 2") for t in found}


@pytest.mark.parametrize(
    ("operator", "answer", "mutant"),
    [
        ("comparison", "y = a < b", "y = a <= b"),
        ("comparison", "y = (a) in (b)", "y = (a) not in (b)"),
        ("arithmetic", "y = (a + 1) * b", "y = (a + 1) / b"),
        ("arithmetic", "y = a - (b - c)", "y = a + (b - c)"),
        ("arithmetic", "y -= a", "y += a"),
        ("arithmetic", "y = a * b", "y = a"),
        ("normalisation", "y = x / 255", "y = x"),
        ("swapped operands", "y = a - b", "y = b - a"),
        ("constant", "y = 3", "y = 4"),
        ("constant", "y = 0.5", "y = 5.0"),
        ("constant", "y = ['a', 'b']", "y = ['b', 'b']"),
        ("boolean", "y = True", "y = False"),
        ("boolean", "y = a and b", "y = a or b"),
        ("boolean", "y = not a", "y = a"),
        ("branch", "y = 1 if a else 2", "y = 1 if (not (a)) else 2"),
        ("branch", "y = [i for i in x if i]", "y = [i for i in x if True]"),
        ("dropped statement", "y = 1\nz = f(y)", "y = 1\npass"),
        ("None", "y = f(1)", "y = None"),
        ("dropped keyword", "y = f(a, key=1)", "y = f(a)"),
        ("dropped keyword", "y = f((a), key=(1), more=2)", "y = f((a), more=2)"),
        ("swapped arguments", "y = f(a, b)", "y = f(b, a)"),
        ("swapped items", "y = (a, b)", "y = (b, a)"),
        ("dropped item", "y = {'a': 1, 'b': 2}", "y = {'a': 1, }"),
        ("off by one", "y = range(n)", "y = range((n - 1))"),
        ("off by one", "y = range(n)", "y = range(1, n)"),
        ("off by one", "y = x[:n]", "y = x[:(n + 1)]"),
        ("removed call", "y = abs(x)", "y = x"),
        ("removed call", "y = x.copy()", "y = x"),
        ("reduction", "y = x.sum(axis=0)", "y = x.mean(axis=0)"),
        ("axis", "y = x.sum(axis=0)", "y = x.sum(axis=1)"),
        ("axis", "y = x.softmax(dim=-1)", "y = x.softmax(dim=0)"),
        ("transposed", "y = x.T", "y = x"),
        ("transposed", "y = a @ b", "y = ((a).T) @ b"),
        ("dtype", "y = f(x, dtype=np.float32)", "y = f(x, dtype=np.float64)"),
        ("dtype", "y = x.float()", "y = x.double()"),
        ("device", "y = x.to(device)", "y = x"),
        ("training step", "net.eval()", "pass"),
        ("training step", "net.eval()", "net.train()"),
        ("training step", "optimizer.zero_grad()", "pass"),
        ("no_grad", "with torch.no_grad():\n    y = f(x)", None),
        ("train and valid", "y = f(train_data)", "y = f(valid_data)"),
        ("train and valid", "y = f(mode='train')", "y = f(mode='valid')"),
        (
            "shuffle",
            "y = DataLoader(data, batch_size=2)",
            "y = DataLoader(data, batch_size=2, shuffle=True)",
        ),
        (
            "batch size",
            "y = DataLoader(data, batch_size=2)",
            "y = DataLoader(data, batch_size=4)",
        ),
        ("drop_last", "y = DataLoader(data)", "y = DataLoader(data, drop_last=True)"),
        ("seed", "torch.manual_seed(1)", "pass"),
        ("API confusion", "y = np.dot(a, b)", "y = np.multiply(a, b)"),
        ("way", "y = f(mode='same')", "y = f(mode='valid')"),
    ],
)
def test_a_kind_of_change(operator: str, answer: str, mutant: str | None) -> None:
    made = made_of(answer, operator)
    if mutant is None:
        assert made
    else:
        assert mutant in made


def test_shuffled_once() -> None:
    (once,) = [m for m in made_of("y = DataLoader(d, shuffle=True)", "shuffle") if "Subset" in m]
    assert once.endswith("shuffle=False)")


def test_an_argument_that_is_overwritten() -> None:
    (mutant,) = made_of("def f(a):\n    n = a.shape\n    return n", "in place")
    assert mutant.endswith("kept_ = (n); a[...] = 0; return kept_")


def test_comments_and_magics_stay() -> None:
    code = code_of("y = a + b  # sum, of both\nz = 1", above="%matplotlib inline\nx = 1")
    changed = [mutated(code, change) for change in mutations(code)]
    assert "%matplotlib inline\nx = 1\ny = a - b  # sum, of both\nz = 1\nafter = 1 + 2" in changed


def test_only_a_statement_inside_the_answer_is_changed() -> None:
    text = "def f(a):\n    b = a + 1\n    return b * 2"
    code = Code(text, text, (Region(1, 2, "    ", 1),), VOCABULARY)
    for change in mutations(code):
        made = mutated(code, change)
        if made is not None:
            assert made.startswith("def f(a):\n")
            assert made.endswith("\n    return b * 2")


NAMES = st.sampled_from(["a", "b", "x", "np", "train_data"])
ATOMS = st.one_of(
    NAMES,
    st.integers(0, 300).map(str),
    st.sampled_from(["'train'", '"é"', "0.5", "True", "None", "x.shape", "(a)", "f'{a + 1}'"]),
)


def _compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(inner, st.sampled_from("+ - * / // % ** @ < >= == and or in".split()), inner)
    return st.one_of(
        pair.map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        st.tuples(inner, inner).map(lambda p: f"f({p[0]}, key={p[1]})"),
        st.tuples(inner, inner).map(lambda p: f"x.sum({p[0]}, axis=1)[{p[1]}:, 0]"),
        st.lists(inner, min_size=1, max_size=3).map(lambda p: f"[{', '.join(p)}]"),
        inner.map(lambda p: f"DataLoader(\n    {p},  # a, b\n    batch_size=3,\n)"),
        inner.map(lambda p: f"{{'é': {p}, 'b': 2}}"),
        inner.map(lambda p: f"[i for i in x if {p}]"),
        inner.map(lambda p: f"(not {p})"),
    )


EXPRESSIONS = st.recursive(ATOMS, _compound, max_leaves=6)
STATEMENTS = st.one_of(
    EXPRESSIONS.map(lambda e: f"y = {e}"),
    EXPRESSIONS.map(lambda e: f"y += {e}"),
    EXPRESSIONS.map(lambda e: f"if {e}:\n    y = 1\nelse:\n    y = {e}"),
    EXPRESSIONS.map(lambda e: f"def g(a):\n    return {e}"),
    EXPRESSIONS.map(lambda e: f"for i in range({e}):\n    net.eval()\n    continue"),
)


@given(st.lists(STATEMENTS, min_size=1, max_size=3))
def test_each_mutant_is_python_and_differs_in_the_answer_only(statements: list[str]) -> None:
    code = code_of("\n".join(statements), above="before = 'é'", below="after = [1, 2]")
    tree = ast.dump(code.tree)
    for change in mutations(code):
        text = mutated(code, change)
        if text is not None:
            assert ast.dump(ast.parse(text)) != tree
            assert text.startswith("before = 'é'\n")
            assert text.endswith("\nafter = [1, 2]")


def test_ids_stay_when_another_line_of_the_cell_changes(tmp_path: Path) -> None:
    shutil.copytree(TWO_FUNCTIONS, tmp_path / "two")
    staff = tmp_path / "two" / "staff"
    assignment = manifest.load(staff)
    before = {mutant.id: mutant for mutant in code_mutants(assignment)}
    source = staff / "two.py"
    source.write_text(source.read_text().replace("sum of each row", "sum of every row"))
    assert [mutant.id for mutant in code_mutants(assignment)] == list(before)
    assert len(before) > 20
    assert {question for m in before.values() for question in m.questions} == {"Q1", "Q2"}
    for mutant in before.values():
        cells = json.loads(mutant.files["two.ipynb"] or b"")["cells"]
        assert [cell["id"] for cell in cells] == ["imports", "row-sums", "box-blur"]
        assert mutant.after in [cell["source"] for cell in cells]
    only = list(code_mutants(assignment, "Q1"))
    assert {m.id for m in only} == {i for i, m in before.items() if m.questions == ("Q1",)}


# --- files ---------------------------------------------------------------------------------------

LOG = b"time,epoch,loss\n1.5,1,2.25\n2.5,2,2.0\n3.5,3,1.5\n"
FORM = json.dumps({"size": 910, "layers": {"a": [1, 2]}, "rule": "(W-K)/S+1"}).encode()
FILES = {"log.csv": LOG, "other.csv": LOG.replace(b"2.0", b"1.75"), "form.json": FORM}


def test_parts_of_files() -> None:
    found = [part.name for part in tables.parts({**FILES, "words.txt": b"a", "odd.json": b"{"})]
    assert found == ["size", "layers.a.0", "layers.a.1", "rule", "log.csv", "other.csv"]


def test_wrong_tables() -> None:
    made = list(tables.file_mutants(tables.Part("log.csv"), FILES))
    kinds = {mutant.operator for mutant in made}
    assert kinds >= {
        *("units", "rounding", "missing row", "swapped rows", "swapped columns", "copied"),
        *("constant column", "not monotone", "sign", "not a number", "renamed column"),
    }
    assert len({mutant.files["log.csv"] for mutant in made}) == len(made)
    (falling,) = [m for m in made if m.what == "log.csv: time reversed"]
    rows = list(csv.reader(io.StringIO((falling.files["log.csv"] or b"").decode())))
    assert [row[0] for row in rows] == ["time", "3.5", "2.5", "1.5"]
    assert [row[1] for row in rows] == ["epoch", "1", "2", "3"]


def test_wrong_values_of_json() -> None:
    made = {m.what: m for m in tables.file_mutants(tables.Part("form.json", ("size",)), FILES)}
    assert json.loads(made["size: one more"].files["form.json"] or b"")["size"] == 911
    rules = [m.after for m in tables.file_mutants(tables.Part("form.json", ("rule",)), FILES)]
    assert any("(W+K)/S+1" in text for text in rules)
    gone = tables.missing(tables.Part("form.json", ("layers", "a", 0)), FILES)
    assert json.loads(gone.files["form.json"] or b"")["layers"]["a"] == [2]
    assert "log.csv" not in tables.missing(tables.Part("log.csv"), FILES).submission(FILES)
