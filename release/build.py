"""An assignment comes in; its proven bundles, put in place at one stroke, go out."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autograder import manifest
from autograder.manifest import Assignment
from release.bundle import write_gradescope, write_student, write_zip
from release.proof import Proof, prove
from release.templates import blank_files, solution_files, solved, templates

Announce = Callable[[str], None]


@dataclass(frozen=True)
class Release:
    """A finished release: where it lies, and its proof."""

    assignment: Assignment
    folder: Path
    proof: Proof

    @property
    def student_zip(self) -> Path:
        """What students download."""
        return self.folder / "student.zip"

    @property
    def gradescope_zip(self) -> Path:
        """What is uploaded to Gradescope."""
        return self.folder / "gradescope.zip"


def build(
    assignment: Assignment,
    target: Path,
    announce: Announce = lambda _step: None,
    cache: Path | None = None,
) -> Release:
    """Strip, bundle and prove; ``target`` is replaced only when all of it has worked.

    Args:
        target: the folder that will hold ``student/``, ``student.zip`` and ``gradescope.zip``.
        announce: called with what is being done.
        cache: where checks remember costly results by content; None proves without memory.

    Raises:
        UserError: a source, marker, manifest or check is wrong; ``target`` is as it was.
    """
    target = target.absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".release-") as name:
        work = Path(name) / target.name
        announce("stripping the notebooks")
        blank = templates(assignment)
        announce("writing the student bundle")
        write_student(assignment, blank, work / "student")
        write_zip(work / "student", work / "student.zip")
        announce("writing the Gradescope bundle")
        inside = write_gradescope(assignment, blank, Path(name) / "gradescope")
        write_zip(Path(name) / "gradescope", work / "gradescope.zip")
        announce("proving the Gradescope bundle on the solution and the blank template")
        # The bundle's own copy is loaded: what is proven is what is shipped.
        proof = prove(
            manifest.load(inside),
            blank,
            solved(assignment) | solution_files(assignment),
            blank | blank_files(assignment),
            cache,
        )
        _put_in_place(work, target, Path(name) / "old")
    return Release(assignment, target, proof)


def _put_in_place(work: Path, target: Path, aside: Path) -> None:
    if target.exists():
        target.rename(aside)
    try:
        work.rename(target)
    except OSError:
        if aside.exists():
            shutil.move(aside, target)
        raise
