"""pytest hooks: what the phases of an item end with becomes a check's points and words."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.checks.own_time import OwnTimeOver
from autograder.checks.plugin import cached, tripping, wrappers
from autograder.checks.plugin.collected import CHECK, CollectedChecks
from autograder.checks.plugin.locations import Location, Locations, frames, said
from autograder.checks.plugin.model import Case, Check
from autograder.model.errors import HarnessFault
from autograder.model.findings import CheckFailed, clean
from autograder.model.pictures import Picture, compare
from autograder.model.report import HARNESS_FAULT
from autograder.model.text import bounded

#: Bytes of what staff read of an exception, whose words may be the student's.
MAX_TRACE = 20_000
DOES_NOT_HOLD = "This does not hold for your answer."


class Outcomes:
    """Takes each case's outcome, and hands a check's result on when its last case has ended."""

    def __init__(self, checks: CollectedChecks) -> None:
        self._checks = checks

    def pytest_configure(self, config: pytest.Config) -> None:
        """Spare pytest its own words for a failure, each frame's source too: nobody reads them."""
        config.option.tbstyle = "line"

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Iterator[None]:
        """Time a case, and hand on its check's result when it was the last one."""
        check = item.stash[CHECK]
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

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Skip a check whose foundation failed."""
        check = item.stash[CHECK]
        wrappers.forget_score(check)
        for other in self._checks:
            if other.spec.name in check.spec.depends_on and not other.passed:
                title = other.spec.title
                pytest.skip(f"Skipped, because this one has to pass first: {title}")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        """Stop a check whose own work does not end."""
        check, own_time = item.stash[CHECK], self._checks.context.own_time
        if own_time is None:
            return (yield)
        if not check.outcomes:
            own_time.begin(check.id)
        with own_time.of(check.id):
            return (yield)

    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        """Turn what a phase ended with into a case's outcome."""
        check = item.stash[CHECK]
        if call.excinfo is not None:
            case = failed_case(call.excinfo.value, check, self._checks.where)
        elif call.when == "call":
            case = Case(1.0)
        else:
            return
        try:
            wrappers.enter_leaderboard(check)
            wrappers.take_score(check, case)
        except (TypeError, ValueError, OverflowError, HarnessFault) as error:
            case = failed_case(error, check, self._checks.where, left_behind=True)
        if call.when == "teardown" and check.outcomes:
            check.outcomes[-1] = case  # what the case did last went wrong in the harness
        else:
            check.outcomes.append(case)

    def _finish(self, check: Check, nextitem: pytest.Item | None) -> None:
        """Hand a check's result on; and once more, if a second look finds a better one."""
        context = self._checks.context
        check.note_stopped()
        check.whole = not check.passed and check.student is not None and check.student.partial
        context.emit(check.result())
        looks = context.second_looks
        if looks is not None and looks.due(check):
            items = self._checks.items(check)
            make_student = self._checks.student
            if looks.take(check, items, lambda: make_student(check, whole=True), nextitem):
                check.note_stopped()
            context.emit(check.result())
        check.by_chance |= looks is not None and looks.missed(check)
        if context.verdicts is not None:
            cached.keep(check, context.verdicts)


def failed_case(
    error: BaseException, check: Check, where: Locations, *, left_behind: bool = False
) -> Case:
    """What an exception says of a case.

    A finding, a failed assertion, a check that tripped over what came back, or a fault.

    Args:
        left_behind: as for ``tripping.over``.
    """
    spec = check.spec
    if isinstance(error, pytest.skip.Exception):
        return Case(0.0, clean(str(error.msg)), "", "skipped")
    if isinstance(error, CheckFailed):
        text = spec.hide_errors or error.finding.text(hidden=spec.hidden)
        drawn = error.finding.compared if not (spec.hidden or spec.hide_errors) else None
        pictures = _drawn(*drawn) if drawn is not None else ()
        return Case(0.0, text, clean(error.finding.public), "failed", pictures)
    if isinstance(error, AssertionError | pytest.fail.Exception):
        text = spec.hide_errors or _assertion_text(error, check)
        return Case(0.0, text, _words(error), "failed")
    if isinstance(error, OwnTimeOver):
        return _late_case(error, check, where)
    told = where.sentence(error)
    if left_behind:
        told = f"{where.shown(Location(spec.file, spec.line))}, its score or value: {said(error)}"
    trace = bounded(f"{told}\n{''.join(traceback.format_exception(error))}", MAX_TRACE)
    over = tripping.over(error, check, where, left_behind=left_behind)
    if over is None:
        return Case(0.0, HARNESS_FAULT, trace, "fault")
    text = spec.hide_errors or tripping.finding(over, error).text(hidden=spec.hidden)
    check.flags.append(f"tripped over what came back: {told}")
    return Case(0.0, text, trace, "failed", tripped=True)


def _late_case(error: OwnTimeOver, check: Check, where: Locations) -> Case:
    """A check's own work did not end: of what came back, or else by its own doing."""
    check.by_chance = True
    told = where.sentence(error)
    last = tripping.last_reply(check)
    told = f"the check's own work took more than its processor time: {told}"
    if last is None:
        return Case(0.0, HARNESS_FAULT, told, "fault")
    check.flags.append(told)
    text = check.spec.hide_errors or tripping.endless(last).text(hidden=check.spec.hidden)
    return Case(0.0, text, told, "failed", tripped=True)


def _assertion_text(error: BaseException, check: Check) -> str:
    """The message that the check's author wrote; not one that a library made out of values."""
    files = [file for file, _line in frames(error.__traceback__)]
    if isinstance(error, pytest.fail.Exception):
        files = files[:-1]  # the frame of ``pytest.fail`` itself
    own = bool(files) and files[-1] == Path(check.spec.file)
    text = error.args[0] if error.args else None
    if own and isinstance(text, str):
        return clean(text)
    return DOES_NOT_HOLD if check.spec.hidden else _words(error) or DOES_NOT_HOLD


def _words(error: BaseException) -> str:
    """What an exception says; it may carry any value of the student's, also one without words."""
    try:
        return clean(str(error))
    except Exception:  # an integer of more digits than Python writes
        return ""


def _drawn(got: Any, expected: Any) -> tuple[Picture, ...]:
    """Both as pictures; none of what cannot be drawn, which is judged already."""
    try:
        return compare(got, expected)
    except Exception:
        return ()
