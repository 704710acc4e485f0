"""Submitted binary files: read as what they are, or refused in one sentence."""

from __future__ import annotations

import contextlib
import io
import pickle
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from autograder.checks.files import Files
from autograder.home.spawned import Spawner, SpawnSettings
from autograder.model.findings import CheckFailed


@pytest.fixture(scope="module")
def spawner() -> Iterator[Spawner]:
    with Spawner(SpawnSettings((), ("numpy",), (), ())) as made:
        yield made


def files(data: bytes, name: str = "a.npy", spawner: Spawner | None = None) -> Files:
    submission: Any = SimpleNamespace(files=[PurePosixPath(name)], read=lambda _path: data)
    start = None if spawner is None else spawner.worker  # most tests read no array
    return Files(submission, start)  # type: ignore[arg-type]


def saved(array: np.ndarray[Any, Any], **options: bool) -> bytes:
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def drawn(kind: str, mode: str = "RGB", size: tuple[int, int] = (4, 3)) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size, 7).save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.arange(6).reshape(2, 3)),
        np.zeros((0, 3)),
        np.array(3),
        np.array([True]),
        np.array(["a", "\N{SNAKE}"]),
        np.array(["a", "b"]).astype(">U2"),
        np.array([b"ab"]),
        np.array(["2026-11-26"], dtype="datetime64[D]"),
        np.arange(3, dtype=">i2"),
        np.zeros(2, dtype=complex),
    ],
)
def test_arrays_are_read_as_they_were_saved(array: np.ndarray[Any, Any]) -> None:
    got = files(saved(array)).array("a.npy")
    assert got.dtype == array.dtype
    np.testing.assert_array_equal(got, array)
    file = io.BytesIO()
    np.savez_compressed(file, first=array, second=array)
    both = files(file.getvalue(), "a.npz").arrays("*.npz")
    assert both.keys() == {"first", "second"}
    np.testing.assert_array_equal(both["second"], array)


def header(text: str) -> bytes:
    raw = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(raw).to_bytes(2, "little") + raw


class Evil:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return time.sleep, ("never",)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x93NUMPY",
        b"a text",
        saved(np.array([{}], dtype=object), allow_pickle=True),
        saved(np.zeros(3))[:-1],
        saved(np.zeros(3)) + b"0",
        saved(np.zeros(3, dtype=[("a", "f8")])),
        pickle.dumps(Evil()),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (1 << 60,)}"),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (1152921504606846976,)}"),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -1)}") + b"01234567",
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 9223372036854775807, 9)}"),
        header("{'descr': '<V0', 'fortran_order': False, 'shape': (9999999999,)}"),
        header("{'descr': '<U1', 'fortran_order': False, 'shape': (1,)}") + b"\xff\xff\xff\xff",
        header("__import__('os').abort()"),
        header("(" * 100),
    ],
)
def test_what_is_no_array_is_refused(data: bytes) -> None:
    with pytest.raises(CheckFailed, match="no array of numbers"):
        files(data).array("a.npy")
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.npy", data)
    with pytest.raises(CheckFailed, match="no file of arrays"):
        files(file.getvalue(), "a.npz").arrays("a.npz")


@given(st.binary(max_size=300), st.integers(0, 300))
def test_no_bytes_break_the_reader(noise: bytes, at: int) -> None:
    for data in (saved(np.arange(9.0)), b"PK\x03\x04" + noise):
        spoiled = data[:at] + noise + data[at + len(noise) :]
        for read in (files(spoiled).array, files(spoiled).arrays):
            with contextlib.suppress(CheckFailed):
                read("a.npy")


@pytest.mark.parametrize(
    ("kind", "mode", "shape"),
    [("PNG", "RGB", (3, 4, 3)), ("PNG", "L", (3, 4)), ("PNG", "RGBA", (3, 4, 4)),
     ("JPEG", "RGB", (3, 4, 3)), ("BMP", "RGB", (3, 4, 3)), ("GIF", "P", (3, 4, 4))],
)  # fmt: skip
def test_pictures_are_decoded(
    spawner: Spawner, kind: str, mode: str, shape: tuple[int, ...]
) -> None:
    got = files(drawn(kind, mode), "p.png", spawner).image("p.png")
    assert got.shape == shape
    assert got.dtype == np.uint8


@pytest.mark.parametrize(
    "data",
    [b"", b"no picture", drawn("PNG")[:40], drawn("TIFF"), drawn("PNG", "L", (10_000, 6_000))],
)
def test_what_is_no_picture_is_refused(spawner: Spawner, data: bytes) -> None:
    with pytest.raises(CheckFailed, match="no picture that can be read"):
        files(data, "p.png", spawner).image("p.png")


# --- which of several files -----------------------------------------------------------------------


def handed(found: dict[str, bytes], given: Path | None = None) -> Files:
    names = [PurePosixPath(name) for name in found]
    submission: Any = SimpleNamespace(files=names, read=lambda path: found[str(path)])
    return Files(submission, lambda: None, given)  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize(
    ("pattern", "paths"),
    [
        ("a.csv", ["logs/A.csv", "a (1).csv", "x/Copy of a.csv"]),
        ("logs/a.csv", ["logs/A.csv"]),
        ("*.csv", ["a (1).csv", "ab.csv", "logs/A.csv", "x/Copy of a.csv"]),
    ],
)
def test_copies_come_behind_the_very_name(pattern: str, paths: list[str]) -> None:
    names = ["x/Copy of a.csv", "a (1).csv", "ab.csv", "logs/A.csv", "a.txt"]
    assert [*map(str, handed(dict.fromkeys(names, b"")).paths(pattern))] == paths


def test_the_file_as_it_was_handed_out_comes_last(tmp_path: Path) -> None:
    (tmp_path / "form.json").write_bytes(b'{\n  "a": null\n}\n')
    blank, filled = b'{\r\n"a": null\r\n}', b'{"a": 1}'
    files = handed({"form.json": blank, "form (1).json": filled}, tmp_path)
    assert files.json("form.json") == {"a": 1}
    files = handed({"form.json": filled, "form (1).json": blank}, tmp_path)
    assert files.json("form.json") == {"a": 1}
    assert handed({"form.json": blank}, tmp_path).json("form.json") == {"a": None}
