"""The version of the harness that runs, as its installation says it, goes out."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from autograder import __version__

#: What the harness is called where it is installed.
DISTRIBUTION = "dl-autograder"


def own_version() -> str:
    """As installed, with a digest where students have it; in Gradescope's image that of the files.

    A checkout that was changed since its set-up says what it was set up as.
    """
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return __version__
