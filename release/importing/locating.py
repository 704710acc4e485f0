"""The path of an assignment of another tool comes in; its notebooks and other files go out."""

from __future__ import annotations

import itertools
import os
import re
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from release.importing import nbgrader, otter
from release.importing.delimiters import CONFIG
from release.importing.masters import TEXTS, read_master
from release.importing.model import ImportFailed, Kind, NotImported
from release.markup.markers import Markers
from release.markup.model import Location, MarkerError
from release.markup.regions import find_regions
from release.markup.source import read_source

NOTEBOOKS: dict[Kind, tuple[str, ...]] = {"nbgrader": (".ipynb",), "otter": (".ipynb", *TEXTS)}
#: Folders and files that tools leave behind, and no student needs.
_LEFT_BEHIND = frozenset({"__pycache__", "_build", "dist", "node_modules", "venv"})
#: What says which packages there are, read elsewhere.
_PACKAGES = frozenset(
    {"requirements.txt", "environment.yml", "environment.yaml", "Pipfile", "pyproject.toml"}
)
#: What jupytext and nbconvert make of a notebook.
_TWINS = (".py", ".md", ".Rmd", ".qmd", ".html", ".pdf", ".tex", ".txt", ".rst", ".slides.html")
_SECRET = frozenset("solution solutions soln solns answer answers key instructor".split())
#: Around a notebook in a large folder, no more are looked at.
_MOST_FILES = 5000


@dataclass(frozen=True)
class Located:
    """What there is to import.

    Attributes:
        folder: where the notebooks lie.
        others: files of the folder that are no notebooks there, by their path in it.
    """

    name: str
    folder: Path
    notebooks: tuple[Path, ...]
    others: tuple[PurePosixPath, ...]


def locate(kind: Kind, source: Path) -> Located:
    """Find the notebooks of an assignment, and the files beside them that belong to it.

    Of nbgrader a folder is an assignment, with all that is in it. Otherwise what a notebook's text
    names belongs to it.

    Raises:
        ImportFailed: there is no notebook, or more than one may be meant.
    """
    if not source.exists():
        raise ImportFailed(f"{source}: found no such file or folder; check the path.")
    if source.is_file():
        if source.suffix not in NOTEBOOKS[kind]:
            kinds = ", ".join(NOTEBOOKS[kind])
            raise ImportFailed(f"{source}: found no notebook ({kinds}); give one, or its folder.")
        return Located(source.stem, source.parent, (source,), _named_in(source, kind))
    notebooks = tuple(p for end in NOTEBOOKS[kind] for p in sorted(source.glob(f"*{end}")))
    if not notebooks:
        raise ImportFailed(f"{source}: found no notebook in this folder; give the one that has it.")
    if kind == "otter":
        return _of_masters(source, notebooks)
    own = tuple(path for path in notebooks if nbgrader.is_source(read_source(path))) or notebooks
    beside = tuple(path for path in _files(source) if path.parent.parts or source / path not in own)
    return Located(source.resolve().name, source, own, beside)


def _of_masters(source: Path, notebooks: tuple[Path, ...]) -> Located:
    """All masters of a folder, as one assignment; one alone gives it its name."""
    found = tuple(path for path in notebooks if otter.is_master(path))
    if not found:
        raise ImportFailed(
            f"{source}: found no master notebook of otter-grader in Python in this folder; give "
            "the one that has it."
        )
    first = {path.stem: path for path in reversed(found)}  # a text beside a notebook is its twin
    found = tuple(path for path in found if first[path.stem] == path)
    name = found[0].stem if len(found) == 1 else source.resolve().name
    others = (path for notebook in found for path in _named_in(notebook, "otter"))
    return Located(name, source, found, tuple(dict.fromkeys(others)))


def _named_in(notebook: Path, kind: Kind) -> tuple[PurePosixPath, ...]:
    """The files around a notebook that its text names, and the modules that it imports."""
    read = read_master(notebook).notebook if kind == "otter" else read_source(notebook)
    text = "\n".join(cell.source for cell in read.cells)
    modules = set(re.findall(r"^\s*(?:from|import)\s+(\w+)", text, re.MULTILINE))
    found = []
    for path in itertools.islice(_files(notebook.parent), _MOST_FILES):
        module = path.suffix == ".py" and path.parts[0].removesuffix(".py") in modules
        if not _is_notebook(path) and (module or path.as_posix() in text):
            found.append(path)
    return tuple(found)


