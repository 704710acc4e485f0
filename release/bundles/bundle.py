"""An assignment and its templates come in, a student bundle and a Gradescope bundle go out."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from autograder.grading.bundle import CONTENT, layout
from autograder.model.errors import UserError
from autograder.model.files import LEFT_BEHIND
from autograder.model.manifest import Assignment
from autograder.model.submission import write_files
from release.bundles.student import write_home
from release.packages import LOCK_FILE, REQUIREMENTS, shipped_lock, shipped_requirements
from release.packages.own_package import description, write_package

SCRIPTS = Path(__file__).with_name("gradescope")
#: The earliest time that a zip can hold; a fixed one makes equal content equal bytes.
ZIP_TIME = (1980, 1, 1, 0, 0, 0)


class BundleError(UserError):
    """A bundle cannot be put together; the text names what is missing."""


def write_student(assignment: Assignment, templates: Mapping[str, bytes], target: Path) -> None:
    """Write what students receive: public folder, stripped notebooks, and what checks them."""
    shutil.copytree(assignment.public, target, ignore=shutil.ignore_patterns(*LEFT_BEHIND))
    for name, data in templates.items():
        if (target / name).exists():
            raise BundleError(
                f"{assignment.public / name}: the public folder holds a file of a notebook's name; "
                "take it out, the notebook is made from its solution notebook."
            )
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(data)
    write_home(assignment, templates, target)


def write_gradescope(assignment: Assignment, templates: Mapping[str, bytes], target: Path) -> Path:
    """Write the grader: harness, checks, public folder, templates and scripts; no solved source.

    Returns:
        The assignment's folder inside ``target``, as the grader there will load it.

    Raises:
        NotInstalledError: the harness is not installed, so that its needs are not known.
        PackagesError: the assignment's requirements cannot be read.
    """
    target.mkdir(parents=True)
    _write_harness(target)
    _write_packages(assignment, target)
    laid_out = layout(assignment)
    (target / CONTENT / laid_out.public).mkdir(parents=True, exist_ok=True)
    for relative, path in laid_out.files.items():
        there = target / CONTENT / relative
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, there)
    folder = target / CONTENT / laid_out.staff
    write_files(templates, folder / "templates")
    shutil.copyfile(SCRIPTS / "Dockerfile", target / "Dockerfile")
    for name in ("setup.sh", "run_autograder"):
        text = (SCRIPTS / name).read_text(encoding="utf-8")
        script = target / name
        script.write_text(text.replace("@STAFF@", laid_out.staff.as_posix()), encoding="utf-8")
        script.chmod(0o755)
    return folder


def _write_harness(target: Path) -> None:
    import tomli_w

    own = description()
    project = {
        "name": own.name,
        "version": own.version,
        "requires-python": own.requires_python,
        "dependencies": list(own.dependencies),
    }
    (target / "pyproject.toml").write_text(tomli_w.dumps({"project": project}), encoding="utf-8")
    write_package(target)


def _write_packages(assignment: Assignment, target: Path) -> None:
    """What the image installs: one lock, and what the assignment asks for beside the harness."""
    (target / LOCK_FILE).write_text(shipped_lock(assignment), encoding="utf-8")
    if asked := shipped_requirements(assignment):
        (target / REQUIREMENTS).write_text(asked, encoding="utf-8")


def write_zip(folder: Path, target: Path, top: str = "") -> None:
    """Zip a folder's files, below a folder ``top``; equal content gives equal bytes."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, path in files_of(folder):
            entry = zipfile.ZipInfo(str(PurePosixPath(top) / name), ZIP_TIME)
            executable = os.access(path, os.X_OK)
            entry.external_attr = (0o100755 if executable else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())


def files_of(folder: Path) -> Iterator[tuple[PurePosixPath, Path]]:
    """Every file below ``folder`` with its relative name, in the order of the names."""
    found = (path for path in folder.rglob("*") if path.is_file())
    names = {PurePosixPath(path.relative_to(folder).as_posix()): path for path in found}
    return iter(sorted(names.items()))
