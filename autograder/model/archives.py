"""A zip comes in; its entries go out, each to be read step by step and within bounds."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from autograder.model.errors import SubmissionError

#: A zip's table of contents is read at once: two million entries would take a gigabyte.
MAX_DIRECTORY_BYTES = 16 << 20
#: The methods whose decompression is bounded at each step. A megabyte of bzip2 or LZMA becomes
#: tens of gigabytes before zipfile hands over the first byte.
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
#: Ends of names of archives. One inside a submission is not opened: it may hold any number more.
ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")


def is_archive(name: str) -> bool:
    """Whether a name is that of an archive, by its end."""
    return name.lower().endswith(ARCHIVES)


@contextmanager
def opened_zip(path: Path, directory_bytes: int = MAX_DIRECTORY_BYTES) -> Iterator[zipfile.ZipFile]:
    """A zip file whose table of contents takes at most so many bytes.

    Raises:
        SubmissionError: the table is larger, or damaged.
    """
    with _Archive(path, directory_bytes) as file:
        try:
            archive = zipfile.ZipFile(file)
        except Exception as error:  # zipfile raises half a dozen kinds on damaged tables
            raise SubmissionError(
                f"{path.name}: the archive is damaged ({type(error).__name__}); make the zip "
                "again and check that it opens."
            ) from None
        yield archive


class _Archive(io.BufferedReader):
    """A zip file whose table of contents is refused, and not read, when it is too large."""

    def __init__(self, path: Path, directory_bytes: int) -> None:
        super().__init__(io.FileIO(path))
        self._directory_bytes = directory_bytes

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > self._directory_bytes:
            raise zipfile.BadZipFile("too many entries")
        return super().read(size)


def opened_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> IO[bytes]:
    """One entry of a zip, if it is a plain file that can be read step by step.

    Raises:
        SubmissionError: it is not; the text says why.
    """
    if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG):
        raise SubmissionError("it is not a plain file")
    if member.flag_bits & 0x1:
        raise SubmissionError("it is encrypted")
    if member.compress_type not in METHODS:
        raise SubmissionError("it is compressed by an unusual method; make a plain zip")
    try:
        return archive.open(member)
    except Exception as error:  # the entry's own header may hold anything
        raise SubmissionError(f"it cannot be read ({type(error).__name__})") from None
