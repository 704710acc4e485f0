"""A place on a student's disk comes in; the assignment that was unpacked there goes out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from autograder.model import manifest
from autograder.model.errors import UserError
from autograder.model.manifest import FILE_NAME, Assignment

#: Where Colab keeps what was unpacked there, and what is on Google Drive.
COLAB = (Path("/content"), Path("/content/drive/MyDrive"))
#: Beside the checks: the files that were handed out, as a list of paths.
HANDOUT = "handout.json"


class HomeError(UserError):
    """What a student asked for cannot be done here; the text says what to do."""


def find(start: Path) -> Assignment:
    """The assignment of the folder, of the nearest folder above, or else of one just below.

    Raises:
        HomeError: there is none, or there are several below.
        ManifestError: what was unpacked is damaged.
    """
    start = start.absolute()
    above = next((folder for folder in (start, *start.parents) if _is_unpacked(folder)), None)
    if above is not None:
        return load(above)
    below = list(dict.fromkeys(_below(start)))
    if len(below) == 1:
        return load(below[0])
    if below:
        names = ", ".join(folder.name for folder in below)
        raise HomeError(
            f"{start} holds several assignments ({names}); name the folder of the one you mean."
        )
    raise HomeError(
        f"{start}: no assignment was found in this folder, in those above it or just below; unpack "
        "student.zip here, or name the folder that it was unpacked to."
    )


def load(folder: Path) -> Assignment:
    """The assignment of an unpacked student.zip."""
    return manifest.load(checks_of(folder))


def handed_out(assignment: Assignment) -> tuple[str, ...]:
    """The files that were handed out, as paths from the assignment's folder.

    Raises:
        HomeError: the list of them is damaged.
    """
    path = assignment.public_checks / HANDOUT
    try:
        names = json.loads(path.read_text(encoding="utf-8"))
        return tuple(str(name) for name in names)
    except FileNotFoundError:  # a bundle of an older release
        return ()
    except (OSError, ValueError, TypeError):
        raise HomeError(
            f"{path}: this file is damaged; unpack student.zip again and take its folder checks."
        ) from None


def checks_of(folder: Path) -> Path:
    """Where the public checks lie, and the students' own manifest and templates with them."""
    return folder / "checks"


def _is_unpacked(folder: Path) -> bool:
    return (checks_of(folder) / FILE_NAME).is_file()


def _below(start: Path) -> Iterator[Path]:
    for parent in (start, *(folder for folder in COLAB if start.is_relative_to(COLAB[0]))):
        if parent.is_dir():
            yield from (child for child in sorted(parent.iterdir()) if _is_unpacked(child))
