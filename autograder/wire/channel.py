"""The typed wire: plain values come in, bounded frames go over a socket, plain values come out.

What may cross, and how it is written, is in ``codec``; here are sockets and deadlines.
"""

from __future__ import annotations

import socket
import time

import numpy as np

from autograder.wire.codec import (
    PREFIX,
    Plan,
    encode,
    sizes,
)
from autograder.wire.limits import DEFAULT_LIMITS, Limits
from autograder.wire.references import NO_REFERENCES, References


class PeerClosed(Exception):
    """The other end closed the connection before a whole frame came."""


class DeadlinePassed(Exception):
    """The deadline passed before a whole frame was sent or received."""


def send(
    channel: socket.socket,
    value: object,
    *,
    deadline: float | None = None,
    limits: Limits = DEFAULT_LIMITS,
    references: References = NO_REFERENCES,
) -> None:
    """Send ``value`` as one frame; ``deadline`` is a reading of ``time.monotonic()``.

    Raises:
        UnsupportedValue: nothing was sent.
        PeerClosed, DeadlinePassed: the connection can no longer be used.
    """
    for buffer in encode(value, limits, references):
        _set_timeout(channel, deadline)
        try:
            channel.sendall(buffer)
        except TimeoutError:
            raise DeadlinePassed from None
        except OSError:
            raise PeerClosed from None


def receive(
    channel: socket.socket,
    *,
    deadline: float | None = None,
    limits: Limits = DEFAULT_LIMITS,
    references: References = NO_REFERENCES,
) -> object:
    """Receive one frame and return its value.

    Raises:
        WireError: what came is not such a frame.
        PeerClosed, DeadlinePassed: no whole frame came.
    """
    header_size, body_size = sizes(bytes(_read(channel, PREFIX.size, deadline)), limits)
    plan = Plan(bytes(_read(channel, header_size, deadline)), body_size, limits, references)
    return plan.value([_read(channel, size, deadline) for size in plan.buffer_sizes])


def _read(channel: socket.socket, size: int, deadline: float | None) -> memoryview:
    """Exactly ``size`` bytes, in fresh memory that a value may keep.

    The memory is not written before bytes come, so a peer that only claims a size takes none.
    """
    view = np.empty(size, dtype=np.uint8).data
    got = 0
    while got < size:
        _set_timeout(channel, deadline)
        try:
            count = channel.recv_into(view[got:])
        except TimeoutError:
            raise DeadlinePassed from None
        except OSError:
            raise PeerClosed from None
        if count == 0:
            raise PeerClosed
        got += count
    return view


def _set_timeout(channel: socket.socket, deadline: float | None) -> None:
    if deadline is None:
        channel.settimeout(None)
        return
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise DeadlinePassed
    channel.settimeout(remaining)


def pending(channel: socket.socket) -> bool:
    """Whether bytes wait that no request asked for; a closed peer counts as none."""
    channel.settimeout(0.0)
    try:
        return bool(channel.recv(1, socket.MSG_PEEK))
    except (BlockingIOError, OSError):
        return False
