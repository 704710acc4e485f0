"""What travels between the steps of an import: cells, tests, questions, and what was left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from nbformat import NotebookNode

from autograder.model.errors import UserError

Kind = Literal["otter", "nbgrader"]
#: Where an import has to ask a person: what it says of each.
BY_HAND = "graded by hand"
#: In a check of partial credit, the name of the value that its test ends with.
EARNED = "earned"
#: In a test, what stands for the line of which nbgrader makes asserts by running the solution.
AUTOTEST = "autotest"


class ImportFailed(UserError):
    """An assignment that cannot be imported; names the file, what was found and what to do."""


@dataclass(frozen=True)
class NotImported:
    """Something that was not taken over as it was, and what to do about it.

    Attributes:
        cell: in the original notebook, from 1; 0 where it is about a file as a whole.
        line: in the cell, from 1; 0 where it is about the cell as a whole.
    """

    file: str
    cell: int
    line: int
    what: str
    why: str
    remedy: str

    @property
    def order(self) -> tuple[str, int, int]:
        """By file, and from top to bottom in it."""
        return self.file, self.cell, self.line

    @property
    def location(self) -> str:
        """File, cell and line in words."""
        cell = f", cell {self.cell}" if self.cell else ""
        return self.file + cell + (f", line {self.line}" if self.line else "")


@dataclass(frozen=True)
class Test:
    """A test as it stands in the original notebook.

    Attributes:
        cell: in the original notebook, from 1.
        line: where `source` starts in it, from 1.
        output: what the last expression showed when the notebook was saved; None where tests
            only assert.
        message: what the original tells a student who fails it.
        called: it is a function, which the tool calls with what the notebook binds.
        scores: its last expression, if it is a number, is the score (nbgrader's partial credit).
        automatic: nbgrader writes a part of it: calls of `AUTOTEST` stand for that.
    """

    cell: int
    line: int
    source: str
    output: str | None = None
    message: str = ""
    called: bool = False
    scores: bool = False
    automatic: bool = False


@dataclass(frozen=True)
class PlannedCheck:
    """A check to be: the tests that it consists of, who sees it, and its points.

    Attributes:
        title: what the original calls it, in words that students may read.
    """

    tests: tuple[Test, ...]
    hidden: bool
    weight: float
    title: str = ""

    @property
    def worth(self) -> str:
        """Its points in words."""
        return f"{self.weight:g} point{'' if self.weight == 1 else 's'}"


@dataclass(frozen=True)
class ForeignQuestion:
    """A question of the original: its name there, points, and checks to be."""

    name: str
    title: str
    points: float
    cell: int
    planned: tuple[PlannedCheck, ...]


@dataclass(frozen=True)
class SourceCell:
    """A cell of the original, as it will stand in our solution notebook.

    Attributes:
        number: in the original notebook, from 1.
        cell: in our form; None where it is left out of our notebook.
        source: the original code, for reading names; empty for other cells.
        answer: the name to call it by, where it holds an answer.
        words: it holds an answer in words.
        test: the code of a cell of tests, with what students do not see.
    """

    number: int
    cell: NotebookNode | None
    source: str = ""
    answer: str = ""
    test: str = ""
    words: bool = False


@dataclass(frozen=True)
class Autotests:
    """What a course compares by where nbgrader writes the tests.

    Attributes:
        text: of a dict, by type, of functions whose results are compared; empty for nbgrader's own.
        imports: what these need.
        why: why it cannot be taken over; empty if it can.
    """

    text: str = ""
    imports: tuple[str, ...] = ()
    why: str = ""


NBGRADERS = Autotests()


@dataclass(frozen=True)
class Sheet:
    """A notebook of the original, read.

    Attributes:
        file: its name, as students submit it.
        files: paths of data files and modules that belong to it.
        stub, text_stub: what its course puts in place of code and of words; empty for ours.
        shows_hidden: students see the results of hidden tests when they submit.
        autotests: what the course compares by where nbgrader writes the tests.
    """

    file: str
    notebook: NotebookNode
    cells: tuple[SourceCell, ...]
    questions: tuple[ForeignQuestion, ...]
    left: tuple[NotImported, ...]
    files: tuple[str, ...] = ()
    stub: str = ""
    text_stub: str = ""
    shows_hidden: bool = False
    autotests: Autotests = NBGRADERS


@dataclass(frozen=True)
class Original:
    """A test as it runs beside the student's code: its text, and what that needs of the notebook.

    Attributes:
        names: of the notebook, those that it uses.
        shows: what it has to show; None where it only asserts.
        whole: what it uses cannot be told by names.
        scores: its last expression, if it is a number, is the score.
    """

    source: str
    names: tuple[str, ...]
    shows: str | None = None
    whole: bool = False
    scores: bool = False


@dataclass(frozen=True)
class Check:
    """A translated check: a pytest function and what its module needs for it.

    Attributes:
        imports: import statements, as text.
        copies: by name, definitions of the notebook that the function calls.
        originals: the tests as they were, in order.
        scores: the body binds `EARNED`; if that is a number, it is the score.
        shared: these are run beside the student's code, in place of the body.
        why_shared: in words; empty if it is not.
        blank_passes: a starter notebook passes it, as it does there.
        compared: solution and starter notebook get of it what they get of the original.
    """

    function: str
    number: str
    title: str
    body: tuple[str, ...]
    planned: PlannedCheck
    names: tuple[str, ...]
    imports: tuple[str, ...] = ()
    copies: dict[str, str] = field(default_factory=dict)
    originals: tuple[Original, ...] = ()
    scores: bool = False
    shared: bool = False
    why_shared: str = ""
    blank_passes: bool = False
    compared: bool = False

    @property
    def asked(self) -> tuple[str, ...]:
        """The names of the notebook that it asks for."""
        if not self.shared:
            return self.names
        return tuple(dict.fromkeys(name for each in self.originals for name in each.names))

    @property
    def whole(self) -> bool:
        """Whether the whole notebook has to be run for it."""
        return self.shared and (not self.asked or any(each.whole for each in self.originals))


@dataclass(frozen=True)
class Question:
    """A question as it goes into the manifest, with its checks.

    Attributes:
        anchor: the number of the original cell whose id the manifest names.
    """

    id: str
    title: str
    notebook: str
    anchor: int
    checks: tuple[Check, ...]
    cell: int

    @property
    def names(self) -> tuple[str, ...]:
        """What the checks ask for."""
        return tuple(dict.fromkeys(name for check in self.checks for name in check.asked))

    @property
    def shared(self) -> bool:
        """Whether the student's process judges itself in a check of it."""
        return any(check.shared for check in self.checks)

    @property
    def points(self) -> float:
        """The sum of the checks' weights, without the noise of adding thirds."""
        return round(sum(check.planned.weight for check in self.checks), 9)


@dataclass(frozen=True)
class RoundTrip:
    """What the checks that were kept make of altered solutions, beside the tests as they were.

    Attributes:
        compared: pairs of a check and an altered solution that matters to it.
        shared: those of them where the check is the test itself.
        differing: what is said of each pair with two verdicts.
    """

    compared: int = 0
    shared: int = 0
    differing: tuple[NotImported, ...] = ()


NO_TRIP = RoundTrip()


@dataclass(frozen=True)
class Imported:
    """What an import has made.

    Attributes:
        original_points: what the tests of the original were worth, without what is graded by hand.
        missing: packages that it needs and that are not installed here.
        trip: the checks beside the tests as they were, on altered solutions.
        is_set_up: its packages are locked, so that it can be released.
    """

    kind: Kind
    name: str
    public: Path
    staff: Path
    questions: tuple[Question, ...]
    left: tuple[NotImported, ...]
    original_points: float
    missing: tuple[str, ...] = ()
    trip: RoundTrip = NO_TRIP
    is_set_up: bool = True

    @property
    def points(self) -> float:
        """The points that are graded automatically."""
        return round(sum(question.points for question in self.questions), 9)

    @property
    def shared_points(self) -> float:
        """Those of them that the student's process gives itself, as it did there."""
        return round(sum(c.planned.weight for c in self.checks if c.shared), 9)

    @property
    def checks(self) -> tuple[Check, ...]:
        """The checks of all questions."""
        return tuple(check for question in self.questions for check in question.checks)
