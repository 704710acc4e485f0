"""A student's folder comes in; the files to hand in, and what is missing or still blank, go out."""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from autograder.desk.place import DeskError, checks_of
from autograder.model.findings import Finding
from autograder.model.manifest import Assignment
from autograder.model.submission import Submission, collect_for
from autograder.slicing.answers import Answers
from autograder.slicing.notebook import Notebook, NotebookError, parse

#: Deeper than a student puts a log, and not as deep as a library lies.
MAX_DEPTH = 3
#: Folders that hold data, copies and tools, and no answers.
NO_ANSWERS = {"checks", "data", "dist", "build", "node_modules", "__MACOSX", "__pycache__"}


def submission_of(assignment: Assignment, folder: Path) -> Submission:
    """The files of ``folder`` that belong to the assignment, notebooks first.

    They are read in place: nobody else writes on a student's own desk.
    """
    return Submission(folder.name, folder, tuple(_wanted(assignment, folder)), ())


def templates_of(assignment: Assignment) -> dict[str, Notebook]:
    """The notebooks as they were handed out."""
    entries = {entry.file: assignment.templates / entry.file for entry in assignment.notebooks}
    try:
        return {name: parse(path.read_bytes(), name) for name, path in entries.items()}
    except (OSError, NotebookError) as error:
        raise DeskError(
            f"{assignment.templates}: the notebooks as handed out are not there ({error}); unpack "
            "student.zip again and take its folder checks."
        ) from None


def missing(assignment: Assignment, found: Submission) -> Iterator[str]:
    """What the assignment asks for and is not there, in sentences."""
    for entry in assignment.notebooks:
        if not found.named(entry.file):
            yield f"{entry.file} is not there; give it that name and put it into {found.root.name}."
    for pattern in assignment.files:
        if not any(_matches(file, (pattern,)) for file in found.files):
            if "*" in pattern:
                yield f"There is no file {pattern}; put one here if a task asks for it."
            else:
                yield f"{pattern} is not there; put it into {found.root.name}."


def blank(
    assignment: Assignment, found: Submission, templates: dict[str, Notebook]
) -> Iterator[str]:
    """The questions whose answer is still as it was handed out, or cannot be found."""
    answers = Answers(assignment, templates, found)
    for question in assignment.questions:
        if not question.notebook or not found.named(question.notebook):
            continue
        aligned = answers.aligned(question.notebook)
        if isinstance(aligned, Finding):
            yield f"{question.id}: {aligned.public}"
            continue
        mine = aligned.cell_at(question.anchor)
        original = next(
            (cell for cell in aligned.template.cells if cell.id == question.anchor), None
        )
        if mine is not None and original is not None and mine.lines == original.lines:
            yield f"{question.id}: {question.title}, cell {mine.number} of {question.notebook}."


def write_zip(found: Submission, assignment: Assignment, target: Path) -> None:
    """Write the zip to hand in, and read it again as the grader will.

    Raises:
        DeskError: the grader would not take all of it, or it cannot be written.
    """
    try:
        descriptor, name = tempfile.mkstemp(dir=target.parent, suffix=".zip")
        try:
            with (
                os.fdopen(descriptor, "wb") as file,
                zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
            ):
                for path in found.files:
                    archive.write(found.root / path, str(path))
            if refused := _refused(Path(name), assignment):
                raise DeskError(f"{target.name} was not written: {refused}")
            Path(name).replace(target)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise DeskError(
            f"{target}: it cannot be written ({error.strerror or error}); choose another place by "
            "--out."
        ) from None


def _refused(archive: Path, assignment: Assignment) -> str:
    """What the grader would leave out, and why; empty if it takes all."""
    with tempfile.TemporaryDirectory() as folder:
        taken = collect_for(assignment, archive, Path(folder))
    return "; ".join(f"{item.name} would be left out, {item.reason}" for item in taken.skipped)


def _wanted(assignment: Assignment, folder: Path) -> Iterator[PurePosixPath]:
    """The notebooks that the manifest names, then the further files; without their copies."""
    everything = sorted(_walk(folder), key=lambda path: (len(path.parts), str(path)))
    taken: set[str] = set()
    for entry in assignment.notebooks:
        name = entry.file.lower()
        match = next((path for path in everything if path.name.lower() == name), None)
        if match is not None:
            taken.add(str(match))
            yield match
    for path in everything:
        if str(path) not in taken and _matches(path, assignment.files):
            yield path


def _matches(path: PurePosixPath, patterns: Iterable[str]) -> bool:
    lowered = PurePosixPath(str(path).lower())
    return any(lowered.match(pattern.lower()) for pattern in patterns)


def _walk(folder: Path) -> Iterator[PurePosixPath]:
    for parent, folders, names in os.walk(folder):
        here = Path(parent)
        depth = len(here.relative_to(folder).parts)
        folders[:] = [
            name
            for name in folders
            if depth + 1 < MAX_DEPTH
            and not name.startswith((".", "_"))
            and not (name in NO_ANSWERS and here == folder)
            and not _is_code(here / name)
        ]
        for name in names:
            if not name.startswith("."):
                yield PurePosixPath((here / name).relative_to(folder).as_posix())


def _is_code(folder: Path) -> bool:
    """Whether a folder is a package, an environment or an assignment of its own."""
    return (
        (folder / "__init__.py").is_file()
        or (folder / "pyvenv.cfg").is_file()
        or checks_of(folder).is_dir()
    )
