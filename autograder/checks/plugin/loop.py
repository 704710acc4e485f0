"""pytest's loop: in it, submissions are waited for, forks begin, grade one each, and end.

pytest is called once. Whoever serves submissions does so inside this hook: a fork that it makes
runs the checks and exits there, and never comes back out of it.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from autograder.checks.plugin.collected import CollectedChecks

#: Takes the collected checks, and runs them on what there is to grade.
Serve = Callable[[CollectedChecks], None]


class Loop:
    """Hands the collected checks to whoever serves submissions.

    Attributes:
        served: whether it has; pytest may break before.
    """

    def __init__(self, checks: CollectedChecks, serve: Serve) -> None:
        self._checks = checks
        self._serve = serve
        self.served = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> bool:
        """Serve submissions; True: pytest's own loop need not run."""
        self.served = True
        self._serve(self._checks)
        return True

    def pytest_internalerror(self, excrepr: object) -> bool:
        """Note what broke pytest itself; True: it need not be printed."""
        self._checks.errors.append(str(excrepr))
        return True
