"""Words of a command line come in; folders that are there, and an assignment, go out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.model.errors import UserError
from autograder.model.manifest import FILE_NAME, Assignment, load
from autograder.model.plugins import added

#: Of entry points: a function that strips an assignment's sources to the notebooks handed out.
TEMPLATES = "autograder.templates"


class PathError(UserError):
    """A path on the command line at which nothing is."""


class TemplatesError(UserError):
    """There are no notebooks as handed out, and nothing here that could make them."""


def existing(path: Path, what: str) -> Path:
    """The path, if something is there; said before anything is started for it.

    Args:
        what: what belongs there, as the end of a sentence.

    Raises:
        PathError: nothing is.
    """
    if not path.exists():
        raise PathError(f"{path}: there is no such file or folder; give {what}.")
    return path


SUBMISSION = "a folder, a zip or one notebook"
ASSIGNMENT_HELP = f"The folder that holds {FILE_NAME}, or that file."
RESULTS = "the folder that a batch was graded into"

Submission = Annotated[Path, typer.Argument(help="A folder, a zip or one notebook.")]
AssignmentOption = Annotated[Path, typer.Option("--assignment", "-a", help=ASSIGNMENT_HELP)]
AssignmentArgument = Annotated[Path, typer.Argument(help=ASSIGNMENT_HELP)]
Cache = Annotated[
    Path | None,
    typer.Option(help="Where verdicts are cached; default: the user's own folder."),
]
AllowUnsafe = Annotated[
    bool,
    typer.Option(
        "--allow-unsafe", help="Run it even where the sandbox lacks what hidden checks require."
    ),
]
Results = Annotated[Path, typer.Argument(help="The folder that a batch was graded into.")]


def assignment_at(path: Path) -> Assignment:
    """The assignment of a folder, or of the manifest in it.

    Raises:
        UserError: there is none, or it breaks a rule.
    """
    return load(folder_of(path))


def folder_of(path: Path) -> Path:
    """The folder of an assignment, by itself or by the manifest in it.

    Raises:
        PathError: nothing is there.
    """
    existing(path, f"the folder that holds {FILE_NAME}")
    return path.parent if path.is_file() else path


def cache_of(cache: Path | None, assignment: Assignment) -> Path:
    """Where an assignment's verdicts are cached."""
    return cache or user_cache() / assignment.name


def user_cache() -> Path:
    """The user's own folder for what is cached."""
    from autograder.checks.cache import user_folder

    return user_folder()


def require_page(wanted: Path | None) -> None:
    """Say that a page cannot be made before anything is run for it."""
    if wanted is not None:
        from autograder.pages.page import require_pages

        require_pages()


def templates_of(assignment: Assignment) -> dict[str, bytes]:
    """The stripped notebooks: those that a bundle holds, else stripped now from the sources.

    Raises:
        TemplatesError: neither can be had.
    """
    files = {entry.file: assignment.templates / entry.file for entry in assignment.notebooks}
    if all(path.is_file() for path in files.values()):
        return {name: path.read_bytes() for name, path in files.items()}
    for strip in added(TEMPLATES):
        made: dict[str, bytes] = strip.load()(assignment)
        return made
    raise TemplatesError(
        f"{assignment.templates}: there are no notebooks as handed out, and nothing here can strip "
        "the solved ones; give the assignment's folder in an unpacked gradescope.zip, or install "
        "the release tool by `pip install 'dl-autograder[staff]'`."
    )
