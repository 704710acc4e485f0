"""A batch comes in; a table of grades for staff, and those that platforms read, go out.

``grades.csv`` has the columns of Gradescope's own download of grades, and a row for all: also for
those who submitted nothing, and for what was left out. The tables for platforms, as
``grades-canvas.csv``, are made by their modules. A submission in which the harness failed has no
score, and one of which people have points to give still has not all of it: neither has a row in
the tables that are read by machines.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator

from autograder.batch.attendance import ABSENT, LEFT_OUT
from autograder.batch.entries import Entry, Person
from autograder.batch.outcome import Batch, GradedSubmission
from autograder.batch.platforms import PLATFORMS
from autograder.batch.platforms.base import Cell, Row, Score
from autograder.model.report import UNREADABLE, Report, missing_words

#: Where a spreadsheet that splits at commas, semicolons or tabs may see the begin of a formula, and
#: run what it says: a sign at the begin of a text or behind such a separator, spaces and quotes.
_FORMULA = re.compile("(^|[,;|\\t\\r\\n])(?=[\\s\"']*[=+@\\-\uff1d\uff0b\uff0d\uff20])")
_SPACE = ("\t", "\r", "\n")


def tables(batch: Batch) -> dict[str, str]:
    """The text of each table, by the name of its file."""
    scores = [Score(e, person, r.score, r.max_score) for e, person, r in _sure(batch)]
    made = {f"grades-{each.KEY}.csv": each.grades(scores, batch.assignment) for each in PLATFORMS}
    return {
        "grades.csv": written(_all(batch)),
        **{name: written(rows) for name, rows in made.items() if rows},
    }


def safe(cell: Cell) -> Cell:
    """A cell of which no spreadsheet takes a part for a formula; numbers are as they are."""
    if not isinstance(cell, str):
        return cell
    text = _FORMULA.sub(r"\1'", cell)
    return f"'{text}" if text.startswith(_SPACE) else text


def written(rows: Iterable[Row]) -> str:
    """Rows as CSV, of which no spreadsheet takes a part for a formula."""
    buffer = io.StringIO()
    # Quoted, or a spreadsheet that splits at semicolons would split texts too.
    writer = csv.writer(buffer, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerows([safe(cell) for cell in row] for row in rows)
    return buffer.getvalue()


def _people(item: GradedSubmission) -> tuple[Person, ...]:
    """Those who submitted; where nobody is known, what the submission was called."""
    return item.entry.people or (Person(name=item.entry.label),)


def _all(batch: Batch) -> Iterator[Row]:
    questions = batch.assignment.questions
    titles: Row = [f"{q.id}: {q.title} ({q.points:g} pts)" for q in questions]
    head: Row = ["Name", "SID", "Email", "Total Score", "Max Points", "Status", "Submission ID"]
    by_hand: Row = ["Points Out", "Changed By Hand"]
    yield [*head, "Submission Time", "Late", *titles, *by_hand, "Flags", "Seconds", "Remarks"]
    for item in batch.graded:
        report, entry = item.report, item.entry
        total: Cell = "" if report.faulty else report.score
        points: Row = [_earned(report, question.id) for question in questions]
        about: Row = [total, report.max_score, _status(report), entry.id, entry.created]
        people: Row = [report.points_out, "; ".join(_changed(report))]
        late = "yes" if entry.late else ""
        told = [f"{notice.who}: {notice.text}" for notice in batch.attendance.of(entry.id)]
        told += [f"{UNREADABLE}: {words}" for words in [missing_words(report)] if words]
        remarks = "; ".join(told)
        for person in _people(item):
            who: Row = [person.name, person.sid, person.email]
            last: Row = ["; ".join(report.flags), report.seconds, remarks]
            yield [*who, *about, late, *points, *people, *last]
    yield from _not_graded(batch)


def _not_graded(batch: Batch) -> Iterator[Row]:
    """A row for each person who submitted nothing, and for each file that was left out."""
    left: Row = ["", "", *("" for _ in batch.assignment.questions), "", "", "", ""]
    for person in batch.attendance.absent:
        who: Row = [person.name or person.login, person.sid, person.email]
        yield [*who, "", batch.assignment.points, ABSENT, "", *left, ""]
    for notice in batch.attendance.notices:
        if notice.kind == LEFT_OUT:
            yield [notice.who, "", "", "", "", LEFT_OUT, "", *left, notice.text]


def _status(report: Report) -> str:
    if report.faulty:
        return "Internal error"
    if report.ungraded:
        return "Points out"
    again = [part.again for part in report.manual]
    again += [check.override.again for check in report.checks if check.override is not None]
    return "Second look" if any(again) else "Graded"


def _changed(report: Report) -> Iterator[str]:
    """The points that a person gave in place of a check, with the reason."""
    for check in report.checks:
        if check.override is not None:
            words = f"{check.score:g} instead of {check.override.automatic:g}"
            by = f" by {check.override.by}" if check.override.by else ""
            yield f"{check.id}: {words}{by} ({check.override.reason})"


def _earned(report: Report, question: str) -> Cell:
    checks = [check for check in report.checks if check.question == question]
    by_people = [part for part in report.manual if part.question == question]
    if not (checks or by_people) or any(check.status == "fault" for check in checks):
        return ""
    if any(part.score is None for part in by_people):
        return ""
    given = sum(part.score or 0.0 for part in by_people)
    return round(sum(check.score for check in checks) + given, 6)


def _sure(batch: Batch) -> Iterator[tuple[Entry, Person, Report]]:
    for item in batch.graded:
        if not (item.report.faulty or item.report.ungraded):
            for person in _people(item):
                if person not in batch.attendance.unsettled:
                    yield item.entry, person, item.report
