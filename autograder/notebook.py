"""A question comes in from a running notebook; its public checks' table goes out below the cell.

For students, in Jupyter, VS Code and Colab::

    from autograder.notebook import check

    check("H1")  # one question
    check()  # all that this notebook has answers for
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from autograder.home import checking
from autograder.home.folder import find
from autograder.home.live import LiveAnswers, LiveRequests
from autograder.home.submit_zip import submission_of
from autograder.home.table import ReportView
from autograder.model.errors import UserError
from autograder.model.faults import logged
from autograder.model.manifest import Assignment
from autograder.model.report import Report
from autograder.sandbox.worker import public_names

__all__ = ["check"]


def check(*questions: str, folder: str | Path | None = None) -> None:
    """Run the public checks on what this notebook has defined, and show a table.

    Args:
        questions: ids as in the handout, the start of some, or the name of a notebook; none for all
            that this notebook has answers for.
        folder: where student.zip was unpacked, if that is neither here nor just below.
    """
    try:
        assignment = find(Path(folder) if folder is not None else Path.cwd())
        names = _live_names()
        chosen = (
            checking.select(assignment, questions) if questions else _answered(assignment, names)
        )
        report = _report(assignment, names, chosen)
    except UserError as error:  # one sentence; a traceback would hide it
        print(error)  # noqa: T201
        return
    if report.faulty:
        report = replace(
            report, notes=(*report.notes, logged(report.all_faults, report.assignment))
        )
    _show(ReportView(report, assignment.points))


def _report(assignment: Assignment, names: dict[str, Any], chosen: frozenset[str]) -> Report:
    submission = submission_of(assignment, assignment.public)
    with _importable(assignment.public):
        # Where grades are given, these are there too, and the notebook's own go before them.
        bound = {**public_names(assignment.runtime.prebind), **names}
        answers = LiveAnswers(assignment, bound, _cell_numbers)

        def start_worker() -> LiveRequests:
            return LiveRequests(bound, assignment.runtime.describers, _cell_numbers)

        return checking.check(assignment, submission, answers, start_worker, chosen)


def _answered(assignment: Assignment, names: Mapping[str, Any]) -> frozenset[str]:
    """The questions of the notebooks that names here belong to; all, if none does."""
    here = {q.notebook for q in assignment.questions if set(q.names) & set(names)}
    return frozenset(
        q.id for q in assignment.questions if not here or not q.notebook or q.notebook in here
    )


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """The assignment's package can be imported, wherever the notebook lies."""
    before = list(sys.path)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path[:] = before


def _shell() -> Any:
    """The running IPython, or None in plain Python."""
    module = sys.modules.get("IPython")
    return module.get_ipython() if module is not None else None


def _live_names() -> dict[str, Any]:
    shell = _shell()
    names: dict[str, Any] = shell.user_ns if shell is not None else vars(sys.modules["__main__"])
    return names


def _cell_numbers() -> dict[str, int]:
    """The number of each executed cell, by the file name that IPython compiled it under."""
    compiler = getattr(_shell(), "compile", None)
    return dict(getattr(compiler, "_filename_map", {}))


def _show(shown: ReportView) -> None:
    if _shell() is None:
        print(shown)  # noqa: T201
        return
    from IPython.display import display

    display(shown)  # type: ignore[no-untyped-call]
