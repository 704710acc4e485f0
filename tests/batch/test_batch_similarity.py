"""What submissions have in common: copies are found, the template and short answers are not."""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Callable
from contextlib import closing

import pytest

from autograder.batch.bounded import Limits
from autograder.batch.contents import Content
from autograder.batch.outcome import Match
from autograder.batch.similarity import COMMON, SimilarityIndex
from autograder.model import manifest
from autograder.model.manifest import Assignment
from release.markup.templates import templates

SOURCE = '''# %% id="imports"
import numpy as np

# %% id="given"
def helper(rows, columns, scale):
    """Given to all."""
    grid = np.arange(rows * columns).reshape(rows, columns) * scale
    total = np.zeros_like(grid)
    for row in range(rows):
        for column in range(columns):
            total[row, column] = grid[row, column] ** 2 + scale
    return total

# %% id="answer"
def answer(matrix):
    ############################################################
    # TODO: Write it.                                          #
    ############################################################
    return matrix
    ############################################################
    #                     END OF YOUR CODE                     #
    ############################################################
'''

ANSWER = """
def answer(matrix):
    result = []
    for row in matrix:
        best, place = None, -1
        for index, value in enumerate(row):
            if best is None or value > best * 1.5 + index:
                best, place = value, index
        result.append((place, best, sum(row) / max(len(row), 1)))
    order = sorted(range(len(result)), key=lambda n: (result[n][1], -n))
    weights = {n: np.exp(-order[n] / 3) for n in order if result[n][0] >= 0}
    while len(weights) > 4:
        weakest = min(weights, key=weights.get)
        weights.pop(weakest)
    return np.array([weights.get(n, 0.0) * result[n][2] for n in range(len(result))])
"""

OTHER = """
def answer(matrix):
    table = np.asarray(matrix, dtype=float)
    means = table.mean(axis=1, keepdims=True)
    spread = np.sqrt(((table - means) ** 2).sum(axis=1) / (table.shape[1] - 1))
    scores = np.where(spread > 0, (table.max(axis=1) - means[:, 0]) / spread, 0.0)
    ranks = np.argsort(np.argsort(scores))
    mask = ranks >= np.percentile(ranks, 60)
    padded = np.pad(scores * mask, (1, 1), mode="edge")
    smooth = np.convolve(padded, np.ones(3) / 3, mode="valid")
    return np.clip(smooth, -2, 2) + np.cumsum(mask) % 2
"""

WORDS = (
    "The loss of the deeper network falls more slowly at first because its gradients have to pass "
    "many layers, and only later does it overtake the shallow one on held out pictures."
)