def _files(folder: Path) -> Iterator[PurePosixPath]:
    """All below a folder but for what tools leave behind."""
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and name not in _LEFT_BEHIND
        )
        inside = PurePosixPath(Path(root).relative_to(folder).as_posix())
        links = [name for name in folders if (Path(root) / name).is_symlink()]
        for name in sorted((*files, *links)):
            if not name.startswith("."):
                yield inside / name


def _is_notebook(path: PurePosixPath) -> bool:
    return path.suffix == ".ipynb"


def expanded(folder: Path, names: tuple[str, ...]) -> tuple[PurePosixPath, ...]:
    """The files that otter's setting `files` names; a folder stands for all that is in it."""
    found: list[PurePosixPath] = []
    for name in map(PurePosixPath, names):
        inside = folder / name
        if ".." not in name.parts and not name.is_absolute() and inside.is_dir():
            found += [name / path for path in _files(inside)]
        else:
            found.append(name)
    return tuple(found)


@dataclass(frozen=True)
class Sorted:
    """Other files by what becomes of them.

    Attributes:
        public: to be copied to students.
        modules: Python files with marked answers, to be stripped as notebooks are.
    """

    public: tuple[PurePosixPath, ...]
    modules: tuple[PurePosixPath, ...]
    left: tuple[NotImported, ...]


def sort_files(
    folder: Path, names: tuple[PurePosixPath, ...], notebooks: tuple[Path, ...], markers: Markers
) -> Sorted:
    """Decide what students may have; whatever they get is listed for a person to look at.

    Args:
        notebooks: those of the assignment, of which there may be copies.
        markers: what marks answers in the other tool's files.
    """
    public: list[PurePosixPath] = []
    modules: list[PurePosixPath] = []
    left: list[NotImported] = []
    stems = {path.stem for path in notebooks}
    for name in dict.fromkeys(names):
        where, why, remedy = _fate(folder, name, stems, markers)
        if where == "public":
            public.append(name)
        elif where == "module":
            modules.append(name)
        left.append(NotImported(str(name), 0, 0, "file", why, remedy))
    return Sorted(tuple(public), tuple(modules), tuple(left))


def _fate(
    folder: Path, name: PurePosixPath, stems: set[str], markers: Markers
) -> tuple[str, str, str]:
    path = folder / name
    if path.is_symlink():
        return "", "a link, which was not copied", "put the file itself there"
    if ".." in name.parts or name.is_absolute() or not path.is_file():
        return "", "it is not in the notebook's folder and was not copied", "copy it by hand"
    if name.name == CONFIG:
        return "", "its delimiters and stub are taken over, and students do not get it", "nothing"
    if name.name in _PACKAGES:
        return "", "its packages stand in requirements.txt of the public folder", "see that"
    if _is_notebook(name):
        return "", "a notebook beside the assignment's was not copied", "see whether it belongs"
    if name.suffix in _TWINS and name.stem in stems:
        return (
            "",
            "it may be the solution notebook in another form, and was not copied",
            ("copy it by hand if it is for students"),
        )
    if _holds_notebooks(path):
        return (
            "",
            "an archive that holds notebooks or cannot be read, which was not copied",
            ("copy it by hand if it is for students"),
        )
    if set(re.findall(r"[a-z]+", name.stem.lower())) & _SECRET:
        return (
            "",
            "its name speaks of answers, and it was not copied",
            ("copy it by hand if it is for students, and allow its name in the manifest"),
        )
    if name.suffix != ".py":
        return "public", "students get it as it is", "see that it gives no answer away"
    try:
        marked = find_regions(path.read_text(encoding="utf-8"), Location(str(name), 0), markers)
    except (MarkerError, UnicodeDecodeError) as error:
        return "", f"it was not copied: {error}", "mend it and copy it by hand"
    if not marked:
        return "public", "a module that students get as it is", "see that it holds no answer"
    if name.parent.parts:
        return "", "it holds marked answers and was not copied", "add it as a [[notebook]] by hand"
    return "module", "its marked answers are stripped as a notebook's are", "write checks of them"


def _holds_notebooks(path: Path) -> bool:
    """Whether an archive may hold a copy of the notebook."""
    try:
        if zipfile.is_zipfile(path) and path.suffix in (".zip", ".whl", ".jar"):
            with zipfile.ZipFile(path) as archive:
                return any(name.endswith((".ipynb", ".zip")) for name in archive.namelist())
        if path.name.endswith((".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")):
            with tarfile.open(path) as tar:
                return any(name.endswith((".ipynb", ".zip")) for name in tar.getnames())
    except (OSError, tarfile.TarError, zipfile.BadZipFile, EOFError):
        return True
    return path.suffix in (".7z", ".rar")
