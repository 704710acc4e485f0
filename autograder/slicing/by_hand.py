"""A submission's answers and a question that people grade come in; what people read goes out.

What is kept is the student's, as it was submitted, within bounds; nothing of it is looked into here
but to tell whether there is an answer, and which answers read the same.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import PurePosixPath
from typing import Any, Literal

from autograder.model.findings import Finding, clean
from autograder.model.manifest import Assignment, Question
from autograder.slicing.alignment import Alignment
from autograder.slicing.answers import Answers
from autograder.slicing.notebook import Cell, Notebook, NotebookError, raw_cells

#: Of one answer: characters of its cells' text, bytes of all that is kept, and cells.
MAX_SOURCE = 100_000
MAX_KEPT = 3_000_000
MAX_CELLS = 20
#: Of the texts above an answer: so many belong to its question.
MAX_ASKED = 3
MAX_FORM = 2_000_000
#: What asks for an answer and is none.
PROMPT = "your answer here"

State = Literal["given", "blank", "missing"]


@dataclass(frozen=True)
class ManualAnswer:
    """What one submission says to a question that people grade.

    Attributes:
        state: ``blank`` as it was handed out, or empty; ``missing`` where its place is not found.
        where: the file and cell, or why there is none, in words.
        cells: the answer as cells of a notebook, in plain values: ``cell_type``, ``source``,
            ``outputs``, ``attachments``.
        digest: of all that is shown.
        same: equal for answers that read the same.
    """

    question: str
    state: State
    where: str
    cells: tuple[Mapping[str, Any], ...] = ()
    digest: str = ""
    same: str = ""


def manual_answers(assignment: Assignment, answers: Answers) -> Iterator[ManualAnswer]:
    """The answer to each question that people grade."""
    for question in assignment.manual_questions:
        yield answer_to(question, answers)


def answer_to(question: Question, answers: Answers) -> ManualAnswer:
    """The answer to one question that people grade."""
    part = question.manual
    assert part is not None
    return _of_form(question, answers) if part.file else _of_cells(question, answers)


def asked_in(question: Question, template: Notebook) -> list[dict[str, Any]]:
    """What a question says, as cells: the texts right above its anchor, and the anchor's own."""
    at = next((n for n, cell in enumerate(template.cells) if cell.id == question.anchor), None)
    if at is None:
        return []
    above = takewhile(lambda cell: cell.kind == "markdown", reversed(template.cells[:at]))
    texts = [cell.source for cell in above][:MAX_ASKED][::-1]
    own = template.cells[at]
    if own.kind == "markdown" and not is_prompt(own.source):
        texts.append(own.source)
    return [{"cell_type": "markdown", "source": text[:MAX_SOURCE]} for text in texts]


# --- in a notebook -------------------------------------------------------------------------------


def _of_cells(question: Question, answers: Answers) -> ManualAnswer:
    alignment = answers.aligned(question.notebook)
    if isinstance(alignment, Finding):
        return _made(question, "missing", clean(alignment.public, 300))
    part = question.manual
    assert part is not None
    cells = list(_cells(question, alignment))
    if not cells:
        return _made(question, "missing", f"its cell in {question.notebook} was not found")
    trees = _trees(question, answers)
    kept = [_kept(cell, trees, part.shows) for cell in cells[:MAX_CELLS]]
    where = f"{question.notebook}, cell {cells[0].number}"
    return _made(question, _state(question, alignment, cells, kept), where, kept)


def _cells(question: Question, alignment: Alignment) -> Iterator[Cell]:
    """The cell that was asked for, and what the student has put right behind it of the same kind.

    An answer in words is often written below the words that ask for it.
    """
    own = alignment.cell_at(question.anchor)
    if own is None:
        return
    yield own
    given = set(alignment.pairs.values())
    for place, cell in enumerate(alignment.student.cells):
        if cell.number > own.number and cell.kind == own.kind and place not in given:
            yield cell
        elif cell.number > own.number and cell.source.strip():
            return


def _trees(question: Question, answers: Answers) -> list[Any]:
    file = answers.file(question.notebook)
    if file is None or file.suffix == ".py":
        return []
    try:
        return raw_cells(answers.submission.read(file), str(file))
    except NotebookError:  # it was read before, when it was aligned
        return []


