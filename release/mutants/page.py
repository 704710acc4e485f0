"""What became of mutants comes in; one page for staff, with each survivor's diff, goes out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder import __version__
from autograder.model.findings import clean
from autograder.model.text import bounded
from autograder.pages.page import render, write_page
from release.mutants.command import Measured
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


def write_measured(found: Measured, out: Path) -> None:
    """Write the page.

    Raises:
        PagesError: the libraries for pages are not installed, or the file cannot be written.
    """
    write_page(out, measured_page(found))


def measured_page(found: Measured) -> str:
    """The page's HTML."""
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
