"""Each kind of question of docs/how-to/kinds-of-questions.md: right, wrong and odd answers."""

from __future__ import annotations

import io
import json
import re
import textwrap
from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest
from conftest import ROOT, Graded, Notebook, needs_installed, needs_root
from PIL import Image

from autograder.grading.session import Session
from autograder.model import manifest
from release.markup.templates import solved, templates

pytestmark = [needs_installed("pandas", "sklearn"), needs_root]

KINDS = ROOT / "tests" / "assignments" / "kinds" / "staff"
HOW_TO = ROOT / "docs" / "how-to" / "kinds-of-questions.md"

#: By kind: the same answer in another spelling, a wrong answer, and what nobody would submit.
ANSWERS: dict[str, tuple[str, str, str]] = {
    "array": ("double = np.array(2).__mul__", "def double(x): return x + 2",
              "def double(x): return 'twice'"),
    "number": ("def mean_squared(x): return np.square(x).mean()",
               "def mean_squared(x): return x.mean() ** 2", "def mean_squared(x): print(x)"),
    "text": ("def slug(t): return '-'.join(t.casefold().split())", "slug = str.upper",
             "def slug(t): return [t]"),
    "nested": ("config = dict(lr=1 / 10, tags=set('ab'), layers=[(3, 'relu'), (1, None)])",
               "config = {'layers': [(3, 'relu')], 'lr': 0.1, 'tags': {'a', 'b'}}",
               "config = float('nan')"),
    "exception": ("class Negative(ValueError): pass\n"
                  "def root(x):\n    if not x >= 0: raise Negative(f'{x} is negative')\n"
                  "    return np.sqrt(x)",
                  "def root(x): return abs(x) ** 0.5", "root = 3"),
    "printed": ("def dialogue():\n    print('\\n'.join(f'line {i}' for i in range(int(input()))))",
                "def dialogue():\n    for i in range(int(input())): print('line', i + 1)",
                "def dialogue():\n    while True: input()"),
    "cell": ("import sys\ntotal = 45\nsys.stdout.write('total = 45')",
             "total = 45\nprint('total: 45')", "total = 45\nwhile True: print('x' * 1000)"),
    "in_place": ("def normalise(x): x[...] = x / np.sum(x)", "def normalise(x): return x / x.sum()",
                 "def normalise(x): x.resize(7, refcheck=False)"),
    "file": ("def save(rows): np.savetxt('rows.csv', rows, '%d', ',')",
             "def save(rows): np.savetxt('rows.csv', rows)",
             "def save(rows):\n    import os\n    os.mkdir('rows.csv')"),
    "figure": ("def plot_loss(losses):\n    fig, ax = plt.subplots()\n"
               "    ax.plot(range(3), losses, 'o', label='loss')\n"
               "    ax.set(xlabel='epoch')\n    ax.legend()\n    return fig",
               "def plot_loss(losses):\n    plt.plot(losses, label='loss')\n    plt.legend()",
               "def plot_loss(losses): return np.array(losses)"),
    "shown": ("fig, ax = plt.subplots()\nax.barh(range(3), [3, 1, 2])\nax.set_title('H')\n"
              "heights = 0\nplt.show()",
              "heights = [3, 1, 2]\nplt.bar(['a', 'b', 'c'], heights)", "heights = plt"),
    "class": ("from dataclasses import dataclass\n@dataclass\nclass Account:\n"
              "    balance: float = 0\n    def deposit(self, amount): self.balance += amount",
              "class Account:\n    def __init__(self, b): self.balance = b\n"
              "    def deposit(self, amount): self.balance -= amount",
              "def Account(balance): return None"),
    "generator": ("import itertools\ndef naturals(step): return itertools.count(0, step)",
                  "def naturals(step): return iter(range(step))",
                  "def naturals(step): return step"),
    "closure": ("class adder:\n    def __init__(self, n): self.n = n\n"
                "    def __call__(self, x): return x + self.n",
                "def adder(n): return lambda x: x - n", "def adder(n): return n"),
    "callback": ("def fixed_point(f, x): return f(fixed_point(f, x)) if False else "
                 "[x := f(x) for _ in range(99)][-1]",
                 "def fixed_point(f, x): return f(x)", "def fixed_point(f, x): return f"),
    "parameters": ("class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
                   "        self.a, self.b = nn.Linear(4, 8), nn.Linear(8, 2)\n"
                   "    def forward(self, x): return self.b(self.a(x).relu())\nmake_net = Net",
                   "def make_net(): return nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 3))",
                   "def make_net(): return []"),
    "weights": ("class Affine(nn.Module):\n    def __init__(self, n):\n"
                "        super().__init__()\n        self.shift = nn.Parameter(torch.randn(n))\n"
                "        self.scale = nn.Parameter(torch.randn(n))\n"
                "    def forward(self, x): return torch.addcmul(self.shift, x, self.scale)",
                "class Affine(nn.Linear):\n    def __init__(self, n): super().__init__(n, n)",
                "Affine = dict"),
    "gradient": ("softplus = nn.functional.softplus",
                 "def softplus(x): return torch.log1p(torch.exp(x.detach())) + 0 * x",
                 "def softplus(x): return 1.0"),
    "differences": ("def ridge(w): return 3 * w.sum()\n"
                    "def ridge_gradient(w): return np.full_like(w, 3)",
                    "def ridge(w): return (w ** 2).sum()\ndef ridge_gradient(w): return w",
                    "def ridge(w): return None\ndef ridge_gradient(w): return w"),
    "causal": ("def running_mean(x): return np.stack([x[:, :i + 1].mean(1) "
               "for i in range(x.shape[1])], 1)",
               "def running_mean(x): return x - x + x.mean(1, keepdims=True)",
               "def running_mean(x): return x[0]"),
    "repeatable": ("def sample(seed):\n    np.random.seed(seed)\n    return np.random.rand(5)",
                   "def sample(seed): return np.random.rand(5)",
                   "def sample(seed): return object()"),
    "vectorised": ("from scipy.spatial.distance import cdist\n"
                   "def distances(a, b): return cdist(a, b, 'cityblock')",
                   "def distances(a, b): return np.array([[np.abs(p - q).sum() for q in b] "
                   "for p in a])",
                   "def distances(a, b): return {}"),
    "rule": ("from numpy.linalg import lstsq\ndef solve(a, b): return lstsq(a, b, rcond=None)[0]",
             "from numpy import linalg as la\ndef helper(a): return la.inv(a)\n"
             "def solve(a, b): return helper(a) @ b",
             "exec('def solve(a, b): return 1')"),
    "query": ("query = '''select name, sum(price) as total from sales\ngroup by 1 order by 1'''",
              "query = 'SELECT name, price FROM sales'", "query = 5"),
    "trained": ("def train(x, y, steps):\n"
                "    a = torch.cat([x, torch.ones(len(x), 1)], 1)\n"
                "    w = torch.linalg.lstsq(a, y).solution\n"
                "    return lambda x: x @ w[:-1] + w[-1]",
                "def train(x, y, steps): return lambda _: y",
                "def train(x, y, steps): return 'trained'"),
    "accuracy": ("epochs = 2e3", "epochs = 3", "epochs = [1000]"),
    "frame": ("def best(runs):\n    rows = runs.loc[runs.groupby('lr').loss.idxmin()]\n"
              "    rows['run'] = list(np.array(list(rows['run'])))  # np.str_\n"
              "    return rows.set_axis(list(np.array(list(rows))), axis=1)",
              "def best(runs): return runs.groupby('lr', as_index=False).first()",
              "def best(runs): return None"),
    "estimator": ("from sklearn.linear_model import Ridge\nmodel = Ridge(0)\n"
                  "_ = model.fit([[0], [1]], [1, 4])",
                  "from sklearn.linear_model import LinearRegression\nmodel = LinearRegression()",
                  "model = 3"),
}  # fmt: skip
BAG = (
    "from collections import Counter\nclass Bag:\n    def __init__(self): self.counts = Counter()\n"
    "    def add(self, text): self.counts.update(text.split())\n",
    "class Bag:\n    def __init__(self): self.counts = {}\n"
    "    def add(self, text): self.counts = dict.fromkeys(text.split(), 1)\n",
    "class Bag:\n    counts = property(lambda self: self)\n    def add(self, text): pass\n",
)
WEIGHTS = (np.full((2, 2), 0.25, dtype=np.float32), np.ones(3), np.array(["a", "b"]))
COLOURS = ("red", "blue", None)


