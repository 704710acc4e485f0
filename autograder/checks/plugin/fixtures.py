"""pytest fixtures: what a check asks for by the names of its arguments."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.checks.cache import Cache
from autograder.checks.files import Files
from autograder.checks.plugin.collected import CHECK, CollectedChecks
from autograder.checks.plugin.model import Check
from autograder.checks.reads import Reads
from autograder.checks.student import Student
from autograder.checks.training import Training


class Fixtures:
    """Gives checks what they ask for."""

    def __init__(self, checks: CollectedChecks) -> None:
        self._checks = checks

    @pytest.fixture
    def student(self, request: pytest.FixtureRequest) -> Iterator[Student]:
        """The student's answer to the check's question, in a process of the check's own."""
        check = request.node.stash[CHECK]
        if check.student is None:
            whole = self._checks.assignment.runs_whole(check.question)
            check.student = self._checks.student(check, whole=whole)
        yield check.student
        if check.done:
            check.student.vary()
            check.student.close()

    @pytest.fixture
    def rng(self, request: pytest.FixtureRequest) -> np.random.Generator:
        """Random numbers of this run and this case."""
        name = request.node.name.encode()
        return np.random.default_rng([self._checks.context.seed, zlib.crc32(name)])

    @pytest.fixture
    def files(self, request: pytest.FixtureRequest) -> Files:
        """The submitted files."""
        check: Check = request.node.stash[CHECK]
        context = self._checks.context
        public = self._checks.assignment.public
        check.files = Files(context.submission, context.start_worker, handed_out=public)
        if context.trial is not None and context.trial.reads:
            check.files.received.reads = Reads()
        return check.files

    @pytest.fixture
    def handout(self) -> Path:
        """The folder of what students were given: data files, modules, the README.

        It is the same at home, in a release and when grading, and all in it is part of what
        verdicts are cached by.
        """
        return self._checks.assignment.public

    @pytest.fixture
    def cache(self) -> Cache:
        """Remembers costly results by content."""
        return self._checks.context.cache

    @pytest.fixture
    def training(self, request: pytest.FixtureRequest) -> Training:
        """Trains from as many seeds as a verdict on their median needs."""
        check: Check = request.node.stash[CHECK]
        context, rules = self._checks.context, self._checks.assignment.training
        return Training(rules, context.seed, context.cache, check.medians.append, check.hurry)

    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        """The manifest's table [checks]."""
        return dict(self._checks.assignment.settings)

    @pytest.fixture
    def flag(self, request: pytest.FixtureRequest) -> Callable[[str], None]:
        """Tell staff of something that they should look at; it costs no points."""
        check: Check = request.node.stash[CHECK]
        return check.flag

    @pytest.fixture
    def leaderboard(self, request: pytest.FixtureRequest) -> Callable[..., None]:
        """Enter a value into a column of the leaderboard, of which a check may fill several."""
        enter: Callable[..., None] = request.node.stash[CHECK].enter
        return enter

    @pytest.fixture
    def set_score(self) -> None:
        """gradescope-utils' partial_credit passes the real one."""

    @pytest.fixture
    def set_leaderboard_value(self) -> None:
        """gradescope-utils' leaderboard passes the real one."""


#: What checks may ask for.
NAMES = tuple(name for name in vars(Fixtures) if not name.startswith("_"))
