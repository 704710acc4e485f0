"""An answer comes in; its telling lines and syntax trees, without what is given anyway, go out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from release.leaks import lines as line_forms
from release.leaks import trees
from release.leaks.lines import LineSecret, bare, is_prose, says, tells
from release.leaks.trees import TELLING, Shape, Shapes, shapes
from release.leaks.visible import Visible
from release.markup.model import Answer

#: How a finding calls one.
ANSWER_LINE = "a line of an answer"
_VALUE = re.compile(r"\s*(?:return\b|[^=(]+[^=<>!(]=(?!=))\s*(.+)$")


@dataclass(frozen=True)
class AnswerTrees:
    """The syntax trees of an answer; ``visible`` are those that say little and are shown anyway."""

    answer: Answer
    shapes: Shapes
    visible: frozenset[str]
    origin: str

    @property
    def group(self) -> str:
        """The answer; its lines have the same."""
        return group_of(self.answer)

    @cached_property
    def positions(self) -> dict[str, list[tuple[tuple[Shape, ...], int]]]:
        """Where each statement stands: its body, and its number there."""
        found: dict[str, list[tuple[tuple[Shape, ...], int]]] = {}
        for body in self.shapes.bodies:
            for at, shape in enumerate(body):
                found.setdefault(shape.renamed, []).append((body, at))
        return found

    @cached_property
    def large(self) -> tuple[frozenset[str], frozenset[str]]:
        """What is large enough by itself: renamed fingerprints, and named ones."""
        own = [shape for shape in self.shapes.all() if shape.renamed not in self.visible]
        # The last body is the answer's own; an answer of one statement needs less.
        one = len(self.shapes.bodies[-1:]) == 1 and len(self.shapes.bodies[-1]) == 1
        needed = trees.WHOLE if one else trees.SINGLE
        return (
            frozenset(shape.renamed for shape in own if shape.weight >= needed),
            frozenset(shape.named for shape in own if shape.named_weight >= trees.NAMED),
        )


@dataclass(frozen=True)
class _Line:
    """A line of an answer that says enough, or what stands behind its `=` or `return`."""

    number: int
    text: str
    worth: float

    def is_given(self, answer: Answer, shown: Visible) -> bool:
        form = bare(self.text)
        if form in shown.above.get(answer, ""):
            return True
        return self.worth < line_forms.TELLING and form in shown.lines


def answer_lines(answer: Answer, staff: str, shown: Visible) -> Iterator[LineSecret]:
    """The lines of an answer that say enough and are not given anyway."""
    kinds = {"markdown": "a line of a written answer", "staff": "a line for staff only"}
    what = kinds.get(answer.kind, ANSWER_LINE)
    found = list(_telling_lines(answer))
    given_lines = {line for line in found if line.is_given(answer, shown)}
    # An answer that is given for the most part is not given: it is what leaked.
    if 2 * sum(line.worth for line in given_lines) >= sum(line.worth for line in found):
        given_lines = set()
    for line in found:
        origin = answer.location(staff, line.number)
        made = line_forms.secret(line.text, what, origin, group_of(answer))
        if made and line not in given_lines:
            yield made


def _telling_lines(answer: Answer) -> Iterator[_Line]:
    lines = answer.text.split("\n")
    one = sum(bool(line.strip()) for line in lines) == 1
    for number, text in enumerate(lines):
        prose = answer.kind == "markdown" or is_prose(text)
        needed = line_forms.PROSE_LINE if prose else line_forms.CODE_LINE
        needed = min(needed, line_forms.WHOLE_ANSWER) if one else needed
        value = None if prose else _VALUE.match(text)
        for part in [text, *([value[1]] if value else [])]:
            worth = tells(part) if prose else says(part)
            if worth >= needed:
                yield _Line(number, part, worth)


def answer_trees(answer: Answer, staff: str, shown: Visible) -> AnswerTrees:
    """The syntax trees of an answer; ``staff`` is the name of the staff's folder."""
    found = shapes(answer.text)
    above = shown.above.get(answer, "")
    lines = answer.text.split("\n")
    excused = frozenset(
        shape.renamed
        for shape in found.all()
        if (shape.weight < TELLING and shape.renamed in shown.trees)
        or _is_above(lines[shape.line - 1], above)
    )
    own = found.bodies[-1] if found.bodies else ()
    weight = sum(shape.weight for shape in own if shape.renamed in excused)
    if 2 * weight >= sum(shape.weight for shape in own):
        excused = frozenset()
    return AnswerTrees(answer, found, excused, answer.location(staff))


def _is_above(line: str, above: str) -> bool:
    form = bare(line)
    return len(form) >= line_forms.SHORTEST and form in above


def group_of(answer: Answer) -> str:
    """The name of an answer among the secrets."""
    return f"{answer.file} {answer.cell} {answer.line}"


def share_in(answer: Answer, text: str) -> float:
    """How much of what an answer says stands in a text, from 0 to 1.

    Args:
        text: in its bare form.
    """
    lines = list(_telling_lines(answer))
    there = sum(line.worth for line in lines if bare(line.text) in text)
    return there / sum(line.worth for line in lines) if lines else 0.0
