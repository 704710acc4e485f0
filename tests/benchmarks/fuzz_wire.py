"""Fuzz the wire's decoder: hostile frames come in, counts of what came of them go out.

    fuzz_wire.py [--frames N] [--seed S]

With atheris (a coverage-guided fuzzer, not part of the environment) installed, it chooses the
bytes; else they are mutations of good frames of every row of the table, and rows that are given
other parts than theirs. Of each input a second
frame is made whose sizes fit, so that the values behind them are reached. Harm is: an exception
other than WireError, a value of a type that may not cross, a plan for more bytes than the limits
allow, more memory than two gigabytes, or a value that is written in other bytes than it came in
(but for sets, which have no order). The input that does it is written into a file.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

try:
    import atheris
except ImportError:
    atheris = None
sys.path.insert(0, str(Path(__file__).parents[1] / "helpers"))
with atheris.instrument_imports(include=["autograder.wire"]) if atheris else nullcontext():
    from autograder.wire import Reference
    from autograder.wire.codec import MAGIC, PREFIX, Plan, encode, sizes
    from autograder.wire.decoder import Decoder
    from autograder.wire.limits import DEFAULT_LIMITS
    from autograder.wire.row import WireError
    from autograder.wire.types import ROWS

from wire_values import FRAMES, PLAIN, with_odd_parts, written_again

#: Where the types of all values come from that may be the result.
MODULES = {"builtins", "datetime", "decimal", "fractions", "numpy", "torch", "pandas", "scipy"}
OWN = ("autograder.wire.values", "autograder.wire.references")
#: Plans for more are not filled, as that would only take time.
SMALL = 1 << 16
LIMIT = 2 << 30


def decode(data: bytes) -> str:
    """Decode as the wire does; in a word or two what came of it."""
    if len(data) < PREFIX.size:
        return "cut"
    try:
        header, body = sizes(data[: PREFIX.size])
        rest = data[PREFIX.size :]
        if len(rest) < header:
            return "cut"  # the wire would wait for the rest
        plan = Plan(rest[:header], body)
        if sum(plan.buffer_sizes) > DEFAULT_LIMITS.body:
            raise AssertionError("a plan for too many bytes")
        at, buffers = header, []
        for size in plan.buffer_sizes:
            if at + size > len(rest):
                return "cut"
            buffers.append(memoryview(bytearray(rest[at : at + size])))
            at += size
        value = plan.value(buffers)
        check(value)
        if not written_again(data[: PREFIX.size + at], value):
            raise AssertionError("a frame that no encoder has written")
    except WireError as error:
        if "MemoryError" in str(error):
            raise AssertionError("memory was asked for before its size was looked at") from error
        return f"refused: {error}"
    return "a value"


def check(value: object) -> None:
    """Raise AssertionError at a value of a type that may not cross."""
    module = type(value).__module__
    if module.partition(".")[0] not in MODULES and module not in OWN:
        raise AssertionError(f"a value of type {type(value)}")
    if isinstance(value, dict):
        for key, item in value.items():
            check(key)
            check(item)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            check(item)


def fitting(data: bytes) -> bytes:
    """The bytes as header and body of a frame whose sizes fit what the header says.

    The first two bytes part them.
    """
    share, data = int.from_bytes(data[:2], "little"), data[2:]
    at = min(share, len(data))
    header, body = data[:at], data[at:]
    try:
        decoder = Decoder(header, DEFAULT_LIMITS)
        decoder.tree()
        header = header[: decoder.at]  # what is left behind the value would hide it
        size = sum(size for *_, size in decoder.buffers)
        if size <= SMALL:
            body = (body + bytes(range(256)) * (size // 256 + 1))[:size]
    except WireError:
        pass
    return PREFIX.pack(MAGIC, len(header), len(body)) + header + body


def frames() -> list[bytes]:
    """Good frames to begin with: each value, and all of them."""
    values = [make() for make in (PLAIN | FRAMES).values()]
    values += [Reference(3, "module.Net"), [Reference(-1), {"net": Reference(1 << 53, "x")}]]
    made = [b"".join(bytes(part) for part in encode(value)) for value in values]
    headers = b"".join(frame[PREFIX.size :] for frame in made)
    missing = [row.tag for row in ROWS if row.tag not in headers]
    if missing and FRAMES:
        raise AssertionError(f"no value of the rows {missing}")
    return made


def mutations(seed: int) -> Iterator[bytes]:
    """Good frames with bytes changed, lost, doubled and crossed; first the header's length."""
    chance = random.Random(seed)
    good = frames()
    interesting = (0, 1, 2, 127, 128, 255, *(row.tag[0] for row in ROWS), *b"NTFDISBLUMAG@")
    while True:
        frame = chance.choice(good)
        _magic, length, _body = PREFIX.unpack(frame[: PREFIX.size])
        data = bytearray(frame[PREFIX.size :])
        for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
            inside = chance.random() < 0.8
            at = chance.randrange(length + 1) if inside else chance.randrange(len(data) + 1)
            before, kind = len(data), chance.randrange(6)
            if kind == 0 and at < len(data):
                data[at] = chance.randrange(256)
            elif kind <= 2 and at < len(data):
                data[at] = chance.choice(interesting)
            elif kind == 3:
                data[at:at] = chance.randbytes(chance.randint(1, 8))
            elif kind == 4:
                del data[at : at + chance.randint(1, 8)]
            else:
                other = chance.choice(good)[PREFIX.size :]
                start = chance.randrange(len(other))
                data[at:at] = other[start : start + chance.randint(1, 40)]
            if at <= length:
                length = max(length + len(data) - before, 0)
        yield length.to_bytes(2, "little") + data


