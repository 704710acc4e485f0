"""The typed wire between processes that do not trust each other: ``send`` and ``receive``."""

from autograder.wire.channel import DeadlinePassed, PeerClosed, pending, receive, send
from autograder.wire.codec import copied, encode
from autograder.wire.limits import Limits
from autograder.wire.row import UnsupportedValue, WireError

__all__ = [
    "DeadlinePassed",
    "Limits",
    "PeerClosed",
    "UnsupportedValue",
    "WireError",
    "copied",
    "encode",
    "pending",
    "receive",
    "send",
]
