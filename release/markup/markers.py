"""The one table of answer markers: every style in use, as the patterns that recognise it.

Stripping, the search for slips, the leak scan and the docs' page of markers read it. Letter case,
spacing, and the number and kind of ornaments around the words do not matter. An assignment's
manifest may add pairs of its own, and say that what has no end goes to the end of its cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache

from autograder.model.manifest import MarkerRules


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
#: CS182: a box that says only where; between rules it needs no TODO.
_HEADING = (
    rf"{COMMENT}[^\w\n]*(?:(?:IMPLEMENT|INSERT|WRITE|ADD|PUT)[ \t]+)?"
    r"YOUR[ \t]+CODE[ \t]+HERE\b.*$"
)
_END = rf"{COMMENT}+[ \t]*END[ \t]+OF[ \t]+YOUR[ \t]+CODE[ \t]*#*[ \t\r]*$"
_ORNAMENT = r"[^\w\n()]*"
#: As in (≈ 2 lines of code), (DO NOT DELETE/MODIFY THIS LINE), - 3-4 lines, for part 1i.
_REMARK = (
    rf"(?:(?:\([^()\n]*\)|~?\d+(?:\s*(?:-|to|or)\s*~?\d+)?\s+lines?(?:\s+of\s+code)?"
    rf"|(?:for|of|in)\s+(?:part|question|problem|exercise|task|q)\b[\s.]*[\w.]{{1,6}})"
    rf"{_ORNAMENT})?"
)


@dataclass(frozen=True)
class Box:
    """Comment lines between rules of `#`; the patterns match a whole box from a line's start.

    `half` matches one that has its lower rule below the answer, down to that.
    `opening_line` and `closing_line` match the line that gives away a broken one.
    """

    opening: re.Pattern[str]
    closing: re.Pattern[str]
    half: re.Pattern[str]
    opening_line: re.Pattern[str]
    closing_line: re.Pattern[str]
    opening_words: str
    closing_words: str


@dataclass(frozen=True)
class Pair:
    """Two comment lines around an answer.

    Attributes:
        origin: where it comes from.
        shown: whether students keep the two lines.
        inner: whether it may stand inside a box, around its answer.
        ruled: its words are no marker but between ornaments, and a bare rule of these ends it.
    """

    opening_words: str
    closing_words: str
    origin: str = ""
    fate: Fate = Fate.STUB
    shown: bool = True
    inner: bool = False
    ruled: bool = False

    @property
    def opening(self) -> re.Pattern[str]:
        """Matches the text of an opening line, without the sign that makes it a comment."""
        return pattern(self.opening_words)

    @property
    def closing(self) -> re.Pattern[str]:
        """Matches the text of a closing line."""
        return pattern(self.closing_words)


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
        return pattern(self.words)


BOX = Box(
    opening=re.compile(
        rf"^(?P<indent>[ \t]*){RULE}\n(?P=indent)(?:{TODO}|{_HEADING})\n"
        rf"(?:(?P=indent){COMMENT}.*\n)*(?P=indent){RULE}",
        FLAGS,
    ),
    half=re.compile(
        rf"^(?P<head>(?P<indent>[ \t]*){RULE}\n(?P=indent)(?:{TODO}|{_HEADING})\n"
        rf"(?:(?P=indent){COMMENT}.*\n)*)"
        rf"(?=(?!(?P=indent)#)(?:(?![ \t]*{RULE}).*\n)+(?P=indent){RULE}(?:\n(?![ \t]*#)|\Z))",
        FLAGS,
    ),
    closing=re.compile(rf"^(?P<indent>[ \t]*){RULE}\n(?P=indent){_END}\n(?P=indent){RULE}", FLAGS),
    opening_line=re.compile(rf"^[ \t]*{TODO}", FLAGS),
    closing_line=re.compile(rf"^[ \t]*{_END}", FLAGS),
    opening_words="TODO",
    closing_words="END OF YOUR CODE",
)

NBGRADER, OTTER = "nbgrader", "otter"
_COURSERA = "deeplearning.ai and its like"
_COURSES = "various courses"
#: What students keep comes first, then what they don't.
PAIRS = (
    Pair("START OF YOUR CODE", "END OF YOUR CODE", "cs231n", inner=True),
    Pair("START CODE HERE", "END CODE HERE", _COURSERA),
    Pair("YOUR CODE STARTS HERE", "YOUR CODE ENDS HERE", _COURSERA),
    Pair("YOUR ANSWER STARTS HERE", "YOUR ANSWER ENDS HERE", "MIT 6.5940"),
    Pair("YOUR CODE BEGINS HERE", "YOUR CODE ENDS HERE", _COURSES),
    Pair("BEGIN YOUR SOLUTION", "END YOUR SOLUTION", "dlsys"),
    Pair("BEGIN YOUR CODE HERE", "END YOUR CODE HERE", _COURSES),
    Pair("START YOUR CODE HERE", "END YOUR CODE HERE", _COURSES),
    Pair("BEGIN YOUR CODE", "END YOUR CODE", "CS221, CS109"),
    Pair("START YOUR CODE", "END YOUR CODE", _COURSES),
    Pair("YOUR CODE HERE", "END YOUR CODE", "cs224n"),
    Pair("YOUR CODE HERE", "END OF YOUR CODE", "CS182"),
    Pair("YOUR CODE", "=====", "CS236781 (Technion)", ruled=True),
    Pair("YOUR CODE GOES HERE", "#####", "CS330, CS189", ruled=True),
    Pair("BEGIN YOUR ANSWER", "END YOUR ANSWER", _COURSES),
    Pair("START TODO", "END TODO", "TUM"),
    Pair("BEGIN TODO", "END TODO", _COURSES),
    Pair("BEGIN STUDENT CODE", "END STUDENT CODE", "CS188"),
    Pair("START STUDENT CODE", "END STUDENT CODE", _COURSES),
    Pair("BEGIN SOLUTION", "END SOLUTION", "nbgrader, otter-grader", shown=False),
    Pair("BEGIN SOLUTION NO PROMPT", "END SOLUTION", "otter-grader", fate=Fate.GONE, shown=False),
    Pair("START SOLUTION", "END SOLUTION", _COURSES, shown=False),
    Pair("SOLUTION START", "SOLUTION END", _COURSES, shown=False),
    Pair("SOLUTION BEGIN", "SOLUTION END", _COURSES, shown=False),
    Pair("BEGIN SOLN", "END SOLN", _COURSES, shown=False),
    Pair("BEGIN ANSWER", "END ANSWER", _COURSES, shown=False),
    Pair("START ANSWER", "END ANSWER", _COURSES, shown=False),
    Pair("REGION SOLUTION", "ENDREGION", "editors' folding", shown=False),
    Pair("BEGIN HIDDEN TESTS", "END HIDDEN TESTS", "nbgrader", fate=Fate.STAFF, shown=False),
    Pair("BEGIN MARK SCHEME", "END MARK SCHEME", "nbgrader", fate=Fate.STAFF, shown=False),
    Pair("BEGIN IGNORE", "END IGNORE", "otter-grader", fate=Fate.STAFF, shown=False),
)

LINE_MARKS = (
    LineMark("SOLUTION", Fate.STUB),
    LineMark("SOLUTION NO PROMPT", Fate.GONE),
    LineMark("SEED", Fate.STAFF, exact=True),
    LineMark("IGNORE", Fate.STAFF, exact=True),
)


@dataclass(frozen=True)
class Markers:
    """The markers of one assignment: the table's, and what its manifest adds.

    Attributes:
        pairs: all of them; the manifest's own come first.
        tool: where only the markers of one tool count, its name: cells that another tool's words
            stand in, boxes and labels in texts are the course's own business then.
        open_ended: an answer's beginning without an end goes to the end of its function or cell.
        allowed: remarks that look like markers and are none, as `bare` has them.
        strict: what may be a marker and is in no row is an error.
    """

    pairs: tuple[Pair, ...] = PAIRS
    tool: str = ""
    open_ended: bool = False
    allowed: frozenset[str] = frozenset()
    strict: bool = True

    @property
    def boxes(self) -> bool:
        """Whether TODO boxes, strings like them and labels in texts mark answers."""
        return not self.tool

    @property
    def blocks(self) -> bool:
        """Whether otter-grader's raw cells mark the cells between them."""
        return self.tool != NBGRADER

    @property
    def line_marks(self) -> tuple[LineMark, ...]:
        """The marks at the ends of statements, which are otter-grader's."""
        return LINE_MARKS if self.tool != NBGRADER else ()

    @property
    def words(self) -> tuple[str, ...]:
        """What may open or close something on a line of its own, in its right spelling."""
        pairs = (pair for pair in self.pairs if not pair.ruled)
        edges = (w for pair in pairs for w in (pair.opening_words, pair.closing_words))
        return tuple(dict.fromkeys(edges))

    def is_edge(self, text: str) -> bool:
        """Whether a remark opens or closes something that the table knows."""
        pairs = (pair for pair in self.pairs if not pair.ruled)
        return any(p.match(text) for pair in pairs for p in (pair.opening, pair.closing))

    def allows(self, text: str) -> bool:
        """Whether staff have said that a remark is no marker."""
        return bool(self.allowed) and bare(text) in self.allowed


