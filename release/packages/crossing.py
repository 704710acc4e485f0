"""The solution notebooks come in; a library that they use and no process imports for them goes out.

A frame or tensor is handed from process to process. Where its library is not loaded, which is what
the manifest's ``[runtime] imports`` see to, it arrives as a record or array without its methods.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

from autograder.model.manifest import FILE_NAME, Assignment
from release.packages.imports import in_notebooks
from release.packages.requirements import PackagesError

#: The libraries, and what their values are called.
LIBRARIES = {"pandas": "frames", "torch": "tensors"}
#: What the imports of a manifest may take.
SECONDS = 300.0
_LOADED = """
import importlib, sys
folder, libraries, names = sys.argv[1], sys.argv[2].split(","), sys.argv[3:]
sys.path.insert(0, folder)
for name in names:
    importlib.import_module(name)
print(",".join(name for name in libraries if name in sys.modules))
"""


def require_crossing_imports(assignment: Assignment, solved: Mapping[str, bytes]) -> None:
    """Refuse a library in a solution whose values would arrive without it.

    Args:
        solved: the solution notebooks by name.

    Raises:
        PackagesError: there is one; names where it is imported.
    """
    used: dict[str, str] = {}
    for found in in_notebooks(solved):
        if found.module in LIBRARIES:
            used.setdefault(found.module, found.location)
    runtime = assignment.runtime
    named = {name.partition(".")[0] for name in runtime.imports}
    if not used.keys() - named:  # nearly always
        return
    loaded = _loaded(assignment)
    for library, location in used.items():
        if library not in named and library not in loaded:
            raise PackagesError(
                f"{location}: the solution uses {library}, which [runtime] imports in "
                f"{assignment.folder / FILE_NAME} does not name: {LIBRARIES[library]} would reach "
                f'checks and functions without their methods; add "{library}" there.'
            )


def _loaded(assignment: Assignment) -> frozenset[str]:
    """The libraries that come with what the manifest imports; all if that fails: others say why."""
    runtime = assignment.runtime
    names = (*runtime.imports, *runtime.prebind, *runtime.describers)
    folder, libraries = str(assignment.public), ",".join(LIBRARIES)
    command = [sys.executable, "-B", "-c", _LOADED, folder, libraries, *names]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=SECONDS)
    except subprocess.SubprocessError:
        return frozenset(LIBRARIES)
    return frozenset(done.stdout.rstrip().rpartition("\n")[2].split(","))
