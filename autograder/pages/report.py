"""The reports of a batch come in; the staff's page on all of them, with one for each, goes out."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import numpy as np
from markupsafe import Markup

from autograder.model.report import CheckResult, Median, Report, student_notes
from autograder.model.statuses import STATUSES
from autograder.model.text import bounded
from autograder.pages.items import Cluster, Item, clusters, items
from autograder.pages.page import render
from autograder.sandbox.lockdown import isolation

BINS = 20
MAX_CLUSTERS = 100
MAX_LINKS = 20
MAX_IGNORED = 500
MAX_MESSAGE = 1_500
MAX_TRACE = 4_000


@dataclass(frozen=True)
class Reported:
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
class Alike:
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
class Noticed:
    """What staff should know of who handed in what, and of which submissions, by their ids."""

    kind: str
    text: str
    ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReportedBatch:
    """All that the report tells.

    Attributes:
        made: when it was graded, in words; empty to leave it out.
        ignored: what was no part of any submission, and why.
        notices: who handed in what, and who did not.
    """

    title: str
    submissions: tuple[Reported, ...]
    alike: tuple[Alike, ...] = ()
    made: str = ""
    ignored: tuple[tuple[str, str], ...] = ()
    notices: tuple[Noticed, ...] = ()


@dataclass(frozen=True)
class Link:
    """A submission as a link to its part of the page."""

    name: str
    href: str


@dataclass(frozen=True)
class Flag:
    """One row of what staff should look at."""

    kind: str
    links: tuple[Link, ...]
    text: str
    share: float | None = None


@dataclass(frozen=True)
class Bar:
    """One bar of the histogram, in units of 1 for each bin and of 100 for the highest."""

    low: float
    high: float
    count: int
    height: float


@dataclass(frozen=True)
class Row:
    """One submission in the table."""

    link: Link
    id: str
    score: float
    passed: int
    checks: int
    flags: int
    faults: int
    isolation: str
    seconds: float


@dataclass
class _Texts:
    """Every text once: a thousand submissions share most of their messages."""

    texts: list[str] = field(default_factory=list)
    _places: dict[str, int] = field(default_factory=dict)

    def place(self, text: str, limit: int = MAX_MESSAGE) -> int:
        if text not in self._places:
            self._places[text] = len(self.texts)
            self.texts.append(bounded(text, limit))
        return self._places[text]


def batch_page(batch: ReportedBatch) -> str:
    """The report's HTML.

    Raises:
        PagesError: the libraries for pages are not installed.
    """
    reports = [graded.report for graded in batch.submissions]
    scores = np.array([_finite(report.score) for report in reports])
    found = items(reports)
    groups = clusters(reports)
    return render(
        "report.html.j2",
        script="report.js",
        batch=batch,
        title=bounded(batch.title, 200),
        facts=_facts(reports, scores),
        bars=_bars(scores, max((report.max_score for report in reports), default=0.0)),
        items=found,
        clusters=[(cluster, _links(batch, cluster)) for cluster in groups[:MAX_CLUSTERS]],
        more_clusters=max(len(groups) - MAX_CLUSTERS, 0),
        flags=list(_flags(batch)),
        rows=[_row(graded) for graded in batch.submissions],
        statuses=STATUSES,
        data=_embedded(_data(batch, found)),
    )


def _finite(value: float) -> float:
    return value if math.isfinite(value) else 0.0


def _facts(reports: Sequence[Report], scores: np.ndarray) -> list[tuple[str, str]]:
    if not reports:
        return [("Submissions", "0")]
    low, middle, high = np.percentile(scores, [25, 50, 75])
    return [
        ("Submissions", f"{len(reports):,}"),
        ("Median", f"{middle:.4g}"),
        ("Middle half", f"{low:.4g} to {high:.4g}"),
        ("Mean", f"{scores.mean():.4g}"),
        ("Standard deviation", f"{scores.std():.3g}"),
        ("Lowest and highest", f"{scores.min():.4g} and {scores.max():.4g}"),
        ("Out of", f"{max(report.max_score for report in reports):g}"),
        ("Grading time in all", _duration(sum(report.seconds for report in reports))),
        ("Median time", f"{np.median([report.seconds for report in reports]):.2f} s"),
    ]


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"


def _bars(scores: np.ndarray, highest: float) -> list[Bar]:
    if not len(scores) or highest <= 0:
        return []
    counts, edges = np.histogram(np.clip(scores, 0, highest), bins=BINS, range=(0, highest))
    return [
        Bar(float(low), float(high), int(count), float(100 * count / counts.max()))
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]


def _link(graded: Reported) -> Link:
    name = bounded(graded.name.strip() or graded.id.strip() or "(no name)", 120)
    return Link(name, f"#submission/{quote(_id(graded), safe='')}")


def _id(graded: Reported) -> str:
    """A file name may hold what no text can."""
    return graded.id.encode("utf-8", "replace").decode("utf-8")


def _links(batch: ReportedBatch, cluster: Cluster) -> list[Link]:
    return [_link(batch.submissions[place]) for place in cluster.places]


def _flags(batch: ReportedBatch) -> Iterator[Flag]:
    """What was left out, then faults, what the sandbox lacked or no page shows, and copies."""
    yield from _attendance(batch)
    for graded in batch.submissions:
        faults = graded.report.all_faults
        if faults:
            last = faults[0].strip().rpartition("\n")[2]
            more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
            yield Flag("Harness fault", (_link(graded),), bounded(last, 300) + more)
    for graded in batch.submissions:
        if graded.report.unsafe:
            held = ", ".join(graded.report.primitives) or "nothing"
            yield Flag("Isolation", (_link(graded),), f"below what hidden checks require: {held}")
    for graded in batch.submissions:
        if graded.problem:
            words = f"its notebooks are not shown on its pages: {graded.problem}"
            yield Flag("Pages", (_link(graded),), bounded(words, 300))
    known = {graded.id: _link(graded) for graded in batch.submissions}
    for alike in sorted(batch.alike, key=lambda found: -(found.share or 1.0)):
        links = [known.get(end, Link(bounded(end, 120), "")) for end in alike.ids[:MAX_LINKS]]
        left = len(alike.ids) - MAX_LINKS
        about = bounded(alike.about, 300) + (f" (and {left} more submissions)" if left > 0 else "")
        yield Flag(bounded(alike.kind, 120), tuple(links), about, alike.share)
    yield from _by_people(batch)
    for graded in batch.submissions:
        for flag in graded.report.flags:
            yield Flag("Check's remark", (_link(graded),), bounded(flag, 300))


def _attendance(batch: ReportedBatch) -> Iterator[Flag]:
    """Who handed in what, and what was left out; what nobody misses comes last."""
    known = {graded.id: _link(graded) for graded in batch.submissions}
    missed = {notice.text for notice in batch.notices}
    for notice in batch.notices:
        links = tuple(known[end] for end in notice.ids[:MAX_LINKS] if end in known)
        yield Flag(bounded(notice.kind, 120), links, bounded(notice.text, 300))
    left = [(name, why) for name, why in batch.ignored if f"{name}: {why}" not in missed]
    for name, why in left[:MAX_IGNORED]:
        yield Flag("Left out", (), bounded(f"{name}: {why}", 300))
    if len(left) > MAX_IGNORED:
        yield Flag("Left out", (), f"and {len(left) - MAX_IGNORED} more, in submissions.json")


def _by_people(batch: ReportedBatch) -> Iterator[Flag]:
    """What people have still to grade or to look at again, and where they gave other points."""
    out = [graded for graded in batch.submissions if graded.report.ungraded]
    if out:
        links = tuple(_link(graded) for graded in out[:MAX_LINKS])
        more = f" (and {len(out) - MAX_LINKS} more submissions)" if len(out) > MAX_LINKS else ""
        answers = sum(len(graded.report.ungraded) for graded in out)
        yield Flag("Points out", links, f"{answers} answers wait for people{more}")
    for graded in batch.submissions:
        for part in graded.report.manual:
            if part.again:
                words = f"{part.question}: {part.again}"
                yield Flag("Second look", (_link(graded),), bounded(words, 300))
        for check in graded.report.checks:
            if (given := check.override) is not None:
                words = f"{check.id}: {check.score:g} instead of {given.automatic:g} points"
                by = f" by {given.by}" if given.by else ""
                again = f"; {given.again}" if given.again else ""
                text = bounded(f"{words}{by}: {given.reason}{again}", 600)
                yield Flag("Changed by hand", (_link(graded),), text)


def _row(graded: Reported) -> Row:
    report = graded.report
    return Row(
        link=_link(graded),
        id=bounded(graded.id, 120),
        score=_finite(report.score),
        passed=sum(check.status == "passed" for check in report.checks),
        checks=len(report.checks),
        flags=len(report.flags),
        faults=len(report.all_faults),
        isolation=isolation(report.primitives, unsafe=report.unsafe),
        seconds=report.seconds,
    )


# --- what the page shows of one submission, when it is asked for ---------------------------------


def _data(batch: ReportedBatch, found: Sequence[Item]) -> dict[str, Any]:
    texts = _Texts()
    places = {item.check.id: place for place, item in enumerate(found)}
    submissions = [_submission(graded, places, texts) for graded in batch.submissions]
    checks = [
        {
            "id": item.check.id,
            "title": bounded(_titled(item.check), 300),
            "hidden": item.check.hidden,
        }
        for item in found
    ]
    return {
        "checks": checks,
        "statuses": STATUSES,
        "submissions": submissions,
        "texts": texts.texts,
    }


def _titled(check: CheckResult) -> str:
    trust = " (shared: the student's process judges itself)" if check.shared else ""
    return f"{check.number} {check.title}{trust}".strip()


def _submission(graded: Reported, places: dict[str, int], texts: _Texts) -> dict[str, Any]:
    report = graded.report
    return {
        "id": _id(graded),
        "name": _link(graded).name,
        "page": graded.page if _is_relative(graded.page) else "",
        "score": _finite(report.score),
        "of": report.max_score,
        "isolation": isolation(report.primitives, unsafe=report.unsafe),
        "primitives": texts.place(", ".join(report.primitives)),
        "seed": str(report.seed),  # it has more digits than the browser's numbers
        "seconds": round(report.seconds, 2),
        "version": texts.place(report.version),
        "notes": [texts.place(note) for note in student_notes(report)],
        "flags": [texts.place(flag) for flag in report.flags],
        "faults": [texts.place(fault, MAX_TRACE) for fault in report.all_faults],
        "people": [texts.place(line) for line in _given(report)],
        "rows": [_outcome(check, places[check.id], texts) for check in report.checks],
    }


def _given(report: Report) -> Iterator[str]:
    """What people gave for each answer, a line each."""
    for part in report.manual:
        head = f"{part.question} {part.title}: "
        if part.score is None:
            yield f"{head}{part.max_score:g} points are out"
            continue
        items = "; ".join(f"{points:+g} {text}" for text, points in part.items)
        said = " · ".join(text for text in (items, part.comment, part.by, part.again) if text)
        yield f"{head}{part.score:g} of {part.max_score:g} points" + (f" · {said}" if said else "")


def _outcome(check: CheckResult, place: int, texts: _Texts) -> list[Any]:
    cases = [f"{check.passed} of {check.cases} cases"] if check.cases > 1 else []
    cases += map(_of_seeds, check.medians)
    return [
        place,
        check.status,
        _finite(check.score),
        check.max_score,
        texts.place(check.message),
        texts.place("; ".join(cases)),
        check.visibility.replace("_", " "),
        round(check.seconds, 2),
    ]


def _of_seeds(median: Median) -> str:
    """A median over seeds, with its interval."""
    name = median.name or "median"
    between = f"between {median.low:.4g} and {median.high:.4g}"
    return f"{name} {median.value:.4g}, {between}, {len(median.seeds)} of {median.most} seeds"


def _is_relative(page: str) -> bool:
    """Whether an address is a plain file beside or below the report."""
    return not page.startswith(("/", "\\")) and ":" not in page


def _embedded(data: dict[str, Any]) -> Markup:
    """JSON that cannot end the element that it stands in."""
    text = json.dumps(data, allow_nan=False, ensure_ascii=True, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e"))
