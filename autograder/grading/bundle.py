"""An assignment and its templates come in; one archive that another process can grade with goes
out, and the other way round.

A batch grades with such a copy too, so that an edit in the middle of it does not grade some by the
old checks and some by the new.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from autograder.model.files import files_below
from autograder.model.manifest import FILE_NAME, Assignment, load

_TIME = (1980, 1, 1, 0, 0, 0)
_PLACE = "bundle.json"
#: The folder of all that is graded with.
CONTENT = PurePosixPath("content")


@dataclass(frozen=True)
class Bundle:
    """An assignment as bytes; equal content gives equal bytes."""

    data: bytes

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True)
class Layout:
    """What an assignment is graded with: manifest, checks and public folder; no solved source.

    Names are seen from the nearest folder that the staff's and the public one share, so that these
    keep their places to each other.

    Attributes:
        staff: the name of the staff's folder.
        public: that of the public one.
        files: where each file is, by its name.
    """

    staff: PurePosixPath
    public: PurePosixPath
    files: Mapping[PurePosixPath, Path]


def layout(assignment: Assignment) -> Layout:
    """The files that an assignment is graded with."""
    shared = Path(os.path.commonpath([assignment.folder, assignment.public]))

    def named(path: Path) -> PurePosixPath:
        return PurePosixPath(path.relative_to(shared).as_posix())

    staff, public = named(assignment.folder), named(assignment.public)
    files = {staff / FILE_NAME: assignment.folder / FILE_NAME}
    for folder in (assignment.public, assignment.hidden_checks):
        files |= {named(path): path for path in files_below(folder)}
    return Layout(staff, public, files)


def pack(assignment: Assignment, templates: Mapping[str, bytes]) -> Bundle:
    """Pack what an assignment is graded with, and its templates."""
    laid_out = layout(assignment)
    staff = laid_out.staff
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:

        def add(name: PurePosixPath, data: bytes) -> None:
            entry = zipfile.ZipInfo(name.as_posix(), _TIME)
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED)

        add(PurePosixPath(_PLACE), json.dumps(staff.as_posix()).encode())
        for name, path in laid_out.files.items():
            add(CONTENT / name, path.read_bytes())
        for file, data in sorted(templates.items()):
            add(CONTENT / staff / "templates" / file, data)
    return Bundle(buffer.getvalue())


def unpack(bundle: Bundle, folder: Path) -> tuple[Assignment, dict[str, bytes]]:
    """Unpack into an empty folder, which only its owner may enter; the assignment and templates."""
    folder.chmod(0o700)
    with zipfile.ZipFile(io.BytesIO(bundle.data)) as archive:
        staff = json.loads(archive.read(_PLACE))
        archive.extractall(folder)
    assignment = load(folder / CONTENT / staff)
    assignment.public.mkdir(parents=True, exist_ok=True)
    names = [entry.file for entry in assignment.notebooks]
    return assignment, {name: (assignment.templates / name).read_bytes() for name in names}
