"""Test files come in; which worker of xdist gets which next goes out: the longest first.

A file stays in one worker, as with ``--dist loadfile``: its fixtures are made once. Files that
share a costly fixture count as one. What is long at the end leaves the other workers idle, and
xdist would begin with the files of the most tests, which are not those that take longest.
"""

from __future__ import annotations

import os
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

#: Files that use the fixture `hw4_release`, which takes minutes where nothing is remembered.
RELEASED = "the release of homework 4"
TOGETHER = {"test_build.py": RELEASED, "test_mistakes.py": RELEASED}
#: Seconds of processor time of what takes longest; of the others, that many a test.
SECONDS = {
    "test_attacks.py": 400,
    RELEASED: 300,
    "test_importing.py": 70,
    "test_grade_part_h.py": 55,
    "test_container.py": 55,
    "test_mutants_of_imports.py": 55,
    "test_command_line.py": 40,
    "test_proof.py": 35,
    "test_notebooks.py": 35,
    "test_mutant_runs.py": 30,
    "test_charlm.py": 30,
    "test_odd.py": 27,
    "test_home.py": 25,
    "test_conformance.py": 25,
    "test_cli.py": 23,
    "test_batch.py": 22,
    "test_imported_proxies.py": 22,
    "test_leaks_extract.py": 22,
    "test_remote.py": 22,
    "test_odd_values.py": 22,
    "test_sandbox.py": 20,
    "test_values.py": 20,
    "test_packages.py": 19,
    "test_kinds.py": 17,
    "test_handback.py": 17,
    "test_verdicts.py": 16,
    "test_batch_cluster.py": 15,
    "test_leaks.py": 14,
    "test_review_page.py": 10,
    "test_slicer.py": 9,
    "test_remembered_results.py": 7,
    "test_submission.py": 7,
}
A_TEST = 0.05
#: Tests wait, too: for a time limit, for a process to start or to end. Many more make time limits
#: fail that are there for a machine which is not overloaded.
MORE_WORKERS_THAN_CORES = 1


def workers(*, waiting: bool) -> int:
    """So many keep all cores busy; ``waiting`` is whether tests wait."""
    return (os.cpu_count() or 1) + (MORE_WORKERS_THAN_CORES if waiting else 0)


class LongestFirst(LoadScopeScheduling):
    """Gives a worker that has nothing left the longest of the files that wait."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return TOGETHER.get(PurePosixPath(file).name, file)

    def _assign_work_unit(self, node: WorkerController) -> None:
        self.workqueue.move_to_end(max(self.workqueue, key=self._seconds), last=False)
        super()._assign_work_unit(node)

    def _seconds(self, scope: str) -> float:
        tests = self.workqueue[scope]
        return SECONDS.get(PurePosixPath(scope).name, A_TEST * len(tests))
