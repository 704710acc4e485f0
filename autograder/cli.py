"""Commands come in from a shell; results files, bundles and tables go out.

The commands themselves stand in `autograder.commands`, and in what adds to them by an entry point.
"""

from __future__ import annotations

import sys
import traceback
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from autograder.commands import GROUP, batches, doctor, grading, home
from autograder.model.errors import UserError
from autograder.model.faults import sentence, write_log
from autograder.model.plugins import added
from autograder.model.versions import own_version
from autograder.pages.console import PlainConsole, replace_what_cannot_be_shown

INTERNAL_ERROR, USER_ERROR = 1, 2


def application() -> typer.Typer:
    """The command line of this installation.

    Students get the harness without the release tool: they are shown what they can use.
    """
    app = typer.Typer(
        help="Check, hand in, grade and release deep-learning notebooks.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    others = added(GROUP)
    at_home = not others
    for part, hidden in (
        (home.commands, False),
        (grading.commands, at_home),
        (batches.commands, at_home),
        *((_loaded(entry), False) for entry in others),
        (doctor.commands, False),
    ):
        for command in part.registered_commands:
            command.hidden = hidden
            app.registered_commands.append(command)
    return app


def _loaded(entry: EntryPoint) -> typer.Typer:
    commands: typer.Typer = entry.load()
    return commands


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"dl-autograder {own_version()} (Python {sys.version.partition(' ')[0]})")
        raise typer.Exit


def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version and exit.", callback=_show_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Check, hand in, grade and release deep-learning notebooks."""


app = application()


def _lacking(module: str) -> str:
    """What to do where a library is not installed that an extra of the harness has."""
    return (
        f"This needs the Python module {module.partition('.')[0]}, which is not installed here; "
        "install all that course staff use, as in pip install 'dl-autograder[staff]'."
    )


def main() -> None:
    """Run a command; a user's mistake is one sentence, an internal error names its log."""
    replace_what_cannot_be_shown(sys.stdout, sys.stderr)
    console = PlainConsole(stderr=True)
    try:
        app()
    except UserError as error:
        console.print(Text(str(error), "red"))
        sys.exit(USER_ERROR)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in ("", "autograder", "release"):
            raise
        console.print(Text(_lacking(error.name or ""), "red"))
        sys.exit(USER_ERROR)
    except Exception as error:
        last = [line for line in str(error).splitlines() if line.strip()][-1:]
        console.print(Text(": ".join([type(error).__name__, *last]), "magenta"), soft_wrap=True)
        fault = traceback.format_exc()
        path = write_log([fault], f"not known; in {Path.cwd()}")
        if path is None:
            console.print(Text(fault))
        console.print(Text(sentence(1, path), "magenta"), soft_wrap=True)
        sys.exit(INTERNAL_ERROR)


if __name__ == "__main__":
    main()
