"""What became of mutants, or of right answers, comes in; one page for staff goes out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autograder import __version__
from autograder.model.findings import clean
from autograder.model.report import name_of
from autograder.model.text import bounded
from autograder.pages.page import render
from release.mutants.command import Measured
from release.mutants.equivalents import Fairness
from release.mutants.running import ACCEPTED, MutantResult
from release.mutants.score import kinds, scores, should_see, survivors
from release.mutants.terminal import COLUMNS, diff, remarks

#: By the sign at the beginning of a line of a diff, its word and its look.
_SIGNS = {"-": ("solution", "passed"), "+": ("mutant", "failed")}
#: Survivors of one question that are shown, and characters of one line.
MAX_SURVIVORS, MAX_LINE = 300, 2000


@dataclass(frozen=True)
class ShownMutant:
    """A survivor.

    Attributes:
        lines: word, look and text of each line.
        hint: which check should have seen it.
    """

    id: str
    location: str
    operator: str
    hint: str
    lines: tuple[tuple[str, str, str], ...]


def fairness_page(found: Fairness) -> str:
    """What right answers lost, by question, as HTML.

    Raises:
        PagesError: the libraries for pages are not installed.
    """
    rows = [
        {"id": q.id, "tried": sorted(found.tried[q.id]), "lost": len(found.lost_by(q.id))}
        for q in found.assignment.questions
        if q.id in found.tried
    ]
    lost = [
        {
            "check": bounded(name_of(each.check), 200),
            "rewrite": each.name,
            "told": clean(each.told, MAX_LINE),
        }
        for each in found.lost
    ]
    return render(
        "equivalents.html.j2",
        name=found.assignment.name,
        title=found.assignment.title,
        questions=rows,
        tried=len({name for tried in found.tried.values() for name in tried}),
        lost=lost,
        faults=[bounded(fault, 1000) for fault in found.faults],
        version=__version__,
    )


def measured_page(found: Measured) -> str:
    """Scores, and each survivor's diff, as HTML. Raises as `fairness_page`."""
    assignment = found.assignment
    questions = scores(found.results, [question.id for question in assignment.questions])
    groups = list(_groups(found.results, [row.name for row in questions]))
    return render(
        "mutants.html.j2",
        name=assignment.name,
        title=assignment.title,
        columns=[c for c in COLUMNS if any(row.counts[c] for row in questions)],
        questions=questions,
        kinds=kinds(found.results),
        seen=sum(each.seen for each in found.results),
        wrong=sum(each.counts for each in found.results),
        groups=groups,
        linked=[question for question, _shown in groups],
        accepted=[
            (each.mutant.id, bounded(each.mutant.what, 200), bounded(each.reason, 1000))
            for each in found.results
            if each.status == ACCEPTED
        ],
        remarks=list(remarks(found)),
        version=__version__,
    )


def _groups(
    results: Sequence[MutantResult], questions: Sequence[str]
) -> Iterator[tuple[str, list[ShownMutant]]]:
    left = survivors(results)
    for question in questions:
        # One of several questions is shown with the first of them.
        own = [each for each in left if each.mutant.questions[:1] == (question,)]
        if own:
            yield question, [_shown(each, results) for each in own[:MAX_SURVIVORS]]


def _shown(each: MutantResult, results: Sequence[MutantResult]) -> ShownMutant:
    mutant = each.mutant
    lines = tuple(
        (*_SIGNS.get(line[:1], ("", "")), clean(line[1:].expandtabs(4), MAX_LINE))
        for line in diff(each)
    )
    location = f"{mutant.location}, line {mutant.line}"
    return ShownMutant(mutant.id, location, mutant.operator, should_see(each, results), lines)
