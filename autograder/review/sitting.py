"""Answers and the journal come in; what the page shows, and what it may change, go out.

Answers that read the same are one group, graded at once. Groups stand in an order that looks random
and is the same for everybody. Nobody's decision is replaced by one who has not seen it.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.model.manifest import Question
from autograder.model.manual import RubricItem
from autograder.review.events import (
    MAX_NAME,
    Decision,
    Event,
    EventError,
    RubricChange,
    Undo,
    checked,
)
from autograder.review.groups import Group, Source, grouped
from autograder.review.journal import Journal
from autograder.review.rescoring import Grades

#: So long an answer that somebody has open is left to them.
CLAIM_SECONDS = 120.0
MAX_MEMBERS = 200


class Refused(Exception):
    """What was asked for cannot be done; the text is for the person at the page."""

    def __init__(self, words: str, status: int = 400) -> None:
        super().__init__(words)
        self.status = status


@dataclass
class Sitting:
    """All that the page needs, for any number of people at once.

    Args:
        order: what the order of answers follows from.
    """

    folder: Path
    title: str
    questions: tuple[Question, ...]
    source: Source
    order: str
    _lock: threading.RLock = field(default_factory=threading.RLock)
    #: By grader, what they have open, and since when.
    _claims: dict[str, tuple[str, str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.grades = Grades(self.questions)
        self._journal = Journal(self.folder, self.grades.take)
        self._groups: dict[str, dict[str, Group]] = {}
        self._stamp: object = None
        self.refresh()

    @property
    def problems(self) -> list[str]:
        """Lines of the journal that are left out."""
        return self._journal.problems

    def refresh(self) -> None:
        """Take in what other processes have decided, or graded anew."""
        with self._lock:
            self._journal.refresh()
            stamp = self.source.stamp
            if stamp != self._stamp:
                keys = self.source.keys()
                self._groups = {
                    name: grouped(keys, name, self.order) for name in self.grades.questions
                }
                self._stamp = stamp

    # --- what is shown ---------------------------------------------------------------------------

    def overview(self, question: str, grader: str) -> dict[str, Any]:
        """The rubric, the groups in order, and how far everybody is."""
        with self._lock:
            self.refresh()
            part = self._question(question).manual
            assert part is not None
            groups = [self._row(question, group, grader) for group in self._all(question).values()]
            return {
                "version": self.version,
                "question": question,
                "max": part.points,
                "bonus": part.bonus,
                "from": part.counts_from,
                "rubric": [_plain(item) for item in self.grades.rubric(question).values()],
                "groups": groups,
                "progress": [self._progress(name) for name in self.grades.questions],
                "graders": self._graders(question),
                "problems": self.problems[-3:],
            }

    def asked(self, question: str) -> dict[str, Any]:
        """What a question says."""
        return {"html": self.source.asked(self._question(question).id)}

    @property
    def version(self) -> str:
        """Differs whenever anything that the page shows does."""
        open_ = sorted((by, *where) for by, (*where, _since) in self._claims.items())
        return f"{self.grades.version}-{hash((self._stamp, *open_)):x}"

    def _row(self, question: str, group: Group, grader: str) -> dict[str, Any]:
        decisions = [self.grades.decision(question, name) for name in group.members]
        first = next((d for d in decisions if d is not None), None)
        again = any(
            d is not None and self.grades.again(d, name, group.members[name])
            for name, d in zip(group.members, decisions, strict=True)
        )
        return {
            "id": group.id,
            "count": len(group.members),
            "state": group.state,
            "graded": sum(d is not None for d in decisions),
            "by": "" if first is None else first.by,
            "score": None if first is None else self.grades.score(first),
            "again": again,
            "open": self._claimed(question, group.id, grader),
        }

    def _progress(self, question: str) -> dict[str, Any]:
        groups = self._all(question).values()
        answers = sum(len(group.members) for group in groups)
        graded = sum(
            self.grades.decision(question, name) is not None
            for group in groups
            for name in group.members
        )
        return {"question": question, "answers": answers, "graded": graded}

    def _graders(self, question: str) -> list[tuple[str, int]]:
        done = Counter(
            found.by
            for group in self._all(question).values()
            for name in group.members
            if (found := self.grades.decision(question, name)) is not None
        )
        return done.most_common()

    def answer(self, question: str, group_id: str, grader: str, *, names: bool) -> dict[str, Any]:
        """One group's answer, and what was decided on it."""
        with self._lock:
            self.refresh()
            group = self._group(question, group_id)
            self._claims[grader] = question, group_id, time.monotonic()
            first, key = next(iter(group.members.items()))
            members = list(group.members)
            decided = [self.grades.decision(question, name) for name in members]
            decision = next((found for found in decided if found is not None), None)
            reasons = [
                self.grades.again(found, name, group.members[name])
                for name, found in zip(members, decided, strict=True)
                if found is not None
            ]
            row = self._row(question, group, grader)
            seen = self._seen(question, group)
        html = self.source.html(first, question) if group.state != "missing" else ""
        return {
            **row,
            "where": key.where,
            "html": html,
            "names": [self.source.name(name) for name in members[:MAX_MEMBERS]] if names else [],
            "reason": next((reason for reason in reasons if reason), ""),
            "seen": seen,
            "items": [] if decision is None else list(decision.items),
            "adjustment": 0.0 if decision is None else decision.adjustment,
            "comment": "" if decision is None else decision.comment,
        }

    def next(self, question: str, after: str, grader: str, *, names: bool) -> dict[str, Any]:
        """The next group behind ``after`` that is to be graded and that nobody else has open.

        It is theirs from here on. Empty if there is none.
        """
        with self._lock:
            self.refresh()
            groups = list(self._all(question).values())
            at = next((n for n, group in enumerate(groups) if group.id == after), -1)
            for group in [*groups[at + 1 :], *groups[: max(at, 0)]]:
                row = self._row(question, group, grader)
                if (row["graded"] < row["count"] or row["again"]) and not row["open"]:
                    return self.answer(question, group.id, grader, names=names)
        return {}

    def _seen(self, question: str, group: Group) -> str:
        """What of a group's decisions somebody has seen; differs when another one comes."""
        found = (self.grades.decision(question, name) for name in group.members)
        ids = [event.id if event else "" for event in found]
        return hashlib.sha256(" ".join([*group.members, *ids]).encode()).hexdigest()[:16]

    def _claimed(self, question: str, group: str, grader: str) -> str:
        now = time.monotonic()
        others = (
            by
            for by, (*where, since) in self._claims.items()
            if by != grader and where == [question, group] and now - since < CLAIM_SECONDS
        )
        return next(others, "")

    # --- what is changed -------------------------------------------------------------------------

    def grade(self, wish: Mapping[str, Any], grader: str) -> dict[str, Any]:
        """Note what a group has earned; the next answer too, if ``then`` asks for it.

        Raises:
            Refused: the wish is no such thing, or somebody has graded the group meanwhile.
        """
        question, group_id = str(wish.get("question")), str(wish.get("group"))
        items, comment = wish.get("items"), wish.get("comment", "")
        if not isinstance(items, list) or not isinstance(comment, str):
            raise Refused("The page sent no decision.")
        known = self.grades.rubric(self._question(question).id)
        kept = tuple(str(item) for item in items if item in known)

        def make() -> Event:
            group = self._group(question, group_id)
            if self._seen(question, group) != wish.get("seen"):
                other = self._row(question, group, grader)["by"] or "somebody"
                words = f"{other} has graded this one meanwhile; look at it and decide again."
                raise Refused(words, 409)
            return Decision(
                by=grader,
                question=question,
                answers={name: key.digest for name, key in group.members.items()},
                items=kept,
                adjustment=_number(wish.get("adjustment", 0.0)),
                comment=comment.strip(),
            )

        self._append(make)
        with self._lock:
            group = self._group(question, group_id)
            return {
                "row": self._row(question, group, grader),
                "seen": self._seen(question, group),
                "progress": self._progress(question),
                "next": self._then(wish, question, group_id, grader),
            }

    def _then(
        self, wish: Mapping[str, Any], question: str, group: str, grader: str
    ) -> dict[str, Any] | None:
        if wish.get("then") is not True:
            return None
        return self.next(question, group, grader, names=wish.get("names") is True)

    def change_rubric(self, wish: Mapping[str, Any], grader: str) -> dict[str, Any]:
        """Add, change or take out an item; everybody who has it is scored anew.

        Raises:
            Refused: the wish is no such thing.
        """
        question = self._question(str(wish.get("question"))).id
        text = str(wish.get("text", "")).strip()
        removed = wish.get("removed") is True
        item = str(wish.get("item") or secrets.token_hex(4))
        if not (removed or text):
            raise Refused("An item needs a text.")
        change = RubricChange(
            by=grader,
            question=question,
            item=item,
            text=text,
            points=_number(wish.get("points", 0.0)),
            removed=removed,
        )
        self._append(lambda: change)
        return self.overview(question, grader)

    def undo(self, grader: str) -> dict[str, Any]:
        """Take back the last thing that this person has decided; where it was.

        Raises:
            Refused: there is nothing.
        """
        undone: list[Event] = []

        def make() -> Event:
            last = self.grades.last_of(grader)
            if last is None:
                raise Refused("There is nothing left to undo.", 409)
            undone.append(last)
            return Undo(by=grader, of=last.id)

        self._append(make)
        (event,) = undone
        group = ""
        if isinstance(event, Decision):
            found = (
                g for g in self._all(event.question).values() if set(event.answers) & set(g.members)
            )
            group = next((each.id for each in found), "")
        assert isinstance(event, Decision | RubricChange)
        return {"question": event.question, "group": group, "kind": event.kind}

    def _append(self, make: Callable[[], Event]) -> None:
        def made() -> Event:
            try:
                return checked(make())
            except EventError as error:
                raise Refused(f"This cannot be noted: {error}.") from None

        with self._lock:
            self._journal.append(made)

    # --- looking up ------------------------------------------------------------------------------

    def _question(self, name: str) -> Question:
        if name not in self.grades.questions:
            raise Refused("There is no such question.", 404)
        return self.grades.questions[name]

    def _all(self, question: str) -> Mapping[str, Group]:
        self._question(question)
        return self._groups.get(question, {})

    def _group(self, question: str, group: str) -> Group:
        found = self._all(question).get(group)
        if found is None:
            raise Refused("This answer has changed since; load the page again.", 409)
        return found


def grader_of(name: object) -> str:
    """The name that somebody gave.

    Raises:
        Refused: it is none.
    """
    text = " ".join(str(name or "").split())
    if not text or len(text) > MAX_NAME or not text.isprintable():
        raise Refused("Say who you are: a name of one to a hundred letters.")
    return text


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused("Points are a number.")
    return float(value)


def _plain(item: RubricItem) -> dict[str, Any]:
    return {"id": item.id, "text": item.text, "points": item.points}


def finished(sitting: Sitting) -> Iterator[str]:
    """How far each question is, a sentence each."""
    for name in sitting.grades.questions:
        row = sitting.overview(name, "")["progress"]
        found = next(each for each in row if each["question"] == name)
        yield f"{name}: {found['graded']} of {found['answers']} answers are graded."
