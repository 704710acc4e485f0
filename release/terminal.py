"""A release and its steps come in; progress, and a table of the proof, go out to the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from autograder.model.report import name_in_words, name_of
from autograder.pages.stages import Parts, lines
from release.build import Release
from release.diff import Change
from release.markup.model import Answer
from release.mutants.stage import score_lines
from release.proof.odd import listed
from release.proof.proof import Proof
from release.steps import Steps


class Shown:
    """Shows each step with its running time, and a bar where its parts are counted."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None

    def start(self, text: str, total: int | None = None) -> None:
        """End the step before, and show the next one."""
        self.end()
        self._task = self._progress.add_task(text, total=total)

    def advance(self) -> None:
        """A part of the step is done."""
        if self._task is not None:
            self._progress.advance(self._task)

    def end(self) -> None:
        """End the last step."""
        if self._task is not None:
            task = next(t for t in self._progress.tasks if t.id == self._task)
            total = task.total or 1
            self._progress.update(self._task, total=total, completed=total)


@contextmanager
def steps_shown(console: Console) -> Iterator[Steps]:
    """Show steps while they are done; those that failed stay unfinished."""
    if not console.is_interactive:
        with lines(console) as logged:
            yield logged
        return
    columns = (
        SpinnerColumn(finished_text="[green]✓[/]"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        Parts(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        shown = Shown(progress)
        yield shown
        shown.end()


def print_release(console: Console, release: Release) -> None:
    """Print what each check gave and caught, what else was proven, and the files."""
    proof = release.proof
    table = Table(
        box=box.SIMPLE_HEAVY,
        title=release.assignment.title,
        caption=_caption(proof),
        caption_justify="left",
    )
    for heading in ("No.", "Check", "Seen by"):
        table.add_column(heading)
    for heading in ("Points", "Solution", "Blank", "Caught"):
        table.add_column(heading, justify="right")
    blank = {check.id: check for check in proof.blank.checks}
    for check in proof.solution.checks:
        table.add_row(
            check.number,
            Text(check.title),
            "staff" if check.hidden else "students too",
            f"{check.max_score:g}",
            Text(f"{check.score:g}", "green"),
            Text(f"{blank[check.id].score:g}", "yellow" if blank[check.id].score else "green"),
            str(proof.caught_by(check) or ""),
        )
    table.add_section()
    for part in proof.solution.manual:
        table.add_row(part.question, Text(part.title), "people", f"{part.max_score:g}", "", "", "")
    solution, template = proof.solution, proof.blank
    wrong = sum(bool(mistake.loses) for mistake, _report in proof.mistakes)
    points = (f"{p:g}" for p in (solution.max_score, solution.score, template.score))
    table.add_row("", "Total", "", *points, str(wrong or ""))
    console.print(table)
    for line in counted_answers(release.stripped.answers):
        console.print(Text(line))
    for path in (release.student_zip, release.gradescope_zip, release.record):
        console.print(Text(f"{path}  ({path.stat().st_size / 1000:.0f} kB)"))


def print_changes(console: Console, changes: Sequence[Change]) -> None:
    """Print what is other for students than in an older release, cell by cell."""
    if not changes:
        console.print(Text("Nothing has changed for students since that release.", "green"))
    styles = {"+": "green", "-": "red", "@": "cyan"}
    for change in changes:
        location = f"{change.file}, {change.cell}" if change.cell else change.file
        console.print(Text(f"{location}: {change.kind}", "bold"))
        for line in change.lines:
            console.print(Text(f"  {line}", styles.get(line[:1], "")))


def print_answers(console: Console, answers: Sequence[Answer]) -> None:
    """Print what the stripper took out, cell by cell."""
    table = Table(box=box.SIMPLE_HEAVY, title="What was taken out")
    for heading in ("Source", "Cell", "Kind"):
        table.add_column(heading)
    table.add_column("Lines", justify="right")
    table.add_column("First line")
    for answer in answers:
        lines = [line.strip() for line in answer.text.split("\n") if line.strip()]
        table.add_row(
            Text(answer.file),
            f"{answer.cell or ''}",
            _KINDS[answer.kind],
            str(len(lines)),
            Text(lines[0][:60] if lines else ""),
        )
    console.print(table)


_KINDS = {"code": "answer", "markdown": "answer in words", "staff": "for staff"}


def counted_answers(answers: Sequence[Answer]) -> Iterator[str]:
    """How many answers were taken out of each source, a line each."""
    for file in dict.fromkeys(answer.file for answer in answers):
        kinds = Counter("staff" if a.kind == "staff" else "" for a in answers if a.file == file)
        staff = f" and {kinds['staff']} part(s) for staff alone" if kinds["staff"] else ""
        word = "answer" if kinds[""] == 1 else "answers"
        yield f"{file}: {kinds['']} {word}{staff} taken out."


def _caption(proof: Proof) -> str:
    """What was proven beside the columns, one line each."""
    lines = []
    right = sum(not mistake.loses for mistake, _report in proof.mistakes)
    if proof.mistakes:
        lines.append(
            f"Each of {len(proof.mistakes) - right} known-wrong submissions lost exactly what it "
            f"should (Caught: how many lost points there), {right} right ones lost nothing."
        )
    seen = sum(bool(each.checks) for each in proof.ablations)
    lines.append(
        f"{seen} of {len(proof.ablations)} answers are missed when they alone are blank"
        + (
            f"; {len(proof.ablations) - seen} are listed as unchecked."
            if seen < len(proof.ablations)
            else "."
        )
    )
    lines += _odd(proof)
    lines += _untitled(proof)
    if proof.mutants is not None:
        lines += score_lines(proof.mutants)
    if proof.public is not None:
        lines.append(f"{len(proof.public.checks)} public checks pass, run from student.zip.")
    if proof.solution.max_score == 0:
        lines.append("Warning: nothing in it is worth a point.")
    if shared := proof.solution.shared_points:
        lines.append(f"{shared:g} points are judged by the student's own process (trust = shared).")
    for check in proof.for_nothing:
        lines.append(
            f"For nothing: {name_of(check)} gives the starter notebook {check.score:g} points."
        )
    return "\n".join(lines)


def _odd(proof: Proof) -> Iterator[str]:
    """What checks made of odd answers, and advice on those that tripped over one."""
    if not proof.odd:
        return
    passed = sum(each.passed for each in proof.odd)
    also = f"; {passed} are allowed to pass" if passed else ""
    yield f"{len(proof.odd)} odd answers were tried: none breaks a check, none passes{also}."
    tripped: dict[tuple[str, str], list[str]] = {}
    for each in proof.odd:
        if each.tripped:
            location = each.tripped.partition(", `")[0]
            tripped.setdefault((each.check, location), []).append(each.answer)
    for (check, where), answers in tripped.items():
        yield (
            f"Advice: {check} trips over {listed(answers)} at {where}; students read that it "
            "cannot work with what came back. Compare type and shape first to tell them more."
        )


def _untitled(proof: Proof) -> Iterator[str]:
    """Advice on checks of which students read no more than the function's name."""
    found = [check for check in proof.solution.checks if check.title == name_in_words(check.id)]
    if found:
        verb = "has" if len(found) == 1 else "have"
        yield (
            f"Advice: {', '.join(name_of(check) for check in found)} {verb} no docstring; students "
            f"read '{found[0].title}'. Say there in a sentence what is asked."
        )


def print_results(console: Console, data: Mapping[str, Any], path: Path) -> None:
    """Print a results.json as Gradescope would show it to staff, and where it is."""
    table = Table(box=box.SIMPLE_HEAVY)
    for heading in ("No.", "Check"):
        table.add_column(heading, overflow="fold")
    table.add_column("Points", justify="right", no_wrap=True)
    for heading in ("Shown", "Message"):
        table.add_column(heading, overflow="fold")
    for test in data.get("tests", ()):
        points = f"{test['score']:g} / {test.get('max_score', 0):g}" if "score" in test else ""
        # Text, not markup: a message may hold brackets.
        table.add_row(
            Text(test.get("number", "")),
            Text(test.get("name", "")),
            points,
            test.get("visibility", "visible"),
            Text(test.get("output", "")),
        )
    table.add_section()
    table.add_row("", Text("Total", "bold"), Text(f"{data.get('score', 0):g}", "bold"), "", "")
    console.print(table)
    for entry in data.get("leaderboard", ()):
        console.print(Text(f"Leaderboard: {entry['name']}: {entry['value']}"))
    if data.get("output"):
        console.print(Text(data["output"]))
    console.print(Text(str(path)))
