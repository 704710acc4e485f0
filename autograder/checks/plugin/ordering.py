"""Checks come in; they go out in the order that they are run in, those that are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from autograder.checks.plugin.model import Check, CheckSpec
from autograder.model.manifest import Question
from autograder.model.trial import Trial

#: What a check asks for that remembers costly results.
COSTLY = "cache"


def in_order(checks: Sequence[CheckSpec], questions: Sequence[Question]) -> list[CheckSpec]:
    """Checks by question and file, each behind those that it depends on, which form no ring."""
    order = {question.id: number for number, question in enumerate(questions)}
    by_name = {spec.name: spec for spec in checks}
    ordered: dict[str, CheckSpec] = {}

    def put(spec: CheckSpec) -> None:
        if spec.id in ordered:
            return
        for name in spec.depends_on:
            put(by_name[name])
        ordered[spec.id] = spec

    for spec in sorted(checks, key=lambda spec: order[spec.question.id]):
        put(spec)
    return list(ordered.values())


def selected(ordered: Sequence[CheckSpec], questions: frozenset[str] | None) -> list[CheckSpec]:
    """The checks of the questions asked for, and those that they depend on; None asks for all."""
    if questions is None:
        return list(ordered)
    wanted: set[str] = set()
    for spec in reversed(ordered):  # each stands behind those that it depends on
        if spec.question.id in questions or spec.name in wanted:
            wanted |= {spec.name, *spec.depends_on}
    return [spec for spec in ordered if spec.name in wanted]


def of_trial(checks: Iterable[Check], trial: Trial) -> list[Check]:
    """The checks that a trial asks for, those that may train behind all others.

    Args:
        checks: all of them, each behind those that it depends on.
    """
    known = list(checks)
    wanted, names = set(trial.checks), set[str]()
    for check in reversed(known):
        if not wanted or check.id in wanted or check.spec.name in names:
            names |= {check.spec.name, *check.spec.depends_on}
    chosen = [check for check in known if check.spec.name in names]
    costly = costly_names(chosen)
    if trial.costly == "never":
        return [check for check in chosen if check.spec.name not in costly]
    return sorted(chosen, key=lambda check: check.spec.name in costly)


def costly_names(checks: Iterable[Check]) -> set[str]:
    """The functions of those that cache costly results, and of what depends on them.

    Args:
        checks: each behind those that it depends on.
    """
    costly: set[str] = set()
    for check in checks:
        if COSTLY in check.spec.fixtures or costly.intersection(check.spec.depends_on):
            costly.add(check.spec.name)
    return costly
