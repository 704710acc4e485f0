"""Results come in one by one; each is on the disk as a whole, or not at all, when it is kept.

A submission's record is written last, and only a record says that the submission is graded. What a
cut in between leaves is made again.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, astuple, dataclass, replace
from pathlib import Path
from typing import Any

from autograder.batch.attendance import Attendance
from autograder.batch.entries import Entry, Ignored
from autograder.batch.keys import CHECKS, FILES, SEED, Key
from autograder.batch.outcome import GradedSubmission
from autograder.gradescope import Additions, is_written, results, write_results
from autograder.model.errors import HarnessFault, UserError
from autograder.model.files import keep_names, write_atomically
from autograder.model.manifest import Assignment
from autograder.model.proven import Proven
from autograder.model.report import Report

BATCH, LOCK, RECORDS, RESULTS = "batch.json", ".lock", "records", "results"
LISTED, SIMILAR, REPORT = "submissions.json", "similar.json", "report.html"
FAILURES, PROVEN = "failures.csv", "proof.json"
_FORMAT = 1
STANDS = (
    "This is the result of an earlier run and it stands: in a later one the grader itself failed. "
    "Staff have been told."
)
_FULL = {errno.ENOSPC, errno.EDQUOT}


class StoreError(UserError):
    """The folder of results cannot be used; the text says what to do."""


@dataclass(frozen=True)
class Record:
    """A submission's result and all that it follows from.

    Attributes:
        hashes: SHA-256 of its files.
        fault: why the harness failed in a later run; the result is that of the last good one.
    """

    id: str
    key: Key
    report: Report
    hashes: Mapping[str, str]
    fault: str = ""

    @property
    def told(self) -> Report:
        """The report, which says so if it is older than the last run."""
        if not self.fault:
            return self.report
        last = self.fault.strip().rpartition("\n")[2]
        return replace(
            self.report,
            notes=(*self.report.notes, STANDS),
            flags=(*self.report.flags, f"{STANDS} What failed: {last}"),
        )

    def after(self, fault: str) -> Record:
        """The same result, after a run in which the harness failed."""
        return replace(self, fault=fault)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for the file."""
        return {
            "format": _FORMAT,
            "id": self.id,
            "key": dict(self.key),
            "hashes": dict(self.hashes),
            "report": self.report.to_dict(),
            **({"fault": self.fault} if self.fault else {}),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Record:
        """The inverse of ``to_dict``.

        Raises:
            LookupError, TypeError, ValueError: it is of another form.
        """
        if data["format"] != _FORMAT:
            raise ValueError("of another version")
        report, fault = Report.from_dict(data["report"]), str(data.get("fault", ""))
        return cls(data["id"], data["key"], report, data["hashes"], fault)


class Store:
    """The folder of one batch's results."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.seed = seed

    def results(self, identifier: str) -> Path:
        """Gradescope's results of a submission."""
        return self.folder / RESULTS / f"{identifier}.json"

    def record(self, identifier: str) -> Record | None:
        """What is kept of a submission; None if there is nothing that can be read."""
        try:
            path = self.folder / RECORDS / f"{identifier}.json"
            return Record.from_dict(json.loads(path.read_bytes()))
        except (OSError, LookupError, TypeError, ValueError, RecursionError):
            return None

    def write_list(
        self,
        attendance: Attendance,
        assignment: Assignment,
        ignored: Iterable[Ignored] = (),
    ) -> None:
        """Write whose submissions there are, those that wait for grading included, and what of.

        Args:
            attendance: the submissions that count, and what staff should know of them.
            ignored: what is no part of any of them, and why.
        """
        rows = [
            {
                "id": e.id,
                "label": e.label,
                "people": [astuple(person) for person in e.people],
                "created": e.created,
                "late": e.late,
                "platform": e.platform,
                "origin": e.origin,
            }
            for e in attendance.entries
        ]
        listed = {
            "name": assignment.name,
            "title": assignment.title,
            "questions": [asdict(question) for question in assignment.questions],
            "submissions": rows,
            "ignored": [[item.name, item.reason] for item in ignored],
            "notices": [asdict(notice) for notice in attendance.notices],
            "absent": [astuple(person) for person in attendance.absent],
            "unsettled": sorted(astuple(person) for person in attendance.unsettled),
        }
        with self.writing():
            write_atomically(self.folder / LISTED, json.dumps(listed))

    def write_proven(self, proven: Proven) -> None:
        """Write what the last release says of the checks, for the report."""
        with self.writing():
            write_atomically(self.folder / PROVEN, json.dumps(proven.to_dict()))

    def proven(self) -> Proven | None:
        """What was written of it; None if nothing was, or nothing that can be read."""
        try:
            return Proven.from_dict(json.loads((self.folder / PROVEN).read_bytes()))
        except (OSError, LookupError, TypeError, ValueError, RecursionError):
            return None

    def keep(self, record: Record, entry: Entry) -> None:
        """Write a submission's results, then its record.

        Raises:
            StoreError: the disk is full, or cannot be written.
        """
        with self.writing():
            self.write_results(GradedSubmission(entry, record.told, record.hashes, record.fault))
            path = self.folder / RECORDS / f"{record.id}.json"
            write_atomically(path, json.dumps(record.to_dict()))
            keep_names(path.parent)

    def write_results(self, item: GradedSubmission) -> None:
        """Write Gradescope's results, with what only staff read, where they are not the same."""
        entry, path = item.entry, self.results(item.entry.id)
        staff = {
            "submission": entry.label,
            "submitters": [[p.name, p.sid, p.email] for p in entry.people],
            "sha256": dict(item.hashes),
        }
        additions = Additions(staff=staff)
        if is_written(results(item.report, additions), path):
            return  # pages that were made of them are as good as new
        with suppress(HarnessFault):  # the file says so
            write_results(item.report, path, additions)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Turn what the disk refuses into a sentence."""
        try:
            yield
        except OSError as error:
            why = "the disk is full" if error.errno in _FULL else error.strerror
            raise StoreError(
                f"{self.folder}: cannot be written ({why}); what was graded before is kept: make "
                "room and give the same command again."
            ) from None


@contextmanager
def opened_store(folder: Path, assignment: str, seed: int | None) -> Iterator[Store]:
    """Open or make a folder of results, which only its owner may enter, for one command at a time.

    Args:
        seed: what random inputs are drawn from; None for the one that the folder has, or a new one.

    Raises:
        StoreError: it belongs to something else, or is in use, or cannot be written.
    """
    store = Store(folder, 0)
    with store.writing():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        held = sorted(path.name for path in folder.iterdir())
        known = _read(folder / BATCH)
        if known is None and any(name not in (LOCK, BATCH) for name in held):
            raise StoreError(
                f"{folder}: found {held[0]}, which is no batch's; give an empty folder or that of "
                "an earlier run."
            )
        folder.chmod(0o700)  # names and grades of students
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StoreError(
                f"{folder}: another command is writing there; wait for it, or give another folder."
            ) from None
        if known is not None and known.get("assignment") != assignment:
            raise StoreError(
                f"{folder}: found results of '{known.get('assignment')}', not of '{assignment}'; "
                "give another folder."
            )
        drawn = (known or {}).get(SEED)
        store.seed = seed if seed is not None else _or_new(drawn)
        with store.writing():
            text = json.dumps({"format": _FORMAT, "assignment": assignment, SEED: store.seed})
            write_atomically(folder / BATCH, text)
            for name in (RECORDS, RESULTS):
                (folder / name).mkdir(exist_ok=True)
            for path in folder.rglob(".?*"):  # what a kill has left half written
                if path.name != LOCK and path.is_file():
                    path.unlink()
        yield store
    finally:
        os.close(lock)


def _or_new(seed: object) -> int:
    return seed if isinstance(seed, int) else secrets.randbits(48)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def differences(record: Record | None, key: Key, hashes: Mapping[str, str]) -> list[str]:
    """Why a submission has to be graded (again), a line for each reason; empty if it need not be.

    Args:
        hashes: SHA-256 of its files as they are now.
    """
    if record is None:
        return ["it has no result yet"]
    faulty = record.report.faulty or record.fault
    reasons = ["its last run ended in an internal error"] if faulty else []
    if record.key.get(FILES) != key[FILES]:
        changed = _changed(record.hashes, hashes)
        reasons.append(f"files: {changed or 'what was left out of the submission has changed'}")
    for name in [*key, *(name for name in record.key if name not in key)]:
        if name not in (FILES, CHECKS) and record.key.get(name) != key.get(name):
            reasons.append(f"{name}: changed")
    changed = _changed(record.key.get(CHECKS, {}), key[CHECKS])
    return [*reasons, *([f"checks: {changed}"] if changed else [])]


def _changed(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    words = [f"{name} is new" for name in now if name not in before]
    words += [f"{name} is gone" for name in before if name not in now]
    words += [f"{name} has changed" for name in now if before.get(name, now[name]) != now[name]]
    return ", ".join(words)
