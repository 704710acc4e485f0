"""A student's folder comes in; the files to submit, and what is missing or still blank, go out."""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from autograder.home.folder import HomeError, checks_of
from autograder.model.findings import Finding, clean
from autograder.model.manifest import Assignment
from autograder.model.names import owners
from autograder.model.submission import Submission, collect_for
from autograder.slicing.answers import Answers
from autograder.slicing.by_hand import answer_to
from autograder.slicing.candidates import is_answered
from autograder.slicing.magics import parse_python
from autograder.slicing.notebook import Notebook, NotebookError, parse
from autograder.slicing.versions import explained

#: Deeper than a student puts a log, and not as deep as a library lies.
MAX_DEPTH = 3
#: What is said of code that Python itself gives up on.
DEEP = "it is nested too deeply"
#: Folders that hold data, copies and tools, and no answers.
NO_ANSWERS = {"checks", "data", "dist", "build", "node_modules", "__MACOSX", "__pycache__"}


def submission_of(assignment: Assignment, folder: Path) -> Submission:
    """The files of ``folder`` that may belong to the assignment; which of them do, `Answers` tells.

    They are read in place: nobody else writes on a student's own machine.
    """
    return Submission(folder.name, folder, tuple(_wanted(assignment, folder)), ())


def templates_of(assignment: Assignment) -> dict[str, Notebook]:
    """The notebooks as they were handed out."""
    entries = {entry.file: assignment.templates / entry.file for entry in assignment.notebooks}
    try:
        return {name: parse(path.read_bytes(), name) for name, path in entries.items()}
    except (OSError, NotebookError) as error:
        raise HomeError(
            f"{assignment.templates}: the notebooks as handed out are not there ({error}); unpack "
            "student.zip again and take its folder checks."
        ) from None


def missing(assignment: Assignment, answers: Answers) -> Iterator[str]:
    """What the assignment asks for and is not there, in sentences."""
    found = answers.submission
    for entry in assignment.notebooks:
        if answers.file(entry.file) is None:
            yield f"{entry.file} is not there; give it that name and put it into {found.root.name}."
    for pattern in assignment.files:
        if not any(_matches(file, (pattern,)) for file in found.files):
            if "*" in pattern:
                yield f"There is no file {pattern}; put one here if a task asks for it."
            else:
                yield f"{pattern} is not there; put it into {found.root.name}."


def unwritten(assignment: Assignment, answers: Answers) -> Iterator[str]:
    """The answers that people read and that are still empty, or cannot be found."""
    for question in assignment.manual_questions:
        answer = answer_to(question, answers)
        if answer.state == "blank":
            yield f"{question.id}: {question.title}, {answer.where}."
        elif answer.state == "missing":
            yield f"{question.id}: {question.title}; {answer.where.rstrip('.')}."


def blank(assignment: Assignment, answers: Answers) -> Iterator[str]:
    """The questions whose answer is still as it was handed out, or cannot be found."""
    for question in assignment.questions:
        if not question.notebook or answers.file(question.notebook) is None:
            continue
        if question.only_manual:
            continue
        aligned = answers.aligned(question.notebook)
        if isinstance(aligned, Finding):
            yield f"{question.id}: {aligned.public}"
        elif not is_answered(aligned, question):
            cell = aligned.cell_at(question.anchor)
            where = f"cell {cell.number} of {question.notebook}" if cell else question.notebook
            yield f"{question.id}: {question.title}, {where}."


def unreadable(assignment: Assignment, answers: Answers) -> Iterator[str]:
    """The student's cells and modules that are no Python, so that nothing in them counts."""
    for entry in assignment.notebooks:
        aligned = answers.aligned(entry.file)
        if isinstance(aligned, Finding):
            continue
        given = {cell.source for cell in aligned.template.cells}
        for cell in aligned.student.cells:
            if cell.kind != "code" or cell.source in given:
                continue
            try:
                parse_python(cell.python)
            except (SyntaxError, RecursionError) as error:
                line = getattr(error, "lineno", None) or 1
                why = explained(error.msg, cell.source) if isinstance(error, SyntaxError) else DEEP
                where = entry.file if entry.is_module else f"{entry.file}, cell {cell.number}"
                yield f"{where}, line {line}: {clean(why, 200)}."


def contents_of(assignment: Assignment, answers: Answers) -> dict[str, PurePosixPath]:
    """What to submit: the files by their names in the zip, notebooks under the names asked for."""
    asked = ((entry.file, answers.file(entry.file)) for entry in assignment.notebooks)
    contents = {name: file for name, file in asked if file is not None}
    taken = set(contents.values())
    for file in answers.submission.files:
        if file not in taken and _matches(file, assignment.files):
            contents.setdefault(str(file), file)
    return contents


def write_zip(
    contents: Mapping[str, PurePosixPath], root: Path, assignment: Assignment, target: Path
) -> None:
    """Write the zip to submit, and read it again as the grader will.

    Raises:
        HomeError: the grader would not take all of it, or it cannot be written.
    """
    try:
        descriptor, name = tempfile.mkstemp(dir=target.parent, suffix=".zip")
        try:
            with (
                os.fdopen(descriptor, "wb") as file,
                zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
            ):
                for inside, path in contents.items():
                    archive.write(root / path, inside)
            if refused := _refused(Path(name), assignment):
                raise HomeError(f"{target.name} was not written: {refused}")
            Path(name).replace(target)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise HomeError(
            f"{target}: it cannot be written ({error.strerror or error}); choose another place by "
            "--out."
        ) from None


def _refused(archive: Path, assignment: Assignment) -> str:
    """What the grader would leave out, and why; empty if it takes all."""
    with tempfile.TemporaryDirectory() as folder:
        taken = collect_for(assignment, archive, Path(folder))
    return "; ".join(f"{item.name} would be left out, {item.reason}" for item in taken.skipped)


def _wanted(assignment: Assignment, folder: Path) -> Iterator[PurePosixPath]:
    """The files that may be notebooks asked for, as the grader takes them, and the further ones."""
    names = [entry.file for entry in assignment.notebooks]
    asked = {PurePosixPath(name) for name in names}
    limit = assignment.limits.file_mb * 10**6
    there = {path for path in asked if (folder / path).is_file()}  # in a package too
    for path in sorted({*there, *_walk(folder)}, key=lambda path: (len(path.parts), str(path))):
        may_be = path.suffix.lower() == ".ipynb" or owners(path, names)
        if may_be and path not in asked and (folder / path).stat().st_size > limit:
            continue  # nobody asked for it, and reading it would take long
        if may_be or _matches(path, assignment.files):
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
