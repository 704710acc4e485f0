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
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.model.manifest import FILE_NAME, Assignment, load

_TIME = (1980, 1, 1, 0, 0, 0)
_PLACE = "bundle.json"


@dataclass(frozen=True)
class Bundle:
    """An assignment as bytes; equal content gives equal bytes."""

    data: bytes

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes."""
        return hashlib.sha256(self.data).hexdigest()


def pack(assignment: Assignment, templates: Mapping[str, bytes]) -> Bundle:
    """Pack manifest, templates, checks and the public folder; no solved source."""
    shared = Path(os.path.commonpath([assignment.folder, assignment.public]))
    staff = assignment.folder.relative_to(shared)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:

        def add(name: Path | str, data: bytes) -> None:
            entry = zipfile.ZipInfo(Path(name).as_posix(), _TIME)
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED)

        add(_PLACE, json.dumps(staff.as_posix()).encode())
        add(Path("content") / staff / FILE_NAME, (assignment.folder / FILE_NAME).read_bytes())
        for folder in (assignment.public, assignment.hidden_checks):
            for path in _files(folder):
                add(Path("content") / path.relative_to(shared), path.read_bytes())
        for name, data in sorted(templates.items()):
            add(Path("content") / staff / "templates" / name, data)
    return Bundle(buffer.getvalue())


def _files(folder: Path) -> Iterator[Path]:
    """All that the checks may need; folders may be links of the staff's own."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path


def unpack(bundle: Bundle, folder: Path) -> tuple[Assignment, dict[str, bytes]]:
    """Unpack into an empty folder, which only its owner may enter; the assignment and templates."""
    folder.chmod(0o700)
    with zipfile.ZipFile(io.BytesIO(bundle.data)) as archive:
        staff = json.loads(archive.read(_PLACE))
        archive.extractall(folder)
    assignment = load(folder / "content" / staff)
    assignment.public.mkdir(parents=True, exist_ok=True)
    names = [entry.file for entry in assignment.notebooks]
    return assignment, {name: (assignment.templates / name).read_bytes() for name in names}
