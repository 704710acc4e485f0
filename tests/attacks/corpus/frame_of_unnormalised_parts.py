# ruff: noqa
"""Fractions that can be reduced, spans of too many seconds, names that steer.

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
    frame(counted(b"q", 2, number(2) + number(4))),
    frame(counted(b"e", 3, number(0) + number(0xA0, 0x86, 1) + number(0))),
    frame(counted(b"d", 1, text(b"1E+0"))),
    frame(counted(b"n", 2, text(b"a\x1b[2J") + number(1))),
    frame(counted(b"R", 1, text("a\u202e".encode()))),
    frame(
        counted(b"X", 7, text(b"Tensor") + text(b"coo") + counted(b"U", 1, number(3)))
        + array(11, 2)
        + b"F"
        + array(5, 1, 2)
        + b"T",
        struct.pack("<2d2q", 1, 1, 1, 0),
    ),
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
