"""Commands come in from a shell; results files, bundles and tables go out.

What a command needs is imported inside it: a cold start should load nothing that it does not use.
"""

from __future__ import annotations

import sys
import traceback
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from autograder.console import PlainConsole
from autograder.model.errors import HarnessFault, UserError
from autograder.model.manifest import Assignment, load

app = typer.Typer(
    help="Check, hand in, grade and release deep-learning notebooks.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

FAULT, USER_ERROR = 1, 2
#: Students get the harness without the release tool, and are not shown what only staff can use.
AT_HOME = find_spec("release") is None


@app.command()
def check(
    what: Annotated[
        list[str] | None,
        typer.Argument(help="Questions or notebooks, as H1 or edge_detection; default: all."),
    ] = None,
    folder: Annotated[
        Path, typer.Option("--folder", "-f", help="Where student.zip was unpacked.")
    ] = Path(),
    watch: Annotated[
        bool, typer.Option("--watch", help="Check again whenever an answer is saved.")
    ] = False,
) -> None:
    """Run the public checks on your own notebooks."""
    from autograder.desk import command

    if command.check(what or (), folder, watch=watch, console=PlainConsole()).faulty:
        raise typer.Exit(FAULT)


@app.command(name="submit-zip")
def submit_zip(
    folder: Annotated[
        Path, typer.Option("--folder", "-f", help="Where student.zip was unpacked.")
    ] = Path(),
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Where to write; default: in that folder.")
    ] = None,
) -> None:
    """Make the zip to hand in, and say first what is missing."""
    from autograder.desk import command

    command.submit_zip(folder, out, PlainConsole())


