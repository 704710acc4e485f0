# ruff: noqa
"""The disk is filled by files that never had a name (O_TMPFILE), held by several processes.

defence: files that are held open are watched + the memory of all of a worker's processes is watched
control: naive
wins: trophy
seconds: 30
"""

import os, time


def trophy():
    parent = os.getpid()
    block, out, into = bytes(3_900_000), *os.pipe()
    for _ in range(5):
        if os.fork() == 0:
            try:
                held = [os.open(".", os.O_TMPFILE | os.O_RDWR, 0o600) for _ in range(3)]
                for each in held:
                    os.write(each, block)
                os.write(into, b"x")
                while os.getppid() == parent:
                    time.sleep(0.05)
            finally:
                os._exit(0)
    os.close(into)
    seen = b""
    while len(seen) < 5:
        more = os.read(out, 5)
        if not more:
            return None
        seen += more
    time.sleep(0.7)
    return "58 MB in nameless files, 16 MB are allowed"
