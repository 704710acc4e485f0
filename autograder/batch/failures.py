"""Reports of a batch come in; a table of those who fail alike goes out (`failures.csv`).

A group that staff answer together, by mail or on the forum, has a row for each check's message.
"""

from __future__ import annotations

from collections.abc import Iterator

from autograder.batch.platforms.base import Row
from autograder.model.report import name_of
from autograder.model.text import bounded
from autograder.pages.clusters import likely_cause
from autograder.pages.reported import ReportedBatch

MAX_MESSAGE = 1_500
#: A spreadsheet's cell holds 32,767 characters.
MAX_NAMES = 30_000
HEAD = ["Group", "Submissions", "Check", "Title", "Message", "May come of", "Ids", "Names"]


def failures(batch: ReportedBatch) -> Iterator[Row]:
    """The rows, the head first and the largest group next."""
    yield [*HEAD]
    for number, cluster in enumerate(batch.clusters, 1):
        members = [batch.submissions[index] for index in cluster.indices]
        ids = bounded(", ".join(each.id for each in members), MAX_NAMES)
        names = bounded(", ".join(each.name for each in members), MAX_NAMES)
        for saying in cluster.sayings:
            check = saying.check
            said: Row = [name_of(check), check.title]
            said += [bounded(saying.example, MAX_MESSAGE), likely_cause(batch.proven, saying)]
            yield [number, len(members), *said, ids, names]
