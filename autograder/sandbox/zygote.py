"""A list of modules comes in by the wire; one forked grader and, at its orders, workers go out.

Run as ``python -I -m autograder.sandbox.zygote DESCRIPTOR``. Importing torch takes seconds, a fork
of a process that has it takes milliseconds. This process stays clean: it loads no check, no
manifest and no submission, runs no tensor operation and has one thread, so that a fork is safe and
nothing secret is in a worker's memory.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import secrets
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy

from autograder import wire
from autograder.sandbox import (
    cgroup,
    dataloader,
    landlock,
    lockdown,
    progress,
    reaper,
    worker,
)
from autograder.sandbox.usage import SLACK, Allowance
from autograder.sandbox.users import Users
from autograder.sandbox.watch import Watch, Watched
from autograder.sandbox.workspace import Workspace

MESSAGE_BYTES = 1 << 16
#: How often scratch folders are looked at.
WATCH_SECONDS = 0.1


@dataclass(frozen=True)
class ZygoteSettings:
    """What a session tells a new zygote.

    Attributes:
        path: folders to import the assignment's public package from.
        imports: modules to import before any fork.
        prebind: modules whose ``__all__`` every student namespace starts with.
        describers: modules whose functions may describe student objects.
        grader: ``module:function`` to run in the grader's fork.
    """

    path: tuple[str, ...]
    imports: tuple[str, ...]
    prebind: tuple[str, ...]
    describers: tuple[str, ...]
    grader: str


def main() -> None:
    """Import what the settings name, then be the zygote of one grader."""
    job = socket.socket(fileno=int(sys.argv[1]))
    try:
        settings = ZygoteSettings(**wire.receive(job))  # type: ignore[arg-type]
        prebound = load(settings)
    except BaseException:
        wire.send(job, {"fault": traceback.format_exc()})
        return
    run(job, settings, prebound)


def run(job: socket.socket, settings: ZygoteSettings, prebound: dict[str, object]) -> None:
    """Fork the grader onto ``job``, then serve it until it is gone; in a fork, become a worker."""
    zygote = _with_grader(job, settings)
    start = None if zygote is None else zygote.serve()
    del zygote  # a worker is not to find what it was told of others
    if start is not None:
        _become_worker(start, settings, prebound)


def _with_grader(job: socket.socket, settings: ZygoteSettings) -> Zygote | None:
    """Fork the grader onto ``job``; None, and a word to the session, if that cannot be done."""
    try:
        reaper.adopt_orphans()
        # Ctrl-C reaches the whole group. The grader obeys it; this process must stay to clean up.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    except BaseException:
        wire.send(job, {"fault": traceback.format_exc()})
        return None
    control, grader_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    grader = os.fork()
    if grader == 0:
        control.close()
        _run_grader(settings, job, grader_end)
    grader_end.close()
    job.close()
    gc.disable()  # how often it has collected would tell a worker how many there were before
    return Zygote(control, grader, settings)


def load(settings: ZygoteSettings) -> dict[str, object]:
    """Import what the settings name; the names that every submission starts with.

    Raises:
        RuntimeError: an import started threads.
    """
    sys.path[:0] = settings.path
    for name in settings.imports:
        importlib.import_module(name)
    prebound = worker.public_names(settings.prebind)
    for name in settings.describers:
        importlib.import_module(name)
    threads = len(list(Path("/proc/self/task").iterdir()))
    if threads != 1:
        raise RuntimeError(
            f"importing {', '.join(settings.imports)} started {threads - 1} threads; a process "
            "with threads must not fork, so take out the import that starts them"
        )
    gc.collect()
    gc.freeze()  # a collection in a fork would otherwise copy every page of this process
    return prebound


def _run_grader(settings: ZygoteSettings, job: socket.socket, control: socket.socket) -> None:
    try:
        lockdown.LIBC.prctl(lockdown.PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        module, function = settings.grader.split(":")
        getattr(importlib.import_module(module), function)(job, control)
    except BaseException:
        wire.send(job, {"fault": traceback.format_exc()})
    finally:
        os._exit(0)


@dataclass(frozen=True)
class _Forked(Watched):
    group: cgroup.Group | None


@dataclass(frozen=True)
class _Start:
    """All that a fork takes along of the order that it was made by.

    Attributes:
        descriptor: its end of the wire.
    """

    confinement: lockdown.Confinement
    workspace: Workspace
    descriptor: int


class _InTheFork(BaseException):
    """Leaves every frame of the zygote, and so what it knows of other workers, behind."""

    def __init__(self, start: _Start) -> None:
        super().__init__()
        self.start = start


class Zygote:
    """Forks and reaps workers at the grader's orders, which come as small JSON messages."""

    def __init__(self, control: socket.socket, grader: int, settings: ZygoteSettings) -> None:
        self.control = control
        self.grader = grader
        self.settings = settings
        self.workers: dict[int, _Forked] = {}
        self.watch = Watch()
        self.stopped: dict[int, str] = {}  # of these workers, why
        self.workspaces: dict[int, Workspace] = {}
        self.readable = (*settings.path, *landlock.imported_files(list(sys.modules.values())))
        self.groups = cgroup.Groups.opened()
        self.users = Users() if os.geteuid() == 0 else None
        for uid in self.users.take_abandoned() if self.users is not None else ():
            if reaper.kill_abandoned(uid):
                self._release(uid, None)

    def serve(self) -> _Start | None:
        """Obey until the grader closes the control socket; then leave nothing behind.

        In a fork: what it is to become a worker with.
        """
        looked = time.monotonic()
        while True:
            waiting = select.select([self.control], [], [], WATCH_SECONDS if self.workers else None)
            if self.workers and time.monotonic() - looked > WATCH_SECONDS:
                self._look()
                looked = time.monotonic()
            if not waiting[0]:
                continue
            message, descriptors, _flags, _address = socket.recv_fds(
                self.control, MESSAGE_BYTES, maxfds=1
            )
            if not message:
                break
            try:
                reply = self._obey(message, descriptors)
            except _InTheFork as fork:
                return fork.start
            self.control.send(json.dumps(reply).encode())
        self.do_reap_all({})
        if self.groups is not None:
            self.groups.close()
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.grader, 0)
        return None

    def _obey(self, message: bytes, descriptors: list[int]) -> dict[str, Any]:
        """The reply to one order. A failure, of a fork say, costs that order alone."""
        number = None
        try:
            order = json.loads(message)
            number = order["id"]
            return {"id": number, **getattr(self, f"do_{order['op']}")(order, *descriptors)}
        except _InTheFork:
            descriptors.clear()  # it still needs its end of the wire
            raise
        except Exception as error:
            return {"id": number, "fault": f"{type(error).__name__}: {error}"}
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _look(self) -> None:
        """Stop the workers that fill the disk or the memory, with all that they have started."""
        for number, excess in self.watch.excesses(self.workers, self.grader).items():
            self.stopped[number] = excess.words
            reaper.stop({self.workers[number].pid, *excess.processes}, self.workers[number].uid)

    def do_fork(self, order: dict[str, Any], descriptor: int) -> dict[str, Any]:
        """Fork a worker onto the wire that came with the order."""
        leave_out = frozenset(order["bounds"].pop("leave_out", ()))
        uid = None if self.users is None or "uid" in leave_out else self.users.take()
        scratch, group = None, None
        try:
            # By no generator whose state a worker would inherit, and tell from it how many it had
            # made before.
            scratch = f"{order['scratch']}/scratch-{secrets.token_hex(8)}"
            os.mkdir(scratch, 0o700)  # noqa: PTH102
            if uid is not None:
                os.chown(scratch, uid, uid)
            confinement = lockdown.Confinement(
                uid=uid,
                scratch=scratch,
                parent=os.getpid(),
                readable=(*self.readable, *order.get("readable", ())),
                leave_out=leave_out,
                **order["bounds"],
            )
            workspace = self._workspace(confinement.file_size)
            allowance = Allowance(
                confinement.memory, confinement.file_size, workspace.count, workspace.size
            )
            group = self._group(order["worker"], allowance, confinement.processes)
            start = _Start(confinement, workspace, descriptor)
            pid = os.fork()
        except BaseException:
            self._release(uid, scratch, group)
            raise
        if pid == 0:
            # Kept in no name of this frame, which it refers to: what the zygote holds, its socket
            # too, has to be gone before the wire takes that descriptor's place.
            raise _InTheFork(start)
        self.workers[order["worker"]] = _Forked(
            pid, uid, scratch, allowance, not lockdown.confined(leave_out), group
        )
        if group is not None:
            try:
                group.add(pid)  # before the grader knows of it, so before student code is there
            except OSError:
                self.do_reap(order)
                raise
        return {"pid": pid, "uid": uid}

    def _group(self, number: int, allowance: Allowance, processes: int) -> cgroup.Group | None:
        """A worker's own, where there are any. What it writes may lie in memory as well."""
        if self.groups is None:
            return None
        memory = self.watch.memory + allowance.memory + SLACK + allowance.disk
        return self.groups.made(str(number), memory, processes)

    def _workspace(self, file_size: int) -> Workspace:
        """What a worker that may write files of that size starts with; listed once."""
        if file_size not in self.workspaces:
            self.workspaces[file_size] = Workspace.of(self.settings.path, file_size)
        return self.workspaces[file_size]

    def do_reap(self, order: dict[str, Any]) -> dict[str, Any]:
        """Kill a worker and all it started; its wait status, and why it was stopped before."""
        forked = self.workers.pop(order["worker"], None)
        stopped = self.stopped.pop(order["worker"], None)
        if forked is None:
            return {"status": None, "stopped": None}
        known = frozenset({self.grader, *(other.pid for other in self.workers.values())})
        try:
            status = reaper.reap(forked.pid, forked.uid, known)
        except reaper.ReapFailed as error:  # its number stays taken: it is still somebody's
            return {"status": None, "stopped": stopped, "fault": str(error)}
        if forked.group is not None and stopped is None and forked.group.exceeded:
            stopped = forked.allowance.memory_in_words
        for path in list(forked.strewn()):
            reaper.remove(Path(path))
        self._release(forked.uid, forked.scratch, forked.group)
        return {"status": status, "stopped": stopped}

    def _release(
        self, uid: int | None, scratch: str | None, group: cgroup.Group | None = None
    ) -> None:
        if group is not None:
            group.remove()
        if scratch is not None:
            with contextlib.suppress(OSError):
                reaper.remove_folder(Path(scratch))
        if uid is not None and self.users is not None:
            self.users.release(uid)

    def do_reap_all(self, _order: dict[str, Any]) -> dict[str, Any]:
        """Kill every worker that is left, after a grader was stopped in the middle."""
        replies = [self.do_reap({"worker": number}) for number in list(self.workers)]
        faults = [reply["fault"] for reply in replies if "fault" in reply]
        return {"fault": "; ".join(faults)} if faults else {}


