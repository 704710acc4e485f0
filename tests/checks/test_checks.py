"""Checks as staff write them: decorators, credit, dependencies, fixtures, and what goes wrong."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import TWO_FUNCTIONS, Graded, Notebook, needs_installed, needs_root
from hypothesis import given
from hypothesis import strategies as st

from autograder.checks import Cache
from autograder.grading.policies import CachePolicy
from autograder.grading.session import Session
from autograder.model import manifest
from autograder.model.findings import clean
from autograder.model.report import Leaderboard
from release.markup.templates import solved, templates

HEAD = """
import numpy as np
import pytest
from autograder.checks import *
from gradescope_utils.autograder_utils.decorators import *
"""

GradeChecks = Callable[..., Graded]


@pytest.fixture
def grade_checks(tmp_path: Path) -> GradeChecks:
    """Grade the two functions' solution by checks of one's own.

    ``answer`` replaces the body of ``row_sums``; ``public`` makes the checks public ones.
    """

    def run(checks: str, answer: str | None = None, *, public: bool = False) -> Graded:
        root = tmp_path / "assignment"
        shutil.copytree(TWO_FUNCTIONS, root)
        folder = root / "public" if public else root / "staff"
        shutil.rmtree(root / "staff" / "checks")
        (root / "staff" / "checks").mkdir()
        (folder / "checks").mkdir(exist_ok=True)
        (folder / "checks" / "test_own.py").write_text(HEAD + checks, encoding="utf-8")
        assignment = manifest.load(root / "staff")
        notebook = Notebook(solved(assignment)["two.ipynb"])
        if answer is not None:
            notebook.edit("row-sums", ("return np.asarray(matrix).sum(axis=1)", answer))
        path = notebook.save(tmp_path / "two.ipynb")
        with Session(assignment, templates(assignment)) as session:
            return Graded(session.grade(path))

    return run


Q2 = """
@question("Q2")
@weight(2)
@number("2")
def test_blur(student):
    student.call("box_blur", np.ones((3, 3)), 3)
"""


@needs_root
def test_decorators_of_gradescope_utils(grade_checks: GradeChecks) -> None:
    graded = grade_checks(
        Q2
        + """
@question("Q1")
@weight(0.5)
@number("1.1")
@visibility("after_due_date")
@tags("rows", "easy")
def test_plain(student):
    "The title"
    assert student.call("row_sums", np.ones((2, 3))).tolist() == [3, 3]

@question("Q1")
@partial_credit(1)
@number("1.2")
def test_partial(student, set_score=None):
    set_score(0.75)

@question("Q1")
@weight(0.5)
@number("1.3")
@hide_errors("Only this is shown")
def test_secret():
    assert False, "not shown"

@question("Q1")
@weight(0)
@number("1.4")
@leaderboard("speed", "asc")
def test_board(set_leaderboard_value=None):
    set_leaderboard_value(1.5)

@question("Q1")
@weight(0)
@number("1.5")
def test_columns(leaderboard):
    leaderboard("accuracy", np.float32(0.5))
    leaderboard("parameters", 7)
    leaderboard("parameters", 606, "asc")

@question("Q1")
@weight(0)
@number("1.6")
@leaderboard("speed", "upwards")
def test_order(set_leaderboard_value=None):
    set_leaderboard_value(1.5)
"""
    )
    assert graded.scores == {
        **{"1.1": 0.5, "1.2": 0.75, "1.3": 0, "1.4": 0, "1.5": 0, "1.6": 0},
        "2": 2,
    }
    plain = graded.check("1.1")
    assert (plain.title, plain.visibility, plain.tags) == (
        "The title",
        "after_due_date",
        ("rows", "easy"),
    )
    assert graded.check("1.3").message == "Only this is shown"
    assert graded.check("1.4").leaderboard == (Leaderboard("speed", 1.5, "asc"),)
    accuracy, parameters = graded.check("1.5").leaderboard
    assert accuracy == Leaderboard("accuracy", 0.5, "desc")
    assert parameters == Leaderboard("parameters", 606, "asc")
    assert type(parameters.value) is int
    assert graded.check("1.6").status == "fault"
    assert "'upwards'" in graded.check("1.6").staff


@needs_root
def test_credit_by_cases_and_all_or_nothing(grade_checks: GradeChecks) -> None:
    graded = grade_checks(
        Q2
        + """
