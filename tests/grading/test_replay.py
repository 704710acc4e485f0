"""What ran in the student's notebook counts: graded in real sessions, in other spellings."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT, Graded, Notebook, code_cell, needs_root

from autograder.grading.session import Session
from autograder.model import manifest
from release.markup.templates import solved, templates

pytestmark = needs_root

LAB = ROOT / "tests" / "assignments" / "lab"
FULL: dict[str, float] = {}


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    assignment = manifest.load(LAB / "staff")
    with Session(assignment, templates(assignment)) as opened:
        yield opened


def lab(solve: str = "", answer: str = "", above: str = "", below: str = "") -> Notebook:
    """The solution with other answers, and cells above the answers and below."""
    notebook = Notebook(solved(manifest.load(LAB / "staff"))["lab.ipynb"])
    for identifier, source in {"solve": solve, "answer": answer}.items():
        if source:
            notebook.set(identifier, source)
    for source in filter(None, above.split("\n---\n")):
        notebook.insert("solve", source)
    if below:
        notebook.cells.append(code_cell(below))
    return notebook


def graded(
    session: Session, notebook: Notebook, files: dict[str, bytes] | None = None, **how: object
) -> Graded:
    submitted = {"lab.ipynb": json.dumps(notebook.tree).encode(), **(files or {})}
    return Graded(session.grade_files(submitted, seed=1, **how))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "parts",
    [
        {"above": "import course\n---\n@course.register('sq')\ndef square(x):\n    return x * x",
         "solve": "def solve(x):\n    return course.KNOWN['sq'](x)"},
        {"above": "a = np.zeros(1)\nnp.add.at(a, [0, 0], 21)", "answer": "answer = a[0]"},
        {"above": "np.random.seed(3)\n---\nnoise = np.random.rand(2)\n---\nx = np.random.rand()",
         "answer": "np.random.seed(3); np.random.rand(2)\nanswer = 42 * (np.random.rand() == x)"},
        {"above": "with open('a.txt', 'w') as file:\n    file.write('42')",
         "answer": "answer = int(open('a.txt').read())"},
        {"answer": "answer = int(open('ships.txt').read())"},
        {"above": "%%writefile more.py\ndef sq(x):\n    return x * x\n---\nfrom more import sq",
         "solve": "def solve(x):\n    return sq(x)"},
        {"above": "%env LAB=42", "answer": "import os\nanswer = int(os.environ['LAB'])"},
        {"solve": "def solve(x):\n    return helper(x)",
         "below": "def helper(x):\n    return x * x"},
        {"above": "exec('def sq(x):\\n    return x * x')", "solve": "solve = sq"},
        {"above": "from __future__ import annotations",
         "solve": "def solve(x: Whatever):\n    return x * x"},
        {"above": "list = [1]\n---\ndel list",
         "solve": "def solve(x):\n    return len(list(range(x * x)))"},
        {"above": "import asyncio\nasync def f():\n    await asyncio.sleep(0)\n    return 42",
         "answer": "answer = await f()"},
        {"solve": "import pickle, inspect\n"
                  "class P:\n    def __init__(self, x):\n        self.x = x\n"
                  "def solve(x):\n    assert 'pickle' in inspect.getsource(solve)\n"
                  "    return pickle.loads(pickle.dumps(P(x * x))).x"},
        {"solve": "def solve(x):\n    import no_such_package, another_one as a\n"
                  "    def g():\n        from not_there.x import y\n    g()\n    return x * x"},
        {"solve": 'def solve(x):\n    text = f"{x}\N{NO-BREAK SPACE}\N{SNAKE}"\n    return x * x'},
    ],
    ids=["registry of the course", "np.add.at", "order of draws", "file written", "handout's file",
         "writefile", "env", "helper below", "exec", "future", "del of a builtin", "await",
         "pickle and source", "import that nothing uses", "emoji in an f-string"],
)  # fmt: skip
def test_a_right_answer_gets_its_points_without_a_second_look(
    session: Session, parts: dict[str, str]
) -> None:
    assert graded(session, lab(**parts), second_look=False).lost() == FULL


def test_files_that_were_handed_in_lie_beside_the_notebook(session: Session) -> None:
    notebook = lab(
        above="from mine import sq\nimport pack.deep as deep",
        solve="def solve(x):\n    return sq(x)",
        answer="answer = int(open('data/x.txt').read()) * deep.ONE",
    )
    files = {
        "mine.py": b"import pack.deep\ndef sq(x):\n    return x * x * pack.deep.ONE\n",
        "pack/deep.py": b"ONE = 1\n",
        "data/x.txt": b"42",
    }
    assert graded(session, notebook, files).lost() == FULL
    below = {f"jane/{name}": data for name, data in files.items()}
    below["jane/lab.ipynb"] = json.dumps(notebook.tree).encode()
    assert Graded(session.grade_files(below, seed=1)).lost() == FULL


def test_messages_name_the_file_that_was_handed_in(session: Session) -> None:
    notebook = lab(above="from mine import sq", solve="def solve(x):\n    return sq(x)")
    files = {"mine.py": b"def sq(x):\n    return x / 0\n"}
    message = graded(session, notebook, files).check("1.1").message
    assert "mine.py, line 2, `return x / 0` raised ZeroDivisionError" in message


# Reading an attribute changes something, which no reading of the notebook tells.
UNSEEN = "from course import Hidden\nh = Hidden()\n---\nh.look\n---\nh.look"


def test_the_second_look_finds_what_reading_missed_and_staff_are_told(session: Session) -> None:
    notebook = lab(above=UNSEEN, answer="answer = 14 * h.look")
    assert graded(session, notebook, second_look=False).lost() == {"2.1": 1}
    second = graded(session, notebook)
    assert second.lost() == FULL
    assert any("that of the whole notebook" in flag for flag in second.report.flags)


def test_a_wrong_answer_stays_wrong_and_keeps_its_words(session: Session) -> None:
    notebook = lab(above="h = [1]\nlen(h)", answer="answer = 41")
    first, second = (graded(session, notebook, second_look=look) for look in (False, True))
    assert first.lost() == second.lost() == {"2.1": 1}
    assert first.check("2.1").message == second.check("2.1").message
    assert not second.report.flags


def test_the_whole_notebook_is_run_where_the_manifest_says_so(tmp_path: Path) -> None:
    shutil.copytree(LAB, tmp_path / "lab")
    path = tmp_path / "lab" / "staff" / "assignment.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('source = "lab.py"', 'source = "lab.py"\nrun = "all"'))
    assignment = manifest.load(path.parent)
    notebook = lab(above=UNSEEN, answer="answer = 14 * h.look")
    with Session(assignment, templates(assignment)) as session:
        assert graded(session, notebook, second_look=False).lost() == FULL


ENDLESS = (
    "m = [[42]]\ndef more(m):\n    m[0].append(1)\n    while True:\n        pass\n---\nmore(m)"
)


def test_what_only_may_matter_is_stopped_and_what_it_had_done_counts(session: Session) -> None:
    """The limits of the lab: a second for it in each check, five for the check itself."""
    started = time.monotonic()
    right = graded(session, lab(above=ENDLESS, answer="answer = m[0][0] * (len(m[0]) == 2)"))
    assert time.monotonic() - started < 6
    assert right.lost() == FULL
    assert any("`more(m)` was stopped after 1 seconds" in flag for flag in right.report.flags)
    wrong = graded(session, lab(above=ENDLESS, answer="answer = m[0][1]"), second_look=False)
    assert "`more(m)` was stopped after 1 seconds" in wrong.check("2.1").message


def test_a_loop_that_is_needed_is_run_without_what_only_may_matter(session: Session) -> None:
    above = (
        "found = {}\nclass Model:\n    def fit(self, data):\n"
        "        while True:\n            pass\n"
        "---\nfor n in (1, 42):\n    found[n] = [n]\n    Model().fit(found[n])"
    )
    result = graded(session, lab(above=above, answer="answer = found[42][0]"))
    assert result.lost() == FULL


@pytest.mark.parametrize(
    ("parts", "said", "unsaid"),
    [
        ({"above": "def helper(x):\n    print x\n    return x * x",
          "solve": "def solve(x):\n    return helper(x)"},
         "Cell 2 cannot be read as Python at line 2, `print x`", "Restart the kernel"),
        ({"above": "from my_utils import *", "solve": "def solve(x):\n    return helper(x)"},
         "That name was not there because cell 2, line 1, `from my_utils import *` raised "
         "ModuleNotFoundError: No module named 'my_utils'", "Restart the kernel"),
        ({"above": "import no_such_package as p", "solve": "def solve(x):\n    return p.sq(x)"},
         "`p` was not there because cell 2, line 1, `import no_such_package as p` raised",
         "Restart"),
        ({"above": "def inner(x):\n    return x / 0",
          "solve": "def solve(x):\n    return inner(x)"},
         "cell 2, line 2, `return x / 0` raised ZeroDivisionError", "cell 3"),
    ],
    ids=["cell that is no Python", "star import", "missing package", "innermost frame"],
)  # fmt: skip
def test_messages_name_the_real_cause(
    session: Session, parts: dict[str, str], said: str, unsaid: str
) -> None:
    message = graded(session, lab(**parts)).check("1.1").message
    assert said in message
    assert unsaid not in message
