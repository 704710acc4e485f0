"""Mutants come in; what the checks make of each goes out.

A mutant runs the checks of its own questions, and those that train only if it passes all others.
One that passes them all is compared with the solution in all that they read; if it differs there,
the other questions' checks are asked. What came of it is cached by the mutant's content and the
code of the checks, so that an edit runs again what it touches alone.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from autograder.checks.cache import Store
from autograder.checks.reads import PARTIAL
from autograder.checks.verdicts import cache_key, check_codes
from autograder.grading.pool import side_by_side
from autograder.grading.staff import StaffPool
from autograder.model.errors import UserError
from autograder.model.findings import normalised
from autograder.model.manifest import Assignment
from autograder.model.report import Report, name_of
from autograder.model.trial import Trial
from release.mutants import tables
from release.mutants.accepted import Accepted
from release.mutants.making import Mutant, code_mutants
from release.steps import SILENT, Steps

_FORMAT = 2
KILLED, TIMED_OUT, SURVIVED = "killed", "timed out", "survived"
EQUIVALENT, ELSEWHERE, ACCEPTED, FAULT = "equivalent", "elsewhere", "accepted", "fault"
#: More seeds, for what the checks' own inputs may agree on by chance.
MORE_SEEDS = 2


class MutantError(UserError):
    """Nothing can be said of mutants; the text says why."""


@dataclass(frozen=True)
class MutantResult:
    """A mutant and what became of it.

    Attributes:
        by: the numbers of the checks that saw it.
        passed: those of its questions that it passed.
        says: by check what it said, without what differs from run to run.
        reason: why staff accept it.
    """

    mutant: Mutant
    status: str
    by: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()
    says: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""

    @property
    def seen(self) -> bool:
        """Whether it costs points on its own question."""
        return self.status in (KILLED, TIMED_OUT)

    @property
    def counts(self) -> bool:
        """Whether it says anything about the checks."""
        return self.status not in (EQUIVALENT, ACCEPTED)


@dataclass(frozen=True)
class _Outcome:
    """What the checks of a mutant's own questions make of it, as it is cached.

    Attributes:
        says: by the name of each check that saw it, what it said; of a fault, those that broke.
        passed: the names of those of its questions that did not see it.
    """

    status: str
    says: dict[str, str] = field(default_factory=dict)
    passed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Read:
    """A check's outcome and a digest of what it read."""

    status: str
    read: str


def _is_told(reads: Sequence[_Read]) -> bool:
    """Whether checks read something, and nothing of which they see a part only."""
    return any(each.read for each in reads) and not any(PARTIAL in each.read for each in reads)


