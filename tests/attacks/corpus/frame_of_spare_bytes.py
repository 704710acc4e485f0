# ruff: noqa
"""Numbers that are written longer than they are.

defence: a value has one frame
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
    frame(number()),
    frame(number(1, 0)),
    frame(number(0xFF, 0xFF)),
    frame(counted(b"I", 512, b"\xff" * 512)),
    frame(counted(b"d", 1, text(b"007"))),
    frame(counted(b"M", 1, number(5, 0) + b"N")),
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
    """A decoder that does not ask who could have written it takes each of them."""
    return arena.believing(FRAMES)