@question("Q1")
@weight(1)
@number("1.1")
@pytest.mark.parametrize("n", range(4))
def test_some(n):
    assert n != 2, "two is wrong"

@question("Q1")
@weight(1)
@number("1.2")
@all_or_nothing()
@pytest.mark.parametrize("n", range(4))
def test_all(n):
    assert n != 2, "two is wrong"
"""
    )
    assert graded.scores == {"1.1": 0.75, "1.2": 0, "2": 2}
    assert graded.check("1.1").message == "3 of 4 cases passed.\ntwo is wrong"
    assert graded.check("1.1").status == "partial"
    assert graded.check("1.2").status == "failed"


@needs_root
def test_dependencies_skip_with_a_message(grade_checks: GradeChecks) -> None:
    graded = grade_checks(
        Q2
        + """
@question("Q1")
@weight(1)
@number("1.2")
@depends("test_first")
def test_second():
    pass

@question("Q1")
@weight(1)
@number("1.1")
def test_first():
    "The foundation"
    assert False
"""
    )
    second = graded.check("1.2")
    assert (second.status, second.score) == ("skipped", 0)
    assert second.message == "Skipped, because this one has to pass first: The foundation"
    assert graded.check("1.1").message == "This does not hold for your answer."


@needs_root
@pytest.mark.parametrize(
    ("checks", "fault"),
    [
        (Q2, "Q1: its checks are worth 0 points, the manifest says 2"),
        (Q2 + "@weight(2)\ndef test_lost(): pass", "names no question of the manifest (Q1, Q2)"),
        (Q2 + "import not_there", "not_there"),
        (Q2 + "this is no Python", "SyntaxError"),
        (
            Q2 + '@question("Q1")\n@weight(2)\n@depends("nobody")\ndef test_a(): pass',
            "depends on 'nobody', which is no check",
        ),
        (
            Q2 + '@question("Q1")\n@weight(2)\n@depends("test_a")\ndef test_a(): pass',
            "they depend in a ring",
        ),
    ],
)
def test_wrong_checks_are_the_staffs_fault(
    grade_checks: GradeChecks, checks: str, fault: str
) -> None:
    graded = grade_checks(checks)
    assert graded.report.faulty
    assert fault in "\n".join(graded.report.faults)
    assert "not your fault" in graded.report.notes[0]
    assert graded.report.score == 0
    assert {check.status for check in graded.report.checks} == {"fault"}


@needs_root
@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ("[1], [np.longdouble(1)]", "argument 2 of `row_sums` is a NumPy scalar of float128"),
        (
            "scale={'a': [lambda: 1]}",
            "argument 'scale' of `row_sums` is a dict whose key 'a' holds an object of type "
            "function",
        ),
    ],
)
def test_an_argument_that_cannot_be_sent_is_named(
    grade_checks: GradeChecks, arguments: str, what: str
) -> None:
    head = '@question("Q1")\n@weight(2)\n@number("1")\ndef test_rows(student):\n'
    graded = grade_checks(f'{Q2}{head}    student.call("row_sums", {arguments})\n')
    check = graded.check("1")
    assert check.status == "fault"
    assert f"{what}, which cannot be sent to the student's code" in check.staff


@needs_root
@needs_installed("pandas")
@pytest.mark.parametrize("public", [True, False])
def test_a_column_that_cannot_cross_is_named(grade_checks: GradeChecks, public: bool) -> None:
    check = '@question("Q1")\n@weight(2)\n@number("1")\ndef test_rows(student):\n'
    check += '    student.call("row_sums", np.ones((2, 2)))\n'
    answer = """import pandas
    return pandas.DataFrame({"n": [1], "sum": np.ones(1, np.longdouble)})"""
    graded = grade_checks(Q2 + check, answer, public=public)
    said = "a DataFrame whose column 'sum' holds an array of float128, which cannot be checked."
    assert (f"`row_sums` gave {said}" in graded.check("1").message) == public
    assert "Convert it first" in graded.check("1").message


@needs_root
def test_a_crashing_check_is_a_fault_and_others_go_on(grade_checks: GradeChecks) -> None:
    graded = grade_checks(
        Q2
        + """