class MutantTester:
    """Tests mutants of one solution.

    Args:
        graded: the solution's report.
        no_cache: run all anew, whatever is kept.

    Raises:
        MutantError: the solution does not get every point.
    """

    def __init__(
        self,
        assignment: Assignment,
        solution: Mapping[str, bytes],
        pool: StaffPool,
        graded: Report,
        cache_dir: Path,
        *,
        no_cache: bool = False,
    ) -> None:
        for check in graded.checks:
            if check.status != "passed":
                raise MutantError(
                    f"{assignment.name}: the solution does not pass {name_of(check)} "
                    f"({check.message or check.staff.partition(chr(10))[0]}); mend that first."
                )
        self._assignment = assignment
        self._solution = solution
        self._pool = pool
        self._checks = graded.checks
        self._store = Store(cache_dir)
        self._no_cache = no_cache
        self._codes = check_codes(assignment)
        self._common = cache_key(assignment, ())
        self._files = {name: hashlib.sha256(d).hexdigest() for name, d in solution.items()}
        self._reads: dict[tuple[tuple[str, ...], int], list[_Read]] = {}

    # --- file mutants, of which the manifest does not say what judges them ---

    def located(self, part: tables.Part) -> tuple[str, ...]:
        """The question about files that loses most points where a part is missing, or several.

        None if nobody misses it.
        """
        about_files = _about_files(self._assignment)
        mutant = replace(tables.missing(part, self._solution), questions=about_files)
        own = self._ids(about_files)
        if not own:
            return ()

        key = self._key(mutant, "misses it most", own)
        known = self._names(key)
        if known is None:
            report = self._tried(mutant, Trial(checks=own))
            points: dict[str, float] = defaultdict(float)
            for check in report.checks:
                points[check.question] += round(check.max_score - check.score, 6)
            most = max(points.values(), default=0.0)
            known = sorted(name for name, lost in points.items() if lost == most > 0)
            if not report.faulty:
                self._store.put(key, known)
        return tuple(known)

    # --- one mutant ---

    def test(self, mutant: Mutant) -> MutantResult:
        """What the checks make of a mutant."""
        own = self._ids(mutant.judged_by)
        key = self._key(mutant, "own", own)
        known = self._cached(key)
        found = _Outcome(**known) if isinstance(known, dict) else self._own(mutant, own)
        if found.status == FAULT:
            return MutantResult(mutant, FAULT, tuple(found.says))
        if known is None:
            self._store.put(key, asdict(found))
        passed, status, seen = tuple(found.passed), found.status, list(found.says)
        if status == SURVIVED:
            seen = self._elsewhere(mutant)
            status = ELSEWHERE if seen else SURVIVED
        return MutantResult(mutant, status, tuple(seen), passed, found.says)

    def _own(self, mutant: Mutant, own: tuple[str, ...]) -> _Outcome:
        report = self._tried(mutant, Trial(checks=own, costly="if passed"))
        if report.faults:
            return _Outcome(FAULT)
        failed = [c for c in report.checks if c.status in ("failed", "partial")]
        broken = [c for c in report.checks if c.status == "fault" and c.staff != "did not run"]
        missed = [c for c in report.checks if c.question in mutant.questions]
        passed = [name_of(check) for check in missed if check.status == "passed"]
        if failed:
            says = {name_of(check): normalised(check.message) for check in failed}
            return _Outcome(TIMED_OUT if all(c.late for c in failed) else KILLED, says, passed)
        if broken:
            return _Outcome(FAULT, {name_of(check): "" for check in broken})
        if mutant.computes and self._is_equivalent(mutant, own):
            return _Outcome(EQUIVALENT, passed=passed)
        return _Outcome(SURVIVED, passed=passed)

    def _elsewhere(self, mutant: Mutant) -> list[str]:
        """The checks of other questions that see a mutant; each question's are cached alone.

        A training takes longer than it tells: this is no loss on the mutant's own question.
        """
        groups = {question: self._ids((question,)) for question in self._near(mutant)}
        keys = {q: self._key(mutant, "others", ids) for q, ids in groups.items() if ids}
        known = {q: found for q, key in keys.items() if (found := self._names(key)) is not None}
        new = [q for q in keys if q not in known]
        if new:
            ids = tuple(name for question in new for name in groups[question])
            report = self._tried(mutant, Trial(checks=ids, costly="never"))
            for question in new:
                own = [c for c in report.checks if c.question == question]
                known[question] = [name_of(c) for c in own if c.status in ("failed", "partial")]
                if not report.faulty:
                    self._store.put(keys[question], known[question])
        return [name for question in keys for name in known[question]]

    def _near(self, mutant: Mutant) -> Iterator[str]:
        """The other questions that what is changed may matter for: those of the same notebook."""
        modules = {entry.file for entry in self._assignment.notebooks if entry.is_module}
        files = {question.notebook for question in self._assignment.questions}
        own = mutant.file if mutant.file in files else ""
        for question in self._assignment.questions:
            near = question.notebook == own or mutant.file in modules
            if near and question.id not in mutant.judged_by:
                yield question.id

    def _tried(self, mutant: Mutant, trial: Trial) -> Report:
        return self._pool.tried(mutant.submission(self._solution), trial, no_cache=self._no_cache)

    def _is_equivalent(self, mutant: Mutant, own: tuple[str, ...]) -> bool:
        """Whether all that the checks read is the same, also from other seeds."""
        files = mutant.submission(self._solution)
        for more in range(MORE_SEEDS + 1):
            if (own, more) not in self._reads:
                self._reads[own, more] = self._read(self._solution, own, more)
            expected = self._reads[own, more]
            if more == 0 and not _is_told(expected):
                return False
            if self._read(files, own, more) != expected:
                return False
        return True

    def _read(self, files: Mapping[str, bytes], own: tuple[str, ...], more: int) -> list[_Read]:
        # Trainings are as long as they were with each new seed, and read nothing else.
        trial = Trial(checks=own, reads=True, costly="never" if more else "always")
        report = self._pool.tried(files, trial, seed=self._pool.seed + more)
        return [_Read(check.status, check.read) for check in report.checks]

    def _ids(self, questions: Iterable[str]) -> tuple[str, ...]:
        wanted = set(questions)
        return tuple(check.id for check in self._checks if check.question in wanted)

    def _cached(self, key: list[object]) -> Any:
        return None if self._no_cache else self._store.get(key)

    def _names(self, key: list[object]) -> list[str] | None:
        known = self._cached(key)
        return [str(each) for each in known] if isinstance(known, list) else None

    def _key(self, mutant: Mutant, what: str, checks: Sequence[str]) -> list[object]:
        """All that follows from: the files, and the code of the checks and of their foundations."""
        changed = {
            name: None if data is None else hashlib.sha256(data).hexdigest()
            for name, data in mutant.files.items()
        }
        codes = sorted({c for name in self._with_foundations(checks) for c in self._code_of(name)})
        files = sorted({**self._files, **changed}.items())
        head = ["mutant", _FORMAT, self._common, self._pool.seed, what, mutant.computes]
        return [*head, files, codes, list(checks)]

    def _code_of(self, check: str) -> list[str]:
        """The code of a check; all of its file where the check stands in a class there."""
        file, _, function = check.partition("::")
        beside = {
            name: code
            for name, code in self._codes.items()
            if name.split(" ", 1)[1].partition("::")[0].rpartition("/")[2] == file
        }
        own = [code for name, code in beside.items() if name.partition("::")[2] == function]
        return own or list(beside.values())

    def _with_foundations(self, checks: Iterable[str]) -> set[str]:
        """The checks, and those that they depend on."""
        asked = set(checks)
        names: set[str] = set()
        for check in reversed(self._checks):  # each stands behind those that it depends on
            if check.id in asked or check.id.rpartition("::")[2] in names:
                asked.add(check.id)
                names |= set(check.depends_on)
        return asked


