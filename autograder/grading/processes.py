"""An assignment comes in; the clean processes that grade it, and the sockets to them, go out."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autograder import wire
from autograder.model.errors import HarnessFault
from autograder.model.manifest import Assignment

#: What the clean processes get of the environment; one thread each, so that they can be forked.
ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "MPLBACKEND": "Agg",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    # It would start a C compiler, which does not run in the sandbox.
    "TORCHDYNAMO_DISABLE": "1",
}
#: Set by some machines because of their processor; numeric libraries crash without them.
PASSED_ON = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "LD_LIBRARY_PATH", "TMPDIR")


class ForkServer:
    """A process that has imported what an assignment needs; sessions fork from it.

    Use it in a ``with`` statement. It is started when the first session asks for it.
    """

    def __init__(self, assignment: Assignment) -> None:
        self._assignment = assignment
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> ForkServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def spawn(self, job: socket.socket) -> int:
        """Have a zygote serve the other end of ``job``; a descriptor of its process.

        Raises:
            HarnessFault: it does not start.
        """
        with self._lock:
            try:
                if self._control is None:
                    self._start()
                assert self._control is not None
                socket.send_fds(self._control, [b"x"], [job.fileno()])
                return os.pidfd_open(int(reply_on(self._control)["pid"]))
            except HarnessFault:
                self.close()
                raise
            except (OSError, wire.PeerClosed, wire.WireError):
                self.close()  # the next one starts afresh
                raise HarnessFault("the process that sessions fork from has ended") from None

    def close(self) -> None:
        """End the process; sessions that have come of it live on."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            self._process.wait()
            self._process = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _start(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="forkserver-")
        told = settings(self._assignment, Path(self._folder.name))
        self._process, self._control = started("forkserver", told, process_group=True)
        reply_on(self._control)


def clean_environment() -> dict[str, str]:
    """What the clean processes get of the environment, here and now."""
    return {**ENVIRONMENT, **{k: os.environ[k] for k in PASSED_ON if k in os.environ}}


def started(
    module: str, told: Mapping[str, Any], *, process_group: bool
) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """A clean process of the sandbox's, which has been told its settings, and the socket to it.

    Args:
        process_group: in one of its own, so that a Ctrl-C in the terminal does not reach it; who
            has started it ends it.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-I", "-m", f"autograder.sandbox.{module}", str(theirs.fileno())],
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            process_group=0 if process_group else None,
            pass_fds=[theirs.fileno()],
        )
    wire.send(ours, told)
    return process, ours


def settings(assignment: Assignment, folder: Path) -> dict[str, Any]:
    """What the process has to import, the public package from a copy in ``folder``."""
    public = folder / "public"
    _copy_readable(assignment.public, public)
    runtime = assignment.runtime
    return {
        "path": (str(public),),
        "imports": runtime.imports,
        "prebind": runtime.prebind,
        "describers": runtime.describers,
        "grader": "autograder.grading.grader:serve",
    }


def reply_on(channel: socket.socket) -> dict[str, Any]:
    """What the process says.

    Raises:
        HarnessFault: it has failed.
        PeerClosed, WireError: it has ended.
    """
    reply: Any = wire.receive(channel)
    if "fault" in reply:
        raise HarnessFault(reply["fault"])
    return dict(reply)


def _copy_readable(source: Path, target: Path) -> None:
    """Copy the public folder to where the sandbox's user can read it, wherever it came from."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    target.parent.chmod(0o711)
    for path in (target, *target.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
