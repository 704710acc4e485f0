# ruff: noqa
"""Together with the reply to one request goes that to the next, which has not been asked yet.

defence: a reply without a request ends the worker
control: own
wins: trophy
"""

import socket


def made():
    from autograder import wire

    honest = wire.send

    def send(channel, reply, **how):
        wire.send = honest
        frames = [*wire.encode(reply, **how), *wire.encode({"value": "said before it was asked"})]
        channel.sendall(b"".join(map(bytes, frames)))

    wire.send = send
    return lambda: None


trophy = made() if __name__ == "__main__" else None  # the arena reads this file too


def control(arena):
    """Who reads when he has asked takes what had been said before for the answer."""
    from autograder import wire

    ours, theirs = socket.socketpair()
    with ours, theirs:
        for value in ("the answer to the first", "said before it was asked"):
            wire.send(theirs, value)
        wire.receive(ours)
        wire.send(ours, "the second question")
        return wire.receive(ours) == "said before it was asked"
