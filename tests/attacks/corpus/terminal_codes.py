# ruff: noqa
"""Feedback with terminal codes, invisible and right-to-left characters.

defence: feedback is cleaned
control: naive
wins: characters
"""


def fail():
    raise ValueError("\x1b[2J\x1b]0;passed\x07 \u202e evoba \u200b\ufeff\x00\x85\u2066")


total = fail()
