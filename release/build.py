"""An assignment comes in; its proven bundles, put in place at one stroke, go out."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.model import manifest
from autograder.model.errors import UserError
from autograder.model.manifest import Assignment
from autograder.model.proven import RECORD
from release.bundles.bundle import write_gradescope, write_student, write_zip
from release.leaks import Scan, gather, scan
from release.markup.markers import markers_of
from release.markup.templates import (
    Stripped,
    blank_files,
    blanked,
    solution_files,
    solved,
    strip,
)
from release.packages import require_agreement
from release.packages.own_package import digests
from release.proof.mistakes import mistakes
from release.proof.odd import accepted
from release.proof.probes import look_at_probes
from release.proof.proof import KnownSubmissions, Proof, prove
from release.proof.record import write_record
from release.steps import SILENT, Steps


class LeakError(UserError):
    """Something of the staff's is in the student bundle; the text names both places of each."""

    def __init__(self, assignment: Assignment, scanned: Scan) -> None:
        lines = "\n".join(f"  - {finding.sentence()}" for finding in scanned.findings)
        super().__init__(
            f"{assignment.name} was not released, because students would receive what is the "
            f"staff's:\n{lines}\nWhat is no leak can be allowed by an entry [[allow]] in the "
            "manifest, with the file, the text and the reason."
        )
        self.scan = scanned


@dataclass(frozen=True)
class Release:
    """A finished release: where it lies, its proof, what was taken out, what was looked at."""

    assignment: Assignment
    folder: Path
    proof: Proof
    scan: Scan
    stripped: Stripped

    @property
    def student_zip(self) -> Path:
        """What students download."""
        return self.folder / "student.zip"

    @property
    def record(self) -> Path:
        """Versions, hashes and proof."""
        return self.folder / RECORD

    @property
    def gradescope_zip(self) -> Path:
        """What is uploaded to Gradescope."""
        return self.folder / "gradescope.zip"


def build(
    assignment: Assignment,
    target: Path,
    steps: Steps = SILENT,
    cache: Path | None = None,
) -> Release:
    """Strip, bundle, scan and prove; ``target`` is replaced only when all of it has worked.

    Args:
        target: the folder that will hold ``student/``, both zips and ``RELEASE.json``.
        steps: is told what is being done.
        cache: where verdicts and costly results are cached by content; None proves without.

    Raises:
        UserError: a source, marker, manifest or check is wrong, an answer would leak, or the
            packages here are not those that ship; ``target`` is as it was.
    """
    target = target.absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".release-") as name:
        work = Path(name) / target.name
        steps.start("stripping the notebooks")
        stripped = strip(assignment)
        solution = solved(assignment)
        require_agreement(assignment, solution)
        steps.start("writing the bundles")
        write_student(assignment, stripped.files, work / "student")
        write_zip(work / "student", work / "student.zip", top=assignment.name)
        inside = write_gradescope(assignment, stripped.files, Path(name) / "gradescope")
        write_zip(Path(name) / "gradescope", work / "gradescope.zip")
        steps.start("looking for leaks")
        look_at_probes((assignment.hidden_checks, assignment.public_checks), assignment.folder)
        scanned = _scan(assignment, stripped, solution, work)
        known = KnownSubmissions(
            solution | solution_files(assignment),
            stripped.files | blank_files(assignment),
            mistakes(assignment),
            tuple(blanked(assignment)),
            accepted(assignment),
        )
        # The bundle's own copy is loaded: what is proven is what is shipped.
        proof = prove(
            manifest.load(inside),
            stripped.files,
            known,
            sources=assignment,
            student_zip=work / "student.zip",
            cache=cache,
            steps=steps,
        )
        write_record(assignment, work, proof, scanned)
        _put_in_place(work, target, Path(name) / "old")
    return Release(assignment, target, proof, scanned, stripped)


def _scan(
    assignment: Assignment, stripped: Stripped, solution: Mapping[str, bytes], work: Path
) -> Scan:
    """What was looked at in the student bundle.

    Raises:
        LeakError: something of the staff's is in it.
    """
    secrets = gather(
        stripped.answers,
        staff=assignment.folder,
        hidden_checks=assignment.hidden_checks,
        public_checks=assignment.public_checks,
        solved=solution,
        templates=stripped.files,
        markers=markers_of(assignment.markers),
    )
    scanned = scan(
        work / "student",
        work / "student.zip",
        secrets,
        assignment.allowed,
        elsewhere=stripped.allowed,
        hand_in=(*assignment.files, *stripped.files),
        top=assignment.name,
        known=digests(),
    )
    if scanned.findings:
        raise LeakError(assignment, scanned)
    return scanned


def _put_in_place(work: Path, target: Path, aside: Path) -> None:
    if target.exists():
        target.rename(aside)
    try:
        work.rename(target)
    except OSError:
        if aside.exists():
            shutil.move(aside, target)
        raise
