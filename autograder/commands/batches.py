"""Commands for many submissions: grade them, review and report, and give feedback back."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from autograder.commands.options import (
    RESULTS,
    AssignmentOption,
    Cache,
    Results,
    assignment_at,
    cache_of,
    existing,
    templates_of,
)
from autograder.model.errors import UserError
from autograder.pages.console import PlainConsole

commands = typer.Typer()


class ExtraError(UserError):
    """What a command needs is not installed."""


@commands.command()
def batch(
    source: Annotated[
        Path,
        typer.Argument(help="A folder of submissions, or a platform's export of them."),
    ],
    assignment: AssignmentOption,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Where results are kept, also for the next run.")
    ],
    jobs: Annotated[
        int | None, typer.Option(min=1, help="How many at a time here; default: one per core.")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Grade on a dask cluster, as tcp://host:8786.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="What random inputs are drawn from, for all.")
    ] = None,
    cache: Cache = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Grade all again, whatever is kept and cached.")
    ] = False,
    feedback: Annotated[
        bool, typer.Option("--feedback", help="Write pages of feedback for each submission too.")
    ] = False,
    roster: Annotated[
        Path | None,
        typer.Option(help="The people of the course, as CSV: say who submitted nothing."),
    ] = None,
    why: Annotated[
        str | None, typer.Option(metavar="ID", help="Say why a submission is graded again, or not.")
    ] = None,
) -> None:
    """Grade many submissions; what has not changed since the last run is not graded again."""
    from autograder.batch import command

    existing(source, "a folder of submissions, or a platform's export of them")
    if roster is not None:
        existing(roster, "the people of the course, as CSV")
    described = assignment_at(assignment)
    cache_dir = cache_of(cache, described)
    count = jobs or command.cores()
    own = cache is not None
    options = command.BatchOptions(
        source, out, count, scheduler, seed, cache_dir, own, fresh, feedback, roster
    )
    templates, console = templates_of(described), PlainConsole()
    if why is not None:
        raise typer.Exit(command.why(options, why, described, templates, console))
    raise typer.Exit(command.run(options, described, templates, console))


@commands.command()
def report(
    folder: Results,
    released: Annotated[
        Path | None,
        typer.Option(
            "--release",
            metavar="RECORD",
            help="RELEASE.json, for what it says of the checks; default: what the batch found "
            "in the course's dist/NAME.",
        ),
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Make the staff's report on what a batch has graded so far."""
    from autograder.batch.pages import write_report

    path, waiting = write_report(existing(folder, RESULTS), released)
    more = f"; {waiting} submissions are not graded yet" if waiting else ""
    PlainConsole().print(Text(f"{path}{more}"))
    if show:
        typer.launch(path.absolute().as_uri())


@commands.command()
def review(
    folder: Results,
    grader: Annotated[
        str, typer.Option(help="Who grades, at first; the page can be told another name.")
    ] = "",
    hide_names: Annotated[
        bool, typer.Option("--hide-names", help="Show nobody whose an answer is.")
    ] = False,
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Grade the answers that people read, in the browser, question by question."""
    lacking = [name for name in ("starlette", "uvicorn") if find_spec(name) is None]
    if lacking:
        raise ExtraError(
            f"Grading in the browser needs the Python package {lacking[0]}, which is not installed "
            "here; install the harness with its extra, as in pip install 'dl-autograder[review]'."
        )
    from autograder.batch.reviewing import review as serve
    from autograder.pages.page import require_pages

    require_pages()
    existing(folder, RESULTS)
    opener = typer.launch if show else None
    serve(folder, PlainConsole(), grader=grader, hide_names=hide_names, opener=opener)


@commands.command()
def feedback(
    folder: Results,
    pdf: Annotated[bool, typer.Option("--pdf", help="On paper, by WeasyPrint.")] = False,
    sheets: Annotated[
        bool,
        typer.Option("--sheets", help="As PDF the answers that people read, a page break each."),
    ] = False,
    pages: Annotated[
        int | None, typer.Option(min=1, max=20, help="Of each question on sheets: so many pages.")
    ] = None,
    zip_for: Annotated[
        str | None,
        typer.Option("--zip", help="Pack them for upload, named as moodle, canvas, ... wants."),
    ] = None,
) -> None:
    """Make what goes back to each student: points of checks and of people, with comments."""
    from autograder.batch import handback

    form = handback.Form.sheets if sheets else handback.Form.pdf if pdf else handback.Form.html
    if zip_for is not None and zip_for not in list(handback.Target):
        raise handback.HandbackError(f"--zip {zip_for}: choose from {', '.join(handback.Target)}.")
    target = None if zip_for is None else handback.Target(zip_for)
    done = handback.hand_back(existing(folder, RESULTS), handback.Wish(form, pages, target))
    console = PlainConsole()
    for problem in done.problems:
        console.print(Text(problem, "yellow"))
    console.print(Text(f"{done.folder}: {done.count} files"))
    if done.archive is not None:
        console.print(Text(str(done.archive)))


@commands.command()
def override(
    folder: Results,
    submission: Annotated[str, typer.Argument(help="Its id, as in grades.csv.")],
    check: Annotated[str, typer.Argument(help="The check's id or number, as in the report.")],
    points: Annotated[
        float | None, typer.Option(help="What it gets, in place of the check's own points.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; staff read it beside the points.")] = "",
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Give it the check's own points back.")
    ] = False,
    grader: Annotated[str, typer.Option(help="Who decides; default: the user's name.")] = "",
) -> None:
    """Change a check's points for one submission; a later run keeps the change."""
    from autograder.batch import decided

    if (points is None) is not withdraw:
        raise decided.OverrideError("Say what to give by --points, or --withdraw.")
    existing(folder, RESULTS)
    wish = decided.Wish(submission, check, points, reason, grader)
    console = PlainConsole()
    console.print(Text(decided.override(folder, wish)))
    decided.publish(folder)
