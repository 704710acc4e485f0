"""Translated notebooks come in; the two folders of an assignment, put in place at once, go out."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from autograder.model import manifest
from autograder.model.manifest import Allowed
from release.importing.allowances import of_answers, of_files, of_notebook
from release.importing.locating import Sorted
from release.importing.manifests import NOTHING, manifest_text, odd_text
from release.importing.model import (
    NO_TRIP,
    Imported,
    ImportFailed,
    Kind,
    NotImported,
    Question,
    RoundTrip,
    Sheet,
)
from release.importing.modules import SHARED, TOOLS, module_text, nothing_text
from release.importing.notebooks import Written, write
from release.importing.packages import NOSE, Modules
from release.importing.report import readme_text, report_text
from release.importing.trial import Trial, try_checks
from release.importing.verdicts import (
    about_all,
    about_odd,
    decided,
    hardened,
    round_trip,
    with_originals,
)
from release.markup.templates import blanked
from release.packages import LOCK_FILE, REQUIREMENTS, PackagesError, set_up
from release.packages.state import packages_of
from release.proof.mistakes import FOLDER
from release.proof.odd import Tried

PUBLIC, STAFF = "assignment", "solutions"
_MOST_ROUNDS = 6


@dataclass(frozen=True)
class Plan:
    """All that is to be written.

    Attributes:
        unchecked: by notebook, the ids of cells with answers that no check judges.
        odd: odd answers that checks pass on.
        strict: nothing is judged by the student's process.
        allowed: what stands in answers and also in what students get anyway.
        lock: of the packages that were installed for it; empty if it needs none.
        trip: the checks beside the tests as they were, on altered solutions.
    """

    kind: Kind
    name: str
    origin: Path
    sheets: tuple[Sheet, ...]
    files: Sorted
    modules: Modules
    questions: tuple[Question, ...]
    left: tuple[NotImported, ...]
    unchecked: Mapping[str, Sequence[str]] = field(default_factory=dict)
    allowed: tuple[Allowed, ...] = ()
    strict: bool = False
    odd: tuple[Tried, ...] = ()
    lock: str = ""
    trip: RoundTrip = NO_TRIP

    @property
    def original_points(self) -> float:
        """What the tests were worth in the original."""
        return round(sum(q.points for sheet in self.sheets for q in sheet.questions), 9)


def refuse_existing(out: Path, name: str) -> None:
    """Never write over anything.

    Raises:
        ImportFailed: one of the two folders is there.
    """
    for folder in (out / PUBLIC / name, out / STAFF / name):
        if folder.exists():
            raise ImportFailed(
                f"{folder}: found it there already; take another name or another --out, "
                "nothing is overwritten."
            )


def locked(plan: Plan) -> str:
    """Install what it asks for; the text of its lock, empty if the harness's holds all.

    Raises:
        ImportFailed: the packages cannot be had.
    """
    with tempfile.TemporaryDirectory(prefix="setup-") as name:
        work = Path(name)
        _write(plan, work)
        assignment = manifest.load(work / STAFF / plan.name)
        try:
            lock = set_up(assignment).lock
        except PackagesError as error:
            where = f"{assignment.public.resolve()}/"
            raise ImportFailed(
                f"{plan.name}: {str(error).replace(where, '')} Or import it without `--setup`, and "
                "change the file then."
            ) from None
        return lock.read_text(encoding="utf-8") if lock.is_file() else ""


def write_assignment(plan: Plan, out: Path) -> Imported:
    """Write the folders, try the checks, leave out those that do not hold.

    Raises:
        UserError: a notebook cannot be stripped; nothing is written then.
    """
    refuse_existing(out, plan.name)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".import-") as name:
        work = Path(name)
        plan = _tried(plan, work)
        plan = _allowed(plan, work)
        for part in (PUBLIC, STAFF):
            (out / part).mkdir(exist_ok=True)
            shutil.move(work / part / plan.name, out / part / plan.name)
    return Imported(
        plan.kind,
        plan.name,
        out / PUBLIC / plan.name,
        out / STAFF / plan.name,
        plan.questions,
        plan.left,
        plan.original_points,
        plan.modules.wanted,
        trip=plan.trip,
        is_set_up=_is_set_up(out / STAFF / plan.name),
    )


def _is_set_up(staff: Path) -> bool:
    return packages_of(manifest.load(staff)).is_locked


def _tried(plan: Plan, work: Path) -> Plan:
    """The plan with the checks that hold, as they hold, written anew."""
    trial = first = Trial({})
    found = plan
    left: tuple[NotImported, ...] = ()
    if plan.questions:
        both = plan if plan.strict else replace(plan, questions=with_originals(plan.questions))
        _rewrite(both, work)
        trial = first = try_checks(manifest.load(work / STAFF / plan.name))
    if plan.questions and not trial.fault:
        missing = tuple(plan.modules.missing)
        kept, left = decided(plan.questions, trial.outcomes, missing)
        found = replace(plan, questions=kept)
        _rewrite(found, work)
        if kept:
            trial = try_checks(manifest.load(work / STAFF / plan.name), each_answer=True)
            kept, more = decided(kept, trial.outcomes, missing)
            kept, odd = hardened(kept, trial.odd)
            left = (*left, *more, *about_odd(kept, odd))
            found = replace(found, questions=kept, odd=odd)
    if not found.questions:
        _rewrite(found, work)
        trial = replace(trial, unnoticed=tuple(blanked(manifest.load(work / STAFF / plan.name))))
    unchecked: dict[str, dict[str, None]] = {}
    for each in trial.unnoticed:
        unchecked.setdefault(each.notebook, {}).setdefault(each.cell)
    trip = round_trip(found.questions, first)
    said = (*plan.left, *left, *trip.differing, *about_all(plan.name, trial, found.questions))
    tried = replace(
        found,
        left=tuple(sorted(dict.fromkeys(said), key=lambda each: each.order)),
        unchecked={file: tuple(cells) for file, cells in unchecked.items()},
        trip=trip,
    )
    _rewrite(tried, work)
    return tried


def _rewrite(plan: Plan, work: Path) -> None:
    for part in (PUBLIC, STAFF):
        shutil.rmtree(work / part, ignore_errors=True)
    _write(plan, work)


def _allowed(plan: Plan, work: Path) -> Plan:
    """The plan with allowances for what a leak scan finds in what students got of the original.

    What is allowed may uncover something else, as a scan names each place once.
    """
    for _round in range(_MOST_ROUNDS):
        with tempfile.TemporaryDirectory(dir=work, prefix="bundle-") as bundle:
            assignment = manifest.load(work / STAFF / plan.name)
            found = of_answers(assignment, Path(bundle))
        if not found:
            break
        left = tuple(_about_allowed(each) for each in found)
        plan = replace(plan, allowed=(*plan.allowed, *found), left=(*plan.left, *left))
        _rewrite(plan, work)
    return plan


def _about_allowed(allowed: Allowed) -> NotImported:
    return NotImported(
        allowed.file,
        0,
        0,
        f"`{allowed.text}`",
        "it stands in an answer or a hidden test, too",
        "nothing, if students may read it, as in the original",
    )


def _write(plan: Plan, root: Path) -> None:
    public, staff = root / PUBLIC / plan.name, root / STAFF / plan.name
    for folder in (public / "checks", staff / "checks"):
        folder.mkdir(parents=True)
    for path in (*plan.files.public, *plan.files.modules):
        target = (public if path in plan.files.public else staff) / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(plan.origin / path, target)
    if not (public / "README.md").exists():
        (public / "README.md").write_text(readme_text(plan.name), encoding="utf-8")
    if plan.modules.packages:
        text = "".join(f"{package}\n" for package in plan.modules.packages)
        (public / REQUIREMENTS).write_text(text, encoding="utf-8")
    if plan.lock:
        (staff / LOCK_FILE).write_text(plan.lock, encoding="utf-8")
    if plan.modules.nose:
        (public / NOSE).mkdir()
        (public / NOSE / "__init__.py").write_text("", encoding="utf-8")
        shutil.copyfile(TOOLS, public / NOSE / "tools.py")
    shutil.copytree(
        SHARED,
        public / "checks" / SHARED.name,
        ignore=shutil.ignore_patterns("__pycache__"),
        copy_function=shutil.copyfile,
    )
    written = {sheet.file: write(sheet, _anchors(plan, sheet)) for sheet in plan.sheets}
    for notebook in written.values():
        (staff / _source(notebook, plan)).write_text(notebook.text, encoding="utf-8")
    _write_checks(plan, public, staff)
    if plan.odd:
        (staff / FOLDER).mkdir()
        (staff / FOLDER / "imported.toml").write_text(odd_text(plan.odd), encoding="utf-8")
    sources = {file: _source(notebook, plan) for file, notebook in written.items()}
    sources |= {path.name: path.name for path in plan.files.modules}
    anchors = {q.id: written[q.notebook].ids[q.anchor] for q in plan.questions}
    text = manifest_text(
        plan.name,
        plan.kind,
        sources,
        plan.questions,
        anchors,
        modules=plan.modules.here,
        unchecked=plan.unchecked,
        allowed=_allowances(plan, written, public),
        remarks={file: notebook.why_json for file, notebook in written.items()},
        stubs={sheet.file: _stubs(sheet, written[sheet.file]) for sheet in plan.sheets},
        shows_hidden=any(sheet.shows_hidden for sheet in plan.sheets),
    )
    (staff / manifest.FILE_NAME).write_text(text, encoding="utf-8")
    page = report_text(
        plan.kind,
        plan.name,
        plan.questions,
        plan.left,
        plan.original_points,
        plan.modules.wanted,
        plan.trip,
    )
    (staff / "IMPORT.md").write_text(page, encoding="utf-8")


def _stubs(sheet: Sheet, notebook: Written) -> dict[str, str]:
    """What the course puts in place of answers, by cell; empty where we choose."""
    found = {
        cell.number: sheet.text_stub if cell.words else sheet.stub
        for cell in sheet.cells
        if cell.answer or cell.words
    }
    return {notebook.ids[number]: stub for number, stub in found.items() if stub}


def _allowances(plan: Plan, written: Mapping[str, Written], public: Path) -> list[Allowed]:
    files = [path.as_posix() for path in plan.files.public]
    found = [*of_files(public, files, plan.kind), *plan.allowed]
    for file, notebook in written.items():
        found += of_notebook(notebook.notebook, file, plan.kind)
    return list(dict.fromkeys(found))


def _anchors(plan: Plan, sheet: Sheet) -> set[int]:
    return {q.anchor for q in plan.questions if q.notebook == sheet.file}


def _source(notebook: Written, plan: Plan) -> str:
    """A module with marked answers keeps its name, a notebook's script may take another."""
    if any(path.name == notebook.name for path in plan.files.modules):
        return notebook.name.removesuffix(".py") + "_notebook.py"
    return notebook.name


def _write_checks(plan: Plan, public: Path, staff: Path) -> None:
    if not plan.questions:
        text = nothing_text(NOTHING)
        (public / "checks" / "test_public.py").write_text(text, encoding="utf-8")
    for sheet in plan.sheets:
        questions: Sequence[Question] = [q for q in plan.questions if q.notebook == sheet.file]
        infix = f"_{_stem(sheet)}" if len(plan.sheets) > 1 else ""
        for folder, kind in ((public, "public"), (staff, "hidden")):
            origin = f"{sheet.file} ({plan.kind})"
            text = module_text(questions, hidden=kind == "hidden", origin=origin)
            if text:
                path = folder / "checks" / f"test{infix}_{kind}.py"
                path.write_text(text, encoding="utf-8")


def _stem(sheet: Sheet) -> str:
    return "".join(c if c.isalnum() else "_" for c in sheet.file.removesuffix(".ipynb")).lower()
