"""pytest hooks: what was collected becomes checks, in order, or errors that keep all from running.

Each item carries its check, so that no other hook has to find it again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import pytest

from autograder.checks.marks import DESCRIPTIONS
from autograder.checks.plugin import flaws, ordering
from autograder.checks.plugin.collected import CHECK, CollectedChecks
from autograder.checks.plugin.locations import Locations, said
from autograder.checks.plugin.model import Check, CheckSpec
from autograder.checks.plugin.reading import CheckError, identity, read

_HINTS = {
    SyntaxError: "Correct that line.",
    ImportError: "Put the package into the assignment's requirements, or the module beside it.",
    NameError: "Import or define that name above.",
}
_MARKS = ", ".join(text.partition(":")[0].partition("(")[0] for text in DESCRIPTIONS)


class Collecting:
    """Collects the checks once.

    Args:
        public_only: the checks are those that students have.
        questions: the ids of those whose checks are run; None for all.
    """

    def __init__(
        self, checks: CollectedChecks, *, public_only: bool, questions: frozenset[str] | None
    ) -> None:
        self._checks = checks
        self._assignment = checks.assignment
        self._public_only = public_only
        self._questions = questions
        self._where = checks.where
        self._loaded: dict[Path, None] = {}

    def pytest_configure(self, config: pytest.Config) -> None:
        """Register the marks."""
        for description in DESCRIPTIONS:
            config.addinivalue_line("markers", description)

    def pytest_collectstart(self, collector: pytest.Collector) -> None:
        """Note the files of checks."""
        if isinstance(collector, pytest.Module):
            self._loaded[collector.path] = None

    def pytest_exception_interact(
        self, node: pytest.Item | pytest.Collector, call: pytest.CallInfo[object]
    ) -> None:
        """Note a file that cannot be loaded, and where it breaks."""
        if isinstance(node, pytest.Collector) and call.excinfo is not None:
            self._loaded.pop(node.path, None)
            self._checks.errors.append(
                load_error(call.excinfo.value, self._where, fallback=node.path)
            )

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Group items to checks, compare them with the manifest, and order them."""
        groups: dict[tuple[Path, str], list[pytest.Item]] = defaultdict(list)
        for item in items:
            groups[identity(item)].append(item)
        specs = self._read(list(groups.values()))
        errors = self._checks.errors
        errors += flaws.of_files(self._loaded, groups, self._where)
        errors += flaws.of_checks(specs, self._where)
        if specs and not errors:  # the points of a question need all its checks
            asked = self._assignment.questions
            errors += flaws.of_points(specs, asked, self._where, public_only=self._public_only)
        errors[:] = dict.fromkeys(errors)
        items.clear()
        if errors:  # nothing is graded by checks that contradict themselves
            return
        ordered = ordering.in_order(specs, self._assignment.questions)
        for spec in ordering.selected(ordered, self._questions):
            check, own = Check(spec), groups[spec.key]
            for item in own:
                item.stash[CHECK] = check
            self._checks.add(check, own)
            items += own

    def _read(self, groups: Sequence[Sequence[pytest.Item]]) -> list[CheckSpec]:
        """What each check says of itself; those that say nothing sensible become errors."""
        specs = []
        for group in groups:
            try:
                specs.append(read(group, self._assignment, self._where))
            except CheckError as error:
                self._checks.errors.append(str(error))
        return specs


def load_error(error: BaseException, where: Locations, *, fallback: Path) -> str:
    """What keeps a file of checks from being loaded: where, what, and what to do."""
    # pytest wraps what an import ends with into words of its own.
    error = (
        error.__cause__
        if isinstance(error, pytest.Collector.CollectError) and (error.__cause__ is not None)
        else error
    )
    if isinstance(error, pytest.fail.Exception):  # pytest's own: an unknown mark, odd parameters
        text = where.sentence(error, fallback=fallback).removesuffix(said(error))
        return f"{text}{' '.join(str(error.msg).split())} (marks: {_MARKS}, and pytest's own)"
    hint = next((hint for kind, hint in _HINTS.items() if isinstance(error, kind)), "Mend it.")
    return f"{where.sentence(error, fallback=fallback)}. {hint}"
