"""Checks come in; they go out in the order that they are run in, those that are asked for."""

from __future__ import annotations

from collections.abc import Sequence

from autograder.checks.plugin.model import CheckSpec
from autograder.model.manifest import Question


def in_order(checks: Sequence[CheckSpec], questions: Sequence[Question]) -> list[CheckSpec]:
    """Checks by question and file, each behind those that it depends on, which form no ring."""
    places = {question.id: place for place, question in enumerate(questions)}
    by_name = {spec.name: spec for spec in checks}
    ordered: dict[str, CheckSpec] = {}

    def place(spec: CheckSpec) -> None:
        if spec.id in ordered:
            return
        for name in spec.depends_on:
            place(by_name[name])
        ordered[spec.id] = spec

    for spec in sorted(checks, key=lambda spec: places[spec.question.id]):
        place(spec)
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
