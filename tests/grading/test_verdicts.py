"""Verdicts that are remembered by content: what makes a check run again, and what does not."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import TWO_FUNCTIONS, Notebook, needs_root

from autograder.checks.verdicts import OUTER, cache_key_parts
from autograder.grading.policies import CachePolicy, IsolationPolicy
from autograder.grading.session import Session
from autograder.model import manifest
from autograder.model.report import Report
from release.markup.templates import solved, templates

pytestmark = needs_root

Regrade = Callable[..., Report]


@pytest.fixture
def staff(tmp_path: Path) -> Path:
    shutil.copytree(TWO_FUNCTIONS, tmp_path / "two")
    return tmp_path / "two" / "staff"


@pytest.fixture
def regrade(staff: Path, tmp_path: Path) -> Regrade:
    """Grade the solution, edited, in a new session with the same memory."""

    def run(edit: Callable[[Notebook], object] = lambda _: None, **how: object) -> Report:
        assignment = manifest.load(staff)
        notebook = Notebook(solved(assignment)["two.ipynb"])
        edit(notebook)
        path = notebook.save(tmp_path / "submission" / "two.ipynb")
        memory = tmp_path / "memory"
        with Session(
            assignment, templates(assignment), cache=CachePolicy(memory, verdicts=True)
        ) as session:
            return session.grade(path, **{"seed": 1, **how})  # type: ignore[arg-type]

    return run


def ran(report: Report) -> set[str]:
    """The checks that were run rather than remembered."""
    assert not report.faulty, report.all_faults
    return {check.number for check in report.checks if check.seconds > 0}


ALL = {"1.1", "1.2", "2.1", "2.2"}


def outcome(report: Report) -> list[tuple[str, float, str, str]]:
    return [(check.id, check.score, check.status, check.message) for check in report.checks]


def test_the_same_submission_runs_nothing_again(regrade: Regrade) -> None:
    first = regrade()
    again = regrade()
    assert ran(first) == ALL
    assert ran(again) == set()
    assert outcome(first) == outcome(again)


def test_the_process_that_looks_up_is_replaced_when_it_dies(staff: Path, tmp_path: Path) -> None:
    assignment = manifest.load(staff)
    path = Notebook(solved(assignment)["two.ipynb"]).save(tmp_path / "submission" / "two.ipynb")
    memory = tmp_path / "memory"
    with Session(
        assignment, templates(assignment), cache=CachePolicy(memory, verdicts=True)
    ) as session:
        assert ran(session.grade(path, seed=1)) == ALL
        again = session.grade(path, seed=1)
        for _ in range(2):
            assert session._process is not None
            [grader] = children(session._process.pid)
            [lookup] = children(grader)
            os.kill(lookup, signal.SIGKILL)
            assert ran(session.grade(path, seed=1)) == set()
            assert ran(session.grade(path, seed=1)) == set()
        assert outcome(session.grade(path, seed=1)) == outcome(again)
        assert children(grader) != [lookup]


def children(pid: int) -> list[int]:
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_failures_are_remembered_with_their_words(regrade: Regrade) -> None:
    def spoil(notebook: Notebook) -> None:
        notebook.edit("row-sums", ("axis=1", "axis=0"))

    first, again = regrade(spoil), regrade(spoil)
    assert ran(again) == set()
    assert outcome(first) == outcome(again)
    assert all(check.message for check in again.checks if check.question == "Q1")


def test_columns_of_the_leaderboard_are_remembered(regrade: Regrade, staff: Path) -> None:
    path = staff / "checks" / "test_two.py"
    text = path.read_text().replace("rng: np.random.Generator)", "rng, leaderboard)", 1)
    line = "    matrix = rng.random((5, 5))\n"
    entered = '    leaderboard("rows", 5)\n    leaderboard("sum", matrix.sum(), "asc")\n'
    path.write_text(text.replace(line, line + entered))
    first, again = regrade(), regrade()
    assert ran(again) == set()
    boards = [check.leaderboard for check in again.checks]
    assert boards == [check.leaderboard for check in first.checks]
    assert [(entry.name, entry.order) for entry in boards[0]] == [("rows", "desc"), ("sum", "asc")]
    assert boards[1:] == [(), (), ()]


def test_an_edited_answer_runs_the_checks_of_its_question(regrade: Regrade) -> None:
    regrade()
    again = regrade(lambda notebook: notebook.edit("row-sums", ("axis=1", "axis=0")))
    assert ran(again) == {"1.1", "1.2"}
    assert [check.score for check in again.checks] == [0, 0, 1, 1]


def test_a_cell_that_no_question_needs_changes_nothing(regrade: Regrade) -> None:
    regrade()
    assert ran(regrade(lambda notebook: notebook.cells.append(plot()))) == set()


def test_where_all_is_run_every_cell_counts(regrade: Regrade, staff: Path) -> None:
    toml = staff / manifest.FILE_NAME
    toml.write_text(toml.read_text().replace('source = "two.py"', 'source = "two.py"\nrun = "all"'))
    regrade()
    assert ran(regrade()) == set()
    assert ran(regrade(lambda notebook: notebook.insert("row-sums", "np.other = 1"))) == ALL


def test_a_failure_without_its_second_look_is_not_remembered(regrade: Regrade, staff: Path) -> None:
    toml = staff / manifest.FILE_NAME
    text = toml.read_text().replace("[limits]", "[limits]\nsecond_look_seconds = 0.001")
    toml.write_text(text)

    def spoil(notebook: Notebook) -> None:
        notebook.insert("row-sums", "left_out = [1]\nleft_out.append(2)\nprint(left_out)")
        notebook.edit("row-sums", ("axis=1", "axis=0"))

    assert ran(regrade(spoil)) == ALL
    assert ran(regrade(spoil)) == {"1.2"}  # the look at 1.1 had taken the time
    assert ran(regrade(spoil)) == set()


def plot() -> dict[str, object]:
    source = "print('plotting')"
    return {"cell_type": "code", "source": source, "metadata": {}, "outputs": []}


def test_another_seed_and_a_fresh_run_run_everything(regrade: Regrade) -> None:
    regrade()
    assert ran(regrade(seed=2)) == ALL
    assert ran(regrade(no_cache=True)) == ALL


def test_an_edited_check_runs_alone(regrade: Regrade, staff: Path) -> None:
    regrade()
    path = staff / "checks" / "test_two.py"
    path.write_text("# a remark\n" + path.read_text().replace("(5, 5)", "(6, 6)"))
    assert ran(regrade()) == {"1.1"}


LYING = """def row_sums(matrix):
    import os
    from autograder import wire
    error = {"kind": "raised", "type": "ValueError", "message": "", "cell": 2, "line": 1}
    error["file"] = ""
    for part in wire.encode({"error": error}):
        os.write(3, part)
    os._exit(0)
