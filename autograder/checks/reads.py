"""What a check reads of a submission comes in; one digest of all of it goes out.

Two submissions whose digests are equal have given the check the same values, to the bit. Functions
that it has called are called once more with variants of its inputs, so that what agrees on a single
input by chance does not pass for the same. Of an object that stays with the student's code a check
sees what it asks for and no more, so that nothing is said of submissions with such ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograder import wire
from autograder.checks.source import Source

#: In place of a digest, where a check has asked for what does not cross as a value.
PARTIAL = "partial"
#: Calls of one check whose inputs are varied, and variants of each.
MAX_CALLS, MAX_VARIANTS = 6, 10
Call = tuple[str, tuple[Any, ...], dict[str, Any]]


class Reads:
    """A digest of what was read so far, and the calls that it came of."""

    def __init__(self) -> None:
        self._state = hashlib.sha256()
        self._calls: dict[str, Call] = {}
        self._partial = False

    @property
    def digest(self) -> str:
        """That of all that was read, in order; PARTIAL if an object was asked for."""
        return PARTIAL if self._partial else self._state.hexdigest()

    def note(self, label: str, value: object) -> None:
        """Take a value; of a source nothing, since other words may say the same."""
        if isinstance(value, Source):
            return
        self._feed(label.encode("utf-8", "replace"))
        try:
            self._feed(encoded(value))
        except wire.UnsupportedValue:
            self._partial = True

    def note_call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Take a call whose inputs are to be varied; of equal ones the first."""
        try:
            key = hashlib.sha256(encoded([name, list(args), kwargs])).hexdigest()
        except wire.UnsupportedValue:  # an object of the student's goes along
            return
        self._calls.setdefault(key, (name, args, kwargs))

    def vary(self, ask: Callable[..., Any], failed: type[Exception]) -> None:
        """Call the functions with variants of their inputs, and take what comes.

        Args:
            ask: calls a function of the student's by its name.
            failed: what it raises if that raised.
        """
        calls = list(self._calls.values())[:MAX_CALLS]
        self._calls = {}
        for name, args, kwargs in calls:
            for number, varied in enumerate(variants(args)):
                if number == MAX_VARIANTS:
                    break
                try:
                    self.note(name, ask(name, *varied, **kwargs))
                except failed:
                    # With an input that nobody asked for, any exception is as good as another.
                    self._feed(b"raised")

    def _feed(self, data: bytes) -> None:
        self._state.update(b"%d:" % len(data) + data)


def encoded(value: object) -> bytes:
    """A value as bytes that differ whenever it does. Raises UnsupportedValue."""
    return b"".join(bytes(part) for part in wire.encode(value))


def variants(args: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Other inputs of the same kinds: one argument changed, or all arrays in the same way.

    What is changed stays within the values that were there, since those are in the domain.
    """
    arrays = [n for n, value in enumerate(args) if _is_array(value) and _ndim(value)]
    if len(arrays) > 1:
        for change in (_reversed, _shorter):
            yield tuple(change(v) if n in arrays else v for n, v in enumerate(args))
    for number, value in enumerate(args):
        for other in _others(value):
            yield (*args[:number], other, *args[number + 1 :])


def _others(value: Any) -> Iterator[Any]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
        yield value + 2
        if value > 1:
            yield value - 1
    elif isinstance(value, float):
        yield value / 2
        yield value * 1.5
    elif isinstance(value, str | list | tuple) and value:
        yield value[::-1]
        yield value[:-1]
        yield value * 2
    elif _is_array(value) and _ndim(value):
        yield _reversed(value)
        yield _shorter(value)
        if _ndim(value) > 1:
            yield _narrower(value)
            yield _swapped(value)


def _is_array(value: object) -> bool:
    return isinstance(value, np.ndarray) or type(value).__name__ == "Tensor"


def _ndim(value: Any) -> int:
    return len(value.shape)


def _reversed(value: Any) -> Any:
    return value.flip(0) if hasattr(value, "flip") else value[::-1].copy()


def _shorter(value: Any) -> Any:
    return value[: max(1, len(value) - 1)]


def _narrower(value: Any) -> Any:
    return value[..., : max(1, value.shape[-1] - 1)]


def _swapped(value: Any) -> Any:
    """The last two axes exchanged."""
    return value.swapaxes(-1, -2)
