"""Commands of the release tool; `autograder` finds them by an entry point and imports none."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from autograder.commands.options import (
    SUBMISSION,
    AssignmentArgument,
    AssignmentOption,
    Cache,
    Submission,
    assignment_at,
    cache_of,
    existing,
    require_page,
)
from autograder.model.course import dist
from autograder.pages.console import PlainConsole

commands = typer.Typer()

FAILED = 1


@commands.command()
def release(
    assignment: AssignmentArgument,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="Where to build; default: dist/NAME in the course's folder."
        ),
    ] = None,
    cache: Cache = None,
    diff: Annotated[
        Path | None,
        typer.Option(help="An older release: show what has changed for students since."),
    ] = None,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="Show what was taken out, and what the leak scan saw."),
    ] = False,
) -> None:
    """Strip the solution notebooks, build both bundles, look for leaks, and prove them."""
    from release.build import LeakError, build
    from release.diff import compare, student_files
    from release.leaks import print_scan
    from release.terminal import print_answers, print_changes, print_release, steps_shown

    console = PlainConsole()
    described = assignment_at(assignment)
    target = out or dist(described)
    # Read first: the old release may be the one that is replaced.
    before = None if diff is None else student_files(existing(diff, "an older release"))
    try:
        with steps_shown(console) as steps:
            built = build(described, target, steps, cache_of(cache, described))
    except LeakError as error:
        if explain:
            print_scan(console, error.scan)
        raise
    if explain:
        print_answers(console, built.stripped.answers)
        print_scan(console, built.scan)
    print_release(console, built)
    if before is not None:
        print_changes(console, compare(before, student_files(built.folder)))


@commands.command()
def mutate(
    assignment: AssignmentArgument,
    question: Annotated[
        str, typer.Argument(help="Its id in the manifest, as H1; default: all questions.")
    ] = "",
    equivalent: Annotated[
        bool,
        typer.Option(
            "--equivalent", help="Spell right answers differently instead; none may lose a point."
        ),
    ] = False,
    html: Annotated[
        Path | None, typer.Option(help="Write what came of it as one page for staff.")
    ] = None,
    cache: Cache = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Test all again, whatever is cached.")
    ] = False,
) -> None:
    """Measure the checks: make the solution wrong in many ways, and see what each check sees."""
    from autograder.pages.page import write_page
    from release.mutants.command import known_question, measure
    from release.mutants.equivalents import measure_fairness
    from release.mutants.page import fairness_page, measured_page
    from release.mutants.terminal import print_fairness, print_measured
    from release.terminal import steps_shown

    console = PlainConsole()
    require_page(html)
    described = assignment_at(assignment)
    question = known_question(described, question)
    cache_dir = cache_of(cache, described)
    if equivalent:
        with steps_shown(console) as steps:
            fairness = measure_fairness(
                described, cache_dir, question=question, no_cache=fresh, steps=steps
            )
        print_fairness(console, fairness)
        if html is not None:
            write_page(html, fairness_page(fairness))
        if fairness.lost or fairness.faults:
            raise typer.Exit(FAILED)
        return
    with steps_shown(console) as steps:
        found = measure(described, cache_dir, question=question, no_cache=fresh, steps=steps)
    print_measured(console, found)
    if html is not None:
        write_page(html, measured_page(found))


@commands.command()
def setup(
    assignment: AssignmentArgument,
    upgrade: Annotated[
        bool, typer.Option("--upgrade", help="Lock the newest versions that fit.")
    ] = False,
) -> None:
    """Lock and install the packages that an assignment's requirements.txt asks for."""
    from release.packages import set_up
    from release.packages.terminal import print_set_up

    print_set_up(PlainConsole(), set_up(assignment_at(assignment), upgrade=upgrade))


