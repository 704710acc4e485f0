"""Events come in, one by one; the points that answers and checks have by them go out.

Points are made when they are asked for, of what was decided and the rubric as it is now: a change
of the rubric needs no further step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.model.manifest import Question
from autograder.model.manual import ManualPart, ManualResult, Override, RubricItem
from autograder.model.report import CheckResult, Report
from autograder.review.events import Decision, Event, Overriding, RubricChange, Undo
from autograder.review.journal import Journal

CHANGED = "the answer has changed since it was graded"
GONE = "the rubric has lost an item that it was graded by"
OTHER_FILES = "it was given for an earlier version of the submission"


@dataclass(frozen=True)
class AnswerKey:
    """What has to be known of an answer, beside what it says.

    Attributes:
        digest: of all that is shown of it.
        same: equal for answers that read the same.
        state: ``override``, ``blank`` or ``missing``.
        where: its place, in words.
    """

    digest: str
    same: str
    state: str
    where: str = ""


#: The answers of one submission, by question.
Answers = Mapping[str, AnswerKey]


class Grades:
    """What people have decided so far, on the questions of one assignment."""

    def __init__(self, questions: Iterable[Question]) -> None:
        self.questions = {q.id: q for q in questions if q.manual is not None}
        self._events: dict[str, Event] = {}
        self._changes: dict[str, list[RubricChange]] = {}
        self._decisions: dict[tuple[str, str], list[Decision]] = {}
        self._overrides: dict[tuple[str, str], list[Overriding]] = {}
        self._rubrics: dict[str, dict[str, RubricItem]] = {}
        self.version = 0

    def take(self, event: Event) -> None:
        """Have one more event count."""
        self.version += 1
        self._events[event.id] = event
        match event:
            case Decision():
                for submission in event.answers:
                    self._decisions.setdefault((event.question, submission), []).append(event)
            case RubricChange():
                self._changes.setdefault(event.question, []).append(event)
                self._rubrics.pop(event.question, None)
            case Overriding():
                key = event.submission, event.check
                self._overrides.setdefault(key, []).append(event)
            case Undo():
                self._take_back(self._events.pop(event.of, None))

    def _take_back(self, event: Event | None) -> None:
        match event:
            case Decision():
                for submission in event.answers:
                    self._decisions[event.question, submission].remove(event)
            case RubricChange():
                self._changes[event.question].remove(event)
                self._rubrics.pop(event.question, None)
            case Overriding():
                self._overrides[event.submission, event.check].remove(event)

    def last_of(self, by: str) -> Decision | RubricChange | None:
        """The last thing on the page that somebody has decided and that counts."""
        own = (e for e in reversed(self._events.values()) if e.by == by)
        return next((e for e in own if isinstance(e, Decision | RubricChange)), None)

    def decisions(self) -> Iterable[Decision]:
        """Those that count: the last on each answer."""
        return (stack[-1] for stack in self._decisions.values() if stack)

    # --- rubrics and points ----------------------------------------------------------------------

    def rubric(self, question: str) -> Mapping[str, RubricItem]:
        """The items as they are now, in order: those of the manifest, and what came to them."""
        if question not in self._rubrics:
            self._rubrics[question] = self._made(question)
        return self._rubrics[question]

    def _made(self, question: str) -> dict[str, RubricItem]:
        rubric = {item.id: item for item in self._part(question).rubric}
        for change in self._changes.get(question, ()):
            if change.removed:
                rubric.pop(change.item, None)
            else:
                rubric[change.item] = RubricItem(change.item, change.text, change.points)
        return rubric

    def _part(self, question: str) -> ManualPart:
        part = self.questions[question].manual
        assert part is not None
        return part

    def decision(self, question: str, submission: str) -> Decision | None:
        """What counts for an answer; None while nobody has graded it."""
        stack = self._decisions.get((question, submission))
        return stack[-1] if stack else None

    def score(self, decision: Decision) -> float:
        """The points of a decision by the rubric as it is now."""
        rubric = self.rubric(decision.question)
        points = (rubric[item].points for item in decision.items if item in rubric)
        return self._part(decision.question).score(points, decision.adjustment)

    def result(self, question: str, submission: str, key: AnswerKey | None) -> ManualResult:
        """The manual part of one submission's answer."""
        asked, part = self.questions[question], self._part(question)
        blank = key is not None and key.state != "given"
        open_ = ManualResult(question, asked.title, part.points, part.bonus, blank=blank)
        decision = self.decision(question, submission)
        if decision is None:
            return open_
        rubric = self.rubric(question)
        held = [rubric[item] for item in decision.items if item in rubric]
        return replace(
            open_,
            score=self.score(decision),
            items=tuple((item.text, item.points) for item in held),
            adjustment=decision.adjustment,
            comment=decision.comment,
            by=decision.by,
            again=self.again(decision, submission, key),
        )

    def again(self, decision: Decision, submission: str, key: AnswerKey | None) -> str:
        """Why a decision wants a second look; empty if it does not."""
        if key is not None and decision.answers.get(submission) != key.digest:
            return CHANGED
        rubric = self.rubric(decision.question)
        removed = {c.item for c in self._changes.get(decision.question, ()) if c.removed}
        return GONE if set(decision.items) - set(rubric) - removed else ""

    # --- reports ---------------------------------------------------------------------------------

    def applied(self, submission: str, report: Report, answers: Answers, digest: str) -> Report:
        """The report with what people have decided.

        Args:
            digest: of the submission's files.
        """
        manual = tuple(self.result(name, submission, answers.get(name)) for name in self.questions)
        checks = tuple(self._overridden(submission, check, digest) for check in report.checks)
        lost = self._without_check(submission, report)
        return replace(report, manual=manual, checks=checks, flags=(*report.flags, *lost))

    def override(self, submission: str, check: str) -> Overriding | None:
        """The points that somebody gave in place of a check's own."""
        stack = self._overrides.get((submission, check))
        return stack[-1] if stack and stack[-1].points is not None else None

    def _overridden(self, submission: str, check: CheckResult, digest: str) -> CheckResult:
        override = self.override(submission, check.id)
        if override is None or override.points is None:
            return check
        again = OTHER_FILES if override.digest and override.digest != digest else ""
        full, nothing = override.points >= check.max_score, override.points <= 0
        return replace(
            check,
            score=override.points,
            status="passed" if full else "failed" if nothing else "partial",
            override=Override(check.score, override.reason, override.by, again),
        )

    def _without_check(self, submission: str, report: Report) -> list[str]:
        known = {check.id for check in report.checks}
        return [
            f"{check}: {override.points:g} points were given by hand, but there is no such check "
            "now"
            for (whose, check), stack in self._overrides.items()
            if whose == submission and check not in known
            for override in stack[-1:]
            if override.points is not None
        ]


def read_grades(folder: Path, questions: Iterable[Question]) -> tuple[Grades, list[str]]:
    """What was decided in a folder of results, and the lines of its journal that are left out."""
    grades = Grades(questions)
    journal = Journal(folder, grades.take)
    journal.refresh()
    return grades, journal.problems
