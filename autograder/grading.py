"""Runs in the grader, a fork of the zygote: submissions come in by the wire, reports go out.

The grader forks once more for each submission, so that a check that crashes or hangs costs that
submission its outcome and nothing else: results stream out as they come, and what is missing when
the child is gone is reported as the harness's fault.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

import autograder
from autograder import manifest, wire
from autograder.checks.cache import Cache
from autograder.checks.files import Files
from autograder.checks.plugin import GradingPlugin
from autograder.checks.verdicts import Verdicts, basis_of
from autograder.manifest import Assignment, Question
from autograder.notebook import Notebook, parse
from autograder.replay import prepare
from autograder.results import HARNESS_FAULT, CheckResult, Report
from autograder.sandbox.client import Bounds, Worker, Zygote
from autograder.sandbox.lockdown import LIBC, PR_SET_PDEATHSIG
from autograder.sandbox.worker import public_names
from autograder.student import Answers, Student
from autograder.submission import Submission, SubmissionError, collect

PYTEST_OPTIONS = (
    # Values in a failing assertion would give away inputs; `-c` keeps out any ini file around.
    "--assert=plain",
    "--import-mode=importlib",
    "--capture=no",
    "-c",
    os.devnull,
    *("-p", "no:cacheprovider"),
    *("-p", "no:terminal"),
    *("-p", "no:logging"),
    *("-p", "no:doctest"),
    *("-p", "no:junitxml"),
    *("-p", "no:pastebin"),
    *("-p", "no:stepwise"),
    *("-p", "no:unraisableexception"),
    *("-p", "no:threadexception"),
    *("-p", "no:faulthandler"),
)


@dataclass(frozen=True)
class Job:
    """One submission to grade.

    Attributes:
        path: the submission, a folder, a zip or a notebook.
        seed: what random inputs are drawn from; None draws one.
        required: the sandbox primitives without which a worker is refused.
        unsafe: some that hidden checks require are missing, and staff accept it.
        cache: a folder in which checks may remember costly results, None for no memory.
        remember: take over the verdicts remembered there for equal input, and remember new ones.
        fresh: take over none.
        without: steps of the sandbox to leave out; in tests alone.
    """

    path: str
    seed: int | None
    required: tuple[str, ...]
    unsafe: bool
    cache: str | None
    remember: bool
    fresh: bool
    without: tuple[str, ...]


@dataclass
class Outcome:
    """What has come of one submission so far; the child sends it piece by piece."""

    checks: dict[str, CheckResult] = field(default_factory=dict)
    ended: int = 0
    notes: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    primitives: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)

    def add(self, message: Any) -> bool:
        """Take one message of the child; False after its last."""
        if "check" in message:
            result = CheckResult.from_dict(message["check"])
            self.ended += result.id in self.checks  # the first entry only says that it exists
            self.checks[result.id] = result
            return True
        for name, values in message["end"].items():
            getattr(self, name).extend(values)
        return False


def serve(job: socket.socket, control: socket.socket) -> None:
    """Grade what comes in on ``job`` until it is closed."""
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a check's prints must not become output
    opening: Any = wire.receive(job)
    assignment = replace(manifest.load(Path(opening["assignment"])), public=Path(opening["public"]))
    templates = {name: parse(data, name) for name, data in opening["templates"].items()}
    with _temporary() as base:
        grader = Grader(assignment, templates, Zygote(control), base, opening["public_only"])
        wire.send(job, {"primitives": sorted(grader.self_test())})
        while True:
            try:
                request: Any = wire.receive(job)
            except wire.PeerClosed:
                return
            for name in ("required", "without"):
                request[name] = tuple(request[name])
            report = grader.grade(
                Job(**request), lambda *progress: wire.send(job, {"progress": progress})
            )
            wire.send(job, {"report": report.to_dict()})


@contextmanager
def _temporary() -> Iterator[Path]:
    """A folder that others may pass through but not list; workers' folders lie in it."""
    with tempfile.TemporaryDirectory(prefix="grading-") as name:
        base = Path(name)
        base.chmod(0o711)
        yield base


