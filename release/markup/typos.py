"""A line's text comes in; the marker that it is a slip of, if it is one, goes out."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from functools import lru_cache

from release.markup.markers import BOX, LINE_MARKS, Markers

_REMARK = re.compile(r"\([^()]*\)")
_LETTERS = re.compile(r"[^\W_]+")
#: A line with more words than this is prose, whatever words they are.
_MOST_WORDS = 7


def nearest(text: str, markers: Markers) -> str | None:
    """The marker that a line's text is a slip of, or None for other words."""
    words = tuple(word.upper() for word in _LETTERS.findall(_REMARK.sub(" ", text)))
    return _nearest(words, tuple(markers.words)) if 0 < len(words) <= _MOST_WORDS else None


# The same lines are looked at in the folder, in the archive and in each view of a text.
@lru_cache(maxsize=1 << 14)
def _nearest(words: tuple[str, ...], known: tuple[str, ...]) -> str | None:
    ranked = ((_likeness(words, right.split()), right) for right in known)
    likeness, right = max(ranked, key=lambda pair: pair[0])
    return right if likeness > 0 else None


def _likeness(words: Sequence[str], right: Sequence[str]) -> float:
    """How much of a marker a line has, above 0 only if it has all of it or nearly."""
    hits = [any(_alike(word, part) for word in words) for part in right]
    text, wanted = "".join(words), "".join(right)
    may_be_one_word = abs(len(text) - len(wanted)) <= 2
    if hits.count(False) > 1 and not may_be_one_word:
        return 0.0
    joined = difflib.SequenceMatcher(None, text, wanted).ratio()
    if all(hits) and len(words) <= len(right) + 2:
        return 1 + joined
    # The first or the last word may be lost; without those between, it is another phrase.
    lacks_end = len(right) > 2 and hits.count(False) == 1 and not (hits[0] and hits[-1])
    is_half = right[0] == "END" and not hits[0]  # as much of the opening, which is the better guess
    if lacks_end and not is_half and len(words) == len(right) - 1:
        return joined
    return joined if joined >= 0.9 else 0.0


@lru_cache(maxsize=4096)
def _alike(word: str, right: str) -> bool:
    if abs(len(word) - len(right)) > 3:
        return False
    if len(right) <= 4:
        return word == right or (
            len(word) >= 3 and sorted(word) == sorted(right) and word[0] == right[0]
        )
    return difflib.SequenceMatcher(None, word, right).ratio() >= 0.78


def near_line_mark(text: str) -> str | None:
    """The mark at a statement's end that a comment there is a slip of, or None."""
    words = _LETTERS.findall(_REMARK.sub(" ", text.upper()))
    joined = " ".join(words)
    for mark in LINE_MARKS:
        # A long mark, else `seen` and `ignored` would be slips; and RESOLUTION is a word.
        if mark.exact or joined[:1] != mark.words[:1]:
            continue
        if difflib.SequenceMatcher(None, joined, mark.words).ratio() >= 0.85:
            return mark.words
    return None


def is_near_closing(text: str) -> bool:
    """Whether a heading in capitals is a slip of the words that end a box."""
    right = BOX.closing_words
    # After the right first word, fewer of the others are needed to tell a slip from a heading.
    cutoff = 0.6 if text.split()[:1] == right.split()[:1] else 0.8
    return bool(difflib.get_close_matches(" ".join(text.split()), [right], cutoff=cutoff))


def is_near_todo(text: str) -> bool:
    """Whether a heading in capitals is a slip of the word that opens a box."""
    word = re.split(r"[\s:]", text, maxsplit=1)[0]
    # TOO and TOOL are as near to TODO as TOOD is: the D or a colon tells a slip from a heading.
    may_be_slip = "D" in word or text.startswith(f"{word}:")
    return may_be_slip and bool(difflib.get_close_matches(word, ["TODO"], cutoff=0.75))
