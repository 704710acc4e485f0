"""What a costly result depends on comes in; the result, computed once and remembered, goes out."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np


def user_folder() -> Path:
    """Where results are remembered if no folder is named."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "dl-autograder"


class Cache:
    """Remembers results by the content that they follow from.

    The folder is the grader's own (mode 0700): who can write there can write grades.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def remember(self, key: object, compute: Callable[[], Any]) -> Any:
        """The remembered result for ``key``, else that of ``compute()``, which is then remembered.

        Args:
            key: all that the result depends on: plain values, lists, tuples, dicts and arrays.
            compute: gives a value that JSON can hold.
        """
        found = self.recall(key)
        if found is None:
            found = compute()
            self.keep(key, found)
        return found

    def recall(self, key: object) -> Any:
        """The remembered result for ``key``, or None."""
        if self._folder is None:
            return None
        try:
            return json.loads(self._path(key).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None  # not there, or cut off by a full disk

    def keep(self, key: object, result: Any) -> None:
        """Remember a result that JSON can hold; one of None is not remembered."""
        if self._folder is not None:
            with contextlib.suppress(OSError):  # a full disk costs time, not a grade
                self._write(self._path(key), json.dumps(result))

    def _path(self, key: object) -> Path:
        assert self._folder is not None
        return self._folder / f"{digest(key)}.json"

    def _write(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)


def digest(value: object) -> str:
    """A digest of plain values and arrays that differs whenever they do, in type or content.

    Raises:
        TypeError: a value of another type.
    """
    state = hashlib.sha256()
    _feed(state.update, value)
    return state.hexdigest()


def _feed(update: Callable[[bytes], None], value: object) -> None:
    if isinstance(value, np.ndarray | np.generic) and not value.dtype.hasobject:
        update(f"array {value.dtype.str} {value.shape}:".encode())
        update(np.ascontiguousarray(value).tobytes())
    elif isinstance(value, list | tuple):
        update(f"list {len(value)}:".encode())
        for item in value:
            _feed(update, item)
    elif isinstance(value, dict):
        update(f"dict {len(value)}:".encode())
        for key, item in value.items():
            _feed(update, key)
            _feed(update, item)
    elif value is None or isinstance(value, bool | int | float | str | bytes):
        text = repr(value).encode()
        update(f"{type(value).__name__} {len(text)}:".encode() + text)
    else:
        raise TypeError(f"{type(value).__name__} is nothing to remember by")
