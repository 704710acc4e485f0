"""The typed wire between processes that do not trust each other: ``send`` and ``receive``."""

from autograder.wire.channel import DeadlinePassed, PeerClosed, pending, receive, send
from autograder.wire.codec import copied, encode
from autograder.wire.limits import Limits
from autograder.wire.references import NO_REFERENCES, Reference, References
from autograder.wire.row import MAX_WHAT, UnsupportedValue, WireError

__all__ = [
    "MAX_WHAT",
    "NO_REFERENCES",
    "DeadlinePassed",
    "Limits",
    "PeerClosed",
    "Reference",
    "References",
    "UnsupportedValue",
    "WireError",
    "copied",
    "encode",
    "pending",
    "receive",
    "send",
]
