"""An assignment comes in; its mutants are made and tested, with nothing bundled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.grading.staff import SEED, StaffPool
from autograder.model.errors import UserError
from autograder.model.manifest import Assignment
from autograder.model.report import Report
from autograder.model.trial import Trial
from release.markup.templates import solution_files, solved, templates
from release.mutants.accepted import accepted_mutants
from release.mutants.running import ACCEPTED, MutantResult, MutantTester, mutants_of, tested
from release.mutants.tables import Part
from release.steps import SILENT, Steps


class QuestionError(UserError):
    """There is no such question."""


@dataclass(frozen=True)
class Measured:
    """What became of an assignment's mutants.

    Attributes:
        unjudged: parts of submitted files that no question judges.
        unused: entries in ``mutants.toml`` of which no mutant survives.
    """

    assignment: Assignment
    results: tuple[MutantResult, ...]
    unjudged: tuple[Part, ...] = ()
    unused: tuple[str, ...] = ()


def known_question(assignment: Assignment, name: str) -> str:
    """The id of the question that is called so, in small or capital letters; empty for none.

    Raises:
        QuestionError: there is no such question.
    """
    known = {each.id.casefold(): each.id for each in assignment.questions}
    if name and name.casefold() not in known:
        raise QuestionError(
            f"{assignment.name} has no question '{name}'; choose from {', '.join(known.values())}."
        )
    return known.get(name.casefold(), "")


def measure(
    assignment: Assignment,
    cache_dir: Path,
    *,
    question: str = "",
    no_cache: bool = False,
    steps: Steps = SILENT,
) -> Measured:
    """Make and test the mutants of an assignment.

    Args:
        question: the id of the only one that is asked for; empty for all.
        cache_dir: where verdicts are kept by content.
        no_cache: test all anew, whatever is kept.

    Raises:
        MutantError: the solution does not get every point.
        UserError: a source or ``mutants.toml`` is wrong.
    """
    solution = solved(assignment) | solution_files(assignment)
    with StaffPool(assignment, templates(assignment), solution, cache_dir, SEED) as pool:
        steps.start("grading the solution")
        graded = pool.tried(solution, Trial())
        return measured(
            assignment,
            solution,
            pool,
            graded,
            cache_dir,
            question=question,
            no_cache=no_cache,
            steps=steps,
        )


def measured(
    assignment: Assignment,
    solution: Mapping[str, bytes],
    pool: StaffPool,
    graded: Report,
    cache_dir: Path,
    *,
    question: str = "",
    no_cache: bool = False,
    steps: Steps = SILENT,
) -> Measured:
    """As `measure`, where the solution has been graded; ``assignment`` has its sources.

    Args:
        graded: the solution's report.
    """
    accepted = accepted_mutants(assignment)
    tester = MutantTester(assignment, solution, pool, graded, cache_dir, no_cache=no_cache)
    mutants, unjudged = mutants_of(assignment, solution, tester, question, steps)
    results = tested(mutants, tester, accepted, steps)
    used = [each.mutant for each in results if each.status == ACCEPTED]
    idle = [str(entry) for entry in accepted if not any(map(entry.covers, used))]
    return Measured(assignment, tuple(results), tuple(unjudged), () if question else tuple(idle))
