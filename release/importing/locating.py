"""The path of an assignment of another tool comes in; its notebooks and other files go out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from release.importing import otter
from release.importing.model import ImportFailed, Kind, Left
from release.places import MarkerError, Place
from release.regions import find_regions
from release.source import read_source


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
    """Find the notebooks of an assignment.

    Raises:
        ImportFailed: there is none, or more than one may be meant.
    """
    if not source.exists():
        raise ImportFailed(f"{source}: found no such file or folder; check the path.")
    if source.is_file():
        if source.suffix != ".ipynb":
            raise ImportFailed(f"{source}: found no notebook; give an .ipynb or its folder.")
        return Located(source.stem, source.parent, (source,), ())
    notebooks = tuple(sorted(source.glob("*.ipynb")))
    if not notebooks:
        raise ImportFailed(f"{source}: found no notebook in this folder; give the one that has it.")
    if kind == "otter":
        notebook = _master(source, notebooks)
        return Located(notebook.stem, source, (notebook,), ())
    others = tuple(path for path in _files(source) if path.parent.parts or not _is_notebook(path))
    return Located(source.resolve().name, source, notebooks, others)


def _master(source: Path, notebooks: tuple[Path, ...]) -> Path:
    found = [path for path in notebooks if otter.is_master(read_source(path))]
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise ImportFailed(
            f"{source}: found {len(found)} master notebooks of otter-grader ({names}); give one."
        )
    return found[0]


def _files(folder: Path) -> Iterator[PurePosixPath]:
    for path in sorted(folder.rglob("*")):
        inside = PurePosixPath(path.relative_to(folder).as_posix())
        left_behind = any(part.startswith(".") or part == "__pycache__" for part in inside.parts)
        if not left_behind and (path.is_file() or path.is_symlink()):
            yield inside


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
    left: tuple[Left, ...]


def sort_files(folder: Path, names: tuple[PurePosixPath, ...]) -> Sorted:
    """Decide what students may have; whatever they get is listed for a person to look at."""
    public: list[PurePosixPath] = []
    modules: list[PurePosixPath] = []
    left: list[Left] = []
    for name in names:
        where, why, remedy = _fate(folder, name)
        if where == "public":
            public.append(name)
        elif where == "module":
            modules.append(name)
        left.append(Left(str(name), 0, 0, "file", why, remedy))
    return Sorted(tuple(public), tuple(modules), tuple(left))


def _fate(folder: Path, name: PurePosixPath) -> tuple[str, str, str]:
    path = folder / name
    if path.is_symlink():
        return "", "a link, which was not copied", "put the file itself there"
    if ".." in name.parts or name.is_absolute() or not path.is_file():
        return "", "it is not in the notebook's folder and was not copied", "copy it by hand"
    if _is_notebook(name):
        return "", "a notebook beside the assignment's was not copied", "see whether it belongs"
    if name.suffix != ".py":
        return "public", "students get it as it is", "see that it gives no answer away"
    try:
        marked = find_regions(path.read_text(encoding="utf-8"), Place(str(name), 0))
    except (MarkerError, UnicodeDecodeError) as error:
        return "", f"it was not copied: {error}", "mend it and copy it by hand"
    if not marked:
        return "public", "a module that students get as it is", "see that it holds no answer"
    if name.parent.parts:
        return "", "it holds marked answers and was not copied", "add it as a [[notebook]] by hand"
    return "module", "its marked answers are stripped as a notebook's are", "write checks of them"
