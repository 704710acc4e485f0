"""The folder of an assignment comes in; the packages that its course asks for go out.

A course's versions are old ones as a rule, and the harness's lock decides. So only names are taken:
of what notebooks import, and of what libraries load by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]
from packaging.utils import canonicalize_name

from release.importing.model import NotImported

#: How far above an assignment the files may lie: course/source/ASSIGNMENT.
_LEVELS = 3
_FILES = ("requirements.txt", "environment.yml", "environment.yaml")
_NAME = re.compile(
    r"\s*(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^]]*\])?\s*(?P<versions>[^#;]*)"
)
#: What pandas, seaborn, plotly and their like load when a file or a method asks for it.
_ENGINES = frozenset(
    "fastparquet h5py html5lib kaleido lxml netcdf4 odfpy openpyxl pyarrow pymysql sqlalchemy "
    "statsmodels tables tabulate xlrd xlsxwriter".split()
)


@dataclass(frozen=True)
class CoursePackages:
    """What a course asks for.

    Attributes:
        file: the file that says so; empty if there is none.
        names: of packages, in the one spelling that is compared.
        versions: those of them that are asked for in a certain version, with that.
    """

    file: str = ""
    names: frozenset[str] = frozenset()
    versions: tuple[str, ...] = ()

    @property
    def engines(self) -> tuple[str, ...]:
        """Those that no notebook imports and that libraries load."""
        return tuple(sorted(self.names & _ENGINES))

    def left(self, packages: tuple[str, ...]) -> list[NotImported]:
        """What is said of what was not taken.

        Args:
            packages: those that were.
        """
        taken = {canonicalize_name(name) for name in packages}
        pinned = [text for text in self.versions if canonicalize_name(_name(text)) in taken]
        if not pinned:
            return []
        shown = ", ".join(pinned[:8]) + (" and others" if len(pinned) > 8 else "")
        why = "the harness's lock decides about versions"
        remedy = (
            "where an answer depends on one, write it into requirements.txt of the public folder"
        )
        return [NotImported(self.file, 0, 0, f"versions {shown}", why, remedy)]


NO_PACKAGES = CoursePackages()


def packages_above(folder: Path) -> CoursePackages:
    """What the nearest requirements.txt or environment.yml of an assignment or above it lists."""
    folder = folder.resolve()
    for above in [folder, *folder.parents][:_LEVELS]:
        for name in _FILES:
            if (above / name).is_file():
                return _read(above / name)
    return NO_PACKAGES


def module_above(folder: Path, module: str) -> Path | None:
    """Where a course has a module of its own above an assignment, or None."""
    top = module.partition(".")[0]
    folder = folder.resolve()
    for above in list(folder.parents)[:_LEVELS]:
        for root in (above, above / "src"):
            for path in (root / f"{top}.py", root / top / "__init__.py"):
                if path.is_file():
                    return path if path.name == f"{top}.py" else path.parent
    return None


def _read(path: Path) -> CoursePackages:
    text = path.read_text(encoding="utf-8", errors="replace")
    lines = text.splitlines() if path.suffix == ".txt" else list(_of_environment(text))
    found = [match for line in lines if (match := _NAME.match(line)) and "://" not in line]
    names = frozenset(canonicalize_name(match["name"]) for match in found)
    versions = tuple(
        f"{match['name']}{match['versions'].strip()}"
        for match in found
        if match["versions"].strip()
    )
    return CoursePackages(path.name, names, versions)


def _of_environment(text: str) -> Iterator[str]:
    """The lines of a conda environment, those for pip among them."""
    try:
        content: Any = yaml.safe_load(text)
    except yaml.YAMLError:
        return
    entries = content.get("dependencies") if isinstance(content, dict) else None
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, str):
            yield entry.rpartition("::")[2]
        elif isinstance(entry, dict) and isinstance(entry.get("pip"), list):
            yield from (line for line in entry["pip"] if isinstance(line, str))


def _name(text: str) -> str:
    match = _NAME.match(text)
    return match["name"] if match else ""
