"""What the solution's checks asked for comes in; odd answers, and what became of them, go out.

In place of each name that a check asks for stands what nobody wants: None, a text, an empty list,
NaN, something of another shape, an exception; of a function that is called, one that gives that.
No check may pass on it, break, or stay mute. Names that no question shares stand in one submission,
so that a handful of submissions tries all.

What a check may well pass on is said in a file of ``mistakes/``, with the reason::

    [[odd]]
    check = "1.4"                 # its number
    answer = "an exception"       # as the proof names it
    reason = "any exception will do there"
"""

from __future__ import annotations

import json
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from autograder.checks.received import OBJECT
from autograder.model.errors import UserError
from autograder.model.manifest import Assignment, Question
from autograder.model.report import CheckResult, Report, name_of
from release.proof.mistakes import FOLDER

ENTRY_KEYS = {"check", "answer", "reason"}


class OddError(UserError):
    """An entry ``[[odd]]`` is wrong; the text names the file and the entry."""


@dataclass(frozen=True)
class Odd:
    """One odd answer.

    Attributes:
        name: what staff call it.
        body: of a function that gives it.
        unless: the kinds of what the solution gives among which it is nothing odd.
    """

    name: str
    body: str
    unless: frozenset[str] = frozenset()


ODD = (
    Odd("None", "return None", unless=frozenset(("None",))),
    Odd("a text", "return 'odd answer'", unless=frozenset(("text", OBJECT))),
    Odd("an empty list", "return []"),
    Odd("NaN", "return float('nan')"),
    Odd("a number", "return 0.5", unless=frozenset(("number", OBJECT))),
    Odd("an empty array", "return numpy.zeros((0,))"),
    Odd("an array of three dimensions", "return numpy.full((2, 3, 5), 0.5)"),
    Odd("an exception", "raise ArithmeticError('odd answer')"),
)


@dataclass(frozen=True)
class Accepted:
    """An odd answer that a check may pass on, and the staff's reason."""

    check: str
    answer: str
    reason: str
    origin: str


@dataclass(frozen=True)
class Target:
    """A name that checks of a question ask for.

    Attributes:
        called: they call it.
        kinds: of what the solution gives them.
    """

    question: Question
    name: str
    called: bool
    kinds: frozenset[str]


@dataclass(frozen=True)
class OddSubmission:
    """The solution with one odd answer in place of some names, of which no two share a question."""

    odd: Odd
    targets: tuple[Target, ...]
    files: Mapping[str, bytes]


@dataclass(frozen=True)
class Tried:
    """What one check made of one odd answer.

    Attributes:
        problem: why it must not be so, empty if it may.
        passed: that is, because it passed.
        tripped: where it tripped over the answer, which students are told well enough.
    """

    check: str
    name: str
    answer: str
    problem: str = ""
    passed: bool = False
    tripped: str = ""


def accepted(assignment: Assignment) -> list[Accepted]:
    """The entries of an assignment.

    Raises:
        OddError: one has other keys, or names no odd answer.
    """
    found = []
    for path in sorted((assignment.folder / FOLDER).glob("*.toml")):
        origin = f"{path.parent.name}/{path.name}"
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("odd", [])
        for number, entry in enumerate(entries, start=1):
            if set(entry) != ENTRY_KEYS:
                raise OddError(
                    f"{origin}, odd {number}: it has the keys {', '.join(sorted(entry))}; "
                    f"{', '.join(sorted(ENTRY_KEYS))} are needed."
                )
            if entry["answer"] not in {odd.name for odd in ODD}:
                names = ", ".join(odd.name for odd in ODD)
                raise OddError(
                    f"{origin}, odd {number}: '{entry['answer']}' is no odd answer; choose from "
                    f"{names}."
                )
            found.append(Accepted(**entry, origin=origin))
    return found


# --- making them ---------------------------------------------------------------------------------


def submissions(
    assignment: Assignment, solution: Mapping[str, bytes], graded: Report
) -> Iterator[OddSubmission]:
    """Each odd answer in place of each name that checks asked for and got.

    Args:
        graded: the solution's report.
    """
    for round_ in _rounds(list(_targets(assignment, graded))):
        for odd in ODD:
            targets = tuple(t for t in round_ if not t.kinds & odd.unless)
            if targets:
                yield OddSubmission(odd, targets, _with(solution, targets, odd))


def _targets(assignment: Assignment, graded: Report) -> Iterator[Target]:
    for question in assignment.questions:
        asked = [a for c in graded.checks if c.question == question.id for a in c.asked if a.kind]
        for name in question.names:
            own = [a for a in asked if a.name == name]
            if own:
                kinds = frozenset(a.kind for a in own)
                yield Target(question, name, any(a.called for a in own), kinds)


