"""What a probe may be made of: told when its file is loaded, with the line."""

from __future__ import annotations

import importlib.util
import itertools
import linecache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.checks.probes import Probe

HEAD = """from __future__ import annotations
import math
import os.path
from collections import Counter as Count, OrderedDict
from autograder.checks import expect, probe
import beside
K = 3
def helper(x): return x
"""
NUMBERS = itertools.count()


def load(folder: Path, body: str) -> ModuleType:
    """A file of checks with such a function in it, which is called f."""
    (folder / "beside.py").write_text("secret = 7", encoding="utf-8")
    path = folder / f"test_{next(NUMBERS)}.py"
    path.write_text(HEAD + body, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(__import__("sys").modules, "beside", raising=False)
    return tmp_path


def sent(probe: Probe) -> Any:
    """The function as it is made at the other end, where nothing else is known."""
    namespace: dict[str, Any] = {"__name__": "probe"}
    exec(compile(probe.source, "<probe>", "exec"), namespace)
    return namespace[probe.name]


@pytest.mark.parametrize(
    ("body", "argument", "result"),
    [
        ("@probe\ndef f(x): return math.sqrt(x)", 4, 2.0),
        ("@probe\ndef f(x: Nothing) -> Missing:\n    y: Absent = x\n    return y", 4, 4),
        ("@probe\ndef f(x, *, n=math.floor(2.5)): return os.path.join('a', str(x * n))", 2, "a/4"),
        ("@probe\ndef f(x):\n    import json as j\n    return j.dumps(x)", [1], "[1]"),
        ("@probe\ndef f(x):\n    def g(n): return f(n - 1) if n else 0\n    return g(x)", 3, 0),
        ("@probe\ndef f(x): return [y for y in x if (z := y) > 1] + [z]", [1, 2], [2, 2]),
        ("@probe\ndef f(x): return dict(Count(x))", "aa", {"a": 2}),
        ("@probe\ndef f(x):\n    try: return 1 / x\n"
         "    except ZeroDivisionError as e: return str(e)", 0, "division by zero"),
        ("@probe\ndef f(x):\n    class C:\n        n = x\n        def g(self): return self.n\n"
         "    return C().g()", 5, 5),
        ("@probe\ndef f(x): return (lambda y: y + x)(1)", 5, 6),
    ],
)  # fmt: skip
def test_a_probe_runs_where_nothing_else_is_known(
    folder: Path, body: str, argument: object, result: object
) -> None:
    probe = load(folder, body).f
    assert sent(probe)(argument) == probe(argument) == result


@pytest.mark.parametrize(
    ("body", "line", "says"),
    [
        ("@probe\ndef f(x): return x + K", 10, "`f` uses `K`, which is not there"),
        ("@probe\ndef f(x):\n    y = 1\n    return helper(y)", 12, "uses `helper`"),
        ("@probe\ndef f(x, k=K): return x", 10, "uses `K`"),
        ("@probe\ndef f(x): return [K for _ in x]", 10, "uses `K`"),
        ("@probe\ndef f(x):\n    def g(): return lambda: K\n    return g", 11, "uses `K`"),
        ("@probe\ndef f(x): return beside.secret", 10, "beside the checks"),
        ("@probe\ndef f(x): return expect(x, '')", 10, "runs the checks"),
        ("@probe\ndef f(x):\n    global K\n    K = x\n    return K", 12, "uses `K`"),
        (
            "import functools\n@functools.cache\n@probe\ndef f(x): return x",
            10,
            "has other decorators",
        ),
        ("def g():\n    @probe\n    def f(x): return x\ng()", 10, "at the top of its file"),
        ("class A:\n    @probe\n    def f(x): return x", 10, "at the top of its file"),
        ("f = probe(lambda x: x)", 9, "plain function"),
        ("@probe\nasync def f(x): return x", 9, "plain function"),
    ],
)
def test_what_is_not_there_is_told_with_its_line(
    folder: Path, body: str, line: int, says: str
) -> None:
    with pytest.raises(SyntaxError, match="probe") as raised:
        load(folder, body)
    assert says in str(raised.value.msg)
    assert raised.value.lineno == line
    assert str(raised.value.filename).startswith(str(folder))


def test_an_error_has_the_line_of_the_checks_file(folder: Path) -> None:
    probe = load(folder, "\n\n@probe\ndef f(x):\n    y = 1\n    return x.missing").f
    with pytest.raises(AttributeError) as raised:
        sent(probe)(3)
    assert raised.traceback[-1].lineno + 1 == 14
    assert "x.missing" in linecache.getline(str(folder / f"test_{next(NUMBERS) - 1}.py"), 14)


EXPRESSIONS = st.recursive(
    st.sampled_from(["x", "n", "K", "math.pi", "helper", "1", "'a'"]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda p: f"[{p[0]}, {p[1]}]"),
        inner.map(lambda e: f"(lambda n: {e})"),
        inner.map(lambda e: f"[{e} for n in (1,)]"),
        inner.map(lambda e: f"{{'k': {e}}}"),
        inner.map(lambda e: f"({e} if x else None)"),
    ),
    max_leaves=6,
)


@given(EXPRESSIONS)
def test_what_passes_can_run_alone(expression: str) -> None:
    """Whatever is let through looks up nothing that is not there; whatever is not, does."""
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        body = f"@probe\ndef f(x, n=0): return {expression}"
        text = HEAD.replace("import beside\n", "")
        path = Path(name) / f"test_{next(NUMBERS)}.py"
        path.write_text(text + body, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except SyntaxError:
            assert "K" in expression or "helper" in expression
            return
        assert "K" not in expression
        assert "helper" not in expression
        sent(module.f)(1)
