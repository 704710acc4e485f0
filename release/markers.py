"""The one table of answer markers: every style in use, as the patterns that recognise it.

Sources: CS182 and cs231n homework (boxes; cs231n's inner pair), EECS 498 (the same box, "Replace
"pass" statement with your code"), deeplearning.ai (START CODE HERE), dlsys (BEGIN YOUR SOLUTION),
cs224n (YOUR CODE HERE / END YOUR CODE), nbgrader (BEGIN SOLUTION, HIDDEN TESTS, MARK SCHEME),
otter-grader (SOLUTION, NO PROMPT, PROMPT, SEED, IGNORE). Letter case, spacing, and the number and
kind of ornaments around the words do not matter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum


class Fate(Enum):
    """What students get in place of what a marker marks."""

    STUB = "stub"  # an answer: something to fill in
    GONE = "gone"  # an answer that asks for nothing of its own: not a trace
    STAFF = "staff"  # hidden tests and the like: not a trace, and no answer either
    PROMPT = "prompt"  # what stands between the marks, without them


FLAGS = re.MULTILINE | re.IGNORECASE
RULE = r"#{20,}[ \t\r]*$"
COMMENT = rf"(?!{RULE})#"
TODO = rf"{COMMENT}(?:[^\w\n]*TO[ \t]*DO\b|.*\bTODO[ \t]*:).*$"
_END = rf"{COMMENT}+[ \t]*END[ \t]+OF[ \t]+YOUR[ \t]+CODE[ \t]*#*[ \t\r]*$"
_ORNAMENT = r"[^\w\n()]*"
#: As in (≈ 2 lines of code), (DO NOT DELETE/MODIFY THIS LINE).
_REMARK = rf"(?:\([^()\n]*\){_ORNAMENT})?"


@dataclass(frozen=True)
class Box:
    """Comment lines between rules of `#`; the patterns match a whole box from a line's start.

    `opening_line` and `closing_line` match the line that gives away a broken one.
    """

    opening: re.Pattern[str]
    closing: re.Pattern[str]
    opening_line: re.Pattern[str]
    closing_line: re.Pattern[str]
    opening_words: str
    closing_words: str


@dataclass(frozen=True)
class Pair:
    """Two comment lines around an answer.

    Attributes:
        shown: whether students keep the two lines.
        inner: whether it may stand inside a box, around the whole of its answer.
    """

    opening_words: str
    closing_words: str
    fate: Fate = Fate.STUB
    shown: bool = True
    inner: bool = False

    @property
    def opening(self) -> re.Pattern[str]:
        """Matches the text of an opening line, without the sign that makes it a comment."""
        return _PATTERNS[self.opening_words]

    @property
    def closing(self) -> re.Pattern[str]:
        """Matches the text of a closing line."""
        return _PATTERNS[self.closing_words]


@dataclass(frozen=True)
class LineMark:
    """A comment at the end of a statement.

    Attributes:
        exact: only in capitals; in others it is too common a remark to be told from one.
    """

    words: str
    fate: Fate
    exact: bool = False

    @property
    def pattern(self) -> re.Pattern[str]:
        """Matches the text of the comment."""
        return _PATTERNS[self.words]


BOX = Box(
    opening=re.compile(
        rf"^(?P<indent>[ \t]*){RULE}\n(?P=indent){TODO}\n"
        rf"(?:(?P=indent){COMMENT}.*\n)*(?P=indent){RULE}",
        FLAGS,
    ),
    closing=re.compile(rf"^(?P<indent>[ \t]*){RULE}\n(?P=indent){_END}\n(?P=indent){RULE}", FLAGS),
    opening_line=re.compile(rf"^[ \t]*{TODO}", FLAGS),
    closing_line=re.compile(rf"^[ \t]*{_END}", FLAGS),
    opening_words="TODO",
    closing_words="END OF YOUR CODE",
)

PAIRS = (
    Pair("START OF YOUR CODE", "END OF YOUR CODE", inner=True),
    Pair("START CODE HERE", "END CODE HERE"),
    Pair("YOUR CODE STARTS HERE", "YOUR CODE ENDS HERE"),
    Pair("BEGIN YOUR SOLUTION", "END YOUR SOLUTION"),
    Pair("BEGIN YOUR CODE HERE", "END YOUR CODE HERE"),
    Pair("START YOUR CODE HERE", "END YOUR CODE HERE"),
    Pair("BEGIN YOUR CODE", "END YOUR CODE"),
    Pair("YOUR CODE HERE", "END YOUR CODE"),
    Pair("BEGIN SOLUTION", "END SOLUTION", shown=False),
    Pair("BEGIN SOLUTION NO PROMPT", "END SOLUTION", Fate.GONE, shown=False),
    Pair("BEGIN HIDDEN TESTS", "END HIDDEN TESTS", Fate.STAFF, shown=False),
    Pair("BEGIN MARK SCHEME", "END MARK SCHEME", Fate.STAFF, shown=False),
    Pair("BEGIN IGNORE", "END IGNORE", Fate.STAFF, shown=False),
)

LINE_MARKS = (
    LineMark("SOLUTION", Fate.STUB),
    LineMark("SOLUTION NO PROMPT", Fate.GONE),
    LineMark("SEED", Fate.STAFF, exact=True),
    LineMark("IGNORE", Fate.STAFF, exact=True),
)

#: The two lines of otter's prompt, a string that becomes code.
PROMPT_OPENING = re.compile(
    r"^(?P<indent>[ \t]*)(?P<quotes>\"{3}|'{3})[ \t]*#[ \t]*BEGIN[ \t]+PROMPT[ \t\r]*$", FLAGS
)
PROMPT_CLOSING = re.compile(
    r"^[ \t]*(?P<quotes>\"{3}|'{3})[ \t]*;?[ \t]*#[ \t]*END[ \t]+PROMPT[ \t\r]*$", FLAGS
)
#: Any line that speaks of a prompt.
PROMPT_LINE = re.compile(r"#[ \t]*(?:BEGIN|END)[ \t]+PROMPT[ \t\r]*$", FLAGS)
#: EECS 498: stays above the stub, which is then `pass`.
REPLACE_PASS = re.compile(r"^[ \t]*#\W*Replace\W+pass\b.*\byour code\b.*$", FLAGS)
#: cs224n: comments of several signs that begin an answer with TODO are for students.
TODO_BELOW_OPENING = re.compile(r"^[ \t]*(?P<signs>##+)[ \t]*TO[ \t]*DO\b.*$", FLAGS)
#: A comment that gives a solution away without any marker.
SOLUTION_REMARK = re.compile(r"^\W*SOLUTIONS?\b\W*(?:$|:.*$)", re.IGNORECASE)

#: The lines that may open or close something by themselves, with their right spelling.
WORDS = tuple(dict.fromkeys(w for pair in PAIRS for w in (pair.opening_words, pair.closing_words)))


def _pattern(words: str) -> re.Pattern[str]:
    spaced = r"[\s_]+".join(words.split())
    return re.compile(rf"^{_ORNAMENT}_*{spaced}\b{_ORNAMENT}_*{_ORNAMENT}{_REMARK}$", re.IGNORECASE)


_PATTERNS = {words: _pattern(words) for words in (*WORDS, *(mark.words for mark in LINE_MARKS))}
