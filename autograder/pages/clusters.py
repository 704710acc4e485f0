"""The reports of all submissions come in; those that fail alike go out, to be answered together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from autograder.model.findings import normalised
from autograder.model.proven import Proven
from autograder.model.report import CheckResult, Report
from autograder.model.text import bounded

MAX_CAUSE = 1_500


@dataclass(frozen=True)
class Saying:
    """What one check says to all of a cluster.

    Attributes:
        example: as the first of them read it.
        message: the same without numbers and quoted names.
    """

    check: CheckResult
    example: str
    message: str


@dataclass(frozen=True)
class Cluster:
    """Submissions that fail alike: what each check says differs in numbers and quoted names only.

    Attributes:
        sayings: of the checks that say so to these and to nobody else.
        indices: the positions of the reports, from 0.
    """

    sayings: tuple[Saying, ...]
    indices: tuple[int, ...]


def clusters(reports: Iterable[Report], at_least: int = 2) -> list[Cluster]:
    """Those who fail alike, the largest group first; what fails the same ones is together."""
    found: dict[tuple[str, str], list[tuple[int, CheckResult]]] = {}
    for index, check in _failures(reports):
        found.setdefault((check.id, normalised(check.message)), []).append((index, check))
    together: dict[tuple[int, ...], list[Saying]] = {}
    for (_id, message), members in found.items():
        if len(members) >= at_least:
            check = members[0][1]
            indices = tuple(index for index, _check in members)
            together.setdefault(indices, []).append(Saying(check, check.message, message))
    made = [Cluster(tuple(sayings), indices) for indices, sayings in together.items()]
    return sorted(made, key=lambda cluster: -len(cluster.indices))


def _failures(reports: Iterable[Report]) -> Iterator[tuple[int, CheckResult]]:
    for index, report in enumerate(reports):
        for check in report.checks:
            if check.status in {"failed", "partial"} and check.message:
                yield index, check


def likely_cause(proven: Proven | None, saying: Saying) -> str:
    """What is known to make a check say so, in words; empty if nothing is."""
    check = None if proven is None else proven.checks.get(saying.check.id)
    cause = None if check is None else check.cause(saying.message)
    if cause is None:
        return ""
    parts = [*cause.mistakes, *(f"mutant {mutant}" for mutant in cause.mutants)]
    return bounded("; ".join(parts), MAX_CAUSE)
