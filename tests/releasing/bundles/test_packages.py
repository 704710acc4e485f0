"""An assignment's own packages: locked, installed, shipped, and refused where they differ.

uv runs for real, in an environment of the test's own, on packages that the test makes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import ROOT

from autograder.model import manifest
from autograder.model.manifest import Assignment
from release.packages import (
    LOCK_FILE,
    PackagesError,
    require_agreement,
    shipped_lock,
    shipped_requirements,
)
from release.packages import uv as uv_module
from release.packages.locks import read_lock
from release.packages.requirements import read_requirements
from release.packages.state import packages_of
from release.packages.uv import find_uv
from release.scaffold import new_assignment

HARNESS_LOCK = (ROOT / LOCK_FILE).read_text(encoding="utf-8")
SHARE = "def share(flags):\n    return float(sum(flags)) / len(flags)\n"


def has_uv() -> bool:
    try:
        return find_uv().is_file()
    except PackagesError:
        return False


needs_uv = pytest.mark.skipif(not has_uv(), reason="needs uv, as `make setup` installs it")


def write_wheel(folder: Path, name: str, version: str, module: str, *needs: str) -> None:
    """A package with one module, as an index would hand it out."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{module}.py": SHARE,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        + "".join(f"Requires-Dist: {need}\n" for need in needs),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
    }
    record = "".join(f"{file},,\n" for file in (*files, f"{info}/RECORD"))
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        for file, text in (files | {f"{info}/RECORD": record}).items():
            wheel.writestr(file, text)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All packages that there are: `tinycount` has the module `tiny_counting`."""
    folder = tmp_path_factory.mktemp("index")
    for version in ("1.0", "1.1"):
        write_wheel(folder, "tinycount", version, "tiny_counting", "tinybase>=1", "numpy>=1")
    write_wheel(folder, "tinybase", "1.0", "tiny_base")
    write_wheel(folder, "tinyold", "1.0", "tiny_old", "numpy<2")
    return folder


@dataclass(frozen=True)
class Course:
    """An assignment in a folder, and an environment that has the harness."""

    folder: Path
    index: Path

    @property
    def staff(self) -> Path:
        return self.folder / "solutions" / "hw"

    @property
    def lock(self) -> Path:
        return self.staff / LOCK_FILE

    @property
    def python(self) -> Path:
        return self.folder / "environment" / "bin" / "python"

    def ask(self, *lines: str) -> None:
        path = self.folder / "assignment" / "hw" / "requirements.txt"
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command line there; nothing but the test's own packages can be had."""
        own = {
            "UV_NO_INDEX": "1",
            "UV_FIND_LINKS": str(self.index),
            "UV_CACHE_DIR": str(self.index.with_name("cache")),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "COLUMNS": "1000",
        }
        return subprocess.run(
            [self.python, "-I", "-m", "autograder.cli", *arguments],
            cwd=self.folder,
            env={**os.environ, **own},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def set_up(self) -> str:
        done = self.run("setup", "solutions/hw")
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refused(self, *arguments: str) -> str:
        """The one sentence that a command ends with."""
        done = self.run(*arguments)
        assert done.returncode == 2, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return " ".join(done.stderr.split())


def make_course(folder: Path, index: Path) -> Course:
    made = new_assignment("hw", folder)
    course = Course(folder, index)
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", folder / "environment"], check=True
    )
    (site,) = (folder / "environment").glob("lib/python*/site-packages")
    packages = sysconfig.get_path("purelib")
    (site / "harness.pth").write_text(f"import site; site.addsitedir({packages!r})\n")
    edits = {
        "assignment.toml": ('imports = ["numpy"]', 'imports = ["numpy", "tiny_counting"]'),
        "notebook.py": ("import numpy as np", "import numpy as np\nimport tiny_counting"),
        "checks/test_notebook_hidden.py": ("import numpy", "import tiny_counting\nimport numpy"),
    }
    for name, (old, new) in edits.items():
        text = (made.staff / name).read_text(encoding="utf-8")
        assert old in text
        (made.staff / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    source = (made.staff / "notebook.py").read_text(encoding="utf-8")
    answer = "float(np.mean(predictions == labels))"
    assert answer in source
    called = source.replace(answer, "tiny_counting.share(predictions == labels)")
    (made.staff / "notebook.py").write_text(called, encoding="utf-8")
    course.ask("# what we use", "numpy", "tinycount>=1  # counts", "", "notebook>=7")
    return course


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory, index: Path) -> Course:
    """Set up; tests do not change it."""
    course = make_course(tmp_path_factory.mktemp("ready"), index)
    said = course.set_up()
    assert "locked tinybase 1.0, tinycount 1.1" in said
    assert "installed tinybase 1.0, tinycount 1.1" in said
    return course


