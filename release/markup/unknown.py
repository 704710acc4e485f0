"""A comment comes in; why it may be a marker that no table knows goes out.

Nobody can list every marker that a course has made up. But markers are short and loud, and they
speak of few things: of a beginning and its end, of the solution, of the staff, of what is hidden
from students. Prose that has the same words in the middle of a sentence is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_REMARK = re.compile(r"\([^()\n]*\)")

#: What only staff should have, and who they are.
_SECRET = frozenset(
    "solution solutions soln solns sol sols solved answer answers ans staff instructor instructors "
    "teacher teachers lecturer lecturers professor professors rubric rubrics grading markscheme "
    "spoiler spoilers solutioncell".split()
)
#: Who may be named in any text.
_PEOPLE = frozenset(
    "staff instructor instructors teacher teachers lecturer lecturers professor professors".split()
)
#: Common words elsewhere too (a hidden layer, remove outliers): only as a whole remark, or loud.
_ALSO_COMMON = frozenset(
    "hidden hide remove delete strip redact redacted omit secret private internal confidential "
    "reference key grader graders ta tas exam marks".split()
)
#: What may stand before the word that a remark is about.
_ARTICLES = frozenset(
    "a an the my our your their sample model reference official possible alternative alternate "
    "correct right full complete working example suggested expected proposed one final student "
    "students begin start end stop here is this that it below above following s here's q1".split()
)
_OPENS = ("BEGIN", "START", "OPEN", "REGION", "ENTER", "ENABLE", "IFDEF")
_CLOSES = ("END", "STOP", "FINISH", "CLOSE", "ENDREGION", "EXIT", "DISABLE", "ENDIF", "FIN")
#: What is between such lines is for students.
_NEUTRAL = re.compile(
    r"(?:UNIT )?TESTS?|(?:PROVIDED|GIVEN|STARTER|SKELETON|HELPER) (?:CODE|FUNCTIONS?)|IMPORTS?"
    r"|(?:PLEASE )?DO NOT (?:MODIFY|EDIT|CHANGE|TOUCH|DELETE|ALTER).*"
)
#: Two words of the same length in both lists belong together, as far as anybody may pair them.
_TAG = re.compile(
    r"^\W*[<\[{]{1,3}(?P<slash>/?)\s*(?P<name>[A-Za-z][\w .:-]{0,40}?)\s*/?[>\]}]{1,3}\W*$"
)
#: A formula in a comment has beginnings and ends of its own.
_LATEX = re.compile(r"\\(?:begin|end)\s*\{")
_PHRASES = re.compile(
    r"\b(?:"
    r"(?:remove|delete|hide|strip|omit|redact|cut|take)\b.{0,40}\b"
    r"(?:students?|releas\w+|publi\w+|distribut\w+|hand(?:ing)?[ -]?outs?|version|template)"
    r"|(?:not|never|don'?t|isn'?t)\b.{0,30}\b(?:for|to|show\w*|see\w*|releas\w+|distribut\w+)\b"
    r".{0,20}\bstudents?"
    r"|(?<!you )(?:do not|don'?t|never) (?:release|distribute|publish|hand out|give out)"
    r"|students?\b.{0,20}\b(?:should|must|will|may)(?: not|n'?t)\b.{0,12}\b(?:see|have|receive)"
    r"|(?:staff|instructors?|teachers?|tas?|graders?)'?s?[ -]"
    r"(?:only|notes?|version|cop(?:y|ies)|use|comments?|eyes)"
    r"|for (?:staff|instructors?|teachers?|graders?|tas)\b"
    r"|hidden[ -](?:tests?|cells?|checks?|cases?|from|code)"
    r"|(?:solutions?|answers?)\s+(?:for|to|of)\s+(?:part|question|problem|exercise|task|q|ex)"
    r"|answer[ -]?keys?|mark(?:ing)?[ -]?schemes?|solution[ -]?cells?"
    r")\b",
    re.IGNORECASE,
)
_YOURS = re.compile(
    r"\byour\W+(?:own\W+)?(?:code|answers?|solutions?|implementation|work|response|explanation)\b",
    re.IGNORECASE,
)
_PLACED = re.compile(
    r"\b(?:here|below|above|goes?|starts?|begins?|ends?|between|after|before|space|region|block)\b",
    re.IGNORECASE,
)
#: What a student is told to do with an answer that stands elsewhere.
_DOES = re.compile(
    r"^\W*(?:now\W+|then\W+|please\W+|let'?s?\W+)*"
    r"(?:check(?:ing)?|test(?:ing)?|create|run|compare|verify|see|use|try|plot|evaluate|show|print|save|submit|"
    r"visuali[sz]e|time|grade|make sure|remember|delete|remove|replace|do not|don'?t|feel free|"
    r"if|you|note)\b",
    re.IGNORECASE,
)
#: A loud remark has so many words at most; with more it is a sentence.
_LOUD_WORDS, _SHORT_WORDS, _WHOLE_WORDS = 8, 3, 7
_ORNAMENTED = re.compile(r"^\s*[#*=~<>\[\]{}!@$%&+/\\|-]{2,}|[*=~<>\[\]{}#!-]{3,}\s*$")


@dataclass(frozen=True)
class Unknown:
    """A remark that may be a marker: its line from 0, and what it seems to do."""

    line: int
    text: str
    why: str


def unknown_markers(remarks: Sequence[tuple[int, str]]) -> Iterator[Unknown]:
    """The remarks (line, text without its sign) of one cell or file that look like markers."""
    pairs = _paired(remarks)
    for line, text in remarks:
        if why := pairs.get(line) or speaks_of(text):
            yield Unknown(line, text, why)


def speaks_of(text: str) -> str | None:
    """What a remark speaks of that students should not see, or None for ordinary prose."""
    plain = _REMARK.sub(" ", text) if _WORD.search(_REMARK.sub(" ", text)) else text
    words = _WORD.findall(plain)
    if not words:
        return None
    if match := _PHRASES.search(text):
        return f'"{match[0]}"'
    if _YOURS.search(plain):
        return "where an answer goes" if speaks_of_place(text) else None
    small = [word.lower() for word in words]
    loud = [w for w in words if w.isupper() and len(w) > 1 and w.lower() in _SECRET | _ALSO_COMMON]
    if loud and len(words) <= _LOUD_WORDS:
        return f'"{loud[0]}"'
    first = next((word for word in small if word not in _ARTICLES), None)
    secret = next((word for word in small if word in _SECRET), None)
    if secret is None:
        whole = len(words) <= 2 and first in _ALSO_COMMON and bool(_ORNAMENTED.search(text))
        return f'"{first}"' if whole else None
    leads = first in _SECRET and not _goes_on(text, first)
    leads &= small[0] != "the" or len(words) <= _SHORT_WORDS  # "the answer to it is ..." tells
    if leads and len(words) <= _WHOLE_WORDS:
        return f'"{secret}"'
    loud_sign = _ORNAMENTED.search(text) and len(words) <= _WHOLE_WORDS
    return f'"{secret}"' if loud_sign or _is_announced(plain, secret) else None


def speaks_of_place(text: str) -> bool:
    """Whether a remark says where students write, rather than what they do with what they wrote."""
    plain = text.strip("()<>[] ") if text.strip().startswith("(") else _REMARK.sub(" ", text)
    asks = _PLACED.search(plain) or len(_WORD.findall(plain)) <= _SHORT_WORDS
    return bool(_YOURS.search(plain) and asks and not _DOES.match(plain))


def speaks_loudly(text: str) -> str | None:
    """The same of a remark behind a statement, where only what is loud or short is a marker."""
    words = _WORD.findall(text)
    if _PHRASES.search(text) or (words and len(words) <= _SHORT_WORDS):
        return speaks_of(text)
    loud = {word.lower() for word in words if word.isupper() and len(word) > 1}
    return speaks_of(text) if loud & (_SECRET | _ALSO_COMMON) else None


def announces(text: str) -> str | None:
    """What a heading, or another loud line of a text, announces that students should not see."""
    plain = re.sub(r"<[^<>]*>|\\\w+|[$*_{}]", " ", text)
    words = _WORD.findall(plain)
    if not words or len(words) > _WHOLE_WORDS:
        return None
    if match := _PHRASES.search(plain):
        return f'"{match[0]}"'
    first = next((word.lower() for word in words if word.lower() not in _ARTICLES), None)
    if first in _PEOPLE and not any(word.isupper() and word.lower() == first for word in words):
        return None
    return f'"{first}"' if first in _SECRET and not _goes_on(plain, first) else None


def _goes_on(text: str, word: str) -> bool:
    """Whether the word is the start of a calculation in words: `answer = 3`, `sol[0] is x`."""
    return bool(
        re.search(rf"\b{word}\b\s*(?:[\[(.=]|is\b|are\b|has\b|must\b|should\b)", text, re.I)
    )


def _is_announced(text: str, word: str) -> bool:
    """Whether the word ends in a colon, or comes behind `here is` and the like."""
    return bool(
        re.search(rf"\b{word}\b[^\w\n]{{0,3}}:", text, re.IGNORECASE)
        or re.search(
            rf"\b(?:here|this|that|below)(?:\W+is|'s)\b.{{0,16}}\b{word}\b",
            text,
            re.IGNORECASE,
        )
    )


def _paired(remarks: Sequence[tuple[int, str]]) -> dict[int, str]:
    """The lines that open or close something by the same words."""
    opened: dict[str, list[int]] = {}
    found: dict[int, str] = {}
    for line, text in remarks:
        edge = _edge(text)
        if edge is None:
            continue
        opens, name = edge
        if _NEUTRAL.fullmatch(name):
            continue
        if opens:
            opened.setdefault(name, []).append(line)
        elif opened.get(name):
            start = opened[name].pop()
            found[start] = f"it opens what line {line + 1} closes"
            found[line] = f"it closes what line {start + 1} opens"
    return found


def _edge(text: str) -> tuple[bool, str] | None:
    """Whether a remark opens or closes something, and what; None for one that does neither."""
    if _LATEX.search(text):
        return None
    if tag := _TAG.match(text):
        return not tag["slash"], " ".join(tag["name"].upper().split())
    words = [word.upper() for word in re.findall(r"[^\W_]+", _REMARK.sub(" ", text))]
    if not 0 < len(words) <= _SHORT_WORDS + 2:
        return None
    for edges, opens in ((_OPENS, True), (_CLOSES, False)):
        if words[0] in edges:
            return opens, " ".join(w for w in words[1:] if w not in ("OF", "THE"))
        if words[-1] in (f"{edge}S" for edge in edges) or words[-1] in edges:
            return opens, " ".join(words[:-1])
    return None