def _become_worker(
    start: _Start, settings: ZygoteSettings, prebound: dict[str, object]
) -> NoReturn:
    """Never returns: a fork that came back would obey the grader's orders a second time."""
    try:
        gc.enable()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            greeting = _locked_down(start, settings)
        except BaseException as error:
            greeting = {"fault": f"lock-down failed: {type(error).__name__}: {error}"}
        channel = _wire_of(start.descriptor)
        wire.send(channel, greeting)
        if "fault" not in greeting:
            worker.Worker(worker.become_main(prebound), settings.describers).serve(channel)
    finally:
        os._exit(1)


def _locked_down(start: _Start, settings: ZygoteSettings) -> dict[str, Any]:
    """Give up everything and make the place ready; what the worker tells of it."""
    lockdown.lock_down(start.confinement, start.descriptor)
    dataloader.load_in_one_process()
    progress.draw_plainly()
    unreadable = _unreadable(settings.path)
    try:
        if unreadable is None:
            start.workspace.fill()
    except OSError as error:
        return {"fault": f"the public folder cannot be copied: {error}"}
    return {"active": list(lockdown.active_layers()), "unreadable": unreadable}


def _unreadable(path: Iterable[str]) -> str | None:
    """What lazy imports need and this user cannot read: Python, its packages, the public folder."""
    try:
        for module in (os, numpy, wire):
            name = str(module.__file__)
            with Path(name).open("rb"):
                pass
        for name in path:
            any(Path(name).iterdir())
    except OSError:
        return name
    return None


def _wire_of(descriptor: int) -> socket.socket:
    """The wire, wherever a lock-down that may have failed half-way has left it."""
    try:
        return socket.socket(fileno=lockdown.WIRE_DESCRIPTOR)
    except OSError:
        return socket.socket(fileno=descriptor)


if __name__ == "__main__":
    main()
    os._exit(0)  # no finalizers: of a frozen heap some libraries report every object as leaked