class Outcomes:
    """Tries inputs, and says when it was so many."""

    def __init__(self, frames: int) -> None:
        self.wanted = frames
        self.tried = 0
        self.found: Counter[str] = Counter()
        self.told = False
        self.started = time.monotonic()

    @property
    def done(self) -> bool:
        """Whether that many have been tried."""
        return self.tried >= self.wanted

    def one(self, data: bytes) -> None:
        """Try an input as it is, and as header and body of a right frame."""
        length = int.from_bytes(data[:2], "little")
        plain = PREFIX.pack(MAGIC, length, max(len(data) - 2 - length, 0)) + data[2:]
        for frame in (plain, fitting(data)):
            self.whole(frame)

    def whole(self, frame: bytes) -> None:
        """Try a frame."""
        try:
            self.found[decode(frame)] += 1
        except BaseException:
            Path("fuzz-wire-harm.bin").write_bytes(frame)
            raise
        self.tried += 1
        self.check_done()

    def check_done(self) -> None:
        """Tell when it is enough."""
        if self.done and not self.told:
            self.told = True
            self.tell()

    def tell(self) -> None:
        """Print the counts."""
        seconds = time.monotonic() - self.started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        how = "atheris" if atheris else "mutations"
        print(f"{self.tried:,} frames ({how}), no harm, {seconds:.0f} s, peak memory {peak:.0f} MB")
        for what, count in self.found.most_common():
            print(f"{count:>10,}  {what}")
        sys.stdout.flush()


def main() -> None:
    """Fuzz until the count is reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_DATA, (LIMIT, LIMIT))
    warnings.simplefilter("ignore")
    counter = Outcomes(options.frames)
    chance = random.Random(options.seed)
    if atheris is None:
        for data in mutations(options.seed):
            counter.one(data)
            counter.whole(with_odd_parts(chance.choice))
            if counter.done:
                return
    fuzz: Callable[[bytes], None] = counter.one
    with tempfile.TemporaryDirectory() as corpus:
        for number, frame in enumerate(frames()):
            (Path(corpus) / f"frame-{number}").write_bytes(frame)
            length = PREFIX.unpack(frame[: PREFIX.size])[1].to_bytes(2, "little")
            (Path(corpus) / f"header-{number}").write_bytes(length + frame[PREFIX.size :])
        runs = options.frames // 2 + 1  # each input is two frames
        words = (f"-seed={options.seed}", "-max_len=2048", "-rss_limit_mb=2048", f"-runs={runs}")
        atheris.Setup([sys.argv[0], *words, corpus], fuzz)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
