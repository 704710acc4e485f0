# ruff: noqa
"""The hidden input is the number of the cell in which an exception is said to have arisen.

defence: a place is shown only where the notebook has it
control: own
wins: input
"""

import os


def label(text):
    from autograder import wire

    number = int(text[7:12], 16)
    error = {"kind": "raised", "type": "ValueError", "message": "", "cell": number, "line": 1}
    for part in wire.encode({"error": error}):
        os.write(3, part)
    os._exit(0)


def control(arena):
    """Five letters of it fit into a cell's number."""
    number = int(arena.canary[7:12], 16)
    return f"{number:05x}" == arena.canary[7:12] and number < 10**7
