"""What a costly result depends on comes in; the result, computed once and cached, goes out."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np


def user_folder() -> Path:
    """Where results are cached if no folder is named."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "dl-autograder"


class Store:
    """Keeps results by the content that they follow from.

    The folder is the grader's own (mode 0700): who can write there can write grades.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def get(self, key: object) -> Any:
        """The result that is kept for ``key``, or None."""
        if self._folder is None:
            return None
        try:
            return json.loads(self._path(key).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None  # not there, or cut off by a full disk

    def put(self, key: object, result: Any) -> None:
        """Keep a result that JSON can hold; one of None is not kept."""
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


class Cache:
    """Caches what checks compute.

    Args:
        folder: where; None to cache nothing.
        follows: what a function's results follow from beside its key: the code that it runs, the
            libraries, the assignment's own package.
        no_cache: take nothing from there but what has been computed here.
    """

    def __init__(
        self,
        folder: Path | None,
        follows: Callable[[Callable[..., Any]], object] = lambda _compute: None,
        *,
        no_cache: bool = False,
    ) -> None:
        self._store = Store(folder)
        self._enabled = folder is not None
        self._follows = follows
        self._no_cache = no_cache
        self._computed: set[str] = set()

    def remember(
        self,
        key: object,
        compute: Callable[[], Any],
        code: Callable[..., Any] | None = None,
    ) -> Any:
        """The cached result for ``key``, else that of ``compute()``, which is then cached.

        It is cached by the code of ``compute`` too, by all that this imports, by the public
        folder and by the libraries, so that ``key`` need not name any of them.

        Args:
            key: all values that the result depends on: plain values, lists, tuples, dicts,
                dataclasses and arrays.
            compute: gives a value that JSON can hold.
            code: the function whose code it runs, if that is not ``compute`` itself.

        Raises:
            TypeError: ``key`` holds something else.
        """
        if not self._enabled:
            return compute()
        name = digest([self._follows(code or compute), key])
        known = not self._no_cache or name in self._computed
        found = self._store.get(name) if known else None
        if found is None:
            found = compute()
            self._store.put(name, found)
            self._computed.add(name)
        return found


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
    elif is_dataclass(value) and not isinstance(value, type):
        update(f"dataclass {type(value).__qualname__}:".encode())
        _feed(update, {one.name: getattr(value, one.name) for one in fields(value)})
    elif value is None or isinstance(value, bool | int | float | str | bytes):
        text = repr(value).encode()
        update(f"{type(value).__name__} {len(text)}:".encode() + text)
    else:
        raise TypeError(f"{type(value).__name__} is nothing to cache by")