@app.command(hidden=AT_HOME)
def grade(
    submission: Annotated[Path, typer.Argument(help="A folder, a zip or one notebook.")],
    assignment: Annotated[
        Path, typer.Option("--assignment", "-a", help="The folder that holds assignment.toml.")
    ],
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
        typer.Option(help="Where checks remember costly results; default: the user's own folder."),
    ] = None,
    require: Annotated[
        str | None,
        typer.Option(
            help="The sandbox's primitives without which nothing is graded, by commas; default: "
            "uid,no_new_privs,seccomp, for a plain user apart,landlock,no_new_privs,seccomp."
        ),
    ] = None,
    allow_unsafe: Annotated[
        bool,
        typer.Option(
            "--allow-unsafe", help="Grade even where the sandbox lacks what hidden checks require."
        ),
    ] = False,
) -> None:
    """Grade one submission: a table in the terminal, and results.json and pages where asked for."""
    from autograder.gradescope import write_failure, write_results
    from autograder.session import Session
    from autograder.terminal import checks_counted, print_report

    console = PlainConsole()
    try:
        _require_page(html or staff_html)
        described = load(assignment)
        templates = _templates(described)
        memory = _memory(cache, described)
        with (
            checks_counted(console) as announce,
            Session(
                described,
                templates,
                allow_unsafe=allow_unsafe,
                cache=memory,
                floor=None if require is None else _floor(require),
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
        raise typer.Exit(FAULT)


@app.command(hidden=AT_HOME)
def explain(
    submission: Annotated[Path, typer.Argument(help="A folder, a zip or one notebook.")],
    question: Annotated[str, typer.Argument(help="Its id in the manifest, as H1.")],
    assignment: Annotated[
        Path, typer.Option("--assignment", "-a", help="The folder that holds assignment.toml.")
    ],
    html: Annotated[Path | None, typer.Option(help="Write the same as one page.")] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Run all down to the answer, as a second look does.")
    ] = False,
    allow_unsafe: Annotated[
        bool,
        typer.Option(
            "--allow-unsafe", help="Run it even where the sandbox lacks what hidden checks require."
        ),
    ] = False,
) -> None:
    """Show what is run of a notebook for one question, and why; no check is run."""
    from autograder.explaining import print_explained
    from autograder.session import Session

    console = PlainConsole()
    _require_page(html)
    described = load(assignment)
    with (
        console.status("Running the notebook"),
        Session(described, _templates(described), allow_unsafe=allow_unsafe) as session,
    ):
        found = session.explain(submission, question, whole=whole)
    print_explained(console, found)
    if html is not None:
        from autograder.pages.explain import write_explained

        write_explained(found, html)


@app.command(hidden=AT_HOME)
def batch(
    source: Annotated[
        Path,
        typer.Argument(help="A folder of submissions, or a platform's export of them."),
    ],
    assignment: Annotated[
        Path, typer.Option("--assignment", "-a", help="The folder that holds assignment.toml.")
    ],
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
    cache: Annotated[
        Path | None,
        typer.Option(help="Where verdicts are remembered; default: the user's own folder."),
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Grade all anew, whatever is kept and remembered.")
    ] = False,
    feedback: Annotated[
        bool, typer.Option("--feedback", help="Write pages of feedback for each submission too.")
    ] = False,
    roster: Annotated[
        Path | None,
        typer.Option(help="The people of the course, as CSV: say who handed in nothing."),
    ] = None,
    why: Annotated[
        str | None, typer.Option(metavar="ID", help="Say why a submission is graded again, or not.")
    ] = None,
) -> None:
    """Grade many submissions; what has not changed since the last run is not graded again."""
    from autograder.batch import command

    described = load(assignment)
    memory = _memory(cache, described)
    count = jobs or command.cores()
    own = cache is not None
    request = command.Request(
        source, out, count, scheduler, seed, memory, own, fresh, feedback, roster
    )
    templates, console = _templates(described), PlainConsole()
    if why is not None:
        raise typer.Exit(command.why(request, why, described, templates, console))
    raise typer.Exit(command.run(request, described, templates, console))


@app.command(hidden=AT_HOME)
def report(
    folder: Annotated[Path, typer.Argument(help="The folder that a batch was graded into.")],
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Make the staff's report on what a batch has graded so far."""
    from autograder.batch.pages import write_report

    path, waiting = write_report(folder)
    more = f"; {waiting} submissions are not graded yet" if waiting else ""
    PlainConsole().print(Text(f"{path}{more}"))
    if show:
        typer.launch(path.absolute().as_uri())


@app.command(hidden=AT_HOME)
def review(
    folder: Annotated[Path, typer.Argument(help="The folder that a batch was graded into.")],
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
    opener = typer.launch if show else None
    serve(folder, PlainConsole(), grader=grader, hide_names=hide_names, opener=opener)


@app.command(hidden=AT_HOME)
def feedback(
    folder: Annotated[Path, typer.Argument(help="The folder that a batch was graded into.")],
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
    done = handback.hand_back(folder, handback.Wish(form, pages, target))
    console = PlainConsole()
    for problem in done.problems:
        console.print(Text(problem, "yellow"))
    console.print(Text(f"{done.folder}: {done.count} files"))
    if done.archive is not None:
        console.print(Text(str(done.archive)))


@app.command(hidden=AT_HOME)
def override(
    folder: Annotated[Path, typer.Argument(help="The folder that a batch was graded into.")],
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
    wish = decided.Wish(submission, check, points, reason, grader)
    console = PlainConsole()
    console.print(Text(decided.override(folder, wish)))
    decided.publish(folder)


@app.command(hidden=AT_HOME)
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

    raise typer.Exit(run(assignment, root, cache=_user_cache(), tell=typer.echo))


@app.command(hidden=AT_HOME)
def release(
    assignment: Annotated[Path, typer.Argument(help="The folder that holds assignment.toml.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Where to build; default dist/NAME.")
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option(help="Where verdicts are remembered; default: the user's own folder."),
    ] = None,
    diff: Annotated[
        Path | None,
        typer.Option(help="An older release: show what has changed for students since."),
    ] = None,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="Show what was taken out, and what the leak scan saw."),
    ] = False,
) -> None:
    """Strip the solved notebooks, build both bundles, look for leaks, and prove them."""
    from release.build import LeakError, build
    from release.diff import compare, student_files
    from release.leaks import print_scan
    from release.terminal import print_answers, print_changes, print_release, steps_shown

    console = PlainConsole()
    described = load(assignment)
    target = out or Path("dist") / described.name
    # Read first: the old release may be the one that is replaced.
    before = None if diff is None else student_files(diff)
    try:
        with steps_shown(console) as steps:
            built = build(described, target, steps, _memory(cache, described))
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


@app.command(hidden=AT_HOME)
def mutate(
    assignment: Annotated[Path, typer.Argument(help="The folder that holds assignment.toml.")],
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
        Path | None, typer.Option(help="Write scores and survivors as one page for staff.")
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option(help="Where verdicts are remembered; default: the user's own folder."),
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Test all anew, whatever is remembered.")
    ] = False,
) -> None:
    """Measure the checks: make the solution wrong in many ways, and see what each check sees."""
    from release.mutants.command import known_question, measure
    from release.mutants.equivalents import measure_fairness
    from release.mutants.terminal import print_fairness, print_measured
    from release.terminal import steps_shown

    console = PlainConsole()
    _require_page(html)
    described = load(assignment)
    question = known_question(described, question)
    memory = _memory(cache, described)
    if equivalent:
        with steps_shown(console) as steps:
            fairness = measure_fairness(described, memory, question=question, steps=steps)
        print_fairness(console, fairness)
        if fairness.lost or fairness.faults:
            raise typer.Exit(FAULT)
        return
    with steps_shown(console) as steps:
        found = measure(described, memory, question=question, fresh=fresh, steps=steps)
    print_measured(console, found)
    if html is not None:
        from release.mutants.page import write_measured

        write_measured(found, html)


@app.command(hidden=AT_HOME)
def setup(
    assignment: Annotated[Path, typer.Argument(help="The folder that holds assignment.toml.")],
    upgrade: Annotated[
        bool, typer.Option("--upgrade", help="Lock the newest versions that fit.")
    ] = False,
) -> None:
    """Lock and install the packages that an assignment's requirements.txt asks for."""
    from release.packages import set_up
    from release.packages.terminal import print_set_up

    print_set_up(PlainConsole(), set_up(load(assignment), upgrade=upgrade))


@app.command(name="gradescope-local", hidden=AT_HOME)
def gradescope_local(
    submission: Annotated[Path, typer.Argument(help="A folder, a zip or one notebook.")],
    assignment: Annotated[
        Path, typer.Option("--assignment", "-a", help="The folder that holds assignment.toml.")
    ],
    bundle: Annotated[
        Path | None, typer.Option(help="Its gradescope.zip; default: in dist/NAME.")
    ] = None,
    metadata: Annotated[
        Path | None, typer.Option(help="A submission_metadata.json to go with it.")
    ] = None,
    memory: Annotated[
        int, typer.Option(min=1, help="What the container may use, in MB; as Gradescope's least.")
    ] = 768,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Where to write; default dist/NAME.results.json."),
    ] = None,
) -> None:
    """Build Gradescope's image of a release by Docker or Podman, and grade a submission in it."""
    from autograder.gradescope import write_data
    from release.container import find_engine, grade_in_container
    from release.terminal import print_results

    name = load(assignment).name
    data = grade_in_container(
        bundle or Path("dist") / name / "gradescope.zip",
        submission,
        find_engine(),
        metadata=metadata,
        memory_mb=memory,
    )
    target = out or Path("dist") / f"{name}.results.json"
    write_data(data, target)
    print_results(PlainConsole(), data, target)
    if data.get("extra_data", {}).get("harness_fault"):
        raise typer.Exit(FAULT)


class Ends(StrEnum):
    """Where an answer ends whose end is not marked."""

    marked = "marked"
    cell = "cell"


@app.command(hidden=AT_HOME)
def strip(
    source: Annotated[
        Path, typer.Argument(help="A solved notebook: .ipynb, percent script or module.")
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
    from release.templates import preview
    from release.terminal import counted_answers, print_answers

    made = preview(source, out, open_ended=ends is Ends.cell, allowed=allow or ())
    if out is None:
        sys.stdout.write(made.data.decode("utf-8"))
    console = PlainConsole(stderr=True)
    if explain:
        print_answers(console, made.answers)
    for line in counted_answers(made.answers) if made.answers else [f"{source.name}: no answers."]:
        console.print(Text(line))


class ExtraError(UserError):
    """What a command needs is not installed."""


class RequirementError(UserError):
    """A primitive that the sandbox does not know."""


class Tool(StrEnum):
    """The tools whose assignments can be imported."""

    otter = "otter"
    nbgrader = "nbgrader"


@app.command(name="import", hidden=AT_HOME)
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

    imported = import_assignment(tool.value, source, out, name, strict=strict, setup=setup)
    print_import(PlainConsole(), imported)


@app.command(hidden=AT_HOME)
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


def _floor(names: str) -> frozenset[str]:
    """The primitives named, each of which the sandbox must know."""
    from autograder.sandbox.lockdown import NAMES

    found = frozenset(name.strip() for name in names.split(",") if name.strip())
    if unknown := sorted(found - set(NAMES)):
        raise RequirementError(
            f"--require: found {', '.join(unknown)}; choose from {', '.join(sorted(NAMES))}."
        )
    return found


def _user_cache() -> Path:
    from autograder.checks.cache import user_folder

    return user_folder()


def _memory(cache: Path | None, assignment: Assignment) -> Path:
    """Where an assignment's verdicts are remembered."""
    return cache or _user_cache() / assignment.name


def _require_page(wanted: Path | None) -> None:
    """Say that a page cannot be made before anything is run for it."""
    if wanted is not None:
        from autograder.pages.page import require_pages

        require_pages()


def _templates(assignment: Assignment) -> dict[str, bytes]:
    """The stripped notebooks: those that a bundle holds, else stripped now from the sources."""
    files = {entry.file: assignment.templates / entry.file for entry in assignment.notebooks}
    if all(path.is_file() for path in files.values()):
        return {name: path.read_bytes() for name, path in files.items()}
    from release.templates import templates

    return templates(assignment)


def main() -> None:
    """Run a command; a user's mistake is one sentence, only a harness fault shows a traceback."""
    console = PlainConsole(stderr=True)
    try:
        app()
    except UserError as error:
        console.print(Text(str(error), "red"))
        sys.exit(USER_ERROR)
    except HarnessFault:
        console.print(Text("The harness itself failed; please report this:", "bold red"))
        console.print(Text(traceback.format_exc()))
        sys.exit(FAULT)


if __name__ == "__main__":
    main()
