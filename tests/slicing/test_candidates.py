"""Which of several files is the one: by its name as others make it, then by the answers in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.model.findings import Finding
from autograder.model.manifest import Question
from autograder.model.names import Match, is_copy, match, owners
from autograder.model.submission import Skipped, Submission
from autograder.slicing.alignment import Alignment, align
from autograder.slicing.candidates import Choice, Wanted, choose, is_answered
from autograder.slicing.notebook import Cell, Notebook, parse

# --- names ----------------------------------------------------------------------------------------

VARIANTS = {
    "lab.ipynb": [
        *("lab (1).ipynb", "lab(2).ipynb", "lab - Copy.ipynb", "lab - Copy (2).ipynb"),
        *(
            "Copy of lab.ipynb",
            "Copy of Copy of lab.ipynb",
            "Kopie von lab.ipynb",
            "lab copy.ipynb",
        ),
        *("lab-Copy1.ipynb", "lab_v2.ipynb", "lab-1.ipynb", "lab_jdoe.ipynb", "lab final.ipynb"),
        *("lab2.ipynb", "lab.ipynb.txt", "lab.ipynb.json", "lab.ipynb (1)", "lab.ipynb.1", "lab"),
        *("lab (1).ipynb.txt", "lab.json", "lab.txt", "lab.ipynb.ipynb", "lab.ipynb copy"),
        *("doejane_12345_678_lab.ipynb", "Jane Doe_12_assignsubmission_file_lab-1.ipynb"),
        *("lab\u00a0(1).ipynb", "lab_Übung.ipynb", "lab_jane@uni.edu.ipynb", "x/y/lab (1).ipynb"),
    ],
    "solver.py": [
        *("solver (1).py", "solver_jdoe.py", "solver.py.txt", "solver.txt", "my_solver.py"),
        *("solver copy.py", "solver-v2.py", "src/solver_2.py", "solver.py (1)"),
    ],
    "layers/deep.py": ["layers/deep (1).py", "deep_jdoe.py"],
}
OTHERS = {
    "lab.ipynb": [
        *("label.ipynb", "collab.ipynb", "lab.csv", "lab_data.json", "notes.txt", "lab.ipynb.zip"),
        *("lab.ipynb.part", "lab.html", "laboratory.ipynb", "a" * 200 + "_lab.ipynb", ".ipynb", ""),
    ],
    "solver.py": [
        "solvers.py",
        "resolver.py",
        "other.py",
        "solver.pyc",
        "solver_out.txt",
        "a/b.py",
    ],
    "layers/deep.py": ["deeper.py", "layers/__init__.py"],
}


@pytest.mark.parametrize("wanted", VARIANTS)
def test_names_as_others_make_them(wanted: str) -> None:
    found = {name: match(PurePosixPath(name), wanted) for name in VARIANTS[wanted]}
    assert found == dict.fromkeys(VARIANTS[wanted], Match.VARIANT)
    found = {name: match(PurePosixPath(name), wanted) for name in OTHERS[wanted]}
    assert found == dict.fromkeys(OTHERS[wanted], Match.NONE)


@pytest.mark.parametrize(
    ("name", "wanted", "copied"),
    [
        ("log.csv", "log.csv", True),
        ("logs/Log (1).csv", "log.csv", True),
        ("Copy of Copy of log.csv", "log.csv", True),
        ("log - Copy (2).csv", "log.csv", True),
        ("log.csv.txt", "log.csv", True),
        ("colab/logs/log (1).csv", "logs/log.csv", True),
        ("colab/log (1).csv", "logs/log.csv", False),
        ("log_b.csv", "log.csv", False),
        ("log1.csv", "log.csv", False),
        ("mylog.csv", "log.csv", False),
        ("log (1).txt", "log.csv", False),
        ("log", "log.csv", False),
    ],
)
def test_copies_as_programs_name_them(name: str, wanted: str, copied: bool) -> None:
    assert is_copy(PurePosixPath(name), wanted) is copied


@pytest.mark.parametrize(
    ("name", "names", "of"),
    [
        ("lab_2 (1).ipynb", ["lab.ipynb", "lab_2.ipynb"], {"lab_2.ipynb"}),
        ("lab.ipynb", ["lab.ipynb", "lab_2.ipynb"], {"lab.ipynb"}),
        ("a/model.py", ["a/model.py", "b/model.py"], {"a/model.py"}),
        ("work/A/Model.py", ["a/model.py", "b/model.py"], {"a/model.py"}),
        ("model.py", ["a/model.py", "b/model.py"], {"a/model.py", "b/model.py"}),
        ("other.ipynb", ["lab.ipynb"], set()),
        ("lab.ipynb", [], set()),
    ],
)
def test_each_file_belongs_to_the_name_that_it_agrees_with_best(
    name: str, names: list[str], of: set[str]
) -> None:
    assert owners(PurePosixPath(name), names) == of


@given(st.text(max_size=300), st.sampled_from(sorted(VARIANTS)))
def test_any_name_is_harmless(name: str, wanted: str) -> None:
    match(PurePosixPath(name), wanted)


# --- files ----------------------------------------------------------------------------------------

TEMPLATE = {
    "setup": "import numpy as np\nimport torch",
    "solve": "def solve(x):\n    # TODO: your code\n    ...",
    "try": "# Try your function here\nsolve(3)",
    "answer": "answer = None\n# TODO: your code",
    "show": 'print("The answer is", answer)',
}
DONE = {"solve": "def solve(x):\n    return x * x", "answer": "answer = 42"}
QUESTIONS = (
    Question("Q1", "Square", 2, "lab.ipynb", "solve", ("solve",)),
    Question("Q2", "Answer", 1, "lab.ipynb", "answer", ("answer",)),
)


def notebook(cells: Mapping[str, str]) -> bytes:
    tree = [{"cell_type": "code", "id": i, "source": s} for i, s in {**TEMPLATE, **cells}.items()]
    return json.dumps({"cells": tree, "nbformat": 4, "nbformat_minor": 5}).encode()


BLANK, GOOD = notebook({}), notebook(DONE)
HALF = notebook({"solve": DONE["solve"]})
OTHER = notebook({**DONE, "answer": "answer = 43"})
TIDIED = notebook({"solve": "def solve( x ):\n    pass  # later", "answer": "answer = ..."})
BELOW = notebook({"show": "answer = 42\nprint(answer)", "solve": DONE["solve"]})
STRANGE = b'{"cells": [{"cell_type": "code", "source": "import this"}]}'
LAB = Wanted("lab.ipynb", parse(BLANK, "lab.ipynb"), QUESTIONS)

MODULE = (
    b'"""Solver."""\n\n\ndef solve(x):\n    ...  # your code\n\n\ndef given(x):\n    return x\n'
)
SOLVED = MODULE.replace(b"...  # your code", b"return x * x")
SOLVER = Wanted(
    "solver.py",
    parse(MODULE, "solver.py"),
    (Question("Q1", "Square", 2, "solver.py", "module", ("solve",)),),
)


def chosen(
    folder: Path, files: Mapping[str, bytes], wanted: Wanted = LAB, skipped: tuple[str, ...] = ()
) -> Choice:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    paths = tuple(PurePosixPath(name) for name in files)
    out = tuple(Skipped(name, "left out") for name in skipped)
    return choose(wanted, {wanted.name, "part2.ipynb"}, Submission("s", folder, paths, out))


@pytest.mark.parametrize(
    ("files", "taken", "told"),
    [
        ({"lab.ipynb": GOOD}, "lab.ipynb", ""),
        ({"Lab.IPYNB": GOOD}, "Lab.IPYNB", ""),
        ({"work/lab.ipynb": GOOD}, "work/lab.ipynb", ""),
        ({"lab.ipynb": BLANK}, "lab.ipynb", ""),
        (
            {"lab.ipynb": BLANK, "lab (1).ipynb": GOOD},
            "lab (1).ipynb",
            "lab.ipynb holds no answers",
        ),
        ({"lab.ipynb": TIDIED, "lab (1).ipynb": GOOD}, "lab (1).ipynb", "holds no answers"),
        ({"lab.ipynb": BLANK, "final/lab.ipynb": GOOD}, "final/lab.ipynb", "holds no answers"),
        ({"lab.ipynb": b"", "Copy of lab.ipynb": GOOD}, "Copy of lab.ipynb", "cannot be read"),
        ({"lab.ipynb": GOOD[:99], "lab.ipynb.txt": GOOD}, "lab.ipynb.txt", "cannot be read"),
        ({"lab.ipynb": b"<html>", "lab.json": BLANK}, "lab.json", "cannot be read"),
        ({"lab.ipynb.json": GOOD}, "lab.ipynb.json", "no file has that name"),
        ({"lab.ipynb (1)": GOOD}, "lab.ipynb (1)", "no file has that name"),
        ({"lab": GOOD}, "lab", "no file has that name"),
        ({"homework.ipynb": GOOD}, "homework.ipynb", "no file has that name"),
        ({"homework.ipynb": BLANK}, "homework.ipynb", "no file has that name"),
        ({"lab.ipynb": BLANK, "homework.ipynb": GOOD}, "homework.ipynb", "holds no answers"),
        ({"lab.ipynb": BLANK, "homework.ipynb": BLANK}, "lab.ipynb", ""),
        ({"lab.ipynb": HALF, "homework.ipynb": GOOD}, "lab.ipynb", ""),
        (
            {"lab.ipynb": HALF, "lab-1.ipynb": GOOD},
            "lab-1.ipynb",
            "has answers to 1 of 2 questions",
        ),
        ({"lab.ipynb": GOOD, "lab-1.ipynb": HALF}, "lab.ipynb", "has answers to 1 of 2 questions"),
        ({"lab.ipynb": GOOD, "lab-1.ipynb": BLANK}, "lab.ipynb", "lab-1.ipynb holds no answers"),
        ({"lab.ipynb": GOOD, "lab-1.ipynb": OTHER}, "lab.ipynb", "it has the right name"),
        ({"lab.ipynb": GOOD, "b/lab.ipynb": OTHER}, "lab.ipynb", "nearer to the top"),
        ({"b/lab.ipynb": GOOD, "a/lab.ipynb": OTHER}, "a/lab.ipynb", "comes before b/lab.ipynb"),
        ({"lab.ipynb": GOOD, "b/lab.ipynb": GOOD}, "lab.ipynb", "b/lab.ipynb holds the same"),
        ({"lab.ipynb": GOOD, "lab_notes.ipynb": STRANGE}, "lab.ipynb", ""),
        (
            {"lab.ipynb": GOOD, "lab_notes.ipynb": b"{"},
            "lab.ipynb",
            "lab_notes.ipynb cannot be read",
        ),
        ({"lab.ipynb": BLANK, "lab (1).ipynb": BELOW}, "lab (1).ipynb", "holds no answers"),
        ({"lab.ipynb": STRANGE}, "lab.ipynb", "does not look like"),
        ({"lab.ipynb": STRANGE, "lab (1).ipynb": BLANK}, "lab (1).ipynb", "looks less like"),
        ({"lab.ipynb": STRANGE, "mine.ipynb": GOOD}, "mine.ipynb", "lab.ipynb holds no answers"),
        ({"lab.ipynb": BLANK, "part2.ipynb": GOOD}, "lab.ipynb", ""),
        ({"lab.ipynb": BLANK, "part2 (1).ipynb": GOOD}, "lab.ipynb", ""),
    ],
)
def test_the_file_with_answers_is_taken(
    tmp_path: Path, files: dict[str, bytes], taken: str, told: str
) -> None:
    choice = chosen(tmp_path, files)
    assert str(choice.file) == taken
    assert isinstance(choice.aligned, Alignment)
    assert choice.aligned.student.name == taken
    assert len(choice.notes) == bool(told)
    assert told in " ".join(choice.notes)
    assert all(
        taken in note and note.endswith(("same.", "lab.ipynb.", "out.")) for note in choice.notes
    )


@pytest.mark.parametrize(
    ("files", "taken", "told"),
    [
        ({"solver.py": SOLVED}, "solver.py", ""),
        ({"solver.py": MODULE}, "solver.py", ""),
        ({"solver (1).py": SOLVED}, "solver (1).py", "no file has that name"),
        ({"solver_jdoe.py": SOLVED}, "solver_jdoe.py", "no file has that name"),
        ({"solver (1).py": MODULE}, "solver (1).py", "no file has that name"),
        ({"solver (1).py": b"def solve(x:\n"}, "solver (1).py", "no file has that name"),
        (
            {"solver.py": b"def solve(x):\n    pass", "solver2.py": SOLVED},
            "solver2.py",
            "no answers",
        ),
        ({"solver.py": MODULE, "solver_jdoe.py": SOLVED}, "solver_jdoe.py", "holds no answers"),
        ({"solver.py": b"def solve(", "solver.py.txt": SOLVED}, "solver.py.txt", "is no Python"),
        ({"solver.py": b"\xff\xfe", "old/solver.py": SOLVED}, "old/solver.py", "cannot be read"),
        ({"solver.py": b"", "solver-2.py": SOLVED}, "solver-2.py", "holds no answers"),
        ({"solver.py": SOLVED, "solver_utils.py": b"def help(): ..."}, "solver.py", ""),
        ({"solver.py": SOLVED, "test_solver.py": b"from solver import solve"}, "solver.py", ""),
        ({"solver.py": b"# nothing"}, "solver.py", ""),
        ({"mine.py": SOLVED}, "mine.py", "no file has that name"),
        ({"solver.py": MODULE, "mine.py": SOLVED}, "mine.py", "holds no answers"),
    ],
)
def test_the_module_with_answers_is_taken(
    tmp_path: Path, files: dict[str, bytes], taken: str, told: str
) -> None:
    choice = chosen(tmp_path, files, SOLVER)
    assert str(choice.file) == taken
    assert isinstance(choice.aligned, Alignment)
    assert len(choice.notes) == bool(told)
    assert told in " ".join(choice.notes)


def test_a_notebook_without_questions_is_taken_if_something_was_written(tmp_path: Path) -> None:
    wanted = Wanted("lab.ipynb", LAB.template, ())
    choice = chosen(tmp_path, {"lab.ipynb": BLANK, "lab (1).ipynb": GOOD}, wanted)
    assert str(choice.file) == "lab (1).ipynb"
    assert "lab.ipynb is as it was handed out" in choice.notes[0]


@pytest.mark.parametrize(
    ("files", "wanted", "told"),
    [
        ({}, LAB, "lab.ipynb is not in the submission, which holds no notebook."),
        ({"x.ipynb": STRANGE}, LAB, "which holds x.ipynb."),
        ({"x.ipynb": b"{"}, LAB, "x.ipynb: this is not a notebook"),
        ({"lab_notes.ipynb": STRANGE}, LAB, "which holds lab_notes.ipynb."),
        ({"lab.ipynb": b" "}, LAB, "lab.ipynb: this file is empty"),
        ({"lab.ipynb": b"", "lab-1.ipynb": b"{"}, LAB, "lab-1.ipynb: this is not a notebook"),
        ({"solver_utils.py": b"x = 1"}, SOLVER, "which holds solver_utils.py."),
        ({"mine.py": MODULE}, SOLVER, "which holds mine.py."),
        ({"solver.py": b"\xff"}, SOLVER, "this file is not text in UTF-8"),
    ],
)
def test_what_is_not_there(
    tmp_path: Path, files: dict[str, bytes], wanted: Wanted, told: str
) -> None:
    aligned = chosen(tmp_path, files, wanted).aligned
    assert isinstance(aligned, Finding)
    assert told in aligned.public


def test_an_archive_is_named_where_something_is_missing(tmp_path: Path) -> None:
    out = ("work.zip", "a/b.tar.gz", "movie.mp4")
    aligned = chosen(tmp_path, {}, skipped=out).aligned
    assert isinstance(aligned, Finding)
    assert "work.zip is an archive inside the submission; submit its contents." in aligned.public
    assert "a/b.tar.gz is an archive" in aligned.public
    assert "movie.mp4" not in aligned.public
    assert chosen(tmp_path, {"lab.ipynb": GOOD}, skipped=out).notes == ()


def test_a_hundred_copies_are_not_all_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[PurePosixPath] = []
    original = Submission.read

    def counted(submission: Submission, file: PurePosixPath) -> bytes:
        read.append(file)
        return original(submission, file)

    monkeypatch.setattr(Submission, "read", counted)
    files = {f"lab ({n}).ipynb": BLANK for n in range(100)}
    choice = chosen(tmp_path, {**files, "deep/er/lab.ipynb": GOOD})
    assert len(read) < 40
    assert str(choice.file) == "deep/er/lab.ipynb"
    assert max(map(len, choice.notes)) < 500


@pytest.mark.parametrize(
    ("cells", "answered"),
    [
        ({}, [False, False]),
        (DONE, [True, True]),
        ({"answer": "# TODO: your code\n\nanswer = None  "}, [False, False]),
        ({"answer": ""}, [False, False]),
        ({"answer": "# TODO: your code", "show": "answer = 42"}, [False, True]),
        ({"answer": "...", "show": "answer: int = 42"}, [False, True]),
        ({"answer": "...", "show": "other, answer = 1, 42"}, [False, True]),
        ({"answer": "...", "show": "answer == 42"}, [False, False]),
        ({"show": "answer: int = 42"}, [False, False]),
        ({"try": "def solve(x):\n    return x"}, [False, False]),
        ({"setup": "import numpy as np\nanswer = 42"}, [False, False]),
    ],
)
def test_what_counts_as_an_answer(cells: dict[str, str], answered: list[bool]) -> None:
    tree = {**TEMPLATE, **cells}
    student = Notebook(
        "s", tuple(Cell(n, i, "code", s) for n, (i, s) in enumerate(tree.items(), 1))
    )
    alignment = align(student, LAB.template)
    assert [is_answered(alignment, question) for question in QUESTIONS] == answered
