"""Settings of a session come in; a clean process goes out, forked from one that has the imports.

The harness starts a new Python for each session and each fork server, and importing torch takes
that a second or two, hundreds of times in these tests. Here one process for each list of imports
does it, once for each worker of xdist; all that comes after is as in a new one. Commands start new
ones all the same, and so do the tests of what a worker inherits.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from autograder import wire
from autograder.grading import processes

#: In these folders sessions are started as anywhere else.
UNCHANGED = ("tests/attacks/", "tests/sandbox/")
SERVER = str(Path(__file__).with_name("fork_server.py"))


class Forked:
    """A process that is not this one's child, with what is used here of a ``Popen``."""

    def __init__(self, pid: int, descriptor: int) -> None:
        self.pid = pid
        self._descriptor = descriptor

    def __del__(self) -> None:
        os.close(self._descriptor)

    def poll(self) -> int | None:
        return 0 if select.select([self._descriptor], [], [], 0)[0] else None

    def wait(self, timeout: float | None = None) -> int:
        if not select.select([self._descriptor], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("a forked process", timeout or 0)
        return 0

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)


class ForkServer:
    """One process that has some modules imported."""

    def __init__(self, imports: tuple[str, ...]) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", SERVER, str(theirs.fileno()), *imports],
                env=processes.clean_environment(),
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )

    def forked(self, module: str, job: socket.socket, *, process_group: bool) -> Forked:
        """A fork that goes on as that module's command would, with ``job`` for its descriptor."""
        order = {
            "module": module,
            "process_group": process_group,
            "environment": processes.clean_environment(),
            "folder": str(Path.cwd()),
            "mask": _mask(),
        }
        wire.send(self._control, order)
        socket.send_fds(self._control, [b"x"], [job.fileno(), 1, 2])
        reply, (descriptor,), _flags, _address = socket.recv_fds(self._control, 64, maxfds=1)
        return Forked(int(reply), descriptor)

    def close(self) -> None:
        self._control.close()
        self._process.wait()


class ForkServers:
    """Those of this process, each started when it is first needed."""

    def __init__(self) -> None:
        self._original = processes.started
        self._lock = threading.Lock()
        self._servers: dict[tuple[str, ...], ForkServer] = {}

    def started(
        self, module: str, settings: Mapping[str, Any], *, process_group: bool
    ) -> tuple[Any, socket.socket]:
        """As `autograder.grading.processes` starts a process, which this stands in for."""
        if os.environ.get("PYTEST_CURRENT_TEST", "").startswith(UNCHANGED):
            return self._original(module, settings, process_group=process_group)
        imports = tuple(name for name in settings["imports"] if _is_installed(name))
        ours, theirs = socket.socketpair()
        with theirs, self._lock:
            if imports not in self._servers:
                self._servers[imports] = ForkServer(imports)
            process = self._servers[imports].forked(module, theirs, process_group=process_group)
        wire.send(ours, settings)
        return process, ours

    def close(self) -> None:
        for server in self._servers.values():
            server.close()
        self._servers.clear()


def _is_installed(name: str) -> bool:
    """Whether it is a library's, and not of an assignment's own."""
    top = name.partition(".")[0]
    spec = find_spec(top) if top.isidentifier() else None
    return spec is not None and "site-packages" in str(spec.origin)


def _mask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
