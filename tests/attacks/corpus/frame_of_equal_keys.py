# ruff: noqa
"""Dicts and sets with keys and members that are equal.

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
    frame(counted(b"M", 2, (text(b"a") + b"N") * 2)),
    frame(counted(b"M", 3, b"TN" + number(1) + b"FD" + struct.pack("<d", 1.0) + b"T")),
    frame(counted(b"M", 2, b"D" + struct.pack("<d", 0.0) + b"ND" + struct.pack("<d", -0.0) + b"N")),
    frame(counted(b"s", 2, number(1) * 2)),
    frame(counted(b"s", 2, number(1) + b"T")),
    frame(counted(b"M", 1, counted(b"z", 2, text(b"a") * 2) + b"N")),
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
