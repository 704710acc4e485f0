"""An assignment's folder comes in, its validated description goes out.

A staff folder holds ``assignment.toml``, the solved sources and ``checks/``; the folder in a
Gradescope bundle holds ``templates/`` in place of the sources. Both are read here.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from autograder.model import manual
from autograder.model.errors import UserError
from autograder.model.manual import ManualPart, ManualResult
from autograder.model.times import parse_time

FILE_NAME = "assignment.toml"
SCHEMA = Path(__file__).parents[1] / "schemas" / "manifest.schema.json"


#: What a question says whose checks let the student's process judge itself.
SHARED = "shared"
#: Of a question, what is a list.
_LISTS = ("names", "blank_passes")


class ManifestError(UserError):
    """The manifest is missing or wrong; the text names the file, the line and the key."""


@dataclass(frozen=True)
class Limits:
    """Bounds on one submission. Seconds are wall clock; memory is address space beyond start-up.

    Attributes:
        replay_seconds: for the statements of a notebook that only may matter, in each check.
        whole_seconds: for those of a whole notebook, where one is run as a whole.
        second_look_seconds: after these no further second look at a submission begins; 0 for none.
        grader_seconds: processor time of the grader for one check, for what that does itself.
    """

    check_seconds: float = 20.0
    total_seconds: float = 540.0
    replay_seconds: float = 10.0
    whole_seconds: float = 30.0
    second_look_seconds: float = 120.0
    grader_seconds: float = 180.0
    memory_mb: int = 2048
    file_mb: int = 64
    submission_mb: int = 100


@dataclass(frozen=True)
class TrainingRules:
    """How sure a median over seeds has to be before training stops, and how long one may take.

    Attributes:
        alpha: the chance that a right answer is failed before all seeds are trained.
        beta: the chance that a wrong one is passed before.
        seeds: so many at most, an odd number.
        steps: of the optimizer, from one seed.
        seconds: processor time of a check's trainings, from all seeds.
    """

    alpha: float = 0.01
    beta: float = 0.01
    seeds: int = 21
    steps: int = 100_000
    seconds: float = 120.0


@dataclass(frozen=True)
class Runtime:
    """What the clean process imports, and which of the public modules have a special part."""

    imports: tuple[str, ...] = ()
    prebind: tuple[str, ...] = ()
    describers: tuple[str, ...] = ()
    #: Functions that, by the assignment's word, change nothing that others see.
    reads_only: tuple[str, ...] = ()


@dataclass(frozen=True)
class NotebookEntry:
    """One notebook, or Python module, that students hand in as ``file``.

    Attributes:
        source: its solved form.
        stubs: by cell id, what replaces the answers there: one text for all, or one for each.
        unchecked: the ids of cells with answers that no check judges.
        run: ``slice`` runs what a question's names depend on, ``cell`` that and all of the answer's
            own cell, ``all`` the whole notebook.
    """

    file: str
    source: str
    stubs: dict[str, str | list[str]] = field(default_factory=dict)
    unchecked: tuple[str, ...] = ()
    run: str = "slice"

    @property
    def is_module(self) -> bool:
        """Whether it is a plain Python file; its one cell has the id ``module``."""
        return self.file.endswith(".py")


@dataclass(frozen=True)
class MarkerPair:
    """Two comment lines around an answer, in words that only this assignment uses.

    Attributes:
        shown: students keep the two lines.
        staff: what stands between them is no answer, but for staff alone, as hidden tests are.
    """

    begin: str
    end: str
    shown: bool = False
    staff: bool = False


@dataclass(frozen=True)
class MarkerRules:
    """What the assignment's sources mark answers by, beside the markers that are known.

    Attributes:
        ends: ``marked``, or ``cell``: an answer whose end is not marked goes to the end of its
            function or cell.
        tool: ``nbgrader`` or ``otter`` where only that tool's own markers count; else empty.
    """

    ends: str = "marked"
    tool: str = ""
    pairs: tuple[MarkerPair, ...] = ()


@dataclass(frozen=True)
class Allowed:
    """A text in a source or the student bundle that looks like an answer or marker, and is none."""

    file: str
    text: str
    reason: str


@dataclass(frozen=True)
class Question:
    """What is asked: the names wanted, in which notebook, at which template cell.

    A question about submitted files has no notebook, no anchor and no names; one about what a cell
    prints, draws or writes may do without names.

    Attributes:
        run: as for its notebook, whose word counts where this is empty.
        trust: ``shared`` where checks let the student's process judge itself; else empty.
        blank_passes: the numbers of hidden checks that a blank template may pass.
        manual: what of it people grade; None if nothing.
    """

    id: str
    title: str
    points: float
    notebook: str = ""
    anchor: str = ""
    names: tuple[str, ...] = ()
    run: str = ""
    trust: str = ""
    blank_passes: tuple[str, ...] = ()
    manual: ManualPart | None = None

    @property
    def checked_points(self) -> float:
        """The points that checks give."""
        return self.points if self.manual is None else round(self.points - self.manual.points, 6)

    @property
    def only_manual(self) -> bool:
        """Whether people grade all of it."""
        return self.manual is not None and not self.checked_points


@dataclass(frozen=True)
class ProofRules:
    """What a release has to prove of its checks beside what every release does.

    Attributes:
        mutants: ``off``; ``changed``, those of which nothing is remembered; ``all``, all anew.
        min_score: the share of its wrong mutants that each question's checks have to see.
    """

    mutants: str = "off"
    min_score: float = 0.0


@dataclass(frozen=True)
class LatePolicy:
    """What lateness takes from the points earned; a day is 24 hours, counted after the grace.

    Attributes:
        percent_per_day: of the points earned, for each day begun.
        floor_percent: the share of the points earned that stays however late.
    """

    percent_per_day: float
    grace_minutes: float = 0.0
    floor_percent: float = 0.0


@dataclass(frozen=True)
class SubmissionLimit:
    """So many submissions are graded in any window of so many hours."""

    submissions: int
    hours: float


@dataclass(frozen=True)
class HiddenChecks:
    """How Gradescope shows the entries of hidden checks.

    Attributes:
        before_due: for what is handed in up to the student's due date.
        after_due: for what is handed in later; a manifest that does not say so means the same.
    """

    before_due: str = "visible"
    after_due: str = "visible"


@dataclass(frozen=True)
class Gradescope:
    """What holds on Gradescope alone. All of it is off where the manifest does not name it.

    Attributes:
        timeout_seconds: the run stops itself after these, and hands over what it has. The
            platform's own limit, 600 unless it was changed there, gives 0 points and no words.
        leaderboard: hand over the values of checks that have a leaderboard.
        hidden_total: tell students how many points are judged by checks they cannot see.
        extensions: due dates of single students, by e-mail address or id.
    """

    timeout_seconds: float = 570.0
    leaderboard: bool = False
    hidden_total: bool = False
    hidden_checks: HiddenChecks = HiddenChecks()
    late: LatePolicy | None = None
    limit: SubmissionLimit | None = None
    extensions: dict[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class Assignment:
    """A validated manifest. Paths are absolute."""

    folder: Path
    name: str
    title: str
    public: Path
    runtime: Runtime
    limits: Limits
    files: tuple[str, ...]
    notebooks: tuple[NotebookEntry, ...]
    questions: tuple[Question, ...]
    settings: dict[str, Any] = field(default_factory=dict)
    training: TrainingRules = TrainingRules()
    allowed: tuple[Allowed, ...] = ()
    markers: MarkerRules = MarkerRules()
    gradescope: Gradescope = field(default_factory=Gradescope)
    proof: ProofRules = ProofRules()

    @property
    def hidden_checks(self) -> Path:
        """Checks that students never see."""
        return self.folder / "checks"

    @property
    def public_checks(self) -> Path:
        """Checks that students receive."""
        return self.public / "checks"

    @property
    def templates(self) -> Path:
        """The stripped notebooks, where a bundle holds them."""
        return self.folder / "templates"

    @property
    def points(self) -> float:
        """The points of all questions together."""
        return sum(question.points for question in self.questions)

    @property
    def manual_questions(self) -> tuple[Question, ...]:
        """Those of which people grade something."""
        return tuple(question for question in self.questions if question.manual is not None)

    @property
    def ungraded(self) -> tuple[ManualResult, ...]:
        """What people grade, before they have."""
        return tuple(
            ManualResult(q.id, q.title, q.manual.points, q.manual.bonus)
            for q in self.questions
            if q.manual is not None
        )

    def runs_whole(self, question: Question) -> bool:
        """Whether a question's notebook is run as a whole for it."""
        return self._run_of(question) == "all"

    def runs_cell(self, question: Question) -> bool:
        """Whether all of the cell that the answer is in is run, also what no name depends on."""
        return self._run_of(question) in ("cell", "all")

    def _run_of(self, question: Question) -> str:
        entry = next((e for e in self.notebooks if e.file == question.notebook), None)
        return question.run or (entry.run if entry else "")

    def question(self, identifier: str) -> Question:
        """The question of that id.

        Raises:
            KeyError: there is none.
        """
        for question in self.questions:
            if question.id == identifier:
                return question
        raise KeyError(identifier)


