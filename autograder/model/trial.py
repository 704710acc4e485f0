"""How the staff's own trial submissions are graded: fewer checks, and what they read is kept.

A trial is no student's submission. It may leave out checks that train, and it may note a digest of
all that each check reads of the submission, so that two submissions can be told to be alike in all
that checks see.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

#: Whether checks that train are run: always, while all others have passed, or never.
Costly = Literal["always", "if passed", "never"]


@dataclass(frozen=True)
class Trial:
    """What is to be run of the checks.

    Attributes:
        checks: ids of those that are wanted, each with those that it depends on; empty for all.
        costly: whether those that cache costly results are run, and what depends on them.
        reads: note what each check reads, and what functions give for variants of its inputs.
    """

    checks: tuple[str, ...] = ()
    costly: Costly = "always"
    reads: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain values for the wire."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Trial:
        """The inverse of ``to_dict``."""
        return cls(**{**data, "checks": tuple(data["checks"])})
