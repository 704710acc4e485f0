"""The staff's own submissions come in; their reports, kept by content, go out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from autograder.checks.cache import Store
from autograder.checks.verdicts import cache_key
from autograder.grading.policies import CachePolicy, IsolationPolicy
from autograder.grading.pool import SessionPool, side_by_side
from autograder.model.manifest import Assignment
from autograder.model.report import Report
from autograder.model.trial import Trial

#: Drawn once: equal input then gives equal verdicts, which are kept from proof to proof.
SEED = 1


class StaffPool(SessionPool):
    """Grades the staff's own submissions of one assignment, in sessions that fork from one process.

    Use it in a ``with`` statement.

    Args:
        cache_dir: where verdicts and reports are kept.
        seed: what the checks' random inputs are drawn from.
        solution: its files; most submissions are the solution but for one edit.
    """

    def __init__(
        self,
        assignment: Assignment,
        templates: Mapping[str, bytes],
        solution: Mapping[str, bytes],
        cache_dir: Path,
        seed: int,
    ) -> None:
        super().__init__(
            assignment,
            templates,
            isolation=IsolationPolicy(accept_weaker=True),
            cache=CachePolicy(cache_dir, verdicts=True, trusted=True),
            usual=solution,
        )
        self._store = Store(cache_dir)
        # All that a report follows from but for the submission: the checks themselves too.
        checks = [path.read_bytes() for path in _checks_of(assignment)]
        self._key = [cache_key(assignment, ()), checks, dict(sorted(templates.items()))]
        self.seed = seed

    def grade(self, files: Mapping[str, bytes]) -> Report:
        """Run every check on a submission, given by its files' paths and bytes."""
        return self._graded(files, no_cache=True)

    def tried(
        self,
        files: Mapping[str, bytes],
        trial: Trial,
        *,
        seed: int | None = None,
        no_cache: bool = False,
    ) -> Report:
        """What the checks of a trial make of a submission; those that note reads are run anew.

        Args:
            seed: another one than that of all else.
            no_cache: run all anew.
        """
        with self.session() as session:
            return session.grade_files(
                files,
                seed=self.seed if seed is None else seed,
                no_cache=no_cache or trial.reads,
                second_look=False,
                trial=trial,
            )

    def cached(self, files: Mapping[str, bytes], expected: Callable[[Report], bool]) -> Report:
        """The report that is kept for a submission, else a new one.

        Only an expected one is kept: another may come of a busy machine, by a time limit.
        A loss that is expected needs no second look at the whole notebook, which takes long; one
        that is not gets it, as any student's.
        """
        key = ["report", self._key, self.seed, dict(sorted(files.items()))]
        found = self._store.get(key)
        if found is not None:
            return Report.from_dict(found)
        report = self._graded(files, no_cache=False, second_look=False)
        if not expected(report):
            report = self._graded(files, no_cache=False)
        if not report.faulty and expected(report):
            self._store.put(key, report.to_dict())
        return report

    def grade_all(
        self,
        submissions: Sequence[tuple[Mapping[str, bytes], Callable[[Report], bool]]],
        each: Callable[[], None] = lambda: None,
        *,
        no_cache: bool = False,
    ) -> list[Report]:
        """Grade many, as `cached` does; their reports in order. ``each`` is called after every one.

        Args:
            submissions: the files of each, and whether a report on it is as expected.
            no_cache: run all anew.
        """

        def grade(submission: tuple[Mapping[str, bytes], Callable[[Report], bool]]) -> Report:
            report = self.grade(submission[0]) if no_cache else self.cached(*submission)
            each()
            return report

        return side_by_side(grade, submissions)

    def _graded(
        self, files: Mapping[str, bytes], *, no_cache: bool, second_look: bool = True
    ) -> Report:
        with self.session() as session:
            return session.grade_files(
                files, seed=self.seed, no_cache=no_cache, second_look=second_look
            )


def _checks_of(assignment: Assignment) -> list[Path]:
    folders = (assignment.public_checks, assignment.hidden_checks)
    return [path for folder in folders for path in sorted(folder.rglob("test_*.py"))]
