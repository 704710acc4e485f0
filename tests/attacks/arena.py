"""An attack comes in, is graded for real or naively, and what it has achieved goes out.

Each file of ``corpus/`` is one attack. Its docstring names what stops it (``defence:``), where it
is shown to work (``control:``) and as what (``wins:``). The rest is a cell of the student's
notebook, in which ``@PLACE@`` stands for a path or number that an attacker is assumed to know; or,
where a function ``build`` stands in it, it makes a submission out of files.

One judge looks at both graders: at the results, at what no attack may touch, at what still runs.
"""

from __future__ import annotations

import ast
import ctypes
import hashlib
import importlib.util
import itertools
import json
import math
import os
import re
import secrets
import shutil
import socket
import stat
import struct
import subprocess
import sys
import threading
import time
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

from jsonschema import Draft202012Validator

from autograder import gradescope
from autograder.grading.policies import CachePolicy, IsolationPolicy
from autograder.grading.session import Session
from autograder.model import manifest
from autograder.model.errors import HarnessFault
from autograder.model.report import Report
from autograder.sandbox.lockdown import NAMES, Grading, required
from autograder.wire import codec, decoder, elements
from autograder.wire.types import plain
from release.markup.templates import solved, templates

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"
ASSIGNMENT = HERE.parent / "assignments" / "attacked"
NOTEBOOK = "attacked.ipynb"

#: Which steps of the lock-down are left out. A place to write is no defence, so each level has it.
LEVELS: dict[str, frozenset[str]] = {
    "all": frozenset(),
    "no-landlock": frozenset({"landlock"}),
    "minimum": frozenset(NAMES) - required(Grading.ROOT) - {"scratch"},
}

#: What a grading of everything may take: each check's limit, and the work around it.
SECONDS = 12.0
#: The same for the naive grader, and for an attack that is to hang it.
NAIVE_SECONDS, HANGING_SECONDS = 10.0, 1.5
HURRY = "@time_limit(1)\ndef test_trophy("
SHARED_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue")
FULL_MARKS = 11.0
RESULTS_BYTES = 2_000_000
#: A larger file is not read, before and after each attack, to see whether it is the same.
LARGE = 1 << 20


# --- the corpus -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Attack:
    """One file of the corpus.

    Attributes:
        control: ``naive``, ``own``, or ``without`` and the steps that are left out.
        wins: what the judge has to see in the control.
        module: the file as a module, where it is no cell.
        seconds: what it takes at most in the naive grader, if it comes to an end.
    """

    name: str
    title: str
    text: str
    module: ModuleType | None
    seconds: float
    defence: str
    control: str
    wins: str

    @property
    def is_code(self) -> bool:
        """Whether it is a cell, and not a submission made of files."""
        return not hasattr(self.module, "build")


