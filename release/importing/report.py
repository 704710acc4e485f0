"""What an import has made and left comes in, the text of IMPORT.md goes out."""

from __future__ import annotations

from collections.abc import Sequence

from release.importing.model import NO_TRIP, Kind, NotImported, Question, RoundTrip


def report_text(
    kind: Kind,
    name: str,
    questions: Sequence[Question],
    left: Sequence[NotImported],
    original: float,
    missing: Sequence[str] = (),
    trip: RoundTrip = NO_TRIP,
) -> str:
    """A page for staff: what there is now, and all that a person has to look at.

    Args:
        original: the points of the original's tests.
        missing: packages that are not installed here.
        trip: the checks beside the tests as they were, on altered solutions.
    """
    points = sum(question.points for question in questions)
    lines = [
        f"# {name}, imported from {kind}",
        "",
        *([about_missing(missing), ""] if missing else []),
        f"{len(questions)} questions with {points:g} of the {original:g} points of the original's "
        "tests are graded automatically. "
        f"Build and prove them with `autograder release solutions/{name}`.",
        "",
        "| question | points | names | checks |",
        "|---|---|---|---|",
    ]
    for question in questions:
        names = ", ".join(f"`{each}`" for each in question.names)
        checks = ", ".join(
            f"{c.number} ({'hidden' if c.planned.hidden else 'public'}, {c.planned.weight:g}"
            f"{', shared' if c.shared else ''})"
            for c in question.checks
        )
        lines.append(f"| {question.id} | {question.points:g} | {names} | {checks} |")
    lines += [*_shared(questions), *_compared(questions, trip), "", "## To look at", ""]
    if not left:
        lines.append("Everything was taken over as it was.")
    else:
        lines += ["| where | what | why | what to do |", "|---|---|---|---|"]
        lines += [
            f"| {_cell(each.location)} | {_cell(each.what)} | {_cell(each.why)} | "
            f"{_cell(each.remedy)} |"
            for each in left
        ]
    return "\n".join(lines) + "\n"


def about_missing(packages: Sequence[str]) -> str:
    """What is said first of all of packages that are not installed."""
    return (
        f"Not installed here: {', '.join(packages)}. What needs them was not tried; take this "
        "import away and import again with `--setup`, which locks and installs them first."
    )


def _shared(questions: Sequence[Question]) -> list[str]:
    """The checks that the student's process judges, and why."""
    rows = [
        f"| {check.number} | {check.planned.weight:g} | {_cell(check.why_shared)} |"
        for question in questions
        for check in question.checks
        if check.shared
    ]
    if not rows:
        return []
    return [
        "",
        "## As strong as the original",
        "",
        "These tests run beside the student's code, as they did there: the student's process "
        'judges itself, and can read them. Their questions say `trust = "shared"` in the manifest. '
        "Write checks in their place when there is time; `--strict` leaves them out.",
        "",
        "| check | points | why it is not judged apart |",
        "|---|---|---|",
        *rows,
    ]


def _compared(questions: Sequence[Question], trip: RoundTrip) -> list[str]:
    if not any(check.compared for question in questions for check in question.checks):
        return []
    lines = [
        "",
        "## Compared",
        "",
        "Each test of the original was run as it was, in the notebook's own names, on the solution "
        "and on the starter notebook. A translated check gives both what its test gives; where one "
        "did not, the test itself was taken. The old tool itself was not run.",
    ]
    if trip.compared:
        lines += [
            "",
            f"On the solution with answers altered, {trip.compared} verdicts were compared, "
            f"{trip.shared} of them of tests that run as they were; {len(trip.differing)} differ, "
            "and stand in the table below with the altered lines.",
        ]
    return lines


def readme_text(name: str) -> str:
    """A handout to begin with."""
    return (
        f"# {name}\n\nAnswer the questions in the notebooks, save them, and submit them under "
        "the names that they have.\n"
    )


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
