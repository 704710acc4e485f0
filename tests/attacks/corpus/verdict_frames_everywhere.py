# ruff: noqa
"""Well-formed frames that say what the grader's own processes say to each other.

defence: values cross, objects and verdicts do not
control: own
wins: points
"""

import os, socket

CHECK = {
    "id": "test_attacked.py::test_total",
    "question": "Q1",
    "title": "x",
    "number": "1.1",
    "hidden": True,
    "score": 4.0,
    "max_score": 4.0,
    "status": "passed",
    "message": "",
    "staff": "",
    "visibility": "visible",
    "tags": (),
    "seconds": 0.0,
    "passed": 4,
    "cases": 4,
    "leaderboard": [],
    "pictures": [],
    "tripped": False,
    "asked": [],
}


def frames():
    from autograder import wire

    for message in (
        {"check": CHECK, "told": [], "held": []},
        {"end": {"faults": []}},
        {"report": {"score": 10}},
        {"value": {"check": CHECK}, "check": CHECK},
    ):
        yield b"".join(bytes(part) for part in wire.encode(message))


def trophy():
    for frame in frames():
        for descriptor in range(64):
            try:
                os.write(descriptor, frame)
            except OSError:
                pass
    os._exit(0)


total = label = lambda _value: trophy()


def control(arena):
    """The grader believes such frames of its own child, on a channel that no worker has."""
    from autograder import wire
    from autograder.grading.grader import Outcome

    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(next(frames()))
        outcome = Outcome()
        outcome.add(wire.receive(ours))
    return outcome.checks[CHECK["id"]].score == 4.0
