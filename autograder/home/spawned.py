"""Settings come in; a plain process with the assignment's modules goes out, which answers requests.

It is started, not forked, and talks over the loopback interface, because that works on Windows and
macOS too. Importing takes seconds, so one process serves check after check, each with a namespace
of its own; it is started anew when student code has ended or blocked it.

As a program (``python -P -m autograder.home.spawned PORT``) this is that process.
"""

from __future__ import annotations

import hmac
import importlib
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from autograder import wire
from autograder.model.errors import HarnessFault
from autograder.sandbox import dataloader, progress, worker, workspace
from autograder.sandbox.requests import WiredRequests

LOOPBACK = "127.0.0.1"
TOKEN_BYTES = 32
#: Importing PyTorch from a cold disk takes half a minute on some laptops.
START_SECONDS = 180.0


@dataclass(frozen=True)
class SpawnSettings:
    """What the process is told first, as the zygote's own settings say it."""

    path: tuple[str, ...]
    imports: tuple[str, ...]
    prebind: tuple[str, ...]
    describers: tuple[str, ...]
    #: Files below the first folder of ``path`` that student code finds in its working folder.
    handout: tuple[str, ...] = ()


class Spawner:
    """Hands out workers, one at a time, that live in one process. Use it in a ``with``."""

    def __init__(self, settings: SpawnSettings) -> None:
        self.settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._given: dict[str, str] | None = None
        # As where grades are given, student code does not find the student's other files.
        self._folder = tempfile.TemporaryDirectory(prefix="home-", ignore_cleanup_errors=True)

    def __enter__(self) -> Spawner:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.stop()
        self._folder.cleanup()

    def launch(self) -> None:
        """Start the process, if there is none, and do not wait until it has imported all."""
        if self._channel is None:
            self._start()

    def prebound(self) -> dict[str, str]:
        """The names that every namespace starts with, and the dotted path of each.

        Raises:
            HarnessFault: the process does not start, or cannot import what it is told to.
        """
        self.launch()
        if self._given is None:
            self._given = dict(self._ready()["given"])
        return self._given

    def worker(self) -> SpawnedWorker:
        """A worker with a fresh namespace. Raises as ``prebound`` does."""
        for _attempt in range(2):  # it may have ended after the last check; a new one is as good
            self.prebound()
            assert self._channel is not None
            deadline = time.monotonic() + START_SECONDS
            try:
                wire.send(self._channel, {"op": "begin"}, deadline=deadline)
                wire.receive(self._channel, deadline=deadline)
            except (wire.PeerClosed, wire.DeadlinePassed, wire.WireError):
                self.stop()
                continue
            return SpawnedWorker(self, self._channel)
        raise HarnessFault("the process for your code ends as soon as it has started")

    def stop(self) -> int | None:
        """End the process, if there is one; its exit code."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        self._given = None
        if self._process is None:
            return None
        process, self._process = self._process, None
        try:
            return process.wait(timeout=0.2)  # it may have ended by itself: that code says how
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return None

    def _start(self) -> None:
        token = secrets.token_bytes(TOKEN_BYTES)
        with socket.create_server((LOOPBACK, 0)) as server:
            port = server.getsockname()[1]
            # -P: a numpy.py in the student's folder must not stand in for the library.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "autograder.home.spawned", str(port)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "MPLBACKEND": "Agg"},
                cwd=self._folder.name,
            )
            assert self._process.stdin is not None
            self._process.stdin.write(token)
            self._process.stdin.close()
            self._channel = self._accept(server, token)
        wire.send(self._channel, asdict(self.settings))

    def _ready(self) -> dict[str, Any]:
        assert self._channel is not None
        try:
            reply: Any = wire.receive(self._channel, deadline=time.monotonic() + START_SECONDS)
        except (wire.PeerClosed, wire.DeadlinePassed, wire.WireError) as error:
            self.stop()
            raise HarnessFault(f"the process for your code did not start: {error!r}") from None
        if "fault" in reply:
            self.stop()
            raise HarnessFault(reply["fault"])
        return dict(reply)

    def _accept(self, server: socket.socket, token: bytes) -> socket.socket:
        """The connection of the process that knows the token; any other one is dropped."""
        deadline = time.monotonic() + START_SECONDS
        assert self._process is not None
        while time.monotonic() < deadline:
            server.settimeout(0.2)
            try:
                channel, _address = server.accept()
            except TimeoutError:
                if self._process.poll() is not None:
                    break
                continue
            try:
                shown = wire.receive(channel, deadline=time.monotonic() + 5)
            except (wire.PeerClosed, wire.DeadlinePassed, wire.WireError):
                channel.close()
                continue
            if isinstance(shown, bytes) and hmac.compare_digest(shown, token):
                return channel
            channel.close()
        self.stop()
        raise HarnessFault("the process for your code did not start")


class SpawnedWorker(WiredRequests):
    """One namespace in the spawned process. A failure to talk to it ends the process."""

    def __init__(self, spawner: Spawner, channel: socket.socket) -> None:
        super().__init__(channel)
        self._spawner = spawner

    def close(self) -> int | None:
        """End the process: what student code has left running must not reach the next check."""
        if not self._alive:
            return None
        self._alive = False
        return self._spawner.stop()

    def release(self) -> None:
        """Leave the process to the next check."""
        self._alive = False


def main() -> None:
    """Import what the settings name, then serve one namespace after the other."""
    token = sys.stdin.buffer.read(TOKEN_BYTES)
    channel = socket.create_connection((LOOPBACK, int(sys.argv[1])))
    wire.send(channel, token)
    try:
        settings = SpawnSettings(**wire.receive(channel))  # type: ignore[arg-type]
        sys.path[:0] = settings.path
        for name in (*settings.imports, *settings.describers):
            importlib.import_module(name)
        prebound = worker.public_names(settings.prebind)
        dataloader.load_in_one_process()
        progress.draw_plainly()
    except BaseException:
        wire.send(channel, {"fault": traceback.format_exc()})
        return
    wire.send(channel, {"given": worker.public_paths(settings.prebind)})
    home = Path.cwd()
    serving = worker.Worker(worker.become_main(prebound), settings.describers)
    while True:
        try:
            request: Any = wire.receive(channel, references=serving.objects.references)
        except wire.PeerClosed:
            os._exit(0)
        if request["op"] == "begin":
            os.chdir(tempfile.mkdtemp(dir=home))
            if settings.path:
                workspace.copy(settings.path[0], settings.handout)
            serving = worker.Worker(worker.become_main(prebound), settings.describers)
            wire.send(channel, {"value": None})
        else:
            serving.reply(channel, request)


if __name__ == "__main__":
    main()