#: Where nothing says otherwise.
KNOWN = Markers()


def of_tool(tool: str, *, strict: bool = True) -> Markers:
    """The markers of nbgrader or otter-grader alone.

    Args:
        strict: as for `Markers`; a tool itself ships what it does not know.
    """
    own = tuple(pair for pair in PAIRS if tool in pair.origin)
    return Markers(own, tool, strict=strict)


def markers_of(rules: MarkerRules, allowed: Iterable[str] = ()) -> Markers:
    """The table, with what an assignment adds to it."""
    own = tuple(
        Pair(
            pair.begin.upper(),
            pair.end.upper(),
            "the assignment's own",
            fate=Fate.STAFF if pair.staff else Fate.STUB,
            shown=pair.shown,
        )
        for pair in rules.pairs
    )
    base = of_tool(rules.tool) if rules.tool else KNOWN
    return replace(
        base,
        pairs=(*own, *base.pairs),
        open_ended=rules.ends == "cell",
        allowed=frozenset(map(bare, allowed)),
    )


def bare(text: str) -> str:
    """A remark without ornaments, letter case and spacing, as allowances are compared."""
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))


#: CS188: a string by itself that says where the answer goes.
STRING_MARK = re.compile(
    r"^[ \t]*[\"']{1,3}\W*(?:TODO\b|(?:(?:INSERT|PUT|ADD|WRITE)\W+)?YOUR\W+CODE\b).*[\"'][ \t;]*$",
    FLAGS,
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


@cache
def pattern(words: str) -> re.Pattern[str]:
    """What matches a line that is such words and ornaments, and perhaps a remark in brackets."""
    spaced = r"[\s_]+".join(map(re.escape, words.split()))
    return re.compile(rf"^{_ORNAMENT}_*{spaced}\b{_ORNAMENT}_*{_ORNAMENT}{_REMARK}$", re.IGNORECASE)
