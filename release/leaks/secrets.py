"""Answers, the staff's folder and the notebooks come in; all that must not be in a bundle goes out.

What students are given anyway (`release.leaks.visible`) and what anybody would write is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from release.leaks import lines as line_forms
from release.leaks.answers import AnswerTrees, answer_lines, answer_trees
from release.leaks.compiled import CompiledAnswer, compiled_answers
from release.leaks.copies import copies, outputs
from release.leaks.hidden import COMPARED, TELLING_CONSTANTS, Checks, Value, read_checks, roundings
from release.leaks.lines import LineSecret, bare, is_prose, says, tells
from release.leaks.notebooks import strings
from release.leaks.visible import Visible, text_files, visible
from release.markup.marker_scan import marks
from release.markup.markers import KNOWN, Markers
from release.markup.model import Answer
from release.packages import LOCK_FILE

MANIFEST = "assignment.toml"
_STAFF_LINE = line_forms.TELLING
_SENTENCE_END = re.compile(r"(?<=[.;!?])\s+|\n")


@dataclass(frozen=True)
class Secrets:
    """All that must not be in the bundle, in the forms in which it is searched.

    Attributes:
        copies: by a key of its bytes, what a file or picture is and where it is from.
        marks: by their bare form, the places of markers in the staff's files.
        templates: the notebooks that students receive, as the stripper made them.
        markers: what marks answers in this assignment.
    """

    staff: str
    lines: tuple[LineSecret, ...]
    trees: tuple[AnswerTrees, ...]
    compiled: tuple[CompiledAnswer, ...]
    names: Mapping[str, Value]
    modules: Mapping[str, Value]
    numbers: Mapping[str, Value]
    rows: tuple[Value, ...]
    copies: Mapping[str, tuple[str, str]]
    marks: Mapping[str, str]
    templates: Mapping[str, bytes]
    markers: Markers = KNOWN

    def counts(self) -> dict[str, int]:
        """How many there are of each kind."""
        return {
            "lines": len(self.lines),
            "answers with syntax trees": len(self.trees),
            "names of hidden checks": len(self.names) + len(self.modules),
            "expected values": len({v.origin for v in self.numbers.values()}) + len(self.rows),
            "files and pictures": len({origin for _, origin in self.copies.values()}),
        }


def gather(
    answers: Sequence[Answer],
    *,
    staff: Path,
    hidden_checks: Path,
    public_checks: Path,
    solved: Mapping[str, bytes],
    templates: Mapping[str, bytes],
    markers: Markers = KNOWN,
) -> Secrets:
    """Gather all that must not be in the bundle.

    Args:
        answers: what the stripper took out.
        staff: the staff's folder.
        hidden_checks, public_checks: the folders of checks; the second one lies in the public
            folder. Either may be missing.
        markers: what marks answers in this assignment.
        solved, templates: notebooks as ``.ipynb``, by the name that students submit.
    """
    shown = visible(templates, solved, public_checks.parent, public_checks, answers)
    hidden = read_checks(hidden_checks, _label(staff, hidden_checks))
    public = read_checks(public_checks, "public")
    files = text_files(staff)
    texts = _texts(hidden, public, shown)
    return Secrets(
        staff=staff.name,
        lines=_unique(
            [
                *(line for answer in answers for line in answer_lines(answer, staff.name, shown)),
                *_staff_lines(files, staff, hidden_checks, answers, shown),
                *_output_lines(solved, shown),
                *texts,
            ]
        ),
        trees=tuple(
            answer_trees(answer, staff.name, shown)
            for answer in answers
            if answer.kind != "markdown"
        ),
        compiled=compiled_answers(answers, staff.name, templates),
        names=_names(hidden, public),
        modules=_modules(hidden, public_checks.parent),
        numbers=_numbers(hidden, public),
        rows=_rows(hidden, public, shown),
        copies=copies(staff, solved, templates),
        marks=_marks(files, staff.name, markers),
        markers=markers,
        templates=templates,
    )


def _label(staff: Path, folder: Path) -> str:
    inside = folder.is_relative_to(staff)
    return f"{staff.name}/{folder.relative_to(staff).as_posix()}" if inside else folder.name


def _unique(lines: Sequence[LineSecret]) -> tuple[LineSecret, ...]:
    first: dict[str, LineSecret] = {}
    for line in lines:
        first.setdefault(line.bare, line)
    return tuple(first.values())


def _staff_lines(
    files: Mapping[str, str], staff: Path, hidden: Path, answers: Sequence[Answer], shown: Visible
) -> Iterator[LineSecret]:
    """Telling lines of the staff's other files: hidden checks, solutions of other kinds, notes."""
    solved = {answer.file for answer in answers} | {MANIFEST, LOCK_FILE}
    for name, text in files.items():
        if name in solved or name.endswith(".ipynb") or "\n# %%" in f"\n{text}":
            continue
        is_check = (staff / name).is_relative_to(hidden)
        for location, line in _lines_of(name, text):
            if (tells(line) if is_prose(line) else says(line)) < _STAFF_LINE:
                continue
            form = bare(line)
            if form in shown.lines or (not is_check and form in shown.public):
                continue
            what = "a line of a hidden check" if is_check else "a line of a staff file"
            origin = f"{staff.name}/{location}"
            if made := line_forms.secret(line, what, origin, f"{staff.name}/{name}"):
                yield made