def _about_files(assignment: Assignment) -> tuple[str, ...]:
    """The questions that no notebook answers."""
    return tuple(question.id for question in assignment.questions if not question.notebook)


def mutants_of(
    assignment: Assignment,
    solution: Mapping[str, bytes],
    tester: MutantTester,
    question: str = "",
    steps: Steps = SILENT,
) -> tuple[list[Mutant], list[tables.Part]]:
    """All mutants, and the parts of files that no question judges.

    Args:
        question: the id of the only one that is asked for; empty for all.
    """
    made = list(code_mutants(assignment, question))
    asked = next((q for q in assignment.questions if q.id == question), None)
    if asked is not None and asked.notebook:
        return made, []
    notebooks = {entry.file for entry in assignment.notebooks}
    files = {name: data for name, data in solution.items() if name not in notebooks}
    found = list(tables.parts(files))
    if found:
        steps.start("finding out which questions judge which files", len(found))
    unjudged = []

    def located(part: tables.Part) -> tuple[str, ...]:
        questions = tester.located(part)
        steps.advance()
        return questions

    for part, questions in zip(found, side_by_side(located, found), strict=True):
        if not questions:
            unjudged.append(part)
        elif not question or question in questions:
            # Which other file a figure is compared with, only the checks know.
            others = tuple(name for name in _about_files(assignment) if name not in questions)
            mutants = tables.file_mutants(part, files)
            made += [replace(m, questions=questions, beside=others) for m in mutants]
    return made, unjudged


def tested(
    mutants: Sequence[Mutant],
    tester: MutantTester,
    accepted: Sequence[Accepted],
    steps: Steps = SILENT,
) -> list[MutantResult]:
    """What became of each; survivors that staff accept have their reason."""
    steps.start("testing mutants", len(mutants))

    def test(mutant: Mutant) -> MutantResult:
        found = tester.test(mutant)
        steps.advance()
        if found.seen or found.status == EQUIVALENT:
            return found
        reasons = (each.reason for each in accepted if each.covers(mutant))
        reason = next(reasons, "")
        return replace(found, status=ACCEPTED, reason=reason) if reason else found

    return side_by_side(test, mutants)


def by_question(results: Iterable[MutantResult]) -> dict[str, list[MutantResult]]:
    """The results of each question; a mutant of several counts for each."""
    found: dict[str, list[MutantResult]] = defaultdict(list)
    for each in results:
        for question in each.mutant.questions:
            found[question].append(each)
    return found
