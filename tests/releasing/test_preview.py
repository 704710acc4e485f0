"""`autograder strip`: what students would get of one solved source."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from conftest import TWO_FUNCTIONS

from autograder import cli
from autograder.model import manifest
from release.templates import TargetError, preview, templates

SOURCE = TWO_FUNCTIONS / "staff" / "two.py"
MODULE = "def f(x):\n    # BEGIN SOLUTION\n    return x\n    # END SOLUTION\n"


def test_a_percent_script_gives_the_template_of_a_release(tmp_path: Path) -> None:
    out = tmp_path / "two.ipynb"
    made = preview(SOURCE, out)
    assert made == out.read_bytes() == templates(manifest.load(SOURCE.parent))["two.ipynb"]


def test_a_notebook_and_a_module(tmp_path: Path) -> None:
    module = tmp_path / "layers.py"
    module.write_text(MODULE)
    assert preview(module, None) == b"def f(x):\n    ...  # your code\n"
    notebook = tmp_path / "solved.ipynb"
    notebook.write_bytes(preview(SOURCE, None))
    assert preview(notebook, None) == preview(SOURCE, None)


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

    assert not run(SOURCE)
    assert len(json.loads(capsys.readouterr().out)["cells"]) == 3
    broken = tmp_path / "broken.py"
    broken.write_text("# %%\n# BEGIN SOLUTON\nx = 1\n# END SOLUTION\n")
    assert run(broken) == cli.USER_ERROR
    error = " ".join(capsys.readouterr().err.split())
    assert "broken.py, cell 1, line 1: found" in error
    assert 'write "BEGIN SOLUTION"' in error
