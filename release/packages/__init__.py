"""An assignment's requirements.txt comes in; the same packages, here and in the grader, go out.

What students install, an answer may import: so it is locked beside the harness's own packages,
installed where the release is proven, and named in Gradescope's image. Nothing is released where
these differ.
"""

from release.packages.agreement import require_agreement
from release.packages.locks import LOCK_FILE
from release.packages.requirements import REQUIREMENTS, PackagesError
from release.packages.setup import SetUp, set_up
from release.packages.state import own_packages, shipped_lock, shipped_requirements

__all__ = [
    "LOCK_FILE",
    "REQUIREMENTS",
    "PackagesError",
    "SetUp",
    "own_packages",
    "require_agreement",
    "set_up",
    "shipped_lock",
    "shipped_requirements",
]
