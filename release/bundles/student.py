"""An assignment and its templates come in; what students check themselves with goes out.

Into ``checks/`` of the student bundle go a manifest without anything of the staff's and the
notebooks as handed out; beside it go the harness as a wheel, without the release tool, and
``requirements.txt``, which names it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import autograder
from autograder.home.folder import HANDOUT, checks_of
from autograder.model.errors import HarnessFault, UserError
from autograder.model.manifest import FILE_NAME, Assignment, Question
from autograder.model.submission import write_files
from release.packages import REQUIREMENTS
from release.packages.own_package import Description, description, write_package

#: What students may want beside it.
EXTRAS = ("watch",)
#: The earliest time that a zip can hold; a fixed one makes equal content equal bytes.
EPOCH = "315532800"


class HomeBundleError(UserError):
    """The student bundle cannot be given what checking at home needs."""


def write_home(assignment: Assignment, templates: Mapping[str, bytes], target: Path) -> None:
    """Add all that ``python -m autograder check`` needs to the student bundle in ``target``.

    Raises:
        HomeBundleError: a file of the public folder stands in the way.
        NotInstalledError, HarnessFault: the wheel cannot be built.
    """
    checks = checks_of(target)
    for name in (FILE_NAME, HANDOUT, "templates"):
        if (checks / name).exists():
            raise HomeBundleError(
                f"{assignment.public_checks / name}: the release writes this one for students; "
                "take it out of the public folder."
            )
    checks.mkdir(exist_ok=True)
    (checks / FILE_NAME).write_text(public_manifest(assignment), encoding="utf-8")
    (checks / HANDOUT).write_text(json.dumps(_handed_out(target), indent=1), encoding="utf-8")
    write_files(templates, checks / "templates")
    wheel = build_wheel(target)
    _require(target / REQUIREMENTS, wheel)


def public_manifest(assignment: Assignment) -> str:
    """The manifest as students get it: no settings of hidden checks, no sources, no policies."""
    import tomli_w

    runtime = {key: value for key, value in asdict(assignment.runtime).items() if value}
    return tomli_w.dumps(
        {
            "name": assignment.name,
            "title": assignment.title,
            "public": "..",
            "files": list(assignment.files),
            "runtime": runtime,
            "limits": asdict(assignment.limits),
            "notebook": [
                {"file": n.file, "source": n.file, "run": n.run} for n in assignment.notebooks
            ],
            "question": [_question(question) for question in assignment.questions],
        }
    )


def _handed_out(target: Path) -> list[str]:
    """The files that a notebook finds beside it; neither notebooks nor what checks are made of."""
    files = (path.relative_to(target) for path in sorted(target.rglob("*")) if path.is_file())
    checks = checks_of(target).name
    kept = (file for file in files if file.parts[0] != checks and file.suffix != ".ipynb")
    return [file.as_posix() for file in kept if "__pycache__" not in file.parts]


def _question(question: Question) -> dict[str, Any]:
    """As in the manifest, without what it says of hidden checks."""
    told = asdict(question).items()
    own = {key: v for key, v in told if v not in ("", ()) and key not in ("blank_passes", "manual")}
    return own | _manual(question)


def _manual(question: Question) -> dict[str, Any]:
    """What students are told of the part that people grade: nothing of its rubric."""
    part = question.manual
    if part is None:
        return {}
    told: dict[str, Any] = {"manual": True, "manual_points": part.points}
    if part.file:
        return told | {"file": part.file, "field": part.field}
    return told | {"shows": part.shows}


def build_wheel(target: Path) -> Path:
    """Build the harness's wheel into ``target``; equal sources give equal bytes.

    Its version carries a digest of its content and of what it needs, so that installing a newer
    one replaces it.

    Raises:
        NotInstalledError: the harness is not installed.
        HarnessFault: the build failed.
    """
    own = description()
    with tempfile.TemporaryDirectory(prefix="wheel-") as name:
        folder = Path(name)
        write_package(folder)
        described = folder / "pyproject.toml"
        described.write_text(_project(own, autograder.__version__), encoding="utf-8")
        version = f"{autograder.__version__}+{_digest(folder)[:8]}"
        described.write_text(_project(own, version), encoding="utf-8")
        built = subprocess.run(
            [sys.executable, "-c", _BUILD, "out"],
            cwd=folder,
            env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH},
            capture_output=True,
            text=True,
            check=False,
        )
        wheels = sorted((folder / "out").glob("*.whl"))
        if built.returncode or len(wheels) != 1:
            raise HarnessFault(f"the wheel for students could not be built:\n{built.stderr}")
        return Path(shutil.move(wheels[0], target / wheels[0].name))


_BUILD = "import setuptools.build_meta as b, sys; b.build_wheel(sys.argv[1])"


def _digest(folder: Path) -> str:
    state = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        state.update(f"{path.relative_to(folder).as_posix()}\0".encode() + path.read_bytes())
    return state.hexdigest()


def _project(own: Description, version: str) -> str:
    """The pyproject.toml that the wheel is built from."""
    import tomli_w

    name = autograder.__name__
    return tomli_w.dumps(
        {
            "build-system": {
                "requires": ["setuptools"],
                "build-backend": "setuptools.build_meta",
            },
            "project": {
                "name": own.name,
                "version": version,
                "description": own.summary,
                "requires-python": own.requires_python,
                "dependencies": list(own.dependencies),
                "optional-dependencies": {key: list(own.extras[key]) for key in EXTRAS},
                "scripts": dict(own.scripts),
            },
            "tool": {
                "setuptools": {
                    "packages": {"find": {"include": [f"{name}*"]}},
                    # The folder holds the package and nothing else.
                    "package-data": {name: ["**/*"]},
                }
            },
        }
    )


def _require(path: Path, wheel: Path) -> None:
    """Name the wheel in what students install; pip reads it from the folder that it lies in."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    lines = [*text.splitlines(), f"./{wheel.name}"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
