"""Odd values are the student's: a check that trips over one fails, and that is no fault."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import TWO_FUNCTIONS, Graded, Notebook, needs_root
from hypothesis import given
from hypothesis import strategies as st

from autograder.checks.received import MAX_SHOWN, WORDS, Received, kind_of, shown
from autograder.grading.session import Session
from autograder.model import manifest
from autograder.model.report import CheckResult
from release.markup.templates import solved, templates

HEAD = """
import numpy as np
import pytest
from autograder.checks import *
from gradescope_utils.autograder_utils.decorators import *

@question("Q2")
@weight(2)
@number("2")
def test_blur(student):
    student.call("box_blur", np.ones((3, 3)), 3)
"""
CHECK = """
{above}
@question("Q1")
@weight(2)
@number("1")
def test_rows(student, files, request, cache{arguments}):
    got = student.call("row_sums", np.full((2, 2), 123456.0))
    {line}
"""

USED = "@pytest.mark.usefixtures('{}')"

GradeCheck = Callable[..., CheckResult]


@pytest.fixture
def grade_check(tmp_path: Path) -> GradeCheck:
    """Grade an answer by a check whose last line is given; what has come of it."""

    def run(line: str, answer: str, *, public: bool = False, above: str = "") -> CheckResult:
        root = tmp_path / "assignment"
        shutil.copytree(TWO_FUNCTIONS, root, dirs_exist_ok=True)
        (root / "staff" / "checks" / "test_two.py").unlink()
        folder = root / ("public" if public else "staff") / "checks"
        folder.mkdir(exist_ok=True)
        arguments = ", n" * ('"n"' in above) + ", set_score" * ("partial_credit" in above)
        text = HEAD + CHECK.format(line=line, above=above, arguments=arguments)
        (folder / "test_own.py").write_text(text, encoding="utf-8")
        toml = root / "staff" / manifest.FILE_NAME
        wanted = 'files = ["*.json"]\n\n[runtime]'
        if wanted not in toml.read_text():
            toml.write_text(toml.read_text().replace("[runtime]", wanted))
        assignment = manifest.load(root / "staff")
        notebook = Notebook(solved(assignment)["two.ipynb"])
        notebook.edit("row-sums", ("return np.asarray(matrix).sum(axis=1)", answer))
        notebook.save(tmp_path / "in" / "two.ipynb")
        (tmp_path / "in" / "written.json").write_text('{"a": null}')
        with Session(assignment, templates(assignment), cache=tmp_path / "cache") as session:
            graded = Graded(session.grade(tmp_path / "in"))
        assert graded.check("2").status == "passed"
        flags = [flag for flag in graded.report.flags if "tripped over" in flag]
        assert bool(flags) == graded.check("1").tripped
        assert all("checks/test_own.py, line " in flag for flag in flags)
        return graded.check("1")

    return run


TRIPS = [
    ("float(got)", "return None", "returned None"),
    ("got['missing']", "return {}", "returned {}"),
    ("got.shape", "return None", "returned None"),
    ("a, b, c = got", "return [1, 2]", "returned [1, 2]"),
    ("assert got > 3", "return 'five'", "returned 'five'"),
    ("assert float(got[0]) > 3", "return []", "returned []"),
    ("np.asarray(got, dtype=float)", "return [[1], [2, 3]]", "returned [[1], [2, 3]]"),
    ("got + np.ones((3, 5))", "return np.ones((2, 2))", "returned an array of shape (2, 2)"),
    ("expect_array(got, np.ones(2) @ got)", "return np.ones((3, 3))", "returned an array of"),
    ("cache.remember(slice(got), lambda: 1)", "return 1", "returned 1"),
    ("cache.remember(1, lambda: got[5])", "return [1]", "returned [1]"),
    ("eval(got)", "return '1 +'", "returned '1 +'"),
    ("for last in got: pass\n    last", "return ()", "returned ()"),
    ("np.zeros(got)", "return -3", "returned -3"),
    ("open(got)", "return 'no_such_file'", "returned 'no_such_file'"),
    ("1 / got", "return 0", "returned 0"),
    ("len(np.float64(got))", "return 1.5", "returned 1.5"),
    ("np.zeros(got)", "return 10**15", "returned 1000000000000000"),
    ("float(got)", "return 10**400", "returned 1000"),
    ("str(got ** 100)", "return 10**400", "returned 1000"),
    ("{}[got]", "return '\\U000e0001' * 4_000_000", "returned '"),
    ("got.shape", "return object()", "returned an object of type object"),
    ("got.sum(axis=0)", "return iter([1])", "returned an object of type list_iterator"),
    ("expect_gradient(lambda x: got, np.ones(2), np.ones(2), rng=None)", "return 1", "returned 1"),
    ("request.getfixturevalue('leaderboard')('best', got)", "return 10**400", "returned 1000"),
    ("raise MemoryError", "return 1", "returned 1"),
]


@needs_root
@pytest.mark.parametrize(("line", "answer", "shown"), TRIPS, ids=[line for line, *_ in TRIPS])
def test_a_public_check_that_trips(
    grade_check: GradeCheck, line: str, answer: str, shown: str
) -> None:
    check = grade_check(line, answer, public=True)
    assert (check.status, check.score, check.tripped) == ("failed", 0, True)
    assert f"Came back: `row_sums` {shown}" in check.message
    assert "which this check cannot work with (" in check.message
    assert "Hint: " in check.message
    assert "Traceback" not in check.message
    assert check.staff.startswith("public checks/test_own.py, line ")


@needs_root
@pytest.mark.parametrize("answer", ["10**400", "float('nan')", "[1]"])
def test_scores_that_are_made_of_an_odd_value(grade_check: GradeCheck, answer: str) -> None:
    check = grade_check("set_score(got)", f"return {answer}", above="@partial_credit(2)")
    assert (check.status, check.score, check.tripped) == ("failed", 0, True)


@needs_root
def test_an_assertion_that_carries_what_cannot_be_written(grade_check: GradeCheck) -> None:
    check = grade_check("assert got is None, got ** 100", "return 10**400", public=True)
    assert (check.status, check.message) == ("failed", "This does not hold for your answer.")


@needs_root
def test_what_grows_too_large_to_be_sent_on(grade_check: GradeCheck) -> None:
    check = grade_check("student.call('row_sums', got * got)", "return 2**4000", public=True)
    assert (check.status, check.tripped) == ("failed", True)
    assert "nothing that this check can work with" in check.message


@needs_root
def test_what_staff_are_told_is_bounded(grade_check: GradeCheck) -> None:
    check = grade_check("request.getfixturevalue('flag')(got)", "return 'a\\ud800' * 5_000_000")
    assert check.status == "passed"
    above = "from autograder.checks.plugin.model import MAX_FLAG"
    line = "request.getfixturevalue('flag')(got); assert len(got) > MAX_FLAG"
    assert grade_check(line, "return 'a' * 5_000_000", above=above).status == "passed"


@needs_root
def test_pictures_that_cannot_be_drawn(grade_check: GradeCheck) -> None:
    line = "raise fail('no', compared=(got, got))"
    check = grade_check(line, "return np.full((9, 9), 1e308) * [-1, 1, 1] * 3", public=True)
    assert check.status == "failed"
    check = grade_check(line, "return [[1], [2, 3]]", public=True)
    assert (check.status, check.pictures) == ("failed", ())


@needs_root
def test_an_object_whose_process_was_ended(grade_check: GradeCheck) -> None:
    """Handed on to the next process it is nothing; the student's code has ended the first."""
    line = """pass
    kept = student.call("row_sums", np.ones((1, 1)), keep=True)
    try:
        student.call("row_sums", None)
    except CheckFailed:
        student.call("row_sums", kept)
"""
    answer = "import os; return os._exit(0) if matrix is None else object()"
    above = "from autograder.model.findings import CheckFailed"
    check = grade_check(line, answer, public=True, above=above)
    assert check.status == "failed"
    assert "ended the Python process" in check.message


