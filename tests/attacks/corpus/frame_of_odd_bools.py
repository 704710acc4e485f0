# ruff: noqa
"""Bools of 2 and 255, texts wider than their letters: what NumPy makes of them is anybody's guess.

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
    frame(array(0, 4), bytes([255, 2, 128, 0])),
    frame(b"G\0\2"),
    frame(counted(b"L", 1, b"G\0\xff")),
    frame(b"G\x21" + struct.pack("<I", 2) + b"a" + b"\0" * 7),
    frame(b"G\x20" + struct.pack("<I", 3) + b"ab\0"),
    frame(array(0, 2, 2), bytes([0, 1, 1, 3])),
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
