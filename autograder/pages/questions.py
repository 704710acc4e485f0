"""A report comes in; its questions with checks and people's points, ready to be shown, go out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

from autograder.model.manifest import Assignment, Question
from autograder.model.manual import ManualResult
from autograder.model.report import CheckResult, Report, student_message
from autograder.model.statuses import STATUSES
from autograder.model.text import bounded
from autograder.pages.images import ShownImage, image


@dataclass(frozen=True)
class Audience:
    """Who reads the page.

    Attributes:
        staff: show all checks, staff's texts, flags and how student code was held.
        shown: else the visibilities of the checks that are shown; for a page that is given out
            when grades are published, add ``after_due_date`` and ``after_published``.
    """

    staff: bool = False
    shown: frozenset[str] = frozenset({"visible"})

    def sees(self, check: CheckResult) -> bool:
        """Whether a check is on the page."""
        return self.staff or check.visibility in self.shown


STUDENT = Audience()
STAFF = Audience(staff=True)


@dataclass(frozen=True)
class ShownCheck:
    """A check's outcome, ready to be shown."""

    title: str
    status: str
    word: str
    mark: str
    score: float
    max_score: float
    message: str
    pictures: tuple[ShownImage, ...] = ()
    staff: str = ""
    id: str = ""
    visibility: str = ""
    hidden: bool = False
    seconds: float = 0.0
    cases: str = ""
    override: str = ""


@dataclass(frozen=True)
class ShownManual:
    """What people gave, ready to be shown; ``score`` is None while it is out."""

    score: float | None
    max_score: float
    bonus: float = 0.0
    items: tuple[tuple[str, float], ...] = ()
    comment: str = ""
    by: str = ""
    again: str = ""


@dataclass(frozen=True)
class ShownQuestion:
    """A question with the checks that are shown; ``unseen`` points are judged by others.

    Attributes:
        slug: what links on the page call it.
        out: the points that people have still to give.
    """

    title: str
    slug: str
    checks: tuple[ShownCheck, ...]
    score: float
    max_score: float
    unseen: float
    manual: tuple[ShownManual, ...] = ()
    out: float = 0.0


def shown_questions(
    report: Report, assignment: Assignment, audience: Audience
) -> dict[str, ShownQuestion]:
    """The questions by id, those without checks and points of people left out."""
    titles = {question.id: question for question in assignment.questions}
    judged = [*(c.question for c in report.checks), *(p.question for p in report.manual)]
    named = dict.fromkeys([*titles, *judged])
    shown = {}
    for number, name in enumerate(named, start=1):
        checks = [check for check in report.checks if check.question == name]
        seen = [check for check in checks if audience.sees(check)]
        by_people = [part for part in report.manual if part.question == name]
        if not (checks or by_people):
            continue
        shown[name] = ShownQuestion(
            title=_question_title(titles.get(name), name),
            slug=f"question-{number}",
            checks=tuple(_shown(c, audience) for c in seen),
            score=total([*(c.score for c in seen), *(p.score or 0.0 for p in by_people)]),
            max_score=total([*(c.max_score for c in seen), *(p.max_score for p in by_people)]),
            unseen=total(check.max_score for check in checks if not audience.sees(check)),
            manual=tuple(_shown_manual(part, audience) for part in by_people),
            out=total(part.max_score for part in by_people if part.score is None),
        )
    return shown


def _question_title(question: Question | None, name: str) -> str:
    return f"{question.id} · {question.title}" if question else name


def _shown_manual(part: ManualResult, audience: Audience) -> ShownManual:
    beside = [("Beside the rubric", part.adjustment)] if part.adjustment else []
    basic = ShownManual(
        score=part.score,
        max_score=part.max_score,
        bonus=part.bonus,
        items=tuple((bounded(text, 600), points) for text, points in [*part.items, *beside]),
        comment=bounded(part.comment),
    )
    if not audience.staff:
        return basic
    return replace(basic, by=bounded(part.by, 200), again=bounded(part.again, 300))


def _shown(check: CheckResult, audience: Audience) -> ShownCheck:
    word, mark = STATUSES[check.status]
    message = check.message if audience.staff else student_message(check, check.message)
    basic = ShownCheck(
        title=bounded(f"{check.number} {check.title}".strip(), 300),
        status=check.status,
        word=word if check.override is None else "Points by staff",
        mark=mark,
        score=check.score,
        max_score=check.max_score,
        message=bounded(message),
        pictures=_images(check, audience),
        cases=f"{check.passed} of {check.cases} cases" if check.cases > 1 else "",
    )
    if not audience.staff:
        return basic
    return replace(
        basic,
        staff=bounded(check.staff),
        override=override_words(check),
        id=check.id,
        visibility=check.visibility,
        hidden=check.hidden,
        seconds=check.seconds,
    )


def override_words(check: CheckResult) -> str:
    """What a person gave in place of a check, and why, for staff; empty if nobody did."""
    if check.override is None:
        return ""
    override = check.override
    by = f"by {override.by}" if override.by else "by hand"
    again = f"; {override.again}" if override.again else ""
    words = f"{check.score:g} points {by} instead of the check's {override.automatic:g}"
    return bounded(f"{words}: {override.reason}{again}", 1000)


def _images(check: CheckResult, audience: Audience) -> tuple[ShownImage, ...]:
    """What came back beside what was expected; of a hidden check for staff alone."""
    if (check.hidden or check.passed_by_staff) and not audience.staff:
        return ()
    shown = (image(p.png, p.alt, title=p.title) for p in check.pictures)
    return tuple(found for found in shown if found is not None)


def total(points: Iterable[float]) -> float:
    """Exact, so that tenths do not show what a float makes of them."""
    return float(round(sum((Fraction(str(point)) for point in points), Fraction(0)), 6))
