"""A safe copy comes in; what a wanted file holds, or a failure to read it, goes out."""

from __future__ import annotations

import builtins
import io
import json
import math
import sys
import time
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.lib import format as npy

from autograder.checks.process import StartWorker
from autograder.checks.received import Received
from autograder.model.findings import fail
from autograder.model.names import is_copy
from autograder.model.submission import Submission
from autograder.sandbox.requests import WorkerLied, WorkerStopped, WorkerTimedOut

IMAGE_SECONDS = 10.0
#: What stands for any letters in a pattern.
_WILD = frozenset("*?[")
#: Kinds of elements, as NumPy letters them.
KINDS = frozenset("biufcMmSU")
#: Bytes of an array's header, and of all arrays of a file when they are unpacked.
MAX_HEADER, MAX_UNPACKED = 10_000, 256 << 20
#: Characters of JSON: a list of empty lists takes twenty times as much memory as its text.
MAX_JSON = 16 << 20


class Files:
    """The submitted files, as a check may read them."""

    def __init__(
        self,
        submission: Submission,
        start_worker: StartWorker,
        handed_out: Path | None = None,
    ) -> None:
        self._submission = submission
        self._start_worker = start_worker
        #: The folder of what students were given.
        self._handed_out = handed_out
        #: What the check has asked for, and what came back.
        self.received = Received()

    def paths(self, pattern: str) -> tuple[PurePosixPath, ...]:
        """The files that match, wherever they lie: ``*.csv`` also finds ``logs/a.csv``.

        Letter case does not matter, and ``a (1).csv`` or ``Copy of a.csv`` is ``a.csv``, too. First
        come those that are not as they were handed out, then those of the very name, then those
        nearest to the top.
        """
        wanted = pattern.lower()
        exact = [f for f in self._submission.files if PurePosixPath(str(f).lower()).match(wanted)]
        copies = [] if _WILD & set(pattern) else self._copies(pattern, set(exact))
        paths = tuple(sorted(exact, key=_from_the_top) + sorted(copies, key=_from_the_top))
        if len(paths) > 1:
            paths = tuple(sorted(paths, key=lambda file: self._is_blank(file, pattern)))
        self.received.take(pattern, list(map(str, paths)), verb="is found as")
        return paths

    def _copies(self, name: str, but: set[PurePosixPath]) -> list[PurePosixPath]:
        return [f for f in self._submission.files if f not in but and is_copy(f, name)]

    def _is_blank(self, file: PurePosixPath, name: str) -> bool:
        """Whether a file is as it was handed out, but for its line ends."""
        given = self._handed_out / name if self._handed_out is not None else None
        if given is None or _WILD & set(name) or not given.is_file():
            return False
        return self._submission.read(file).split() == given.read_bytes().split()

    def text(self, pattern: str) -> str:
        """The text of the file that matches, the first of `paths` if there are several.

        Raises:
            CheckFailed: there is none, or it is no UTF-8 text.
        """
        path, data = self._found(pattern)
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise fail(
                f"{path} is no text in UTF-8.", hint="Save it as plain text in UTF-8."
            ) from None
        self.received.take(pattern, text, verb="holds")
        return text

    def bytes(self, pattern: str) -> builtins.bytes:
        """What the file that matches holds.

        Raises:
            CheckFailed: there is none.
        """
        return self.received.take(pattern, self._found(pattern)[1], verb="holds")

    def array(self, pattern: str) -> np.ndarray[Any, Any]:
        """The array in the ``.npy`` file that matches; nothing is unpickled.

        Raises:
            CheckFailed: there is none, or it holds no array of numbers or text.
        """
        path, data = self._found(pattern)
        array = _array(data)
        if array is None:
            raise fail(
                f"{path} holds no array of numbers.",
                hint="Save it by np.save, as an array of one dtype.",
            )
        return self.received.take(pattern, array, verb="holds")

    def arrays(self, pattern: str) -> dict[str, np.ndarray[Any, Any]]:
        """The arrays in the ``.npz`` file that matches, by their names; nothing is unpickled.

        Raises:
            CheckFailed: there is none, or it holds anything else.
        """
        path, data = self._found(pattern)
        found = _arrays(data)
        if found is None:
            raise fail(
                f"{path} is no file of arrays of numbers.",
                hint="Save it by np.savez, as arrays of one dtype each.",
            )
        return self.received.take(pattern, found, verb="holds")

    def image(self, pattern: str) -> np.ndarray[Any, Any]:
        """The pixels of the PNG, JPEG, GIF or BMP file that matches.

        It is decoded where student code would run: decoders of pictures have had holes.

        Returns:
            Of shape (height, width) or (height, width, channels), uint8 as a rule.

        Raises:
            CheckFailed: there is none, or it is no such picture.
        """
        path, data = self._found(pattern)
        worker = self._start_worker()
        try:
            reply = worker.image(data, time.monotonic() + IMAGE_SECONDS)
        except (WorkerStopped, WorkerTimedOut, WorkerLied):
            reply = None
        finally:
            worker.release()
        if not isinstance(reply, np.ndarray):
            raise fail(f"{path} is no picture that can be read.", hint="Save it as a PNG file.")
        return self.received.take(pattern, reply, verb="holds")

    def _found(self, pattern: str) -> tuple[PurePosixPath, builtins.bytes]:
        """The file that matches, the first of `paths` if there are several, and its bytes."""
        paths = self.paths(pattern)
        if not paths:
            raise fail(f"{pattern} is not in the submission.", hint=f"Submit {pattern} too.")
        return paths[0], self._submission.read(paths[0])

    def json(self, pattern: str) -> Any:
        """The value in the JSON file that matches.

        Raises:
            CheckFailed: there is none, it is too large, or it is no JSON; the text names the line.
        """
        text = self.text(pattern)
        if len(text) > MAX_JSON:
            raise fail(
                f"{pattern} is larger than {MAX_JSON >> 20} MB.",
                hint="Submit fewer numbers, or an array saved by np.save.",
            )
        try:
            value = json.loads(text)
        except json.JSONDecodeError as error:
            raise fail(
                f"{pattern} is no JSON: it breaks at line {error.lineno}, column {error.colno}.",
                hint="A comma or a quotation mark is the most common slip.",
            ) from None
        except (ValueError, RecursionError):
            raise fail(f"{pattern} is no JSON that can be read.") from None
        return self.received.take(pattern, value, verb="holds")


