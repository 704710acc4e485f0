"""Folders of checks and a plugin come in; pytest is called on them, and what kept it from goes out.

pytest looks at nothing but the checks: no ini file, no conftest.py above them and no other plugin
of the machine takes part.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from autograder.checks.plugin import GradingPlugin
from autograder.model.manifest import Assignment

OPTIONS = (
    # Values in a failing assertion would give away inputs; `-c` keeps out any ini file around.
    "--assert=plain",
    "--import-mode=importlib",
    "--capture=no",
    "-c",
    os.devnull,
    *("-p", "no:cacheprovider"),
    *("-p", "no:terminal"),
    *("-p", "no:logging"),
    *("-p", "no:doctest"),
    *("-p", "no:junitxml"),
    *("-p", "no:pastebin"),
    *("-p", "no:stepwise"),
    *("-p", "no:unraisableexception"),
    *("-p", "no:threadexception"),
    *("-p", "no:faulthandler"),
)


def folders_of(assignment: Assignment, *, public_only: bool) -> list[Path]:
    """The folders that hold the assignment's checks."""
    folders = [assignment.public_checks]
    if not public_only:
        folders.append(assignment.hidden_checks)
    return [folder for folder in folders if folder.is_dir()]


def run(assignment: Assignment, plugin: GradingPlugin) -> str | None:
    """Run the checks; what kept them from running, for staff, or None."""
    folders = folders_of(assignment, public_only=plugin.public_only)
    with _importable(folders), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        code = pytest.main(_arguments(assignment, folders), plugins=[plugin])
    if code == pytest.ExitCode.INTERRUPTED and not plugin.errors:
        raise KeyboardInterrupt
    return _fault(int(code), plugin, folders)


@contextmanager
def _importable(folders: Iterable[Path]) -> Iterator[None]:
    """Checks may share modules beside them; pytest's other plugins stay away."""
    before = list(sys.path)
    name = "PYTEST_DISABLE_PLUGIN_AUTOLOAD"
    earlier = os.environ.get(name)
    sys.path[:0] = [str(folder) for folder in folders]
    os.environ[name] = "1"
    try:
        yield
    finally:
        sys.path[:] = before
        if earlier is None:
            del os.environ[name]
        else:
            os.environ[name] = earlier


def _arguments(assignment: Assignment, folders: list[Path]) -> list[str]:
    # A conftest.py above the checks belongs to whatever the assignment happens to lie in.
    cut = f"--confcutdir={folders[-1] if folders else assignment.folder}"
    return [*OPTIONS, f"--rootdir={assignment.folder}", cut, *map(str, folders)]


def _fault(code: int, plugin: GradingPlugin, folders: list[Path]) -> str | None:
    if plugin.errors:
        return "\n".join(plugin.errors)
    if not plugin.checks:
        return f"found no check in {', '.join(f.name for f in folders) or 'any folder'}; write one"
    ended_well = code in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
    if not ended_well and not (code == pytest.ExitCode.NO_TESTS_COLLECTED and plugin.complete):
        return f"pytest ended with {pytest.ExitCode(code).name}"
    return None
