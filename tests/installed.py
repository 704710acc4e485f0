"""The harness's wheel comes in; environments that have it, outside the checkout, go out.

Libraries are linked from the environment that runs the tests, those that the wheel asks for and no
more: nothing is downloaded, and what is not declared is not there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path

from conftest import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from release.packages.uv import find_uv

_BUILD = "import setuptools.build_meta as b, sys; b.build_wheel(sys.argv[1])"
SOURCES = ("autograder", "release", "pyproject.toml", "requirements.lock", "README.md")
#: Where `course` users' own files go, in place of the tester's.
_HOMES = ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")


def build_wheel(folder: Path) -> Path:
    """Build the wheel that staff install, from a copy of the checkout."""
    sources = folder / "sources"
    for name in SOURCES:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, sources / name, ignore=ignored)
        else:
            sources.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, sources / name)
    (folder / "built").mkdir()
    subprocess.run(
        [sys.executable, "-c", _BUILD, str(folder / "built")],
        cwd=sources,
        check=True,
        capture_output=True,
    )
    (wheel,) = (folder / "built").glob("*.whl")
    return wheel


@dataclass(frozen=True)
class Environment:
    """A fresh environment, and the folder that its user works in."""

    python: Path
    home: Path

    def run(
        self, folder: Path, *arguments: object, **more: str
    ) -> subprocess.CompletedProcess[bytes]:
        """Run the command that the wheel brings; what it says is bytes, in any encoding."""
        own = {name: str(self.home / name.lower()) for name in _HOMES}
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV"))}
        return subprocess.run(
            [self.python.with_name("autograder"), *map(str, arguments)],
            cwd=folder,
            env={**kept, "COLUMNS": "200", **own, **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=300,
            check=False,
        )

    def said(self, folder: Path, *arguments: object, code: int = 0, **more: str) -> str:
        """What a command says on both streams; it has to end with that exit code."""
        done = self.run(folder, *arguments, **more)
        text = (done.stdout + done.stderr).decode("utf-8", "replace")
        assert done.returncode == code, text
        assert "Traceback" not in text
        return text


def install(wheel: Path, folder: Path, extras: Iterable[str]) -> Environment:
    """Install a wheel with some of its extras."""
    folder.chmod(0o755)  # the sandbox's user has to read what is in it
    uv = find_uv()
    place = folder / "environment"
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, place], check=True)
    python = place / "bin" / "python"
    install = [uv, "pip", "install", "-q", "--offline", "--no-deps", "--python", python, wheel]
    subprocess.run(install, check=True)
    (site,) = (place / "lib").glob("python*/site-packages")
    (info,) = site.glob("dl_autograder-*.dist-info")
    _link(_needs(Distribution.at(info), set(extras)), site, place / "bin")
    folder.joinpath("home").mkdir()
    return Environment(python, folder / "home")


def _needs(wheel: Distribution, extras: set[str]) -> dict[str, Distribution]:
    """All that a wheel needs, and what that needs in turn."""
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, str]] = set()
    todo = [(wheel, extra) for extra in ("", *extras)]
    while todo:
        owner, extra = todo.pop()
        for need in map(Requirement, owner.requires or ()):
            if need.marker is not None and not need.marker.evaluate({"extra": extra}):
                continue
            if need.marker is None and extra:
                continue
            name = canonicalize_name(need.name)
            own = wheel if name == canonicalize_name(wheel.metadata["Name"]) else distribution(name)
            if own is not wheel:
                found[name] = own
            fresh = {(name, each) for each in ("", *need.extras)} - seen
            seen |= fresh
            todo += [(own, each) for _name, each in fresh if own is not wheel or each]
    return found


def _link(libraries: dict[str, Distribution], site: Path, programs: Path) -> None:
    for top in sorted({top for each in libraries.values() for top in _tops(each)}):
        source = Path(str(distribution("numpy").locate_file(top)))
        if source.is_dir():
            shutil.copytree(source, site / top, copy_function=_hard, dirs_exist_ok=True)
        elif source.is_file():
            _hard(str(source), str(site / top))
    if "uv" in libraries:
        _hard(str(find_uv()), str(programs / "uv"))


def _tops(library: Distribution) -> Iterator[str]:
    """The files and folders of site-packages that a library consists of."""
    for file in library.files or ():
        if file.parts[0] not in ("..", "__pycache__"):
            yield file.parts[0]


def _hard(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except FileExistsError:
        pass
    except OSError:  # another file system
        shutil.copyfile(source, target)