def _from_the_top(file: PurePosixPath) -> tuple[int, str]:
    return len(file.parts), str(file)


def _array(data: bytes) -> np.ndarray[Any, Any] | None:
    """The array that ``np.save`` has written; None if it is none, or one of objects."""
    try:
        return _read_array(data)
    except Exception:  # NumPy's reader of headers raises what Python's own parsers do
        return None


def _read_array(data: bytes) -> np.ndarray[Any, Any] | None:
    file = io.BytesIO(data)
    version = npy.read_magic(file)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, fortran, dtype = read(file, max_header_size=MAX_HEADER)
    rest = memoryview(data)[file.tell() :]
    # What the header says of its size is checked before anything is made of that size.
    size = math.prod(shape) * dtype.itemsize
    if dtype.kind not in KINDS or size != len(rest) or min(shape, default=0) < 0:
        return None
    if dtype.kind == "U" and size and _code_points(rest, dtype).max() > sys.maxunicode:
        return None  # NumPy does not look, and breaks when such a text is read
    # It raises for one of no elements, but of sides too long for memory.
    return np.ndarray(shape, dtype, rest, order="F" if fortran else "C").copy()


def _code_points(data: memoryview, dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    return np.frombuffer(data, np.dtype(np.uint32).newbyteorder(dtype.byteorder))


def _arrays(data: bytes) -> dict[str, np.ndarray[Any, Any]] | None:
    """The arrays that ``np.savez`` has written; None if there is anything else."""
    found: dict[str, np.ndarray[Any, Any]] = {}
    left = MAX_UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.infolist():
                with archive.open(entry) as file:
                    array = _array(unpacked := file.read(left + 1))
                left -= len(unpacked)
                if array is None or left < 0:
                    return None
                found[entry.filename.removesuffix(".npy")] = array
    except Exception:  # a damaged archive raises what its headers and its packers lead to
        return None
    return found
