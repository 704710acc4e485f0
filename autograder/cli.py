"""Commands come in from a shell; results files, bundles and tables go out."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from autograder.errors import HarnessFault, UserError

app = typer.Typer(
    help="Grade submissions of deep-learning notebooks, and release assignments.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

USER_ERROR, FAULT = 2, 1

AssignmentOption = Annotated[
    Path, typer.Option("--assignment", "-a", help="The staff's folder with assignment.toml.")
]
UnsafeOption = Annotated[
    bool,
    typer.Option(help="Grade even where the sandbox is weaker than hidden checks require."),
]


@app.command()
def grade(
    submission: Annotated[Path, typer.Argument(help="A folder, a zip or one notebook.")],
    assignment: AssignmentOption,
    out: Annotated[Path | None, typer.Option(help="Where to write results.json.")] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Repeat a run: the seed that its results name.")
    ] = None,
    allow_unsafe: UnsafeOption = False,
) -> None:
    """Grade one submission: a table in the terminal, and Gradescope's results.json."""
    from autograder import manifest, session, terminal
    from autograder.gradescope import write_results

    console = Console()
    try:
        described = manifest.load(assignment)
        templates = _templates(described)
        with console.status("Grading ..."):
            with session.Session(described, templates, allow_unsafe=allow_unsafe) as grader:
                report = grader.grade(submission, seed=seed)
    except BaseException as error:
        if out is not None:
            _write_failure(out, submission, error)
        raise
    if out is not None:
        write_results(report, out)
    terminal.print_report(console, report)
    if report.faulty:
        raise typer.Exit(FAULT)


def _templates(assignment: Assignment) -> dict[str, bytes]:
    """The stripped notebooks: those of a bundle, else stripped now from the solved sources."""
    names = [entry.file for entry in assignment.notebooks]
    if all((assignment.templates / name).is_file() for name in names):
        return {name: (assignment.templates / name).read_bytes() for name in names}
    from release.templates import strip_all

    return strip_all(assignment)
