"""Requirements and locks go to uv; a compiled lock, or why there is none, comes back."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from release.packages.own_package import PACKAGE
from release.packages.requirements import PackagesError

#: Of a reason, what is shown.
_MOST = 300
#: As the Makefile's `lock` has it: for every platform and Python that the harness supports.
_COMPILE = (
    *("pip", "compile", "--universal", "--python-version", "3.11", "--generate-hashes"),
    *("--no-emit-index-url", "--no-header", "--no-annotate"),
)
_INSTALL = ("pip", "install", "--no-deps", "--require-hashes", "--compile-bytecode")
_NO_SOLUTION = "No solution found"
#: What stands before a cause: a word, of older versions a drawing.
_HEAD = re.compile(r"\s*(?:error: |cause: |×\s+|[├╰]─▶\s+)")


class UvFailed(Exception):
    """What uv says of why it failed, in one line.

    Attributes:
        unsolvable: the requirements themselves do not fit together.
    """

    def __init__(self, said: str) -> None:
        super().__init__(_reason(said))
        self.unsolvable = _NO_SOLUTION in said


def find_uv() -> Path:
    """The uv of the harness's checkout or of this environment, else that on the PATH.

    Raises:
        PackagesError: there is none.
    """
    checkouts = PACKAGE.parent / ".uv" / "bin" / "uv"
    beside = Path(sys.executable).with_name("uv")
    for own in (checkouts, beside):
        if own.is_file():
            return own
    found = shutil.which("uv")
    if found is None:
        raise PackagesError(
            "uv was not found, neither in this environment nor on the PATH; install it by "
            "`pip install uv`."
        )
    return Path(found)


def compile_lock(
    uv: Path, asked: Iterable[str], constraints: str, before: str, *, upgrade: bool
) -> str:
    """Lock what is asked for within other locked versions; what ``before`` locks stays if it can.

    Raises:
        UvFailed: there is no such set of packages, or it cannot be looked up.
    """
    with tempfile.TemporaryDirectory(prefix="lock-") as name:
        folder = Path(name)
        (folder / "requirements.in").write_text("\n".join(asked) + "\n", encoding="utf-8")
        (folder / "constraints.txt").write_text(constraints, encoding="utf-8")
        (folder / "compiled.lock").write_text(before, encoding="utf-8")
        files = ["--constraints", "constraints.txt", "--output-file", "compiled.lock"]
        newest = ["--upgrade"] if upgrade else []
        _run([uv, *_COMPILE, *newest, *files, "requirements.in"], folder)
        return (folder / "compiled.lock").read_text(encoding="utf-8")


def install(uv: Path, lock: str) -> None:
    """Install exactly the packages of a lock into the environment that runs this.

    Raises:
        UvFailed: they cannot be had, or a file is not the one that was locked.
    """
    with tempfile.TemporaryDirectory(prefix="install-") as name:
        folder = Path(name)
        (folder / "requirements.txt").write_text(lock, encoding="utf-8")
        python = ["--python", sys.executable]
        _run([uv, *_INSTALL, *python, "--requirements", "requirements.txt"], folder)


def _run(command: Sequence[str | Path], folder: Path) -> None:
    program, *arguments = command
    done = subprocess.run(
        [program, "--quiet", "--color", "never", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise UvFailed(done.stderr)


def _reason(said: str) -> str:
    """The cause that uv names, without hints, drawings, logs and conclusion, in one line."""
    lines = re.split(r"\n\s*hint:", said.strip())[0].splitlines()
    between = " "
    if lines and _NO_SOLUTION in lines[0]:
        del lines[0]
    elif heads := [line for line in lines if _HEAD.match(line)]:
        # A chain of causes with details between them; the last one is the root.
        lines, between = (heads if len(heads) < 3 else [heads[0], heads[-1]]), ": "
    words = " ".join(between.join(_HEAD.sub("", line) for line in lines).split())
    words = words.partition(", we can conclude that")[0].removeprefix("Because ").rstrip(".")
    return words if len(words) <= _MOST else words[:_MOST] + "..."