def load(folder: Path) -> Assignment:
    """Read and validate the manifest in ``folder``.

    Raises:
        ManifestError: there is none, or it is not TOML, or it breaks a rule.
    """
    folder = folder.resolve()
    path = folder / FILE_NAME
    text = _text(path)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ManifestError(f"{path}: this is not valid TOML: {error}; mend that line.") from None
    where = _Lines(path, text)
    if isinstance(data.get("gradescope"), dict):
        data["gradescope"] = _with_texts(data["gradescope"])
    _validate_numbers(data, (), where)
    _validate_schema(data, where)
    _validate_references(data, folder, where)
    return Assignment(
        folder=folder,
        name=data["name"],
        title=data["title"],
        public=(folder / data["public"]).resolve(),
        runtime=Runtime(**{key: tuple(value) for key, value in data.get("runtime", {}).items()}),
        limits=Limits(**data.get("limits", {})),
        files=tuple(data.get("files", ())),
        notebooks=tuple(
            NotebookEntry(**{**entry, "unchecked": tuple(entry.get("unchecked", ()))})
            for entry in data["notebook"]
        ),
        questions=tuple(question_of(entry) for entry in data["question"]),
        settings=data.get("checks", {}),
        training=TrainingRules(**data.get("training", {})),
        allowed=tuple(Allowed(**entry) for entry in data.get("allow", ())),
        markers=_marker_rules(data.get("markers", {})),
        gradescope=_gradescope(data.get("gradescope", {}), where),
        proof=_proof_rules(data.get("proof", {}), where),
    )


