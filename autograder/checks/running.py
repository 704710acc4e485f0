"""Folders of checks come in; pytest is called on them once, and they are handed to be run.

pytest looks at nothing but the checks: no ini file, no conftest.py above them and no other plugin
of the machine takes part.
"""

from __future__ import annotations

import os
import runpy
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.checks.plugin.collected import CollectedChecks
from autograder.checks.plugin.collecting import Collecting, load_error
from autograder.checks.plugin.fixtures import Fixtures
from autograder.checks.plugin.loop import Loop, Serve
from autograder.checks.plugin.outcomes import Outcomes
from autograder.model.manifest import Assignment

OPTIONS = (
    # Values in a failing assertion would give away inputs; `-c` keeps out any ini file around.
    "--assert=plain",
    "--import-mode=importlib",
    "--capture=no",
    "--strict-markers",
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


def run(
    assignment: Assignment,
    serve: Serve,
    *,
    public_only: bool,
    questions: frozenset[str] | None = None,
) -> CollectedChecks:
    """Collect the checks and hand them to ``serve``; what they were, when it has returned.

    ``serve`` is called in any case; with what kept the checks from being collected as ``errors``.

    Args:
        public_only: leave out the hidden ones.
        questions: the ids of those whose checks are run; None for all.
    """
    folders = folders_of(assignment, public_only=public_only)
    checks = CollectedChecks(assignment)
    loop = Loop(checks, serve)
    plugins = [
        _NamedFromAbove(folders),
        Collecting(checks, public_only=public_only, questions=questions),
        Fixtures(checks),
        Outcomes(checks),
        loop,
    ]
    if folders:  # without any, pytest would take the current one
        with _importable(folders), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = pytest.main(_arguments(assignment, folders), plugins=plugins)
            if not loop.served and not checks.errors:
                checks.errors += _broken_before(checks, folders, int(code))
        if code == pytest.ExitCode.INTERRUPTED and not checks.errors:
            raise KeyboardInterrupt
    if not loop.served:
        serve(checks)
    return checks


class _NamedFromAbove:
    """Names the folders from the one above that they share.

    pytest takes a bracket in an argument for a test's parameters, and a course may be `CS [182]`.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = folders

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self, session: pytest.Session) -> Iterator[None]:
        """Set what is collected, and from where; pytest goes back there at its end."""
        config = session.config
        called = config.invocation_params
        above = Path(os.path.commonpath(self._folders))
        config.invocation_params = replace(called, dir=above)
        config.args = [os.path.relpath(folder, above) for folder in self._folders]
        try:
            return (yield)
        finally:
            config.invocation_params = called


@contextmanager
def _importable(folders: Sequence[Path]) -> Iterator[None]:
    """Checks may share modules beside them; pytest's other plugins stay away.

    What was loaded is let go of again: in a notebook's kernel another assignment may be next, whose
    files have the same names.
    """
    before = list(sys.path)
    name = "PYTEST_DISABLE_PLUGIN_AUTOLOAD"
    earlier = os.environ.get(name)
    sys.path[:0] = [str(folder) for folder in folders]
    os.environ[name] = "1"
    try:
        yield
    finally:
        sys.path[:] = before
        for module, loaded in list(sys.modules.items()):
            file = getattr(loaded, "__file__", None)
            if file and any(Path(file).is_relative_to(folder) for folder in folders):
                del sys.modules[module]
        if earlier is None:
            del os.environ[name]
        else:
            os.environ[name] = earlier


def _arguments(assignment: Assignment, folders: list[Path]) -> list[str]:
    # A conftest.py above the checks belongs to whatever the assignment happens to lie in.
    cut = f"--confcutdir={folders[-1] if folders else assignment.folder}"
    return [*OPTIONS, f"--rootdir={assignment.folder}", cut, *map(str, folders)]


def _broken_before(checks: CollectedChecks, folders: Iterable[Path], code: int) -> list[str]:
    """What kept pytest from collecting at all: a conftest.py, of which it says nothing itself."""
    for folder in folders:
        for file in sorted(folder.rglob("conftest.py")):
            try:
                runpy.run_path(str(file))
            except Exception as error:
                return [load_error(error, checks.where, fallback=file)]
    return [f"pytest ended with {pytest.ExitCode(code).name}, before it had collected a check"]
