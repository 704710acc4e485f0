"""Commands that grade one submission: for staff, and as Gradescope's image does it."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Annotated

import typer

from autograder.commands.options import (
    SUBMISSION,
    AllowUnsafe,
    AssignmentOption,
    Submission,
    assignment_at,
    cache_of,
    existing,
    folder_of,
    require_page,
    templates_of,
    user_cache,
)
from autograder.model.errors import UserError
from autograder.model.faults import print_faults
from autograder.pages.console import PlainConsole

commands = typer.Typer()

INTERNAL_ERROR = 1


class RequirementError(UserError):
    """A layer that the sandbox does not know."""


@commands.command()
def grade(
    submission: Submission,
    assignment: AssignmentOption,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Where to write Gradescope's results.json.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(help="Where to write the feedback page, as its student sees it.")
    ] = None,
    staff_html: Annotated[
        Path | None, typer.Option(help="The same with all that only staff may see.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Repeat a run: the seed that its results name.")
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option(help="Where checks cache costly results; default: the user's own folder."),
    ] = None,
    require: Annotated[
        str | None,
        typer.Option(
            help="The isolation layers without which nothing is graded, by commas; default: "
            "uid,no_new_privs,seccomp, for a plain user same_user,landlock,no_new_privs,seccomp."
        ),
    ] = None,
    allow_unsafe: AllowUnsafe = False,
) -> None:
    """Grade one submission: a table in the terminal, and results.json and pages where asked for."""
    from autograder.gradescope import write_failure, write_results
    from autograder.grading.policies import CachePolicy, IsolationPolicy
    from autograder.grading.session import Session
    from autograder.pages.terminal import checks_counted, print_report

    console = PlainConsole()
    try:
        existing(submission, SUBMISSION)
        require_page(html or staff_html)
        described = assignment_at(assignment)
        templates = templates_of(described)
        with (
            checks_counted(console) as announce,
            Session(
                described,
                templates,
                isolation=IsolationPolicy(
                    None if require is None else _required(require), accept_weaker=allow_unsafe
                ),
                cache=CachePolicy(cache_of(cache, described)),
            ) as session,
        ):
            report = session.grade(submission, seed=seed, announce=announce)
    except BaseException:
        if out is not None:
            write_failure(out, traceback.format_exc())
        raise
    if out is not None:
        write_results(report, out)
    print_report(console, report)
    if html or staff_html:
        from autograder.pages.feedback import write_feedback
        from autograder.pages.questions import STAFF, STUDENT

        for path, audience in ((html, STUDENT), (staff_html, STAFF)):
            if path is not None:
                write_feedback(report, submission, described, templates, path, audience)
    if report.faulty:
        print_faults(console, report.all_faults, str(described.folder))
        raise typer.Exit(INTERNAL_ERROR)


@commands.command()
def explain(
    submission: Submission,
    question: Annotated[str, typer.Argument(help="Its id in the manifest, as H1.")],
    assignment: AssignmentOption,
    html: Annotated[Path | None, typer.Option(help="Write the same as one page.")] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Run all down to the answer, as a second look does.")
    ] = False,
    allow_unsafe: AllowUnsafe = False,
) -> None:
    """Show what is run of a notebook for one question, and why; no check is run."""
    from autograder.grading.policies import IsolationPolicy
    from autograder.grading.session import Session
    from autograder.pages.explain_terminal import print_explained

    console = PlainConsole()
    existing(submission, SUBMISSION)
    require_page(html)
    described = assignment_at(assignment)
    isolation = IsolationPolicy(accept_weaker=allow_unsafe)
    with (
        console.status("Running the notebook"),
        Session(described, templates_of(described), isolation=isolation) as session,
    ):
        found = session.explain(submission, question, whole=whole)
    print_explained(console, found)
    if html is not None:
        from autograder.pages.explain import write_explained

        write_explained(found, html)


@commands.command()
def gradescope(
    assignment: Annotated[
        Path, typer.Option("--assignment", "-a", help="Its folder in an unpacked gradescope.zip.")
    ],
    root: Annotated[
        Path, typer.Option(help="The folder of submission, metadata and results, as there.")
    ] = Path("/autograder"),
) -> None:
    """Grade what Gradescope hands over, by its rules in the manifest; staff read the output."""
    from autograder.gradescope.command import run

    existing(root, "the folder that holds submission and results")
    raise typer.Exit(run(folder_of(assignment), root, cache=user_cache(), tell=typer.echo))


def _required(names: str) -> frozenset[str]:
    """The layers named, each of which the sandbox must know."""
    from autograder.sandbox.lockdown import FORMER_NAMES, NAMES

    named = filter(None, map(str.strip, names.split(",")))
    found = frozenset(FORMER_NAMES.get(name, name) for name in named)
    if unknown := sorted(found - set(NAMES)):
        raise RequirementError(
            f"--require: found {', '.join(unknown)}; choose from {', '.join(sorted(NAMES))}."
        )
    return found
