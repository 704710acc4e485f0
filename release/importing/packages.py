"""The modules that notebooks import come in; packages to ask for, and what is missing, go out."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import packages_distributions
from importlib.util import find_spec

from release.importing.model import Left, Sheet
from release.importing.surroundings import Surroundings, importable, is_standard

#: The tools' own modules, and a notebook's, which no answer needs.
_TOOLS = frozenset({"otter", "nbgrader", "IPython", "pytest", "google"})
#: Packages that are called otherwise than their modules.
_PACKAGES = {
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "PIL": "pillow",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
    "mpl_toolkits": "matplotlib",
    "pylab": "matplotlib",
}
#: An unmaintained package that came with old courses; a module of a few lines is in its place.
NOSE = "nose"


@dataclass(frozen=True)
class Modules:
    """What notebooks import from outside.

    Attributes:
        here: modules that can be imported here.
        packages: what has to be installed for all of them, as in requirements.txt.
        missing: modules that are not here, each with the first notebook that imports it.
        nose: nose.tools is used, and not installed.
    """

    here: tuple[str, ...]
    packages: tuple[str, ...]
    missing: dict[str, str]
    nose: bool

    def left(self, name: str) -> list[Left]:
        """What is said of missing modules.

        Args:
            name: of the assignment.
        """
        return [
            Left(
                file,
                0,
                0,
                f"`import {module}`",
                "the module is not installed here, so that what needs it could not be tried",
                f"run `autograder setup solutions/{name}`, which installs {_package(module)}, "
                "and import again",
            )
            for module, file in self.missing.items()
        ]


def modules_of(sheets: Sequence[Sheet], own: Iterable[str]) -> Modules:
    """What notebooks import beside Python's own modules and those of the assignment.

    Args:
        own: names of the assignment's modules.
    """
    wanted: dict[str, str] = {}
    for sheet in sheets:
        for module in Surroundings(sheet.cells).modules:
            top = module.partition(".")[0]
            if not is_standard(module) and top not in _TOOLS and top not in own:
                wanted.setdefault(module, sheet.file)
    nose = any(is_nose(module) for module in wanted) and find_spec(NOSE) is None
    here = tuple(sorted(module for module in wanted if importable(module)))
    missing = {
        module: file
        for module, file in wanted.items()
        if not importable(module) and not is_nose(module)
    }
    packages = sorted({_package(module) for module in (*here, *missing)})
    return Modules(here, tuple(packages), missing, nose)


def is_nose(module: str) -> bool:
    """Whether it is the module nose, or one in it."""
    return module.partition(".")[0] == NOSE


def _package(module: str) -> str:
    top = module.partition(".")[0]
    found = _holders().get(top, ())
    return _PACKAGES.get(top) or (sorted(found)[0] if found else top)


@cache
def _holders() -> dict[str, list[str]]:
    return {name: list(found) for name, found in packages_distributions().items()}


def star_names(module: str) -> frozenset[str]:
    """What `from module import *` binds; nothing of modules that are not installed."""
    if not importable(module):
        return frozenset()
    try:
        __import__(module)
    except Exception:  # an installed module may fail in any way when it is imported
        return frozenset()
    loaded = vars(sys.modules[module])
    public = loaded.get("__all__") or (name for name in loaded if not name.startswith("_"))
    return frozenset(public)
