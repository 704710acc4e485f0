"""Homework 4's part H, graded from real notebook files in the real sandbox."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Graded, Notebook, code_cell, needs_root

from autograder.grading.session import Session

pytestmark = needs_root

GradeNotebook = Callable[[Notebook], Graded]

AVERAGING = "kernel = np.ones((filter_size, filter_size), dtype=float) / filter_size**2"
CONVOLVED = "filtered_image = ndimage.convolve(image, kernel)"
LAPLACIAN = "kernel = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]], dtype=float)"
H1 = {"H1.1": 1, "H1.2": 3, "H1.3": 1, "H1.4": 1}
H2 = {"H2.1": 0.5, "H2.2": 0.5, "H2.3": 3, "H2.4": 1, "H2.5": 1}


def test_solution_gets_full_marks(answer: Notebook, grade_notebook: GradeNotebook) -> None:
    graded = grade_notebook(answer)
    assert graded.lost() == {}
    assert graded.report.score == graded.report.max_score == 12
    assert graded.messages.strip() == ""


def test_blank_gets_nothing(hw4_templates: dict[str, bytes], grade_notebook: GradeNotebook) -> None:
    graded = grade_notebook(Notebook(hw4_templates["HandDesignFilters.ipynb"]))
    assert graded.lost() == H1 | H2
    assert "Does the function return its result?" in graded.check("H1.2").message


# --- mistakes: exactly the right points are lost, and the hint names the mistake ----------------


def test_average_by_nine_for_every_size(answer: Notebook, grade_notebook: GradeNotebook) -> None:
    graded = grade_notebook(answer.edit("averaging", ("filter_size**2", "9")))
    assert graded.lost() == {"H1.2": 2}
    check = graded.check("H1.2")
    assert (check.passed, check.cases, check.status) == (1, 3, "partial")
    assert "not always be 1/9" in check.message


def test_integer_averaging_kernel(answer: Notebook, grade_notebook: GradeNotebook) -> None:
    integer = "kernel = (np.ones((filter_size, filter_size)) / filter_size**2).astype(int)"
    graded = grade_notebook(answer.edit("averaging", (AVERAGING, integer)))
    assert graded.lost() == {"H1.1": 1, "H1.2": 3, "H1.3": 1}
    assert "whole numbers cut off fractions" in graded.check("H1.2").message


def test_correlate_matters_at_even_sizes_only(
    answer: Notebook, grade_notebook: GradeNotebook
) -> None:
    graded = grade_notebook(answer.edit("averaging", ("ndimage.convolve", "ndimage.correlate")))
    assert graded.lost() == {"H1.2": 1}
    assert "as with correlate in place of convolve" in graded.check("H1.2").message


def test_negated_laplacian(answer: Notebook, grade_notebook: GradeNotebook) -> None:
    negated = LAPLACIAN.replace("np.array", "-np.array")
    graded = grade_notebook(answer.edit("edges", (LAPLACIAN, negated)))
    assert graded.lost() == {"H2.2": 0.5, "H2.3": 3, "H2.4": 1}
    assert "all signs turned around" in graded.check("H2.3").message


def test_eight_neighbour_laplacian(answer: Notebook, grade_notebook: GradeNotebook) -> None:
    eight = ("[[0, 1, 0], [1, -4, 1], [0, 1, 0]]", "[[1, 1, 1], [1, -8, 1], [1, 1, 1]]")
    graded = grade_notebook(answer.edit("edges", eight))
    assert graded.lost() == {"H2.3": 3}
    assert "eight neighbours; four were asked for" in graded.check("H2.3").message


def test_integer_laplacian_is_right_on_float_images(
    answer: Notebook, grade_notebook: GradeNotebook
) -> None:
    assert grade_notebook(answer.edit("edges", (", dtype=float", ""))).lost() == {}


# --- right answers that are spelled differently ---------------------------------------------------


def test_banners_deleted_and_functions_rewritten(
    answer: Notebook, grade_notebook: GradeNotebook
) -> None:
    answer.set(
        "averaging",
        "import scipy\n"
        "WEIGHT = lambda n: 1.0 / (n * n)\n"
        "averaging_filtering = lambda image, filter_size=3: scipy.ndimage.convolve(\n"
        "    image, np.full([filter_size] * 2, WEIGHT(filter_size)))\n",
    )
    answer.set(
        "edges",
        "class Laplace:\n"
        "    rows = [0, 1, 0], [1, -4, 1], [0, 1, 0]\n"
        "    def __call__(self, image):\n"
        "        return ndimage.convolve(image, np.asarray(self.rows, float))\n"
        "edge_detecting = Laplace()\n",
    )
    for cell in answer.cells:
        del cell["id"]
        cell["metadata"] = {}
    assert grade_notebook(answer).lost() == {}


def test_code_typed_inside_the_todo_box(
    hw4_templates: dict[str, bytes], grade_notebook: GradeNotebook
) -> None:
    notebook = Notebook(hw4_templates["HandDesignFilters.ipynb"])
    for identifier, lines, anchor in (
        ("averaging", [AVERAGING, CONVOLVED], "    # Hint: what do the weights sum to at"),
        ("edges", [LAPLACIAN, "edges = ndimage.convolve(image, kernel)"], "    # Hint: what do"),
    ):
        code = "".join(f"    {line}\n" for line in lines)
        notebook.edit(identifier, (anchor, code + anchor))
        # The stub below would overwrite the answer; a student deletes it.
        stub = next(
            line for line in notebook.source(identifier).split("\n") if "# your code" in line
        )
        notebook.edit(identifier, (stub + "\n", ""))
    assert grade_notebook(notebook).lost() == {}


def test_cells_reordered_and_answer_moved_below(
    answer: Notebook, grade_notebook: GradeNotebook
) -> None:
    moved = [answer.cell("averaging"), answer.cell("edges"), answer.cell("imports")]
    for cell in moved:
        answer.cells.remove(cell)
    answer.tree["cells"] = [moved[1], *answer.cells, moved[2], moved[0]]
    assert grade_notebook(answer).lost() == {}


def test_answer_in_an_extra_cell(
    hw4_templates: dict[str, bytes], answer: Notebook, grade_notebook: GradeNotebook
) -> None:
    blank = Notebook(hw4_templates["HandDesignFilters.ipynb"])
    blank.insert("averaging-show", answer.source("averaging"))
    blank.insert("edges-show", answer.source("edges"))
    assert grade_notebook(blank).lost() == {}


def test_import_cell_deleted(answer: Notebook, grade_notebook: GradeNotebook) -> None:
    """The template's own imports stand in: in the student's kernel the names did exist."""
    answer.cells.remove(answer.cell("imports"))
    assert grade_notebook(answer).lost() == {}


def test_import_in_the_setup_cell_fails(answer: Notebook, grade_notebook: GradeNotebook) -> None:
    answer.edit(
        "imports",
        ("import numpy as np", "import not_installed_anywhere, numpy as np\nimport nor_this"),
    )
    answer.edit(
        "imports", ("from hw4 import load_picture, show_filtered", "from hw4x import nothing")
    )
    assert grade_notebook(answer).lost() == {}


def test_needed_import_fails(answer: Notebook, grade_notebook: GradeNotebook) -> None:
    answer.edit("edges", (LAPLACIAN, "kernel = not_there.KERNEL"))
    answer.insert("edges", "import not_installed_anywhere as not_there")
    graded = grade_notebook(answer)
    assert graded.lost() == H2
    message = graded.check("H2.3").message
    assert "not_installed_anywhere" in message
    assert "ModuleNotFoundError" in message


def test_cells_before_the_answer_raise(answer: Notebook, grade_notebook: GradeNotebook) -> None:
    answer.insert("averaging", "1 / 0\nraise RuntimeError('stop')\nassert False")
    answer.insert("averaging", "def broken(:\n    pass")
    answer.insert("edges", "x = undefined_name + 1\nwhile True:\n    pass")
    assert grade_notebook(answer).lost() == {}


def test_plots_and_training_never_run(answer: Notebook, grade_notebook: GradeNotebook) -> None:
    answer.insert("averaging", "import time\nfor epoch in range(10**9):\n    time.sleep(1)")
    assert grade_notebook(answer).lost() == {}


def test_magics_everywhere(answer: Notebook, grade_notebook: GradeNotebook) -> None:
    magics = (
        "%load_ext autoreload\n%autoreload 2\n!pip install -q torch\nfiles = !ls\n%cd /content\n"
        "try:\n    import google.colab\n    from google.colab import drive\n"
        "    drive.mount('/content/drive')\n    IN_COLAB = True\n"
        "except ImportError:\n    IN_COLAB = False\n"
        "if IN_COLAB:\n    %mkdir -p /content/hw\n    !ln -s /content/hw hw\n"
        "else:\n    %mkdir hw\n    !ln -s \\\n      hw other\n"
        "if 'google.colab' in str(get_ipython()):\n    %cd hw\n?print\n"
    )
    answer.set("imports", magics + answer.source("imports"))
    answer.set("averaging", "%%time\n" + answer.source("averaging"))
    answer.set("edges", "%matplotlib inline\n" + answer.source("edges") + "\n!echo done")
    assert grade_notebook(answer).lost() == {}


def test_indented_magics_inside_the_answer(answer: Notebook, grade_notebook: GradeNotebook) -> None:
    inside = "if filter_size:\n        %mkdir a\n        !ln -s a b\n    else:\n        %pwd\n    "
    answer.edit("averaging", (AVERAGING, inside + AVERAGING))
    assert grade_notebook(answer).lost() == {}


# --- file formats and files -----------------------------------------------------------------------


@pytest.mark.parametrize("minor", [0, 2, 4])
def test_older_formats_without_cell_ids(
    answer: Notebook, grade_notebook: GradeNotebook, minor: int
) -> None:
    answer.tree["nbformat_minor"] = minor
    for cell in answer.cells:
        del cell["id"]
        del cell["metadata"]["id"]
        cell["source"] = "".join(cell["source"]).splitlines(keepends=True)
    assert grade_notebook(answer).lost() == {}


def test_format_three(answer: Notebook, grade_notebook: GradeNotebook) -> None:
    for cell in answer.cells:
        if cell["cell_type"] == "code":
            cell["input"] = cell.pop("source")
    answer.tree = {"nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": answer.cells}]}
    assert grade_notebook(answer).lost() == {}


def test_not_json(tmp_path: Path, grade: Callable[[Path], Graded]) -> None:
    (tmp_path / "HandDesignFilters.ipynb").write_text('{"cells": [}', encoding="utf-8")
    graded = grade(tmp_path)
    assert graded.lost() == H1 | H2
    assert "its text breaks at line 1, column 12" in graded.check("H1.2").message


def test_empty_folder(tmp_path: Path, grade: Callable[[Path], Graded]) -> None:
    graded = grade(tmp_path)
    assert graded.lost() == H1 | H2
    message = graded.check("H1.2").message
    assert "HandDesignFilters.ipynb is not in the submission, which holds no notebook" in message


def test_no_such_submission(tmp_path: Path, grade: Callable[[Path], Graded]) -> None:
    graded = grade(tmp_path / "nothing")
    assert graded.lost() == H1 | H2
    assert "there is no such submission" in graded.report.notes[0]


def test_another_name(answer: Notebook, tmp_path: Path, grade: Callable[[Path], Graded]) -> None:
    answer.save(tmp_path / "my homework" / "HandDesignFilters (1) final.ipynb")
    graded = grade(tmp_path)
    assert graded.lost() == {}
    assert "was taken for HandDesignFilters.ipynb" in graded.report.notes[0]


def test_unrelated_notebook_of_another_name(
    tmp_path: Path, grade: Callable[[Path], Graded]
) -> None:
    other = {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [code_cell("x = 1")]}
    (tmp_path / "other.ipynb").write_text(json.dumps(other), encoding="utf-8")
    graded = grade(tmp_path)
    assert graded.lost() == H1 | H2
    assert "which holds other.ipynb" in graded.check("H1.2").message


def test_zip_and_single_file(
    answer: Notebook, tmp_path: Path, grade: Callable[[Path], Graded]
) -> None:
    file = answer.save(tmp_path / "in" / "HandDesignFilters.ipynb")
    archive = shutil.make_archive(str(tmp_path / "handed-in"), "zip", tmp_path / "in")
    assert grade(Path(archive)).lost() == {}
    assert grade(file).lost() == {}


def test_broken_zip(tmp_path: Path, grade: Callable[[Path], Graded]) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("HandDesignFilters.ipynb", "{}" * 1000)
    archive.write_bytes(archive.read_bytes()[:-30])
    graded = grade(archive)
    assert graded.lost() == H1 | H2
    assert "nor a readable zip" in graded.report.notes[0]


# --- answers that misbehave -----------------------------------------------------------------------


def spoilt(answer: Notebook, body: str) -> Notebook:
    """The averaging answer replaced by ``body``; the edges stay right."""
    return answer.edit("averaging", (AVERAGING, "kernel = None"), (CONVOLVED, body))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("while True: pass", "did not end within 1 seconds"),
        ("import time; time.sleep(1000)", "did not end within 1 seconds"),
        ("import sys; sys.exit(0)", "SystemExit"),
        ("import os; os._exit(0)", "ended the Python process"),
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
            "crashed the Python interpreter",
        ),
        ("return image.tolist()", "a list, where"),
        ("return image[1:]", "shape"),
        ("return np.zeros((0, 0))", "shape"),
        ("return np.float64(0.5)", "shape"),
        ("return image * np.nan", "NaN"),
        ("return image.astype(int)", "floating-point numbers"),
        ("return image.astype(object)", "an array of Python objects"),
        ("return image.copy() + 1e-3", "other values"),
        ("raise ValueError(image)", "ValueError"),
        (
            "return type('Equal', (), {'__eq__': lambda s, o: True, 'shape': image.shape})()",
            "type Equal",
        ),
        (
            "return (image + 1).view(type('Sub', (np.ndarray,), {'__eq__': lambda s, o: True}))",
            "other values",
        ),
    ],
)
def test_misbehaving_answers_lose_their_points_and_no_others(
    answer: Notebook, grade_notebook: GradeNotebook, body: str, message: str
) -> None:
    graded = grade_notebook(spoilt(answer, body))
    # Whether the picture is left alone can be told of any picture that comes back.
    kept = {"H1.4"} if message == "other values" else set()
    assert graded.lost() == {number: points for number, points in H1.items() if number not in kept}
    assert message in graded.check("H1.1").message  # a public check, which may speak plainly


def test_hidden_checks_reveal_nothing(answer: Notebook, grade_notebook: GradeNotebook) -> None:
    """Whatever student code does with a hidden input, no text of it comes back."""
    body = (
        "secret = 'LEAK' + repr(image.tolist())\n"
        "    import sys; print(secret); print(secret, file=sys.stderr)\n"
        "    raise type(secret, (Exception,), {})(secret)"
    )
    graded = grade_notebook(spoilt(answer, body))
    assert graded.lost() == H1
    assert "LEAK" in graded.check("H1.1").message  # the public input is no secret
    for number in ("H1.2", "H1.3", "H1.4"):
        check = graded.check(number)
        assert "LEAK" not in check.message
        assert "cell" in check.message
        assert "raise type(secret" in check.message  # the student's own line


def test_state_does_not_cross_checks(answer: Notebook, grade_notebook: GradeNotebook) -> None:
    """Each check has a fresh worker: a count of calls starts anew, three times at most."""
    body = (
        "calls.append(1)\n    filtered_image = ndimage.convolve(image, kernel)\n"
        "    if len(calls) > 3: raise RuntimeError('called four times')"
    )
    answer.insert("averaging", "calls = []")
    answer.edit("averaging", (CONVOLVED, body))
    assert grade_notebook(answer).lost() == {}


def test_same_seed_same_report(answer: Notebook, tmp_path: Path, hw4_session: Session) -> None:
    file = answer.edit("averaging", ("filter_size**2", "9")).save(
        tmp_path / "HandDesignFilters.ipynb"
    )
    reports = [hw4_session.grade(file, seed=5).to_dict() for _ in range(2)]
    for report in reports:
        report["seconds"] = 0
        for check in report["checks"]:
            check["seconds"] = 0
    assert reports[0] == reports[1]
    assert reports[0]["seed"] == 5
