"""Submissions come in one by one; those that are alike beyond the template go out.

Alike are: submitted files with the same bytes, longer answers in words that are the same, and code
whose normalised syntax is the same for the most part. What many have written is no sign of copying,
and what is short may be alike by chance.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from autograder.batch.contents import Content
from autograder.batch.fingerprints import Given
from autograder.batch.outcome import Match
from autograder.model.manifest import Assignment

#: Bytes of a file, without white space, below which it says nothing.
MIN_FILE = 40
#: Distinct words of an answer.
MIN_WORDS = 12
#: Hashes of code that are neither the template's nor everybody's; each stands for some three
#: tokens.
MIN_PRINTS = 16
#: Of the smaller one's hashes, the part that the other has too.
THRESHOLD = 0.8
#: Code in more submissions than this, or than one in twenty, is what everybody writes.
COMMON = 10
MAX_DEPTH = 20
MAX_ANSWERS = 500


class Alike:
    """Finds what submissions of an assignment have in common."""

    def __init__(self, assignment: Assignment, templates: Mapping[str, bytes]) -> None:
        self._given = Given(assignment, templates)
        public = [path for path in sorted(assignment.public.rglob("*")) if path.is_file()]
        given = [*(path.read_bytes() for path in public), *templates.values()]
        self._given_files = {_sha(data) for data in given}
        self._given_answers = {
            answer for path in public for _, answer in _answers(path.name, path.read_bytes())
        }
        self._files: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._texts: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._code: dict[frozenset[int], list[str]] = defaultdict(list)
        self._unread: list[Match] = []
        self._count = 0

    def add(self, identifier: str, content: Content) -> None:
        """Take in a submission; one that cannot be compared is among the matches, alone."""
        self._count += 1
        try:
            self._add(identifier, content)
        except Exception as error:  # a thousand others wait
            self._unread.append(Match("unread", type(error).__name__, (identifier,)))

    def _add(self, identifier: str, content: Content) -> None:
        own = self._given.own(content)
        for name, data in content.files.items():
            plain = name.rpartition("/")[2].lower()
            is_notebook = plain.endswith(".ipynb")
            says = bool(own.prints or own.texts) if is_notebook else _size(data) >= MIN_FILE
            if says and content.hashes[name] not in self._given_files:
                self._note(self._files, plain, content.hashes[name], identifier)
            for place, answer in _answers(plain, data):
                if answer not in self._given_answers:
                    self._note(self._texts, place, answer, identifier)
        for name, text in own.texts:
            if answer := _telling(text):
                self._note(self._texts, name.rpartition("/")[2].lower(), answer, identifier)
        if own.prints:
            self._code[own.prints].append(identifier)

    @staticmethod
    def _note(
        table: dict[tuple[str, str], list[str]], place: str, value: str, identifier: str
    ) -> None:
        found = table[place, value]
        if identifier not in found[-1:]:
            found.append(identifier)

    def matches(self, each: Callable[[], None] = lambda: None) -> tuple[Match, ...]:
        """All that is alike, the most certain first; ``each`` is called for each submission."""
        files = list(_shared("file", self._files))
        equal = [(match.what, frozenset(match.ids)) for match in files]
        texts = [m for m in _shared("answer", self._texts) if not _in_equal_files(m, equal)]
        code = [m for m in self._alike_code(each) if not _in_equal_files(m, equal)]
        return (*self._unread, *files, *texts, *sorted(code, key=lambda match: -match.share))

    def _alike_code(self, each: Callable[[], None]) -> Iterator[Match]:
        bound = max(COMMON, self._count // 20)
        spread = Counter(value for prints in self._code for value in prints)
        kept: list[tuple[frozenset[int], tuple[str, ...]]] = []
        for prints, ids in self._code.items():
            own = frozenset(value for value in prints if spread[value] <= bound)
            if len(own) >= MIN_PRINTS and len(ids) <= bound:
                kept.append((own, tuple(ids)))
                if len(ids) > 1:
                    yield Match("code", "all code", tuple(ids))
        where: dict[int, list[int]] = defaultdict(list)
        for number, (own, alike) in enumerate(kept):
            common: Counter[int] = Counter()
            for value in own:  # pairs are counted once, and only with what shares something rare
                common.update(where[value])
                where[value].append(number)
            for other, count in common.items():
                share = count / min(len(own), len(kept[other][0]))
                if share >= THRESHOLD:
                    yield Match("code", "all code", (kept[other][1][0], alike[0]), round(share, 3))
            for _ in alike:
                each()


def _shared(kind: str, table: Mapping[tuple[str, str], list[str]]) -> Iterator[Match]:
    for (place, _value), ids in table.items():
        if len(ids) > 1:
            yield Match(kind, place, tuple(ids))


def _in_equal_files(match: Match, files: Iterable[tuple[str, frozenset[str]]]) -> bool:
    """Whether it says no more than that the whole file is the same."""
    return any(ids.issuperset(match.ids) and _holds(name, match) for name, ids in files)


def _holds(file: str, match: Match) -> bool:
    if match.kind == "code":
        return file.endswith((".ipynb", ".py"))
    return match.what == file or match.what.startswith(f"{file}, ")


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _size(data: bytes) -> int:
    return len(b"".join(data.split()))


def _telling(text: str) -> str:
    """A text in one spelling; empty if it says too little."""
    words = text.lower().split()
    return " ".join(words) if len(set(words)) >= MIN_WORDS else ""


def _answers(name: str, data: bytes) -> Iterator[tuple[str, str]]:
    """The longer texts in a JSON file, each with its place."""
    if not name.lower().endswith(".json"):
        return
    try:
        tree: Any = json.loads(data)
    except (ValueError, RecursionError):
        return
    pending: list[tuple[str, Any, int]] = [(name.lower(), tree, 0)]
    found = 0
    while pending and found < MAX_ANSWERS:
        place, value, depth = pending.pop()
        if isinstance(value, str) and (answer := _telling(value)):
            found += 1
            yield place, answer
        elif isinstance(value, dict | list) and depth < MAX_DEPTH:
            pairs = value.items() if isinstance(value, dict) else enumerate(value)
            pending += [(f"{place}, {str(key)[:50]}", item, depth + 1) for key, item in pairs]