@question("Q1")
@weight(1)
@number("1.1")
def test_crash(student):
    return {}["missing"]

@question("Q1")
@weight(1)
@number("1.2")
def test_unknown_name(student):
    student.call("box_blur", 1)
"""
    )
    crash = graded.check("1.1")
    assert (crash.status, crash.score) == ("fault", 0)
    assert "not your fault" in crash.message
    assert "KeyError" in crash.staff
    assert "not among the names" in graded.check("1.2").staff
    assert graded.check("2").status == "passed"


@needs_root
def test_a_check_that_kills_the_grader_leaves_the_others_results(
    grade_checks: GradeChecks,
) -> None:
    graded = grade_checks(
        """
@question("Q1")
@weight(2)
@number("1")
def test_fine(student):
    student.call("row_sums", np.ones((2, 2)))

@question("Q2")
@weight(2)
@number("2")
def test_abort():
    import os
    os.abort()
"""
    )
    assert graded.scores == {"1": 2, "2": 0}
    assert graded.check("2").status == "fault"
    assert graded.report.faults == ()
    assert "ended early" in graded.report.all_faults[0]


@needs_root
def test_time_limit_of_a_check(grade_checks: GradeChecks) -> None:
    graded = grade_checks(
        Q2
        + """
@question("Q1")
@weight(2)
@number("1")
@time_limit(0.3)
def test_slow(student):
    student.call("row_sums", np.ones((2, 2)))
""",
        "import time; time.sleep(60)",
    )
    assert "did not end within 0.3 seconds" in graded.check("1").message


@needs_root
def test_library_assertions_do_not_leak_values(grade_checks: GradeChecks) -> None:
    checks = (
        Q2
        + """
@question("Q1")
@weight(2)
@number("1")
def test_values(student):
    got = student.call("row_sums", np.full((2, 2), 123456.0))
    np.testing.assert_allclose(got, [654321.0, 654321.0])
"""
    )
    hidden = grade_checks(checks)
    assert hidden.check("1").message == "This does not hold for your answer."
    assert "654321" in hidden.check("1").staff


@needs_root
def test_public_checks_show_values(grade_checks: GradeChecks) -> None:
    graded = grade_checks(
        Q2
        + """
@question("Q1")
@weight(2)
@number("1")
@pytest.mark.parametrize("rows", [1, 2], ids=["one row", "two rows"])
def test_values(student, rows):
    expect_array(student.call("row_sums", np.full((rows, 2), 0.25)), np.full(rows, 0.5))
""",
        "return np.asarray(matrix).sum(axis=1) * 2.0",
        public=True,
    )
    check = graded.check("1")
    assert not check.hidden
    assert "one row: " in check.message
    assert "1 instead of 0.5" in check.message


RULES = """
@question("Q1")
@weight(2)
@number("1")
def test_rules(student):
    source = student.source("row_sums")
    assert source.text.startswith("def row_sums(matrix")
    expect_no_call(source, "np.einsum")
    expect_no_loop(source)
