# ruff: noqa
"""A service that listens at a path is spoken to, as Docker's does.

defence: seccomp: connect
control: naive
wins: network
"""

import socket


def trophy():
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(0.5)
        connection.connect("@SOCKET@")
        connection.sendall(b"@MARK@")
    return True
