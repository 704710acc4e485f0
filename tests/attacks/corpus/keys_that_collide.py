# ruff: noqa
"""A dict whose keys all have the same hash.

defence: keys are short + keys with one hash are few
control: own
wins: trophy
"""

import os, struct

#: Enough to see that such a dict arrives; of half a million it would take half an hour.
COUNT = 2000


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
    os.write(3, frame(COUNT))
    os._exit(0)


def control(arena):
    """Each new key is compared with those before: with the square of their number in all."""
    compared = 0

    class Key(int):
        __hash__ = int.__hash__

        def __eq__(self, other):
            nonlocal compared
            compared += 1
            return int.__eq__(self, other)

    dict.fromkeys(map(Key, keys(200)))
    return compared > 200 * 199 // 4
