"""A binary file's name and bytes come in; what it is, and what of it nobody looks at, goes out.

These formats are looked at as bytes: the texts in them are found, unless they are compressed.
A course's data, pictures, sounds and fonts are among them. What is not may hold anything.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from release.leaks.extract.pickles import is_pickle

_IDX = re.compile(rb"\0\0[\x08\x09\x0b-\x0e][\x01-\x08]\0")
_MP3 = re.compile(rb"\xff[\xe2-\xfb]")


@dataclass(frozen=True)
class Format:
    """A binary format.

    Attributes:
        name: what it is called.
        unread: what of it nobody looks at.
        starts: how its bytes start; one of them is enough.
        suffixes: where its bytes do not tell it, how its name ends.
        is_it: what else tells it.
    """

    name: str
    unread: str
    starts: tuple[bytes, ...] = ()
    suffixes: tuple[str, ...] = ()
    is_it: Callable[[bytes], bool] | None = None

    def fits(self, suffixes: list[str], data: bytes) -> bool:
        """Whether a file is of this format."""
        return (
            data.startswith(self.starts)
            or any(suffix in self.suffixes for suffix in suffixes)
            or (self.is_it is not None and self.is_it(data))
        )


def _ftyp(*brands: bytes) -> Callable[[bytes], bool]:
    return lambda data: data[4:8] == b"ftyp" and (not brands or data[8:12] in brands)


def _riff(*kinds: bytes) -> Callable[[bytes], bool]:
    return lambda data: data[:4] in (b"RIFF", b"RIFX", b"RF64") and data[8:12] in kinds


def _is_safetensors(data: bytes) -> bool:
    return data[8:9] == b"{" and int.from_bytes(data[:8], "little") < len(data)


def _is_compressed(data: bytes) -> bool:
    try:
        return bool(zlib.decompressobj().decompress(data, 1))
    except zlib.error:
        return False


FORMATS: tuple[Format, ...] = (
    # Data.
    Format("NumPy array", "numbers", (b"\x93NUMPY",)),
    Format("pickle", "numbers", suffixes=(".pkl", ".pickle", ".joblib"),
           is_it=is_pickle),
    Format("IDX data", "numbers", is_it=lambda data: _IDX.match(data) is not None),
    Format("HDF5 data", "numbers and what is compressed", (b"\x89HDF\r\n\x1a\n",)),
    Format("NetCDF data", "numbers", (b"CDF\x01", b"CDF\x02", b"CDF\x05")),
    Format("MATLAB data", "numbers and what is compressed", (b"MATLAB 5.0", b"MATLAB 7"),
           suffixes=(".mat",)),
    Format("statistics data", "numbers and what is compressed", (b"$FL2", b"SR\0", b"Obj\1"),
           suffixes=(".dta", ".sas7bdat", ".xpt")),
    Format("Parquet data", "numbers and what is compressed", (b"PAR1",)),
    Format("Arrow data", "numbers and what is compressed", (b"ARROW1", b"FEA1")),
    Format("safetensors", "numbers", is_it=_is_safetensors),
    Format("TensorFlow or ONNX data", "numbers",
           suffixes=(".tfrecord", ".onnx", ".pb", ".tflite", ".index", ".data-00000-of-00001")),
    Format("R data", "what is compressed", (b"RDX2", b"RDX3")),
    # Pictures, sounds and fonts.
    Format("picture", "pixels",
           (b"\0\0\1\0", b"8BPS", b"\0\0\0\x0cjP  ", b"P4\n", b"P5\n", b"P6\n"),
           is_it=_ftyp(b"avif", b"heic", b"heix", b"mif1", b"avis")),
    Format("sound", "sound", (b"ID3", b"fLaC", b"OggS", b"MThd", b".snd", b"FORM"),
           is_it=lambda data: _MP3.match(data) is not None or _riff(b"WAVE")(data)),
    Format("video", "pictures and sound", (b"\x1a\x45\xdf\xa3", b"\0\0\1\xba"),
           is_it=lambda data: _ftyp()(data) or _riff(b"AVI ")(data)),
    Format("font", "shapes", (b"\0\1\0\0\0", b"true\0", b"OTTO\0", b"wOFF", b"wOF2", b"ttcf")),
    # What git and others keep compressed; its content is looked at by itself.
    Format("compressed data", "", is_it=_is_compressed),
)  # fmt: skip


def known(name: str, data: bytes) -> Format | None:
    """The format of a binary file; None if it is none of those above."""
    suffixes = [suffix.lower() for suffix in PurePosixPath(name).suffixes]
    return next((each for each in FORMATS if each.fits(suffixes, data)), None)
