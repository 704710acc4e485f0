"""At home: a real unpacked bundle, real processes, a real kernel."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import nbclient
import nbformat
import numpy as np
import pytest
from PIL import Image

from autograder import wire
from autograder.home import checking
from autograder.home.folder import HomeError, find
from autograder.home.spawned import LOOPBACK, TOKEN_BYTES, SpawnedWorker, Spawner, SpawnSettings
from autograder.home.submit_zip import submission_of
from autograder.model import manifest
from autograder.model.errors import HarnessFault
from autograder.model.pictures import compare
from autograder.sandbox.requests import (
    Replayed,
    StudentException,
    how_it_ended,
)
from autograder.wire.protocol import Replay, Step
from release.bundles.bundle import write_student, write_zip
from release.markup.templates import solved, templates
from release.scaffold import new_assignment

RIGHT = "return (features - features.mean(axis=0)) / features.std(axis=0)"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small assignment's student.zip, unpacked, and its solution notebook beside it."""
    base = tmp_path_factory.mktemp("desk")
    new_assignment("small", base)
    assignment = manifest.load(base / "solutions" / "small")
    write_student(assignment, templates(assignment), base / "student")
    write_zip(base / "student", base / "student.zip", top="small")
    (base / "solved.ipynb").write_bytes(solved(assignment)["notebook.ipynb"])
    return base


@pytest.fixture
def desk(bundle: Path, tmp_path: Path) -> Path:
    """The folder that a student has unpacked, notebooks blank."""
    with zipfile.ZipFile(bundle / "student.zip") as archive:
        archive.extractall(tmp_path)
    return tmp_path / "small"


@pytest.fixture
def solved_desk(bundle: Path, desk: Path) -> Path:
    shutil.copyfile(bundle / "solved.ipynb", desk / "notebook.ipynb")
    return desk


def autograder(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as a student types it, in their own folder."""
    return subprocess.run(
        [sys.executable, "-m", "autograder", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "COLUMNS": "200"},
        check=False,
    )


def spoil(desk: Path, replacement: str) -> None:
    path = desk / "notebook.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.source = cell.source.replace(RIGHT, replacement)
    nbformat.write(notebook, path)


# --- the command --------------------------------------------------------------------------------


def test_the_handouts_files_lie_beside_the_notebook_and_stay_as_they_are(
    solved_desk: Path,
) -> None:
    """Those that were handed out, not the student's others; what is written is gone afterwards."""
    handed_out = json.loads((solved_desk / "checks" / "handout.json").read_text(encoding="utf-8"))
    assert "README.md" in handed_out
    assert not [name for name in handed_out if name.startswith("checks/")]
    (solved_desk / "own.txt").write_text("mine", encoding="utf-8")
    before = (solved_desk / "README.md").read_bytes()
    there = "open('README.md').read() and not __import__('os').path.exists('own.txt')"
    writing = f"(open('README.md', 'a').write('more'), {RIGHT.removeprefix('return ')})[1]"
    spoil(solved_desk, f"assert {there}\n    return {writing}")
    result = autograder(solved_desk, "check")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "AssertionError" not in result.stdout
    assert "failed" not in result.stdout
    assert (solved_desk / "README.md").read_bytes() == before


def test_the_bundle_is_one_folder_with_what_checking_needs(bundle: Path) -> None:
    with zipfile.ZipFile(bundle / "student.zip") as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names} == {"small"}
    for name in ("checks/assignment.toml", "checks/templates/notebook.ipynb", "requirements.txt"):
        assert f"small/{name}" in names
    (wheel,) = (name for name in names if name.endswith(".whl"))
    text = (bundle / "student" / "requirements.txt").read_text(encoding="utf-8")
    assert text.splitlines()[-1] == f"./{Path(wheel).name}"


def test_students_manifest_says_nothing_of_the_staffs(bundle: Path, desk: Path) -> None:
    text = (desk / "checks" / "assignment.toml").read_text(encoding="utf-8")
    for secret in ("notebook.py", "gradescope", "[checks]", "stubs", "solutions"):
        assert secret not in text
    ours = manifest.load(bundle / "solutions" / "small")
    assert find(desk).questions == ours.questions


def test_a_blank_notebook_is_told_kindly(desk: Path) -> None:
    ran = autograder(desk, "check")
    assert ran.returncode == 1, ran.stderr
    assert "✗" in ran.stdout
    assert "standardize keeps the shape of its input" in ran.stdout
    assert "Hint:" in ran.stdout
    assert "worth 1 of 10 points" in ran.stdout
    assert "Traceback" not in ran.stdout + ran.stderr
    assert "Still as handed out: Q1: Standardize, cell" in ran.stdout
    assert "Still as handed out: Q2:" in ran.stdout
    assert "Q2:" not in autograder(desk, "check", "Q1").stdout


