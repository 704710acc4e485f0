# ruff: noqa
"""Sockets of other families: netlink, packet, vsock, raw.

defence: seccomp: sockets
control: naive
wins: trophy
"""

import socket


def trophy():
    made = []
    for family in ("AF_INET", "AF_INET6", "AF_NETLINK", "AF_PACKET", "AF_VSOCK", "AF_ALG"):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
            try:
                socket.socket(getattr(socket, family), kind).close()
                made.append([family, int(kind)])
            except (OSError, AttributeError):
                pass
    return made
