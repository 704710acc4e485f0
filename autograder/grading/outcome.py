"""What the processes of one submission say comes in, piece by piece; what came of it goes out."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field, replace
from typing import Any

from autograder.model.report import CheckResult
from autograder.sandbox.requests import how_it_ended

ENDLESS = (
    "Came back: something with which this check comes to no end.\n"
    "Hint: Compare its size and its contents with what the task asks for."
)
UNREAD = (
    "There was no time left after your submission had been read. "
    "Submit less: look for cells with thousands of lines."
)
OUT_OF_TIME = (
    "There was no time left to finish this check. "
    "Make slow parts of your code faster and submit again, or tell the staff."
)


@dataclass
class Outcome:
    """What has come of one submission so far; the child sends it piece by piece."""

    checks: dict[str, CheckResult] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    missing: list[tuple[str, str]] = field(default_factory=list)
    #: By check, what it told staff, and what held in its workers; None if it needed none.
    told: dict[str, list[str]] = field(default_factory=dict)
    held: dict[str, list[str] | None] = field(default_factory=dict)
    #: The check that is being run; empty if none is.
    running: str = ""
    #: Whether the time was over before the submission had been read.
    late: bool = False

    @property
    def all_flags(self) -> tuple[str, ...]:
        """Those of the run, and those of the checks."""
        return (*self.flags, *(flag for name in self.checks for flag in self.told.get(name, ())))

    @property
    def layers(self) -> tuple[str, ...]:
        """What held in every worker."""
        held = [frozenset(names) for names in self.held.values() if names is not None]
        return tuple(sorted(frozenset.intersection(*held))) if held else ()

    def add(self, message: Any) -> bool:
        """Take one message of the child; False after its last."""
        if "began" in message:
            self.running = message["began"]
            return True
        if "check" in message:
            result = CheckResult.from_dict(message["check"])
            if result.id in self.checks:  # the first entry only says that it exists
                self.ended.add(result.id)
            self.checks[result.id] = result
            self.told[result.id], self.held[result.id] = message["told"], message["held"]
            return True
        for name, values in message["end"].items():
            getattr(self, name).extend(values)
        return False

    def take(self, messages: list[Any]) -> None:
        """Take all messages at once."""
        for message in messages:
            self.add(message)

    def lose(self, code: int, seconds: float) -> bool:
        """Note that the process ended in the check that it ran; False if it ran none.

        Args:
            code: its exit code, negative for a signal.
            seconds: of its own that a check has.
        """
        name, self.running = self.running, ""
        if not name:
            return False
        if name in self.ended:  # it was looked at once more
            return True
        self.ended.add(name)
        if code == -signal.SIGXCPU:
            words = f"the check's own work did not end within {seconds:g} s of processor time"
            self.told[name] = [f"{name}: {words}, nor when it was told to stop"]
            self.checks[name] = replace(
                self.checks[name], status="failed", message=ENDLESS, staff=words, tripped=True
            )
        else:
            words = f"the process that ran this check ended early ({how_it_ended(code)})"
            self.checks[name] = replace(self.checks[name], status="fault", staff=words)
        return True

    def stop(self, seconds: float) -> None:
        """Note that the time was over; what has ended keeps its points."""
        words = f"grading took longer than {seconds:.3g} seconds"
        if not self.checks:  # of what was submitted: to read it takes no time otherwise
            self.flags.append(f"{words}; the submission was still being read")
            self.late = True
            return
        left = self.checks.keys() - self.ended
        self.flags.append(f"{words}; {len(left)} of {len(self.checks)} checks did not end")
        for name in left:
            self.checks[name] = replace(
                self.checks[name], status="skipped", message=OUT_OF_TIME, staff=""
            )
