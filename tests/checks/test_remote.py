"""Objects that stay with the student's code, in real sessions: right, wrong and odd answers."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from conftest import ROOT, Graded, Notebook, needs_root

from autograder.grading.session import Session
from autograder.model import manifest
from release.markup.templates import solved, templates

pytestmark = needs_root

OBJECTS = ROOT / "tests" / "assignments" / "objects"


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    assignment = manifest.load(OBJECTS / "staff")
    with Session(assignment, templates(assignment)) as opened:
        yield opened


def answered(session: Session, *edits: tuple[str, str]) -> Graded:
    """The solution, with texts of its cells replaced."""
    notebook = Notebook(solved(manifest.load(OBJECTS / "staff"))["objects.ipynb"])
    for old, new in edits:
        cell = next(c["id"] for c in notebook.cells if old in "".join(c["source"]))
        notebook.edit(cell, (old, new))
    return Graded(
        session.grade_files({"objects.ipynb": json.dumps(notebook.tree).encode()}, seed=1)
    )


def test_solution_has_every_point(session: Session) -> None:
    assert answered(session).lost() == {}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("self.W = np.zeros((d, k))", "super().__setattr__('W', np.zeros([d, k]))"),
        ("class Net:", "class Base:\n    pass\n\n\nclass Net(Base):"),
        (
            "def batches(n, size):",
            "def batches(n, size):\n    return iter([[0, 1, 2], [3, 4, 5], [6]])\n\n"
            "def other(n, size):",
        ),
        ('raise ValueError("n is odd")', "class Odd(ValueError): pass\n        raise Odd('odd')"),
        ("items.reverse()", "items[:] = items[::-1]"),
        (
            "plt.plot(range(len(losses)), losses, label=",
            "_, ax = plt.subplots()\n    ax.plot(losses, label=",
        ),
        ("plt.plot(squares)", "fig = plt.figure()\nfig.gca().plot(squares)"),
        ("plt.plot(squares)", "plt.plot([9, 9])\nplt.show()\nplt.plot(squares)"),
        ("    plt.legend()", "    plt.legend()\n    plt.show(block=False)"),
        ("    plt.plot(range", "    plt.plot([9, 9])\n    plt.show()\n    plt.plot(range"),
        (
            'with open("squares.txt", "w") as file:',
            "import pathlib\n"
            "pathlib.Path('squares.txt').write_text('0 1 4 9 16')\nwith open('o', 'w') as file:",
        ),
        ('print("Hello", name)', 'import sys\n    sys.stdout.write(f"Hello {name}\\n")'),
    ],
)
def test_right_answers_in_other_spellings(session: Session, old: str, new: str) -> None:
    assert answered(session, (old, new)).lost() == {}


@pytest.mark.parametrize(
    ("old", "new", "check", "message"),
    [
        ("** 2).mean())", "** 2).sum())",
         "1.1", "other values"),
        ("return float(((X @ self.W - y) ** 2).mean())", "return self.X", "1.1",
         "`Net.loss` stopped: cell 2, line 12, `return self.X` raised AttributeError"),
        ("self.W = np.zeros((d, k))", "self.weights = np.zeros((d, k))", "1.2",
         "`Net.step` stopped"),
        ("self.W = np.zeros((d, k))", "1 / 0", "1.3", "`Net` stopped: cell 2, line 8"),
        ("return self.W.size", "return -1", "1.3", "`len(Net)` stopped"),
        ("return self.W.size", "return 10**15", "1.3", "is not the number of its items"),
        ("return self.W.size", "return 'many'", "1.3", "TypeError"),
        ("return net, net.history", "return None, net.history", "1.4", "no net"),
        ("    start = 0", "    start = 0\n    while True: yield [1]", "2.1", "another first batch"),
        ("    start = 0", "    yield [0, 1, 2]\n    while True: yield [1]", "2.1", "does not end"),
        ("    start = 0", "    yield [0, 1, 2]\n    while True: pass", "2.1", "within 3 seconds"),
        ("    start = 0", "    yield [0, 1, 2]\n    1 / 0", "2.1",
         "`batches[…]` stopped: cell 3, line 6, `1 / 0` raised ZeroDivisionError"),
        ("    start = 0", "    import os; os._exit(0)", "2.1", "ended the Python process"),
        ("def batches(n, size):", "def batches(n, size):\n    return [[0, 1, 2], [3, 4, 5], [6]]\n"
         "\n\ndef other(n, size):", "2.1", "no generator"),
        ("items.reverse()", "items = items[::-1]", "2.2", "another order"),
        ('raise ValueError("n is odd")', "pass", "2.3", "raised nothing, where ValueError"),
        ('raise ValueError("n is odd")', "raise TypeError('odd')", "2.3", "TypeError"),
        ('raise ValueError("n is odd")', "raise ValueError", "2.3", "does not say why"),
        ('print("Hello", name)', "print('Hello')", "2.4", "another greeting"),
        ('print("Hello", name)', "input()", "2.4", "EOFError"),
        ('print("Hello", name)', "while True: print('x' * 10**6)", "2.4", "printed text of more"),
        ("return (f(x + h)", "return f.__wrapped__(x) + (f(x + h)", "2.5", "AttributeError"),
        ("plt.plot(range(len(losses)), losses, label=", "plt.plot(losses, gid=", "3.1",
         "without a line that is labelled"),
        ("    plt.plot(range", "    return None\n    plt.plot(range", "3.1", "draws no figure"),
        ('plt.title("Squares")', "plt.figure()", "3.2", "0 plots, where one"),
        ('plt.title("Squares")', "plt.show()\nplt.xlabel('n')", "3.2", "another title"),
        ("    plt.legend()", "    plt.show()\n    plt.legend()", "3.1", "without a line"),
        ("plt.plot(squares)", "plt.subplots(2)[1][0].plot(squares)", "3.2", "2 plots, where one"),
        ("plt.plot(squares)", "class L(list): pass\nplt.gca().get_title = L", "3.2",
         "no plotting draws"),
        ('print("The last one is", squares[-1])', "pass", "3.3", "another output"),
        ('print("The last one is"', "while True: print('x' * 10**6", "3.3", "another output"),
        ('with open("squares.txt", "w")', "with open('other.txt', 'w')", "3.4", "not written"),
        ("return (f(x + h)", "return f('a') + (f(x + h)", "2.5", "TypeError"),
    ],
)  # fmt: skip
def test_wrong_and_odd_answers_lose_their_points(
    session: Session, old: str, new: str, check: str, message: str
) -> None:
    graded = answered(session, (old, new))
    assert check in graded.lost()
    assert message in graded.check(check).message + graded.check(check).staff, graded.check(
        check
    ).message
