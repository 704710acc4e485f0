"""A submission and the name of a notebook come in; the file that is taken for it, and why, go out.

Students submit copies: "lab (1).ipynb" beside the blank "lab.ipynb" that they were given, a
damaged download beside a whole one. The file with answers in it is the one that counts.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import PurePosixPath

from autograder.model.findings import Finding, clean
from autograder.model.manifest import Question
from autograder.model.names import Match, match, owners
from autograder.model.submission import Submission
from autograder.slicing.alignment import Alignment, align
from autograder.slicing.edits import spelled
from autograder.slicing.magics import parse_python
from autograder.slicing.notebook import BINDS, Cell, Notebook, NotebookError, parse

#: Below this share of template cells found, a notebook does not look like the one handed out; one
#: of another name is not taken for it.
MIN_QUALITY = 0.5
#: Lines that say nothing: comments, and what holds the place of an answer.
_EMPTY = re.compile(
    r"(#.*|pass|\.\.\.|return( None)?|raise NotImplementedError.*|[\w.]+ = (None|\.\.\.))?"
)
#: So many files are read for one notebook, those of the best names first.
MAX_CANDIDATES = 30
#: So many files are named in a sentence.
MAX_NAMED = 3


@dataclass(frozen=True)
class Wanted:
    """A notebook or module that was asked for: its name, how it was handed out, what it asks."""

    name: str
    template: Notebook
    questions: tuple[Question, ...]

    @property
    def is_module(self) -> bool:
        """Whether it is a plain Python file."""
        return self.name.lower().endswith(".py")


@dataclass(frozen=True)
class Candidate:
    """A file that may be the one asked for.

    Attributes:
        alignment: none if it cannot be read.
        problem: why it cannot be read, or is no Python.
    """

    file: PurePosixPath
    wanted: Wanted
    alignment: Alignment | None
    problem: str

    @cached_property
    def match(self) -> Match:
        """How its name agrees with the one asked for."""
        return match(self.file, self.wanted.name)

    @cached_property
    def answered(self) -> int:
        """How many questions have an answer in it that is not the template's."""
        found = self.alignment
        return sum(is_answered(found, q) for q in self.wanted.questions) if found else 0

    @property
    def shown(self) -> str:
        """The name, for sentences."""
        return clean(str(self.file), 120)

    @property
    def fits(self) -> bool:
        """Whether it looks like the one that was handed out."""
        return self.alignment is not None and self.alignment.quality >= MIN_QUALITY

    @cached_property
    def is_blank(self) -> bool:
        """Whether all that stands in it was handed out: answers in words are no question's."""
        given = {cell.source.strip() for cell in self.wanted.template.cells}
        return given.issuperset(self.text)

    @property
    def order(self) -> tuple[bool, int, bool, bool, Match, int, str]:
        """Sorts the best one first."""
        best = bool(self.problem), -self.answered, not self.fits, self.is_blank
        return (*best, self.match, len(self.file.parts), str(self.file))

    @cached_property
    def text(self) -> tuple[str, ...]:
        """What stands in the cells."""
        cells = self.alignment.student.cells if self.alignment else ()
        return tuple(cell.source.strip() for cell in cells)


@dataclass(frozen=True)
class Choice:
    """What was taken for a notebook: the file, its alignment or why there is none, and notes."""

    file: PurePosixPath | None
    aligned: Alignment | Finding
    notes: tuple[str, ...] = ()


def choose(wanted: Wanted, names: Iterable[str], submission: Submission) -> Choice:
    """The file that is taken for a notebook.

    Args:
        names: all files that the assignment asks for: one of another's name is not taken for this.
    """
    named, others = _sorted_out(wanted, frozenset(names), submission)
    read = [_read(wanted, file, submission) for file in named]
    candidates = [each for each in read if _is_possible(each)]
    if others and not any(each.answered for each in candidates):
        strangers = [_read(wanted, file, submission) for file in others]
        candidates += [each for each in strangers if _serves(each, bool(candidates))]
        read += strangers
    if not candidates:
        return Choice(None, _not_there(wanted, read, submission))
    if len(candidates) > 1:  # else nobody asks how many answers there are
        candidates.sort(key=lambda each: each.order)
    best = candidates[0]
    if best.alignment is None:
        problems = [each.problem for each in candidates]
        return Choice(best.file, Finding(" ".join(problems[:MAX_NAMED])))
    return Choice(best.file, best.alignment, tuple(_notes(wanted, candidates)))