@needs_root
def test_a_hidden_check_reveals_nothing(grade_check: GradeCheck) -> None:
    check = grade_check("{'secret': 654321}[float(got[0])]", "return [float(np.sum(matrix))]")
    assert check.message == (
        "Came back: `row_sums` returned a list, which this check cannot work with.\n"
        "Hint: Compare its type, shape and contents with what the task asks for."
    )
    first, _, rest = check.staff.partition("\n")
    assert "line 19, `{'secret': 654321}[float(got[0])]`: KeyError: 493824.0" in first
    assert rest.startswith("Traceback")


@needs_root
def test_a_forgotten_return_has_its_own_hint(grade_check: GradeCheck) -> None:
    check = grade_check("float(got)", "matrix.sum(axis=1)")
    assert check.message.endswith("Hint: Does the function return its result?")
    assert "nothing (None)" in check.message


@needs_root
def test_what_is_hidden_by_the_check_stays_hidden(grade_check: GradeCheck) -> None:
    above = '@hide_errors("Only this")'
    assert grade_check("float(got)", "return None", above=above).message == "Only this"


FAULTS = [
    ("undefined_name", "NameError"),
    ("import not_there", "ModuleNotFoundError"),
    ("request.getfixturevalue('nothing')", "FixtureLookupError"),
    ("student.call('box_blur', 1)", "not among the names"),
    ("student.call('row_sums', object())", "object"),
    ("raise OSError(28, 'No space left on device')", "No space left"),
    ("raise SystemExit(3)", "SystemExit"),
    ("import broken", "SyntaxError"),
]