def _rounds(targets: Sequence[Target]) -> list[list[Target]]:
    """Names that no question shares, together; one name in all its questions at once."""
    shared: dict[tuple[str, str], list[Target]] = defaultdict(list)
    for target in targets:
        shared[target.question.notebook, target.name].append(target)
    rounds: list[list[Target]] = []
    taken: list[set[str]] = []
    for group in shared.values():
        questions = {target.question.id for target in group}
        turn = next(n for n in count() if n == len(rounds) or not taken[n] & questions)
        if turn == len(rounds):
            rounds.append([])
            taken.append(set())
        rounds[turn] += group
        taken[turn] |= questions
    return rounds


def _with(solution: Mapping[str, bytes], targets: Iterable[Target], odd: Odd) -> dict[str, bytes]:
    """The solution's files with the answers behind what is there, so that they count."""
    files = dict(solution)
    for target in targets:
        question = target.question
        given = "odd_answer" if target.called else "odd_answer()"
        text = (
            "\n\ndef odd_answer(*args, **kwargs):\n    import numpy\n"
            f"    {odd.body}\n\n{target.name} = {given}\n"
        )
        data = files[question.notebook]
        files[question.notebook] = (
            data + text.encode()
            if question.notebook.endswith(".py")
            else _in_cell(data, question.anchor, text)
        )
    return files


def _in_cell(data: bytes, anchor: str, text: str) -> bytes:
    tree = json.loads(data)
    cell = next(cell for cell in tree["cells"] if cell["id"] == anchor)
    cell["source"] = "".join(cell["source"]) + text
    return json.dumps(tree, ensure_ascii=False).encode("utf-8")


# --- judging them --------------------------------------------------------------------------------


@dataclass(frozen=True)
class OddAnswers:
    """Judges what checks make of odd answers.

    Attributes:
        solution, blank: their reports; where the starter notebook passes, passing says nothing.
    """

    solution: Report
    blank: Report
    accepted: Sequence[Accepted] = ()

    def judge(self, submission: OddSubmission, report: Report) -> list[Tried]:
        """What each check made of the answer that it asked for."""
        blank = {check.id: check for check in self.blank.checks}
        found = [Tried("", "", submission.odd.name, fault) for fault in report.faults]
        names = {target.question.id: target.name for target in submission.targets}
        for check in report.checks:
            name = names.get(check.question, "")
            # What the student's process judges is as strong as the original, and no stronger.
            if not check.shared and any(asked.name == name for asked in check.asked):
                found.append(self._tried(submission.odd, name, check, blank[check.id]))
        return found

    def _tried(self, odd: Odd, name: str, check: CheckResult, blank: CheckResult) -> Tried:
        label = name_of(check)
        sentence = check.staff.partition("\n")[0]
        problem, passed, tripped = "", False, ""
        if check.status == "fault":
            problem = f"it ends in a fault, {sentence}"
        elif _more(check, blank, self._worth):
            passed = True
            if not any((e.check, e.answer) == (label, odd.name) for e in self.accepted):
                problem = f"it gives {check.score:g} of {check.max_score:g} points"
        elif "Traceback (most recent call last)" in check.message:
            problem = "the student reads a traceback"
        elif check.status != "passed" and not check.message:
            problem = "it fails without a word"
        elif check.tripped:
            tripped = sentence
        return Tried(label, name, odd.name, problem, passed, tripped)

    @property
    def _worth(self) -> set[str]:
        """The questions whose checks give points."""
        return {check.question for check in self.solution.checks if check.max_score > 0}

    def problems(self, tried: Iterable[Tried]) -> list[str]:
        """What must not be so: each check and name once, with all answers of which it is true."""
        groups: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        for each in tried:
            if each.problem:
                groups[each.check, each.name, each.problem].append(each.answer)
        found = []
        for (check, name, problem), answers in groups.items():
            where = f"{check}: where `{name}` is or returns {listed(answers)}" if check else "odd"
            found.append(
                f"{where}, {problem}; compare type, shape and values there, or allow it by an "
                f"entry [[odd]] in {FOLDER}/"
            )
        return found + self._unused(tried)

    def _unused(self, tried: Iterable[Tried]) -> list[str]:
        used = {(each.check, each.answer) for each in tried if each.passed}
        return [
            f"{entry.origin}: [[odd]] allows {entry.check} to pass on {entry.answer}, but it does "
            "not; take it out"
            for entry in self.accepted
            if (entry.check, entry.answer) not in used
        ]


def _more(check: CheckResult, blank: CheckResult, worth: set[str]) -> bool:
    """Whether it gives more than the starter notebook gets."""
    if check.max_score > 0:
        return check.score > blank.score
    return check.question not in worth and check.status == "passed" != blank.status


def listed(answers: Iterable[str]) -> str:
    """Odd answers in words, each once."""
    *rest, last = dict.fromkeys(answers)
    return f"{', '.join(rest)} or {last}" if rest else last
