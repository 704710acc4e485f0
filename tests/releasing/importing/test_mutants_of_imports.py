"""An import compares its checks with the tests that they were made of, on altered solutions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from test_importing import NBGRADER, OTTER, code, nb, raw, save, words

from autograder.model import manifest
from release.build import build
from release.importing import courses, import_assignment
from release.importing.courses import packages_above
from release.importing.model import Check, Original, PlannedCheck, Question
from release.importing.model import Test as OriginalTest
from release.importing.mutants import MOST, Change, Mutant, chosen, mutants
from release.importing.trial import Outcome, Trial
from release.importing.verdicts import round_trip
from release.markup.model import Region
from release.mutants.code import Code

CELL = """\
import math
%matplotlib inline
def area(r, limit=10):
    # BEGIN SOLUTION
    if r > limit and True:
        raise ValueError("é")
    result = math.pi * r ** 2
    while r < 3:
        r += 1
    return result
    # END SOLUTION
given = 1 + 1
"""


def test_one_thing_is_changed_at_a_time_in_answers_alone() -> None:
    python = CELL.replace("%matplotlib inline", "None")
    code = Code(CELL, python, (Region(4, 10, "    ", 4),))
    found = chosen(code)
    assert len(found) == MOST
    lines = CELL.split("\n")
    for text in found:
        changed = [at for at, line in enumerate(text.split("\n"), 1) if line != lines[at - 1]]
        assert changed
        assert set(changed) <= {5, 6, 7, 10}, text  # nothing given, and nothing in the `while`
        compile(text.replace("%matplotlib inline", "None"), "cell", "exec")
    assert len({line for text in found for line in text.split("\n")} - set(lines)) == MOST


def test_an_answer_with_one_thing_to_change_has_what_there_is() -> None:
    region = (Region(0, 1, "", 1),)
    assert chosen(Code("pass", "pass", region)) == ()
    assert 1 <= len(chosen(Code("x = y", "x = y", region))) <= MOST


def test_a_handful_of_submissions_whatever_the_number_of_answers(tmp_path: Path) -> None:
    cells = [
        each
        for n in range(9)
        for each in (
            nb(code(f"x{n} = 1 + {n} * 2"), f"a{n}", solution=True),
            nb(code(f"assert x{n} == {1 + 2 * n}"), f"t{n}", grade=True, points=1),
        )
    ]
    imported = import_assignment("nbgrader", save(tmp_path / "n.ipynb", cells), tmp_path / "out")
    made = list(mutants(manifest.load(imported.staff)))
    assert len(made) <= 3 * MOST
    assert {change.names for each in made for change in each.changes} == {
        frozenset({f"x{n}"}) for n in range(9)
    }
    assert imported.trip.compared >= 27
    assert imported.trip.differing == ()
    report = (imported.staff / "IMPORT.md").read_text()
    assert f"{imported.trip.compared} verdicts were compared" in report


def test_a_difference_is_listed_with_the_altered_line() -> None:
    planned = PlannedCheck((OriginalTest(7, 1, "assert x == 1"),), hidden=True, weight=2, title="x")
    check = Check("test_x", "q.1", "x", (), planned, ("x",), originals=(Original("", ("x",)),))
    others = (replace(check, number="q.2", shared=True), replace(check, number="q.3"))
    question = Question("q", "Q", "n.ipynb", 3, (check, *others), 7)
    mutants = [
        Mutant({}, (Change("n.ipynb", 4, 1, "x = 1 + 2", after, frozenset(name)),))
        for after, name in (("x = 1 - 2", "x"), ("x = 2 + 2", "x"), ("y = 3", "y"))
    ]
    outcomes = {
        "q.1": Outcome(on_mutants=(False, True, True)),
        "q.1-original": Outcome(on_mutants=(True, False, True)),
        "q.2": Outcome(on_mutants=(False, True, True)),
        "q.3": Outcome(on_mutants=(True, True, True)),
        # What shows 0.17000000000000001 no longer does; the translation is right all the same.
        "q.3-original": Outcome("it does not show that", on_mutants=(False, False, False)),
    }
    trip = round_trip([question], Trial(outcomes, mutants=tuple(mutants)))
    # The third alteration is in another answer, and both pass.
    assert (trip.compared, trip.shared) == (4, 2)
    location = "(n.ipynb, cell 4, line 1)"
    assert [left.why for left in trip.differing] == [
        f"it fails and the original passes where `x = 1 + 2` became `x = 1 - 2` {location}",
        f"it passes and the original fails where `x = 1 + 2` became `x = 2 + 2` {location}",
    ]
    assert {(left.file, left.cell) for left in trip.differing} == {("n.ipynb", 7)}


def test_an_assignment_that_is_graded_by_hand_alone_can_be_released(tmp_path: Path) -> None:
    cells = [
        words("# Essay"),
        nb(words("Because."), "essay", solution=True, grade=True, points=3),
        nb(code("x = 1"), "code", solution=True),
    ]
    imported = import_assignment("nbgrader", save(tmp_path / "n.ipynb", cells), tmp_path / "out")
    assert imported.points == 0
    released = build(manifest.load(imported.staff), tmp_path / "dist")
    assert released.proof.solution.max_score == 0


def test_what_a_course_asks_for(tmp_path: Path) -> None:
    folder = tmp_path / "course" / "source" / "ps1"
    folder.mkdir(parents=True)
    (tmp_path / "course" / "environment.yml").write_text(
        "dependencies:\n  - python=3.8\n  - conda-forge::pandas=1.1\n  - pip:\n    - openpyxl>=3\n"
    )
    found = packages_above(folder)
    assert found.names == {"python", "pandas", "openpyxl"}
    assert found.engines == ("openpyxl",)
    (left,) = found.left(("pandas",))
    assert left.what == "versions pandas=1.1"
    (folder / "requirements.txt").write_text("numpy==1.19\n# nothing\n-e git+https://x.y/z\n")
    assert packages_above(folder).names == {"numpy"}
    assert packages_above(tmp_path / "course" / "source" / "none") != courses.NO_PACKAGES


def test_what_a_missing_course_module_binds_keeps_its_points(tmp_path: Path) -> None:
    cells = [
        nb(code("from no_course.core.tensor import one\n\nx = one()"), "a", solution=True),
        nb(code("assert x == 1"), "t", grade=True, points=2),
    ]
    package = tmp_path / "src" / "no_course"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    path = save(tmp_path / "source" / "ps1" / "n.ipynb", cells)
    imported = import_assignment("nbgrader", path, tmp_path / "out")
    assert imported.points == imported.shared_points == 2
    assert any(f"copy {package} to assignment/n" in left.remedy for left in imported.left)


def test_what_a_helper_imports_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text(
        "from scipy import ndimage\n\n\ndef unit():\n    import pandas, no_such_thing\n"
        "    return 1\n"
    )
    cells = [
        nb(code("import helper\n\nx = 1"), "a", solution=True),
        nb(code("assert x == 1"), "t", grade=True, points=2),
    ]
    imported = import_assignment("nbgrader", save(tmp_path / "n.ipynb", cells), tmp_path / "out")
    asked = (imported.public / "requirements.txt").read_text().split()
    assert asked == ["pandas", "scipy"]


def test_only_packages_that_are_known_are_asked_for(tmp_path: Path) -> None:
    cells = [code("import seaborn_of_ours\nimport cartopy.crs"), *NBGRADER[3:]]
    cells.insert(0, NBGRADER[0])
    path = save(tmp_path / "n.ipynb", cells)
    (tmp_path / "helper.py").write_text("def unit():\n    return 1\n")
    imported = import_assignment("nbgrader", path, tmp_path / "out")
    if "cartopy" not in imported.missing:
        pytest.skip("it is installed here")
    asked = (imported.public / "requirements.txt").read_text()
    assert "cartopy" in asked
    assert "seaborn_of_ours" not in asked
    report = (imported.staff / "IMPORT.md").read_text()
    assert report.split("\n")[2].startswith("Not installed here: cartopy")
    assert "`import seaborn_of_ours`" in report


CONFIG = """\
c = get_config()
c.CourseDirectory.db_assignments = [dict(name="ps1", duedate="2030-02-02 17:00:00 UTC")]
c.IncludeHeaderFooter.header = "source/header.ipynb"
c.ClearSolutions.code_stub = {"python": "# Your turn.\\nraise NotImplementedError"}
c.ClearSolutions.text_stub = "Your words."
open("ran", "w")
"""


def test_header_stub_and_due_date_of_a_course(tmp_path: Path) -> None:
    course = tmp_path / "course"
    folder = course / "source" / "ps1"
    cells = [
        nb(code("### BEGIN SOLUTION\nx = 1\n### END SOLUTION"), "a", solution=True),
        nb(code("assert x == 1"), "t", grade=True, points=1),
        nb(words("Because of the secret."), "why", grade=True, solution=True, points=2),
    ]
    save(folder / "p.ipynb", cells)
    (course / "nbgrader_config.py").write_text(CONFIG)
    save(course / "source" / "header.ipynb", [words("Your name:"), code('NAME = ""')])
    imported = import_assignment("nbgrader", folder, tmp_path / "out")
    assert not (tmp_path / "ran").exists()
    released = build(manifest.load(imported.staff), tmp_path / "dist")
    text = (released.folder / "student" / "p.ipynb").read_text()
    assert text.index("Your name:") < text.index("Your turn.") < text.index("assert x == 1")
    assert "x = 1\\n" not in text
    assert text.index("assert x == 1") < text.index("Your words.")
    assert "secret" not in text
    assert "due date 2030-02-02 17:00:00 UTC" in (imported.staff / "IMPORT.md").read_text()


def test_a_setting_that_shows_hidden_results_is_taken_over(tmp_path: Path) -> None:
    cells = [raw("# ASSIGNMENT CONFIG\ngenerate:\n  show_hidden: true\n  seed: 42"), *OTTER[2:]]
    imported = import_assignment("otter", save(tmp_path / "n.ipynb", cells), tmp_path / "out")
    shown = manifest.load(imported.staff).gradescope.hidden_checks
    assert {shown.before_due, shown.after_due} == {"visible"}
    assert any(each.what == "setting `generate: seed`" for each in imported.left)
