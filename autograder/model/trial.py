"""How the staff's own trial submissions are graded: fewer checks, and what they read is kept.

A trial is no student's submission. It may stop at the first check that does not pass, and it may
note a digest of all that each check reads of the submission, so that two submissions can be told to
be alike in all that checks see.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Trial:
    """What is to be run of the checks.

    Attributes:
        checks: ids of those that are wanted, each with those that it depends on; empty for all.
        first_only: stop at the first one that does not pass.
        costly: run also those that remember costly results, and what depends on them.
        reads: note what each check reads, and what functions give for variants of its inputs.
    """

    checks: tuple[str, ...] = ()
    first_only: bool = False
    costly: bool = True
    reads: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain values for the wire."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Trial:
        """The inverse of ``to_dict``."""
        return cls(**{**data, "checks": tuple(data["checks"])})