def is_answered(alignment: Alignment, question: Question) -> bool:
    """Whether the answer to a question is not what was handed out.

    In its own cell any other line of code counts; in cells behind it, which may be anything, one
    that binds a name that is asked for; elsewhere too, if nothing down to there binds one.
    """
    if alignment.template.cells and alignment.student.cells == alignment.template.cells:
        return False
    if _is_module(alignment.template):
        return _binds_anew(alignment, question.names)
    try:
        cells = alignment.answer(question.anchor)
    except KeyError:  # the manifest's fault, which is told where the question is graded
        return False
    given = next(c for c in alignment.template.cells if c.id == question.anchor)
    own = alignment.cell_at(question.anchor)
    if own is not None and _code(own) - _code(given):
        return True
    known = {trait for cell in alignment.template.cells for trait in _code(cell)}
    asked = _binding(question.names)
    if not any(cell.traits & asked for cell in alignment.up_to(question.anchor)):
        cells = alignment.student.cells
    return any(cell.traits & asked and _code(cell) - known for cell in cells)


def _binding(names: Iterable[str]) -> frozenset[str]:
    """The traits of cells that bind one of the names."""
    forms = ("", "def ", "class ", "async def ")
    return frozenset(form + name + BINDS for form in forms for name in names)


def _is_module(template: Notebook) -> bool:
    return template.name.lower().endswith(".py")


@lru_cache(maxsize=1024)  # the questions of a notebook share the template's cells
def _code(cell: Cell) -> frozenset[str]:
    """The lines of code, in one spelling and without comments; those that only hold a place out."""
    try:
        nodes = parse_python(cell.python).body
        return frozenset(line for node in nodes for line in _telling(spelled(node, cell.code)))
    except (SyntaxError, RecursionError):
        return _telling(cell.source)


def _telling(text: str) -> frozenset[str]:
    lines = (line.strip() for line in text.splitlines())
    return frozenset(each for each in lines if not _EMPTY.fullmatch(each))


def _binds_anew(alignment: Alignment, names: Iterable[str]) -> bool:
    """Whether a module defines the names, and one of them not as the template does."""
    mine, given = (_definitions(n.cells[0]) for n in (alignment.student, alignment.template))
    nothing: frozenset[str] = frozenset()
    return mine.keys() >= set(names) and any(mine[n] - given.get(n, nothing) for n in names)


@lru_cache(maxsize=64)
def _definitions(cell: Cell) -> dict[str, frozenset[str]]:
    """What a module's top level defines: by name the lines of code of the statements binding it."""
    found: dict[str, frozenset[str]] = {}
    try:
        for node in _top_level(parse_python(cell.python).body):
            for name in _bound(node):
                found[name] = found.get(name, frozenset()) | _telling(spelled(node, cell.code))
    except (SyntaxError, RecursionError):
        return {}
    return found


def _top_level(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try | ast.With):
            for part in ("body", "orelse", "finalbody"):
                yield from _top_level(getattr(node, part, []))