def drawn(colour: str | None) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (3, 2), colour or 0).save(file, "PNG" if colour else "TIFF")
    return file.getvalue()


def saved(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def submitted(which: int | None) -> dict[str, bytes]:
    """The solution, or all answers of one column."""
    files = dict(solved(manifest.load(KINDS)))
    if which is not None:
        notebook = Notebook(files["kinds.ipynb"])
        for kind, answers in ANSWERS.items():
            notebook.set(kind, answers[which])
        files = {"kinds.ipynb": json.dumps(notebook.tree).encode(), "bag.py": BAG[which].encode()}
    column = which or 0
    return {
        **files,
        "weights.npy": saved(WEIGHTS[column]),
        "picture.png": drawn(COLOURS[column]),
    }


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    assignment = manifest.load(KINDS)
    with Session(assignment, templates(assignment)) as opened:
        yield opened


@pytest.fixture(scope="module")
def graded(session: Session):  # type: ignore[no-untyped-def]
    @cache
    def grade(which: int | None) -> Graded:
        return Graded(session.grade_files(submitted(which), seed=1))

    return grade


QUESTIONS = [question.id for question in manifest.load(KINDS).questions]


def test_the_solution_has_every_point(graded) -> None:  # type: ignore[no-untyped-def]
    report = graded(None).report
    assert not report.faulty, report.all_faults
    lost = {c.question: c.staff for c in report.checks if c.score != c.max_score}
    assert lost == {}


@pytest.mark.parametrize("kind", QUESTIONS)
@pytest.mark.parametrize(("which", "score"), [(0, 1.0), (1, 0.0), (2, 0.0)],
                         ids=["right", "wrong", "odd"])  # fmt: skip
def test_kinds(graded, kind: str, which: int, score: float) -> None:  # type: ignore[no-untyped-def]
    report = graded(which).report
    (check,) = (check for check in report.checks if check.question == kind)
    assert check.status != "fault", check.staff
    assert check.score == score, check.staff
    assert "Traceback" not in check.message
    assert bool(check.message) == (score == 0)


def test_there_are_enough_of_them() -> None:
    assert len(QUESTIONS) >= 25


def test_what_the_docs_show_is_what_is_tested() -> None:
    """Each heading of the page is a kind, each line of its code stands in the check."""
    parts = re.split(r"^### .*\(`(\w+)`\)$", HOW_TO.read_text(encoding="utf-8"), flags=re.MULTILINE)
    shown = dict(zip(parts[1::2], parts[2::2], strict=True))
    checks = (KINDS / "checks" / "test_kinds.py").read_text(encoding="utf-8")
    assert set(shown) == set(QUESTIONS)
    for kind, text in shown.items():
        (code,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
        assert len(code.strip().splitlines()) <= 12, kind
        for block in code.strip().split("\n\n"):
            indented = textwrap.indent(block, "    ")
            assert block in checks or indented in checks, f"{kind}:\n{block}"
