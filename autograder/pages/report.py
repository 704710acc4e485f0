"""The reports of a batch come in; the staff's page on all of them, with one for each, goes out."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from markupsafe import Markup

from autograder.model.proven import Proven, ProvenCheck
from autograder.model.report import CheckResult, Median, Report, student_notes
from autograder.model.statuses import STATUSES
from autograder.model.text import bounded
from autograder.pages.advice import Suggestion, suggestions
from autograder.pages.clusters import Cluster, Saying, likely_cause
from autograder.pages.flags import flags_of
from autograder.pages.items import Item, items
from autograder.pages.page import render
from autograder.pages.questions import override_words
from autograder.pages.reported import Link, ReportedBatch, ReportedSubmission, link_to, shown_id
from autograder.sandbox.lockdown import isolation

BINS = 20
MAX_CLUSTERS = 100
MAX_MESSAGE = 1_500
MAX_TRACE = 4_000


@dataclass(frozen=True)
class ShownCluster:
    """Those who fail alike, and by what each check says of it what that is known to come of."""

    links: tuple[Link, ...]
    sayings: tuple[tuple[Saying, str], ...]


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

    def index_of(self, text: str, limit: int = MAX_MESSAGE) -> int:
        if text not in self._places:
            self._places[text] = len(self.texts)
            self.texts.append(bounded(text, limit))
        return self._places[text]


def batch_page(batch: ReportedBatch) -> str:
    """The report's HTML.

    Raises:
        PagesError: the libraries for pages are not installed.
    """
    reports = batch.reports
    scores = np.array([_finite(report.score) for report in reports])
    found = items(reports)
    groups = batch.clusters
    return render(
        "report.html.j2",
        script="report.js",
        batch=batch,
        title=bounded(batch.title, 200),
        facts=_facts(reports, scores),
        bars=_bars(scores, max((report.max_score for report in reports), default=0.0)),
        items=[(item, _proof(batch.proven, item)) for item in found],
        proven=batch.proven,
        suggestions=_suggestions(batch, found),
        clusters=[_cluster(batch, cluster) for cluster in groups[:MAX_CLUSTERS]],
        more_clusters=max(len(groups) - MAX_CLUSTERS, 0),
        flags=list(flags_of(batch)),
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


def _links(batch: ReportedBatch, positions: Sequence[int]) -> tuple[Link, ...]:
    return tuple(link_to(batch.submissions[position]) for position in positions)


def _proof(proven: Proven | None, item: Item) -> ProvenCheck | None:
    return None if proven is None else proven.checks.get(item.check.id)


def _suggestions(
    batch: ReportedBatch, found: Sequence[Item]
) -> list[tuple[Suggestion, tuple[Link, ...]]]:
    checks = dict(batch.proven.checks) if batch.proven is not None else {}
    made = suggestions(found, batch.reports, checks)
    return [(each, _links(batch, each.indices)) for each in made]


def _cluster(batch: ReportedBatch, cluster: Cluster) -> ShownCluster:
    sayings = tuple((saying, likely_cause(batch.proven, saying)) for saying in cluster.sayings)
    return ShownCluster(_links(batch, cluster.indices), sayings)


def _row(graded: ReportedSubmission) -> Row:
    report = graded.report
    return Row(
        link=link_to(graded),
        id=bounded(graded.id, 120),
        score=_finite(report.score),
        passed=sum(check.status == "passed" for check in report.checks),
        checks=len(report.checks),
        flags=len(report.flags),
        faults=len(report.all_faults),
        isolation=isolation(report.layers, unsafe=report.unsafe),
        seconds=report.seconds,
    )


# --- what the page shows of one submission, when it is asked for ---------------------------------


def _data(batch: ReportedBatch, found: Sequence[Item]) -> dict[str, Any]:
    texts = _Texts()
    positions = {item.check.id: position for position, item in enumerate(found)}
    submissions = [_submission(graded, positions, texts) for graded in batch.submissions]
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


def _submission(
    graded: ReportedSubmission, positions: dict[str, int], texts: _Texts
) -> dict[str, Any]:
    report = graded.report
    return {
        "id": shown_id(graded),
        "name": link_to(graded).name,
        "page": graded.page if _is_relative(graded.page) else "",
        "score": _finite(report.score),
        "of": report.max_score,
        "isolation": isolation(report.layers, unsafe=report.unsafe),
        "layers": texts.index_of(", ".join(report.layers)),
        "seed": str(report.seed),  # it has more digits than the browser's numbers
        "seconds": round(report.seconds, 2),
        "version": texts.index_of(report.version),
        "notes": [texts.index_of(note) for note in student_notes(report)],
        "flags": [texts.index_of(flag) for flag in report.flags],
        "faults": [texts.index_of(fault, MAX_TRACE) for fault in report.all_faults],
        "people": [texts.index_of(line) for line in _given(report)],
        "rows": [_outcome(check, positions[check.id], texts) for check in report.checks],
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


def _outcome(check: CheckResult, position: int, texts: _Texts) -> list[Any]:
    cases = [f"{check.passed} of {check.cases} cases"] if check.cases > 1 else []
    cases += map(_of_seeds, check.medians)
    return [
        position,
        check.status,
        _finite(check.score),
        check.max_score,
        texts.index_of("\n".join(filter(None, (override_words(check), check.message)))),
        texts.index_of("; ".join(cases)),
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
