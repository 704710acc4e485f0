"""What the staff's report is made of, as plain values; links to its parts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote

from autograder.model.proven import Proven
from autograder.model.report import Report
from autograder.model.text import bounded
from autograder.pages.clusters import Cluster, clusters


@dataclass(frozen=True)
class ReportedSubmission:
    """One submission of the batch.

    Attributes:
        id: unique in the batch.
        name: whose it is, as staff know them.
        page: where its page of feedback lies, relative to the report; empty if there is none.
        problem: why that does not show the submission's notebooks; empty if it does.
    """

    id: str
    name: str
    report: Report
    page: str = ""
    problem: str = ""


@dataclass(frozen=True)
class SimilarGroup:
    """Submissions that are suspiciously alike, by their ids.

    Attributes:
        kind: what is alike, as "identical file".
        share: how alike, from 0 to 1; None where it is all or nothing.
        about: where, as the question or the file.
    """

    kind: str
    ids: tuple[str, ...]
    share: float | None = None
    about: str = ""


@dataclass(frozen=True)
class ReportedNotice:
    """What staff should know of who submitted what, and of which submissions, by their ids."""

    kind: str
    text: str
    ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReportedBatch:
    """All that the report tells.

    Attributes:
        made: when it was graded, in words; empty to leave it out.
        ignored: what was no part of any submission, and why.
        notices: who submitted what, and who did not.
        proven: how good the last release proved the checks to be; None if nobody knows.
    """

    title: str
    submissions: tuple[ReportedSubmission, ...]
    alike: tuple[SimilarGroup, ...] = ()
    made: str = ""
    ignored: tuple[tuple[str, str], ...] = ()
    notices: tuple[ReportedNotice, ...] = ()
    proven: Proven | None = None

    @property
    def reports(self) -> list[Report]:
        """Of all submissions, in order."""
        return [graded.report for graded in self.submissions]

    @cached_property
    def clusters(self) -> list[Cluster]:
        """Those who fail alike; the page shows them, and a table of its own."""
        return clusters(self.reports)


@dataclass(frozen=True)
class Link:
    """A submission as a link to its part of the page."""

    name: str
    href: str


def link_to(graded: ReportedSubmission) -> Link:
    """The link to a submission's part of the page, by whose it is."""
    name = bounded(graded.name.strip() or graded.id.strip() or "(no name)", 120)
    return Link(name, f"#submission/{quote(shown_id(graded), safe='')}")


def shown_id(graded: ReportedSubmission) -> str:
    """A file name may hold what no text can."""
    return graded.id.encode("utf-8", "replace").decode("utf-8")
