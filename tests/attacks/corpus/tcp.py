# ruff: noqa
"""What was seen is sent over TCP.

defence: landlock: the network + seccomp: sockets + seccomp: connect
control: naive
wins: network
"""

import socket


def trophy():
    with socket.create_connection(("127.0.0.1", int("@PORT@")), timeout=0.5) as connection:
        connection.sendall(b"@MARK@")
    return True