def test_the_solution_passes_from_any_folder(solved_desk: Path) -> None:
    for place in (solved_desk, solved_desk / "checks", solved_desk.parent):
        ran = autograder(place, "check")
        assert "✓" in ran.stdout, (place, ran.stdout, ran.stderr)
        assert "✗" not in ran.stdout


@pytest.mark.parametrize("what", ["Q1", "q1", "q", "notebook", "notebook.ipynb", "copy.ipynb"])
def test_one_question_or_one_file(solved_desk: Path, what: str) -> None:
    shutil.copyfile(solved_desk / "notebook.ipynb", solved_desk / "copy.ipynb")
    ran = autograder(solved_desk, "check", what)
    assert "1 / 1" in ran.stdout, ran.stdout + ran.stderr


def test_a_question_without_public_checks_says_so(solved_desk: Path) -> None:
    ran = autograder(solved_desk, "check", "Q2")
    assert ran.returncode == 0
    assert "There is no public check of Q2" in ran.stdout


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("Q9", "'Q9' is no question or notebook here; the questions are Q1, Q2."),
        ("nothing.ipynb", "nothing.ipynb: there is no such file; name a notebook or a question."),
    ],
)
def test_what_is_not_there_is_one_sentence(desk: Path, what: str, says: str) -> None:
    ran = autograder(desk, "check", what)
    assert ran.returncode == 2
    assert " ".join(ran.stderr.split()) == says


def test_a_folder_without_an_assignment_is_one_sentence(tmp_path: Path) -> None:
    ran = autograder(tmp_path, "check")
    assert ran.returncode == 2
    assert "no assignment was found" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_several_assignments_below_are_told_apart(bundle: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        shutil.copytree(bundle / "student", tmp_path / name)
    with pytest.raises(HomeError, match=r"several assignments \(one, two\)"):
        find(tmp_path)
    assert find(tmp_path / "one").public == (tmp_path / "one").resolve()


def test_a_broken_notebook_is_one_message(desk: Path) -> None:
    (desk / "notebook.ipynb").write_text('{"cells": [', encoding="utf-8")
    ran = autograder(desk, "check")
    assert ran.returncode == 1
    assert "this is not a notebook, its text breaks at line 1" in ran.stdout
    assert "Traceback" not in ran.stdout + ran.stderr


def test_watching_checks_again_after_a_save(bundle: Path, desk: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "autograder", "check", "--watch"],
        cwd=desk,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "200"},
    )
    assert process.stdout is not None
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(process.stdout or ()))
    reader.start()
    try:
        _wait_for(lambda: "".join(lines).count("Waiting") == 1)
        assert "✗" in "".join(lines)
        time.sleep(0.5)  # until the watching has begun
        shutil.copyfile(bundle / "solved.ipynb", desk / "notebook.ipynb")
        _wait_for(lambda: "".join(lines).count("Waiting") == 2)
        assert "✓" in "".join(lines)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 0
    finally:
        process.kill()
        reader.join()


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_wheel_serves_alone_and_shows_no_staff_command(
    solved_desk: Path, tmp_path: Path
) -> None:
    """Without the checkout on the path: -S keeps out the editable installation."""
    with zipfile.ZipFile(next(solved_desk.glob("*.whl"))) as archive:
        archive.extractall(tmp_path / "installed")
        assert not [name for name in archive.namelist() if name.startswith("release/")]
    libraries = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    path = os.pathsep.join([str(tmp_path / "installed"), *libraries])
    shown, checked = (
        subprocess.run(
            [sys.executable, "-S", "-m", "autograder", *arguments],
            cwd=solved_desk,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": path, "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
        )
        for arguments in (["--help"], ["check", "Q1"])
    )
    assert "submit-zip" in shown.stdout
    assert "gradescope" not in shown.stdout
    assert "1 / 1" in checked.stdout, checked.stdout + checked.stderr


