# ruff: noqa
"""What was seen is sent over UDP.

defence: seccomp: sockets
control: naive
wins: network
"""

import socket


def trophy():
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"@MARK@", ("127.0.0.1", int("@UDP@")))
    return True
