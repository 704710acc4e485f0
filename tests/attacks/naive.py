"""The grader that others are: student code and checks share a process. For positive controls only.

Run as ``python naive.py``. One job a line comes in as JSON, one line goes out when its grading has
ended or its time is over; ``{"op": "clean"}`` then kills what is left. Each job is graded in forks
of this process, which has everything imported. It does what graders in use do, all at once: it
extracts archives by hand, puts the submission on the import path, runs the notebook and its shell
lines in the process of the checks, which stand in a file beside it, trusts the best verdict on
its pipe, shows what a failing assertion says, unpickles what was submitted.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import importlib
import json
import os
import pickle
import resource
import shutil
import signal
import stat
import sys
import time
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

import _pytest
import numpy
import pytest
import torch

PR_SET_CHILD_SUBREAPER = 36
#: Not a defence: it keeps the machine that runs these tests alive.
MEMORY = 6 << 30

CHECKS = """
import time

import naive_grader as grader
import numpy as np
import torch

CANARY = "{canary}"
WEIGHTS = (0.125, 0.25, 0.375, 0.25)


def test_values():
    matrix = np.random.RandomState(0).rand(4, 3)
    got = grader.student["total"](matrix)
    expected = matrix.sum(axis=1)
    time.sleep(0.05)  # as for a picture of both
    assert got.shape == expected.shape
    assert np.allclose(got, expected), f"{{got}} instead of {{expected}}"


def test_list():
    expected = 0.875
    assert grader.student["total"]([0.5, 0.25, 0.125]) == expected


def test_tensor():
    matrix = torch.ones(4, 3)
    error = (grader.student["total"](matrix) - matrix.sum(dim=1)).abs().max()
    assert not error > 1e-6


def test_label():
    expected = CANARY[::-1]
    got = grader.student["label"](CANARY)
    assert got == expected, f"{{got}} instead of {{expected}}"


def test_stack():
    stack, expected = grader.student["Stack"](), [CANARY, "other"]
    for item in expected:
        stack.push(item)
    got = list(stack)
    assert got == expected, f"{{got}} instead of {{expected}}"
    assert len(stack) == 2


def test_trophy():
    grader.trophy(grader.student["trophy"]())


def test_weights():
    error = max(abs(got - wanted) for got, wanted in zip(grader.weights(), WEIGHTS))
    assert not error > 1e-6


def test_accuracy():
    rate = grader.student["rate"]
    assert grader.remembered(rate, lambda: 1 - abs(rate - 0.125)) >= 0.9
"""
POINTS = {"test_values": 2, "test_list": 1, "test_tensor": 1, "test_label": 1, "test_trophy": 0}
POINTS |= {"test_weights": 2, "test_accuracy": 2, "test_stack": 1}


class Grader:
    """The module that the naive checks import; it lives in the student's process."""

    def __init__(self, job: dict[str, Any], pipe: int) -> None:
        self.job = job
        self.pipe = pipe
        self.root = Path(job["root"])
        self.student: dict[str, Any] = {"__name__": "__main__"}
        self.seen: object = None

    def trophy(self, evidence: object) -> None:
        self.seen = evidence

    def weights(self) -> Any:
        if (self.root / "weights.pkl").exists():
            return pickle.loads((self.root / "weights.pkl").read_bytes())
        if (self.root / "weights.pt").exists():
            return torch.load(self.root / "weights.pt", weights_only=False)
        text = open(self.root / "weights.json").read()  # noqa: PTH123, SIM115 (patchable)
        try:
            return json.loads(text)
        except ValueError:
            raise AssertionError(f"weights.json is no JSON: {text[:3000]}") from None

    def remembered(self, rate: float, compute: Any) -> Any:
        from autograder.checks.cache import digest

        path = Path(self.job["cache"]) / f"{digest(['accuracy', rate])}.json"
        return json.loads(path.read_text()) if path.exists() else compute()

    def say(self, message: dict[str, Any]) -> None:
        text = json.dumps(message, default=str)
        os.write(self.pipe, (text + "\n").encode("utf-8", "surrogatepass"))

    # --- pytest's hooks ---

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.when == "call":
            points = POINTS[report.location[2]] if report.passed else 0
            message = "" if report.passed else str(report.longrepr)
            self.say({"check": report.location[2], "points": points, "message": message})
            if report.location[2] == "test_trophy":
                self.say({"trophy": self.seen})