@needs_root
@pytest.mark.parametrize(("line", "told"), FAULTS, ids=[line for line, _ in FAULTS])
def test_a_bug_that_no_value_is_to_blame_for(
    grade_check: GradeCheck, tmp_path: Path, line: str, told: str
) -> None:
    (tmp_path / "assignment" / "staff" / "checks").mkdir(parents=True)
    (tmp_path / "assignment" / "staff" / "checks" / "broken.py").write_text("x = (\n")
    check = grade_check(line, "return None")
    assert (check.status, check.tripped) == ("fault", False)
    assert told in check.staff.partition("\n")[0]
    assert "not your fault" in check.message


@needs_root
def test_before_anything_came_back_it_is_the_checks_own_bug(grade_check: GradeCheck) -> None:
    check = grade_check("float(None)", "return None", above="")
    assert check.tripped  # something had come back
    fixture = "@pytest.fixture\ndef before():\n    float(None)\n" + USED.format("before")
    assert grade_check("float(got)", "return None", above=fixture).status == "fault"


@needs_root
def test_a_fixture_of_the_checks_may_trip_too(grade_check: GradeCheck) -> None:
    fixture = """
@pytest.fixture
def total(student):
    return float(student.call("row_sums", np.ones((1, 1))))
"""
    fixture += USED.format("total")
    check = grade_check("got", "return None", above=fixture)
    assert (check.status, check.tripped) == ("failed", True)


@needs_root
def test_a_case_may_go_on_with_what_another_one_got(grade_check: GradeCheck) -> None:
    above = """
known = {}

@pytest.mark.parametrize("n", [0, 1])
@pytest.mark.usefixtures("each")"""
    fixture = """
@pytest.fixture
def each(n, student):
    if n:
        float(known["got"])
"""
    check = grade_check("known['got'] = got", "return None", above=fixture + above)
    assert (check.status, check.tripped, check.passed) == ("partial", True, 1)


@needs_root
def test_a_failure_that_the_check_catches(grade_check: GradeCheck) -> None:
    line = "pass\n    try:\n        student.call('row_sums', 1)\n"
    line += "    except CheckFailed as error:\n        error.raised[1][5000]"
    above = "from autograder.model.findings import CheckFailed"
    check = grade_check(line, "return matrix", above=above)
    assert check.status == "passed"
    check = grade_check(line, "return matrix.sum()", above=above)
    assert (check.status, check.tripped) == ("failed", True)
    assert "`row_sums` gave nothing that this check can work with" in check.message


@needs_root
def test_files_that_were_handed_in(grade_check: GradeCheck) -> None:
    line = "float(files.json('written.json')['a'])"
    check = grade_check(line, "return None", public=True)
    assert check.tripped
    # What the student's code gave comes first: it is what the check is about.
    assert "`row_sums` returned None" in check.message


@needs_root
def test_outcomes_of_pytest_itself(grade_check: GradeCheck) -> None:
    fail = grade_check("pytest.fail('Two rows are asked for.')", "return None")
    assert (fail.status, fail.message) == ("failed", "Two rows are asked for.")
    raises = grade_check("with pytest.raises(KeyError): pass", "return None")
    assert (raises.status, raises.message) == ("failed", "This does not hold for your answer.")
    assert grade_check("pytest.skip('later')", "return None").status == "skipped"


# --- what came back, in words ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        (None, "None", "None"),
        (True, "truth value", "True"),
        (3, "number", "3"),
        (10**6000, "number", "a number"),
        ("a\nb", "text", r"'a\nb'"),
        ("x" * 500, "text", "..."),
        (list(range(10**6)), "list", "[0, 1, 2, 3, 4, 5, ...]"),
        ({"a": [[[[[1]]]]]}, "dict", "{'a': [[[...]]]}"),
        (np.zeros((2, 0)), "array", "an array of shape (2, 0) and float64"),
        (np.float32(1), "number", "1.0"),
    ],
    ids=map(str, range(10)),
)
def test_values_in_a_few_words(value: object, kind: str, words: str) -> None:
    assert kind_of(value) == kind
    assert words in shown(value)
    assert len(shown(value)) <= MAX_SHOWN


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
)


@given(plain)
def test_any_value_has_words(value: object) -> None:
    received = Received()
    received.ask("f")
    assert received.last is not None
    assert received.last.kind == ""
    assert received.take("f", value, verb="is") is value
    assert WORDS[received.last.kind]
    assert len(shown(value)) <= MAX_SHOWN
    assert "\n" not in shown(value)