@commands.command(name="gradescope-local")
def gradescope_local(
    submission: Submission,
    assignment: AssignmentOption,
    bundle: Annotated[
        Path | None, typer.Option(help="Its gradescope.zip; default: in dist/NAME.")
    ] = None,
    metadata: Annotated[
        Path | None, typer.Option(help="A submission_metadata.json to go with it.")
    ] = None,
    memory_mb: Annotated[
        int,
        typer.Option(
            "--memory", min=1, help="What the container may use, in MB; as Gradescope's least."
        ),
    ] = 768,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Where to write; default: dist/NAME.results.json."),
    ] = None,
) -> None:
    """Build Gradescope's image of a release by Docker or Podman, and grade a submission in it."""
    from autograder.gradescope import write_data
    from release.bundles.container import find_engine, grade_in_container
    from release.terminal import print_results

    described = assignment_at(assignment)
    existing(submission, SUBMISSION)
    if metadata is not None:
        existing(metadata, "a submission_metadata.json")
    made = bundle or dist(described) / "gradescope.zip"
    data = grade_in_container(
        existing(made, "the gradescope.zip that `autograder release` makes"),
        submission,
        find_engine(),
        metadata=metadata,
        memory_mb=memory_mb,
    )
    target = out or dist(described).with_name(f"{described.name}.results.json")
    write_data(data, target)
    print_results(PlainConsole(), data, target)
    if data.get("extra_data", {}).get("harness_fault"):
        raise typer.Exit(FAILED)


class Ends(StrEnum):
    """Where an answer ends whose end is not marked."""

    marked = "marked"
    cell = "cell"


@commands.command()
def strip(
    source: Annotated[
        Path, typer.Argument(help="A solution notebook: .ipynb, percent script or module.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Where to write; default: on the screen.")
    ] = None,
    ends: Annotated[
        Ends,
        typer.Option(
            help="Where an answer ends that has no marked end: nowhere, or with its cell."
        ),
    ] = Ends.marked,
    allow: Annotated[
        list[str] | None,
        typer.Option(help="A remark that looks like a marker and is none; may be repeated."),
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="List what was taken out.")] = False,
) -> None:
    """Show what students would get of one solved source; nothing is checked or proven."""
    from release.markup.templates import preview
    from release.terminal import counted_answers, print_answers

    existing(source, "a solution notebook: .ipynb, percent script or module")
    made = preview(source, out, open_ended=ends is Ends.cell, allowed=allow or ())
    if out is None:  # as it is in a file, whatever encoding the terminal has
        sys.stdout.buffer.write(made.data)
        sys.stdout.buffer.flush()
    console = PlainConsole(stderr=True)
    if explain:
        print_answers(console, made.answers)
    for line in counted_answers(made.answers) if made.answers else [f"{source.name}: no answers."]:
        console.print(Text(line))


class Tool(StrEnum):
    """The tools whose assignments can be imported."""

    otter = "otter"
    nbgrader = "nbgrader"


@commands.command(name="import")
def import_(
    tool: Annotated[Tool, typer.Argument(help="Whose assignment it is.")],
    source: Annotated[
        Path, typer.Argument(metavar="PATH", help="Its notebook, or the folder that holds it.")
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Where assignment/ and solutions/ are.")
    ] = Path(),
    name: Annotated[
        str | None, typer.Option(help="What to call it; default: as the notebook or folder.")
    ] = None,
    strict: Annotated[
        bool, typer.Option(help="Leave out tests that only the student's process could judge.")
    ] = False,
    setup: Annotated[
        bool, typer.Option("--setup", help="Lock and install its packages first, as `setup` does.")
    ] = False,
) -> None:
    """Make our folder layout out of an assignment of otter-grader or nbgrader."""
    from release.importing import import_assignment
    from release.importing.terminal import print_import

    existing(source, "the assignment's notebook, or the folder that holds it")
    imported = import_assignment(tool.value, source, out, name, strict=strict, setup=setup)
    print_import(PlainConsole(), imported)


@commands.command()
def new(
    name: Annotated[str, typer.Argument(help="What to call it, as hw5.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Where assignment/ and solutions/ are.")
    ] = Path(),
) -> None:
    """Make a small assignment that releases and grades at once, to be filled with your own."""
    from release.scaffold import new_assignment
    from release.scaffold.terminal import print_new

    print_new(PlainConsole(), new_assignment(name, out))
