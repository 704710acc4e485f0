"""What an import has made and left comes in, the text of IMPORT.md goes out."""

from __future__ import annotations

from collections.abc import Sequence

from release.importing.model import Kind, Left, Question


def report_text(
    kind: Kind, name: str, questions: Sequence[Question], left: Sequence[Left], original: float
) -> str:
    """A page for staff: what there is now, and all that a person has to look at.

    Args:
        original: the points of the original's tests.
    """
    points = sum(question.points for question in questions)
    lines = [
        f"# {name}, imported from {kind}",
        "",
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
            f"{c.number} ({'hidden' if c.planned.hidden else 'public'}, {c.planned.weight:g})"
            for c in question.checks
        )
        lines.append(f"| {question.id} | {question.points:g} | {names} | {checks} |")
    lines += ["", "## To look at", ""]
    if not left:
        lines.append("Everything was taken over as it was.")
    else:
        lines += [
            "Where a line of a test is listed, the check has its points without that line.",
            "",
        ]
        lines += ["| where | what | why | what to do |", "|---|---|---|---|"]
        lines += [
            f"| {_cell(each.place)} | {_cell(each.what)} | {_cell(each.why)} | "
            f"{_cell(each.remedy)} |"
            for each in left
        ]
    return "\n".join(lines) + "\n"


def readme_text(name: str) -> str:
    """A handout to begin with."""
    return (
        f"# {name}\n\nAnswer the questions in the notebooks, save them, and hand them in under "
        "the names that they have.\n"
    )


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
