"""Checks and what is cached come in; those whose outcome is cached have it, and go out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from autograder.checks.plugin.model import Case, Check
from autograder.checks.verdicts import Verdicts
from autograder.model.errors import HarnessFault
from autograder.model.report import Asked, Leaderboard, Median


def with_cached_outcome(
    checks: Iterable[Check], verdicts: Verdicts | None, *, all_or_none: bool = False
) -> list[Check]:
    """The checks whose outcome is cached; those that depend on one are run if it is not.

    Args:
        all_or_none: stop at the first that is not: telling what a check looks at takes time.
    """
    found: list[Check] = []
    passed: set[str] = set()
    for check in checks:
        if verdicts is not None and _is_known(check, verdicts, passed):
            found.append(check)
            if check.passed:
                passed.add(check.spec.name)
        elif all_or_none:
            break
    return found


def _is_known(check: Check, verdicts: Verdicts, passed: set[str]) -> bool:
    if not passed.issuperset(check.spec.depends_on):
        return False
    try:
        return take_cached(check, verdicts)
    except HarnessFault:  # running the check says so where it belongs
        return False


def take_cached(check: Check, verdicts: Verdicts) -> bool:
    """Have the check take over the outcome that is cached for the same input, if any is."""
    found = verdicts.get(_key(check, verdicts, whole=False))
    # Telling all that a second look may see takes long; it is asked where there was one.
    looked = found is None and "student" in check.spec.fixtures
    if looked and verdicts.get(_mark(check, verdicts)) is not None:
        found = verdicts.get(_key(check, verdicts, whole=True))
    if found is None or len(found["cases"]) != len(check.spec.cases):
        return False
    check.outcomes = [Case.from_dict(case) for case in found["cases"]]
    check.flags = list(found["flags"])
    check.leaderboard = {entry["name"]: Leaderboard(**entry) for entry in found["leaderboard"]}
    check.medians = [Median.from_dict(median) for median in found["medians"]]
    check.cached_layers = None if found["sandbox"] is None else frozenset(found["sandbox"])
    check.cached_asked = tuple(Asked(**asked) for asked in found["asked"])
    return True


def keep(check: Check, verdicts: Verdicts) -> None:
    """Remember the check's outcome, unless it may be another one the next time."""
    if any(case.status in ("fault", "skipped") for case in check.outcomes):
        return
    if check.by_chance or check.hurried:
        return
    outcome = {
        "cases": [asdict(case) for case in check.outcomes],
        "flags": check.flags,
        "leaderboard": [asdict(entry) for entry in check.leaderboard.values()],
        "medians": [asdict(median) for median in check.medians],
        "asked": [asdict(asked) for asked in check.asked],
        "sandbox": None if check.sandbox is None else sorted(check.sandbox),
    }
    verdicts.put(_key(check, verdicts, whole=check.whole), outcome)
    if check.whole:
        verdicts.put(_mark(check, verdicts), {})


def _mark(check: Check, verdicts: Verdicts) -> str:
    spec = check.spec
    return verdicts.mark(spec.file, spec.name, spec.question)


def _key(check: Check, verdicts: Verdicts, *, whole: bool) -> str:
    """Made once, to look up and to keep: it may take reading all files.

    Args:
        whole: of an outcome that may follow from all of the notebook, not from the slice alone.
    """
    if whole not in check.keys:
        spec = check.spec
        check.keys[whole] = verdicts.key(
            spec.file, spec.name, spec.question, spec.fixtures, whole=whole
        )
    return check.keys[whole]
