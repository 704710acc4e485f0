"""Submissions come in one by one; those that are alike beyond the template go out.

Alike are: submitted files with the same bytes, longer answers in words that are the same, and code
whose normalised syntax is the same for the most part. What many have written is no sign of copying,
and what is short may be alike by chance.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.batch.bounded import Failed, Limits, Processes
from autograder.batch.contents import Content
from autograder.batch.fingerprints import Boilerplate
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
#: Of one file, and of one submission.
MAX_ANSWERS = 500
#: Of reading one submission.
READING = Limits(seconds=30.0, memory_mb=2000)


@dataclass(frozen=True)
class Traits:
    """What of a submission is compared with others'.

    Attributes:
        prints: the hashes kept of its code.
        files: names in lower case, without folders, and SHA-256.
        answers: of longer texts, the file, the place, and SHA-256 of the words.
    """

    prints: frozenset[int]
    files: tuple[tuple[str, str], ...]
    answers: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class _Reader:
    """Tells what of a submission is its own; plain values, to be handed to another process."""

    boilerplate: Boilerplate
    files: frozenset[str]
    answers: frozenset[str]

    @classmethod
    def of(cls, assignment: Assignment, templates: Mapping[str, bytes]) -> _Reader:
        public = [path for path in sorted(assignment.public.rglob("*")) if path.is_file()]
        texts = {a for path in public for _, a in _answers(path.name, path.read_bytes())}
        boilerplate = [*(path.read_bytes() for path in public), *templates.values()]
        files = frozenset(_sha(data) for data in boilerplate)
        return cls(Boilerplate(assignment, templates), files, frozenset(texts))

    def __call__(self, content: Content) -> Traits:
        own = self.boilerplate.own(content)
        files: list[tuple[str, str]] = []
        answers: list[tuple[str, str, str]] = []
        for name, data in content.files.items():
            plain = name.rpartition("/")[2].lower()
            is_notebook = plain.endswith(".ipynb")
            says = bool(own.prints or own.texts) if is_notebook else _size(data) >= MIN_FILE
            if says and content.hashes[name] not in self.files:
                files.append((plain, content.hashes[name]))
            answers += [(plain, *found) for found in _answers(plain, data)]
        for name, text in own.texts:
            if answer := _telling(text):
                plain = name.rpartition("/")[2].lower()
                answers.append((plain, plain, answer))
        kept = [found for found in answers if found[2] not in self.answers]
        return Traits(own.prints, tuple(files), tuple(kept[:MAX_ANSWERS]))


class SimilarityIndex:
    """Finds what submissions of an assignment have in common.

    Each is read in a process that is ended when it takes too long; ``close`` ends that process.
    """

    def __init__(
        self, assignment: Assignment, templates: Mapping[str, bytes], limits: Limits = READING
    ) -> None:
        self._processes = Processes(_Reader.of(assignment, templates), 1, limits)
        self._processes.prepare()
        self._files: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._texts: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        self._code: dict[frozenset[int], list[str]] = defaultdict(list)
        self._unread: list[Match] = []
        self._count = 0

    def close(self) -> None:
        """End the process."""
        self._processes.close()

    def add(self, identifier: str, content: Content) -> None:
        """Take in a submission; one that cannot be compared is among the matches, alone."""
        self._count += 1
        traits = self._processes.call(content)
        if isinstance(traits, Failed):  # a thousand others wait
            self._unread.append(Match("unread", traits.reason, (identifier,)))
            return
        for file in traits.files:
            _note(self._files[file], identifier)
        for answer in traits.answers:
            _note(self._texts[answer], identifier)
        if traits.prints:
            self._code[traits.prints].append(identifier)

    def matches(self, each: Callable[[], None] = lambda: None) -> tuple[Match, ...]:
        """All that is alike, the most certain first; ``each`` is called for each submission."""
        files = [Match("file", name, tuple(i)) for (name, _), i in self._files.items() if i[1:]]
        equal = _EqualFiles(files)
        texts = [
            Match("answer", location, tuple(ids))
            for (file, location, _answer), ids in self._texts.items()
            if len(ids) > 1 and not equal.hold(ids, file)
        ]
        code = [m for m in self._alike_code(each) if not equal.hold(m.ids, "")]
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


def _note(found: list[str], identifier: str) -> None:
    if identifier not in found[-1:]:
        found.append(identifier)


class _EqualFiles:
    """The files that several have the same, by each who has them."""

    def __init__(self, files: Iterable[Match]) -> None:
        self._of: dict[str, list[tuple[str, frozenset[str]]]] = defaultdict(list)
        for match in files:
            ids = frozenset(match.ids)
            for identifier in match.ids:
                self._of[identifier].append((match.what, ids))

    def hold(self, ids: Sequence[str], file: str) -> bool:
        """Whether what these have in common is told by a file that all have the same.

        Args:
            file: the one that it is in; empty for code, which may be in any.
        """
        return any(
            (name == file if file else name.endswith((".ipynb", ".py"))) and of.issuperset(ids)
            for name, of in self._of.get(ids[0], ())
        )


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _size(data: bytes) -> int:
    return len(b"".join(data.split()))


def _telling(text: str) -> str:
    """What a text says, whatever its layout, by SHA-256; empty if it says too little."""
    words = text.lower().split()
    return _sha(" ".join(words).encode("utf-8", "replace")) if len(set(words)) >= MIN_WORDS else ""


def _answers(name: str, data: bytes) -> Iterator[tuple[str, str]]:
    """The longer texts in a JSON file, as `_telling` says, each with its place."""
    if not name.lower().endswith(".json"):
        return
    try:
        tree: Any = json.loads(data)
    except (ValueError, RecursionError):
        return
    pending: list[tuple[str, Any, int]] = [(name.lower(), tree, 0)]
    found = 0
    while pending and found < MAX_ANSWERS:
        location, value, depth = pending.pop()
        if isinstance(value, str) and (answer := _telling(value)):
            found += 1
            yield location, answer
        elif isinstance(value, dict | list) and depth < MAX_DEPTH:
            pairs = value.items() if isinstance(value, dict) else enumerate(value)
            pending += [(f"{location}, {str(key)[:50]}", item, depth + 1) for key, item in pairs]
