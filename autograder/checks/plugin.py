"""pytest's items come in; one result for each check goes out, as soon as its last case has ended.

The checks are collected once. Then the plugin waits until it is handed a submission, which it is in
a fork of the process that collected them.

The plugin reads the decorators of gradescope-utils and the harness's marks, gives checks their
fixtures, and turns every outcome into points and words.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.checks.cache import Cache
from autograder.checks.files import Files
from autograder.checks.marks import DESCRIPTIONS
from autograder.checks.outcomes import Case, Check, failed_case, wrapper_with
from autograder.checks.second_look import SecondLooks
from autograder.checks.student import Student
from autograder.checks.verdicts import Verdicts
from autograder.model.errors import HarnessFault
from autograder.model.manifest import Assignment, Question
from autograder.model.report import HARNESS_FAULT, CheckResult

StudentMaker = Callable[[Question, float, bool], Student]
Emit = Callable[[CheckResult], None]


@dataclass(frozen=True)
class Handed:
    """One submission, as the checks get at it.

    Attributes:
        seed: what random inputs are drawn from.
        emit: takes each check's result, once before it has run and once when it has.
        make_student: of a question, the seconds of a check, and whether the whole notebook is run.
        verdicts: outcomes that are remembered; None to run everything.
        second_looks: at checks that do not pass; None for none.
    """

    seed: int
    make_student: StudentMaker
    files: Files
    cache: Cache
    emit: Emit
    verdicts: Verdicts | None = None
    second_looks: SecondLooks | None = None


class GradingPlugin:
    """Collects the checks once, then waits for a submission and collects its outcomes.

    Args:
        await_submission: returns when there is one to grade, in a process of its own, and None
            when there will be no more.
        public_only: the checks are those that students have.
        questions: the ids of those whose checks are run; None for all.
    """

    def __init__(
        self,
        assignment: Assignment,
        await_submission: Callable[[], Handed | None],
        *,
        public_only: bool = False,
        questions: frozenset[str] | None = None,
    ) -> None:
        self.assignment = assignment
        self.await_submission = await_submission
        self.public_only = public_only
        self.questions = questions
        self.checks: dict[str, Check] = {}
        self.errors: list[str] = []
        self._handed: Handed | None = None

    @property
    def handed(self) -> Handed:
        """The submission that this process grades."""
        assert self._handed is not None
        return self._handed

    @property
    def flags(self) -> list[str]:
        """What the checks told staff."""
        return [f"{check.id}: {text}" for check in self.checks.values() for text in check.flags]

    @property
    def complete(self) -> bool:
        """Whether there are checks and all of them have an outcome."""
        return bool(self.checks) and all(check.done for check in self.checks.values())

    # --- collection ---

    def pytest_configure(self, config: pytest.Config) -> None:
        """Register the marks."""
        for description in DESCRIPTIONS:
            config.addinivalue_line("markers", description)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note check files that cannot be loaded."""
        if report.failed:
            self.errors.append(f"{report.nodeid}: {report.longreprtext}")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Group items to checks, compare them with the manifest, and order them."""
        for item in items:
            self._check_of(item).items.append(item)
        if not self.errors and not self.public_only:  # the points of a question need all its checks
            self._compare_points()
        ordered = self._selected(self._in_order()) if not self.errors else []
        if self.errors:  # nothing is graded by checks that contradict themselves
            items.clear()
            return
        self.checks = {check.items[0].nodeid.split("[")[0]: check for check in ordered}
        items[:] = [item for check in ordered for item in check.items]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Wait until there is a submission to grade; True: there is none, the loop need not run."""
        self._handed = self.await_submission()
        if self._handed is None or self.errors:
            return True
        for check in self.checks.values():
            # Should this process be stopped, every check has an entry.
            self.handed.emit(check.result())
        recalled = self._recalled()
        session.items[:] = [item for item in session.items if self._check_of(item) not in recalled]
        for check in recalled:
            self.handed.emit(check.result())
        return None

    def recalls(self, handed: Handed) -> bool:
        """Whether every check's outcome is remembered for a submission; then they all have it."""
        self._handed = handed
        for check in self.checks.values():
            check.forget()
        return bool(self.checks) and len(self._recalled()) == len(self.checks)

    def _recalled(self) -> list[Check]:
        """The checks whose outcome is remembered; those that depend on one are run if it is not."""
        found: list[Check] = []
        passed: set[str] = set()
        for check in self.checks.values():
            if self.handed.verdicts is None or not passed.issuperset(check.depends_on):
                continue
            try:
                recalled = check.recall(self.handed.verdicts)
            except HarnessFault:  # running the check says so where it belongs
                continue
            if recalled:
                found.append(check)
                if check.passed:
                    passed.add(check.name)
        return found

    def pytest_internalerror(self, excrepr: object) -> bool:
        """Note what broke pytest itself; True: it need not be printed."""
        self.errors.append(str(excrepr))
        return True

    def _check_of(self, item: pytest.Item) -> Check:
        name = item.nodeid.split("[")[0]
        if name not in self.checks:
            hidden = not Path(item.path).is_relative_to(self.assignment.public_checks)
            self.checks[name] = Check(
                _short_id(item), getattr(item, "obj", None), self._question_of(item), hidden
            )
        return self.checks[name]

    def _question_of(self, item: pytest.Item) -> Question:
        mark = item.get_closest_marker("question")
        identifier = str(mark.args[0]) if mark is not None and mark.args else ""
        try:
            return self.assignment.question(identifier)
        except KeyError:
            known = ", ".join(question.id for question in self.assignment.questions)
            self.errors.append(
                f"{_short_id(item)}: the check names no question of the manifest ({known}); "
                f"decorate it with @question(...)"
            )
            return self.assignment.questions[0]

    def _compare_points(self) -> None:
        for question in self.assignment.questions:
            total = sum(c.weight for c in self.checks.values() if c.question.id == question.id)
            if abs(total - question.points) > 1e-9:
                self.errors.append(
                    f"{question.id}: its checks are worth {total:g} points, the manifest says "
                    f"{question.points:g}; make them equal"
                )

    def _in_order(self) -> list[Check]:
        """Checks by question and file, each behind those that it depends on."""
        questions = [question.id for question in self.assignment.questions]
        by_name = {check.name: check for check in self.checks.values()}
        ordered: dict[str, Check] = {}

        def place(check: Check, above: tuple[str, ...]) -> None:
            if check.name in above:
                self.errors.append(f"{' -> '.join((*above, check.name))}: they depend in a ring")
                return
            for name in check.depends_on:
                if name in by_name:
                    place(by_name[name], (*above, check.name))
                else:
                    self.errors.append(f"{check.id} depends on '{name}', which is no check")
            ordered.setdefault(check.id, check)

        for check in sorted(self.checks.values(), key=lambda c: questions.index(c.question.id)):
            place(check, ())
        return list(ordered.values())

    def _selected(self, ordered: list[Check]) -> list[Check]:
        """The checks of the questions asked for, and those that they depend on."""
        if self.questions is None:
            return ordered
        wanted: set[str] = set()
        for check in reversed(ordered):  # each stands behind those that it depends on
            if check.question.id in self.questions or check.name in wanted:
                wanted |= {check.name, *check.depends_on}
        return [check for check in ordered if check.name in wanted]

    # --- fixtures ---

    @pytest.fixture
    def student(self, request: pytest.FixtureRequest) -> Iterator[Student]:
        """The student's answer to the check's question, in a process of the check's own."""
        check = self._check_of(request.node)
        if check.student is None:
            check.student = self._student(check, whole=self.assignment.runs_whole(check.question))
        yield check.student
        if check.done:
            check.student.close()

    def _student(self, check: Check, *, whole: bool) -> Student:
        mark = check.items[0].get_closest_marker("time_limit")
        seconds = float(mark.args[0]) if mark else self.assignment.limits.check_seconds
        return self.handed.make_student(check.question, seconds, whole)

    @pytest.fixture
    def rng(self, request: pytest.FixtureRequest) -> np.random.Generator:
        """Random numbers of this run and this case."""
        return np.random.default_rng([self.handed.seed, zlib.crc32(request.node.name.encode())])

    @pytest.fixture
    def files(self) -> Files:
        """The submitted files."""
        return self.handed.files

    @pytest.fixture
    def cache(self) -> Cache:
        """Remembers costly results by content."""
        return self.handed.cache

    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        """The manifest's table [checks]."""
        return dict(self.assignment.settings)

    @pytest.fixture
    def flag(self, request: pytest.FixtureRequest) -> Callable[[str], None]:
        """Tell staff of something that they should look at; it costs no points."""
        return self._check_of(request.node).flags.append

    @pytest.fixture
    def leaderboard(self, request: pytest.FixtureRequest) -> Callable[..., None]:
        """Enter a value into a column of the leaderboard, of which a check may fill several."""
        return self._check_of(request.node).enter

    @pytest.fixture
    def set_score(self) -> None:
        """gradescope-utils' partial_credit passes the real one."""

    @pytest.fixture
    def set_leaderboard_value(self) -> None:
        """gradescope-utils' leaderboard passes the real one."""

    # --- running ---

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Iterator[None]:
        """Time a case, and hand on its check's result when it was the last one."""
        check = self._check_of(item)
        started = time.monotonic()
        before = len(check.outcomes)
        try:
            return (yield)
        finally:
            check.seconds += time.monotonic() - started
            if len(check.outcomes) == before:
                check.outcomes.append(Case(0.0, HARNESS_FAULT, "no outcome", "fault"))
            if check.done:
                self._finish(check, nextitem)

    def _finish(self, check: Check, nextitem: pytest.Item | None) -> None:
        """Hand a check's result on; and once more, if a second look finds a better one."""
        check.note_stopped()
        check.whole = not check.passed and check.student is not None and check.student.partial
        self.handed.emit(check.result())
        looks = self.handed.second_looks
        if looks is not None and looks.due(check):
            if looks.take(check, lambda: self._student(check, whole=True), nextitem):
                check.note_stopped()
            self.handed.emit(check.result())
        check.by_chance |= looks is not None and looks.missed(check)
        if self.handed.verdicts is not None:
            check.keep(self.handed.verdicts)

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Skip a check whose foundation failed."""
        check = self._check_of(item)
        wrapper = wrapper_with(check.function, "__score__")
        if wrapper is not None:
            del wrapper.__score__  # another case's
        for other in self.checks.values():
            if other.name in check.depends_on and not other.passed:
                pytest.skip(f"Skipped, because this one has to pass first: {other.title}")

    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        """Turn what a phase ended with into a case's outcome."""
        check = self._check_of(item)
        if call.excinfo is not None:
            case = failed_case(call.excinfo.value, check)
        elif call.when == "call":
            case = Case(1.0)
        else:
            return
        try:
            check.enter_decorated()
        except (TypeError, ValueError) as error:
            case = failed_case(error, check)
        wrapper = wrapper_with(check.function, "__score__")
        if wrapper is not None and case.status in ("passed", "failed") and check.weight:
            case.share = min(max(float(wrapper.__score__) / check.weight, 0.0), 1.0)
        if call.when == "teardown" and check.outcomes:
            check.outcomes[-1] = case  # what the case did last went wrong in the harness
        else:
            check.outcomes.append(case)


def _short_id(item: pytest.Item) -> str:
    return f"{Path(item.path).name}::{item.nodeid.split('::', 1)[-1].split('[')[0]}"
