"""Sockets come in, one for each session; forks of one process that has imported all go out.

Run as ``python -I -m autograder.sandbox.forkserver DESCRIPTOR``. Sessions that grade side by side
then share the memory of what they import, and only the first one waits for it. As a zygote, this
process loads no check, no manifest and no submission, and has one thread.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import traceback

from autograder import wire
from autograder.sandbox import hugepages
from autograder.sandbox.zygote import ZygoteSettings, load, run


def main() -> None:
    """Import what the settings name, then fork a zygote for each socket until there are no more."""
    control = socket.socket(fileno=int(sys.argv[1]))
    try:
        settings = ZygoteSettings(**wire.receive(control))  # type: ignore[arg-type]
        prebound = load(settings)
        hugepages.collapse()  # half a second, here once for many sessions
    except BaseException:
        wire.send(control, {"fault": traceback.format_exc()})
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    wire.send(control, {"ready": True})
    while True:
        message, descriptors, _flags, _address = socket.recv_fds(control, 1, maxfds=1)
        if not message:
            _forget_ended()
            return
        pid = os.fork()
        if pid == 0:
            control.close()
            try:
                run(socket.socket(fileno=descriptors[0]), settings, prebound)
            finally:
                os._exit(0)
        for descriptor in descriptors:
            os.close(descriptor)
        wire.send(control, {"pid": pid})
        _forget_ended()


def _forget_ended() -> None:
    """Take note of the zygotes that have ended, so that their numbers and times are not lost."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


if __name__ == "__main__":
    main()
    os._exit(0)  # as in the zygote