class Grader:
    """Grades submissions of one assignment, one after the other."""

    def __init__(
        self,
        assignment: Assignment,
        templates: dict[str, Notebook],
        zygote: Zygote,
        base: Path,
        public_only: bool,
    ) -> None:
        self.assignment = assignment
        self.templates = templates
        self.zygote = zygote
        self.base = base
        self.public_only = public_only
        for template in templates.values():
            prepare(template)  # here, where all submissions' children have it
        self.given = frozenset(public_names(assignment.runtime.prebind))
        self._bases: dict[tuple[str, ...], str] = {}

    def basis(self, job: Job) -> str:
        """A digest of all that verdicts follow from but for the submission; made once."""
        conditions = (*job.required, *(["unsafe"] if job.unsafe else []))
        if conditions not in self._bases:
            self._bases[conditions] = basis_of(self.assignment, conditions)
        return self._bases[conditions]

    def self_test(self) -> frozenset[str]:
        """Start a worker, run honest code in it and stop it; the primitives that held.

        Raises:
            HarnessFault: the sandbox refuses what honest code needs.
        """
        worker = Worker(self.zygote, Bounds(5, 1 << 30, 1 << 20), self.base)
        worker.self_test()
        worker.close()
        return worker.active

    def grade(self, job: Job, announce: Callable[[int, int], None]) -> Report:
        """Grade one submission. Always returns a report.

        Args:
            announce: called with the checks that have ended and the checks in all.
        """
        started = time.monotonic()
        folder = Path(tempfile.mkdtemp(dir=self.base, prefix="submission-"))
        folder.chmod(0o711)
        seed = secrets.randbits(48) if job.seed is None else job.seed
        outcome = Outcome()
        try:
            if job.remember:
                self.basis(job)  # here, where it outlives the child
            self._run(job, folder, seed, outcome, announce)
        except Exception:
            outcome.faults.append(traceback.format_exc())
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return self._report(job, seed, time.monotonic() - started, outcome)

    def _run(
        self,
        job: Job,
        folder: Path,
        seed: int,
        outcome: Outcome,
        announce: Callable[[int, int], None],
    ) -> None:
        """Fork the child and take its results, up to its end or the time limit."""
        seconds = self.assignment.limits.total_seconds
        deadline = time.monotonic() + seconds
        ours, theirs = socket.socketpair()
        child = os.fork()
        if child == 0:
            ours.close()
            _run_child(self, job, folder, seed, theirs)
        theirs.close()
        try:
            while outcome.add(wire.receive(ours, deadline=deadline)):
                announce(outcome.ended, len(outcome.checks))
        except wire.DeadlinePassed:
            outcome.faults.append(f"grading took longer than {seconds:g} seconds")
        except wire.PeerClosed:
            outcome.faults.append("the process that ran the checks ended early")
        finally:
            ours.close()
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            reply = self.zygote.order("reap_all")
            if "fault" in reply:
                outcome.faults.append(str(reply["fault"]))

    def _report(self, job: Job, seed: int, seconds: float, outcome: Outcome) -> Report:
        checks = tuple(outcome.checks.values()) or tuple(
            map(_not_graded, self.assignment.questions)
        )
        return Report(
            submission=Path(job.path).name,
            assignment=self.assignment.name,
            max_score=self.assignment.points,
            checks=checks,
            notes=(*outcome.notes, *([HARNESS_FAULT] if outcome.faults else [])),
            faults=tuple(outcome.faults),
            flags=tuple(outcome.flags),
            seed=seed,
            primitives=tuple(outcome.primitives),
            unsafe=job.unsafe,
            seconds=round(seconds, 4),
            version=autograder.__version__,
            skipped=tuple(outcome.skipped),
        )


def _not_graded(question: Question) -> CheckResult:
    """The entry of a question whose checks could not even be collected."""
    return CheckResult(
        id=question.id,
        question=question.id,
        title=question.title,
        number="",
        hidden=True,
        score=0.0,
        max_score=question.points,
        status="fault",
        message=HARNESS_FAULT,
    )


