"""A batch comes in; what staff should look at in it goes out, the gravest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from autograder.model.report import UNREADABLE, missing_words
from autograder.model.text import bounded
from autograder.pages.reported import Link, ReportedBatch, link_to

MAX_LINKS = 20
MAX_IGNORED = 500


@dataclass(frozen=True)
class Flag:
    """One row of what staff should look at."""

    kind: str
    links: tuple[Link, ...]
    text: str
    share: float | None = None


def flags_of(batch: ReportedBatch) -> Iterator[Flag]:
    """What was left out, then faults, what could not be read, what the sandbox lacked, copies."""
    yield from _attendance(batch)
    for graded in batch.submissions:
        faults = graded.report.all_faults
        if faults:
            last = faults[0].strip().rpartition("\n")[2]
            more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
            yield Flag("Internal error", (link_to(graded),), bounded(last, 300) + more)
    for graded in batch.submissions:
        if words := missing_words(graded.report):
            yield Flag(UNREADABLE, (link_to(graded),), bounded(words, 300))
    for graded in batch.submissions:
        if graded.report.unsafe:
            held = ", ".join(graded.report.layers) or "nothing"
            yield Flag("Isolation", (link_to(graded),), f"below what hidden checks require: {held}")
    for graded in batch.submissions:
        if graded.problem:
            words = f"its notebooks are not shown on its pages: {graded.problem}"
            yield Flag("Pages", (link_to(graded),), bounded(words, 300))
    known = {graded.id: link_to(graded) for graded in batch.submissions}
    for alike in sorted(batch.alike, key=lambda found: -(found.share or 1.0)):
        links = [known.get(end, Link(bounded(end, 120), "")) for end in alike.ids[:MAX_LINKS]]
        left = len(alike.ids) - MAX_LINKS
        about = bounded(alike.about, 300) + (f" (and {left} more submissions)" if left > 0 else "")
        yield Flag(bounded(alike.kind, 120), tuple(links), about, alike.share)
    yield from _by_people(batch)
    for graded in batch.submissions:
        for flag in graded.report.flags:
            yield Flag("Check's remark", (link_to(graded),), bounded(flag, 300))


def _attendance(batch: ReportedBatch) -> Iterator[Flag]:
    """Who submitted what, and what was left out; what nobody misses comes last."""
    known = {graded.id: link_to(graded) for graded in batch.submissions}
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
        links = tuple(link_to(graded) for graded in out[:MAX_LINKS])
        more = f" (and {len(out) - MAX_LINKS} more submissions)" if len(out) > MAX_LINKS else ""
        answers = sum(len(graded.report.ungraded) for graded in out)
        yield Flag("Points out", links, f"{answers} answers wait for people{more}")
    for graded in batch.submissions:
        for part in graded.report.manual:
            if part.again:
                words = f"{part.question}: {part.again}"
                yield Flag("Second look", (link_to(graded),), bounded(words, 300))
        for check in graded.report.checks:
            if (override := check.override) is not None:
                words = f"{check.id}: {check.score:g} instead of {override.automatic:g} points"
                by = f" by {override.by}" if override.by else ""
                again = f"; {override.again}" if override.again else ""
                text = bounded(f"{words}{by}: {override.reason}{again}", 600)
                yield Flag("Changed by hand", (link_to(graded),), text)
