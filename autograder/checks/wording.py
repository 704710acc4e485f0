"""What student code ended with comes in; what its author, the student, reads of it goes out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from autograder.model.findings import Finding, clean, exception_name, quoted
from autograder.model.manifest import Question
from autograder.sandbox.objects import is_probe
from autograder.sandbox.requests import StudentException
from autograder.slicing.answers import AnswerSource
from autograder.slicing.slicer import Slice
from autograder.wire import MAX_WHAT

#: What one is told of stays in words that one reads: so many causes in a row.
MAX_CAUSES = 5
#: Which of its causes, and which line, code names that has seen an input is its own choice, and so
#: could tell that input. Of so many only, it tells little.
MAX_TELLING_CAUSES, MAX_TELLING_LINES = 100, 2_000
#: Before it has seen one, too: one that had may have left something behind.
MAX_LINES = 10_000


@dataclass(frozen=True)
class Wording:
    """How to speak of exceptions in one replay of a question.

    Attributes:
        failures: by name, what kept it from being defined.
        secret: the worker has seen an input of the check, which it could put into any message.
    """

    answers: AnswerSource
    question: Question
    plan: Slice | Finding
    failures: Mapping[str, StudentException]
    secret: bool

    def replay_failed(self, name: str, error: StudentException) -> Finding:
        """What kept a name from being defined."""
        # No hidden input has reached the worker yet, so the whole message may be shown.
        return Finding(f"`{name}` could not be defined: {self._told(error)}", self._hint(error))

    def _told(self, error: StudentException) -> str:
        """What went wrong when the notebook was run, in full; and why, if something before did."""
        return " ".join([self._said(error), *self._causes(error)])

    def _said(self, error: StudentException) -> str:
        message = clean(error.message, 300).strip()
        text = f"{self._location(error)}{exception_name(error.type, hidden=False)}"
        return f"{text}: {message}." if message else f"{text}."

    def _causes(self, error: StudentException) -> list[str]:
        """Sentences on what had gone wrong before, if the error follows from that.

        They quote no name but one that the notebook is known to bind: the one in the error could be
        an input.
        """
        failures, plan = self.failures, self.plan
        broken = plan.broken if isinstance(plan, Slice) else ()
        if self.secret and max(len(failures), len(broken)) > MAX_TELLING_CAUSES:
            return []
        texts: list[str] = []
        seen = [error]
        while len(texts) < MAX_CAUSES and (name := _missing_name(seen[-1])):
            before = failures.get(name) or failures.get("*")
            if before is None or before in seen:
                told = self.answers.unreadable(self.question, plan, name)
                return [*texts, told] if told else texts
            what = f"`{clean(name, 100)}`" if name in failures else "That name"
            texts.append(f"{what} was not there because {self._said(before)}")
            seen.append(before)
        return texts

    def raised(self, name: str, error: StudentException) -> Finding:
        """What a call or a description ended with; a message may be shown if it holds no input."""
        if error.kind == "unsupported":
            # The reason is one of a few words; what it is may be any text, for public checks alone.
            return Finding(
                f"{quoted(name)} gave {clean(error.type, MAX_WHAT)}, which cannot be checked.",
                _INSTEAD.get(error.message, _INSTEAD["object"]),
                f"{quoted(name)} gave something of a kind that cannot be checked.",
            )
        message = clean(error.message, 300).strip()
        if is_probe(error.file):  # no code of the student's was running
            return _not_to_be_looked_at(name, error, message)
        texts = []
        for hidden in (False, True):
            secret = hidden and self.secret
            location = self._location(error, secret=secret)
            text = f"{quoted(name)} stopped: {location}{exception_name(error.type, hidden=hidden)}"
            text = f"{text}: {message}." if message and not secret else f"{text}."
            texts.append(" ".join([text, *self._causes(error)]))
        return Finding(texts[0], self._hint(error), texts[1])

    def _location(self, error: StudentException, *, secret: bool = False) -> str:
        line = self.answers.line(self.question, self.plan, error.cell, error.line, error.file)
        # The numbers come from the student's process: those of no line that is run tell nothing,
        # but could carry what it has seen; as could those of one line out of a million.
        lines = self.answers.lines(self.question, self.plan)
        if not line or lines > (MAX_TELLING_LINES if secret else MAX_LINES):
            return "it raised "
        where = clean(error.file, 200) if error.file else f"cell {error.cell}"
        return f"{where}, line {error.line}, {line} raised "

    def _hint(self, error: StudentException) -> str:
        if self._causes(error):
            return "Mend that first; this follows from it."
        return _HINTS.get(error.type, "Call it in your notebook on a small input of the same kind.")


def _not_to_be_looked_at(name: str, error: StudentException, message: str) -> Finding:
    """A probe could not do its work: the object is not what it takes it for."""
    kind = exception_name(error.type, hidden=False)
    return Finding(
        f"`{name}` cannot be looked at: {kind}: {message} (line {error.line} of the check's file).",
        "Is it of the kind that the question asks for?",
        f"`{name}` is not what can be looked at.",
    )


def _missing_name(error: StudentException) -> str:
    """The name that a NameError is about; it is only ever looked up."""
    found = re.match(r"name '(\w+)' is not defined", error.message)
    return found[1] if found and error.type == "NameError" else ""


#: What to give in place of a value that may not cross, by the wire's reason.
_INSTEAD = {
    "object": "Return plain Python values, arrays, tensors, frames, or a dataclass of them.",
    "missing": "Three dots stand where an answer is still missing.",
    "function": "Return what the function gives; is a pair of parentheses missing?",
    "lazy": "Return all of its values, as `list(...)`.",
    "class": "Return an instance, or the name of the class.",
    "deep": "Return fewer levels, and nothing that contains itself.",
    "large": "Return less: a part of it, or a number that sums it up.",
    "key": "Use texts, numbers or tuples of them as keys and members.",
    "elements": "Convert it first, as `astype(float)` for arrays and `float()` for tensors.",
}
_HINTS = {
    "ModuleNotFoundError": "This module is not there when grading; use those of the handout.",
    "ImportError": "This import fails when grading; use the modules of the handout.",
    "NameError": "Restart the kernel and run all cells in order: a name is used before it exists.",
    "UnboundLocalError": "Restart the kernel and run all cells in order.",
    "SystemExit": "An answer must not end Python; take out exit() or sys.exit().",
    "MemoryError": "The answer needs more memory than allowed; look for an array that grows.",
    "RecursionError": "A function calls itself without end.",
    "FileNotFoundError": "Only the handout's files are there when grading, by their paths in it.",
}
