"""The typed wire between processes that do not trust each other: ``send`` and ``receive``."""

from autograder.wire.channel import DeadlinePassed, PeerClosed, pending, receive, send
from autograder.wire.codec import Limits, UnsupportedValue, WireError, encode

__all__ = [
    "DeadlinePassed",
    "Limits",
    "PeerClosed",
    "UnsupportedValue",
    "WireError",
    "encode",
    "pending",
    "receive",
    "send",
]
