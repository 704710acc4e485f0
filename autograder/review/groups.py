"""Answers by submission come in; groups of those that read the same go out, in a random order."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from autograder.review.rescoring import AnswerKey


class Source(Protocol):
    """Where answers come from.

    Attributes:
        stamp: differs when answers have changed.
    """

    @property
    def stamp(self) -> object:
        """Differs when answers have changed."""

    def keys(self) -> Mapping[str, Mapping[str, AnswerKey]]:
        """What is known of each answer, by submission and question."""

    def html(self, submission: str, question: str) -> str:
        """An answer, made inert."""

    def asked(self, question: str) -> str:
        """What a question says, made inert; empty where it is not known."""

    def name(self, submission: str) -> str:
        """Whose it is."""


@dataclass(frozen=True)
class Group:
    """Answers that read the same, by submission."""

    id: str
    state: str
    members: Mapping[str, AnswerKey]


def grouped(
    keys: Mapping[str, Mapping[str, AnswerKey]], question: str, order: str
) -> dict[str, Group]:
    """The answers to a question by what they read as, those left blank last.

    Args:
        keys: what is known of each answer, by submission and question.
        order: what the order of the groups follows from, the same for everybody.
    """
    found: dict[str, dict[str, AnswerKey]] = {}
    for submission, answers in sorted(keys.items()):
        if question in answers:
            found.setdefault(answers[question].same, {})[submission] = answers[question]

    def sort_key(group: Group) -> tuple[bool, str]:
        mark = hashlib.sha256(f"{order}|{question}|{group.id}".encode()).hexdigest()
        return group.state != "given", mark  # what is blank comes last

    groups = (
        Group(same, next(iter(members.values())).state, members) for same, members in found.items()
    )
    return {group.id: group for group in sorted(groups, key=sort_key)}
