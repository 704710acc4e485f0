"""The typed wire between processes that do not trust each other: ``send`` and ``receive``."""

from autograder.wire.channel import DeadlinePassed, PeerClosed, pending, receive, send
from autograder.wire.codec import Limits, UnsupportedValue, WireError, encode
from autograder.wire.references import NO_REFERENCES, Reference, References

__all__ = [
    "NO_REFERENCES",
    "DeadlinePassed",
    "Limits",
    "PeerClosed",
    "Reference",
    "References",
    "UnsupportedValue",
    "WireError",
    "encode",
    "pending",
    "receive",
    "send",
]
