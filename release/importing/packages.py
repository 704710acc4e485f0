"""The modules that notebooks import come in; packages to ask for, and what is missing, go out."""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

from packaging.utils import canonicalize_name

from release.importing.courses import NO_PACKAGES, CoursePackages, module_above
from release.importing.model import NotImported, Sheet, SourceCell
from release.importing.surroundings import Surroundings, importable, is_standard, statements

#: The tools' own modules, and a notebook's, which no answer needs.
_TOOLS = frozenset({"otter", "nbgrader", "IPython", "pytest", "google", "pip", "setuptools"})
#: Packages that are called otherwise than their modules.
_PACKAGES = {
    "Bio": "biopython",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "imblearn": "imbalanced-learn",
    "PIL": "pillow",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
    "mpl_toolkits": "matplotlib",
    "pylab": "matplotlib",
}
#: Packages of the field with a module of the same name. No other name is taken on trust: a course's
#: own module may have the name of a stranger's package.
_KNOWN = frozenset(
    "altair astropy babypandas bokeh cartopy catboost cvxpy datascience einops "
    "folium gensim geopandas gymnasium h5py hypothesis imageio ipywidgets jax keras "
    "librosa lightgbm lmfit lxml matplotlib nltk netCDF4 networkx numba numpy openpyxl optuna "
    "pandas pint plotly polars pyarrow pyproj pytest rasterio requests scipy seaborn shap "
    "shapely soundfile spacy sqlalchemy statsmodels sympy tensorboard tensorflow tokenizers torch "
    "torchaudio torchmetrics torchvision tqdm transformers uncertainties wordcloud xarray xgboost "
    "yfinance".split()
)
#: An unmaintained package that came with old courses; a module of a few lines is in its place.
NOSE = "nose"


@dataclass(frozen=True)
class Modules:
    """What notebooks import from outside.

    Attributes:
        here: modules that can be imported here.
        packages: what has to be installed for all of them, as in requirements.txt.
        missing: modules that are not here, each with the first notebook that imports it.
        wanted: the packages of those, so far as they are known.
        nose: nose.tools is used, and not installed.
    """

    here: tuple[str, ...]
    packages: tuple[str, ...]
    missing: dict[str, str]
    wanted: tuple[str, ...]
    nose: bool

    def left(self, name: str, folder: Path) -> list[NotImported]:
        """What is said of missing modules.

        Args:
            name: of the assignment.
            folder: where it lies in its course.
        """
        return [
            NotImported(
                file,
                0,
                0,
                f"`import {module}`",
                "the module is not installed here, so that what needs it could not be tried",
                _remedy(module, name, self.wanted, folder),
            )
            for module, file in self.missing.items()
        ]


def _remedy(module: str, name: str, wanted: Sequence[str], folder: Path) -> str:
    if (package := _package(module, set(map(canonicalize_name, wanted)))) in wanted:
        return f"import again with `--setup`, which installs {package}"
    if (found := module_above(folder, module)) is not None:
        return (
            f"copy {found} to assignment/{name} if students have it, and import again; look first "
            "whether it holds answers"
        )
    return (
        f"if it is the course's own, copy it to assignment/{name}; else name its package in "
        f"requirements.txt there and run `autograder setup solutions/{name}`"
    )


def modules_of(
    sheets: Sequence[Sheet],
    own: Iterable[str],
    course: CoursePackages = NO_PACKAGES,
    helpers: Iterable[Path] = (),
) -> Modules:
    """What notebooks import beside Python's own modules and those of the assignment.

    Args:
        own: names of the assignment's modules.
        helpers: files of those, whose imports count, too.
        course: what the course itself asks for.
    """
    imported = [(sheet.file, Surroundings(sheet.cells).modules) for sheet in sheets]
    imported += [(path.name, _imports_of(path)) for path in helpers]
    wanted: dict[str, str] = {}
    for file, modules in imported:
        for module in modules:
            top = module.partition(".")[0]
            if not is_standard(module) and top not in _TOOLS and top not in own:
                wanted.setdefault(module, file)
    nose = any(is_nose(module) for module in wanted) and find_spec(NOSE) is None
    here = tuple(sorted(module for module in wanted if importable(module)))
    missing = {
        module: file
        for module, file in wanted.items()
        if not importable(module) and not is_nose(module)
    }
    lack = {_package(module, course.names) for module in missing} - {""}
    lacking = {name for name in course.engines if not _is_installed(name)}
    packages = ({_package(module) for module in here} - {""}) | lack | set(course.engines)
    return Modules(here, tuple(sorted(packages)), missing, tuple(sorted(lack | lacking)), nose)


def _imports_of(path: Path) -> dict[str, None]:
    """The modules that a Python file imports, in functions those of known packages alone.

    Whoever imports in a function often does without it. A file that cannot be read has none.
    """
    source = path.read_text(encoding="utf-8", errors="replace")
    found = dict(Surroundings((SourceCell(1, None, source),)).modules)
    for node in (inner for each in statements(source) for inner in ast.walk(each)):
        if isinstance(node, ast.Import):
            found.update({alias.name: None for alias in node.names if _package(alias.name)})
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.update({node.module: None} if _package(node.module) else {})
    return found


def is_nose(module: str) -> bool:
    """Whether it is the module nose, or one in it."""
    return module.partition(".")[0] == NOSE


def _package(module: str, course: Collection[str] = ()) -> str:
    """The package of a module; empty if it is not known."""
    top = module.partition(".")[0]
    found = sorted(_holders().get(top, ()))
    if found or top in _PACKAGES:
        return _PACKAGES.get(top) or found[0]
    return top if top in _KNOWN or canonicalize_name(top) in course else ""


def _is_installed(name: str) -> bool:
    return any(
        canonicalize_name(name) == canonicalize_name(each)
        for holders in _holders().values()
        for each in holders
    )


def forget_installed() -> None:
    """Look again for what is installed."""
    _holders.cache_clear()


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
