# ruff: noqa
"""A process outside is spoken to over an abstract socket, which no file guards.

defence: landlock + seccomp
control: naive
wins: network
"""

import socket


def trophy():
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(0.5)
        connection.connect("\0@ABSTRACT@")
        connection.sendall(b"@MARK@")
    return True