def _lines_of(name: str, text: str) -> Iterator[tuple[str, str]]:
    """The lines of a file with their places; of JSON the sentences of its texts."""
    if name.endswith(".json"):
        try:
            found = list(strings(json.loads(text), name))
        except (ValueError, RecursionError):
            found = []
        for location, value in found:
            yield from ((location, sentence) for sentence in _SENTENCE_END.split(value))
        if found:
            return
    for number, line in enumerate(text.split("\n"), start=1):
        yield f"{name}, line {number}", line


def _output_lines(solved: Mapping[str, bytes], shown: Visible) -> Iterator[LineSecret]:
    for location, kind, value in outputs(solved):
        if kind.startswith("image/"):
            continue
        for line in value.split("\n"):
            worth = max(tells(line), says(line))
            if worth >= line_forms.CODE_LINE and bare(line) not in shown.lines:
                what = "a line of a solution notebook's output"
                if made := line_forms.secret(line, what, location, location):
                    yield made


def _texts(hidden: Checks, public: Checks, shown: Visible) -> list[LineSecret]:
    known = {value.form for value in public.texts}
    what = "a value that a hidden check expects"
    made = [
        line_forms.secret(value.shown, what, value.origin, "", shortest=COMPARED)
        for value in hidden.texts
        if value.form not in known and bare(value.shown) not in shown.everything
    ]
    return [line for line in made if line is not None]


def _names(hidden: Checks, public: Checks) -> dict[str, Value]:
    """Names that the public checks do not have; a whole check that they have is not excused."""
    bodies: dict[str, set[str]] = {}
    for value in public.names:
        bodies.setdefault(value.form, set()).add(value.body)
    return {
        value.form: value
        for value in reversed(hidden.names)
        if value.form not in bodies or value.body in bodies[value.form]
    }


def _modules(hidden: Checks, public: Path) -> dict[str, Value]:
    known = {path.stem for path in public.rglob("*.py")}
    return {value.form: value for value in reversed(hidden.modules) if value.form not in known}


def _numbers(hidden: Checks, public: Checks) -> dict[str, Value]:
    known = {value.form for value in public.numbers}
    return {
        form: value
        for value in reversed(hidden.numbers)
        if value.form not in known
        for form in roundings(value.form)
    }


def _rows(hidden: Checks, public: Checks, shown: Visible) -> tuple[Value, ...]:
    known = {value.form for value in public.rows}
    first = {value.form: value for value in reversed(hidden.rows) if value.form not in known}
    return tuple(
        value
        for form, value in sorted(first.items(), key=lambda item: item[1].origin)
        if form.count(",") > TELLING_CONSTANTS or form not in shown.rows
    )


def _marks(files: Mapping[str, str], staff: str, markers: Markers) -> dict[str, str]:
    return {
        bare(lines[number]): f"{staff}/{name}, line {number + 1}"
        for name, text in files.items()
        for lines in [text.split("\n")]
        for number, _ in marks(lines, is_code=True, markers=markers)
    }
