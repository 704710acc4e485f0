"""An assignment and where the answers are come in; the public checks' report goes out."""

from __future__ import annotations

import importlib
import secrets
import time
from collections.abc import Callable, Iterable

from autograder import __version__
from autograder.checks import running
from autograder.checks.cache import Cache
from autograder.checks.plugin.collected import CollectedChecks, SubmissionContext
from autograder.checks.process import StartWorker, Times
from autograder.checks.second_look import SecondLooks
from autograder.checks.student import Student
from autograder.home.folder import HomeError
from autograder.model.manifest import Assignment, Question
from autograder.model.report import CheckResult, Report
from autograder.model.submission import Submission
from autograder.slicing.answers import AnswerSource

Announce = Callable[[int, int], None]

#: Tensors, frames and sparse matrices can come back only where their libraries are.
VALUE_LIBRARIES = ("torch", "pandas", "scipy.sparse")


def check(
    assignment: Assignment,
    submission: Submission,
    answers: AnswerSource,
    start_worker: StartWorker,
    questions: frozenset[str] | None = None,
    announce: Announce = lambda _ended, _all: None,
) -> Report:
    """Run the public checks, in this process, on what ``start_worker`` gives.

    Args:
        questions: the ids of those to check; None for all.
        announce: called with the checks that have ended and the checks in all.
    """
    started = time.monotonic()
    seed = secrets.randbits(48)
    results: dict[str, CheckResult] = {}
    ended: set[str] = set()

    def emit(result: CheckResult) -> None:
        if result.id in results:  # the first entry only says that it exists
            ended.add(result.id)
        results[result.id] = result
        announce(len(ended), len(results))

    limits = assignment.limits

    def make_student(question: Question, seconds: float, whole: bool) -> Student:
        times = Times(seconds, limits.whole_seconds if whole else limits.replay_seconds)
        return Student(answers, question, times, start_worker, whole=whole)

    looks = SecondLooks(limits.second_look_seconds)
    context = SubmissionContext(
        seed, make_student, start_worker, submission, Cache(None), emit, second_looks=looks
    )

    def serve(collected: CollectedChecks) -> None:
        collected.run(context)

    faults = running.run(assignment, serve, public_only=True, questions=questions).errors
    checks = tuple(results.values())
    return Report(
        submission=submission.name,
        assignment=assignment.name,
        max_score=sum(result.max_score for result in checks),
        checks=checks,
        faults=tuple(faults),
        notes=() if checks or faults else (_no_checks(assignment, questions),),
        seed=seed,
        seconds=round(time.monotonic() - started, 4),
        version=__version__,
        manual=tuple(
            part for part in assignment.ungraded if questions is None or part.question in questions
        ),
    )


def select(assignment: Assignment, asked: Iterable[str]) -> frozenset[str]:
    """The ids of the questions that the words ask for: an id, the start of one, or a notebook.

    Raises:
        HomeError: a word asks for none.
    """
    found: set[str] = set()
    for word in asked:
        key = word.strip().casefold()
        exact = {q.id for q in assignment.questions if q.id.casefold() == key}
        begun = {q.id for q in assignment.questions if q.id.casefold().startswith(key) and key}
        name = key.replace("\\", "/").split("/")[-1].removesuffix(".ipynb")
        in_notebook = {
            q.id
            for q in assignment.questions
            if q.notebook and q.notebook.casefold().split("/")[-1].removesuffix(".ipynb") == name
        }
        chosen = exact or begun or in_notebook
        if not chosen:
            known = ", ".join(q.id for q in assignment.questions)
            raise HomeError(f"'{word}' is no question or notebook here; the questions are {known}.")
        found |= chosen
    return frozenset(found)


def import_libraries(assignment: Assignment) -> None:
    """Import those that the assignment uses and that values which come back are made with."""
    for library in VALUE_LIBRARIES:
        if any(f"{name}.".startswith(f"{library}.") for name in assignment.runtime.imports):
            importlib.import_module(library)


def _no_checks(assignment: Assignment, questions: frozenset[str] | None) -> str:
    asked = [q.id for q in assignment.questions if questions is None or q.id in questions]
    if asked and all(assignment.question(name).only_manual for name in asked):
        return f"{', '.join(asked)}: people read the answer; no check does."
    return (
        f"There is no public check of {', '.join(asked)}; what you submit is judged by checks "
        "that are not handed out."
    )
