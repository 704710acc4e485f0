"""A Gradescope bundle and a submission come in; what its image makes of it goes out.

Image and container are made by Docker or Podman, and held as Gradescope holds its own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autograder.gradescope import problem_of
from autograder.model.errors import UserError

ENGINES = ("docker", "podman")
#: Of the Dockerfile's arguments, those that are set here are handed on.
ARGUMENTS = (
    *("BASE", "TORCH_BACKEND", "GRADER_PYTHON"),
    *("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_PYTHON_INSTALL_MIRROR"),
)

#: Runs the engine with these arguments, its output shown; returns its exit code.
Engine = Callable[[Sequence[str]], int]


class ContainerError(UserError):
    """Nothing could be graded in a container; the text says what is missing."""


def find_engine() -> Engine:
    """Docker or Podman, whichever is installed and answers."""
    found = [path for path in map(shutil.which, ENGINES) if path is not None]
    if not found:
        raise ContainerError(
            "neither docker nor podman was found; install one of them, or grade without a "
            "container by `autograder grade`."
        )
    for path in found:
        if subprocess.run([path, "info"], capture_output=True, check=False).returncode == 0:
            return _run_by(path)
    raise ContainerError(
        f"{', '.join(found)}: does not answer; start its service, and look at what "
        f"`{Path(found[0]).name} info` says."
    )


def _run_by(program: str) -> Engine:
    return lambda arguments: subprocess.run([program, *arguments], check=False).returncode


def grade_in_container(
    bundle: Path,
    submission: Path,
    engine: Engine,
    *,
    metadata: Path | None = None,
    memory_mb: int = 768,
) -> dict[str, Any]:
    """Build the image of a bundle, run it for a submission, and return its results.

    Args:
        bundle: gradescope.zip; its folder names the image.
        submission: a folder, a zip or one notebook.
        metadata: what Gradescope says of the submission, as submission_metadata.json.
        memory_mb: what the container may use; the default is Gradescope's smallest choice.

    Raises:
        ContainerError: a file is missing, or an image or results could not be made.
    """
    if not bundle.is_file():
        raise ContainerError(f"{bundle}: not found; make it by `autograder release` first.")
    for path in (submission, *([] if metadata is None else [metadata])):
        if not path.exists():
            raise ContainerError(f"{path}: not found; name what is to be graded.")
    image = f"grader-{bundle.resolve().parent.name.lower()}"
    given = [f"--build-arg={name}" for name in ARGUMENTS if name in os.environ]
    with tempfile.TemporaryDirectory(prefix="gradescope-") as name:
        folder = Path(name)
        with _readable(bundle):
            unpack(bundle, folder / "source")
        if code := engine(["build", "--tag", image, *given, str(folder / "source")]):
            raise ContainerError(
                f"{bundle}: its image could not be built (exit code {code}); see above."
            )
        with _readable(submission):
            _hand_in(submission, folder / "submission")
        (folder / "results").mkdir()
        # z: where SELinux rules, the container may read them; elsewhere it means nothing.
        volumes = {"submission": "ro,z", "results": "z"}
        if metadata is not None:
            shutil.copyfile(metadata, folder / "submission_metadata.json")
            volumes["submission_metadata.json"] = "z"
        limit = f"{memory_mb}m"
        engine(
            [
                *("run", "--rm", f"--memory={limit}", f"--memory-swap={limit}"),
                *(f"--volume={folder / at}:/autograder/{at}:{how}" for at, how in volumes.items()),
                *(image, "/autograder/run_autograder"),
            ]
        )
        return _results(folder / "results" / "results.json")


def unpack(bundle: Path, folder: Path) -> None:
    """Unpack with the modes that the zip holds, which `zipfile` alone leaves out."""
    with zipfile.ZipFile(bundle) as archive:
        for entry in archive.infolist():
            Path(archive.extract(entry, folder)).chmod(entry.external_attr >> 16 & 0o777)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise ContainerError(f"{path}: cannot be read ({error}); make it anew.") from error


def _hand_in(submission: Path, folder: Path) -> None:
    if submission.is_dir():
        shutil.copytree(submission, folder, symlinks=True)
    elif zipfile.is_zipfile(submission):
        shutil.unpack_archive(submission, folder, "zip")
    else:
        folder.mkdir()
        shutil.copyfile(submission, folder / submission.name)


def _results(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ContainerError(
            f"the container left no results ({type(error).__name__}); see above."
        ) from error
    problem = problem_of(data)
    if problem is not None:
        raise ContainerError(f"Gradescope would not take the container's results: {problem}")
    return dict(data)
