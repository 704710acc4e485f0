# ruff: noqa
"""Memory is taken in socket buffers of the ordinary size, of many processes.

defence: sockets are watched + the memory of all of a worker's processes is watched
control: naive
wins: trophy
seconds: 30
"""

import os, socket, time


def filled():
    total, held, block = 0, [], bytes(1 << 16)
    try:
        while len(held) < 110:
            pair = socket.socketpair()
            held.append(pair)
            for each in pair:
                each.setblocking(False)
                try:
                    while True:
                        total += each.send(block)
                except BlockingIOError:
                    pass
    except OSError:
        pass
    return total, held


def trophy():
    parent = os.getpid()
    out, into = os.pipe()
    for _ in range(10):
        if os.fork() == 0:
            try:
                total, held = filled()
                os.write(into, f"{total}\n".encode())
                while os.getppid() == parent:
                    time.sleep(0.05)
            finally:
                os._exit(0)
    os.close(into)
    seen = b""
    while seen.count(b"\n") < 10:
        more = os.read(out, 1000)
        if not more:
            return None
        seen += more
    total = sum(map(int, seen.split()))
    time.sleep(0.7)
    return f"{total / 1e6:.0f} MB in socket buffers" if total > 450e6 else None