@pytest.fixture(scope="module")
def assignment(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    folder = tmp_path_factory.mktemp("assignment")
    (folder / "public").mkdir()
    (folder / "public" / "written.json").write_text(json.dumps({"q1": "Write here. " + WORDS[:60]}))
    (folder / "public" / "log.csv").write_text("time,memory\n" + "1,2\n" * 50)
    (folder / "staff" / "checks").mkdir(parents=True)
    (folder / "staff" / "work.py").write_text(SOURCE)
    (folder / "staff" / "assignment.toml").write_text(
        'name = "work"\ntitle = "Work"\npublic = "../public"\nfiles = ["*.json", "*.csv"]\n'
        '[[notebook]]\nfile = "work.ipynb"\nsource = "work.py"\n'
        '[[question]]\nid = "Q"\ntitle = "Q"\nnotebook = "work.ipynb"\nanchor = "answer"\n'
        'names = ["answer"]\npoints = 1\n'
    )
    return manifest.load(folder / "staff")


@pytest.fixture(scope="module")
def blank(assignment: Assignment) -> dict[str, bytes]:
    return templates(assignment)


@pytest.fixture
def compare(assignment: Assignment, blank: dict[str, bytes]) -> Callable[..., tuple[Match, ...]]:
    def run(submissions: dict[str, dict[str, bytes]]) -> tuple[Match, ...]:
        with closing(SimilarityIndex(assignment, blank)) as alike:
            for name, files in submissions.items():
                alike.add(name, Content(files))
            return alike.matches()

    return run


def notebook(blank: dict[str, bytes], answer: str, mark: str = "") -> bytes:
    """The template with an answer, and a remark that tells it from others by its bytes."""
    tree = json.loads(blank["work.ipynb"])
    cell = next(cell for cell in tree["cells"] if cell["id"] == "answer")
    cell["source"] = answer
    tree["metadata"]["mark"] = mark
    return json.dumps(tree).encode()


def renamed(code: str) -> str:
    """The same code by somebody who wants it to look like their own."""
    for old, new in [
        ("result", "out"), ("best", "top"), ("place", "pos"), ("row", "line"), ("value", "v"),
        ("index", "i"), ("order", "ranking"), ("weights", "w"), ("weakest", "least"),
    ]:  # fmt: skip
        code = code.replace(old, new)
    return "# my own idea\n" + code.replace("    out = []", "    out: list = []  # collects\n")


def pairs(matches: tuple[Match, ...], kind: str) -> list[tuple[str, ...]]:
    return [match.ids for match in matches if match.kind == kind]


def test_renamed_code_is_found_and_other_code_is_not(compare, blank) -> None:  # type: ignore[no-untyped-def]
    changed = renamed(ANSWER).replace("1.5", "1.25").replace("while len(w) > 4", "while len(w) > 5")
    matches = compare(
        {
            "ann": {"work.ipynb": notebook(blank, ANSWER)},
            "bob": {"work.ipynb": notebook(blank, renamed(ANSWER), "b")},
            "cem": {"work.ipynb": notebook(blank, OTHER)},
            "dot": {"work.ipynb": notebook(blank, changed)},
            "eva": {"work.ipynb": notebook(blank, "!pip install x\n%matplotlib inline\n" + OTHER)},
        }
    )
    found = {match.ids: match.share for match in matches if match.kind == "code"}
    assert found.pop(("ann", "bob")) == 1
    assert found.pop(("cem", "eva")) == 1
    [(ids, share)] = found.items()
    assert ids == ("ann", "dot")
    assert 0.8 <= share < 1


def test_template_short_answers_and_blanks_are_not(compare, blank) -> None:  # type: ignore[no-untyped-def]
    short = "def answer(matrix):\n    return matrix.sum(axis=1) / 2\n"
    assert not compare(
        {
            "ann": {"work.ipynb": notebook(blank, short, "a")},
            "bob": {"work.ipynb": notebook(blank, short, "b")},
            "cem": {"work.ipynb": blank["work.ipynb"]},
            "dot": {"work.ipynb": blank["work.ipynb"]},
            "eva": {"work.ipynb": notebook(blank, "def answer(:\n", "e")},
            "fay": {"work.ipynb": b"{"},
            "gus": {},
        }
    )


def test_template_code_in_other_cells_does_not_count(compare, blank) -> None:  # type: ignore[no-untyped-def]
    given = next(c for c in json.loads(blank["work.ipynb"])["cells"] if c["id"] == "given")
    copied = "".join(given["source"]).replace("helper", "mine").replace("grid", "raster")
    sources = [copied + "\nx = 1\n", copied + "\ny = [2]\n"]
    assert not compare({str(n): {"work.ipynb": notebook(blank, s)} for n, s in enumerate(sources)})


def test_what_many_have_written_is_no_copy(compare, blank) -> None:  # type: ignore[no-untyped-def]
    many = {
        f"s{n}": {"work.ipynb": notebook(blank, ANSWER + f"\nanswer_{n} = [{n}] * {n}\n", str(n))}
        for n in range(COMMON + 5)
    }
    assert not compare(many)
    few = dict(list(many.items())[:COMMON])
    assert compare(few)


def test_equal_files_and_answers_are_found(compare, assignment) -> None:  # type: ignore[no-untyped-def]
    log = b"time,memory\n" + b"".join(b"%d,%d\n" % (n, n * n) for n in range(30))
    given_log = (assignment.public / "log.csv").read_bytes()
    written = [
        json.dumps({"q1": text, "q2": 17}).encode() for text in (WORDS, f"  {WORDS.upper()}")
    ]
    matches = compare(
        {
            "ann": {"log.csv": log, "written.json": written[0]},
            "bob": {"logs/LOG.csv": log, "written.json": written[1]},
            "cem": {"log.csv": given_log, "written.json": b'{"q1": "I do not know", "q2": 17}'},
            "dot": {"log.csv": given_log, "written.json": b'{"q1": "I do not know", "q2": 17}'},
        }
    )
    assert pairs(matches, "file") == [("ann", "bob")]
    [answer] = [match for match in matches if match.kind == "answer"]
    assert (answer.what, answer.ids) == ("written.json, q1", ("ann", "bob"))


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000,
        "x = " + "-" * 50_000 + "1",
        "x = " + "[" * 90 + "]" * 90,
        "x" + ".y" * 30_000,
        "x = " + "1 + " * 30_000 + "1",
        "if x:\n" + "".join(" " * n + "if x:\n" for n in range(1, 99)) + " " * 99 + "pass",
        "x = '\\ud800'",
        "\x00",
        "x = 9" + "9" * 10_000,
        "lambda: " * 5000 + "0",
    ],
    ids=range(10),
)
def test_hostile_code_ends_well(compare, blank, text: str) -> None:  # type: ignore[no-untyped-def]
    hostile = {"work.ipynb": notebook(blank, text), "deep.json": b"[" * 100_000}
    deep = {"work.ipynb": notebook(blank, ANSWER), "deep.json": b'{"a":' * 900 + b"1" + b"}" * 900}
    matches = compare({"a": hostile, "b": deep, "c": {**deep, "x.json": b"1"}})
    assert ("b", "c") in pairs(matches, "file")