def load(path: Path) -> Attack:
    """Read a file of the corpus.

    Raises:
        ValueError: its header lacks something.
    """
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    header = ast.get_docstring(tree) or ""
    fields = dict(re.findall(r"^(defence|control|wins|seconds): (.+)$", header, re.MULTILINE))
    patience = HANGING_SECONDS if fields.get("wins") == "time" else NAIVE_SECONDS
    seconds = float(fields.pop("seconds", patience))
    if set(fields) != {"defence", "control", "wins"}:
        raise ValueError(f"{path.name}: its header has {sorted(fields)} only")
    made = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    module = None
    if made & {"build", "control"}:
        spec = importlib.util.spec_from_file_location(f"corpus_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return Attack(path.stem, header.splitlines()[0], text, module, seconds, **fields)


# --- what an attack may not touch -----------------------------------------------------------------


class Listener:
    """Whatever reaches one of the arena's sockets over the network or a local path."""

    def __init__(self, folder: Path) -> None:
        self.heard: list[bytes] = []
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.path = folder / "socket"
        self.local = socket.socket(socket.AF_UNIX)
        self.local.bind(str(self.path))
        self.path.chmod(0o777)
        self.abstract_name = f"arena-{secrets.token_hex(6)}"
        self.abstract = socket.socket(socket.AF_UNIX)
        self.abstract.bind(f"\0{self.abstract_name}")
        for listening in (self.tcp, self.local, self.abstract):
            listening.listen()
            threading.Thread(target=self._accept, args=(listening,), daemon=True).start()
        threading.Thread(target=self._receive, daemon=True).start()

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _address = listening.accept()
                with connection, suppress(OSError):
                    connection.settimeout(1)
                    self.heard.append(connection.recv(4096))

    def _receive(self) -> None:
        with suppress(OSError):
            while True:
                self.heard.append(self.udp.recv(4096))

    def close(self) -> None:
        for each in (self.tcp, self.udp, self.local, self.abstract):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


def children(pid: int) -> list[int]:
    """The children of a process, zombies left out."""
    found = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text(encoding="ascii").split():
                with suppress(OSError, IndexError):
                    status = Path(f"/proc/{child}/stat").read_text(encoding="utf-8")
                    if status.rpartition(")")[2].split()[0] != "Z":
                        found.append(int(child))
    return found


def descendants(pid: int) -> list[int]:
    """All that descends from a process."""
    return [each for child in children(pid) for each in (child, *descendants(child))]


def left_running(pid: int) -> list[int]:
    """All that descends from a process; one that forks and ends at once is not always there."""
    looks = (descendants(pid) for _ in range(5))
    return next(filter(None, looks), [])


def state(path: Path) -> object:
    """What there is at a path: kind, mode and owner, and the contents, whatever it is."""
    try:
        found = path.lstat()
    except OSError:
        return None
    facts: list[object] = [found.st_mode, found.st_uid]
    if path.is_symlink():
        return [*facts, str(path.readlink())]
    if path.is_dir():
        kept = (child for child in sorted(path.iterdir()) if child.name != "__pycache__")
        return [*facts, [(child.name, state(child)) for child in kept]]
    if found.st_size > LARGE:  # its time of change is not to be forged
        return [*facts, found.st_size, found.st_ctime_ns]
    return [*facts, hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""]


# --- the arena ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """What an attack has achieved, each as a word and what was seen; empty if it was held."""

    won: dict[str, str]
    seconds: float
    report: Report | None = None

    @property
    def held(self) -> bool:
        return not self.won


class Arena:
    """A copy of the assignment, a session and a naive grader, for one attack after the other.

    Args:
        patience: the seconds that the check of what an attack has to show gives it.
    """

    def __init__(self, folder: Path, canary: str, *, patience: int = 1) -> None:
        self.folder = folder
        self.canary = f"canary-{canary}"
        folder.mkdir(mode=0o755)
        shutil.copytree(ASSIGNMENT, folder, dirs_exist_ok=True)
        for path in (folder / "staff").rglob("*"):
            if path.suffix in (".py", ".toml"):
                text = path.read_text(encoding="utf-8")
                text = text.replace("@CANARY@", canary).replace(
                    HURRY, HURRY.replace("1", str(patience))
                )
                path.write_text(text, encoding="utf-8")
        (folder / "staff").chmod(0o700)
        with (folder / "public" / "large.bin").open("wb") as file:  # larger than is copied
            file.truncate(9 << 20)
        self.assignment = manifest.load(folder / "staff")
        self.templates = templates(self.assignment)
        self.solved = solved(self.assignment)[NOTEBOOK].decode()
        self.results = self._made("results") / "results.json"
        self.neighbour = self._made("next")
        self.submit(self.neighbour, self.solved)
        self.tripwire = self._made("tripwire") / "wire"
        self.tripwire.write_text("untouched", encoding="utf-8")
        self.cache = folder / "cache"
        # On Gradescope every user can read it.
        self.metadata = folder / "submission_metadata.json"
        self.metadata.write_text(json.dumps({"email": self.canary}), encoding="utf-8")
        self.setuid = folder / "id"
        shutil.copy("/usr/bin/id", self.setuid)
        self.setuid.chmod(0o4755)
        self.originals = {
            path: (path.stat().st_mode, path.read_bytes() if path.is_file() else b"")
            for path in (folder / "staff", *sorted((folder / "staff").rglob("*")), self.metadata)
        }
        self.listener = Listener(folder)
        self.mark = ""
        self.fought = 0
        self.numbers = itertools.count()
        self.honest = itertools.cycle(sorted(self.spellings))
        self._session: Session | None = None
        self._naive: subprocess.Popen[str] | None = None
        self._bystanders: dict[str, subprocess.Popen[bytes]] = {}

    def _made(self, name: str) -> Path:
        path = self.folder / name
        path.mkdir(mode=0o755)
        return path

    def close(self) -> None:
        if self._session is not None:
            self._session.close()
        for process in self._bystanders.values():
            process.kill()
            process.wait()
        if self._naive is not None:
            self._naive_job({"op": "clean"})
            self._naive.communicate()
        self.listener.close()

    @property
    def session(self) -> Session:
        """One session for all attacks, which is itself part of the test."""
        if self._session is None or self._session._process is None:  # an attack has ended it
            self._session = Session(
                self.assignment,
                self.templates,
                isolation=IsolationPolicy(accept_weaker=True),
                cache=CachePolicy(self.cache),
            ).__enter__()
        return self._session

    @property
    def zygote(self) -> int:
        assert self.session._process is not None
        return self.session._process.pid

    @property
    def own_processes(self) -> list[int]:
        """Those that the arena has started itself and that still run."""
        started = [*self._bystanders.values(), self._naive]
        started.append(self._session._process if self._session is not None else None)
        return [process.pid for process in started if process is not None]

    def bystander(self, name: str, user: int) -> int:
        """An innocent process of another user, with the canary in its environment."""
        process = self._bystanders.get(name)
        if process is None or process.poll() is not None:
            environment = {"STAFF_TOKEN": self.canary, "PATH": os.defpath}
            process = subprocess.Popen(
                ["sh", "-c", "read line", self.canary if name == "victim" else "x"],
                stdin=subprocess.PIPE,
                env=environment,
                user=user,
                group=user,
                extra_groups=[],
                cwd="/",
            )
            self._bystanders[name] = process
        return process.pid

    # --- submissions ---

    def notebook(self, cell: str | None) -> str:
        """The template with the answer's cell replaced, as a student would submit it."""
        tree = json.loads(self.templates[NOTEBOOK])
        if cell is not None:
            next(c for c in tree["cells"] if c["id"] == "answers")["source"] = cell
        return json.dumps(tree)

    @cached_property
    def spellings(self) -> dict[str, str]:
        """The solution notebook, and the same answers spelled differently."""
        spelled = {
            path.stem: path.read_text(encoding="utf-8") for path in (HERE / "honest").glob("*.ipy")
        }
        return {"solved": self.solved, **{k: self.notebook(text) for k, text in spelled.items()}}

    def submit(self, folder: Path, notebook: str) -> Path:
        """An honest hand-in with that notebook."""
        folder.mkdir(exist_ok=True)
        (folder / NOTEBOOK).write_text(notebook, encoding="utf-8")
        (folder / "weights.json").write_text("[0.125, 0.25, 0.375, 0.25]", encoding="utf-8")
        (folder / "log.csv").write_text("step,loss\n0,3.0\n1,2.0\n2,1.0\n", encoding="utf-8")
        return folder

    def fill(self, text: str, *, naive: bool) -> str:
        """Write the paths and numbers into an attack that it is assumed to know."""
        victim = self.bystander("victim", 0)
        staff = self.assignment.folder
        places: dict[str, object] = {
            "CHECKS": staff / "checks" / "test_attacked.py",
            "SOLUTION": staff / "attacked.py",
            "MANIFEST": staff / "assignment.toml",
            "STAFF": staff,
            "RESULTS": self.results,
            "CACHE": self.cache,
            "METADATA": self.metadata,
            "TRIPWIRE": self.tripwire,
            "NEIGHBOUR": self.neighbour,
            "SETUID": self.setuid,
            "VICTIM": victim,
            "SIBLING": self.bystander("sibling", 59_998),
            "ZYGOTE": victim if naive else self.zygote,
            "GRADER": victim if naive else children(self.zygote)[0],
            "PORT": self.listener.tcp.getsockname()[1],
            "UDP": self.listener.udp.getsockname()[1],
            "SOCKET": self.listener.path,
            "ABSTRACT": self.listener.abstract_name,
            "MARK": self.mark,
            "KEY": int(self.mark.removeprefix("mark"), 16),
        }
        for name, value in places.items():
            text = text.replace(f"@{name}@", str(value))
        return text

    def prepare(self, attack: Attack, *, naive: bool) -> Path:
        """A fresh submission that carries the attack."""
        self.mark = f"mark{secrets.randbits(30):08x}"
        folder = self._made(f"attack-{next(self.numbers)}")
        if attack.module is not None and hasattr(attack.module, "build"):
            return Path(attack.module.build(folder, self))
        cell = self.fill(attack.text, naive=naive)
        (folder / NOTEBOOK).write_text(self.notebook(cell), encoding="utf-8")
        return folder

    def solved_without_files(self) -> str:
        """The blank notebook; for attacks by modules that lie beside it."""
        return self.notebook("import random, json, hashlib, colorsys\ntrophy = lambda: 0")

    def trusting(self, frame: bytes) -> bool:
        """Whether a reader of frames that believes what it reads comes to harm."""
        _magic, header, body = struct.unpack("<4sQQ", frame[:20])
        if max(header, body) > 1 << 40:
            return True  # allocated at once
        try:
            rest = _believed(frame[20 : 20 + header])
        except (
            ValueError,
            KeyError,
            IndexError,
            TypeError,
            MemoryError,
            RecursionError,
            struct.error,
        ):
            return True
        return bool(rest)

    def believing(self, frames: Iterable[bytes]) -> bool:
        """Whether a decoder takes each of the frames that does not ask if an encoder made it."""

        def nothing(*_args: object) -> None:
            pass

        with ExitStack() as patches:
            for module, name, substitute in (
                (decoder, "expect_canonical", nothing),
                (decoder, "expect_distinct", nothing),
                (plain, "expect_distinct", nothing),
                (plain, "printable", lambda name: name),
                (decoder, "octets", lambda _value: mock.ANY),
                (elements, "_are_bools", lambda _raw: True),
                (elements, "scalar", lambda _value: mock.Mock(dtype=mock.ANY)),
            ):
                patches.enter_context(mock.patch.object(module, name, substitute))
            for frame in frames:
                header, body = codec.sizes(frame[: codec.PREFIX.size])
                rest = frame[codec.PREFIX.size :]
                plan = codec.Plan(rest[:header], body)
                at, buffers = header, []
                for size in plan.buffer_sizes:
                    buffers.append(memoryview(bytearray(rest[at : at + size])))
                    at += size
                plan.value(buffers)
        return True

    # --- grading ---

    def grade(self, path: Path, without: frozenset[str] = frozenset()) -> Report:
        """By the real harness, with steps of the lock-down left out."""
        return self.session.grade(
            path, isolation=IsolationPolicy(accept_weaker=True, leave_out=without)
        )

    def fight(self, attack: Attack, without: frozenset[str] = frozenset()) -> Verdict:
        """Run the attack against the real harness."""
        path = self.prepare(attack, naive=False)
        zygote = self.zygote
        before = self._watched()
        self.results.unlink(missing_ok=True)
        self.listener.heard.clear()
        started = time.monotonic()
        report = self.grade(path, without)
        seconds = time.monotonic() - started
        won = {"results": "written by the attack"} if any(self.results.parent.iterdir()) else {}
        self._empty_results()
        try:
            gradescope.write_results(report, self.results)
        except (HarnessFault, ValueError) as fault:
            won["results"] = str(fault)
        written = json.loads(self.results.read_text("utf-8")) if self.results.exists() else {}
        left = descendants(zygote)
        if self._session is not None and self._session._process is not None:
            left = [pid for pid in descendants(self.zygote) if pid != children(self.zygote)[0]]
        won |= self._judged(written, left, before)
        if seconds > SECONDS:
            won["time"] = f"{seconds:.1f} s"
        if report.faulty:
            won["fault"] = report.all_faults[0][-500:]
        if report.score:
            won["points"] = f"{report.score:g}"
        unread = any("the submission was still being read" in flag for flag in report.flags)
        if not unread and len(report.checks) != 7:  # else an entry stands for each question
            won["results"] = f"{len(report.checks)} checks"
        problem = _schema_problem(written)
        if problem:
            won["results"] = problem
        shown = repr([replace(check, staff="") for check in report.checks])
        shown += repr((report.notes, report.flags, report.faults, report.skipped))
        if self.canary[7:] in shown:
            won["canary"] = "in the report"
        shown = next((flag for flag in report.flags if "::test_trophy: trophy: " in flag), None)
        if shown is not None:
            won["trophy"] = shown[:300]
        shutil.rmtree(path if path.is_dir() else path.parent, ignore_errors=True)
        return Verdict(won, seconds, report)

    def next_honest(self, without: frozenset[str] = frozenset()) -> dict[str, Any]:
        """What the next honest submission loses; nothing, if all is well."""
        return self.lost(next(self.honest), without)

    def lost(self, spelling: str, without: frozenset[str] = frozenset()) -> dict[str, Any]:
        """What an honest submission of that spelling loses."""
        self.submit(self.neighbour, self.spellings[spelling])
        report = self.grade(self.neighbour, without)
        lost: dict[str, Any] = {
            check.number: check.message for check in report.checks if check.score != check.max_score
        }
        if report.faulty:
            lost["fault"] = report.all_faults
        if report.score != FULL_MARKS:
            lost["score"] = report.score
        return {"spelling": spelling, **lost} if lost else {}

    # --- the naive grader ---

    def _naive_job(self, job: dict[str, Any]) -> dict[str, Any]:
        if self._naive is None:
            self._naive = subprocess.Popen(
                [sys.executable, str(HERE / "naive.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "OMP_NUM_THREADS": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            )
        assert self._naive.stdin is not None
        assert self._naive.stdout is not None
        self._naive.stdin.write(json.dumps(job) + "\n")
        self._naive.stdin.flush()
        reply: dict[str, Any] = json.loads(self._naive.stdout.readline())
        return reply

    def naively(self, path: Path, seconds: float = NAIVE_SECONDS) -> Verdict:
        """Grade a submission without any isolation."""
        root = self._made(f"naive-{next(self.numbers)}")
        self._empty_results()
        before = self._watched()
        self.listener.heard.clear()
        job = {
            "path": str(path),
            "root": str(root),
            "results": str(self.results),
            "log": str(self.folder / "naive.log"),
            "cache": str(self.cache),
            "canary": self.canary,
            "seconds": seconds,
        }
        reply = self._naive_job(job)
        try:
            return Verdict(self._naive_won(reply, root, before), reply["seconds"])
        finally:
            self._naive_job({"op": "clean"})
            shutil.rmtree(root, ignore_errors=True)

    def _naive_won(self, reply: dict[str, Any], root: Path, before: object) -> dict[str, str]:
        assert self._naive is not None
        left = left_running(self._naive.pid)
        if left and not reply["timed_out"]:
            time.sleep(0.5)  # what is left running may strike now
            left = descendants(self._naive.pid)
        try:
            results = json.loads(self.results.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            results = {}
        won = self._judged(results, left, before)
        if not results.get("extra_data", {}).get("complete"):
            won["results"] = "missing or incomplete"
        if reply["timed_out"]:
            won["time"] = "not ended"
        if results.get("score"):
            won["points"] = f"{results['score']:g}"
        if results.get("extra_data", {}).get("trophy"):
            won["trophy"] = str(results["extra_data"]["trophy"])[:300]
        size = sum(p.stat().st_size for p in root.rglob("*") if p.is_file() and not p.is_symlink())
        if size > 100e6:
            won["disk"] = f"{size / 1e6:.0f} MB"
        return won

    # --- the judge ---

    def _watched(self) -> object:
        staff = self.assignment.folder
        kept = [
            state(path)
            for path in (
                *(self.tripwire.parent, self.neighbour, staff, self.metadata),
                self.assignment.public,
            )
        ]
        cached = sorted(path.name for path in self.cache.glob("*"))
        return [*kept, [name for name in cached if len(name) != 69]], dict(self._alive())

    def _alive(self) -> Iterator[tuple[str, int]]:
        for name, process in self._bystanders.items():
            yield name, process.pid if process.poll() is None else 0

    def _empty_results(self) -> None:
        for entry in self.results.parent.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()

    def _judged(self, results: dict[str, Any], left: list[int], before: object) -> dict[str, str]:
        won: dict[str, str] = {}
        text = json.dumps(results, ensure_ascii=False)
        words = [
            word
            for word in _strings(results)
            if word != results.get("extra_data", {}).get("trophy")
        ]
        if self.canary in text or self.canary[7:] in text:
            won["canary"] = "in the results"
        if re.search(rf"cell {int(self.canary[7:12], 16)}\b", text):
            won["input"] = "a number made of a hidden input"
        if re.search(rf"line {1000 + int(self.canary[7:11], 16)}\b", text):
            won["input"] = "a line chosen by a hidden input"
        if f"n{self.canary[7:11]}" in text:
            won["input"] = "a name chosen by a hidden input"
        if self._watched() != before:
            won["tripwire"] = "something was changed that is not the attack's"
            self._mend()
        if left:
            won["running"] = f"{len(left)} processes"
        traces = self._traces()
        if traces:
            won["leftover"] = ", ".join(traces)
        if any(self.mark.encode() in data for data in self._heard()):
            won["network"] = "it was heard outside"
        if any(_steers(word) for word in words):
            won["characters"] = "control characters"
        checks = results.get("tests", [])
        rich = [check for check in checks if check.get("output_format", "text") != "text"]
        if results.get("output_format") != "text" and any("<script" in word for word in words):
            won["markup"] = "a script"
        if any("<script" in check.get("output", "") for check in rich):
            won["markup"] = "a script in a check"
        if len(text) > RESULTS_BYTES:
            won["size"] = f"{len(text)} bytes"
        return won

    def _heard(self) -> list[bytes]:
        return list(self.listener.heard)

    def _mend(self) -> None:
        """Put right what an attack has changed."""
        self.tripwire.parent.mkdir(mode=0o755, exist_ok=True)
        for entry in self.tripwire.parent.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
        self.tripwire.write_text("untouched", encoding="utf-8")
        self.tripwire.chmod(0o644)
        os.chown(self.tripwire, 0, 0)
        for path, (mode, data) in self.originals.items():
            if stat.S_ISREG(mode) and (not path.exists() or path.read_bytes() != data):
                path.write_bytes(data)
            os.chown(path, 0, 0)
            path.chmod(stat.S_IMODE(mode))
        shutil.rmtree(self.neighbour)
        self.neighbour.mkdir(mode=0o755)
        self.submit(self.neighbour, self.solved)
        if self.cache.exists():
            for path in self.cache.iterdir():
                path.unlink()
        self.bystander("victim", 0)
        self.bystander("sibling", 59_998)

    def _traces(self) -> list[str]:
        """What outlives a submission on this machine and bears the attack's mark; it is removed."""
        found = []
        for folder in SHARED_FOLDERS:
            with suppress(OSError):
                for entry in Path(folder).iterdir():
                    if self.mark in entry.name:
                        found.append(str(entry))
                        if entry.is_dir() and not entry.is_symlink():
                            shutil.rmtree(entry)
                        else:
                            entry.unlink()
        key = str(int(self.mark.removeprefix("mark"), 16))
        libc = ctypes.CDLL(None)
        for kind in ("shm", "sem", "msg"):
            for line in Path(f"/proc/sysvipc/{kind}").read_text(encoding="ascii").splitlines()[1:]:
                if line.split()[0] == key:
                    found.append(f"System V {kind}")
                    remove = getattr(libc, f"{kind}ctl")
                    remove(int(line.split()[1]), *((0, 0) if kind == "sem" else (0, None)))
        return found


def _believed(header: bytes) -> bytes:
    """Read one value as a decoder does that knows no limits; what is left over."""
    tag, rest = header[:1], header[1:]
    if tag == b"N":
        return rest
    if tag == b"S":
        (length,) = struct.unpack("<I", rest[:4])
        if length > len(rest):
            raise MemoryError
        rest[4 : 4 + length].decode()
        return rest[4 + length :]
    if tag == b"@":
        (number,) = struct.unpack("<q", rest[:8])
        assert [None, None][number] is None  # the second of two objects
        return _believed(rest[8:])
    if tag in b"LM":
        (count,) = struct.unpack("<I", rest[:4])
        if count > 1 << 30:
            raise MemoryError
        rest = rest[4:]
        for _ in range(count):
            if tag == b"M" and rest[:1] == b"L":
                raise TypeError("unhashable")
            rest = _believed(rest)
        return rest
    if tag == b"A":
        code, dimensions = rest[:2]
        kind = (None,) * 14
        assert kind[code] is None
        lengths = struct.unpack(f"<{dimensions}Q", rest[2 : 2 + 8 * dimensions])
        if math.prod(lengths) % (1 << 64) != math.prod(lengths):
            raise MemoryError
        return rest[2 + 8 * dimensions :]
    raise KeyError(tag)


CONTRACT = Draft202012Validator(json.loads(gradescope.SCHEMA.read_text(encoding="utf-8")))


def _schema_problem(data: dict[str, Any]) -> str:
    return "; ".join(error.message for error in CONTRACT.iter_errors(data))[:500]


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)


def _steers(text: str) -> bool:
    """Whether there is anything in a text that steers a terminal or the direction of writing."""
    return any(c != "\n" and unicodedata.category(c)[0] == "C" for c in set(text))


def controlled(arena: Arena, attack: Attack) -> dict[str, str]:
    """What the attack achieves where the defence is off."""
    kind, *steps = attack.control.split()
    if kind == "own":
        assert attack.module is not None
        return {attack.wins: "shown by itself"} if attack.module.control(arena) else {}
    if kind == "without":
        return arena.fight(attack, frozenset(steps)).won
    return arena.naively(arena.prepare(attack, naive=True), attack.seconds).won
