"""An assignment's folder comes in, its validated description goes out.

A staff folder holds ``assignment.toml``, the solution notebooks and ``checks/``; the folder in a
Gradescope bundle holds ``templates/`` in place of the sources. Both are read here.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path
from typing import Any

from autograder.model import manual
from autograder.model.gradescope_rules import Gradescope, gradescope_rules
from autograder.model.manual import ManualPart, ManualResult
from autograder.model.validation import (
    Lines,
    ManifestError,
    validate_numbers,
    validate_references,
    validate_schema,
)

FILE_NAME = "assignment.toml"


#: What a question says whose checks let the student's process judge itself.
SHARED = "shared"
#: Of a question, what is a list.
_LISTS = ("names", "blank_passes")


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
    """One notebook, or Python module, that students submit as ``file``.

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
        blank_passes: the numbers of hidden checks that a starter notebook may pass.
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
        mutants: ``off``; ``changed``, those of which nothing is cached; ``all``, all anew.
        min_score: the share of its wrong mutants that each question's checks have to see.
    """

    mutants: str = "off"
    min_score: float = 0.0


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
    where = Lines(path, text)
    if isinstance(data.get("gradescope"), dict):
        data["gradescope"] = _with_texts(data["gradescope"])
    validate_numbers(data, (), where)
    validate_schema(data, where)
    validate_references(data, folder, where)
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
        gradescope=gradescope_rules(data.get("gradescope", {}), where),
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


def _proof_rules(table: dict[str, Any], where: Lines) -> ProofRules:
    if "min_score" in table and table.get("mutants") == "off":
        raise where.error(
            ["proof", "min_score"], 'no score is measured with mutants = "off"; take one out'
        )
    default = {"mutants": "changed"} if "min_score" in table else {}
    return ProofRules(**{**default, **table})


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ManifestError(
            f"{path}: there is no manifest; give the folder that holds {FILE_NAME}."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestError(f"{path}: the manifest cannot be read: {error}.") from None