def question_of(entry: dict[str, Any]) -> Question:
    """A question as a valid manifest has it."""
    own = {key: value for key, value in entry.items() if key not in manual.KEYS}
    lists = {key: tuple(entry.get(key, ())) for key in _LISTS}
    return Question(**{**own, **lists, "manual": manual.part_of(entry)})


def _with_texts(table: dict[str, Any]) -> dict[str, Any]:
    """TOML's own dates and times as texts, for which JSON schema has rules."""
    texts: dict[str, Any] = {}
    for key, value in table.items():
        is_time = isinstance(value, date | time)
        inner = _with_texts(value) if isinstance(value, dict) else value
        texts[key] = value.isoformat() if is_time else inner
    return texts


def _marker_rules(table: dict[str, Any]) -> MarkerRules:
    pairs = tuple(MarkerPair(**pair) for pair in table.get("pairs", ()))
    return MarkerRules(**{**table, "pairs": pairs})


def _proof_rules(table: dict[str, Any], where: _Lines) -> ProofRules:
    if "min_score" in table and table.get("mutants") == "off":
        raise where.error(
            ["proof", "min_score"], 'no score is measured with mutants = "off"; take one out'
        )
    default = {"mutants": "changed"} if "min_score" in table else {}
    return ProofRules(**{**default, **table})


