"""`autograder strip`: what students would get of one solved source."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from conftest import TWO_FUNCTIONS

from autograder import cli
from autograder.model import manifest
from autograder.model.errors import UserError
from release.markup.templates import TargetError, preview, strip, templates

SOURCE = TWO_FUNCTIONS / "staff" / "two.py"
MODULE = "def f(x):\n    # BEGIN SOLUTION\n    return x\n    # END SOLUTION\n"


def test_a_percent_script_gives_the_template_of_a_release(tmp_path: Path) -> None:
    out = tmp_path / "two.ipynb"
    made = preview(SOURCE, out).data
    assert made == out.read_bytes() == templates(manifest.load(SOURCE.parent))["two.ipynb"]


def test_a_notebook_and_a_module(tmp_path: Path) -> None:
    module = tmp_path / "layers.py"
    module.write_text(MODULE)
    assert preview(module, None).data == b"def f(x):\n    ...  # your code\n"
    notebook = tmp_path / "solved.ipynb"
    notebook.write_bytes(preview(SOURCE, None).data)
    assert preview(notebook, None).data == preview(SOURCE, None).data


def test_a_source_is_never_overwritten(tmp_path: Path) -> None:
    module = tmp_path / "layers.py"
    module.write_text(MODULE)
    with pytest.raises(TargetError, match="this is the solved source itself"):
        preview(module, module)
    with pytest.raises(TargetError, match="cannot be written"):
        preview(module, tmp_path / "nowhere" / "out.py")
    assert module.read_text() == MODULE


def test_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*words: object) -> object:
        monkeypatch.setattr(sys, "argv", ["autograder", "strip", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return ended.value.code

    assert not run(SOURCE, "--explain")
    shown = capsys.readouterr()
    assert len(json.loads(shown.out)["cells"]) == 3
    assert "two.py: 2 answers taken out." in shown.err
    assert "answer" in shown.err.partition("What was taken out")[2]
    broken = tmp_path / "broken.py"
    broken.write_text("# %%\n# BEGIN SOLUTON\nx = 1\n# END SOLUTION\n")
    assert run(broken) == cli.USER_ERROR
    error = " ".join(capsys.readouterr().err.split())
    assert "broken.py, cell 1, line 1: found" in error
    assert 'write "BEGIN SOLUTION"' in error
    told = tmp_path / "told.py"
    told.write_text(
        "# %%\n# Answer: as below\nx = 1\n# %%\ndef f():\n    # TODO: one\n    return 1\n"
    )
    assert run(told) == cli.USER_ERROR
    assert "[[allow]]" in capsys.readouterr().err
    assert not run(told, "--allow", "Answer: as below", "--ends", "cell")
    shown = capsys.readouterr()
    assert "return 1" not in shown.out
    assert "told.py: 1 answer taken out." in shown.err


def test_the_manifest_beside_a_source_counts(tmp_path: Path) -> None:
    staff = tmp_path / "two" / "staff"
    shutil.copytree(TWO_FUNCTIONS, staff.parent)
    source = staff / "two.py"
    source.write_text(
        source.read_text() + "\n\n# %%\n# KEY ON\nsecret = 1\n# KEY OFF\n# my solution\n"
    )
    with pytest.raises(UserError, match="KEY ON"):
        preview(source, None)
    path = staff / "assignment.toml"
    path.write_text(
        path.read_text()
        + '\n[markers]\npairs = [{ begin = "KEY ON", end = "KEY OFF" }]\n'
        + '[[allow]]\nfile = "two.py"\ntext = "my solution"\nreason = "a joke"\n'
    )
    made = preview(source, None)
    assert b"secret" not in made.data
    assert [answer.text for answer in made.answers][-1] == "secret = 1"
    stripped = strip(manifest.load(staff))
    assert stripped.files["two.ipynb"] == made.data
    assert [entry.reason for entry in stripped.allowed] == ["a joke"]
