"""Submissions come in, as a folder or an export; results, grades and findings go into a folder.

What is kept there from an earlier run, and follows from the same, is not made again.
"""

from __future__ import annotations

import json
import os
import signal
import tempfile
import threading
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from rich.console import Console

from autograder.batch import grades
from autograder.batch.answers import collect, read_index
from autograder.batch.attendance import Attendance, attend
from autograder.batch.contents import Content, read
from autograder.batch.entries import Entry
from autograder.batch.kept import with_decisions
from autograder.batch.keys import Key, common_key, completed, key_of
from autograder.batch.local import grade_here
from autograder.batch.outcome import Batch, GradedSubmission
from autograder.batch.roster import read_roster
from autograder.batch.similarity import SimilarityIndex
from autograder.batch.sources import submissions
from autograder.batch.store import REPORT, SIMILAR, Record, Store, differences, opened_store
from autograder.batch.terminal import (
    Counting,
    counting,
    print_batch,
    print_notices,
    print_problems,
    print_reasons,
    print_source,
)
from autograder.grading.bundle import pack
from autograder.grading.jobs import Finished, GradeJob
from autograder.grading.session import failed_report
from autograder.model.course import dist
from autograder.model.errors import UserError
from autograder.model.faults import print_faults
from autograder.model.files import write_atomically
from autograder.model.findings import shown
from autograder.model.manifest import Assignment
from autograder.model.proven import proven
from autograder.model.report import Report
from autograder.model.submission import OWN_TROUBLES
from autograder.pages.page import PagesError, require_pages
from autograder.review.rescoring import read_grades

GRADED, FAULT, STOPPED = 0, 1, 130


class BatchError(UserError):
    """The call names something that is not there."""


@dataclass(frozen=True)
class BatchOptions:
    """What is asked for.

    Attributes:
        slots: how many submissions are graded side by side here.
        scheduler: the address of a cluster's scheduler; None to grade on this machine.
        seed: None for the seed of an earlier run, or a new one.
        cache_dir: where costly results and verdicts are kept.
        own_cache: the folder was named, so that a cluster's workers use it too.
        no_cache: grade all, whatever is kept.
        feedback: write pages of feedback too.
        roster: a table of the people of the course; None if it is not known.
    """

    source: Path
    out: Path
    slots: int
    scheduler: str | None
    seed: int | None
    cache_dir: Path
    own_cache: bool = False
    no_cache: bool = False
    feedback: bool = False
    roster: Path | None = None


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0))


def run(
    options: BatchOptions,
    assignment: Assignment,
    templates: Mapping[str, bytes],
    console: Console,
) -> int:
    """Grade what is not graded yet; 0, or 1 if the harness failed anywhere, 130 if stopped."""
    started = time.monotonic()
    if options.feedback:
        require_pages()
    roster = read_roster(options.roster) if options.roster is not None else None
    with (
        submissions(options.source, assignment) as source,
        opened_store(options.out, assignment.name, options.seed) as store,
    ):
        attendance = attend(source.entries, source.ignored, roster)
        entries = attendance.entries
        store.write_list(attendance, assignment, source.ignored)
        if (proof := proven(assignment, dist(assignment))) is not None:
            store.write_proven(proof)
        this = _Run(options, assignment, templates, store)
        try:
            with closing(this), _ended_like_by_the_keyboard(), counting(console) as count:
                this.grade(entries, count)
                this.collect(entries, count)
                batch = this.batch(attendance, count)
                with store.writing():
                    for item in batch.graded:
                        store.write_results(item)
                    _write(batch, options.out)
                    report = _write_pages(batch, options, templates, count)
        except KeyboardInterrupt:
            console.print(
                f"Stopped; {this.new} more are graded. The same command goes on from there."
            )
            return STOPPED
    print_source(console, source)
    print_problems(console, this.problems)
    print_batch(console, batch, this.new, time.monotonic() - started, options.out, report)
    print_notices(console, (*attendance.notices, *batch.missing), source.ignored)
    print_faults(console, this.faults, str(assignment.folder))
    return FAULT if batch.faulty else GRADED


def why(
    options: BatchOptions,
    identifier: str,
    assignment: Assignment,
    templates: Mapping[str, bytes],
    console: Console,
) -> int:
    """Say whether a submission would be graded again, and why."""
    with (
        submissions(options.source, assignment) as source,
        opened_store(options.out, assignment.name, options.seed) as store,
    ):
        entries = source.entries
        entry = next((entry for entry in entries if entry.id == identifier), None)
        if entry is None:
            known = ", ".join(entry.id for entry in entries[:5])
            raise BatchError(
                f"--why {shown(identifier)}: there is no such submission; ids are {known}, ..."
            )
        content = read(entry, assignment)
        key = key_of(common_key(assignment, templates, store.seed, os.geteuid()), content)
        reasons = differences(store.record(entry.id), key, content.hashes)
    print_reasons(console, identifier, reasons)
    return GRADED