@pytest.fixture
def course(tmp_path: Path, index: Path) -> Iterator[Course]:
    """Not set up; for one test."""
    (tmp_path / "course").mkdir()
    yield make_course(tmp_path / "course", index)
    shutil.rmtree(tmp_path / "course")


@needs_uv
def test_a_lock_holds_names_versions_and_hashes_of_what_the_harness_lacks(ready: Course) -> None:
    text = ready.lock.read_text(encoding="utf-8")
    assert [str(entry.requirement) for entry in read_lock(text)] == [
        "tinybase==1.0",
        "tinycount==1.1",
    ]
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"\w+==[\d.]+ \\|    --hash=sha256:[0-9a-f]{64}", x) for x in lines)
    assert "://" not in text
    assert str(ready.index) not in text


@needs_uv
def test_a_second_set_up_has_nothing_to_do(ready: Course) -> None:
    before = ready.lock.stat()
    assert ready.set_up() == "The assignment's packages are locked and installed.\n"
    assert ready.lock.stat() == before


@needs_uv
def test_a_release_ships_what_it_was_proven_with(ready: Course) -> None:
    done = ready.run("release", "solutions/hw", "--out", "dist")
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(ready.folder / "dist" / "gradescope.zip") as archive:
        lock = archive.read(LOCK_FILE).decode()
        assert archive.read("requirements.txt").decode() == "numpy\ntinycount>=1\n"
    own = "".join(f"{entry.text}\n" for entry in read_lock(ready.lock.read_text(encoding="utf-8")))
    assert lock == HARNESS_LOCK + own
    with zipfile.ZipFile(ready.folder / "dist" / "student.zip") as archive:
        asked = archive.read("hw/requirements.txt").decode().splitlines()
    assert asked[:-1] == ["# what we use", "numpy", "tinycount>=1  # counts", "", "notebook>=7"]
    assert asked[-1].startswith("./dl_autograder-")
    record = json.loads((ready.folder / "dist" / "RELEASE.json").read_text(encoding="utf-8"))
    assert record["versions"]["tinycount"] == "1.1"
    assert LOCK_FILE in record["sources"]


@needs_uv
def test_a_stale_lock_is_refused_and_made_anew(ready: Course, course: Course) -> None:
    shutil.copyfile(ready.lock, course.lock)
    course.ask("tinycount<1.1")
    said = course.refused("release", "solutions/hw")
    assert f"{course.lock}: it was made from another requirements.txt" in said
    assert said.endswith("run `autograder setup solutions/hw`.")
    assert "locked tinybase 1.0, tinycount 1.0" in course.set_up()
    course.ask("tinycount")
    assert "locked tinybase 1.0, tinycount 1.0" in course.set_up(), "what is locked stays"
    newest = course.run("setup", "solutions/hw", "--upgrade").stdout
    assert "locked tinybase 1.0, tinycount 1.1" in newest
    assert "installed tinycount 1.1\n" in newest
    course.ask("tqdm")
    assert "taken away" in course.set_up()
    assert not course.lock.exists()


@needs_uv
@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("numpy", "no-such-thing", "tinycount"), "line 2: 'no-such-thing' cannot be had"),
        (("tinycount>=9",), "line 1: 'tinycount>=9' cannot be had"),
        (("tinycount", "", "numpy<2"), "line 3: 'numpy<2' cannot be had"),
        (("tinycount", "tinyold"), "numpy<2"),
    ],
)
def test_what_cannot_be_had_is_one_sentence(
    course: Course, asked: tuple[str, ...], said: str
) -> None:
    course.ask(*asked)
    found = course.refused("setup", "solutions/hw")
    assert said in found
    assert "requirements.txt, line " in found
    assert "harness's own packages" in found
    assert "hint" not in found
    assert "we can conclude" not in found
    assert not course.lock.exists()


@needs_uv
def test_a_file_that_is_not_the_locked_one_is_not_installed(ready: Course, course: Course) -> None:
    text = ready.lock.read_text(encoding="utf-8")
    course.lock.write_text(re.sub(r"(?<=sha256:)[0-9a-f]{64} *$", "0" * 64, text, flags=re.M))
    # The header's digest is of the inputs; it is kept.
    inputs = re.search(r"# inputs: .*", text)
    assert inputs is not None
    course.lock.write_text(
        re.sub(r"# inputs: .*", inputs[0], course.lock.read_text(encoding="utf-8"))
    )
    said = course.refused("setup", "solutions/hw")
    assert "tinybase 1.0, tinycount 1.1 could not be installed: " in said
    assert "Hash mismatch" in said


