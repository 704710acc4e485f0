"""What staff ask for comes in; how student code is held and what results are cached go out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from autograder.sandbox.lockdown import Grading, required


@dataclass(frozen=True)
class IsolationPolicy:
    """What has to hold student code.

    Attributes:
        required: the isolation layers that hidden checks require; None for the default,
            which is another for a plain user.
        accept_weaker: grade even where the sandbox lacks one of them; every report then says so.
        leave_out: steps of the sandbox to leave out, for tests of what each is there for; the
            report says what was active.
    """

    required: frozenset[str] | None = None
    accept_weaker: bool = False
    leave_out: frozenset[str] = frozenset()

    @property
    def layers(self) -> frozenset[str]:
        """What hidden checks require here."""
        return required(Grading.here()) if self.required is None else self.required


DEFAULT_ISOLATION = IsolationPolicy()


@dataclass(frozen=True)
class CachePolicy:
    """What is kept from submission to submission, by the content that it follows from.

    Attributes:
        folder: one of the grader's own, in which checks keep costly results; None keeps nothing.
        verdicts: take over the verdicts that are kept there for equal input and seed, and keep new
            ones.
        trusted: the submissions are the staff's own, so that the cache serves without a sandbox
            too: other student code could write there.
    """

    folder: Path | None = None
    verdicts: bool = False
    trusted: bool = False


NO_CACHE = CachePolicy()