@pytest.mark.parametrize("shape", ["%x a b\n", "x = !ls\n", "if x:\n    %x\n"])
def test_many_magics_are_read_at_once(compare, blank, shape: str) -> None:  # type: ignore[no-untyped-def]
    """A cell of 490 such lines took 14 seconds."""
    hostile = {"work.ipynb": notebook(blank, shape * 5000 + "\n" + ANSWER)}
    honest = {"work.ipynb": notebook(blank, ANSWER)}
    before = _seconds()
    assert pairs(compare({"a": hostile, "b": honest, "c": honest}), "unread") == []
    assert _seconds() - before < 15


def test_what_cannot_be_read_in_time_is_named_alone(assignment, blank) -> None:  # type: ignore[no-untyped-def]
    honest = {"work.ipynb": notebook(blank, ANSWER)}
    bomb = {"work.ipynb": notebook(blank, "x"), "b.json": b"[" + b"[[],[]]," * 3_000_000 + b"0]"}
    with closing(SimilarityIndex(assignment, blank, Limits(seconds=60, memory_mb=400))) as alike:
        for name, files in {"a": honest, "bomb": bomb, "c": honest}.items():
            alike.add(name, Content(files))
        matches = alike.matches()
    assert pairs(matches, "unread") == [("bomb",)]
    assert matches[0].what == "it needs more memory than allowed"
    assert ("a", "c") in pairs(matches, "file")


def test_equal_answers_in_equal_files(compare) -> None:  # type: ignore[no-untyped-def]
    """Each match is looked up among the files of those who share it, not among all files."""
    words = json.dumps([f"{n} " + " ".join(f"w{k}" for k in range(15)) for n in range(400)])
    files = {f"a{n}.json": (words + " " * n).encode() for n in range(200)}
    before = _seconds()
    matches = compare({"a": files, "b": files})
    assert len(pairs(matches, "file")) == 200
    assert pairs(matches, "answer") == []
    assert _seconds() - before < 15


def _seconds() -> float:
    """What this process and those that it has ended have used of the processor."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def test_three_hundred_take_seconds(assignment: Assignment, blank: dict[str, bytes]) -> None:
    """Of three hundred answers of their own and one that was copied, just that is found."""
    draw = random.Random(5)
    operators = ["+", "-", "*", "/", "%", "**", "@", "//"]
    functions = ["np.exp", "np.tanh", "np.sort", "np.abs", "np.cumsum", "np.log1p", "np.sign"]

    def line() -> str:
        call, sign, other = draw.choice(functions), draw.choice(operators), draw.choice(operators)
        return f"    m = {call}(m {sign} {draw.randrange(99)}) {other} m.T[{draw.randrange(9)}]\n"

    codes = ["def answer(m):\n" + "".join(line() for _ in range(25)) for _ in range(300)]
    codes[277] = re.sub(r"\bm\b", "mine", codes[3])
    started = _seconds()
    with closing(SimilarityIndex(assignment, blank)) as alike:
        for number, code in enumerate(codes):
            alike.add(f"s{number}", Content({"work.ipynb": notebook(blank, code)}))
        matches = alike.matches()
    assert _seconds() - started < 15
    assert [match.ids for match in matches] == [("s3", "s277")]
