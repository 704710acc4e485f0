"""What a check asked of a submission, and what came back: kept so that it can be told of.

A check that goes on with an odd value may trip over it anywhere. What came back last is then what
the student reads of, so it is described without running anything of it: it is a plain value, an
array or a tensor, whatever it was in the student's process.
"""

from __future__ import annotations

import reprlib
import sys
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from autograder.checks.figures import Figure
from autograder.checks.reads import Reads
from autograder.checks.remote import RemoteObject
from autograder.model.findings import clean
from autograder.model.report import Asked

_Value = TypeVar("_Value")

#: How to speak of what came back, by kind; of any other kind a type's name may be free text.
WORDS = {
    "None": "nothing (None)",
    "truth value": "True or False",
    "number": "a number",
    "text": "a text",
    "bytes": "bytes",
    "list": "a list",
    "tuple": "a tuple",
    "dict": "a dictionary",
    "set": "a set",
    "array": "an array",
    "tensor": "a tensor",
    "figure": "a figure",
    "object": "an object",
    "value": "a value",
}
_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (type(None), "None"),
    ((bool, np.bool_), "truth value"),
    ((int, float, complex, np.number), "number"),
    (str, "text"),
    ((bytes, bytearray), "bytes"),
    (list, "list"),
    (tuple, "tuple"),
    (dict, "dict"),
    ((set, frozenset), "set"),
    (np.ndarray, "array"),
    (Figure, "figure"),
)
MAX_SHOWN = 120
#: What a function did that was called.
RETURNED = "returned"
#: What an answer did that shows something.
PRINTS, DRAWS = "prints", "draws"
#: Of an object that stayed with the student's code: what came back is a description of it.
DESCRIBED = "is described as"
OBJECT = "object"
#: What is asked for where no name is: what the answer's own cell shows.
CELL = "the answer's cell"


@dataclass(frozen=True)
class Reply:
    """The last thing that came back: of which name, and what; ``came`` is false if nothing did.

    ``verb`` is what the name did to give it: a function returned it, a file holds it.
    """

    name: str
    value: Any = None
    verb: str = ""
    came: bool = True

    @property
    def kind(self) -> str:
        """A key of `WORDS`; empty if nothing came back."""
        return kind_of(self.value) if self.came else ""


class Received:
    """What one check asked for in its cases, which may share what came back, and the last of it."""

    def __init__(self) -> None:
        self.last: Reply | None = None
        #: What is noted of all that comes back, in a trial that asks for it.
        self.reads: Reads | None = None
        self._asked: dict[Asked, None] = {}

    @property
    def asked(self) -> tuple[Asked, ...]:
        """Each name, with each kind of what came back, once."""
        return tuple(self._asked)

    def ask(self, name: str) -> None:
        """Something is asked for; until it is taken, nothing has come back."""
        self.last = Reply(name, came=False)
        self._asked[Asked(name)] = None

    def take(self, name: str, value: _Value, *, verb: str, own: bool = True) -> _Value:
        """Note what came back, and give it on.

        Args:
            own: it is the student's, and not an input of the check that was put beside it.
        """
        self.last = Reply(name, value, verb)
        if own and self.reads is not None:
            self.reads.note(name, value)
        kind = OBJECT if verb == DESCRIBED else self.last.kind
        self._asked[Asked(name, kind, verb == RETURNED)] = None
        return value

    def show(self, name: str, value: _Value, verb: str) -> _Value:
        """Tell of what came back as that; the harness has made it of what came, and gives it on."""
        self.last = Reply(name, value, verb)
        return value


def kind_of(value: object) -> str:
    """A key of `WORDS`."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        return "tensor"
    if isinstance(value, RemoteObject):
        return OBJECT
    return next((kind for types, kind in _KINDS if isinstance(value, types)), "value")


def shown(value: object) -> str:
    """A value in a few words, for checks that may show it."""
    kind = kind_of(value)
    if isinstance(value, RemoteObject):
        return f"an object of type {value.type_name}"
    if kind in ("array", "tensor"):
        shape, dtype = tuple(value.shape), str(value.dtype)  # type: ignore[attr-defined]
        return f"{WORDS[kind]} of shape {shape} and {dtype.removeprefix('torch.')}"
    if kind == "figure":
        return WORDS[kind]
    try:
        text = _Short().repr(value)
    except Exception:  # an integer of more digits than Python writes
        return WORDS[kind]
    return clean(" ".join(text.split()), MAX_SHOWN)


class _Short(reprlib.Repr):
    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = self.maxlong = 60
        self.maxlevel = 3
