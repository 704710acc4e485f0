"""What changed for students between two releases, file by file and cell by cell."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import TWO_FUNCTIONS, Notebook

from autograder import cli
from autograder.model import manifest
from release.build import build
from release.diff import Change, DiffError, compare, student_files


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("old")
    return build(manifest.load(TWO_FUNCTIONS / "staff"), folder / "two").folder


@pytest.fixture
def changed(old: Path, tmp_path: Path) -> Callable[..., tuple[Change, ...]]:
    """Edit a copy of the release's student folder, and compare."""

    def run(
        edit: Callable[[Notebook], object] = lambda _: None, **files: str
    ) -> tuple[Change, ...]:
        shutil.copytree(old / "student", tmp_path / "student")
        path = tmp_path / "student" / "two.ipynb"
        notebook = Notebook(path.read_bytes())
        before = str(notebook.tree)
        edit(notebook)
        if str(notebook.tree) != before:
            notebook.save(path)
        for name, text in files.items():
            (tmp_path / "student" / f"{name}.md").write_text(text)
        return compare(student_files(old), student_files(tmp_path))

    return run


def test_nothing_changed(changed: Callable[..., tuple[Change, ...]]) -> None:
    assert changed() == ()


def test_a_changed_cell_is_shown_by_its_lines(changed: Callable[..., tuple[Change, ...]]) -> None:
    (change,) = changed(lambda n: n.edit("row-sums", ("the sum of each row.", "all the sums.")))
    assert (change.kind, change.file, change.cell) == ("changed", "two.ipynb", "cell 2 (row-sums)")
    assert "+    # TODO: Return all the sums.                        #" in change.lines
    assert "-    # TODO: Return the sum of each row.                        #" in change.lines
    assert not any("END OF YOUR CODE" in line for line in change.lines)


def test_added_removed_and_moved_cells(changed: Callable[..., tuple[Change, ...]]) -> None:
    def edit(notebook: Notebook) -> None:
        imports, rows, blur = notebook.cells
        added = {**rows, "id": "new", "metadata": {"id": "new"}, "source": "print(1)"}
        notebook.tree["cells"] = [blur, imports, added]

    changes = changed(edit)
    assert {(change.kind, change.cell) for change in changes} == {
        ("removed", "cell 2 (row-sums)"),
        ("added", "cell 3 (new)"),
        ("moved", "cell 1 (box-blur)"),
    }


def test_added_and_changed_files(changed: Callable[..., tuple[Change, ...]]) -> None:
    changes = changed(README="Another text.\n", extra="New.\n")
    assert [(change.kind, change.file) for change in changes] == [
        ("changed", "README.md"),
        ("added", "extra.md"),
    ]
    assert "+Another text." in changes[0].lines


def test_every_form_of_a_release_serves(old: Path) -> None:
    for form in (old, old / "student", old / "student.zip"):
        assert compare(student_files(form), student_files(old)) == ()


def test_no_release(tmp_path: Path) -> None:
    with pytest.raises(DiffError, match="found no release there"):
        student_files(tmp_path / "nothing")


def test_the_command_releases_and_shows_the_difference(
    old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(TWO_FUNCTIONS, tmp_path / "two")
    source = tmp_path / "two" / "staff" / "two.py"
    source.write_text(source.read_text().replace("Return the blurred image.", "Blur the image."))
    target = tmp_path / "dist"
    words = ["release", str(source.parent), "--out", str(target), "--diff", str(old)]
    monkeypatch.setattr(sys, "argv", ["autograder", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    shown = capsys.readouterr().out
    assert "two.ipynb, cell 3 (box-blur): changed" in shown
    assert "Blur the image." in shown
    assert (target / "student.zip").is_file()