class _Run:
    """One run over all submissions; ``new`` counts those that it has graded."""

    def __init__(
        self,
        options: BatchOptions,
        assignment: Assignment,
        templates: Mapping[str, bytes],
        store: Store,
    ) -> None:
        self._options = options
        self._assignment = assignment
        self._templates = templates
        self.problems: list[str] = []
        #: What the harness failed at in this run.
        self.faults: list[str] = []
        self._store = store
        # Taken once: an edit while the batch runs counts for the next one.
        self._bundle = pack(assignment, templates)
        self._common = common_key(assignment, templates, store.seed, os.geteuid())
        self._alike = SimilarityIndex(assignment, templates)
        self._records: dict[str, Record] = {}
        self._under_way: dict[str, tuple[Entry, Key, Content]] = {}
        self.new = 0

    def close(self) -> None:
        """End what runs beside the grading."""
        self._alike.close()

    def grade(self, entries: Sequence[Entry], count: Counting) -> None:
        """Grade the submissions of which no result is kept that still holds."""
        count.begin("Grading", len(entries))
        jobs = self._jobs(entries, count)
        first = next(jobs, None)
        if first is None:  # no process is started for nothing
            return
        finished = self._engine(chain([first], jobs))
        try:
            for result in finished:
                self._keep(result, count)
        finally:
            finished.close()

    def collect(self, entries: Sequence[Entry], count: Counting) -> None:
        """Keep the answers that people grade."""
        options, assignment = self._options, self._assignment
        if assignment.manual_questions:
            count.begin("Collecting answers", len(entries))
            with self._store.writing():
                collect(
                    entries,
                    self._records,
                    assignment,
                    self._templates,
                    options.out,
                    options.slots,
                    count.ended,
                )

    def batch(self, attendance: Attendance, count: Counting) -> Batch:
        """All results, and what they have in common."""
        entries = attendance.entries
        count.begin("Comparing", len(entries))
        decided, self.problems = read_grades(self._store.folder, self._assignment.questions)
        answers = read_index(self._store.folder)
        graded = tuple(
            with_decisions(entry, self._records[entry.id], decided, answers.get(entry.id, {}))
            for entry in entries
        )
        matches = self._alike.matches(count.ended)
        return Batch(self._assignment, graded, matches, attendance)

    def _jobs(self, entries: Sequence[Entry], count: Counting) -> Iterator[GradeJob]:
        """Read each submission when there is somebody to grade it: all at once may be too much."""
        for entry in entries:
            content = self._read(entry)
            if content is None:
                count.ended(faulty=True)
                continue
            key = key_of(self._common, content)
            self._alike.add(entry.id, content)
            if self._is_kept(entry, key, content):
                count.ended()
                continue
            self._under_way[entry.id] = entry, key, content
            yield GradeJob(entry.id, content.files, self._store.seed, self._options.no_cache)

    def _is_kept(self, entry: Entry, key: Key, content: Content) -> bool:
        """Whether a result is kept that still holds; if so, it is taken over."""
        record = self._store.record(entry.id)
        if record is None or self._options.no_cache or differences(record, key, content.hashes):
            return False
        self._records[entry.id] = record
        if not self._store.results(entry.id).is_file():
            with self._store.writing():
                self._store.write_results(
                    GradedSubmission(entry, record.told, record.hashes, record.fault)
                )
        return True

    def _read(self, entry: Entry) -> Content | None:
        """What a submission holds; None if the harness fails at it, which is then its result."""
        try:
            return read(entry, self._assignment)
        except Exception as error:
            if isinstance(error, OSError) and error.errno in OWN_TROUBLES:
                raise BatchError(
                    f"{tempfile.gettempdir()}: a submission cannot be copied there "
                    f"({error.strerror}); make room and give the same command again."
                ) from None
            self._set_aside(entry, self._common, traceback.format_exc())
            return None

    def _engine(self, jobs: Iterator[GradeJob]) -> Any:
        options = self._options
        if options.scheduler is None:
            return grade_here(jobs, self._bundle, slots=options.slots, cache_dir=options.cache_dir)
        from autograder.batch.cluster import grade_there

        cache_dir = options.cache_dir if options.own_cache else None
        return grade_there(jobs, self._bundle, address=options.scheduler, cache_dir=cache_dir)

    def _keep(self, result: Finished, count: Counting) -> None:
        entry, key, content = self._under_way.pop(result.id)
        if result.report is None:
            self._set_aside(entry, key, result.fault)
            count.ended(faulty=True)
            return
        report = completed(Report.from_dict(dict(result.report)), content)
        self.faults += (f"submission {entry.id}\n{fault}" for fault in report.all_faults)
        self._write(Record(entry.id, key, report, content.hashes), entry)
        count.ended(faulty=report.faulty)

    def _set_aside(self, entry: Entry, key: Key, fault: str) -> None:
        self.faults.append(f"submission {entry.id}\n{fault}")
        report = failed_report(self._assignment, Path(entry.id), fault)
        self._write(Record(entry.id, key, report, {}), entry)

    def _write(self, record: Record, entry: Entry) -> None:
        before = self._store.record(entry.id)
        if record.report.faulty and before is not None and not before.report.faulty:
            # A good grade is not emptied by an internal error.
            record = before.after(record.report.all_faults[0])
        self._store.keep(record, entry)
        self._records[entry.id] = record
        self.new += 1


def _write(batch: Batch, out: Path) -> None:
    for name, text in grades.tables(batch).items():
        write_atomically(out / name, text)
    matches = [asdict(match) for match in batch.matches]
    write_atomically(out / SIMILAR, json.dumps(matches, indent=1))


def _write_pages(
    batch: Batch, options: BatchOptions, templates: Mapping[str, bytes], count: Counting
) -> str:
    """Write the report, and feedback if asked for; what to tell of it."""
    try:
        require_pages()
    except PagesError as error:  # nobody asked for them
        return f"{REPORT} was not written: {error}"
    from autograder.batch import pages

    if options.feedback:
        count.begin("Writing feedback", len(batch.graded))
        pages.write_feedback(batch, templates, options.out, options.slots, count.ended)
    pages.write_report(options.out)
    return REPORT


@contextmanager
def _ended_like_by_the_keyboard() -> Iterator[None]:
    """Have a request to terminate do what Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
