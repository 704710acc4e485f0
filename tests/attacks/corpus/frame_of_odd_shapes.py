# ruff: noqa
"""None times a huge side, too many sides, sides whose product overflows.

defence: bytes of arrays are bounded on arrival
control: own
wins: harm
"""

import os, struct


def counted(tag, count, rest=b""):
    return tag + struct.pack("<I", count) + rest


def text(raw):
    return counted(b"S", len(raw), raw)


def number(*octets):
    return counted(b"I", len(octets), bytes(octets))


def array(code, *sides):
    return b"A" + bytes((code, len(sides))) + struct.pack(f"<{len(sides)}Q", *sides)


def frame(value, body=b""):
    header = counted(b"M", 1, text(b"value") + value)
    return b"DLW2" + struct.pack("<QQ", len(header), len(body)) + header + body


FRAMES = [
    frame(array(11, 0, 1 << 40)),
    frame(array(11, 1 << 62, 1 << 62, 0)),
    frame(array(11, *[1] * 33), bytes(8)),
    frame(b"B" + struct.pack("<Q", 1 << 63)),
    frame(counted(b"o", 1, counted(b"U", 2, number(0) + counted(b"I", 6, b"\0\0\0\0\0\1")))),
    frame(counted(b"o", 1, counted(b"U", 1, number(0xFF)))),
]


def send(place):
    os.write(3, FRAMES[place])
    os._exit(0)


def total(matrix):
    send({"ndarray": 0, "list": 1, "Tensor": 2}[type(matrix).__name__])


def label(text):
    send(3)


def trophy():
    send(4)


class Stack:
    def __init__(self):
        send(5)


rate = 0.9


def control(arena):
    """A reader that believes what it reads comes to harm."""
    return all(map(arena.trusting, FRAMES))
