"""A folder of results comes in; a page to grade its answers on goes out, until it is ended."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import uvicorn
from rich.console import Console
from rich.text import Text

from autograder.batch.answers import ANSWERS, INDEX, read_answer, read_asked, read_index
from autograder.batch.decided import publish, user_name
from autograder.batch.kept import Kept, read_kept
from autograder.batch.store import StoreError
from autograder.model.errors import UserError
from autograder.model.findings import shown
from autograder.pages.cells import kept_cells
from autograder.pages.markup import LEFT_OUT, Budget
from autograder.pages.page import render_part
from autograder.review.rescoring import AnswerKey
from autograder.review.server import ServerSettings, application, listening, new_token
from autograder.review.sitting import Sitting, finished


class ReviewError(UserError):
    """There is nothing to review; the text says what to do."""


class KeptAnswers:
    """The answers in a folder of results."""

    def __init__(self, kept: Kept) -> None:
        self._folder = kept.folder
        self._names = {entry.id: entry.called for entry in kept.entries}

    @property
    def stamp(self) -> object:
        """Differs when answers have changed."""
        try:
            return (self._folder / INDEX).stat().st_mtime_ns
        except OSError:
            return 0

    def keys(self) -> Mapping[str, Mapping[str, AnswerKey]]:
        """What is known of each answer, by submission and question."""
        return read_index(self._folder)

    def html(self, submission: str, question: str) -> str:
        """An answer, made inert."""
        try:
            answer = read_answer(self._folder, submission, question)
        except UserError as error:
            return str(LEFT_OUT.format(str(error)))
        cells = list(kept_cells(answer.cells, Budget()))
        return render_part("answer.html.j2", cells=cells, prefix="answer")

    def asked(self, question: str) -> str:
        """What a question says, made inert; empty where it is not known."""
        cells = list(kept_cells(read_asked(self._folder, question), Budget()))
        return render_part("answer.html.j2", cells=cells, prefix="asked") if cells else ""

    def name(self, submission: str) -> str:
        """Whose it is."""
        return self._names.get(submission, shown(submission))


def sitting_of(folder: Path) -> Sitting:
    """All that grading the answers in a folder of results needs.

    Raises:
        StoreError: no batch was graded into it.
        ReviewError: people grade nothing of it, or no answers are kept.
    """
    kept = read_kept(folder)
    questions = kept.assignment.manual_questions
    if not questions:
        raise ReviewError(
            f"{folder}: people grade nothing of '{kept.assignment.name}'; say manual = true of a "
            "question in its manifest, and grade the batch once more."
        )
    if not (folder / ANSWERS).is_dir():
        raise ReviewError(f"{folder}: no answers are kept here yet; grade the batch once more.")
    return Sitting(
        folder, kept.assignment.title, questions, KeptAnswers(kept), kept.assignment.name
    )


def published(folder: Path) -> str:
    """Write the tables of grades; what came of it, in words."""
    try:
        kept = publish(folder)
    except StoreError as error:
        return str(error)
    out = len(kept.batch.waiting)
    more = f" {out} submissions have points out still." if out else ""
    return f"Results, tables of grades and the report in {folder.name} are written.{more}"


def review(
    folder: Path,
    console: Console,
    *,
    grader: str = "",
    hide_names: bool = False,
    opener: Callable[[str], object] | None = None,
) -> None:
    """Serve the page until Ctrl-C, and write the tables of grades at the end.

    Args:
        opener: opens an address in a browser; the system queues what comes before the server runs.

    Raises:
        UserError: there is nothing to review here.
    """
    sitting = sitting_of(folder)
    listener = listening()
    settings = settings_of(folder, listener, grader=grader or user_name(), hide_names=hide_names)
    for problem in sitting.problems:
        console.print(Text(problem, "yellow"))
    console.print(Text("Open this address; it is secret, and good until Ctrl-C:"))
    console.print(Text(settings.address, "bold"), soft_wrap=True)
    listener.listen()
    if opener is not None:
        opener(settings.address)
    with contextlib.suppress(KeyboardInterrupt):
        server_of(sitting, settings).run(sockets=[listener])
    for line in finished(sitting):
        console.print(Text(line))
    console.print(Text(published(folder)))


def settings_of(folder: Path, listener: socket.socket, **more: object) -> ServerSettings:
    """How the page on a socket is reached."""
    basic = ServerSettings(
        listener.getsockname()[1], new_token(), publish=lambda: published(folder)
    )
    return replace(basic, **more)  # type: ignore[arg-type]


def server_of(sitting: Sitting, settings: ServerSettings) -> uvicorn.Server:
    """The server, which logs nothing: addresses are secret."""
    config = uvicorn.Config(
        application(sitting, settings),
        log_level="error",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=2,
        ws="none",
    )
    return uvicorn.Server(config)
