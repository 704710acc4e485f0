"""Fuzz the wire's decoder: hostile frames come in, a count goes out, or the first that does harm.

    fuzz_wire.py [--frames N] [--seed S]

With atheris (a coverage-guided fuzzer, not part of the environment) installed, it chooses the
bytes; else they are mutations of good frames. Half of them get a right prefix, so that the tree
behind it is reached. Harm is: an exception other than WireError, a value of a type that may not
cross, a plan for more bytes than the limits allow, or more memory than a gigabyte.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import numpy as np

try:
    import atheris
except ImportError:
    atheris = None
with atheris.instrument_imports(include=["autograder.wire.codec"]) if atheris else nullcontext():
    from autograder.wire.codec import DEFAULT_LIMITS, PREFIX, Plan, WireError, encode, sizes

MAGIC = b"DLW1"
GOOD = [
    None,
    [True, False, None, 1, -1, 2**200, 1.5, "text", b"bytes"],
    {"a": (1, 2.0, "x"), 3: {}, 4.5: [[[]]], True: ()},
    np.arange(6, dtype=np.float32).reshape(2, 3),
    [np.zeros((0, 4)), np.array(3), np.array([True, False]), np.ones(2, dtype=np.complex64)],
    "ä\N{SNOWMAN}" * 20,
]
EXACT = (type(None), bool, int, float, str, bytes, list, tuple, dict, np.ndarray)
GIGABYTE = 1 << 30


def decode(data: bytes) -> bool:
    """Decode as the wire does; whether a value came of it."""
    if len(data) < PREFIX.size:
        return False
    try:
        header, body = sizes(data[: PREFIX.size])
        rest = data[PREFIX.size :]
        if len(rest) < header:
            return False  # the wire would wait for the rest
        plan = Plan(rest[:header], body)
        if sum(plan.buffer_sizes) > DEFAULT_LIMITS.body:
            raise AssertionError("a plan for too many bytes")
        at, buffers = header, []
        for size in plan.buffer_sizes:
            if at + size > len(rest):
                return False
            buffers.append(memoryview(bytearray(rest[at : at + size])))
            at += size
        check(plan.value(buffers))
    except WireError:
        return False
    return True


def check(value: object) -> None:
    """Raise AssertionError at a value of a type that may not cross."""
    if type(value) not in EXACT:
        raise AssertionError(f"a value of type {type(value)}")
    if isinstance(value, dict):
        for key, item in value.items():
            check(key)
            check(item)
    elif isinstance(value, list | tuple):
        for item in value:
            check(item)


def with_right_prefix(data: bytes) -> bytes:
    """The bytes as header and body of a frame whose sizes fit; the first byte parts them."""
    share, data = (data[0], data[1:]) if data else (0, b"")
    at = len(data) * share // 255
    return PREFIX.pack(MAGIC, at, len(data) - at) + data


def frames() -> list[bytes]:
    """Good frames to begin with."""
    return [b"".join(bytes(part) for part in encode(value)) for value in GOOD]


def mutations(seed: int) -> Iterator[bytes]:
    """Good frames with bytes changed, lost, doubled and crossed."""
    chance = random.Random(seed)
    good = frames()
    while True:
        data = bytearray(chance.choice(good))
        for _ in range(chance.randint(1, 8)):
            at = chance.randrange(len(data) + 1)
            kind = chance.randrange(4)
            if kind == 0 and at < len(data):
                data[at] = chance.randrange(256)
            elif kind == 1:
                data[at:at] = chance.randbytes(chance.randint(1, 8))
            elif kind == 2:
                del data[at : at + chance.randint(1, 8)]
            else:
                other = chance.choice(good)
                start = chance.randrange(len(other))
                data[at:at] = other[start : start + chance.randint(1, 40)]
        yield bytes(data)


class Counter:
    """Tries inputs, and says when it was so many."""

    def __init__(self, frames: int) -> None:
        self.wanted = frames
        self.tried = self.values = 0
        self.told = False
        self.started = time.monotonic()

    @property
    def done(self) -> bool:
        """Whether that many have been tried."""
        return self.tried >= self.wanted

    def one(self, data: bytes) -> None:
        """Try an input as it is, and as header and body of a right frame."""
        for frame in (data, with_right_prefix(data)):
            self.values += decode(frame)
            self.tried += 1
        if self.done and not self.told:
            self.told = True
            seconds = time.monotonic() - self.started
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            how = "atheris" if atheris else "mutations"
            print(
                f"{self.tried:,} frames ({how}), {self.values:,} of them values, no harm, "
                f"{seconds:.0f} s, peak memory {peak:.0f} MB",
                flush=True,
            )


def main() -> None:
    """Fuzz until the count is reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_DATA, (GIGABYTE, GIGABYTE))
    counter = Counter(options.frames)
    if atheris is None:
        for data in mutations(options.seed):
            counter.one(data)
            if counter.done:
                return
    fuzz: Callable[[bytes], None] = counter.one
    with tempfile.TemporaryDirectory() as corpus:
        for number, frame in enumerate(frames()):
            (Path(corpus) / f"frame-{number}").write_bytes(frame)
            (Path(corpus) / f"header-{number}").write_bytes(b"\xff" + frame[PREFIX.size :])
        runs = options.frames // 2 + 1  # each input is two frames
        words = (f"-seed={options.seed}", "-max_len=2048", "-rss_limit_mb=2048", f"-runs={runs}")
        atheris.Setup([sys.argv[0], *words, corpus], fuzz)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