def _bound(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            yield from (part.id for part in ast.walk(target) if isinstance(part, ast.Name))


# --- reading the files ----------------------------------------------------------------------------


def _sorted_out(
    wanted: Wanted, names: frozenset[str], submission: Submission
) -> tuple[list[PurePosixPath], list[PurePosixPath]]:
    """The files that may be the one by their name, and further ones that may be it nonetheless."""
    named: list[PurePosixPath] = []
    others: list[PurePosixPath] = []
    suffix = ".py" if wanted.is_module else ".ipynb"
    for file in submission.from_the_top:
        of = owners(file, names)
        if wanted.name in of:
            named.append(file)
        elif not of and file.suffix.lower() == suffix:
            others.append(file)
    named.sort(key=lambda file: match(file, wanted.name))
    return named[:MAX_CANDIDATES], others[:MAX_CANDIDATES]


def _read(wanted: Wanted, file: PurePosixPath, submission: Submission) -> Candidate:
    try:
        notebook = parse(submission.read(file), clean(str(file), 120), is_module=wanted.is_module)
    except NotebookError as error:
        return Candidate(file, wanted, None, str(error))
    alignment = align(notebook, wanted.template)
    problem = _no_python(notebook) if wanted.is_module else ""
    return Candidate(file, wanted, alignment, problem)


def _no_python(module: Notebook) -> str:
    try:
        parse_python(module.cells[0].python)
    except SyntaxError as error:
        return f"{module.name}: this file is no Python at line {error.lineno or 1}; correct it."
    return ""


def _is_possible(candidate: Candidate) -> bool:
    """Whether a file can be the one: by its right name, or by what it holds."""
    alignment, wanted = candidate.alignment, candidate.wanted
    if candidate.match < Match.VARIANT or alignment is None or candidate.answered:
        return True
    if not wanted.is_module:
        return candidate.fits
    # The template itself, or one that is no Python: the checks say where.
    asked = {name for question in wanted.questions for name in question.names}
    return bool(alignment.student.cells[0].traits & _binding(asked))


def _serves(candidate: Candidate, others: bool) -> bool:
    """Whether a file of quite another name serves: where there are others, it needs answers."""
    if candidate.problem or not candidate.fits:
        return False
    return candidate.answered > 0 or not (others or candidate.wanted.is_module)


# --- what students and staff are told -------------------------------------------------------------


def _notes(wanted: Wanted, candidates: Sequence[Candidate]) -> Iterator[str]:
    """What to say of the first of the files, which was taken, and of the others."""
    taken, *rivals = candidates
    same = [each for each in rivals if each.text == taken.text]
    differing = [each for each in rivals if each not in same]
    what = f"{taken.shown} was taken for {wanted.name}"
    if taken.shown == wanted.name:
        what = f"{taken.shown} was taken, of {len(candidates)} files that may be meant"
    if differing:
        reasons = "; ".join(_why(taken, each) for each in differing[:MAX_NAMED])
        yield f"{what}: {reasons}. Submit one file for it, under the name {wanted.name}."
    elif same:
        verb = "holds" if len(same) == 1 else "hold"
        yield f"{what}; {_listed(same)} {verb} the same."
    elif taken.match >= Match.VARIANT:
        yield f"{what}, because no file has that name; submit it under the name {wanted.name}."
    if not taken.fits:
        yield (
            f"{taken.shown} does not look like the {wanted.name} that was handed out: most of its "
            "cells were not found. It was graded as it is; answer in the notebook that was handed "
            "out."
        )


def _listed(candidates: Sequence[Candidate]) -> str:
    return ", ".join(each.shown for each in candidates[:MAX_NAMED])


def _why(taken: Candidate, other: Candidate) -> str:
    """Why one file was preferred to another."""
    if other.problem and not taken.problem:
        return f"{other.shown} {'cannot be read' if other.alignment is None else 'is no Python'}"
    if not other.answered and taken.answered:
        return f"{other.shown} holds no answers"
    if other.answered < taken.answered:
        total = len(taken.wanted.questions)
        return (
            f"{other.shown} has answers to {other.answered} of {total} questions, this one to "
            f"{taken.answered}"
        )
    if other.fits < taken.fits:
        return f"{other.shown} looks less like what was handed out"
    if other.is_blank and not taken.is_blank:
        return f"{other.shown} is as it was handed out"
    if other.match > max(taken.match, Match.NAME):
        return f"it has the right name, which {other.shown} has not"
    if len(other.file.parts) > len(taken.file.parts):
        return f"it lies nearer to the top than {other.shown}"
    return f"it comes before {other.shown}, which has as many answers"


def _not_there(wanted: Wanted, tried: Sequence[Candidate], submission: Submission) -> Finding:
    names = [clean(str(file), 120) for file in submission.files]
    more = [f"{len(names) - MAX_NAMED} more"] if len(names) > MAX_NAMED else []
    held = ", ".join([*names[:MAX_NAMED], *more]) or "no notebook"
    told = [each.problem for each in tried if each.problem][:MAX_NAMED]
    told += [
        f"{name} is an archive inside the submission; submit its contents."
        for name in submission.archives[:MAX_NAMED]
    ]
    return Finding(
        f"{wanted.name} is not in the submission, which holds {held}. {' '.join(told)}".strip(),
        f"Submit {wanted.name} under that name.",
    )
