# ruff: noqa
"""Memory is taken in the buffers of socket pairs, made larger; nobody's resident memory counts it.

defence: seccomp: larger buffers of sockets + sockets are watched
control: naive
wins: trophy
seconds: 30
"""

import socket, time


def trophy():
    total, held, block = 0, [], bytes(1 << 18)
    try:
        while total < 500e6:
            pair = socket.socketpair()
            held.append(pair)
            for each in pair:
                each.setblocking(False)
                each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 22)
                try:
                    while True:
                        total += each.send(block)
                except BlockingIOError:
                    pass
    except OSError:
        pass
    if total > 450e6:
        time.sleep(0.7)
        return f"{total / 1e6:.0f} MB in the buffers of {len(held)} pairs, the limit is 400 MB"
