"""The wire's table: every type that crosses as parts, and the row of a class of objects.

What has no row of its own (None, numbers, texts, lists, tuples, dicts, arrays) is written as bytes
by ``encoder`` and read by ``decoder``. To add a type, write its ``Row`` in the room where it
belongs and list it there.
"""

from __future__ import annotations

import dataclasses
import functools
import sys

import numpy as np

from autograder.wire.row import Row
from autograder.wire.types import (
    arrays,
    frames,
    moments,
    pandas_scalars,
    plain,
    records,
    sparse,
    torch,
)

ROWS: tuple[Row, ...] = (
    *plain.ROWS,
    *moments.ROWS,
    *records.ROWS,
    *arrays.ROWS,
    *torch.ROWS,
    *sparse.ROWS,
    *frames.ROWS,
    *pandas_scalars.ROWS,
)
BY_TAG = {row.tag[0]: row for row in ROWS}

_DOTTED = [kind for row in ROWS for kind in row.types if isinstance(kind, str)]
_LIBRARIES = sorted({kind.rpartition(".")[0] for kind in _DOTTED})


def find_row(kind: type) -> Row | None:
    """The row of the first class among a class and its bases that has one."""
    found = _rows_by_type(tuple(name for name in _LIBRARIES if name in sys.modules))
    for base in kind.__mro__:
        if base in plain.BASES or base is np.ndarray:
            return plain.NAMED_ROW if base is not kind or base not in found else found[base]
        if base in found:
            return found[base]
    return records.RECORD if dataclasses.is_dataclass(kind) else None


@functools.cache
def _rows_by_type(loaded: tuple[str, ...]) -> dict[type, Row]:
    """The rows by class, as far as the libraries of the classes are loaded."""
    found: dict[type, Row] = {}
    for row in ROWS:
        for kind in row.types:
            if isinstance(kind, type):
                found[kind] = row
                continue
            module, _, name = kind.rpartition(".")
            # Looked up, not imported: an assignment without the library must not pay for it.
            known = getattr(sys.modules[module], name, None) if module in loaded else None
            if known is not None:  # pandas has NaT and NA alone, and not their types
                found[known if isinstance(known, type) else type(known)] = row
    return found