"""


@needs_root
@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (None, ""),
        ("from numpy import einsum as e; return e('ij->i', matrix)", "`row_sums` uses np.einsum"),
        ("return np.array([sum(row) for row in matrix])", "`row_sums` loops (in a comprehension)"),
    ],
)
def test_static_rules_on_a_submission(
    grade_checks: GradeChecks, answer: str | None, message: str
) -> None:
    """Nothing of the student's is run for them, and hidden checks name the student's line."""
    graded = grade_checks(Q2 + RULES, answer)
    check = graded.check("1")
    assert not graded.report.faulty
    assert check.score == 2 * (answer is None)
    if answer is not None:
        assert message in check.message
        assert re.search(r"cell \d+, line \d+, `.+`", check.message)
        assert answer[:20] in check.message


ODD = """
@question("Q1")
@weight(1)
@number("1.1")
def test_gradient(student, rng):
    x = rng.random((2, 3))
    total = lambda matrix: student.call("row_sums", matrix).sum()
    expect_gradient(total, x, np.ones((2, 3)), rng=rng)
    expect_deterministic(lambda: student.call("row_sums", x))

@question("Q1")
@weight(1)
@number("1.2")
@pytest.mark.parametrize("check", [
    lambda got: expect_number(got, 0.125),
    lambda got: expect_between(got, 0, 1),
    lambda got: expect_equal(got, [0.125]),
    lambda got: expect_type(got, dict),
    lambda got: expect_text(got, "0.125"),
])
def test_odd(student, check):
    check(student.call("row_sums", np.ones((2, 2))))
"""


@needs_root
@pytest.mark.parametrize(
    "answer", [None, "return None", "return float('nan')", "return '0.25'", "return [[], None]"]
)
def test_odd_answers_are_wrong_and_no_fault(grade_checks: GradeChecks, answer: str | None) -> None:
    checks = ODD if answer is None else ODD.replace(".sum()", "")
    graded = grade_checks(Q2 + checks, answer)
    assert not graded.report.faulty, graded.report.all_faults
    assert graded.check("1.1").score == (answer is None)
    assert graded.check("1.2").score == 0
    assert not re.search(r"0\.\d|nan", graded.check("1.2").message)


@needs_root
def test_source_of_what_is_not_there(grade_checks: GradeChecks) -> None:
    renamed = RULES.replace("row_sums", "box_blur")
    assert "not among the names" in grade_checks(Q2 + renamed).check("1").staff


@needs_root
def test_value_and_describe(tmp_path: Path) -> None:
    """Numbers by value, functions by a public describer."""
    root = tmp_path / "assignment"
    shutil.copytree(TWO_FUNCTIONS, root)
    (root / "public" / "describe_two.py").write_text(
        "import inspect\n"
        "def parameters(function):\n    return list(inspect.signature(function).parameters)\n"
    )
    path = root / "staff" / manifest.FILE_NAME
    text = path.read_text(encoding="utf-8").replace(
        "[limits]", 'describers = ["describe_two"]\n\n[limits]'
    )
    path.write_text(text.replace('["box_blur"]', '["box_blur", "SIZE"]'), encoding="utf-8")
    (root / "staff" / "checks" / "test_two.py").write_text(
        HEAD
        + """
@question("Q1")
@weight(2)
@number("1")
def test_parameters(student):
    assert student.describe("row_sums", "parameters") == ["matrix"]

@question("Q2")
@weight(2)
@number("2")
def test_size(student):
    assert student.value("SIZE") == 5
"""
    )
    assignment = manifest.load(root / "staff")
    notebook = Notebook(solved(assignment)["two.ipynb"])
    notebook.insert("box-blur", "SIZE = 2\nSIZE += 3")
    with Session(assignment, templates(assignment)) as session:
        graded = Graded(session.grade(notebook.save(tmp_path / "two.ipynb")))
    assert graded.lost() == {}


@needs_root
def test_files_settings_flags_and_memory(tmp_path: Path) -> None:
    """What else a check may ask for, on a question that needs no notebook."""
    root = tmp_path / "assignment"
    shutil.copytree(TWO_FUNCTIONS, root)
    path = root / "staff" / manifest.FILE_NAME
    text = path.read_text(encoding="utf-8").split("[[question]]")[0]
    path.write_text(
        text.replace(
            "[runtime]", 'files = ["logs/*.csv", "*.json"]\n\n[checks]\nfloor = 3\n\n[runtime]'
        )
        + '[[question]]\nid = "F"\ntitle = "Files"\npoints = 4\n',
        encoding="utf-8",
    )
    (root / "public" / "data").mkdir()
    (root / "public" / "data" / "floors.txt").write_text("3")
    (root / "staff" / "checks" / "test_two.py").write_text(
        HEAD
        + """