#: What Windows lacks and this machine has; macOS lacks a part of it.
WITHOUT_UNIX = """
import builtins, os, signal, socket, sys
for name in ("fork", "geteuid", "getuid", "setuid", "chown", "O_NOFOLLOW", "O_NONBLOCK",
             "O_CLOEXEC", "WIFEXITED", "WTERMSIG"):
    delattr(os, name)
for name in ("AF_UNIX", "send_fds", "recv_fds", "SOCK_SEQPACKET"):
    delattr(socket, name)
for name in ("SIGBUS", "SIGXCPU", "SIGSYS"):
    delattr(signal, name)
BARRED = {"resource", "fcntl", "pwd", "grp", "termios", "autograder.sandbox.lockdown"}
original = builtins.__import__
def limited(name, globals=None, locals=None, fromlist=(), level=0):
    if name in BARRED or any(f"{name}.{part}" in BARRED for part in fromlist or ()):
        raise ImportError(f"{name} is not there on Windows")
    return original(name, globals, locals, fromlist, level)
builtins.__import__ = limited
print("barred")
"""


def test_nothing_at_home_needs_unix(solved_desk: Path, tmp_path: Path) -> None:
    """All that Windows lacks is taken away, in the command and in the process that it spawns."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(WITHOUT_UNIX, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "COLUMNS": "200"}
    for arguments, says in ((["check"], "1 / 1"), (["submit-zip"], "Submit")):
        ran = subprocess.run(
            [sys.executable, "-m", "autograder", *arguments],
            cwd=solved_desk,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.stdout.startswith("barred"), ran.stderr
        assert says in ran.stdout, ran.stdout + ran.stderr


# --- the spawned process ------------------------------------------------------------------------


@pytest.fixture
def spawner() -> Iterator[Spawner]:
    with Spawner(SpawnSettings((), ("numpy",), (), ())) as made:
        yield made


def replayed(spawner: Spawner, source: str, name: str = "f") -> SpawnedWorker:
    """A worker in which the source has been run."""
    worker = spawner.worker()
    steps = (Step(1, 1, source, (name,), ()),)
    assert worker.replay(Replay(steps), time.monotonic() + 20) == Replayed({})
    return worker


def test_one_process_serves_worker_after_worker_with_fresh_names(spawner: Spawner) -> None:
    first = replayed(spawner, "import os\ndef f(): return os.getpid()")
    process = first.call("f", [], {}, time.monotonic() + 20)
    first.release()
    second = replayed(spawner, "import os\ndef g(): return os.getpid(), 'f' in globals()", "g")
    assert second.call("g", [], {}, time.monotonic() + 20) == (process, False)


def test_exceptions_and_prints_of_student_code(spawner: Spawner) -> None:
    worker = replayed(spawner, "def f():\n    print('noise' * 10**6)\n    return 1 / 0")
    found = worker.call("f", [], {}, time.monotonic() + 20)
    assert isinstance(found, StudentException)
    assert (found.type, found.cell, found.line) == ("ZeroDivisionError", 1, 3)


def test_a_module_that_is_not_there_is_the_harnesss_fault() -> None:
    with (
        Spawner(SpawnSettings((), ("no_such_module",), (), ())) as made,
        pytest.raises(HarnessFault),
    ):
        made.worker()


def test_a_stranger_on_the_port_is_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program of the machine connects first; only the one that has the token is served."""
    made: list[socket.socket] = []
    original = socket.create_server

    def create(address: tuple[str, int]) -> socket.socket:
        server = original(address)
        stranger = socket.create_connection((LOOPBACK, server.getsockname()[1]))
        wire.send(stranger, b"x" * TOKEN_BYTES)
        made.append(stranger)
        return server

    monkeypatch.setattr(socket, "create_server", create)
    with Spawner(SpawnSettings((), ("numpy",), (), ())) as spawner:
        worker = replayed(spawner, "def f(): return 7")
        assert worker.call("f", [], {}, time.monotonic() + 20) == 7
    (stranger,) = made
    with stranger, pytest.raises(wire.PeerClosed):
        wire.receive(stranger, deadline=time.monotonic() + 5)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, "ended the Python process"),
        (0xC0000005, r"crashed the Python interpreter \(0xc0000005\)"),
        (-11, "SIGSEGV"),
        (-9, "out of memory"),
        (None, "stopped"),
    ],
)
def test_exit_codes_in_words(code: int | None, words: str) -> None:
    assert re.search(words, how_it_ended(code))


# --- in a notebook ------------------------------------------------------------------------------


def execute(folder: Path, *cells: str) -> list[str]:
    """What each cell of a fresh notebook shows, run in a real kernel in ``folder``: one thing."""
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
    nbclient.NotebookClient(
        notebook, timeout=60, resources={"metadata": {"path": str(folder)}}
    ).execute()
    assert all(len(cell.outputs) <= 1 for cell in notebook.cells)
    outputs = [cell.outputs[0] if cell.outputs else {} for cell in notebook.cells]
    return [out.get("text", "") or out.get("data", {}).get("text/html", "") for out in outputs]


