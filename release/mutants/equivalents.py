"""A solution comes in; what right answers that are spelled differently lose goes out.

A rewrite is made in all cells where it can be made, so that a handful of submissions tries all of
them in all questions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autograder.grading.staff import SEED, StaffPool
from autograder.model.manifest import Assignment
from autograder.model.report import CheckResult, Report
from release.markup.templates import solution_files, solved, templates
from release.mutants.accepted import accepted_rewrites
from release.mutants.layouts import LAYOUTS, laid_out, renamed
from release.mutants.regions import AnswerCell, answer_cells
from release.mutants.respelled import RESPELLED
from release.mutants.rewrites import REWRITES
from release.steps import SILENT, Steps


@dataclass(frozen=True)
class Equivalent:
    """The solution in other words.

    Attributes:
        questions: those in whose answers something is spelled differently.
    """

    name: str
    questions: frozenset[str]
    files: Mapping[str, bytes] = field(repr=False)


@dataclass(frozen=True)
class Unfair:
    """Points that a right answer lost."""

    name: str
    check: CheckResult

    @property
    def told(self) -> str:
        """What its check said."""
        return self.check.message or self.check.staff.partition("\n")[0]


@dataclass(frozen=True)
class Fairness:
    """What became of right answers spelled differently.

    Attributes:
        tried: by question, the names of the rewrites of its answers.
        lost: what they lost.
        faults: what broke in the harness.
    """

    assignment: Assignment
    tried: Mapping[str, tuple[str, ...]]
    lost: tuple[Unfair, ...]
    faults: tuple[str, ...] = ()

    def lost_by(self, question: str) -> frozenset[str]:
        """The names of the rewrites that cost points on a question."""
        return frozenset(each.name for each in self.lost if each.check.question == question)


def equivalents(assignment: Assignment, solution: Mapping[str, bytes]) -> Iterator[Equivalent]:
    """The solution in other words, one kind of rewrite after the other."""
    cells: dict[str, list[AnswerCell]] = defaultdict(list)
    for cell in answer_cells(assignment):
        cells[cell.file].append(cell)
    everything = [cell for group in cells.values() for cell in group]
    for name, rewrite in {**REWRITES, **RESPELLED}.items():
        files, touched = dict(solution), set[str]()
        for group in cells.values():
            for cell in group:
                text = rewrite(cell.code)
                if text is not None:
                    changed = cell.with_text(text, files[cell.file])
                    files[cell.file] = changed
                    touched |= {question.id for question in cell.questions}
        if touched:
            yield Equivalent(name, frozenset(touched), files)
    for name, layout in LAYOUTS.items():
        files, touched = dict(solution), set()
        for file, group in cells.items():
            data = None if group[0].entry.is_module else laid_out(files[file], layout, group)
            if data is not None:
                files[file] = data
                touched |= {question.id for cell in group for question in cell.questions}
        if touched:
            yield Equivalent(name, frozenset(touched), files)
    asked = frozenset(question.id for cell in everything for question in cell.questions)
    for name, files in renamed(solution, [entry.file for entry in assignment.notebooks]):
        yield Equivalent(name, asked, files)


def measure_fairness(
    assignment: Assignment,
    cache_dir: Path,
    *,
    question: str = "",
    no_cache: bool = False,
    steps: Steps = SILENT,
) -> Fairness:
    """Grade right answers spelled differently.

    Args:
        cache_dir: where verdicts are kept by content.
        question: the id of the only one whose losses are told; empty for all.
        no_cache: grade all anew, whatever is kept.

    Raises:
        UserError: a source or ``mutants.toml`` is wrong.
    """
    solution = solved(assignment) | solution_files(assignment)
    accepted = accepted_rewrites(assignment)
    made = list(equivalents(assignment, solution))
    with StaffPool(assignment, templates(assignment), solution, cache_dir, SEED) as pool:
        steps.start("grading right answers spelled differently", len(made))
        submissions: list[tuple[Mapping[str, bytes], Callable[[Report], bool]]] = [
            (each.files, lambda report: not _lost(report)) for each in made
        ]
        reports = pool.grade_all(submissions, steps.advance, no_cache=no_cache)
    tried: dict[str, list[str]] = defaultdict(list)
    lost, faults = [], []
    for each, report in zip(made, reports, strict=True):
        for name in each.questions:
            tried[name].append(each.name)
        lost += [
            Unfair(each.name, check)
            for check in _lost(report)
            if question in ("", check.question) and (check.number, each.name) not in accepted
        ]
        faults += [f"{each.name}: {fault}" for fault in report.faults]
    by_id = {name: tuple(names) for name, names in tried.items() if question in ("", name)}
    return Fairness(assignment, by_id, tuple(lost), tuple(faults))


def _lost(report: Report) -> list[CheckResult]:
    return [c for c in report.checks if c.score < c.max_score or c.status != "passed"]