def _kept(cell: Cell, trees: list[Any], shows: str) -> dict[str, Any]:
    tree = trees[cell.number - 1] if cell.number <= len(trees) else {}
    tree = tree if isinstance(tree, dict) else {}
    kept: dict[str, Any] = {"cell_type": cell.kind, "source": ""}
    if shows != "outputs" or cell.kind != "code":
        kept["source"] = cell.source[:MAX_SOURCE]
    for name in ("outputs", "attachments"):
        if name == "outputs" and shows == "code":
            continue
        if isinstance(tree.get(name), list | dict) and tree[name]:
            kept[name] = tree[name]
    if _size(kept) > MAX_KEPT:
        for name in ("outputs", "attachments"):
            kept.pop(name, None)
        kept["left_out"] = "Its outputs and pictures are too large to be kept here."
    return kept


def _state(
    question: Question, alignment: Alignment, cells: list[Cell], kept: list[dict[str, Any]]
) -> State:
    part = question.manual
    assert part is not None
    if part.shows == "outputs" and cells[0].kind == "code":
        return "given" if any(cell.get("outputs") for cell in kept) else "blank"
    given = next((c for c in alignment.template.cells if c.id == question.anchor), None)
    as_given = "" if given is None else given.source.strip()
    texts = [cell.source.strip() for cell in cells]
    own = [text for text in texts if text != as_given and not is_prompt(text)]
    return "given" if own else "blank"


def is_prompt(text: str) -> bool:
    """Whether a text is nothing, or only asks for an answer."""
    words = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    return words.strip(" \t\r\n*_#>.:…").casefold() in {"", PROMPT}


# --- in a JSON file ------------------------------------------------------------------------------


def _of_form(question: Question, answers: Answers) -> ManualAnswer:
    part = question.manual
    assert part is not None
    name = PurePosixPath(part.file)
    files = [f for f in answers.submission.files if str(f).casefold() == part.file.casefold()]
    files += [f for f in answers.submission.files if f.name.casefold() == name.name.casefold()]
    if not files:
        return _made(question, "missing", f"{part.file} was not submitted")
    where = f"{part.file}, {part.field}"
    try:
        data = answers.submission.read(files[0])
        if len(data) > MAX_FORM:
            return _made(question, "missing", f"{part.file} is too large to be read")
        value = json.loads(data.decode("utf-8-sig"), parse_int=float)
    except (ValueError, RecursionError):
        return _made(question, "missing", f"{part.file} is no JSON")
    for key in part.field.split("."):
        if not isinstance(value, dict) or key not in value:
            return _made(question, "missing", f"{part.file} has no {part.field}")
        value = value[key]
    if isinstance(value, str):
        text, kind = value, "markdown"
    else:
        text, kind = json.dumps(value, indent=1, ensure_ascii=False), "raw"
    text = text.encode("utf-8", "replace").decode("utf-8")[:MAX_SOURCE]
    blank = is_prompt(text) or value is None or value in ({}, [])
    cell = {"cell_type": kind, "source": text}
    return _made(question, "blank" if blank else "given", where, [cell])


# --- what is kept --------------------------------------------------------------------------------


def _made(
    question: Question, state: State, where: str, cells: list[dict[str, Any]] | None = None
) -> ManualAnswer:
    cells = cells or []
    # What differs in white space alone reads the same; how often a cell was run is not read.
    same = [[" ".join(c["source"].split()), c.get("outputs"), c.get("attachments")] for c in cells]
    return ManualAnswer(
        question.id,
        state,
        where,
        tuple(cells),
        _digest([state, cells]),
        _digest(same) if state == "given" else state,
    )


def _digest(value: object) -> str:
    text = json.dumps(_uncounted(value), sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def _uncounted(value: object) -> object:
    """The value without the numbers that a kernel gives to what it runs."""
    if isinstance(value, dict):
        return {str(k): _uncounted(v) for k, v in value.items() if k != "execution_count"}
    if isinstance(value, list | tuple):
        return [_uncounted(item) for item in value]
    return value


def _size(value: object) -> int:
    return len(json.dumps(value, default=str))