def test_live_names_are_checked_and_shown(solved_desk: Path) -> None:
    """In Colab's layout: the notebook runs in the folder above the unpacked one."""
    check = "from autograder.notebook import check\ncheck('Q1')"
    shown = execute(
        solved_desk.parent,
        check,
        f"import numpy as np\ndef standardize(features):\n    features -= 1\n    {RIGHT}",
        "check('Q1')",
        "def standardize(features):\n    x = 1\n    return x / 0",
        "check()",
        "def standardize(features):\n    return (x for x in [1])",
        "check('Q1')",
        "def standardize(features):\n    return '<b>' + 1",
        "check('Q1')",
        "check('Q7')",
    )
    assert "`standardize` is not defined in this notebook yet." in shown[0]
    assert 'aria-label="Passed"' in shown[2]
    assert "cell 4, line 3, `return x / 0` raised ZeroDivisionError" in shown[4]
    assert "an object of type generator, where an array is expected" in shown[6]
    assert "&lt;b&gt;" in shown[8]
    assert "<b>" not in shown[8]
    assert "'Q7' is no question or notebook here" in shown[9]


def test_live_checks_change_nothing_of_the_students(solved_desk: Path) -> None:
    shown = execute(
        solved_desk,
        # The outer pytest's own variables, which this kernel has inherited, do not count.
        "import os, sys, numpy as np\ndef state():\n"
        "    names = {k: v for k, v in os.environ.items() if 'PYTEST_' not in k}\n"
        "    return list(sys.path), names, os.getcwd()\nbefore = state()",
        f"def standardize(features):\n    {RIGHT}",
        "from autograder.notebook import check\ncheck('Q1')",
        "print(state() == before)",
        "print(sorted(n for n in globals() if 'autograder' in n or n.startswith('test')))",
    )
    assert shown[3].strip() == "True"
    assert shown[4].strip() == "[]"


def test_pictures_beside_a_wrong_answer() -> None:
    expected = np.zeros((8, 10))
    got = expected.copy()
    got[0] = 1.0
    pictures = compare(got, expected)
    assert [picture.title for picture in pictures] == ["Came back", "Expected", "Difference"]
    assert pictures[0].alt == "Came back: 8 by 10 values from 0 to 1"
    drawn = [np.asarray(Image.open(_file(picture.png))) for picture in pictures]
    assert drawn[0].shape == (128, 160)
    assert set(drawn[0][:16].ravel()) == {255}
    assert set(drawn[1].ravel()) == {0}
    assert tuple(drawn[2][0, 0]) == (178, 24, 43)
    assert tuple(drawn[2][-1, -1]) == (255, 255, 255)


@pytest.mark.parametrize(
    ("got", "expected", "count"),
    [
        (np.zeros((5, 5)), np.zeros((6, 6)), 2),
        (np.zeros((3, 9, 9)), np.zeros((9, 9, 3)), 3),
        (np.zeros((1, 9, 9)), np.zeros((1, 9, 9), dtype=bool), 3),
        (np.zeros(5), np.zeros(5), 0),
        (np.full((5, 5), np.nan), np.zeros((5, 5)), 0),
        (np.zeros((5, 5), dtype=complex), np.zeros((5, 5)), 0),
        (np.zeros((2000, 5)), np.zeros((2000, 5)), 0),
        (np.zeros((900, 700)), np.zeros((900, 700)), 3),
        (np.zeros((0, 5)), np.zeros((0, 5)), 0),
    ],
)
def test_what_is_drawn(got: object, expected: object, count: int) -> None:
    pictures = compare(got, expected)
    assert len(pictures) == count
    for picture in pictures:
        assert max(Image.open(_file(picture.png)).size) <= 320


def _file(png: str) -> io.BytesIO:
    return io.BytesIO(base64.b64decode(png))


# --- submitting ---------------------------------------------------------------------------------


def test_the_zip_holds_the_answers_and_says_first_what_is_blank(desk: Path) -> None:
    ran = autograder(desk, "submit-zip")
    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.splitlines()
    assert lines[0] == "Still as handed out"
    assert "Q1: Standardize, cell" in lines[1]
    with zipfile.ZipFile(desk / "small-submission.zip") as archive:
        assert archive.namelist() == ["notebook.ipynb"]
    again = autograder(desk, "submit-zip", "--out", "again.zip")
    assert again.returncode == 0
    assert (desk / "again.zip").is_file()