# --- the child: one submission -------------------------------------------------------------------


def _run_child(grader: Grader, job: Job, folder: Path, seed: int, channel: socket.socket) -> None:
    """Run the checks, stream their results, and end this process whatever happens."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    end: dict[str, Any] = {}
    try:
        end = _run_checks(grader, job, folder, seed, channel)
    except BaseException:
        end = {"faults": [traceback.format_exc()]}
    finally:
        wire.send(channel, {"end": end})
        os._exit(0)


def _run_checks(
    grader: Grader, job: Job, folder: Path, seed: int, channel: socket.socket
) -> dict[str, Any]:
    submission, problem = _collected(grader.assignment, Path(job.path), folder)
    answers = Answers(grader.assignment, grader.templates, submission, grader.given)
    scratch = folder / "scratch"
    scratch.mkdir(mode=0o711)
    students: list[Student] = []

    def make_student(question: Question, seconds: float) -> Student:
        student = Student(
            answers, question, grader.zygote, scratch, seconds, job.required, job.without
        )
        students.append(student)
        return student

    memory = Cache(Path(job.cache) if job.cache else None)
    verdicts = None
    if job.remember:
        basis = grader.basis(job)
        verdicts = Verdicts(memory, basis, answers, submission, seed, fresh=job.fresh)
    plugin = GradingPlugin(
        grader.assignment,
        seed,
        make_student,
        Files(submission),
        memory,
        lambda result: wire.send(channel, {"check": asdict(result)}),
        verdicts,
        public_only=grader.public_only,
    )
    folders = [grader.assignment.public_checks]
    if not grader.public_only:
        folders.append(grader.assignment.hidden_checks)
    fault = _pytest(grader.assignment, plugin, [folder for folder in folders if folder.is_dir()])
    active = [student.active for student in students if student.active is not None]
    return {
        "faults": [fault] if fault else [],
        "flags": plugin.flags,
        "notes": [*problem, *answers.notes],
        "primitives": sorted(frozenset.intersection(*active)) if active else [],
        "skipped": [(item.name, item.reason) for item in submission.skipped[:50]],
    }


def _collected(assignment: Assignment, source: Path, folder: Path) -> tuple[Submission, list[str]]:
    """The safe copy; for a submission that cannot be read an empty one, and the reason."""
    root = folder / "files"
    root.mkdir(mode=0o755)
    limits = assignment.limits
    try:
        submission = collect(
            source,
            root,
            patterns=(*assignment.files, *(e.file for e in assignment.notebooks if e.is_module)),
            file_mb=limits.file_mb,
            submission_mb=limits.submission_mb,
        )
    except SubmissionError as error:
        return Submission(source.name, root, (), ()), [str(error)]
    return submission, []


def _pytest(assignment: Assignment, plugin: GradingPlugin, folders: list[Path]) -> str | None:
    """Run every check in the folders; what kept them from running, or None."""
    sys.path[:0] = [str(folder) for folder in folders]  # checks may share modules beside them
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    warnings.simplefilter("ignore")
    # A conftest.py above the checks belongs to whatever the assignment happens to lie in.
    cut = f"--confcutdir={folders[-1] if folders else assignment.folder}"
    arguments = [*PYTEST_OPTIONS, f"--rootdir={assignment.folder}", cut, *map(str, folders)]
    code = pytest.main(arguments, plugins=[plugin])
    if plugin.errors:
        return "\n".join(plugin.errors)
    if code == pytest.ExitCode.NO_TESTS_COLLECTED and not plugin.checks:
        return f"found no check in {', '.join(f.name for f in folders) or 'any folder'}; write one"
    nothing_left = code == pytest.ExitCode.NO_TESTS_COLLECTED and plugin.complete
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) and not nothing_left:
        return f"pytest ended with {pytest.ExitCode(code).name}"
    return None