@question("F")
@weight(1)
@number("1")
def test_logs(files, settings, flag, handout):
    assert [path.name for path in files.paths("logs/*.csv")] == ["a.csv", "b.csv"]
    assert files.text("a.csv") == files.text("LOGS/B.csv")
    flag("two logs are the same")
    assert settings["floor"] == 3 == int((handout / "data" / "floors.txt").read_text())

@question("F")
@weight(1)
@number("2")
def test_json(files):
    files.json("written.json")

@question("F")
@weight(1)
@number("3")
def test_absent(files):
    files.text("absent.json")

@question("F")
@weight(1)
@number("4")
def test_memory(cache):
    calls = []
    key = {"data": np.arange(3), "lr": 0.1}
    for _ in range(2):
        assert cache.remember(key, lambda: calls.append(1) or [len(calls)]) == [1]
"""
    )
    handed_in = tmp_path / "in"
    (handed_in / "deep" / "logs").mkdir(parents=True)
    for name in ("a.csv", "b.csv"):
        (handed_in / "deep" / "logs" / name).write_text("timestamp,memUsage\n")
    (handed_in / "written.json").write_text('{"a": 1,\n "b": }')
    (handed_in / "other.txt").write_text("x")
    assignment = manifest.load(root / "staff")
    memory = tmp_path / "cache"
    with Session(assignment, templates(assignment), cache=CachePolicy(memory)) as session:
        progress: list[tuple[int, int]] = []
        graded = Graded(session.grade(handed_in, announce=lambda *p: progress.append(p)))
    assert graded.scores == {"1": 1, "2": 0, "3": 0, "4": 1}
    assert "breaks at line 2, column 7" in graded.check("2").message
    assert "absent.json is not in the submission" in graded.check("3").message
    assert graded.report.flags == ("test_two.py::test_logs: two logs are the same",)
    assert graded.report.skipped[0][0] == "other.txt"
    assert [file.suffix for file in memory.iterdir()] == [".json"]
    assert memory.stat().st_mode & 0o777 == 0o700
    assert progress[-1] == (4, 4)


def test_the_cache_tells_values_and_types_apart(tmp_path: Path) -> None:
    keys = [
        1, 1.0, True, "1", b"1", None, [1], [[1]], [1, 1], {"a": 1}, {"b": 1},
        np.array([1]), np.array([1.0]), np.array([[1]]), np.array([2]), ["a", "b"], ["ab", ""],
    ]  # fmt: skip
    cache = Cache(tmp_path)
    assert [cache.remember(key, lambda n=n: n) for n, key in enumerate(keys)] == list(range(17))
    assert [cache.remember(key, lambda: -1) for key in keys] == list(range(17))
    assert Cache(None).remember(1, lambda: 5) == 5
    with pytest.raises(TypeError):
        cache.remember(object(), lambda: 0)
    for path in tmp_path.iterdir():
        path.write_text('{"cut')
    assert cache.remember(1, lambda: 7) == 7


@given(st.text(max_size=200))
def test_clean_leaves_nothing_that_moves_or_colours(text: str) -> None:
    shown = clean(text + "\x1b[31m\u202e\u2066\x00")
    assert not set(shown) & {"\x1b", "\u202e", "\u2066", "\x00", "\r"}
    assert len(clean(text * 100, 50)) <= 50