def test_the_zip_of_a_solved_folder_names_nothing_blank(solved_desk: Path) -> None:
    ran = autograder(solved_desk, "submit-zip")
    assert "Still as handed out" not in ran.stdout
    assert "Missing" not in ran.stdout
    assert "Cannot be read" not in ran.stdout


def test_what_is_no_python_is_said_before_it_is_submitted(solved_desk: Path) -> None:
    spoil(solved_desk, "return (")
    said = " ".join(autograder(solved_desk, "check", "Q1").stdout.split())
    assert "Hint: Mend that line" in said
    assert "Hint: Define `standardize`" not in said
    ran = autograder(solved_desk, "submit-zip")
    assert ran.returncode == 0
    first, second, *_ = ran.stdout.splitlines()
    assert first == "Cannot be read as Python, and does not count"
    assert re.fullmatch(r"  notebook\.ipynb, cell \d+, line \d+: '\(' was never closed\.", second)


def test_a_missing_notebook_comes_first(desk: Path) -> None:
    (desk / "notebook.ipynb").unlink()
    (desk / "other.ipynb").write_text('{"cells": []}', encoding="utf-8")
    ran = autograder(desk, "submit-zip")
    assert ran.stdout.startswith("Missing\n  notebook.ipynb is not there; give it that name")
    assert ran.returncode == 2
    assert "there is nothing to submit" in " ".join(ran.stderr.split())


@pytest.mark.parametrize(
    "name", ["notebook (1).ipynb", "final/notebook.ipynb", "notebook.ipynb.txt", "mine.ipynb"]
)
def test_the_copy_with_the_answers_is_checked_and_handed_in(
    bundle: Path, desk: Path, name: str
) -> None:
    """Beside the blank notebook, as the grader would find it; in the zip it has the right name."""
    (desk / name).parent.mkdir(exist_ok=True)
    shutil.copyfile(bundle / "solved.ipynb", desk / name)
    checked, zipped = autograder(desk, "check"), autograder(desk, "submit-zip")
    for ran in (checked, zipped):
        told = f"{name} was taken for notebook.ipynb: notebook.ipynb holds no answers."
        assert told in " ".join(ran.stdout.split()), ran.stdout + ran.stderr
    assert "✗" not in checked.stdout
    assert "Still as handed out" not in zipped.stdout
    with zipfile.ZipFile(desk / "small-submission.zip") as archive:
        assert archive.namelist() == ["notebook.ipynb"]
        assert archive.read("notebook.ipynb") == (bundle / "solved.ipynb").read_bytes()


def test_the_blank_copy_can_be_checked_by_its_name(bundle: Path, desk: Path) -> None:
    shutil.copyfile(bundle / "solved.ipynb", desk / "notebook.ipynb (1)")
    assert "1 / 1" in autograder(desk, "check", "notebook.ipynb (1)").stdout
    assert "1 / 1" not in autograder(desk, "check", "notebook.ipynb").stdout


def test_what_the_grader_would_not_take_is_not_handed_in(solved_desk: Path) -> None:
    settings = solved_desk / "checks" / "assignment.toml"
    text = settings.read_text(encoding="utf-8").replace("file_mb = 64", "file_mb = 1")
    settings.write_text(text, encoding="utf-8")
    with (solved_desk / "notebook.ipynb").open("ab") as file:
        file.write(b" " * 2_000_000)
    ran = autograder(solved_desk, "submit-zip")
    assert ran.returncode == 2
    assert "notebook.ipynb would be left out, it is larger than allowed" in " ".join(
        ran.stderr.split()
    )
    assert not list(solved_desk.glob("*.zip"))


def test_only_answers_are_taken(desk: Path) -> None:
    for name in (
        "data/notebook.ipynb",
        ".ipynb_checkpoints/notebook.ipynb",
        "venv/pyvenv.cfg",
        "venv/notebook.ipynb",
        "deep/er/and/deeper/notebook.ipynb",
    ):
        (desk / name).parent.mkdir(parents=True, exist_ok=True)
        (desk / name).write_text("{}", encoding="utf-8")
    taken = submission_of(find(desk), desk)
    assert [str(file) for file in taken.files] == ["notebook.ipynb"]


def test_words_select_questions(desk: Path) -> None:
    assignment = find(desk)
    assert checking.select(assignment, ["q2", "Q1"]) == {"Q1", "Q2"}
    with pytest.raises(HomeError, match="'' is no question"):
        checking.select(assignment, [""])