@needs_uv
def test_an_environment_that_stays_as_it_was_is_named(ready: Course, course: Course) -> None:
    """What comes first on the path hides what uv installs."""
    shutil.copyfile(ready.lock, course.lock)
    (site,) = (course.folder / "environment").glob("lib/python*/site-packages")
    pretend(course.folder / "first", "tinycount", "0.9", "tiny_counting")
    first = f"import sys; sys.path.insert(0, {str(course.folder / 'first')!r})\n"
    (site / "first.pth").write_text(first)
    said = course.refused("setup", "solutions/hw")
    assert "uv has installed tinycount, and yet tinycount is 0.9 here" in said


@pytest.mark.parametrize("line", ["-r others.txt", "./ours", "pkg @ https://x.org/p.whl", "a b"])
def test_lines_that_cannot_be_locked_are_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text(f"numpy\n{line}\n", encoding="utf-8")
    with pytest.raises(PackagesError, match=r"line 2: found '.*'; write one package a line"):
        read_requirements(path)


def test_without_uv_a_sentence_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(uv_module, "PACKAGE", tmp_path / "autograder")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PackagesError, match="uv was not found"):
        find_uv()


def test_homework_four_needs_nothing_beside_the_harness(hw4: Assignment) -> None:
    found = packages_of(hw4)
    assert found.is_locked
    assert not found.lock.exists()
    assert shipped_lock(hw4) == HARNESS_LOCK
    assert "torch\n" in shipped_requirements(hw4)
    assert "notebook" not in shipped_requirements(hw4)


# --- what proves and what ships ------------------------------------------------------------------


def pretend(folder: Path, name: str, version: str, module: str) -> None:
    """Metadata of an installed package."""
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "top_level.txt").write_text(f"{module}\n")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packages that come first in this very process."""
    monkeypatch.syspath_prepend(tmp_path / "site")
    return tmp_path / "site"


def require(folder: Path) -> None:
    require_agreement(manifest.load(folder), {})


@needs_uv
@pytest.mark.parametrize(
    ("version", "said"),
    [
        (None, "tinycount is not installed here, where the lock has 1.1"),
        ("1.0", "tinycount is 1.0 here, where the lock has 1.1"),
        ("1.1.1", "tinycount is 1.1.1 here, where the lock has 1.1"),
    ],
)
def test_another_version_than_the_locked_one_is_refused(
    ready: Course, here: Path, version: str | None, said: str
) -> None:
    pretend(here, "tinybase", "1.0", "tiny_base")
    if version is not None:
        pretend(here, "tinycount", version, "tiny_counting")
    with pytest.raises(PackagesError, match=re.escape(said)) as refused:
        require(ready.staff)
    assert f"run `autograder setup {ready.staff}`" in str(refused.value)


@needs_uv
@pytest.mark.parametrize("version", ["1.1", "1.1+cpu"])
def test_the_locked_version_is_taken(ready: Course, here: Path, version: str) -> None:
    pretend(here, "tinybase", "1.0", "tiny_base")
    pretend(here, "tinycount", version, "tiny_counting")
    require(ready.staff)


def test_the_harness_packages_count_too(here: Path, hw4: Assignment) -> None:
    pretend(here, "numpy", "1.0.0", "numpy")
    with pytest.raises(PackagesError, match=r"numpy is 1\.0\.0 here, where the lock has \d"):
        require(hw4.folder)


def test_packages_that_do_not_ship_do_not_count(here: Path, hw4: Assignment) -> None:
    pretend(here, "mypy", "0.1", "mypy")
    require(hw4.folder)


def test_an_entry_for_another_platform_does_not_count(ready: Course, here: Path) -> None:
    entry = "tinywin==1.0 ; sys_platform == 'win32' \\\n    --hash=sha256:" + "0" * 64 + "\n"
    before = ready.lock.read_text(encoding="utf-8")
    pretend(here, "tinybase", "1.0", "tiny_base")
    pretend(here, "tinycount", "1.1", "tiny_counting")
    try:
        ready.lock.write_text(before + entry, encoding="utf-8")
        require(ready.staff)
        ready.lock.write_text(before + entry.replace("win32", sys.platform), encoding="utf-8")
        with pytest.raises(PackagesError, match="tinywin is not installed here"):
            require(ready.staff)
    finally:
        ready.lock.write_text(before, encoding="utf-8")


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """The staff's folder of an assignment that asks for nothing."""
    return new_assignment("hw", tmp_path / "plain").staff


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_an_import_of_no_package_is_refused(plain: Path) -> None:
    edit(plain / manifest.FILE_NAME, '["numpy"]', '[\n  "numpy",\n  "nosuch.inner",\n]')
    number = 1 + (plain / manifest.FILE_NAME).read_text().splitlines().index('  "nosuch.inner",')
    said = f"line {number}, [runtime] imports: no package that ships has the module nosuch; name"
    with pytest.raises(PackagesError, match=re.escape(said)):
        require(plain)


