"""What a student asks for on the command line comes in; tables and the zip to submit go out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.home import checking
from autograder.home.folder import HomeError, find, handed_out
from autograder.home.spawned import SpawnedWorker, Spawner, SpawnSettings
from autograder.home.submit_zip import (
    blank,
    contents_of,
    missing,
    submission_of,
    templates_of,
    unreadable,
    unwritten,
    write_zip,
)
from autograder.model.findings import Finding, shown
from autograder.model.manifest import Assignment
from autograder.model.names import owners
from autograder.model.report import Report
from autograder.model.submission import Submission
from autograder.pages.terminal import checks_counted, print_public
from autograder.slicing.answers import Answers
from autograder.slicing.notebook import Notebook
from autograder.slicing.packages import packages_of

NOTEBOOKS = (".ipynb", ".py")


@dataclass(frozen=True)
class Asked:
    """What to check: questions, None for all, and the one file to look for them in, if any."""

    questions: frozenset[str] | None
    file: Path | None


class Checker:
    """A student's folder, and a process for their code that serves check after check."""

    def __init__(self, assignment: Assignment, spawner: Spawner) -> None:
        self.assignment = assignment
        self.templates: dict[str, Notebook] = templates_of(assignment)
        self.spawner = spawner

    def check(self, asked: Asked, console: Console) -> Report:
        """Check what is on the disk now, and print it."""
        with checks_counted(console, "Starting Python") as announce:
            self.spawner.launch()
            checking.import_libraries(self.assignment)  # while the other process imports it too
            submission = self._submission(asked.file)
            packages = packages_of(self.assignment, self.spawner.prebound())
            answers = Answers(self.assignment, self.templates, submission, packages)
            questions = asked.questions
            if questions is None and asked.file is not None:
                questions = frozenset(self._questions_of(answers))
            report = checking.check(
                self.assignment, submission, answers, self._start_worker, questions, announce
            )
        given = [
            f"Still as handed out: {sentence}"
            for sentence in blank(self.assignment, answers)
            if self._is_read(answers, identifier := sentence.partition(":")[0])
            and (questions is None or identifier in questions)
        ]
        empty = [
            f"Read by people, and still empty: {sentence}"
            for sentence in unwritten(self.assignment, answers)
            if questions is None or sentence.partition(":")[0] in questions
        ]
        notes = (*report.notes, *answers.notes, *given, *empty)
        report = replace(report, notes=notes)
        print_public(console, report, self.assignment.points)
        return report

    def _start_worker(self) -> SpawnedWorker:
        return self.spawner.worker()

    def _submission(self, file: Path | None) -> Submission:
        if file is None:
            return submission_of(self.assignment, self.assignment.public)
        return Submission(file.name, file.parent, (PurePosixPath(file.name),), ())

    def _is_read(self, answers: Answers, identifier: str) -> bool:
        """Whether a question's notebook could be read; where not, its checks say why."""
        notebook = self.assignment.question(identifier).notebook
        return not isinstance(answers.aligned(notebook), Finding)

    def _questions_of(self, answers: Answers) -> Iterator[str]:
        """The questions of the notebooks that the one file was recognised as."""
        for question in self.assignment.questions:
            if question.notebook and not isinstance(answers.aligned(question.notebook), Finding):
                yield question.id


def check(what: Sequence[str], folder: Path, *, watch: bool, console: Console) -> Report:
    """Run the public checks, again and again if asked to; the last report.

    Raises:
        UserError: there is no assignment here, or what is asked for is not part of it.
    """
    assignment = find(folder)
    asked = ask(assignment, what)
    runtime = assignment.runtime
    settings = SpawnSettings(
        (str(assignment.public),),
        runtime.imports,
        runtime.prebind,
        runtime.describers,
        handed_out(assignment),
    )
    with Spawner(settings) as spawner:
        checker = Checker(assignment, spawner)
        report = checker.check(asked, console)
        if watch:
            from autograder.home.watch import saved

            with suppress(KeyboardInterrupt):
                for _changes in saved(assignment.public, console):
                    spawner.stop()  # modules beside the notebooks may have changed too
                    report = checker.check(asked, console)
    return report


def ask(assignment: Assignment, what: Sequence[str]) -> Asked:
    """What the words on the command line mean: questions, notebooks of the assignment, or a file.

    Raises:
        HomeError: one means nothing here.
    """
    if not what:
        return Asked(None, None)
    names = {PurePosixPath(entry.file).name.casefold() for entry in assignment.notebooks}
    files = [word for word in what if word.endswith(NOTEBOOKS) or _is_variant(assignment, word)]
    if not files:
        return Asked(checking.select(assignment, what), None)
    file = Path(files[0])
    ours = file.name.casefold() in names
    if len(files) > 1 or (ours and not file.is_file()):  # by name, wherever in the folder it lies
        return Asked(checking.select(assignment, what), None)
    if not file.is_file():
        raise HomeError(f"{file}: there is no such file; name a notebook or a question.")
    rest = [word for word in what if word != files[0]]
    return Asked(checking.select(assignment, rest) if rest else None, file.absolute())


def _is_variant(assignment: Assignment, word: str) -> bool:
    """Whether a word is a file whose name is nearly one that is asked for, as ``lab.ipynb (1)``."""
    names = [entry.file for entry in assignment.notebooks]
    return bool(Path(word).suffix and Path(word).is_file() and owners(PurePosixPath(word), names))


def submit_zip(folder: Path, out: Path | None, console: Console) -> Path:
    """Write the zip to submit, after saying what is missing; where it lies.

    Raises:
        UserError: there is nothing to submit, or the grader would not take it.
    """
    assignment = find(folder)
    found = submission_of(assignment, assignment.public)
    answers = Answers(assignment, templates_of(assignment), found)
    _print_sentences(console, Text("Missing", "bold red"), missing(assignment, answers))
    still = list(blank(assignment, answers))
    broken = unreadable(assignment, answers)
    _print_sentences(
        console, Text("Cannot be read as Python, and does not count", "bold red"), broken
    )
    _print_sentences(console, Text("Which file was taken", "bold yellow"), answers.notes)
    _print_sentences(console, Text("Still as handed out", "bold yellow"), still)
    empty = unwritten(assignment, answers)
    _print_sentences(console, Text("Read by people, and still empty", "bold yellow"), empty)
    contents = contents_of(assignment, answers)
    if not contents:
        raise HomeError(
            f"{assignment.public}: there is nothing to submit; put your notebooks into this "
            "folder, under the names that they had."
        )
    target = (out or assignment.public / f"{assignment.name}-submission.zip").absolute()
    write_zip(contents, found.root, assignment, target)
    _print_contents(console, contents, found.root, target)
    return target


def _print_sentences(console: Console, title: Text, sentences: Iterable[str]) -> None:
    for number, sentence in enumerate(sentences):
        if number == 0:
            console.print(title)
        console.print(Text(f"  {sentence}"))


def _print_contents(
    console: Console, contents: Mapping[str, PurePosixPath], root: Path, target: Path
) -> None:
    table = Table(box=box.SIMPLE_HEAVY, title=Text(shown(target.name)))
    table.add_column("File")
    table.add_column("Size", justify="right")
    for name, file in contents.items():
        size = (root / file).stat().st_size
        what = name if name == str(file) else f"{name}, from {file}"
        table.add_row(Text(shown(what)), f"{size / 1000:,.0f} kB")
    console.print(table)
    console.print(Text(f"Submit {target}", "bold"))