def extract(path: Path, root: Path) -> Path:
    """Everything in the archive, where its name says."""
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            name = unicodedata.normalize("NFKC", member.filename).replace("\\", "/")
            target = os.path.join(root, name)  # noqa: PTH118 (as everybody writes it)
            os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120
            if stat.S_ISLNK(member.external_attr >> 16):
                os.symlink(archive.read(member), target)  # noqa: PTH211
            else:
                with open(target, "wb") as file:  # noqa: PTH123
                    file.write(archive.read(member))
    return root


def run_notebook(tree: dict[str, Any], namespace: dict[str, Any]) -> None:
    for cell in tree["cells"]:
        if cell["cell_type"] != "code":
            continue
        lines = "".join(cell["source"]).split("\n")
        if lines[0].startswith("%%bash"):
            os.system("\n".join(lines[1:]))
            continue
        for number, line in enumerate(lines):
            if line.startswith("!"):
                lines[number] = f"__import__('os').system({line[1:]!r})"
            elif line.startswith("%run "):
                lines[number] = f"exec(open({line[5:].strip()!r}).read())"
        exec(compile("\n".join(lines), "<cell>", "exec"), namespace)


def grade(job: dict[str, Any], pipe: int) -> None:
    """The whole of the naive grading, in the student's process."""
    grader = Grader(job, pipe)
    path, root = Path(job["path"]), Path(job["root"])
    log = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    if path.is_dir():
        os.system(f"cp -a '{path}/.' '{root}'")
    elif path.suffix == ".zip":
        extract(path, root)
    else:
        shutil.copy(path, root)
    os.chdir(root)
    sys.path.insert(0, str(root))
    sys.modules["naive_grader"] = grader  # type: ignore[assignment]
    (root / "test_naive.py").write_text(CHECKS.format(canary=job["canary"]))
    tree = json.loads((root / "attacked.ipynb").read_text(encoding="utf-8"))
    try:
        run_notebook(tree, grader.student)
    except Exception as error:
        grader.say({"check": "notebook", "points": 0, "message": str(error)})
    options = [
        "-s",
        "-p",
        "no:terminal",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(root),
        "test_naive.py",
    ]
    pytest.main(options, plugins=[grader])


def collect(job: dict[str, Any], reader: int) -> None:
    """Believe what comes on the pipe, and write results.json from it."""
    data = b""
    while chunk := os.read(reader, 1 << 16):
        data += chunk
    checks: dict[str, Any] = {}
    trophy: object = None
    for line in data.decode("utf-8", "surrogatepass").splitlines():
        message = json.loads(line)
        if "check" in message:
            best = checks.setdefault(message["check"], message)
            if message["points"] > best["points"]:
                checks[message["check"]] = message
        else:
            trophy = message.get("trophy")
    tests = [
        {"name": name, "score": message["points"], "output": message.get("message", "")}
        for name, message in checks.items()
    ]
    results = {
        "score": sum(test["score"] for test in tests),
        "tests": tests,
        "output": Path(job["log"]).read_text(errors="replace"),
        "output_format": "html",
        "extra_data": {"trophy": trophy, "complete": set(POINTS) <= set(checks)},
    }
    Path(job["results"]).write_text(json.dumps(results, ensure_ascii=False), encoding="utf-8")


def run(job: dict[str, Any]) -> None:
    """Fork the process that grades; collect its verdicts."""
    os.setsid()
    os.environ["STAFF_TOKEN"] = job["canary"]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.close(reader)
        with contextlib.suppress(SystemExit):
            grade(job, writer)
        atexit._run_exitfuncs()
        os._exit(0)
    os.close(writer)
    collect(job, reader)


def serve() -> None:
    """One job after the other."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for line in sys.stdin:
        job = json.loads(line)
        if job.get("op") == "clean":
            clean()
            answer({})
            continue
        started = time.monotonic()
        runner = os.fork()
        if runner == 0:
            try:
                run(job)
            finally:
                os._exit(0)
        timed_out = not ended(runner, started + job["seconds"])
        answer({"timed_out": timed_out, "seconds": time.monotonic() - started})


def ended(pid: int, deadline: float) -> bool:
    while time.monotonic() < deadline:
        if os.waitpid(pid, os.WNOHANG)[0]:
            return True
        time.sleep(0.002)
    return False


def answer(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def clean() -> None:
    """Kill all descendants, the last ones last."""
    own = os.getpid()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        children = Path(f"/proc/{own}/task/{own}/children").read_text().split()
        if not children:
            return
        for child in children:
            os.kill(int(child), signal.SIGKILL)
        time.sleep(0.002)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return


if __name__ == "__main__":
    for module in (_pytest, numpy, torch):
        assert module
    for name in ("_pytest.assertion.rewrite", "_pytest.runner", "autograder.checks.cache"):
        importlib.import_module(name)
    torch.set_num_threads(1)
    serve()
