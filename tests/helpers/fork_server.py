"""Orders come in by a socket; forks of a process that has imported what it was told to go out.

Run by `fork_servers`, as ``python -I fork_server.py DESCRIPTOR MODULE...``.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import signal
import socket
import sys
from types import FrameType
from typing import Any

from autograder import wire
from autograder.sandbox import forkserver, hugepages, zygote

MAINS = {"forkserver": forkserver.main, "zygote": zygote.main}


def main() -> None:
    """Import what the command line names, then fork for each order until there are no more."""
    control = socket.socket(fileno=int(sys.argv[1]))
    for name in sys.argv[2:]:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    hugepages.collapse()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, _forget_ended)
    while True:
        try:
            order: Any = wire.receive(control)
        except wire.PeerClosed:
            return
        _message, descriptors, _flags, _address = socket.recv_fds(control, 1, maxfds=3)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])  # until its descriptor is there
        pid = os.fork()
        if pid == 0:
            control.close()
            _become(order, *descriptors)
        ended = os.pidfd_open(pid)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
        socket.send_fds(control, [str(pid).encode()], [ended])
        for descriptor in (ended, *descriptors):
            os.close(descriptor)


def _become(order: dict[str, Any], job: int, out: int, err: int) -> None:
    """Be what a new Python would be that runs the module; never returns."""
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
        if order["process_group"]:
            os.setpgid(0, 0)
        for descriptor, standard in ((out, 1), (err, 2)):
            os.dup2(descriptor, standard)
            os.close(descriptor)
        os.environ.clear()
        os.environ.update(order["environment"])
        os.umask(order["mask"])
        os.chdir(order["folder"])
        sys.argv = [order["module"], str(job)]
        MAINS[order["module"]]()
    finally:
        os._exit(0)


def _forget_ended(_signal: int, _frame: FrameType | None) -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


if __name__ == "__main__":
    main()
    os._exit(0)  # no finalizers, as in the zygote