def _gradescope(table: dict[str, Any], where: _Lines) -> Gradescope:
    extensions: dict[str, datetime] = {}
    for user, due in table.get("extensions", {}).items():
        key = ["gradescope", "extensions", user]
        try:
            moment = parse_time(due)
        except ValueError as error:
            raise where.error(key, f"found '{due}'; {error}") from None
        if user.strip().casefold() in extensions:
            raise where.error(key, "a second due date of this student; keep one")
        extensions[user.strip().casefold()] = moment
    rules: dict[str, Any] = {"extensions": extensions}
    if "hidden_checks" in table:
        before = table["hidden_checks"].get("before_due", HiddenChecks.before_due)
        after = table["hidden_checks"].get("after_due", before)
        rules["hidden_checks"] = HiddenChecks(before, after)
    if "late" in table:
        rules["late"] = LatePolicy(**table["late"])
    if "limit" in table:
        rules["limit"] = SubmissionLimit(**table["limit"])
    return Gradescope(**{**table, **rules})


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ManifestError(
            f"{path}: there is no manifest; give the folder that holds {FILE_NAME}."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestError(f"{path}: the manifest cannot be read: {error}.") from None


class _Lines:
    """Finds the line on which a key stands; tomllib keeps no positions."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.lines = text.splitlines()

    def error(self, key: Sequence[str | int], message: str) -> ManifestError:
        name = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in key)
        return ManifestError(
            f"{self.path}, line {self.line(key)}, key '{name.lstrip('.') or '(top)'}': {message}."
        )

    def line(self, key: Sequence[str | int]) -> int:
        at, rest = self._header(key)
        for part in rest:
            if isinstance(part, str):
                pattern = re.compile(rf"\s*[\"']?{re.escape(part)}[\"']?\s*=")
                stop = next(
                    (
                        number
                        for number in range(at + 1, len(self.lines))
                        if re.match(r"\s*\[", self.lines[number])
                    ),
                    len(self.lines),
                )
                at = next((n for n in range(at, stop) if pattern.match(self.lines[n])), at)
        return at + 1

    def _header(self, key: Sequence[str | int]) -> tuple[int, Sequence[str | int]]:
        """The line of the table that holds ``key``, and what of the key is inside it."""
        if len(key) >= 2 and isinstance(key[0], str) and isinstance(key[1], int):
            pattern = re.compile(rf"\s*\[\[\s*{re.escape(key[0])}\s*\]\]")
            found = [n for n, line in enumerate(self.lines) if pattern.match(line)]
            return (found[key[1]], key[2:]) if key[1] < len(found) else (0, key)
        names = [part for part in key if isinstance(part, str)]
        for length in range(len(names), 0, -1):  # [a.b] before [a]
            if list(key[:length]) != names[:length]:
                continue
            dotted = r"\s*\.\s*".join(rf"[\"']?{re.escape(name)}[\"']?" for name in names[:length])
            pattern = re.compile(rf"\s*\[\s*{dotted}\s*\]")
            found = [n for n, line in enumerate(self.lines) if pattern.match(line)]
            if found:
                return found[0], key[length:]
        return 0, key


def _validate_numbers(value: Any, key: tuple[str | int, ...], where: _Lines) -> None:
    """TOML can write nan and inf, and no comparison of a schema refuses the first."""
    if isinstance(value, float) and not math.isfinite(value):
        raise where.error(key, f"found {value}; write a finite number")
    pairs: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for part, inner in pairs:
        _validate_numbers(inner, (*key, part), where)


@cache
def _schema() -> Any:
    return json.loads(SCHEMA.read_text(encoding="utf-8"))


def _validate_schema(data: dict[str, Any], where: _Lines) -> None:
    # Imported here: the worker reads no manifest.
    from jsonschema import Draft202012Validator

    errors = Draft202012Validator(_schema()).iter_errors(data)
    first = min(errors, key=lambda error: where.line(list(error.absolute_path)), default=None)
    if first is None:
        return
    key = list(first.absolute_path)
    if first.validator == "additionalProperties" and isinstance(first.instance, dict):
        known = sorted(first.schema["properties"])
        unknown = next(name for name in first.instance if name not in known)
        raise where.error([*key, unknown], f"unknown; the known keys are {', '.join(known)}")
    if first.validator == "required":
        lacking = next(name for name in first.validator_value if name not in first.instance)
        raise where.error(key, f"the key '{lacking}' is missing; add it")
    if first.validator == "dependentRequired":
        present = {name for name in first.validator_value if name in first.instance}
        wanted = {other for name in present for other in first.validator_value[name]}
        lacking = ", ".join(f"'{name}'" for name in sorted(wanted - set(first.instance)))
        raise where.error(
            key, f"a question about a notebook needs {lacking} too; add what is missing"
        )
    hint = first.schema.get("description") if isinstance(first.schema, dict) else None
    raise where.error(key, first.message + (f" ({hint.rstrip('.')})" if hint else ""))


def _validate_references(data: dict[str, Any], folder: Path, where: _Lines) -> None:
    public = folder / data["public"]
    if not public.is_dir():
        raise where.error(["public"], f"the folder {public} does not exist; name an existing one")
    files = [entry["file"] for entry in data["notebook"]]
    for number, entry in enumerate(data["notebook"]):
        if files.index(entry["file"]) != number:
            raise where.error(["notebook", number, "file"], "a second notebook of this name")
        template = folder / "templates" / entry["file"]
        if not (folder / entry["source"]).is_file() and not template.is_file():
            raise where.error(
                ["notebook", number, "source"],
                f"the solved source {entry['source']} does not exist in {folder}; add it",
            )
    identifiers = [entry["id"] for entry in data["question"]]
    for number, entry in enumerate(data["question"]):
        if identifiers.index(entry["id"]) != number:
            raise where.error(["question", number, "id"], "a second question of this id")
        if entry.get("notebook", files[0]) not in files:
            raise where.error(
                ["question", number, "notebook"],
                f"'{entry['notebook']}' is none of the notebooks ({', '.join(files)})",
            )
        if problem := manual.problem_of(entry):
            raise where.error(["question", number, *problem[0]], problem[1])
        if "file" in entry and not any(
            PurePosixPath(entry["file"]).match(pattern) for pattern in data.get("files", ())
        ):
            raise where.error(
                ["question", number, "file"],
                f"'{entry['file']}' is none of the files that are handed in; add it to 'files'",
            )
        by_people = (
            entry.get("manual") and entry.get("manual_points", entry["points"]) == (entry["points"])
        )
        if "notebook" in entry and "names" not in entry and not by_people:
            run = entry.get("run") or data["notebook"][files.index(entry["notebook"])].get("run")
            if run not in ("cell", "all"):
                raise where.error(
                    ["question", number],
                    "a question about a notebook needs 'names' too; add what checks may ask for, "
                    'or say run = "cell" if they look at what its cell prints or draws',
                )