"""


def test_nobody_reads_the_words_of_another(regrade: Regrade) -> None:
    """A process that lies about where it stopped names a cell that the verdict does not follow
    from."""

    def lie(words: str) -> Callable[[Notebook], object]:
        def edit(notebook: Notebook) -> None:
            text = {"cell_type": "markdown", "id": "own", "metadata": {}, "source": words}
            notebook.cells.insert(1, text)
            notebook.set("row-sums", LYING)

        return edit

    reports = [regrade(lie(words)) for words in ("the words of Ada", "the words of Bob")]
    assert ran(reports[1]) == set()  # it is remembered, and holds nobody's words
    for report in reports:
        told = [check.message for check in report.checks if check.question == "Q1"]
        assert all("it raised ValueError" in message for message in told)
        assert "the words of" not in repr(outcome(report))


def test_a_line_that_is_quoted_is_the_students_own(regrade: Regrade) -> None:
    """What is run of both is the same: as Python, the remark behind the magic is none."""

    def fail(remark: str) -> Callable[[Notebook], object]:
        line = f"%time table = int('x')  # {remark}\n"
        return lambda notebook: notebook.set(
            "row-sums", f"{line}def row_sums(matrix):\n    return table"
        )

    ada, bob = regrade(fail("by Ada")), regrade(fail("by Bob"))
    assert all("by Ada" in check.message for check in ada.checks if check.question == "Q1")
    assert all("by Bob" in check.message for check in bob.checks if check.question == "Q1")
    assert "Ada" not in repr(outcome(bob))


def test_the_text_around_what_is_run_counts(regrade: Regrade) -> None:
    """Code may read the cell that it stands in, as ``inspect.getsource`` does."""

    def reading(remark: str) -> Callable[[Notebook], object]:
        code = (
            "import linecache\n\n\ndef row_sums(matrix):\n"
            "    lines = linecache.getlines(row_sums.__code__.co_filename)\n"
            "    return np.asarray(matrix).sum(axis=1 if '# right\\n' in lines else 0)\n\n\n"
        )
        return lambda notebook: notebook.set("row-sums", f"{code}# {remark}\n\nx = 1\n")

    assert [check.score for check in regrade(reading("right")).checks] == [1, 1, 1, 1]
    again = regrade(reading("wrong"))
    assert ran(again) == {"1.1", "1.2"}
    assert [check.score for check in again.checks] == [0, 0, 1, 1]


def test_a_sandbox_of_other_conditions_runs_all(staff: Path, tmp_path: Path) -> None:
    assignment = manifest.load(staff)
    path = Notebook(solved(assignment)["two.ipynb"]).save(tmp_path / "submission" / "two.ipynb")

    def graded(*required: str) -> set[str]:
        isolation = IsolationPolicy(frozenset(required))
        cache = CachePolicy(tmp_path / "memory", verdicts=True)
        with Session(
            assignment, templates(assignment), isolation=isolation, cache=cache
        ) as session:
            return ran(session.grade(path, seed=1))

    assert graded("uid") == ALL
    assert graded("uid") == set()
    assert graded("uid", "no_new_privs") == ALL


@pytest.mark.parametrize("where", ["manifest", "shared module", "public folder"])
def test_what_all_checks_follow_from_runs_all(regrade: Regrade, staff: Path, where: str) -> None:
    regrade()
    if where == "manifest":
        path = staff / manifest.FILE_NAME
        path.write_text(path.read_text().replace("check_seconds = 5", "check_seconds = 6"))
    elif where == "shared module":
        (staff / "checks" / "shared.py").write_text("X = 1\n")
    else:
        (staff.parent / "public" / "helper.py").write_text("X = 1\n")
    assert ran(regrade()) == ALL


def test_a_time_out_is_not_remembered(regrade: Regrade, staff: Path) -> None:
    toml = staff / manifest.FILE_NAME
    toml.write_text(toml.read_text().replace("check_seconds = 5", "check_seconds = 0.5"))

    def stall(notebook: Notebook) -> None:
        notebook.edit("row-sums", ("return ", "while True: pass\n    return "))

    regrade(stall)
    again = regrade(stall)
    assert ran(again) == {"1.1", "1.2"}
    assert [check.status for check in again.checks] == ["failed", "failed", "passed", "passed"]


def test_a_fault_of_a_check_is_not_remembered(regrade: Regrade, staff: Path) -> None:
    path = staff / "checks" / "test_two.py"
    whole = path.read_text()
    path.write_text(whole.replace("matrix = rng", "matrix = lost_rng", 1))
    assert regrade().faulty
    assert [check.status for check in regrade().checks] == ["fault", "passed", "passed", "passed"]
    path.write_text(whole)
    assert not regrade().faulty


@pytest.mark.parametrize("name", ["data/test_set.csv", "data/train.csv", "helpers.py"])
def test_all_files_of_the_handout_count_whatever_their_names(staff: Path, name: str) -> None:
    path = manifest.load(staff).public / name
    path.parent.mkdir(exist_ok=True)
    parts = []
    for text in ("1", "2"):
        path.write_text(text)
        parts.append(cache_key_parts(manifest.load(staff), ()))
    assert {key for key in parts[0] if parts[0][key] != parts[1][key]} == {"public folder"}


def test_what_does_not_count_for_a_verdict_is_not_there_when_checks_run() -> None:
    """The grader's and the worker's processes import nothing that the digest leaves out."""
    names = sorted(f"autograder.{name.removesuffix('.py')}" for name in OUTER)
    found = subprocess.run(
        [sys.executable, "-c", _LOADED.format(names=names)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.split() == []


_LOADED = """
import sys
import autograder.grading.grader, autograder.grading.session, autograder.sandbox.forkserver
import autograder.sandbox.worker, autograder.sandbox.zygote
print(*[m for m in sys.modules if any(f"{{m}}.".startswith(f"{{n}}.") for n in {names})])
"""
