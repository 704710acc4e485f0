"""Reports of a batch come in; a table of those who fail alike goes out (`failures.csv`).

A group that staff answer together, by mail or on the forum, has a row for each check's message.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from autograder.batch.outcome import Graded
from autograder.batch.platforms.base import Row
from autograder.model.proven import Proven
from autograder.model.text import bounded
from autograder.pages.clusters import clusters, likely_cause

MAX_MESSAGE = 1_500
#: A spreadsheet's cell holds 32,767 characters.
MAX_NAMES = 30_000
HEAD = ["Group", "Submissions", "Check", "Title", "Message", "May come of", "Ids", "Names"]


def failures(graded: Sequence[Graded], proven: Proven | None) -> Iterator[Row]:
    """The rows, the head first and the largest group next."""
    yield [*HEAD]
    for number, cluster in enumerate(clusters(item.report for item in graded), 1):
        entries = [graded[place].entry for place in cluster.places]
        ids = bounded(", ".join(entry.id for entry in entries), MAX_NAMES)
        names = bounded(", ".join(entry.called for entry in entries), MAX_NAMES)
        for saying in cluster.sayings:
            check = saying.check
            said: Row = [check.number or check.id, check.title]
            said += [bounded(saying.example, MAX_MESSAGE), likely_cause(proven, saying)]
            yield [number, len(entries), *said, ids, names]
