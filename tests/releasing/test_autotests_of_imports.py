"""Where nbgrader writes the tests, checks compare as the course's autotests.yml says."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Graded, Notebook
from test_importing import code, nb, save

from autograder.grading.session import Session
from autograder.model import manifest
from release.importing import import_assignment, nbgrader
from release.importing.autotests import autotests_of
from release.importing.checks import translate
from release.markup.templates import solved, templates

OWN = """\
python3:
    setup: "import math"
    dispatch: "type({{snippet}})"
    normalize: "str({{ snippet }})"
    check: 'assert {{snippet}} == "{{value}}", "{{message}}"'
    templates:
        default:
            - test: "type({{snippet}})"
              fail: "type of {{snippet}} is not correct"
            - test: "{{snippet}}"
              fail: "value of {{snippet}} is not correct"
        float:
            - test: "math.floor({{snippet}} * 10)"
              fail: "value of {{snippet}} is not correct"
        list:
            - test: "len({{snippet}})"
            - test: "sorted(map(str, {{snippet}}))"
r:
    templates: {}
"""
ANSWERS = "x = 0.25\ny = [1, 2]\nz = 7"


def course(tmp_path: Path, text: str) -> Path:
    cells = [
        nb(code(ANSWERS), "answers", solution=True),
        nb(code("### AUTOTEST x"), "of_x", grade=True, points=1),
        nb(code("### AUTOTEST y"), "of_y", grade=True, points=1),
        nb(code("### AUTOTEST z"), "of_z", grade=True, points=1),
    ]
    save(tmp_path / "source" / "ps1" / "p.ipynb", cells)
    (tmp_path / "autotests.yml").write_text(text)
    return tmp_path / "source" / "ps1"


def test_the_courses_own_templates_decide(tmp_path: Path) -> None:
    imported = import_assignment("nbgrader", course(tmp_path, OWN), tmp_path / "out")
    assert (imported.points, imported.shared_points, imported.original_points) == (3, 0, 3)
    assert all("import math" in check.imports for check in imported.checks)
    assignment = manifest.load(imported.staff)
    files = solved(assignment)
    with Session(assignment, templates(assignment), allow_unsafe=True) as session:

        def lost(old: str, new: str) -> set[str]:
            notebook = Notebook(files["p.ipynb"]).edit("answers", (old, new))
            return set(Graded(session.grade(notebook.save(tmp_path / "a" / "p.ipynb"))).lost())

        assert lost("0.25", "0.29") == set()
        assert lost("0.25", "0.31") == {"of_x.1"}
        assert lost("0.25", "None") == {"of_x.1"}
        assert lost("[1, 2]", "('2', '1')") == set()
        assert lost("[1, 2]", "[1, 3]") == {"of_y.1"}
        assert lost("z = 7", "z = 7.0") == {"of_z.1"}


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (("str({{ snippet }})", "repr({{snippet}})"), "`normalize` is not str(snippet)"),
        (("type({{snippet}})", "kind({{snippet}})"), "`dispatch` is not type(snippet)"),
        (("import math", ""), "uses `math`, which `setup` does not import"),
        (("len({{snippet}})", "len({{snippet}}"), "`len({{snippet}}` is no expression"),
        (("python3:", "python3: ["), "cannot be read"),
        (("templates:\n        default", "others:\n        default"), "no templates for Python"),
    ],
)
def test_what_compares_otherwise_costs_the_points_and_says_why(
    tmp_path: Path, edit: tuple[str, str], why: str
) -> None:
    folder = course(tmp_path, OWN.replace(*edit, 1))
    questions, left = translate(nbgrader.read(folder / "p.ipynb"), set())
    assert not questions
    assert sum(why in each.why for each in left) == 3, left
    assert sum("1 point" in each.what for each in left) == 3


def test_a_file_above_the_course_is_none_of_its(tmp_path: Path) -> None:
    (tmp_path / "autotests.yml").write_text(OWN)
    far = tmp_path / "a" / "b" / "c"
    far.mkdir(parents=True)
    assert not autotests_of(far).text
    assert autotests_of(far.parent).text
