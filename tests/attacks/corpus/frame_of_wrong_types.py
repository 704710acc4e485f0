# ruff: noqa
"""Tags with parts of other types, unknown element types, objects of the grader's, text that is none.

defence: texts are UTF-8
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
    frame(b"A\xff\1" + struct.pack("<Q", 4), bytes(8)),
    frame(counted(b"X", 4, text(b"Tensor") + text(b"dense") + array(11, 1) + b"T"), bytes(8)),
    frame(counted(b"w", 6, text(b"csr") + b"T" + number(1) * 4)),
    frame(text(b"\xf4\x90\x80\x80")),
    frame(counted(b"c", 2, number(1) * 2)),
    frame(b"@" + struct.pack("<q", -1) + text(b"probe")),
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
