"""The model of a whole batch, as tables and pages are made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median

from autograder.batch.attendance import Attendance, Notice
from autograder.batch.entries import Entry
from autograder.model.manifest import Assignment
from autograder.model.report import UNREADABLE, Report, missing_words


@dataclass(frozen=True)
class Match:
    """Submissions that are alike in something that is not in the template.

    Attributes:
        kind: ``file``, ``answer`` or ``code``; ``unread`` for one that could not be compared.
        what: the file, the answer's place, ``all code``, or what went wrong.
        ids: the submissions; more than two may have the same.
        share: of the smaller one's own code, the part that the other has too; 1 for what is equal.
    """

    kind: str
    what: str
    ids: tuple[str, ...]
    share: float = 1.0


@dataclass(frozen=True)
class GradedSubmission:
    """One submission and its report.

    Attributes:
        hashes: SHA-256 of its files by name.
        fault: why the harness failed in a later run than the one that the report is of.
    """

    entry: Entry
    report: Report
    hashes: Mapping[str, str]
    fault: str = ""

    @property
    def faults(self) -> tuple[str, ...]:
        """What failed in the harness, in this run or a later one."""
        return (*self.report.all_faults, *([self.fault] if self.fault else []))


@dataclass(frozen=True)
class Batch:
    """All submissions of one run, those graded before included, in the order of the source.

    Attributes:
        attendance: who submitted what, and what is left out.
    """

    assignment: Assignment
    graded: tuple[GradedSubmission, ...]
    matches: tuple[Match, ...] = ()
    attendance: Attendance = field(default_factory=Attendance)

    @property
    def faulty(self) -> tuple[GradedSubmission, ...]:
        """Those in which the harness failed, also where an older result stands."""
        return tuple(item for item in self.graded if item.faults)

    @property
    def waiting(self) -> tuple[GradedSubmission, ...]:
        """Those of which people have points to give still."""
        return tuple(item for item in self.graded if item.report.ungraded)

    @property
    def missing(self) -> tuple[Notice, ...]:
        """Those in which a notebook that was asked for is not there or cannot be read."""
        return tuple(
            Notice(UNREADABLE, item.entry.called, words, (item.entry.id,))
            for item in self.graded
            if (words := missing_words(item.report))
        )

    @property
    def median_score(self) -> float | None:
        """Of those in which it did not; None if there are none."""
        scores = [item.report.score for item in self.graded if not item.report.faulty]
        return median(scores) if scores else None