def test_imports_that_need_no_package_are_taken(plain: Path) -> None:
    public = manifest.load(plain).public
    (public / "ours").mkdir()
    (public / "ours" / "__init__.py").touch()
    (public / "single.py").touch()
    # gradescope_utils is called otherwise than its package; PIL is of pillow.
    modules = '["numpy", "json", "ours.inner", "single", "gradescope_utils", "PIL.Image"]'
    edit(plain / manifest.FILE_NAME, '["numpy"]', modules)
    require(plain)


def test_torch_ships_with_a_homework_that_names_it(plain: Path) -> None:
    """A homework without it is no download of 5 GB."""
    check = plain / "checks" / "shared.py"
    check.write_text("import torch\n", encoding="utf-8")
    said = "torch is of the package torch, which is installed here and would not be in"
    with pytest.raises(PackagesError, match=said):
        require(plain)
    requirements = manifest.load(plain).public / "requirements.txt"
    requirements.write_text("torch\n", encoding="utf-8")
    require(plain)
    assert shipped_requirements(manifest.load(plain)) == "torch\n"
    assert "\ntorch==" in shipped_lock(manifest.load(plain))


def notebook_of(*cells: str) -> dict[str, bytes]:
    tree = {"cells": [{"cell_type": "code", "source": [f"{cell}\n"]} for cell in cells]}
    return {"notebook.ipynb": json.dumps(tree).encode()}


def test_a_library_whose_values_cross_has_to_be_named(plain: Path) -> None:
    solved = notebook_of("import numpy as np", "x = 1\nimport pandas as pd")
    path = plain / manifest.FILE_NAME
    with (manifest.load(plain).public / "requirements.txt").open("a", encoding="utf-8") as file:
        file.write("pandas\n")
    said = (
        "notebook.ipynb, cell 2, line 2: the solution uses pandas, which [runtime] imports in "
        f"{path} does not name: frames would reach checks and functions without their methods; "
        'add "pandas" there.'
    )
    with pytest.raises(PackagesError, match=re.escape(said)):
        require_agreement(manifest.load(plain), solved)
    optional = notebook_of("try:\n    import pandas\nexcept ImportError:\n    pass")
    require_agreement(manifest.load(plain), optional)
    # What the manifest names may import it in turn.
    public = manifest.load(plain).public
    (public / "ours.py").write_text("import pandas\n", encoding="utf-8")
    edit(path, '["numpy"]', '["numpy", "ours"]')
    require_agreement(manifest.load(plain), solved)
    edit(path, '"ours"', '"pandas"')
    require_agreement(manifest.load(plain), solved)


@pytest.mark.parametrize(
    ("line", "refused"),
    [
        ("import tiny_counting.inner", True),
        ("from tiny_counting import share", True),
        ("def f():\n    import tiny_counting", True),
        ("try:\n    import tiny_counting\nexcept ImportError:\n    pass", False),
        ("if TYPE_CHECKING:\n    import tiny_counting", False),
        ("from .tiny_counting import share", False),
        ("import google.colab", False),  # nowhere here: the proof would have failed by it
        ("def broken(:", False),
    ],
)
def test_an_import_of_what_was_installed_by_hand_is_refused(
    plain: Path, here: Path, line: str, refused: bool
) -> None:
    pretend(here, "tinycount", "1.1", "tiny_counting")
    check = plain / "checks" / "shared.py"
    check.write_text(f"{line}\n", encoding="utf-8")
    notebook = notebook_of(line)
    assignment = manifest.load(plain)
    if not refused:
        require_agreement(assignment, notebook)
        return
    said = "tiny_counting is of the package tinycount, which is installed here and would not be"
    with pytest.raises(PackagesError, match=rf"shared\.py, line \d: {said}"):
        require_agreement(assignment, {})
    check.unlink()
    with pytest.raises(PackagesError, match=rf"notebook\.ipynb, cell 1, line \d: {said}"):
        require_agreement(assignment, notebook)
    (assignment.public / "tiny_counting.py").touch()
    require_agreement(assignment, notebook)
